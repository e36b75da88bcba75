"""The order's fresh figures before a price difference is paid: asked for until a call may have
reached the platform, and not after (SPEC O2, P3)."""

from typing import Any

import pytest

from aftersale.models import PlatformStep, ShopRequest
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotAuthorised
from aftersale.services.outgoing import request_steps, send_steps, step_attempt
from aftersale.services.outgoing.refund_attempt import LEASE

from .conftest import Case
from .test_price_differences import books, give, read, state

pytestmark = pytest.mark.django_db


class Died(BaseException):
    """The process ends: nothing of it is settled."""


def dies(case: Case, call: str) -> None:
    case.there.before[call] = [Died()]
    with pytest.raises(Died):
        send_steps.run(clock=case.clock)


def paid_there_besides(case: Case, amount: int = 3_000) -> None:
    """Somebody refunds in the platform's back office."""
    case.there.tickets["P1"] = case.there.tickets[case.number].model_copy(
        update={"ticket_no": "P1", "amount": amount, "status": "refunded"}
    )


def asked(case: Case) -> list[str]:
    names = [name for name, _about in case.there.calls]
    return [name for name in names if name in ("order_now", "refund_difference")]


def call_until() -> Any:
    return PlatformStep.objects.get().call_until


def test_a_process_that_dies_in_the_look_has_sent_nothing(case: Case) -> None:
    """The next one looks again: more refunded there stops the payment."""
    request = give(case)
    dies(case, "order_now")
    assert (state(request), call_until()) == (("sending", 2_000, ""), None)
    paid_there_besides(case)
    case.go(seconds=LEASE.total_seconds())
    assert asked(case) == ["order_now", "order_now"] and case.there.paid == []
    assert (books(case)[0], state(request)) == (3_000, ("declined", 0, ""))
    assert "¥30.00 more" in str(request.platform_step.reason)


def test_after_such_a_look_it_is_paid_once(case: Case) -> None:
    request = give(case)
    dies(case, "order_now")
    case.go(seconds=LEASE.total_seconds())
    assert asked(case) == ["order_now", "order_now", "refund_difference"]
    assert case.there.paid == [("M1", 2_000)]
    assert (books(case)[0], state(request)) == (2_000, ("accepted", 0, "M1"))


def test_a_look_that_fails_is_made_again(case: Case) -> None:
    give(case)
    case.there.before["order_now"] = [RuntimeError("no order"), TimedOut()]
    case.go()
    case.go(minutes=1)
    assert asked(case) == ["order_now", "order_now"] and call_until() is None
    case.go(minutes=10)
    assert asked(case)[2:] == ["order_now", "refund_difference"]
    assert case.there.paid == [("M1", 2_000)]


def test_a_process_that_dies_in_the_call_may_have_paid(case: Case) -> None:
    """The order's figures may have it by now: it is asked for under its key, without a look."""
    request = give(case)
    case.there.after["refund_difference"] = [Died()]
    with pytest.raises(Died):
        send_steps.run(clock=case.clock)
    assert call_until() == case.clock.now + LEASE + step_attempt.ARRIVES_WITHIN
    case.go(seconds=LEASE.total_seconds())
    assert asked(case) == ["order_now", "refund_difference", "refund_difference"]
    assert case.there.paid == [("M1", 2_000)]
    assert (books(case)[0], state(request)) == (2_000, ("accepted", 0, "M1"))


def test_a_call_that_was_certainly_not_made_is_looked_at_again(case: Case) -> None:
    request = give(case)
    case.there.before["refund_difference"] = [NotAuthorised("the access has ended")]
    case.go()
    assert (state(request), call_until()) == (("due", 2_000, ""), None)
    paid_there_besides(case)
    case.go(minutes=10)
    assert asked(case) == ["order_now", "refund_difference", "order_now"]
    assert case.there.paid == [] and state(request) == ("declined", 0, "")


def test_a_slow_look_pays_nothing_for_a_lease_of_somebody_else(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = give(case)

    def lost(*_args: Any, **_values: Any) -> None:
        PlatformStep.objects.update(leased_until=None)

    monkeypatch.setattr(request_steps, "_look", lost)
    send_steps.run(clock=case.clock)
    assert asked(case) == [] and call_until() is None
    assert state(request) == ("sending", 2_000, "")


def test_a_ticket_seen_before_anything_was_sent_is_the_buyers(case: Case) -> None:
    """Alike in order, line, amount and time: it takes nothing of what the request holds."""
    request = give(case)
    dies(case, "order_now")
    record = case.there.tickets[case.number].model_copy(
        update={"ticket_no": "B1", "amount": 2_000, "status": "refunding"}
    )
    case.there.tickets["B1"] = record
    read(case, "B1")
    assert (books(case)[0], state(request)) == (4_000, ("sending", 2_000, ""))


def test_unsent_and_connected_no_more_it_is_let_go(case: Case) -> None:
    """Its money is free: the order's tickets that wait for a person are looked at anew."""
    request = give(case)
    dies(case, "order_now")
    case.ticket.awaiting_evaluation = False
    case.ticket.save()
    case.shop.connector = "manual"
    case.shop.save()
    case.go(seconds=LEASE.total_seconds())
    assert (books(case), state(request)) == ((0, 0, 0, False), ("taken_over", 0, ""))
    assert case.now().awaiting_evaluation


def test_a_request_that_held_nothing_wakes_nobody(case: Case) -> None:
    give(case, kind="refund")
    case.ticket.awaiting_evaluation = False
    case.ticket.save()
    case.shop.connector = "manual"
    case.shop.save()
    case.go()
    assert ShopRequest.objects.get().platform_step.state == "taken_over"
    assert not case.now().awaiting_evaluation
