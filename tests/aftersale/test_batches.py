"""SPEC P4: one decision on many tickets, each with its own result; no failure stops the others."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F

from aftersale.models import (
    ConnectorKind,
    Negotiation,
    Order,
    Refund,
    Rejection,
    RejectReasonTemplate,
    Role,
    Shop,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from aftersale.services.desk import batches
from aftersale.services.desk.batches import Outcome, Preview, Result
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user
from tests.queries import counted_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def agent(shop: Shop) -> User:
    return make_user(shop, Role.CS_AGENT)


def ask(tickets: list[Ticket], user: User, step: str = "approve", **arguments: Any) -> Preview:
    keys = [ticket.pk for ticket in tickets]
    return batches.preview(step=step, ticket_ids=keys, user=user, now=NOON, **arguments)


def carry_out(preview: Preview, user: User, step: str = "approve", **more: Any) -> list[Result]:
    more.setdefault("ticket_ids", list(preview.seen))
    return batches.carry_out(step=step, seen=preview.seen, user=user, now=NOON, **more)


def outcomes(results: list[Result]) -> list[tuple[str, str]]:
    return [(str(result.ticket), str(result.outcome)) for result in results]


def everything() -> list[Any]:
    """All rows that a decision could have written."""
    models = (Ticket, Order, Refund, TicketEvent, Rejection, Negotiation)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_the_preview_says_what_each_would_be(shop: Shop, agent: User) -> None:
    """How many, how much, which are left out and why; nothing is written."""
    first, second = (make_ticket(make_order(shop)) for _ in range(2))
    back = make_ticket(make_order(shop, paid_amount=2_500), type="return_refund")
    done = make_ticket(
        make_order(shop), status="refunded", awaiting_evaluation=False, ticket_no="done"
    )
    exchange = make_ticket(make_order(shop), type="exchange")
    early = make_ticket(make_order(shop), ticket_no="early")
    Ticket.objects.filter(pk=early.pk).update(order=None, awaiting_evaluation=False)
    too_much = make_ticket(make_order(shop, refunded_amount=9_000))
    through_none = make_ticket(make_order(shop, status="completed"), flags=["no_window"])
    before = everything()
    preview = ask([first, done, second, exchange, early, back, too_much, through_none], agent)
    assert preview.taken == [first, second, back]
    assert preview.amount == 22_500
    assert [(left.ticket, left.why) for left in preview.skipped] == [
        (done, "Ticket done can't go from “Refunded” to “Refunding”."),
        (exchange, "An exchange sends new goods: approve it by itself."),
        (early, "Ticket early is waiting for its order."),
        (
            too_much,
            f"¥100.00 is more than can still be refunded of order {too_much.order_no}: ¥10.00 "
            "(paid ¥100.00, refunded elsewhere ¥90.00, other tickets have taken ¥0.00).",
        ),
        (through_none, "No after-sale window was open for this completed order."),
    ]
    assert everything() == before


def test_each_gets_its_own_result(shop: Shop, agent: User) -> None:
    """The one in the middle changed after the preview: it is refused, the others are done."""
    first, second, third = (make_ticket(make_order(shop)) for _ in range(3))
    preview = ask([first, second, third], agent)
    Order.objects.filter(pk=second.order_id).update(updated_at=NOON, status="shipped")
    results = carry_out(preview, agent)
    assert outcomes(results) == [
        (first.ticket_no, "done"),
        (second.ticket_no, "refused"),
        (third.ticket_no, "done"),
    ]
    assert results[1].message == (
        f"Nothing was done: ticket {second.ticket_no} has changed meanwhile: its order's "
        "status: “To be shipped” is now “Shipped”."
    )
    for ticket, refunding in ((first, True), (second, False), (third, True)):
        ticket.refresh_from_db()
        assert ticket.status == ("refunding" if refunding else "pending_review")
        assert ticket.committed == (10_000 if refunding else 0)
        assert Refund.objects.filter(ticket=ticket).exists() == refunding
        event = TicketEvent.objects.filter(ticket=ticket).values("user", "at", "to_status")
        expected = {"user": agent.pk, "at": NOON, "to_status": TicketStatus.REFUNDING}
        assert list(event) == ([expected] if refunding else [])


def test_an_error_is_one_tickets_failure(
    shop: Shop, agent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected error undoes that ticket's writes; the others go on."""
    first, second, third = (make_ticket(make_order(shop)) for _ in range(3))
    preview = ask([first, second, third], agent)
    approve = approvals.approve

    def breaks(*, ticket_id: int, **arguments: Any) -> Ticket:
        ticket = approve(ticket_id=ticket_id, **arguments)
        if ticket_id == second.pk:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing")
        return ticket

    monkeypatch.setattr(approvals, "approve", breaks)
    results = carry_out(preview, agent)
    assert [result.outcome for result in results] == [Outcome.DONE, Outcome.FAILED, Outcome.DONE]
    assert results[1].message == (
        "Something went wrong with this ticket: nothing was done with it."
    )
    second.refresh_from_db()
    assert (second.status, second.committed) == ("pending_review", 0)
    assert Refund.objects.count() == 2


def test_twice_the_same_does_nothing_twice(shop: Shop, agent: User) -> None:
    """The button pressed again, in the same tab or another."""
    tickets = [make_ticket(make_order(shop)) for _ in range(2)]
    preview = ask(tickets, agent)
    carry_out(preview, agent)
    before = everything()
    again = carry_out(preview, agent)
    assert [result.outcome for result in again] == [Outcome.REFUSED] * 2
    assert everything() == before
    keys = [tickets[0].pk, tickets[0].pk]
    assert len(carry_out(preview, agent, ticket_ids=keys)) == 1


def test_tickets_of_one_order_share_its_money(shop: Shop, agent: User) -> None:
    """SPEC O2: the preview counts what the ones before would take, and is right about it."""
    order = make_order(shop)
    first, second, third = (make_ticket(order, amount=amount) for amount in (6_000, 5_000, 4_000))
    preview = ask([first, second, third], agent)
    assert preview.taken == [first, third]
    assert [left.ticket for left in preview.skipped] == [second]
    results = carry_out(preview, agent)
    assert outcomes(results) == [(first.ticket_no, "done"), (third.ticket_no, "done")]
    order.refresh_from_db()
    assert order.committed == 10_000


def test_of_one_order_only_our_own_change_is_let_pass(shop: Shop, agent: User) -> None:
    """A change by anybody else between the two is told, as ever."""
    order = make_order(shop)
    first, second = (make_ticket(order, amount=1_000) for _ in range(2))
    preview = ask([first, second], agent)
    seen = dict(preview.seen)
    Order.objects.update(updated_at=NOON + timedelta(minutes=1), status="shipped")
    seen[first.pk] = ask([first], agent).seen[first.pk]
    results = batches.carry_out(
        step="approve", ticket_ids=[first.pk, second.pk], seen=seen, user=agent, now=NOON
    )
    assert [result.outcome for result in results] == [Outcome.DONE, Outcome.REFUSED]


@pytest.mark.parametrize("lines", [(1, 1), (1, 2)])
def test_of_one_line_only_our_own_change_is_let_pass(
    shop: Shop, agent: User, lines: tuple[int, int]
) -> None:
    """SPEC O10: the line's money is a fact of the case, on the same line as on another."""
    order = make_order(shop, lines=[{}, {}])
    first, second = (make_ticket(order, amount=1_000, line_no=line) for line in lines)
    preview = ask([first, second], agent)
    assert [result.outcome for result in carry_out(preview, agent)] == [Outcome.DONE] * 2
    taken = list(order.lines.values_list("taken", flat=True))
    assert taken == [1_000 * lines.count(1), 1_000 * lines.count(2)]
    third, fourth = (make_ticket(order, amount=1_000, line_no=line) for line in lines)
    preview = ask([third, fourth], agent)
    order.lines.filter(line_no=lines[1]).update(taken=F("taken") + 1)
    seen = preview.seen | {third.pk: ask([third], agent).seen[third.pk]}
    results = batches.carry_out(
        step="approve", ticket_ids=[third.pk, fourth.pk], seen=seen, user=agent, now=NOON
    )
    assert [result.outcome for result in results] == [Outcome.DONE, Outcome.REFUSED]
    assert "refunded or approved of its line here" in results[1].message


def test_what_was_not_seen_is_not_decided(shop: Shop, agent: User) -> None:
    ticket = make_ticket(make_order(shop))
    before = everything()
    (result,) = batches.carry_out(
        step="approve", ticket_ids=[ticket.pk], seen={}, user=agent, now=NOON
    )
    assert result.outcome == Outcome.REFUSED
    assert everything() == before


def test_an_exchange_is_not_approved_among_many(shop: Shop, agent: User) -> None:
    """Sending its key all the same is refused, too."""
    exchange = make_ticket(make_order(shop), type="exchange")
    before = everything()
    seen = {exchange.pk: batches.seen_of([exchange])[exchange.pk]}
    (result,) = batches.carry_out(
        step="approve", ticket_ids=[exchange.pk], seen=seen, user=agent, now=NOON
    )
    assert (result.outcome, result.message) == (
        Outcome.REFUSED,
        "An exchange sends new goods: approve it by itself.",
    )
    assert everything() == before


def test_another_shops_tickets_do_not_exist(shop: Shop, agent: User) -> None:
    """SPEC P1: no different from a number that nobody has."""
    own, foreign = make_ticket(make_order(shop)), make_ticket(make_order(make_shop()))
    preview = batches.preview(
        step="approve", ticket_ids=[own.pk, foreign.pk, 999_999], user=agent, now=NOON
    )
    assert (preview.taken, preview.skipped, preview.missing) == ([own], [], 2)
    seen = preview.seen | batches.seen_of([foreign])
    results = batches.carry_out(
        step="approve", ticket_ids=[foreign.pk, own.pk, 999_999], seen=seen, user=agent, now=NOON
    )
    missing = Result(None, Outcome.REFUSED, "There is no such ticket.")
    assert results == [missing, Result(own, Outcome.DONE), missing]
    foreign.refresh_from_db()
    assert foreign.status == "pending_review"


def test_readers_carry_nothing_out(shop: Shop) -> None:
    """SPEC P1, per ticket: somebody may handle one shop's tickets and only read another's."""
    viewer = make_user(shop, Role.VIEWER)
    other = make_shop()
    other.memberships.create(user=viewer, role=Role.CS_AGENT)
    read, handled = make_ticket(make_order(shop)), make_ticket(make_order(other))
    preview = ask([read, handled], viewer)
    assert preview.taken == [handled]
    assert [left.why for left in preview.skipped] == ["Your role in this shop does not allow this."]
    seen = batches.seen_of([read, handled])
    keys = [read.pk, handled.pk]
    results = batches.carry_out(step="approve", ticket_ids=keys, seen=seen, user=viewer, now=NOON)
    assert [result.outcome for result in results] == [Outcome.REFUSED, Outcome.DONE]
    read.refresh_from_db()
    assert read.status == "pending_review"


def test_no_more_than_two_hundred(shop: Shop, agent: User) -> None:
    for call in (batches.preview, batches.carry_out):
        more = {} if call is batches.preview else {"seen": {}}
        with pytest.raises(Refused, match="At most 200 tickets at once"):
            call(step="approve", ticket_ids=range(1, 202), user=agent, now=NOON, **more)


def test_the_preview_reads_all_at_once(shop: Shop, agent: User) -> None:
    """PERFORMANCE, Lists: queries do not grow with the tickets."""
    tickets = [make_ticket(make_order(shop)) for _ in range(10)]
    with counted_queries() as of_one:
        ask(tickets[:1], agent)
    with counted_queries() as of_ten:
        ask(tickets, agent)
    assert len(of_one) == len(of_ten) <= 5


def test_a_reason_is_for_those_whom_it_fits(shop: Shop, agent: User) -> None:
    """SPEC P2, per ticket: type and stage, pictures, and what needs a negotiation first."""
    shipped = make_ticket(make_order(shop, status="shipped"))
    unshipped = make_ticket(make_order(shop))
    back = make_ticket(make_order(shop, status="shipped"), type="return_refund")
    rejected = make_ticket(
        make_order(shop, status="shipped"), status="rejected", awaiting_evaluation=False
    )
    tickets = [shipped, unshipped, back, rejected]
    before = everything()
    preview = ask(tickets, agent, "reject", reason="shipped_on_time")
    unfit = "Choose a reason that fits the ticket's type and how far its order has come."
    assert preview.taken == [shipped]
    assert [(left.ticket, left.why) for left in preview.skipped] == [
        (unshipped, unfit),
        (back, unfit),
        (rejected, f"Ticket {rejected.ticket_no} can't go from “Rejected” to “Rejected”."),
    ]
    for reason, why in (
        ("already_shipped", "“The parcel had left when the buyer applied” needs pictures"),
        ("return_first", "Negotiate first: “The goods must come back first”"),
    ):
        preview = ask([shipped], agent, "reject", reason=reason)
        assert preview.taken == [] and preview.skipped[0].why.startswith(why)
    offered = batches.reasons(ticket_ids=[ticket.pk for ticket in tickets], user=agent)
    assert [(reason.code, fits) for reason, fits in offered][:2] == [
        ("shipped_on_time", 2),
        ("reason_mismatch", 4),
    ]
    assert "already_shipped" not in {reason.code for reason, _fits in offered}
    stranger = make_user(make_shop())
    assert batches.reasons(ticket_ids=[shipped.pk], user=stranger) == []
    assert everything() == before


def test_a_ticket_whose_platform_has_its_own_reasons_is_rejected_by_itself(
    shop: Shop, agent: User
) -> None:
    """SPEC P2: the catalogue is for all others."""
    connected = make_shop(connector=ConnectorKind.PLATFORM)
    connected.memberships.create(user=agent, role=Role.CS_AGENT)
    ours, theirs = make_ticket(make_order(shop)), make_ticket(make_order(connected))
    why = "Its platform has its own reasons for rejecting it: reject it by itself."
    offered = batches.reasons(ticket_ids=[ours.pk, theirs.pk], user=agent)
    assert offered and {fits for _reason, fits in offered} == {1}
    assert batches.reasons(ticket_ids=[theirs.pk], user=agent) == []
    preview = ask([ours, theirs], agent, "reject", reason="reason_mismatch")
    assert preview.taken == [ours]
    assert [(left.ticket, left.why) for left in preview.skipped] == [(theirs, why)]
    before = Ticket.objects.values().get(pk=theirs.pk)
    seen = batches.seen_of(Ticket.objects.select_related("order"))
    results = carry_out(
        preview, agent, "reject", reason="reason_mismatch", ticket_ids=[theirs.pk, ours.pk]
    )
    assert [(result.outcome, result.message) for result in results] == [
        (Outcome.REFUSED, why),
        (Outcome.DONE, ""),
    ]
    (result,) = batches.carry_out(
        step="reject",
        ticket_ids=[theirs.pk],
        seen=seen,
        user=agent,
        now=NOON,
        reason="reason_mismatch",
    )
    assert (result.outcome, result.message) == (Outcome.REFUSED, why)
    assert Ticket.objects.values().get(pk=theirs.pk) == before
    assert Rejection.objects.get().ticket == ours


def test_each_buyer_reads_their_own_text(shop: Shop, agent: User) -> None:
    """The shop's text, or the one for all, with each ticket's facts in place."""
    other = make_shop()
    other.memberships.create(user=agent, role=Role.CS_AGENT)
    RejectReasonTemplate.objects.create(
        shop=other, reason="reason_mismatch", text="No: {ticket_no}", updated_at=NOON
    )
    first, second = make_ticket(make_order(shop)), make_ticket(make_order(other))
    preview = ask([first, second], agent, "reject", reason="reason_mismatch")
    results = carry_out(preview, agent, "reject", reason="reason_mismatch")
    assert [result.outcome for result in results] == [Outcome.DONE] * 2
    of_first, of_second = Rejection.objects.order_by("pk")
    assert f"Request {first.ticket_no} is closed for now" in of_first.explanation
    assert of_second.explanation == f"No: {second.ticket_no}"
    assert (of_first.user, of_first.at, of_first.reason) == (agent, NOON, "reason_mismatch")
    third = make_ticket(make_order(other, buyer="{amount}"))
    preview = ask([third], agent, "reject", reason="reason_mismatch")
    text = "{buyer}, {ticket_no}"
    (result,) = carry_out(preview, agent, "reject", reason="reason_mismatch", text=text)
    # A buyer's name that looks like a placeholder is not sent half filled: SPEC P2.
    assert result.outcome == Outcome.REFUSED
    Ticket.objects.filter(pk=third.pk).update(buyer="Li")
    (result,) = carry_out(preview, agent, "reject", reason="reason_mismatch", text=text)
    assert Rejection.objects.get(ticket=third).explanation == f"Li, {third.ticket_no}"


def test_rejecting_one_fails_and_the_others_are_rejected(shop: Shop, agent: User) -> None:
    first, second, third = (make_ticket(make_order(shop)) for _ in range(3))
    preview = ask([first, second, third], agent, "reject", reason="reason_mismatch")
    approvals.approve(ticket_id=second.pk, user=make_user(shop, username="wang"), now=NOON)
    results = carry_out(preview, agent, "reject", reason="reason_mismatch")
    assert [result.outcome for result in results] == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]
    assert "wang moved it to “Refunding”" in results[1].message
    statuses = Ticket.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["rejected", "refunding", "rejected"]
    assert Rejection.objects.count() == 2


def test_one_message_to_many(shop: Shop, agent: User) -> None:
    first, second = (make_ticket(make_order(shop)) for _ in range(2))
    done = make_ticket(make_order(shop), status="refunded", awaiting_evaluation=False)
    preview = ask([first, second, done], agent, "negotiate")
    assert preview.taken == [first, second]
    results = carry_out(preview, agent, "negotiate", message="Would you wait a day?")
    assert [result.outcome for result in results] == [Outcome.DONE] * 2
    said = Negotiation.objects.values_list("ticket", "round", "type", "amount", "message", "user")
    assert list(said.order_by("pk")) == [
        (ticket.pk, 1, "", None, "Would you wait a day?", agent.pk) for ticket in (first, second)
    ]
    # The buyers have yet to answer: SPEC P3.
    again = ask([first, second], agent, "negotiate")
    assert again.taken == []
    assert again.skipped[0].why == "The buyer has yet to answer the round before."


@pytest.mark.parametrize(
    ("step", "arguments", "said"),
    [
        ("reject", {"reason": ""}, "Choose a reason."),
        ("reject", {"reason": "nonsense"}, "Choose a reason."),
        ("reject", {"reason": "reason_mismatch", "text": "{nonsense}"}, "There is no placeholder"),
        ("negotiate", {"message": " "}, "Write what the buyer is told."),
        ("negotiate", {"message": "{nonsense}"}, "There is no placeholder"),
        ("negotiate", {"message": "x" * 1_001}, "At most 1000 characters."),
    ],
)
def test_what_is_wrong_for_all_is_said_once(
    shop: Shop, agent: User, step: str, arguments: dict[str, str], said: str
) -> None:
    ticket = make_ticket(make_order(shop))
    before = everything()
    preview = ask([ticket], agent)
    with pytest.raises(Refused, match=said):
        carry_out(preview, agent, step, **arguments)
    assert everything() == before
