"""The page of alerts, the bell, and what people choose to be mailed (SPEC M4, P1)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import ApiToken, Membership, PlatformAccount, Refund, ShippingAlert
from monitoring.models import Alert, AlertSubscription
from monitoring.services import alerts
from strategies.models import Strategy, StrategyUsage
from tests.factories import NOON, make_shop
from tests.monitoring.scene import DAY, due, one_of_each, parcel, tripped
from tests.queries import counted_queries, queries_of

from .clients import chinese_client, client_of, english_client, text_of
from .scene import Scene
from .test_languages import english

PAGE, BELL = reverse("monitoring:alerts"), reverse("monitoring:bell")
ACKNOWLEDGE, MAILS = reverse("monitoring:alerts-acknowledge"), reverse("monitoring:alert-mails")


@pytest.fixture(autouse=True)
def nothing_else(own: Scene, foreign: Scene) -> None:
    """The scenes have a cap, a parcel, a payment, a platform and an alert of their own."""
    Alert.objects.all().delete()
    StrategyUsage.objects.all().delete()
    ShippingAlert.objects.all().delete()
    PlatformAccount.objects.all().delete()
    ApiToken.objects.all().delete()
    Refund.objects.filter(status="requested").update(status="taken_back")


@pytest.fixture
def told(own: Scene) -> Scene:
    """Six alerts of the shop: the cap has two thresholds."""
    one_of_each(own.shop)
    alerts.raise_alerts(now=NOON)
    return own


def rows(response: Any) -> list[Alert]:
    return [row["shown"].alert for row in response.context["rows"]]


def said(response: Any) -> dict[str, Any]:
    return json.loads(response.headers.get("HX-Trigger", "{}"))


def test_every_kind_says_what_happened_and_leads_there(told: Scene) -> None:
    response = english_client(told.people["viewer"]).get(PAGE)
    page = text_of(response)
    alert = {one.kind: one for one in Alert.objects.order_by("threshold")}
    cap, name = Strategy.objects.get(pk=alert["cap"].subject), alert["deadline"].facts["name"]
    assert f"“{cap.name}” has used up its daily cap of ¥100.00 on 2026-03-11." in page
    assert f"“{cap.name}” has used ¥100.00 (100%) of its daily cap of ¥100.00 on" in page
    assert "strategy “tripped” off at 2026-03-11 12:00: 21 hits, ¥1,234.00 within 10 min" in page
    assert f"refund of ¥59.90 for ticket {alert['refund_failed'].facts['name']} has failed" in page
    assert f"{name} (To be handled, ¥100.00) is to be handled by 2026-03-11 18:00." in page
    assert f"Order {alert['shipping'].facts['name']} was shipped although ¥100.00 of it" in page
    links = {row["shown"].url for row in response.context["rows"]}
    assert links == {
        reverse("admin:strategies_strategy_change", args=[cap.pk]),
        reverse("admin:strategies_strategy_change", args=[alert["breaker"].subject]),
        reverse("admin:aftersale_refund_change", args=[alert["refund_failed"].subject]),
        reverse("admin:aftersale_ticket_change", args=[alert["deadline"].subject]),
        reverse("desk:shipping-alerts"),
    }
    client = client_of(told.people["viewer"])
    assert {client.get(link).status_code for link in links} == {200}


def test_other_words_for_the_buyers_turn_overdue_and_likely_loss(own: Scene) -> None:
    due(own.shop, 2, status="awaiting_return", ticket_no="t-buyers")
    due(own.shop, -1, ticket_no="t-late")
    row = parcel(own.shop)
    type(row).objects.update(kind="likely_loss")
    alerts.raise_alerts(now=NOON)
    page = text_of(english_client(own.people["viewer"]).get(PAGE))
    assert "t-buyers (Awaiting the return, ¥100.00): the buyer has time until 2026-03-11 14" in page
    assert "t-late (To be handled, ¥100.00) was due by 2026-03-11 11:00 and is overdue." in page
    assert f"Order {row.order.order_no} had been shipped already when ¥100.00 of it was" in page


def test_newest_first_by_kind_shop_and_page(told: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(told.people["owner"])
    due(told.shop)
    alerts.raise_alerts(now=NOON + timedelta(minutes=1))
    latest = Alert.objects.latest("pk")
    assert rows(client.get(PAGE))[0] == latest
    assert [one.kind for one in rows(client.get(PAGE, {"kind": "cap"}))] == ["cap", "cap"]
    assert len(rows(client.get(PAGE, {"shop": told.shop.pk}))) == 7
    assert len(rows(client.get(PAGE, {"kind": "no such kind", "shop": "x", "page": "y"}))) == 7
    monkeypatch.setattr("monitoring.admin.alerts.PER_PAGE", 4)
    response = client.get(PAGE, {"page": 2, "shop": told.shop.pk})
    assert len(rows(response)) == 3 and latest not in rows(response)
    assert f"?shop={told.shop.pk}&amp;state=open&amp;page=1" in response.content.decode()


def test_nothing_of_another_shop(told: Scene, foreign: Scene) -> None:
    due(foreign.shop, ticket_no="theirs-late")
    alerts.raise_alerts(now=NOON)
    other = Alert.objects.get(shop=foreign.shop)
    client = client_of(told.people["owner"])
    for query in ({}, {"shop": foreign.shop.pk}, {"kind": "deadline"}, {"state": "acknowledged"}):
        response = client.get(PAGE, query)
        assert other not in rows(response) and "theirs" not in response.content.decode()
    assert client.post(ACKNOWLEDGE, {"alert": other.pk}).status_code == 404
    assert client.post(ACKNOWLEDGE, {"shown": [other.pk]}).status_code == 204
    other.refresh_from_db()
    assert other.acknowledged_at is None
    assert ring(client)["count"] == "6"
    assert ring(client, since=other.pk - 1)["announced"] == ""


@pytest.mark.parametrize("who", ["stranger", "outsider", "anonymous"])
def test_others_get_nowhere(told: Scene, who: str) -> None:
    client = Client()
    if who != "anonymous":
        client.force_login(User.objects.create_user(who, is_staff=who == "stranger"))
    for address in (PAGE, MAILS, BELL):
        assert client.get(address).status_code in (302, 403)
    assert client.post(ACKNOWLEDGE, {"shown": [1]}).status_code in (302, 403)
    assert not Alert.objects.exclude(acknowledged_at=None).exists()


@pytest.mark.parametrize(
    ("role", "number"), [("owner", 6), ("admin", 6), ("cs_manager", 3), ("cs_agent", 3)]
)
def test_acknowledging_one_and_all_shown(told: Scene, role: str, number: int) -> None:
    client = english_client(told.people[role])
    first, *rest = rows(client.get(PAGE))
    assert len(rest) == number - 1
    due(told.shop)
    alerts.raise_alerts(now=NOON)  # comes while the page is open: not acknowledged unseen
    answer = client.post(ACKNOWLEDGE, {"alert": first.pk, "shown": [one.pk for one in rest]})
    assert said(answer)["desk:done"]["message"] == "The alert is acknowledged."
    assert len(rows(client.get(PAGE))) == number
    answer = client.post(ACKNOWLEDGE, {"shown": [one.pk for one in rest]})
    assert said(answer)["desk:done"]["message"] == f"{number - 1} alerts are acknowledged."
    (left,) = rows(client.get(PAGE))
    assert left not in [first, *rest]
    page = text_of(client.get(PAGE, {"state": "acknowledged"}))
    first.refresh_from_db()
    assert first.acknowledged_by == told.people[role]
    assert page.count(f"mine-{role} · {timezone.localtime():%Y-%m-%d}") == number


def test_alerts_for_other_roles_are_left_to_them(told: Scene) -> None:
    """The bell counts what the tab of the person's own shows."""
    agent = client_of(told.people["cs_agent"])
    handled = ["shipping", "deadline", "refund_failed"]
    assert [one.kind for one in rows(agent.get(PAGE))] == handled
    assert ring(agent)["count"] == "3"
    others = agent.get(PAGE, {"state": "others"})
    assert [one.kind for one in rows(others)] == ["breaker", "cap", "cap"]
    assert others.context["open_ones"] == [] and 'name="alert"' not in others.content.decode()
    cap = Alert.objects.filter(kind="cap").earliest("pk").pk
    assert agent.post(ACKNOWLEDGE, {"alert": cap}).status_code == 403
    assert agent.post(ACKNOWLEDGE, {"shown": [cap]}).status_code == 403
    assert not Alert.objects.exclude(acknowledged_at=None).exists()
    # Users who may act on all kinds have no such tab.
    owner = client_of(told.people["owner"]).get(PAGE, {"state": "others"})
    assert (owner.context["state"], len(rows(owner))) == ("open", 6)


def test_what_is_over_leaves_the_bell_and_stays_in_the_list(told: Scene) -> None:
    """SPEC O5."""
    client = english_client(told.people["owner"])
    alerts.end_alerts(now=NOON + timedelta(hours=12))  # another day: both caps
    assert ring(client)["count"] == "4" and len(rows(client.get(PAGE))) == 4
    over = client.get(PAGE, {"state": "over"})
    assert [one.kind for one in rows(over)] == ["cap", "cap"]
    assert text_of(over).count("Over since 2026-03-12 00:00") == 2
    assert over.context["open_ones"] == [] and 'name="alert"' not in over.content.decode()


def test_viewers_see_only(told: Scene) -> None:
    client = client_of(told.people["viewer"])
    response = client.get(PAGE)
    assert (response.context["state"], ring(client)["count"]) == ("others", "")
    assert len(rows(response)) == 6 and response.context["open_ones"] == []
    assert 'name="alert"' not in response.content.decode()
    assert client.post(ACKNOWLEDGE, {"alert": Alert.objects.first().pk}).status_code == 403
    assert client.post(ACKNOWLEDGE, {"shown": [Alert.objects.first().pk]}).status_code == 403
    assert not Alert.objects.exclude(acknowledged_at=None).exists()


def test_nothing_to_be_told(own: Scene) -> None:
    client = english_client(own.people["owner"])
    assert "No open alerts." in text_of(client.get(PAGE))
    assert "Nothing here." in text_of(client.get(PAGE, {"state": "acknowledged"}))
    assert "Nothing here." in text_of(client.get(PAGE, {"kind": "cap"}))


def ring(client: Client, **data: Any) -> dict[str, str]:
    return client.get(BELL, data).json()


def test_the_bell_counts_and_tells_what_is_new(told: Scene) -> None:
    client = english_client(told.people["owner"])
    # Also beside what a list puts there itself.
    for name in ("admin:index", "monitoring:alerts", "admin:aftersale_blockedbuyer_changelist"):
        assert client.get(reverse(name)).content.decode().count('id="alert-bell"') == 1, name
    latest = Alert.objects.latest("pk").pk
    known = {"count": "6", "label": "Alerts: 6 not acknowledged", "announced": ""}
    assert ring(client) == known | {"ask": f"{BELL}?since={latest}"}
    assert ring(client, since=latest) == ring(client, since="x") == ring(client)
    due(told.shop, ticket_no="mine-late")
    alerts.raise_alerts(now=NOON)
    assert ring(client, since=latest)["announced"].startswith(
        "Ticket mine-late (To be handled, ¥100"
    )
    due(told.shop)
    alerts.raise_alerts(now=NOON)
    assert ring(client, since=latest)["announced"] == "2 new alerts"
    Alert.objects.update(acknowledged_at=NOON)
    quiet = {"count": "", "label": "Alerts: nothing new", "announced": ""}
    assert ring(client, since=latest) == quiet | {"ask": f"{BELL}?since={latest}"}


def test_the_bell_stops_counting(told: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.admin.bell.MOST", 5)
    assert ring(client_of(told.people["owner"]))["count"] == "5+"


def test_pages_do_not_wait_for_the_bell(told: Scene) -> None:
    client = client_of(told.people["viewer"])
    with counted_queries() as context:
        client.get(reverse("admin:aftersale_ticket_changelist"))
    assert not [query for query in context if "monitoring_" in query["sql"]]


def test_few_queries_however_many_alerts(told: Scene) -> None:
    Membership.objects.create(shop=make_shop(), user=told.people["owner"], role="owner")
    client = client_of(told.people["owner"])

    before = {address: queries_of(client, address) for address in (PAGE, BELL, MAILS)}
    for _ in range(10):
        due(told.shop)
    alerts.raise_alerts(now=NOON)
    assert {address: queries_of(client, address) for address in before} == before
    # The frame takes six of the page's.
    assert before[PAGE] <= 8 and before[BELL] == 4, before


@pytest.mark.parametrize(("role", "offered"), [("owner", 13), ("cs_agent", 6), ("viewer", 0)])
def test_my_alert_mails(told: Scene, role: str, offered: int) -> None:
    user = told.people[role]
    client = english_client(user)
    page = client.get(MAILS)
    assert len(page.context["choices"]) == offered
    assert "Your user has no e-mail address yet" in text_of(page)
    User.objects.filter(pk=user.pk).update(email="me@example.com")
    assert "Mails go to me@example.com" in text_of(client.get(MAILS))
    answer = client.post(MAILS, {"kind": ["shipping", "breaker", "no such kind"]})
    assert said(answer)["desk:done"]["message"] == "Your choice is saved."
    kinds = {"owner": {"shipping", "breaker"}, "cs_agent": {"shipping"}, "viewer": set()}[role]
    chosen = AlertSubscription.objects.filter(user=user).values_list("kind", flat=True)
    assert set(chosen) == kinds
    assert client.get(MAILS).content.decode().count(" checked") == len(kinds)
    client.post(MAILS, {})
    assert not AlertSubscription.objects.exists()


def test_without_a_mail_server_the_page_says_so(own: Scene, settings: Any) -> None:
    settings.PRODUCTION, settings.EMAIL_URL = True, ""
    page = text_of(english_client(own.people["owner"]).get(MAILS))
    assert "No mail server is set up for this installation" in page


def test_the_pages_are_chinese(told: Scene) -> None:
    Strategy.objects.update(name="mine-strategy-x", priority=None, deleted_at=NOON, enabled=False)
    Alert.objects.filter(kind__in=["cap", "breaker"]).delete()
    alerts.raise_alerts(now=NOON)
    client = chinese_client(told.people["owner"])
    client.post(ACKNOWLEDGE, {"alert": Alert.objects.first().pk})
    for address in (PAGE, PAGE + "?state=acknowledged", MAILS, BELL):
        assert english(client.get(address).content.decode()) == set(), address


def test_the_board_and_the_strategy_say_what_tripped(own: Scene) -> None:
    """SPEC G3."""
    strategy = tripped(own.shop)
    client = english_client(own.people["viewer"])
    why = "2026-03-11 12:00: 21 hits, ¥1,234.00 within 10 minutes"
    board = text_of(client.get(reverse("automation:board"), {"shop": own.shop.pk}))
    assert f"Its circuit breaker switched it off. {why}" in board
    page = text_of(client.get(reverse("admin:strategies_strategy_change", args=[strategy.pk])))
    assert f"it takes no tickets. {why}" in page and NOON.date() == DAY
