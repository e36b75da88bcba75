"""Reading the audit trail: owners their shops' part, operators all of it (SPEC P6).

An owner's part is the entries of their shops, and of the accounts that are members there now. Each
filter has an index with everybody's entries newest first, for operators, and one with those of each
scope, so that a page costs the same however long the trail is, whoever else is in it (PERFORMANCE,
Lists).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from aftersale.models import EVERYBODYS_ENTRIES, AuditEntry, Membership
from aftersale.services.access.rights import Right, shops_of
from aftersale.services.shared import index_only
from aftersale.services.shared.errors import NotAllowed

KEPT = timedelta(days=400)
_CHUNK = 2_000
_PERSON = "(SELECT id FROM auth_user WHERE username = %s)"
_TOKENS = "(SELECT id FROM aftersale_apitoken WHERE name = %s) k"
_TOKENS_OF_SHOPS = "(SELECT id FROM aftersale_apitoken WHERE name = %s AND shop_id = ANY(%s)) k"
_SCOPES = "unnest(%s::bigint[]) k (id)"
# Of a person with many entries in a shop, but none of the step, all would be looked through.
_SCOPES_OF_KIND = """(SELECT s.id FROM unnest(%s::bigint[]) s (id) CROSS JOIN LATERAL
    (SELECT FROM aftersale_auditentry WHERE scope = s.id AND kind = %s LIMIT 1) one) k"""
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
    """On an entry, or on its relation to a row `k` of `keys`, each of which is read by itself.

    Where it is `indexed_by_scope`, the entries of one scope that fulfil it lie together.
    """

    sql: str
    values: Sequence[Any] = ()
    keys: str = ""
    indexed_by_scope: bool = False


# True of every entry. The planner may use the indexes of everybody's entries only for a query that
# says so (EVERYBODYS_ENTRIES): it can't lead an owner's along them on a wrong guess.
_EVERYBODYS = _Condition("id > 0")


def find(
    *, user: User, wanted: Wanted, most: int, before: tuple[datetime, int] | None = None
) -> list[AuditEntry]:
    """The newest entries, at most `most`, older than `before` (an entry's `at` and key).

    Raises NotAllowed for those who are neither an operator nor an owner of some shop.
    """
    scopes = _scopes(user, wanted.shop_id)
    common = _common(wanted, before)
    telling = _telling(wanted, scopes) or [[_Condition("true", indexed_by_scope=True)]]
    rest = [*(_any(group) for group in telling[1:]), *common]
    if scopes is None:
        parts = [_newest(one, [_EVERYBODYS, *rest], most) for one in telling[0]]
    else:
        own = [_within(scopes, wanted.kind, one) for one in telling[0]]
        parts = [_newest(one, rest, most) for one in own]
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
    deleted, _each = AuditEntry.objects.filter(EVERYBODYS_ENTRIES, at__lt=now - KEPT).delete()
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


def _telling(wanted: Wanted, scopes: list[int] | None) -> list[list[_Condition]]:
    """Filters that few entries pass, the most telling first; an entry passes one of each group."""
    groups = []
    if wanted.request_id:
        groups.append([_Condition("request_id = %s", [wanted.request_id])])
    if wanted.who:
        by = f"user_id = {_PERSON} AND token_id IS NULL"
        # Many shops call a token "ERP": those of others are not read through for its entries.
        tokens = (
            _Condition("token_id = k.id", [wanted.who], keys=_TOKENS)
            if scopes is None
            else _Condition("token_id = k.id", [wanted.who, scopes], keys=_TOKENS_OF_SHOPS)
        )
        groups.append(
            [
                _Condition(by, [wanted.who], indexed_by_scope=True),
                _Condition(f"whom_id = {_PERSON}", [wanted.who], indexed_by_scope=True),
                tokens,
            ]
        )
    if wanted.address:
        groups.append([_Condition("address = %s", [wanted.address], indexed_by_scope=True)])
    return groups


def _within(scopes: list[int], kind: str, one: _Condition) -> _Condition:
    """The same, for entries of these scopes."""
    if one.indexed_by_scope:
        keys, values = (_SCOPES_OF_KIND, [scopes, kind]) if kind else (_SCOPES, [scopes])
        return _Condition(f"scope = k.id AND {one.sql}", [*values, *one.values], keys=keys)
    return _Condition(f"{one.sql} AND scope = ANY(%s)", [*one.values, scopes], keys=one.keys)


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
