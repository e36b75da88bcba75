"""Calls are counted by shop, app and day; shops of one app share its quota (SPEC M4)."""

from datetime import date

import pytest

from aftersale.models import PlatformCalls, Refund
from aftersale.platforms import call_count, registry
from aftersale.platforms.payments import Limit, NotSent
from aftersale.platforms.protocol import Throttled
from aftersale.services.outgoing import throttle
from aftersale.services.refunds import approvals
from monitoring.probes import metrics
from tests import factories
from tests.admin.clients import english_client
from tests.aftersale.refunds.conftest import make_ticket
from tests.platforms.double import Clock

from .conftest import Connected
from .test_alerts import alerts

pytestmark = pytest.mark.django_db

APP = call_count.app_of("double", {})


@pytest.fixture
def shops(offered: None, clock: Clock) -> list[Connected]:
    """Two of one app, which has made calls for both, and one of another."""
    shops = [Connected(clock, code) for code in ("s1", "s2", "s3")]
    for one in shops[:2]:
        call_count.count(one.shop.pk, APP)
    call_count.count(shops[2].shop.pk, "other")
    return shops


def test_the_calls_of_today_are_shown(shops: list[Connected], monkeypatch) -> None:
    call_count.count(shops[0].shop.pk, APP)
    assert shown(shops[0]) == "2 (the app: 3)"
    monkeypatch.setitem(registry.CALLS_A_DAY, "double", 5_000)
    assert shown(shops[1]) == "1 (the app: 3 of 5,000)"
    family = next(
        one for one in metrics.Rows().collect() if one.name == "afterdesk_platform_calls_today"
    )
    assert [(one.labels["shop"], one.value) for one in family.samples] == [
        ("s1", 2),
        ("s2", 1),
        ("s3", 1),
    ]


def shown(connected: Connected) -> str:
    page = english_client(connected.owner).get(
        f"/admin/shops/{connected.shop.pk}/settings/platform/"
    )
    return dict(page.context["facts"])["Calls today"]


def test_people_are_told_near_the_quota(connected: Connected, monkeypatch) -> None:
    monkeypatch.setitem(registry.CALLS_A_DAY, "double", 1_000)
    shop, other = connected.shop, Connected(connected.clock, "s2").shop
    day = date(2026, 3, 11)
    rows = PlatformCalls.objects
    rows.create(shop=shop, app=APP, day=day, calls=500)
    rows.create(shop=other, app=APP, day=day, calls=299)
    rows.create(shop=shop, app=APP, day=date(2026, 3, 10), calls=5_000)
    assert alerts(connected) == []
    rows.filter(shop=other).update(calls=300)
    near = "The app of s1 has made 800 of the 1,000 calls that its platform allows it today."
    assert alerts(connected) == [near]
    rows.filter(shop=other).update(spent_at=connected.clock())
    assert alerts(connected)[1:] == [
        "The app of s1 has used up its calls to the platform for today (800). Reading and refunds"
        " go on when the platform takes calls again."
    ]


def test_a_days_limit_holds_for_all_shops_of_the_app(shops: list[Connected]) -> None:
    one, other, apart = shops
    for connected in shops:
        connected.read()

    def refuse(call: tuple) -> None:
        raise Throttled("The app's calls of the day are used up.", 600, Limit.DAY)

    one.place.before = refuse
    one.read_later(minutes=1)
    until = one.clock.now.replace(minute=11)
    assert [two.account.paused_until for two in shops] == [until, until, None]
    assert shown(one).endswith("; used up for today")

    refunds = [approved(of) for of in shops]
    answer = NotSent("too many", 60, limit=Limit.APP)
    throttle.hold_off(refunds[0], answer, now=one.clock.now)
    for refund in refunds:
        refund.refresh_from_db()
    now = one.clock.now
    assert [(refund.next_step_at - now).total_seconds() for refund in refunds] == [60, 60, 0]


def approved(connected: Connected) -> Refund:
    now = connected.clock.now
    order = factories.make_order(connected.shop, status="delivered", updated_at=now)
    ticket = make_ticket(order, 1_000, applied_at=now, updated_at=now)
    approvals.approve(ticket_id=ticket.pk, user=connected.owner, now=now)
    return Refund.objects.get(ticket=ticket)
