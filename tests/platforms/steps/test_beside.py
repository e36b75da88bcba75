"""Notes, parcels and return addresses on their way to a platform: recorded, sent, never in the way
of money (SPEC P3)."""

from typing import Any

import pytest
from django.urls import reverse

from aftersale.admin.workbench import case as workbench_case
from aftersale.models import PlatformFacts, PlatformStep, Refund, ReturnFreight, TicketType
from aftersale.platforms.desk_steps import Parcel, ReturnAddress
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, NotAuthorised, Why
from aftersale.services.desk import beside
from aftersale.services.ingest import save_tickets
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from aftersale.services.shops import shops
from aftersale.services.tickets.cases import seen_now
from tests import factories
from tests.admin.clients import english_client
from tests.aftersale.pictures import picture

from .conftest import Case

pytestmark = pytest.mark.django_db
RETURN = {"type": TicketType.RETURN_REFUND}


def note(case: Case, text: str = "Called her", flag: str = "red", **who: Any) -> None:
    user = who.get("user", case.user)
    beside.write_note(ticket_id=case.ticket.pk, text=text, flag=flag, user=user, now=case.clock.now)


def parcel(case: Case, kind: str = "enter_return", **sent: Any) -> None:
    getattr(beside, kind)(
        **{
            "ticket_id": case.ticket.pk,
            "carrier": "4",
            "tracking_no": "SF1",
            "user": case.user,
            "now": case.clock.now,
        }
        | sent
    )


def only_step(case: Case) -> PlatformStep:
    return PlatformStep.objects.get(ticket=case.ticket, kind__in=["note", "enter_return"])


def test_a_note_is_recorded_and_sent_once(case: Case) -> None:
    note(case)
    event = case.ticket.events.order_by("-pk").first()
    assert event is not None
    assert (event.user, event.note) == (case.user, "Note on the order, flag Red: Called her")
    case.go()
    assert case.there.steps() == [("note", (case.ticket.order_no, "Called her", "red"))]
    step = only_step(case)
    assert (step.state, step.user, step.calls, step.to_status) == ("accepted", case.user, 1, "")
    assert case.now().status == "pending_review" and case.ticket.flags == []
    case.go(hours=2)
    assert len(case.there.steps()) == 1


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"flag": "gold"}, "flag"),
    ],
)
def test_what_is_refused_writes_nothing(case: Case, sent: dict, pointer: str) -> None:
    events = case.ticket.events.count()
    with pytest.raises(Refused) as refused:
        note(case, **sent)
    assert refused.value.pointer == pointer
    for carrier, number in (("", "SF1"), ("4", " "), ("4", "x" * 65)):
        with pytest.raises(Refused):
            parcel(case, carrier=carrier, tracking_no=number)
    # Nothing waits for goods.
    for kind in ("enter_return", "send_new_goods"):
        with pytest.raises(Refused, match="can't be told"):
            parcel(case, kind)
    assert not PlatformStep.objects.exists() and case.ticket.events.count() == events


def test_roles_and_strangers(case: Case) -> None:
    viewer = factories.make_user(case.shop, "viewer")
    stranger = factories.make_user(factories.make_shop())
    for user, error in ((viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(error):
            note(case, user=user)
        with pytest.raises(error):
            parcel(case, user=user)
    assert not PlatformStep.objects.exists()
    note(case, user=factories.make_user(case.shop, "cs_agent"))
    assert PlatformStep.objects.count() == 1


def test_a_shop_without_a_platform_tells_nothing(case: Case) -> None:
    case.shop.connector = "manual"
    case.shop.save()
    case.now()
    case.ticket.shop.refresh_from_db()
    assert beside.possible(case.ticket) == set()
    with pytest.raises(Refused, match="takes no notes"):
        note(case)
    assert not PlatformStep.objects.exists()


def test_a_step_without_an_answer_is_sent_again_and_holds_up_no_refund(case: Case) -> None:
    case.there.before["note"] = [TimedOut(), TimedOut(), TimedOut()]
    note(case)
    case.approve()
    case.go()
    assert case.there.paid == [(case.number, 6_000)]
    assert only_step(case).state == "due"
    case.go(minutes=1)
    case.go(minutes=1)
    step = only_step(case)
    assert (step.state, step.calls) == ("declined", 3)
    assert "Look on the platform whether it has arrived" in str(step.reason)
    last = case.ticket.events.order_by("-pk").first()
    assert last is not None and "did not take “Note on the order”" in str(last.note)
    case.go(hours=1)
    assert case.there.names().count("note") == 3


def test_a_step_that_waits_for_the_access_goes_out_later(case: Case) -> None:
    case.there.before["note"] = [NotAuthorised("the access has ended")]
    note(case)
    case.go()
    assert (only_step(case).state, only_step(case).calls) == ("due", 0)
    case.go(minutes=6)
    assert only_step(case).state == "accepted"


def test_the_buyers_parcel_is_entered_and_the_report_is_taken_over(make_case: Any) -> None:
    case = make_case(**RETURN)
    case.approve()
    case.go()
    case.now()
    assert "enter_return" in workbench_case.steps(case.ticket, case.user, now=case.clock.now)
    with pytest.raises(Stale):
        parcel(case, seen="0")
    parcel(case, seen=seen_now(case.ticket, case.order))
    with pytest.raises(Refused, match="on its way to the platform already"):
        parcel(case, tracking_no="SF2")
    case.go()
    assert case.now().status == "returning"
    assert (case.ticket.return_carrier, case.ticket.return_tracking_no) == ("4", "SF1")
    assert case.ticket.committed == 6_000
    assert beside.carriers(case.ticket) == ["4"]
    # The next decision is made on the version of now.
    approvals.confirm_return(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now)
    case.go(seconds=1)
    assert case.there.paid == [(case.number, 6_000)]


def test_a_parcel_that_is_not_taken_is_told(make_case: Any) -> None:
    case = make_case(**RETURN)
    case.approve()
    case.go()
    case.there.before["enter_return"] = [Declined(Why.OTHER, "no such carrier")]
    parcel(case)
    case.go()
    step = only_step(case)
    assert (step.state, step.reason) == ("declined", "no such carrier")
    assert case.now().status == "awaiting_return" and case.ticket.committed == 6_000
    # Entered anew, it goes out anew.
    parcel(case, carrier="5")
    case.go()
    assert case.now().status == "returning"


def test_new_goods_of_an_exchange(make_case: Any) -> None:
    case = make_case(type=TicketType.EXCHANGE)
    case.approve()
    case.go()
    case.there.change(case.number, status="returning")
    case.ticket.status = "returning"
    case.ticket.updated_at = case.there.tickets[case.number].updated_at
    case.ticket.save()
    assert "send_new_goods" in beside.possible(case.now())
    parcel(case, "send_new_goods")
    assert "send_new_goods" not in beside.possible(case.now())
    case.go()
    assert case.there.names()[-1] == "send_new_goods"
    assert case.now().status == "returning"
    assert "send_new_goods" not in beside.possible(case.ticket)


def returning(make_case: Any) -> Case:
    """A return whose goods are on their way back."""
    case: Case = make_case(**RETURN)
    case.approve()
    case.go()
    case.there.change(case.number, status="returning")
    record = case.there.tickets[case.number]
    save_tickets([record], shops=shops.known([record.shop]), now=case.clock.now)
    case.now()
    return case


def test_more_time_for_a_return(make_case: Any) -> None:
    case = make_case(**RETURN)
    with pytest.raises(Refused, match="can't be told"):
        beside.more_time(ticket_id=case.ticket.pk, user=case.user, now=case.clock.now)
    case = returning(make_case)
    client = english_client(case.user)
    url = reverse("desk:more-time", args=[case.ticket.pk])
    assert url in client.get(reverse("desk:case", args=[case.ticket.pk])).content.decode()
    assert "Ask for more time" in client.get(url).content.decode()
    assert client.post(url, {"seen": seen_now(case.ticket, case.order)}).status_code == 204
    again = client.post(url, {"seen": seen_now(case.ticket, case.order)})
    assert again.status_code == 422 and "on its way" in again.content.decode()
    PlatformStep.objects.filter(state="due").update(next_step_at=case.clock.now)
    case.go()
    assert case.there.names()[-1] == "more_time"
    due = case.there.tickets[case.number].due_at
    assert due is not None and case.now().due_at == due
    assert case.ticket.status == "returning" and case.ticket.committed == 6_000


def test_parcels_on_their_way_are_stopped(make_case: Any) -> None:
    case = make_case(order_status="shipped")
    client = english_client(case.user)
    url = reverse("desk:stop-parcels", args=[case.ticket.pk])
    seen = seen_now(case.ticket, case.order)
    assert "names no parcel" in client.get(url).content.decode()
    case.there.on_their_way = [Parcel("sf", "SF1"), Parcel("yto", "YT2")]
    assert "SF1" in client.get(url).content.decode()
    for numbers in ([], ["SF1", "XX"]):
        refused = client.post(url, {"seen": seen, "parcels": numbers})
        assert refused.status_code == 422 and "Choose among the parcels" in refused.content.decode()
    assert not PlatformStep.objects.exists()
    assert client.post(url, {"seen": seen, "parcels": ["YT2"]}).status_code == 204
    PlatformStep.objects.update(next_step_at=case.clock.now)
    case.go()
    assert ("stop_parcels", [Parcel("yto", "YT2")]) in case.there.steps()
    shown = client.get(reverse("desk:case", args=[case.ticket.pk])).content.decode()
    assert "yto YT2" in shown
    # Before anything was sent there is nothing to stop.
    assert "stop_parcels" not in beside.possible(make_case(order_status="pending_shipment").ticket)


def test_return_freight_is_answered_before_the_return_is_confirmed(make_case: Any) -> None:
    case = returning(make_case)
    facts = [["return_freight_asked", "12.00", None], ["return_freight", "waiting", None]]
    told = PlatformFacts.objects.create(
        shop=case.shop, subject="ticket", number=case.number, facts=facts, at=case.clock.now
    )
    client = english_client(case.user)
    page = client.get(reverse("desk:case", args=[case.ticket.pk])).content.decode()
    assert "Answer the return freight" in page and "Goods are here" not in page
    confirm = reverse("desk:confirm-return", args=[case.ticket.pk])
    seen = seen_now(case.ticket, case.order)
    early = client.post(confirm, {"seen": seen})
    assert early.status_code == 422 and "asks for ¥12.00" in early.content.decode()
    assert case.now().status == "returning"
    url = reverse("desk:return-freight", args=[case.ticket.pk])
    sent = {"seen": seen, "amount": "1200"}
    for wrong, why in (
        ({}, "Choose whether"),
        ({"answer": "refuse"}, "Write why"),
        ({"answer": "refuse", "text": "our parcel was right"}, "needs pictures"),
    ):
        refused = client.post(url, sent | wrong)
        assert refused.status_code == 422 and why in refused.content.decode()
    stale = client.post(url, sent | {"amount": "1100", "answer": "pay"})
    assert stale.status_code == 409 and "another return freight" in stale.content.decode()
    assert not ReturnFreight.objects.exists()
    assert client.post(url, sent | {"answer": "pay"}).status_code == 204
    seen = seen_now(case.ticket, case.order)
    refuse = {"answer": "refuse", "text": "our parcel was right", "evidence": picture()}
    assert client.post(url, sent | refuse | {"seen": seen}).status_code == 204
    answer = ReturnFreight.objects.get()
    assert (answer.amount, answer.pays, answer.user) == (1_200, False, case.user)
    # Another amount by now: answered anew.
    told.facts[0][1] = "13.00"
    told.save()
    seen = seen_now(case.ticket, case.order)
    assert client.post(confirm, {"seen": seen}).status_code == 422
    sent = {"seen": seen, "amount": "1300", "answer": "pay"}
    assert client.post(url, sent).status_code == 204
    shown = client.get(confirm).content.decode()
    assert "Besides, ¥13.00 of return freight is paid" in shown
    assert client.post(confirm, {"seen": seen_now(case.ticket, case.order)}).status_code == 204
    Refund.objects.update(next_step_at=case.clock.now)
    case.go(seconds=1)
    (step,) = [about for name, about in case.there.steps() if name == "confirm_receipt"]
    assert (step.freight.amount, step.freight.pays, list(step.freight.pictures)) == (
        1_300,
        True,
        [],
    )
    # It is no part of the order's money.
    assert case.now().committed == case.order.committed == 6_000


def test_the_return_address_is_chosen_with_the_approval(make_case: Any) -> None:
    case = make_case(**RETURN)
    case.there.addresses = [
        ReturnAddress("71", "Hangzhou, store 1", True),
        ReturnAddress("72", "Jiaxing, store 2", False),
    ]
    client = english_client(case.user)
    url = reverse("desk:approve", args=[case.ticket.pk])
    page = client.get(url).content.decode()
    assert 'value="71" selected' in page and "Jiaxing, store 2" in page
    seen = seen_now(case.ticket, case.order)
    gone = client.post(url, {"return_address": "99", "seen": seen})
    assert gone.status_code == 422 and "no such return address" in gone.content.decode()
    assert case.now().status == "pending_review" and not PlatformStep.objects.exists()
    assert client.post(url, {"return_address": "72", "seen": seen}).status_code == 204
    # Pages go by the real clock.
    PlatformStep.objects.update(next_step_at=case.clock.now)
    case.go()
    (sent,) = [about for name, about in case.there.steps() if name == "approve_return"]
    assert sent.address == "72"
    step = PlatformStep.objects.get()
    assert step.details == {"address": "72", "address_in_words": "Jiaxing, store 2"}
    shown = client.get(reverse("desk:case", args=[case.ticket.pk])).content.decode()
    assert "Jiaxing, store 2" in shown


def test_the_dialogs(make_case: Any) -> None:
    case = make_case(**RETURN)
    client = english_client(case.user)
    url = reverse("desk:note", args=[case.ticket.pk])
    assert "Red" in client.get(url).content.decode()
    refused = client.post(url, {"text": ""})
    assert refused.status_code == 422 and "Write what the note says" in refused.content.decode()
    assert client.post(url, {"text": "Rang twice", "flag": "blue"}).status_code == 204
    case.approve()
    case.go()
    url = reverse("desk:enter-return", args=[case.ticket.pk])
    assert 'name="tracking_no"' in client.get(url).content.decode()
    seen = seen_now(case.now(), case.order)
    assert client.post(url, {"carrier": "4", "seen": seen}).status_code == 422
    sent = {"carrier": "4", "tracking_no": "SF9", "seen": seen}
    assert client.post(url, sent).status_code == 204
    case.go()
    shown = client.get(reverse("desk:case", args=[case.ticket.pk])).content.decode()
    assert "Rang twice" in shown and "4 SF9" in shown
    url = reverse("desk:send-new-goods", args=[case.ticket.pk])
    assert "can't be told" in client.get(url).content.decode()
