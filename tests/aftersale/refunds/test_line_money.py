"""A line bounds a ticket on it; a person may go above, up to the order's money (SPEC E2, O2)."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersale.models import Order, OrderLine, Refund, Shop, Ticket
from aftersale.services.desk import batches
from aftersale.services.orders.line_money import LineMoney, line_money
from aftersale.services.refunds import approvals, refund_results, unsent_refunds
from aftersale.services.shared.errors import OverLine, OverRefundable, Refused
from tests import factories
from tests.factories import NOON

from .conftest import audit, make_shop, make_ticket, make_user, snapshot

pytestmark = pytest.mark.django_db

MANUAL = {"connector": "manual", "is_demo": False}


@pytest.fixture
def shop() -> Shop:
    return make_shop(**MANUAL)


@pytest.fixture
def agent(shop) -> User:
    return make_user(shop)


def make_order(shop: Shop, *lines: int, paid: int | None = None) -> Order:
    """An order of lines that cost so much; `paid`, where freight was paid besides."""
    return factories.make_order(
        shop,
        paid_amount=sum(lines) if paid is None else paid,
        lines=[{"paid_amount": line, "title": f"thing {n}"} for n, line in enumerate(lines, 1)],
    )


def figures(order: Order, ticket: Ticket) -> LineMoney:
    found = line_money(
        Order.objects.get(pk=order.pk), Ticket.objects.select_related("order").get(pk=ticket.pk)
    )
    assert found is not None
    return found


def approve(ticket: Ticket, user: User, **how: object) -> Ticket:
    return approvals.approve(ticket_id=ticket.pk, user=user, now=NOON, **how)


def taken(order: Order) -> list[int]:
    return list(OrderLine.objects.filter(order=order).values_list("taken", flat=True))


# The figures.


@pytest.mark.parametrize(
    ("lines", "paid", "taken", "left"),
    [
        # (paid for each line, paid for the order, taken on each line, left on the first)
        ((6_000, 6_000), 12_000, (0, 0), 6_000),
        ((6_000, 6_000), 12_000, (2_500, 0), 3_500),
        ((6_000, 6_000), 12_000, (6_000, 0), 0),
        # Money of another line doesn't count, unless that line gave more than was paid for it.
        ((6_000, 6_000), 12_000, (0, 6_000), 6_000),
        # A gift's line has nothing but the freight.
        ((0, 6_000), 6_000, (0, 0), 0),
        ((0, 6_000), 7_000, (0, 0), 1_000),
        # Freight, counted once an order: used up by any line that went above.
        ((6_000, 6_000), 13_000, (0, 0), 7_000),
        ((6_000, 6_000), 13_000, (6_000, 0), 1_000),
        ((6_000, 6_000), 13_000, (6_400, 0), 600),
        ((6_000, 6_000), 13_000, (0, 6_300), 6_700),
        ((6_000, 6_000), 13_000, (6_400, 6_300), 300),
        ((6_000, 6_000), 13_000, (6_400, 7_000), 0),
        # A coupon on the whole order: the lines' sum is more than was paid.
        ((6_000, 6_000), 10_000, (0, 0), 6_000),
    ],
)
def test_what_is_left_of_a_line(shop, lines, paid, taken, left):
    order = make_order(shop, *lines, paid=paid)
    for number, amount in enumerate(taken, 1):
        OrderLine.objects.filter(order=order, line_no=number).update(taken=amount)
    ticket = make_ticket(order, 100, line_no=1)
    assert figures(order, ticket) == LineMoney(1, "thing 1", lines[0], taken[0], left)


def test_what_a_ticket_has_taken_itself_counts_for_it(shop, agent):
    order = make_order(shop, 6_000, 6_000)
    ticket = make_ticket(order, 4_000, line_no=1, type="return_refund")
    approve(ticket, agent)
    assert taken(order) == [4_000, 0]
    assert figures(order, ticket).left == 6_000


def test_a_ticket_on_the_whole_order_has_no_line(shop):
    order = make_order(shop, 6_000)
    assert line_money(order, make_ticket(order, 100)) is None


# A person above the line.


@pytest.fixture
def second(shop, agent) -> Ticket:
    """The second ticket on a line of 60.00 that was refunded, of an order of 120.00."""
    order = make_order(shop, 6_000, 6_000)
    first = approve(make_ticket(order, 6_000, line_no=1), agent)
    refund_results.record_result(
        refund_id=Refund.objects.get(ticket=first).pk,
        succeeded=True,
        reason="",
        user=agent,
        now=NOON,
    )
    return make_ticket(order, 6_000, line_no=1)


def test_going_above_the_line_is_refused_with_its_figures_until_it_is_meant(second, agent):
    before = snapshot(second, second.order)
    with pytest.raises(OverLine) as refused:
        approve(second, agent)
    assert str(refused.value) == (
        "¥60.00 is more than is left of line 1 (thing 1): ¥0.00. ¥60.00 was paid for it, and "
        "other tickets have taken ¥60.00."
    )
    assert refused.value.pointer == "above_line"
    assert snapshot(second, second.order) == before
    assert taken(second.order) == [6_000, 0]
    approve(second, agent, above_line=True)
    assert taken(second.order) == [12_000, 0]
    assert second.events.get().note == f"Above the line: {refused.value}"
    assert audit() == []


def test_a_smaller_amount_within_the_line_goes_above_nothing(shop, agent):
    order = make_order(shop, 6_000, 6_000)
    approve(make_ticket(order, 5_000, line_no=1), agent)
    ticket = make_ticket(order, 6_000, line_no=1)
    approve(ticket, agent, amount=1_000)
    assert ticket.events.get().note == "¥10.00 of the ¥60.00 asked for"
    assert taken(order) == [6_000, 0]


def test_nobody_goes_above_the_order(shop, agent):
    order = make_order(shop, 6_000, 6_000)
    approve(make_ticket(order, 12_000), agent)
    ticket = make_ticket(order, 100, line_no=1)
    with pytest.raises(OverRefundable):
        approve(ticket, agent, above_line=True)
    assert taken(order) == [0, 0]
    assert Order.objects.get().committed == 12_000
    assert audit() == []


def test_trying_again_asks_the_line_anew(shop, agent):
    order = make_order(shop, 6_000, 6_000)
    failed = approve(make_ticket(order, 6_000, line_no=1), agent)
    refund = Refund.objects.get(ticket=failed)
    refund_results.record_result(
        refund_id=refund.pk, succeeded=False, reason="no", user=agent, now=NOON
    )
    approve(make_ticket(order, 6_000, line_no=1), agent)
    before = snapshot(failed, order, refund)
    with pytest.raises(OverLine):
        approvals.retry(ticket_id=failed.pk, user=agent, now=NOON)
    assert snapshot(failed, order, refund) == before
    approvals.retry(ticket_id=failed.pk, user=agent, now=NOON, above_line=True)
    assert taken(order) == [12_000, 0]
    assert audit() == []


def test_an_approved_return_keeps_what_it_took(shop, agent):
    """Somebody went above the line since: the return's own money is held all the same."""
    order = make_order(shop, 6_000, 6_000)
    back = approve(make_ticket(order, 6_000, line_no=1, type="return_refund"), agent)
    approve(make_ticket(order, 6_000, line_no=1), agent, above_line=True)
    approvals.confirm_return(ticket_id=back.pk, user=agent, now=NOON)
    assert Refund.objects.get(ticket=back).amount == 6_000
    assert taken(order) == [12_000, 0]
    assert audit() == []


def test_a_batch_leaves_what_goes_above_the_line_to_a_look_of_its_own(shop, agent):
    order = make_order(shop, 6_000, 6_000)
    one, two = (make_ticket(order, 6_000, line_no=1) for _ in range(2))
    whole = make_ticket(order, 6_000)
    chosen = [one.pk, two.pk, whole.pk]
    preview = batches.preview(step="approve", ticket_ids=chosen, user=agent, now=NOON)
    assert preview.taken == [one, whole]
    [skipped] = preview.skipped
    assert skipped.ticket == two
    assert skipped.why.startswith("¥60.00 is more than is left of line 1 (thing 1): ¥0.00.")
    results = batches.carry_out(
        step="approve",
        ticket_ids=chosen,
        seen={pk: batches.seen_of(Ticket.objects.filter(pk=pk))[pk] for pk in chosen},
        user=agent,
        now=NOON,
    )
    assert [result.outcome for result in results] == ["done", "refused", "done"]
    assert taken(order) == [6_000, 0]
    assert audit() == []


# Any mix.

CHOICES = st.lists(
    st.tuples(
        st.sampled_from(["approve", "above", "fail", "succeed", "retry", "take_back", "confirm"]),
        st.integers(0, 5),
        st.sampled_from([None, 1, 2, 3]),
        st.integers(1, 9_000),
        st.sampled_from(["refund_only", "return_refund"]),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(
    choices=CHOICES,
    lines=st.lists(st.integers(0, 5_000), min_size=3, max_size=3),
    freight=st.integers(-500, 1_000),
)
def test_no_mix_of_steps_takes_more_than_was_paid(choices, lines, freight):
    """Nobody lets an order give more than it got, and nobody a line unless they mean to."""
    with transaction.atomic():
        _mix(choices, lines, freight)
        transaction.set_rollback(True)


def _mix(choices: list[tuple], lines: list[int], freight: int) -> None:
    shop = make_shop(**MANUAL)
    agent = make_user(shop)
    order = make_order(shop, *lines, paid=max(0, sum(lines) + freight))
    tickets: list[Ticket] = []
    meant = False
    for step, which, line_no, amount, kind in choices:
        if step in ("approve", "above") or not tickets:
            tickets.append(make_ticket(order, amount, line_no=line_no, type=kind))
            step, which = ("above" if step == "above" else "approve"), -1
        ticket = tickets[which % len(tickets)]
        refund = Refund.objects.filter(ticket=ticket).first()
        try:
            match step:
                case "approve" | "above":
                    approve(ticket, agent, above_line=step == "above")
                    meant = meant or step == "above"
                case "confirm":
                    approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=NOON)
                case "retry":
                    approvals.retry(ticket_id=ticket.pk, user=agent, now=NOON)
                case "take_back":
                    if refund:
                        unsent_refunds.take_back(refund_id=refund.pk, user=agent, now=NOON)
                case _:
                    if refund:
                        refund_results.record_result(
                            refund_id=refund.pk,
                            succeeded=step == "succeed",
                            reason="no",
                            user=agent,
                            now=NOON,
                        )
        except Refused:
            pass  # what was refused moved nothing, as the figures below say
        now = Order.objects.get(pk=order.pk)
        assert 0 <= now.committed <= now.paid_amount
        rows = list(OrderLine.objects.filter(order=order).order_by("line_no"))
        assert all(row.taken >= 0 for row in rows)
        if not meant:
            extra = max(0, order.paid_amount - sum(lines))
            assert sum(max(0, row.taken - row.paid_amount) for row in rows) <= extra
        assert audit() == []
