"""The operator's dated rules (SPEC F1)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from aftersale.services.shared.errors import NotAllowed, Refused
from strategies.admin.records.operators import RuleForm
from strategies.models import FastRefundRule, RulebookRevision
from strategies.services.fast_refund import add_rule
from tests.factories import NOON, make_shop, make_strategy, make_user

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def add(user, **fields):
    values = {"starts_at": LATER, "kind": "paid_amount_below", "value": 50_000} | fields
    return add_rule(user=user, now=NOON, **values)


@pytest.fixture
def operator():
    return User.objects.create(username="boss", is_superuser=True)


def test_the_rules_of_the_sources_are_there_from_the_start():
    rules = FastRefundRule.objects.values_list("starts_at__year", "kind", "value")
    assert list(rules) == [
        (None, "applied_within_hours", 6),
        (2023, "paid_amount_below", 30_000),
    ]


def test_a_rule_reaches_every_shops_rulebook(operator):
    shops = [make_shop(), make_shop()]
    for shop in shops:
        make_strategy(shop)
    add(operator)
    for shop in shops:
        shop.lane.refresh_from_db()
        revision = RulebookRevision.objects.get(pk=shop.lane.rulebook_id)
        assert revision.created_by == operator
        assert revision.content["fast_refund_rules"][-1] == {
            "from": LATER.isoformat(),
            "kind": "paid_amount_below",
            "value": 50_000,
        }


@pytest.mark.parametrize(
    "wrong", [{"starts_at": NOON}, {"value": 0}, {"starts_at": LATER - timedelta(hours=1)}]
)
def test_what_would_change_the_past_is_refused(operator, wrong):
    add(operator)
    with pytest.raises(Refused):
        add(operator, **({"starts_at": LATER + timedelta(days=1)} | wrong))
    assert FastRefundRule.objects.count() == 3


def test_only_an_operator_adds_one():
    shop = make_shop()
    for user in (make_user(shop), make_user(shop, "viewer"), make_user(make_shop())):
        with pytest.raises(NotAllowed):
            add(user)
    assert FastRefundRule.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("paid_amount_below", "300", 30_000),
        ("paid_amount_below", "299.99", 29_999),
        ("applied_within_hours", "6", 6),
        ("applied_within_hours", "6.5", None),
        ("paid_amount_below", "0.001", None),
    ],
)
def test_on_screen_the_limit_is_in_yuan(kind, typed, stored):
    """SPEC section 1: fen everywhere but on screen."""
    fields = {"starts_at": "2026-12-01T00:00", "kind": kind, "value": typed, "_form_submitted": "1"}
    form = RuleForm(
        RequestFactory().post("/"), None, {f"step-{name}": said for name, said in fields.items()}
    )
    assert form.is_valid() is (stored is not None)
    assert form.cleaned_data.get("value") == stored
