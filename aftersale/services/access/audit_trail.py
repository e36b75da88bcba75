"""Reading the audit trail: owners their shops' part, operators all of it (SPEC P6).

An owner's part is the entries of their shops, and of the accounts that are members there now. Each
filter has an index with its entries newest first, which is read up to a bound, so that a page costs
the same however long the trail is (PERFORMANCE, Lists).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from aftersale.models import AuditEntry, Membership
from aftersale.services.access.rights import Right, shops_of
from aftersale.services.shared import index_only
from aftersale.services.shared.errors import NotAllowed

KEPT = timedelta(days=400)
_CHUNK = 2_000
_PERSON = "(SELECT id FROM auth_user WHERE username = %s)"
_TOKENS = "(SELECT id FROM aftersale_apitoken WHERE name = %s) k"
_NEWEST = "ORDER BY at DESC, id DESC LIMIT %s"


@dataclass(frozen=True)
class Wanted:
    """Filters; those that are left empty find everything. `who` is a user's or a token's name."""

    who: str = ""
    kind: str = ""
    shop_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    address: str = ""
    request_id: str = ""


class _Condition(NamedTuple):
    """On an entry, or on its relation to a row `k` of `keys`, each of which is read by itself."""

    sql: str
    values: Sequence[Any] = ()
    keys: str = ""


def find(
    *, user: User, wanted: Wanted, most: int, before: tuple[datetime, int] | None = None
) -> list[AuditEntry]:
    """The newest entries, at most `most`, older than `before` (an entry's `at` and key).

    Raises NotAllowed for those who are neither an operator nor an owner of some shop.
    """
    scopes = _scopes(user, wanted.shop_id)
    common = _common(wanted, before)
    telling = _telling(wanted)
    if telling:
        within = [] if scopes is None else [_Condition("scope = ANY(%s)", [scopes])]
        rest = [*within, *(_any(group) for group in telling[1:]), *common]
        parts = [_newest(one, rest, most) for one in telling[0]]
    elif scopes is None:
        parts = [_newest(_Condition("true"), common, most)]
    else:
        own = _Condition("scope = k.id", [scopes], keys="unnest(%s::bigint[]) k (id)")
        parts = [_newest(own, common, most)]
    united = " UNION ".join(f"({part.sql})" for part in parts)
    keys = index_only.fetch(
        f"SELECT id FROM ({united}) found {_NEWEST}",  # noqa: S608
        [*(value for part in parts for value in part.values), most],
    )
    followed = AuditEntry.objects.select_related("user", "token", "whom", "shop")
    return list(followed.filter(pk__in=[key for (key,) in keys]))


def every(*, user: User, wanted: Wanted) -> Iterator[AuditEntry]:
    """All that is found, newest first, page by page: memory stays flat."""
    before = None
    while found := find(user=user, wanted=wanted, most=_CHUNK, before=before):
        yield from found
        before = (found[-1].at, found[-1].pk)


def forget(*, now: datetime) -> int:
    """Deletes what is older than 400 days; returns how much that was. Nothing else deletes."""
    deleted, _each = AuditEntry.objects.filter(at__lt=now - KEPT).delete()
    return deleted


def _scopes(user: User, shop_id: int | None) -> list[int] | None:
    """Whose entries the user reads (AuditEntry.scope); None for all."""
    if user.is_active and user.is_superuser:
        return None if shop_id is None else [shop_id]
    members = Membership.objects.filter(shop__in=shops_of(user, Right.CHANGE_SHOP))
    seats = list(members.values_list("shop", "user"))
    if not (user.is_active and seats):
        raise NotAllowed(_("Owners of a shop and operators read the audit trail."))
    shops = {shop for shop, _user in seats}
    if shop_id is not None:
        return [pk for pk in shops if pk == shop_id]
    return [*shops, *{-pk for _shop, pk in seats}]


def _telling(wanted: Wanted) -> list[list[_Condition]]:
    """Filters that few entries pass, the most telling first; an entry passes one of each group."""
    groups = []
    if wanted.request_id:
        groups.append([_Condition("request_id = %s", [wanted.request_id])])
    if wanted.who:
        groups.append(
            [
                _Condition(f"user_id = {_PERSON} AND token_id IS NULL", [wanted.who]),
                _Condition(f"whom_id = {_PERSON}", [wanted.who]),
                _Condition("token_id = k.id", [wanted.who], keys=_TOKENS),
            ]
        )
    if wanted.address:
        groups.append([_Condition("address = %s", [wanted.address])])
    return groups


def _any(group: list[_Condition]) -> _Condition:
    alternatives = " OR ".join(
        f"EXISTS (SELECT FROM {one.keys} WHERE {one.sql})" if one.keys else one.sql for one in group
    )
    return _Condition(f"({alternatives})", [value for one in group for value in one.values])


def _common(wanted: Wanted, before: tuple[datetime, int] | None) -> list[_Condition]:
    found = [
        _Condition("kind = %s", [wanted.kind] if wanted.kind else []),
        _Condition("at >= %s", [wanted.since] if wanted.since else []),
        _Condition("at < %s", [wanted.until] if wanted.until else []),
        _Condition("(at, id) < (%s, %s)", before or ()),
    ]
    return [one for one in found if one.values]


def _newest(first: _Condition, rest: list[_Condition], most: int) -> _Condition:
    """The newest entries that fulfil `first`, for each of its keys, and the rest."""
    where = " AND ".join(one.sql for one in (first, *rest))
    sql = f"SELECT id, at FROM aftersale_auditentry WHERE {where} {_NEWEST}"  # noqa: S608
    values = [*first.values, *(value for one in rest for value in one.values), most]
    if first.keys:
        # Its values are those of the keys, which come first there, too.
        sql = f"SELECT w.* FROM {first.keys} CROSS JOIN LATERAL ({sql}) w"  # noqa: S608
    return _Condition(sql, values)
