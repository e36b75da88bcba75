"""One type of money in tables and forms (SPEC section 1): ¥0.01 and "1,234.50" in each form."""

from collections.abc import Callable

import pytest
from django import forms
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse

from aftersale.admin.kit.yuan_field import MOST_FEN, YuanField
from aftersale.admin.shop_settings.frame import seal
from aftersale.admin.workbench import address
from aftersale.models import Fund, FundEntry, Negotiation, Refund, Shop, Ticket
from aftersale.models.money import FenField
from aftersale.services.shops import settings
from aftersale.services.tickets.cases import seen_now
from strategies.models import FastRefundRule, Strategy
from tests.each import each
from tests.factories import make_order, make_ticket

from .clients import client_of
from .digest import digest
from .scene import Scene
from .test_steps import SENT
from .test_strategy_forms import TYPED, add_url, errors

TAKEN = [
    ("0.01", 1),
    (".5", None),
    ("1,234.50", 123_450),
    ("1234.5", 123_450),
    ("￥１２", 1_200),
    ("12元", 1_200),
    ("12,5", None),
    ("1.234", None),
    ("1e3", None),
    ("NaN", None),
    ("abc", None),
    ("0.00", None),
    ("-1", None),
    ("99999999999", None),
]


@each("typed, fen", TAKEN)
def test_yuan_are_read_as_fen(typed: str, fen: int | None) -> None:
    field = YuanField()
    if fen is None:
        with pytest.raises(forms.ValidationError):
            field.clean(typed)
    else:
        assert field.clean(f"  {typed} ") == fen


def test_limits_and_emptiness() -> None:
    assert YuanField(required=False).clean(" ") is None
    assert YuanField(least=0).clean("0") == 0
    for field, typed, message in (
        (YuanField(), "", "This field is required."),
        (YuanField(), "0", "Expected an amount of at least ¥0.01."),
        (YuanField(most=100), "1.01", "Expected an amount of at most ¥1.00."),
        (YuanField(), "x", "Expected an amount in yuan, such as 59.90."),
    ):
        with pytest.raises(forms.ValidationError) as wrong:
            field.clean(typed)
        assert wrong.value.messages == [message]


@each("fen", [0, 1, 99, 100, 123_456, MOST_FEN])
def test_a_form_shows_what_it_would_read(fen: int) -> None:
    class Amounts(forms.Form):
        amount = YuanField(least=0)

    shown = Amounts(initial={"amount": fen})["amount"].value()
    assert Amounts({"amount": shown})["amount"].value() == shown
    read = Amounts({"amount": shown})
    assert read.is_valid() and read.cleaned_data == {"amount": fen}


def test_big_integers_that_are_no_money_are_few() -> None:
    """An amount of another type would be shown as fen."""
    others = {
        f"{model.__name__}.{field.name}"
        for label in ("aftersale", "strategies", "monitoring")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BigIntegerField)
        and not isinstance(field, FenField)
        and not field.primary_key
    }
    assert others == {
        "Alert.subject",
        "ApiToken.minute",
        "DecisionTally.strategy_id",
        "DeskCount.sample",
        "DeskCount.seconds",
        "FastRefundRule.value",
        "FeedEvent.transaction",
        "Refund.decision_id",
        "StaleMoment.written_by",
        "TrialEvaluation.decision_id",
    }


Form = Callable[[Scene, Client, str], int]


def _ticket(scene: Scene) -> tuple[Ticket, str]:
    order = make_order(scene.shop, paid_amount=200_000)
    ticket = make_ticket(order, awaiting_evaluation=False)
    return ticket, seen_now(ticket, order)


def _meant(typed: str) -> str:
    try:
        return str(YuanField().clean(typed))
    except forms.ValidationError:
        return ""


def approve(scene: Scene, client: Client, typed: str) -> int:
    ticket, seen = _ticket(scene)
    sent = {"seen": seen, "amount": typed}
    assert client.get(reverse("desk:approve", args=[ticket.pk]), sent).status_code == 200
    sent |= {"meant": _meant(typed), "less_because": "agreed"}
    assert client.post(reverse("desk:approve", args=[ticket.pk]), sent).status_code == 204
    return Refund.objects.get(ticket=ticket).amount


def negotiate(scene: Scene, client: Client, typed: str) -> int:
    ticket, seen = _ticket(scene)
    sent = {"seen": seen, "amount": typed, "message": "?"}
    assert client.post(reverse("desk:negotiate", args=[ticket.pk]), sent).status_code == 204
    amount = Negotiation.objects.get(ticket=ticket).amount
    assert amount is not None
    return amount


def correct_a_fund(scene: Scene, client: Client, typed: str) -> int:
    fund = Fund.objects.get(shop=scene.shop, kind="wallet")
    sent = {"direction": "in", "amount": typed, "note": "interest"}
    assert client.post(reverse("desk:fund-correct", args=[fund.pk]), sent).status_code == 204
    return FundEntry.objects.filter(fund=fund).latest("pk").amount


def limit_a_buyer(scene: Scene, client: Client, typed: str) -> int:
    limit = seal(settings.buyer_limit_of(Shop.objects.get(pk=scene.shop.pk)))
    sent = {"seen": limit, "days": "30", "count": "", "amount": typed}
    assert client.post(reverse("desk:shop-guards", args=[scene.shop.pk]), sent).status_code == 204
    amount = Shop.objects.get(pk=scene.shop.pk).buyer_limit_amount
    assert amount is not None
    return amount


def filter_the_workbench(scene: Scene, client: Client, typed: str) -> int:
    found = client.get(reverse("desk:workbench"), {"from": typed, "to": typed})
    at: address.Address = found.context["at"]
    assert at.filters.amount_from == at.filters.amount_to and at.amount_from == typed
    assert at.filters.amount_from is not None
    return at.filters.amount_from


def trip_a_breaker(scene: Scene, client: Client, typed: str) -> int:
    breaker = {"name": typed, "breaker_amount": typed, "breaker_minutes": "5"}
    response = client.post(add_url(scene), TYPED | breaker)
    assert response.status_code == 302, errors(response)
    amount = Strategy.objects.get(name=typed).breaker_amount
    assert amount is not None
    return amount


def rule_of_fast_refund(scene: Scene, client: Client, typed: str) -> int:
    rule = {"starts_at": "2030-01-01T00:00", "kind": "paid_amount_below", "value": typed}
    sent = SENT | {f"step-{name}": value for name, value in rule.items()}
    client.post(reverse("admin:strategies_fastrefundrule_add_rule"), sent)
    return FastRefundRule.objects.latest("pk").value


FORMS: list[Form] = [
    approve,
    negotiate,
    correct_a_fund,
    limit_a_buyer,
    filter_the_workbench,
    trip_a_breaker,
    rule_of_fast_refund,
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("typed", "fen"), [("0.01", 1), ("1,234.50", 123_450)])
def test_every_form_takes_it(own: Scene, operator: User, form: Form, typed: str, fen: int) -> None:
    client = client_of(operator if form is rule_of_fast_refund else own.people["owner"])
    assert form(own, client, typed) == fen


@pytest.mark.parametrize("form", [approve, negotiate, correct_a_fund, limit_a_buyer])
@pytest.mark.parametrize("typed", ["12,5", "0.001", "x", "-1"])
def test_no_form_guesses(own: Scene, form: Form, typed: str) -> None:
    client = client_of(own.people["owner"])
    before = digest()
    with pytest.raises(AssertionError, match="assert (200|422) == 204"):
        form(own, client, typed)
    made = {"aftersale_order", "aftersale_orderline", "aftersale_ticket", "monitoring_stalemoment"}
    after = digest()
    assert {name for name in before if before[name] != after[name]} <= made
