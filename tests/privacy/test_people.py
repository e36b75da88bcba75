"""Erasing a buyer reaches what people have saved, also once they have left; what may be of another
shop's buyer stays (SPEC P7)."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

from aftersale.models import AuditEntry, BlockedBuyer, Role, SavedFilter, Shop
from aftersale.services.access import members
from aftersale.services.privacy.erase import erase
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db
BUYER = "buyer 70077"


@pytest.fixture
def shop() -> Shop:
    shop = make_shop(code="here")
    make_order(shop, buyer=BUYER)
    return shop


@pytest.fixture
def there() -> Shop:
    return make_shop(code="there")


def leaves(shop: Shop, user: User) -> None:
    """By an owner, whose step the trail keeps."""
    membership = shop.memberships.get(user=user)
    members.remove(membership_id=membership.pk, user=make_user(shop), now=NOON)


def of_person(user: User, **named: str) -> tuple[Any, Any, Any]:
    """A saved search, an export of several shops and a note of the admin, all with the number."""
    address = "".join(f"&{name}={value}" for name, value in named.items())
    return (
        SavedFilter.objects.create(
            user=user, name=f"of {BUYER}", query=f"q=buyer+70077{address}"
        ),
        AuditEntry.objects.create(
            at=NOON, kind="exported", user=user, whom=user, filters={"q": BUYER, **named}
        ),
        LogEntry.objects.create(
            user=user, content_type=ContentType.objects.get_for_model(BlockedBuyer),
            object_id="0", object_repr=BUYER, action_flag=1,
        ),
    )  # fmt: skip


def erased(shop: Shop) -> str:
    return erase(shop_id=shop.pk, buyer=BUYER, user=make_user(shop), now=NOON).stand_in


def numbers(rows: tuple[Any, Any, Any]) -> list[str]:
    saved, entry, note = rows
    for row in rows:
        row.refresh_from_db()
    query = saved.query.split("&")[0].removeprefix("q=").replace("+", " ")
    return [saved.name.removeprefix("of "), query, entry.filters["q"], note.object_repr]


def test_of_those_who_have_left(shop: Shop) -> None:
    nowhere = make_user(shop, Role.CS_AGENT)
    rows = of_person(nowhere)
    leaves(shop, nowhere)
    stand_in = erased(shop)
    assert numbers(rows) == [stand_in] * 4
    gone = AuditEntry.objects.create(at=NOON, kind="exported", user_id=10**9, filters={"q": BUYER})
    assert erased(shop) == stand_in
    gone.refresh_from_db()
    assert gone.filters == {"q": stand_in}


@pytest.mark.parametrize("by", ["the trail", "a step"])
def test_of_one_who_works_elsewhere_now(shop: Shop, there: Shop, by: str) -> None:
    user = make_user(shop, Role.CS_AGENT)
    there.memberships.create(user=user, role=Role.CS_AGENT)
    rows = of_person(user)
    if by == "the trail":
        leaves(shop, user)
    else:
        ticket = make_ticket(make_order(shop))
        ticket.events.create(at=NOON, kind="note", actor="person", user=user)
        shop.memberships.filter(user=user).delete()
    stand_in = erased(shop)
    assert numbers(rows) == [stand_in] * 4


def test_another_shops_buyer_of_that_number(shop: Shop, there: Shop) -> None:
    """It may be theirs; where the row names a shop it is that shop's."""
    make_order(there, buyer=BUYER)
    user = make_user(shop, Role.CS_AGENT)
    there.memberships.create(user=user, role=Role.CS_AGENT)
    leaves(shop, user)
    unnamed = of_person(user)
    SavedFilter.objects.update(name="x")
    named = SavedFilter.objects.create(user=user, name="y", query=f"q=buyer+70077&shop={shop.pk}")
    entry = AuditEntry.objects.create(
        at=NOON, kind="exported", user=user, filters={"q": [BUYER], "shop": [str(shop.pk)]}
    )
    stand_in = erased(shop)
    assert numbers(unnamed) == ["x", BUYER, BUYER, BUYER]
    named.refresh_from_db()
    entry.refresh_from_db()
    assert named.query == f"q={stand_in}&shop={shop.pk}"
    assert entry.filters == {"q": [stand_in], "shop": [str(shop.pk)]}


def test_a_row_that_names_another_shop_stays(shop: Shop, there: Shop) -> None:
    user = make_user(shop, Role.CS_AGENT)
    there.memberships.create(user=user, role=Role.CS_AGENT)
    saved, entry, _note = of_person(user, shop=str(there.pk))
    erased(shop)
    saved.refresh_from_db()
    entry.refresh_from_db()
    assert saved.query == f"q=buyer+70077&shop={there.pk}"
    assert entry.filters == {"q": BUYER, "shop": str(there.pk)}


def test_strangers_keep_theirs(shop: Shop, there: Shop) -> None:
    """Nobody of that number is in their shop; else an owner rewrites what strangers have saved."""
    rows = of_person(make_user(there))
    erased(shop)
    assert numbers(rows) == [BUYER] * 4


def test_notes_on_another_shops_blocked_buyer(shop: Shop, there: Shop) -> None:
    blocked = BlockedBuyer.objects.create(shop=there, buyer=BUYER)
    _saved, _entry, note = of_person(make_user(shop))
    LogEntry.objects.filter(pk=note.pk).update(object_id=str(blocked.pk))
    erased(shop)
    note.refresh_from_db()
    assert note.object_repr == BUYER
