"""The weekly note on the page of advice: shown, and switched on and off (SPEC M6, P1)."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Membership, Shop
from monitoring.admin import alerts
from monitoring.models import WeeklyNote, WeeklyReader
from tests.admin.clients import chinese_client, english_client, text_of
from tests.factories import NOON, make_shop, make_user

from .platforms import make_robot

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop(name="Silk Road")


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop, "owner", email="owner@example.com")


def address(shop: Shop) -> str:
    return reverse("monitoring:weekly", args=[shop.pk])


def test_it_is_off_until_somebody_switches_it_on(shop: Shop, owner: User) -> None:
    client = english_client(owner)
    page = client.get(reverse("automation:advice"), {"shop": shop.pk})
    assert f'hx-get="{address(shop)}"' in page.content.decode()
    off = text_of(client.get(address(shop)))
    assert "The note of Silk Road is switched off for you." in off
    assert "No group is told by a robot." in off
    on = text_of(client.post(address(shop), {"wanted": "yes"}))
    assert "The note of Silk Road is switched on for you." in on
    own = WeeklyReader.objects.get()
    assert (own.user, own.shop, own.language) == (owner, shop, "en")
    again = text_of(client.post(address(shop), {"wanted": "no"}))
    assert "switched off" in again and not WeeklyReader.objects.exists()


def test_the_last_note_and_the_groups_are_shown(shop: Shop, owner: User) -> None:
    make_robot(shop, name="Night desk", kinds=["weekly"])
    make_robot(shop, name="Payments", kinds=["cap"])
    facts = {
        "name": "Silk Road", "first": "2026-03-02", "last": "2026-03-08", "advice": None,
        "changed": [{"what": "losses", "now": 2, "before": 1, "amount": 5_000}],
        "look": [{"what": "cap", "name": "<sizes>", "days": 3},
                 {"what": "mistakes", "name": "sizes", "number": 4, "amount": 9_900},
                 {"what": "proposals", "count": 2, "minutes": 1_380, "loss": 18_000}],
    }  # fmt: skip
    WeeklyNote.objects.create(
        shop=shop, week="2026-03-09", begun_at=NOON, made_at=NOON, facts=facts
    )
    WeeklyNote.objects.create(
        shop=shop, week="2026-03-16", begun_at=NOON, made_at=NOON, facts={"told_minutes": 90}
    )
    response = english_client(owner).get(address(shop))
    shown = text_of(response)
    for said in [
        "Silk Road, the week from 2026-03-02 to 2026-03-08:",
        "Likely losses: 2 (¥50.00), 1 the week before.",
        "as it is now, ran out on 3 days.",
        "To look at: “sizes” approved 4 requests (¥99.00) that went wrong",
        "To look at: 2 strategies are proposed that would save 23.0 hours a month, and ¥180.00",
        "These groups are told by a robot: Night desk.",
    ]:
        assert said in shown
    assert "&lt;sizes&gt;" in response.content.decode()
    assert "以下群由机器人推送：Night desk。" in text_of(chinese_client(owner).get(address(shop)))


@pytest.mark.parametrize("role", ["cs_manager", "cs_agent", "viewer"])
def test_lesser_roles_and_strangers_get_nothing(shop: Shop, role: str) -> None:
    lesser, stranger = make_user(shop, role), make_user(make_shop(), "owner")
    for user, status in ((lesser, 403), (stranger, 404)):
        client = english_client(user)
        for answer in (client.get(address(shop)), client.post(address(shop), {"wanted": "yes"})):
            assert answer.status_code == status
    assert Client().get(address(shop)).status_code == 302
    assert not WeeklyReader.objects.exists()


def test_operators_who_are_no_members_have_no_switch(shop: Shop, owner: User) -> None:
    operator = make_user(is_superuser=True)
    shown = text_of(english_client(operator).get(address(shop)))
    assert "Weekly note" in shown and "switched o" not in shown


def test_alone_it_is_no_alert_that_waits_for_hands(shop: Shop, owner: User) -> None:
    shop.alerts.create(
        kind="weekly", subject=shop.pk, day="2026-03-09", raised_at=timezone.now(),
        facts={"name": "Silk Road", "first": "2026-03-02", "last": "2026-03-08",
               "changed": [], "look": [{"what": "cap", "name": "sizes", "days": 2}]},
    )  # fmt: skip
    client = english_client(owner)
    assert client.get(reverse("monitoring:bell")).json()["count"] == ""
    assert "ran out on 2 days." in text_of(client.get(reverse("monitoring:alerts")))


@pytest.mark.parametrize("role", ["admin", "cs_manager", "cs_agent", "viewer"])
def test_among_the_alerts_it_is_shown_to_those_who_see_the_advice(shop: Shop, role: str) -> None:
    """SPEC M6: nobody else gets one, also of whoever has another role in another shop."""
    user, other = make_user(shop, role), make_shop()
    Membership.objects.create(user=user, shop=other, role="owner")
    for each, name in ((shop, "sizes"), (other, "colours")):
        each.alerts.create(
            kind="weekly", subject=each.pk, day="2026-03-09", raised_at=timezone.now(),
            facts={"name": each.name, "first": "2026-03-02", "last": "2026-03-08",
                   "changed": [], "look": [{"what": "cap", "name": name, "days": 2}]},
        )  # fmt: skip
    client = english_client(user)
    shown = [
        text_of(client.get(reverse("monitoring:alerts"), {"state": state} | kind))
        for state in (alerts.OPEN, alerts.OTHERS, alerts.OVER, alerts.ACKNOWLEDGED)
        for kind in ({}, {"kind": "weekly"})
    ]
    assert any("“colours”" in page for page in shown)
    assert any("“sizes”" in page for page in shown) == (role == "admin")
