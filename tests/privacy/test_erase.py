"""Erasing a buyer leaves no trace of them, and all of the money (SPEC P7)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from aftersale.models import (
    AuditEntry,
    BlockedBuyer,
    ErasedBuyer,
    EvidenceFile,
    ImportRow,
    Order,
    PlatformStep,
    Role,
    SavedFilter,
    Ticket,
    TicketEvent,
)
from aftersale.services.buyers import erased
from aftersale.services.privacy.erase import erase
from aftersale.services.refunds import money_audit
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from strategies.models import Decision, PastEdition
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

from .everywhere import files_with, traces
from .scene import BUYER, FILE, MARKS, NEIGHBOURS, NOTE, Scene, lived, money

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def erased_there(scene: Scene, buyer: str = BUYER, **who: Any) -> Any:
    return erase(shop_id=scene.shop.pk, buyer=buyer, **{"user": scene.owner, "now": LATER} | who)


def test_no_trace_is_left_and_the_money_stays() -> None:
    scene = lived()
    before = money(scene.shop)
    assert all(traces(mark) for mark in MARKS)
    done = erased_there(scene)
    assert (done.orders, done.tickets, done.pictures) == (3, 3, 1)
    # Neighbours' numbers hold the buyer's.
    for neighbour in NEIGHBOURS:
        Order.objects.filter(buyer=neighbour).update(buyer="n")
        Ticket.objects.filter(buyer=neighbour).update(buyer="n")
        Decision.objects.filter(buyer=neighbour).update(buyer="n")
    event = TicketEvent.objects.get(actor="person", ticket__ticket_no="T4")
    assert event.note == f"Closed: the same as {done.stand_in}，not {NEIGHBOURS[0]}"
    event.delete()
    assert {mark: traces(mark) for mark in MARKS} == {mark: set() for mark in MARKS}
    assert not EvidenceFile.objects.exists() and not files_with(FILE.encode())
    assert money(scene.shop) == before
    assert not list(money_audit.differences())


def test_the_stand_in_keeps_what_belongs_together() -> None:
    """Orders, tickets and decisions of one buyer stay those of one buyer."""
    scene = lived()
    done = erased_there(scene)
    assert done.stand_in.startswith(erased.PREFIX) and BUYER not in done.stand_in
    here = {"shop": scene.shop, "buyer": done.stand_in}
    assert Order.objects.filter(**here).count() == 3
    assert Ticket.objects.filter(**here).count() == 3
    assert Decision.objects.filter(**here).count() == 3
    assert BlockedBuyer.objects.get(**here).note == ""
    filters = SavedFilter.objects.order_by("pk").values_list("query", flat=True)
    assert list(filters) == [f"q={done.stand_in}&queue=all"] * 2
    assert PlatformStep.objects.get(kind="note").details == {"text": "", "flag": "red"}
    assert ImportRow.objects.get().cells == {
        "order_no": "O1", "ticket_no": "T1", "buyer": done.stand_in, "note": "",
    }  # fmt: skip
    for neighbour in NEIGHBOURS:
        assert Order.objects.filter(shop=scene.shop, buyer=neighbour).count() == 1
    assert Ticket.objects.get(ticket_no="T4").note == "of a neighbour"


def test_what_is_kept_of_the_past_is_thrown_away() -> None:
    """Copies of decisions beside the database, on every machine (SPEC M7)."""
    scene = lived()
    erased_there(scene)
    assert PastEdition.objects.get(shop=scene.shop).number == 1


def test_history_tells_what_was_done() -> None:
    scene = lived()
    done = erased_there(scene)
    entry = AuditEntry.objects.get(kind="buyer_erased")
    assert (entry.user, entry.at, entry.shop) == (scene.owner, LATER, scene.shop)
    assert entry.note == "3 orders, 3 tickets, 1 pictures of the desk"
    assert entry.filters == {"buyer": done.stand_in}
    last = TicketEvent.objects.filter(ticket__ticket_no="T1").latest("pk")
    assert (last.kind, last.user) == ("note", scene.owner)
    assert last.note == "The buyer's number, note and pictures were erased."


def test_what_changed_before_the_note_stays_in_the_history() -> None:
    """SPEC O7: old and new values, but for the buyer's own words."""
    scene = lived()
    erased_there(scene)
    notes = TicketEvent.objects.filter(ticket__ticket_no="T1").values_list("note", flat=True)
    assert "–" in list(notes)


def test_a_second_time_changes_nothing() -> None:
    scene = lived()
    first = erased_there(scene)
    rows = money(scene.shop)
    again = erased_there(scene)
    by_stand_in = erased_there(scene, first.stand_in)
    assert again.stand_in == by_stand_in.stand_in == first.stand_in
    assert (again.orders, again.tickets, again.pictures) == (3, 3, 0)
    assert ErasedBuyer.objects.count() == 1
    assert money(scene.shop) == rows


def test_another_shops_buyer_of_the_same_number_is_untouched() -> None:
    scene, other = lived(), make_shop(code="s2")
    theirs = make_ticket(make_order(other, buyer=BUYER), note=NOTE, ticket_no="T1")
    member = make_user(other)
    SavedFilter.objects.create(user=member, name="x", query=f"q={BUYER}")
    erased_there(scene)
    theirs.refresh_from_db()
    assert (theirs.buyer, theirs.order.buyer, theirs.note) == (BUYER, BUYER, NOTE)
    assert SavedFilter.objects.get(user=member).query == f"q={BUYER}"
    assert not erased.stand_ins([(other.pk, BUYER)])


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CS_MANAGER, Role.CS_AGENT, Role.VIEWER, None])
def test_owners_alone(role: str | None) -> None:
    shop = make_shop()
    order = make_order(shop, buyer=BUYER)
    other = make_user(shop, role) if role else make_user(make_shop())
    with pytest.raises(NotAllowed):
        erase(shop_id=shop.pk, buyer=BUYER, user=other, now=LATER)
    order.refresh_from_db()
    assert order.buyer == BUYER
    assert not ErasedBuyer.objects.exists() and not AuditEntry.objects.exists()


def test_nobody_of_that_number() -> None:
    """A number that was mistyped is told so, not remembered."""
    shop = make_shop()
    owner = make_user(shop)
    with pytest.raises(NotFound) as refused:
        erase(shop_id=shop.pk, buyer="b-1", user=owner, now=LATER)
    assert refused.value.pointer == "buyer"
    with pytest.raises(Refused):
        erase(shop_id=shop.pk, buyer=" ​", user=owner, now=LATER)
    assert not ErasedBuyer.objects.exists()


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """INTERFACES: `erase_buyer SHOP BUYER --as USER`."""
    shop = make_shop(code="s1")
    make_order(shop, buyer="b-1")
    owner = make_user(shop)
    call_command("erase_buyer", "s1", "b-1", "--as", owner.username)
    stand_in = ErasedBuyer.objects.get().stand_in
    assert capsys.readouterr().out == (
        f"Erased: 1 orders, 0 tickets, 0 pictures. The buyer is {stand_in} from now on.\n"
    )
    with pytest.raises(CommandError, match="knows no shop s2"):
        call_command("erase_buyer", "s2", "b-1", "--as", owner.username)
    with pytest.raises(CommandError, match="Nothing is held"):
        call_command("erase_buyer", "s1", "b-2", "--as", owner.username)
    with pytest.raises(CommandError, match="There is no user"):
        call_command("erase_buyer", "s1", "b-1", "--as", "nobody")
