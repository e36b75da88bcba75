"""Windows that are opened at the platform, too (SPEC W1)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aftersale.models import (
    Fund,
    PlatformStep,
    TicketType,
)
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, Why
from aftersale.services.outgoing import send_steps
from aftersale.services.windows import opening
from tests.admin.clients import client_of
from tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(make_case):
    return make_case(type=TicketType.RETURN_REFUND)


@pytest.fixture
def window(case):
    case.order = make_order(
        case.shop,
        status="completed",
        completed_at=case.clock.now - timedelta(days=3),
        updated_at=case.clock.now,
    )
    Fund.objects.filter(shop=case.shop).update(balance=50_000)
    return opening.open_window(
        order_id=case.order.pk, agreement="30 yuan back", user=case.user, now=case.clock.now
    )


def carry_out(case) -> str:
    while send_steps.run(clock=case.clock):
        pass
    return PlatformStep.objects.get().state


def test_a_window_is_opened_there(case, there, window):
    assert carry_out(case) == "accepted"
    assert there.windows == [case.order.order_no]
    assert opening.open_on(case.order, now=case.clock.now) == window


def test_a_window_that_the_platform_refuses_is_not_open(case, there, window):
    there.before = {"open_window": [Declined(Why.OTHER, "too late")]}
    assert carry_out(case) == "declined"
    assert opening.open_on(case.order, now=case.clock.now) is None
    window.refresh_from_db()
    assert window.closed_at == window.closes_at == window.opened_at + timedelta(seconds=1)
    page = client_of(case.user).get(reverse("admin:aftersale_order_change", args=[case.order.pk]))
    assert "Not taken by the platform" in page.content.decode()
    assert "too late" in page.content.decode()


def test_a_window_of_which_nobody_knows_is_asked_for_again_and_then_for_people(case, there, window):
    there.after = {"open_window": [TimedOut()]}
    there.before = {"open_window": [None, Declined(Why.OTHER, "open already")]}
    assert carry_out(case) == "unknown"
    case.clock.turn(seconds=10)
    assert carry_out(case) == "unknown"
    assert PlatformStep.objects.get().next_step_at is None
    assert opening.open_on(case.order, now=case.clock.now) == window
