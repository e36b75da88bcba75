"""People are told when a platform can't be read from (SPEC M4)."""

from datetime import timedelta

import pytest
from django.utils import translation

from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotAuthorised
from monitoring.models import Alert
from monitoring.services.alert_texts import alert_text
from monitoring.services.alerts import raise_alerts
from tests.admin.clients import client_of
from tests.factories import NOON

from .conftest import Connected

pytestmark = pytest.mark.django_db


def alerts(connected: Connected) -> list[str]:
    raise_alerts(now=connected.clock(), shop_ids=[connected.shop.pk])
    with translation.override("en"):
        return [
            alert_text(alert).text for alert in Alert.objects.select_related("shop").order_by("pk")
        ]


def test_refused_credentials_are_told_once(connected: Connected):
    assert alerts(connected) == []

    def refuse(call: tuple) -> None:
        raise NotAuthorised("The token has run out.")

    connected.place.before = refuse
    connected.read()
    said = "Nothing is read from the platform of s1 any more: The token has run out."
    assert alerts(connected) == [said]
    connected.clock.turn(hours=30)
    assert alerts(connected) == [said]
    page = client_of(connected.owner).get("/admin/alerts/", follow=True).content.decode()
    assert "The token has run out." in page
    assert f"/admin/shops/{connected.shop.pk}/settings/platform/" in page


def test_what_fails_for_long_is_told(connected: Connected):
    def fail(call: tuple) -> None:
        raise TimedOut

    connected.place.before = fail
    connected.read()
    assert connected.account.failing_since == NOON
    connected.clock.turn(minutes=59)
    assert alerts(connected) == []
    connected.clock.turn(minutes=1)
    assert alerts(connected) == [
        "Reading from the platform of s1 has been failing since 2026-03-11 12:00:"
        " The platform did not answer in time, or not in a form that can be read."
    ]
    # It works again, and fails anew the next day: that is another one.
    connected.place.before = lambda call: None
    connected.read()
    connected.clock.turn(days=1)
    connected.place.before = fail
    connected.read()
    connected.clock.turn(hours=2)
    assert len(alerts(connected)) == 2
    assert connected.account.failing_since == NOON + timedelta(days=1, hours=1)
