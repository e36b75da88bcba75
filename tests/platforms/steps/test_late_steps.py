"""An approved return whose call may still arrive holds its money, whatever is said (SPEC O2)."""

from datetime import timedelta

import pytest

from aftersale.models import PlatformStep
from aftersale.services.outgoing import step_attempt

from .test_steps import RETURN, approve

pytestmark = pytest.mark.django_db


@pytest.fixture
def returning(make_case):
    """A return that was approved; the sender of the step stands still, another one is due."""
    case = make_case(**RETURN)
    approve(case)
    step = PlatformStep.objects.get()
    assert step_attempt.lease(step_pk=step.pk, now=case.clock.now) is not None
    case.clock.turn(seconds=60)
    # The buyer asks for something else meanwhile: the second call is declined.
    case.there.change(case.number, amount=5_000)
    return case


def state(case) -> tuple[str, str, int]:
    step = PlatformStep.objects.get()
    case.now()
    return step.state, case.ticket.status, case.order.committed


def go(case) -> None:
    case.go()  # asked: not taken; due again
    case.go(seconds=30)


def test_without_the_hold_the_money_is_free_while_the_first_call_may_arrive(returning):
    PlatformStep.objects.update(call_until=None)
    go(returning)
    assert state(returning) == ("declined", "pending_review", 0)


def test_the_money_is_held_until_the_first_call_cannot_arrive(returning):
    until = returning.clock.now + timedelta(minutes=5)
    go(returning)
    assert state(returning) == ("unknown", "awaiting_return", 6_000)
    assert PlatformStep.objects.get().next_step_at == until
    for _ in range(2):  # asked, and sent again
        returning.clock.now = PlatformStep.objects.get().next_step_at
        returning.go()
    assert state(returning) == ("declined", "pending_review", 0)


def test_a_step_that_was_answered_holds_nothing(make_case):
    case = make_case(**RETURN)
    approve(case)
    case.there.change(case.number, amount=5_000)
    case.go()
    assert state(case) == ("declined", "pending_review", 0)
