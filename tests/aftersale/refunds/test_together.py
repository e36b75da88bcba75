"""Plain refunds of a shop leased and settled together: as one by one, in fewer statements."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection
from django.utils import timezone

from aftersale.models import (
    Negotiation,
    Order,
    Refund,
    RefundAttempt,
    RefundStatus,
    Ticket,
    TicketEvent,
    TicketFlag,
    TicketStatus,
)
from aftersale.platforms.payments import (
    Failed,
    Limit,
    NeverSeen,
    NotSent,
    Paid,
    PayRequest,
    TimedOut,
)
from aftersale.platforms.protocol import OrderNow
from aftersale.records.schemas import OrderRecord
from aftersale.services.outgoing import pay_refunds, refund_attempt, refunds_together
from aftersale.services.refunds import settlement
from aftersale.services.shared import locks
from tests.clock import DAYS_AHEAD
from tests.concurrency.threads import at_once, meeting
from tests.queries import counted_queries

from .conftest import audit, calm, decided, make_order, make_shop, make_user, pay_until_done

pytestmark = pytest.mark.django_db(transaction=True)


def some(number: int, now, **order: object) -> list[Refund]:
    shop = make_shop()
    return [decided(make_order(shop, **order), 5_000, now=now) for _ in range(number)]


def lease_all(refunds: list[Refund], now) -> list[refund_attempt.AttemptLease]:
    return refunds_together.lease(refund_pks=[refund.pk for refund in refunds], now=now)


def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    calm(monkeypatch, quick=-1)


def together(monkeypatch: pytest.MonkeyPatch) -> None:
    calm(monkeypatch, quick=60)


def written() -> list[list[dict[str, Any]]]:
    """All that payments wrote, without what is another's in every run: keys and moments."""
    own = {"id", "public_number", "changed_at", "key", "fingerprint", "order_id", "ticket_id"}
    own |= {"shop_id", "refund_id", "ticket_no", "order_no", "requested_at", "applied_at"}
    own |= {"updated_at", "created_at", "paid_at"}
    models: list[Any] = [Order, Ticket, TicketEvent, Refund, RefundAttempt]
    return [
        [
            {name: value for name, value in row.items() if name not in own}
            for row in model.objects.order_by("pk").values()
        ]
        for model in models
    ]


def test_it_writes_what_payments_one_by_one_write(platform, clock, monkeypatch):
    found = []
    for way in (one_by_one, together):
        way(monkeypatch)
        some(3, clock.now)
        with counted_queries() as asked:
            pay_until_done(clock)
        leased = [
            one["sql"] for one in asked if 'INSERT INTO "aftersale_refundattempt' in one["sql"]
        ]
        assert len(leased) == (2 if way is together else 3)
        assert audit() == []
        found.append(written())
        for model in (RefundAttempt, Refund, TicketEvent, Ticket, Order):
            model.objects.all().delete()
    assert found[0] == found[1]
    assert [len(rows) for rows in found[0]] == [3] * 5


def test_ten_take_as_many_statements_as_six(platform, clock, monkeypatch):
    """A statement a table and not a row; the calls are a double's, which asks nothing."""
    together(monkeypatch)
    counts = []
    for number in (6, 10):
        some(number, clock.now)
        with counted_queries() as asked:
            assert pay_refunds.run(clock=clock) is False
        counts.append(len(asked))
        assert Refund.objects.exclude(status=RefundStatus.SUCCEEDED).count() == 0
    assert counts[0] == counts[1]


def test_all_are_leased_before_the_first_call(platform, clock, monkeypatch):
    together(monkeypatch)
    some(4, clock.now)
    seen = []

    def look():
        seen.append(sorted(RefundAttempt.objects.values_list("state", flat=True)))
        return Paid()

    platform.pays = [Paid(), look, look, look]
    pay_until_done(clock)
    assert seen == [["leased"] * 3 + ["succeeded"]] * 3
    assert len({call.key for call in platform.calls}) == len(platform.calls) == 4


def not_wanted(refund: Refund) -> None:
    Ticket.objects.filter(pk=refund.ticket_id).update(status=TicketStatus.CLOSED)


def paused(refund: Refund) -> None:
    type(refund.shop).objects.update(automation_paused_at=timezone.now())


def on_hold(refund: Refund) -> None:
    type(refund.shop).objects.update(on_hold=True)


def over_refunded(refund: Refund) -> None:
    Order.objects.filter(pk=refund.order_id).update(over_refunded=True)


def tried_before(refund: Refund) -> None:
    RefundAttempt.objects.create(
        refund=refund,
        number=1,
        key=f"k{refund.pk}",
        amount=refund.amount,
        connector="sandbox",
        state="failed",
        created_at=timezone.now(),
    )


def negotiated(refund: Refund) -> None:
    now = timezone.now()
    Negotiation.objects.create(
        ticket=refund.ticket, round=1, user=make_user(refund.shop), at=now, answer_due_at=now
    )


def not_due(refund: Refund) -> None:
    Refund.objects.filter(pk=refund.pk).update(next_step_at=timezone.now() + timedelta(hours=1))


@pytest.mark.parametrize(
    "change",
    [not_wanted, paused, on_hold, over_refunded, tried_before, negotiated, not_due],
)
def test_what_is_not_plain_is_left_to_be_taken_by_itself(clock, change: Callable[[Refund], None]):
    [refund] = some(1, clock.now)
    change(refund)
    before = RefundAttempt.objects.count()
    assert lease_all([refund], clock.now) == []
    assert RefundAttempt.objects.count() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda refund: Ticket.objects.update(flags=[TicketFlag.MAY_BE_PAID]),
        lambda refund: Ticket.objects.update(arbitration_result="buyer"),
        lambda refund: Order.objects.update(refunded_reported=0),
        lambda refund: Ticket.objects.update(committed=4_000),
        lambda refund: TicketEvent.objects.create(
            ticket=refund.ticket, at=timezone.now(), kind="status", from_status="arbitration"
        ),
        lambda refund: RefundAttempt.objects.update(leased_until=timezone.now()),
    ],
)
def test_an_answer_with_more_to_it_is_settled_by_itself(clock, change):
    [refund] = some(1, clock.now)
    leases = lease_all([refund], clock.now)
    change(refund)
    before = written()
    assert refunds_together.settle_paid(leases=leases, now=clock.now) == leases
    assert written() == before


def test_other_answers_are_each_settled_as_they_are(platform, clock, monkeypatch):
    together(monkeypatch)
    some(5, clock.now)
    platform.pays = [Paid(), Failed("no", permanent=True), Paid(), TimedOut(), Paid()]
    pay_refunds.run(clock=clock)
    found = Refund.objects.order_by("pk").values_list("status", flat=True)
    assert list(found) == ["succeeded", "failed", "succeeded", "unknown", "succeeded"]
    assert audit() == []


def test_calls_that_a_limit_forbids_are_not_made(platform, clock, monkeypatch):
    """The rest is due again as if never leased, and waits as long as the limit says."""
    together(monkeypatch)
    refunds = some(4, clock.now)
    platform.pays = [Paid(), NotSent("too many calls", 30, limit=Limit.SHOP)]
    pay_refunds.run(clock=clock)
    assert len(platform.calls) == 2
    assert list(Refund.objects.order_by("pk").values_list("status", "ever_sent")) == [
        ("succeeded", True),
        *[("requested", False)] * 3,
    ]
    assert RefundAttempt.objects.count() == 1
    later = Refund.objects.filter(status="requested").values_list("next_step_at", flat=True)
    assert set(later) == {clock.now + timedelta(seconds=30)}
    clock.turn(seconds=31)
    pay_until_done(clock)
    assert {refund.pk for refund in refunds} == set(
        Refund.objects.filter(status="succeeded").values_list("pk", flat=True)
    )
    assert audit() == []


def test_one_that_the_program_fails_on_holds_up_no_other(platform, clock, monkeypatch):
    together(monkeypatch)
    refunds = some(4, clock.now)
    broken, real = refunds[2].pk, refund_attempt.mark_sent

    def fails(refund: Refund, *given: Any, **named: Any) -> None:
        if refund.pk == broken:
            raise DataError("broken")
        real(refund, *given, **named)

    monkeypatch.setattr(refund_attempt, "mark_sent", fails)
    pay_refunds.run(clock=clock)
    assert list(Refund.objects.order_by("pk").values_list("status", "needs_people")) == [
        ("succeeded", False),
        ("succeeded", False),
        ("requested", True),
        ("succeeded", False),
    ]


def test_one_that_cannot_be_given_back_keeps_no_answer_from_being_written(
    platform, clock, monkeypatch
):
    together(monkeypatch)
    refunds = some(5, clock.now)
    broken, real = refunds[3].pk, settlement.give_back

    def fails(case: Any, attempt: RefundAttempt) -> None:
        if case.refund.pk == broken:
            raise DataError("broken")
        real(case, attempt)

    monkeypatch.setattr(settlement, "give_back", fails)
    platform.pays = [Paid(), Failed("no", permanent=True), NotSent("too many", 30)]
    pay_refunds.run(clock=clock)
    assert list(Refund.objects.order_by("pk").values_list("status", "needs_people")) == [
        ("succeeded", False),
        ("failed", False),
        ("requested", False),
        ("sending", True),
        ("requested", False),
    ]
    assert len(platform.calls) == 3
    # Never called, so it goes out once it is found to be unknown there.
    clock.turn(minutes=16)
    platform.says = [NeverSeen()]
    pay_until_done(clock)
    assert [call.ticket_no for call in platform.calls].count(refunds[3].ticket.ticket_no) == 1
    assert Refund.objects.get(pk=broken).status == RefundStatus.SUCCEEDED
    assert audit() == []


def test_news_of_payments_are_not_lost_with_one_that_cannot_be_settled(
    platform, clock, monkeypatch
):
    together(monkeypatch)
    some(4, clock.now)

    def fails(*_given: Any, **_named: Any) -> None:
        raise DataError("broken")

    monkeypatch.setattr(settlement, "paid_together", fails)
    pay_refunds.run(clock=clock)
    assert Refund.objects.filter(status="succeeded").count() == 4
    assert audit() == []


@pytest.mark.parametrize("way", [one_by_one, together])
def test_a_refund_from_outside_is_not_taken_for_one_that_was_not_sent(
    platform, clock, monkeypatch, way
):
    """SPEC O2: as much was paid back there by hand as the second refund of the order is of."""
    way(monkeypatch)
    shop = make_shop()
    decided(make_order(shop), 1_000, now=clock.now - timedelta(seconds=1))
    order = make_order(shop, 5_000, refunded_reported=0)
    for amount in (2_000, 3_000):
        decided(order, amount, now=clock.now)
    Refund.objects.update(refunded_elsewhere=0)
    line = {"line_no": 1, "product": "p", "quantity": 1, "paid_amount": "50.00"}
    now_there = OrderRecord.model_validate(
        {
            "shop": shop.code, "order_no": order.order_no, "status": order.status, "buyer": "b",
            "updated_at": clock.now.isoformat(), "paid_amount": "50.00", "refunded_amount": "30.00",
            "lines": [line],
        }
    )  # fmt: skip

    def look(request: PayRequest) -> OrderNow | None:
        return OrderNow(now_there, []) if request.order_no == order.order_no else None

    monkeypatch.setattr(platform, "order_now", look)
    pay_until_done(clock)
    assert [call.amount for call in platform.calls] == [1_000]
    assert set(Refund.objects.filter(order=order).values_list("status", flat=True)) == {"failed"}
    assert audit() == []


# Two payers for the same refunds.


def two_payers() -> tuple[list[Refund], list[Any]]:
    now = timezone.now()
    refunds = some(4, now)
    return refunds, at_once(lambda: lease_all(refunds, now), lambda: lease_all(refunds[::-1], now))


def test_without_the_locks_the_constraints_refuse_two_leases_of_the_same(monkeypatch):
    meet = meeting(2)
    real = refunds_together._plain

    def plain(*given: Any) -> set[int]:
        found = real(*given)
        meet()
        return found

    monkeypatch.setattr(refunds_together, "_plain", plain)
    for name, model, field in (
        ("try_lock_orders", Order, "pk"),
        ("lock_tickets", Ticket, "pk"),
        ("lock_refunds", Refund, "ticket"),
    ):
        read = lambda pks, m=model, f=field: m.objects.filter(**{f"{f}__in": list(pks)})  # noqa: E731
        monkeypatch.setattr(locks, name, read)
    refunds, results = two_payers()
    kinds = Counter(type(result) for result in results)
    assert kinds == {list: 1, IntegrityError: 1}
    assert RefundAttempt.objects.count() == len(refunds)


def test_with_the_locks_each_is_leased_by_one():
    for _ in range(3):
        refunds, results = two_payers()
        leased = [lease.refund_pk for result in results for lease in result]
        assert len(leased) == len(set(leased))
        assert RefundAttempt.objects.filter(refund__in=refunds).count() == len(leased)
    assert audit() == []


# "Paid" against whoever settles the same refund at that moment.


def paid_twice_at_once() -> list[Any]:
    now = timezone.now()
    leases = lease_all(some(1, now), now)
    return at_once(
        lambda: refunds_together.settle_paid(leases=leases, now=now),
        lambda: refund_attempt.settle(lease=leases[0], answer=Paid(), now=now),
    )


def moved() -> int:
    return TicketEvent.objects.filter(to_status=TicketStatus.REFUNDED).count()


def test_without_the_locks_a_payment_is_written_down_twice(monkeypatch):
    meet = meeting(2)
    real_plain, real_paid = settlement.is_plain, settlement.paid

    def is_plain(*given: Any) -> bool:
        found = real_plain(*given)
        meet()
        return found

    def paid(*given: Any, **named: Any) -> None:
        meet()
        real_paid(*given, **named)

    monkeypatch.setattr(settlement, "is_plain", is_plain)
    monkeypatch.setattr(settlement, "paid", paid)
    for name, model, field in (
        ("lock_orders", Order, "pk"),
        ("lock_tickets", Ticket, "pk"),
        ("lock_refunds", Refund, "ticket"),
    ):
        read = lambda pks, m=model, f=field: m.objects.filter(**{f"{f}__in": list(pks)})  # noqa: E731
        monkeypatch.setattr(locks, name, read)
    monkeypatch.setattr(locks, "lock_refund", lambda pk: Refund.objects.get(ticket=pk))
    assert paid_twice_at_once() == [[], None]
    assert moved() == 2


def test_with_the_locks_it_is_written_down_once():
    for number in range(1, 4):
        results = paid_twice_at_once()
        assert not any(isinstance(result, Exception) for result in results)
        assert moved() == number
    assert audit() == []


# Settling waits for orders: in the order of their keys, or two would wait for each other.


def two_settlements() -> list[Any]:
    now = timezone.now()
    leases = lease_all(some(4, now), now)
    return at_once(
        lambda: refunds_together.settle_paid(leases=leases, now=now),
        lambda: refunds_together.settle_paid(leases=leases[::-1], now=now),
    )


@pytest.mark.skipif(DAYS_AHEAD > 0, reason="under a moved clock PostgreSQL finds no deadlock")
def test_orders_locked_as_they_come_deadlock(monkeypatch):
    meet, descends = meeting(2), iter([False, True])

    def lock(pks: Any) -> list[Order]:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '10ms'")
        first, *others = sorted(pks, reverse=next(descends))
        found = list(real([first]))
        meet()
        return found + [order for pk in others for order in real([pk])]

    real = locks.lock_orders
    monkeypatch.setattr(locks, "lock_orders", lock)
    results = two_settlements()
    [dead] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(dead, OperationalError) and "deadlock" in str(dead)


def test_locked_in_the_order_of_their_keys_the_second_waits_and_finds_them_settled():
    for _ in range(3):
        assert sorted(len(left) for left in two_settlements()) == [0, 4]
    assert audit() == []
