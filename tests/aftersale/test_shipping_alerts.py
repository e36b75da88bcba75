"""SPEC H1: who writes down what became of a parcel, and in which steps."""

from datetime import timedelta

import pytest
from django.utils import translation

from aftersale.models import AlertState, Refund, ShippingAlert, Shop, TicketEvent
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale, WrongStep
from aftersale.services.shipping import alerts
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
ENDS = ["intercepted", "returned", "lost"]


def make_alert(shop: Shop, **fields: object) -> ShippingAlert:
    order = make_order(shop, status="shipped")
    ticket = make_ticket(
        order, status="refunding", awaiting_evaluation=False, committed=order.paid_amount
    )
    Refund.objects.create(
        shop=shop, order=order, ticket=ticket, amount=10_000, source="person", requested_at=NOON
    )
    values = {"kind": "likely_loss", "raised_at": NOON, "changed_at": NOON} | fields
    return ShippingAlert.objects.create(shop=shop, order=order, ticket=ticket, **values)


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def unmoved(alert: ShippingAlert) -> bool:
    stored = ShippingAlert.objects.get(pk=alert.pk)
    return (stored.state, stored.changed_at, TicketEvent.objects.count()) == (
        alert.state,
        alert.changed_at,
        0,
    )


@pytest.mark.parametrize("role", ["owner", "admin", "cs_manager", "cs_agent"])
def test_a_step_says_who_and_when(shop: Shop, role: str) -> None:
    alert, user = make_alert(shop), make_user(shop, role)
    with translation.override("en"):
        alerts.advance(
            alert_id=alert.pk, state="asked_carrier", note=" SF 95338 ", user=user, now=LATER,
            seen="to_stop",
        )  # fmt: skip
    alert.refresh_from_db()
    assert (alert.state, alert.note, alert.changed_by, alert.changed_at) == (
        "asked_carrier",
        "SF 95338",
        user,
        LATER,
    )
    assert alert.raised_at == NOON
    event = TicketEvent.objects.get()
    assert (event.ticket, event.at, event.actor, event.user) == (
        alert.ticket,
        LATER,
        "person",
        user,
    )
    assert event.note == "Parcel: from “To be stopped” to “Carrier asked”. SF 95338"
    assert Refund.objects.get().status == "requested"


def test_who_may(shop: Shop) -> None:
    """SPEC P1: a viewer sees and does not handle; for others there is nothing."""
    alert = make_alert(shop)
    for user, error in (
        (make_user(shop, "viewer"), NotAllowed),
        (make_user(make_shop()), NotFound),
        (make_user(), NotFound),
    ):
        with pytest.raises(error):
            alerts.advance(alert_id=alert.pk, state="lost", note="", user=user, now=LATER)
        assert unmoved(alert)


@pytest.mark.parametrize("state", AlertState.values)
def test_every_step(shop: Shop, state: str) -> None:
    """To be stopped, carrier asked, an end; an end is put right with a note only."""
    user = make_user(shop)
    allowed = {
        "to_stop": ["asked_carrier", *ENDS],
        "asked_carrier": ENDS,
    }.get(state, [*{*ENDS, "asked_carrier"} - {state}])
    for target in [*AlertState.values, "unheard-of"]:
        alert = make_alert(shop, state=state)

        def go(note: str = "why", alert: ShippingAlert = alert, target: str = target) -> None:
            alerts.advance(alert_id=alert.pk, state=target, note=note, user=user, now=LATER)

        if target not in allowed:
            with pytest.raises(WrongStep if target in AlertState.values else Refused):
                go()
            assert unmoved(alert)
            continue
        if state in ENDS:
            with pytest.raises(Refused, match="Say why") as refused:
                go(note="  ")
            assert refused.value.pointer == "note" and unmoved(alert)
        go()
        assert ShippingAlert.objects.get(pk=alert.pk).state == target
        TicketEvent.objects.all().delete()


def test_a_colleague_was_quicker(shop: Shop) -> None:
    alert, user = make_alert(shop), make_user(shop, username="quick")
    alerts.advance(alert_id=alert.pk, state="lost", note="", user=user, now=LATER)
    with pytest.raises(Stale, match="quick has set this parcel to “Lost”"):
        alerts.advance(
            alert_id=alert.pk, state="intercepted", note="x", user=user, now=LATER, seen="to_stop"
        )
    assert ShippingAlert.objects.get().state == "lost"
    assert TicketEvent.objects.count() == 1
