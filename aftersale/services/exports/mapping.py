"""Columns mapped by hand, remembered for the shop (SPEC O11).

A mapping is JSON: `kind` (`orders` or `after-sales`), `columns` (a head, or several, for each
field), and, where they are needed, `statuses` and `types` (what the file's words stand for),
`head_row`, and `sums`: `once` where each row of an order repeats the order's sum, `each` where it
has its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from aftersale.models import ColumnMapping
from aftersale.records.schemas import OrderStatus, TicketStatus, TicketType
from aftersale.services.shared.errors import Refused

from .reading import layouts
from .reading.cells import word
from .reading.heads import normals
from .reading.layout import LINE_FIELDS, NEEDED, ORDER_FIELDS, TICKET_FIELDS, Kind, Layout, Sums
from .reading.layouts import BY_CODE, plain, with_words_of

FIELDS = {
    Kind.ORDERS: (*ORDER_FIELDS, *LINE_FIELDS),
    Kind.AFTER_SALES: TICKET_FIELDS,
}
_STATUSES = {Kind.ORDERS: get_args(OrderStatus), Kind.AFTER_SALES: get_args(TicketStatus)}
LEAVE_OUT = "leave_out"
# How many of a mapping's heads a file has to have to be taken for one of its kind.
_ALIKE = 0.9
_MOST_WORDS = 200


def checked(content: Any) -> dict[str, Any]:
    """A mapping as it is kept; raises Refused where it is none."""
    if not isinstance(content, dict):
        raise Refused(_("A mapping is a JSON object."), pointer="mapping")
    if unknown := set(content) - {"kind", "columns", "statuses", "types", "head_row", "sums"}:
        raise Refused(_("unknown key: %s") % ", ".join(sorted(unknown)), pointer="mapping")
    kinds = [kind.value for kind in FIELDS]
    if content.get("kind") not in kinds:
        raise Refused(
            _("expected one of %(choices)s") % {"choices": ", ".join(kinds)}, pointer="kind"
        )
    kind = Kind(content["kind"])
    columns = _columns(kind, content.get("columns"))
    lacking = [name for name in NEEDED[kind] if name not in columns]
    if lacking:
        raise Refused(_("These columns are needed: %s") % ", ".join(lacking), pointer="columns")
    head_row, sums = content.get("head_row", 0), content.get("sums", Sums.ONCE.value)
    if not isinstance(head_row, int) or not 0 <= head_row <= 20:
        raise Refused(_("expected the row of the head, from 1 to 20"), pointer="head_row")
    if sums not in [one.value for one in Sums]:
        raise Refused(_("expected one of %(choices)s") % {"choices": "once, each"}, pointer="sums")
    types = [*get_args(TicketType), LEAVE_OUT]
    return {
        "kind": kind.value,
        "columns": columns,
        "statuses": _words("statuses", content.get("statuses"), _STATUSES[kind]),
        "types": _words("types", content.get("types"), types),
        "head_row": head_row,
        "sums": sums,
    }


def _columns(kind: Kind, given: Any) -> dict[str, list[str]]:
    if not isinstance(given, dict):
        raise Refused(_("expected an object: a head for each field"), pointer="columns")
    columns: dict[str, list[str]] = {}
    for name, heads in given.items():
        if name not in FIELDS[kind]:
            raise Refused(
                _("expected one of %(choices)s") % {"choices": ", ".join(FIELDS[kind])},
                pointer=f"columns.{name}",
            )
        several = [heads] if isinstance(heads, str) else heads
        if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
            raise Refused(_("expected a head, or a list of heads"), pointer=f"columns.{name}")
        if found := [one for one in normals(several) if one]:
            columns[name] = found
    return columns


def _words(pointer: str, given: Any, choices: Sequence[str]) -> dict[str, str]:
    words = given or {}
    if not isinstance(words, dict) or len(words) > _MOST_WORDS:
        raise Refused(_("expected an object: what each word stands for"), pointer=pointer)
    for said, meant in words.items():
        if meant not in choices:
            raise Refused(
                _("expected one of %(choices)s") % {"choices": ", ".join(choices)},
                pointer=f"{pointer}.{said}",
            )
    return words


def layout_of(kept: Mapping[str, Any] | str, *, platform: str = "") -> Layout:
    """The layout of a mapping, or the one that is known by that code."""
    if isinstance(kept, str):
        found = BY_CODE[kept]
        return with_words_of(found, platform) if kept.startswith("plain/") else found
    kind = Kind(kept["kind"])
    base = next(one for one in plain.LAYOUTS.values() if one.kind is kind)
    base = with_words_of(base, platform or kept.get("platform", ""))
    return replace(
        base,
        columns={name: tuple(heads) for name, heads in kept["columns"].items()},
        statuses={**base.statuses, **{word(said): to for said, to in kept["statuses"].items()}},
        types={
            **base.types,
            **{word(said): None if to == LEAVE_OUT else to for said, to in kept["types"].items()},
        },
        sums=Sums(kept["sums"]),
        head_row=kept["head_row"],
        revision=kept.get("revision", 1),
        mapping={**kept, "platform": platform or kept.get("platform", "")},
        code="by-hand",
    )


def remember(
    *, shop_id: int, content: Mapping[str, Any], user: User | None, now: datetime
) -> dict[str, Any]:
    """Keeps a checked mapping for the shop; one that is changed is the next revision. Returns it
    with its revision."""
    heads = sorted({head for wanted in content["columns"].values() for head in wanted})
    kept, is_new = ColumnMapping.objects.get_or_create(
        shop_id=shop_id,
        kind=content["kind"],
        heads=heads,
        defaults={"content": dict(content), "changed_at": now, "changed_by": user},
    )
    if not is_new and kept.content != content:
        kept.content, kept.revision = dict(content), kept.revision + 1
        kept.changed_at, kept.changed_by = now, user
        kept.save()
    return {**content, "revision": kept.revision}


def remembered(shop_id: int) -> list[dict[str, Any]]:
    """The shop's mappings, the latest first."""
    rows = ColumnMapping.objects.filter(shop=shop_id).order_by("-changed_at", "-pk")
    return [{**row.content, "revision": row.revision} for row in rows]


def fits(mapping: Mapping[str, Any], heads: set[str]) -> bool:
    """Whether a file with these heads is of the mapping's kind."""
    wanted = {head for columns in mapping["columns"].values() for head in columns}
    lacking = layouts.lacking(layout_of(mapping), heads)
    return len(wanted & heads) >= _ALIKE * len(wanted) and not lacking
