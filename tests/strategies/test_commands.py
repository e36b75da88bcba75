"""evaluate, enable and disable as their callers see them (INTERFACES, Commands)."""

import pytest
from django.core.management import CommandError, call_command

from aftersale.models import Refund, Ticket
from strategies.models import Strategy
from tests.factories import make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db


def test_evaluate_counts_by_outcome_scenario_and_strategy(capsys):
    shop = make_shop(code="ks-1")
    make_strategy(shop, name="small", single_amount_cap="100.00")
    make_ticket(make_order(shop))
    make_ticket(make_order(shop, paid_amount=20_000))
    call_command("evaluate")
    assert capsys.readouterr().out.splitlines() == [
        "decided 2",
        "  manual: 1",
        "  refund · strategy · pre_ship_refund: 1",
        "  ks-1 · pre_ship_refund · small: 1",
    ]
    call_command("evaluate")
    assert capsys.readouterr().out.splitlines() == ["decided 0"]


def test_evaluate_one_shop_and_again_after_a_change(capsys):
    """SPEC E1: a change of strategies evaluates nothing by itself."""
    first, second = make_shop(code="a"), make_shop(code="b")
    for shop in (first, second):
        make_ticket(make_order(shop))
    call_command("evaluate", shop="a")
    assert list(
        Ticket.objects.filter(awaiting_evaluation=True).values_list("shop__code", flat=True)
    ) == ["b"]
    make_strategy(first)
    call_command("evaluate", shop="a")
    assert not Refund.objects.exists()
    call_command("evaluate", shop="a", again=True)
    assert Refund.objects.get().shop == first
    assert "decided 1" in capsys.readouterr().out


def test_evaluate_of_an_unknown_shop_says_so():
    with pytest.raises(CommandError, match="nowhere"):
        call_command("evaluate", shop="nowhere")


def test_enable_prints_the_risks_and_acts_as_that_person(capsys):
    """SPEC T2."""
    shop = make_shop(code="ks-1")
    owner = make_user(shop, username="kim")
    strategy = make_strategy(shop, enabled=False, scenario="post_ship_refund", name="cheap")
    call_command("enable", "ks-1", "post_ship_refund", "cheap", user="kim")
    said = capsys.readouterr().out
    assert "the merchant's loss" in said and "no products are chosen" in said
    strategy.refresh_from_db()
    assert strategy.enabled is True
    assert strategy.revisions.first().created_by == owner
    call_command("disable", "ks-1", "post_ship_refund", "cheap", user="kim")
    assert Strategy.objects.get().enabled is False


@pytest.mark.parametrize(
    ("role", "shop", "name", "user"),
    [
        ("cs_agent", "ks-1", "cheap", "kim"),  # a lesser role
        (None, "ks-1", "cheap", "kim"),  # a stranger
        ("owner", "ks-1", "dear", "kim"),  # no such strategy
        ("owner", "ks-2", "cheap", "kim"),  # no such shop
        ("owner", "ks-1", "cheap", "nobody"),
    ],
)
def test_enable_refuses_in_a_sentence_and_changes_nothing(role, shop, name, user):
    own = make_shop(code="ks-1")
    make_user(own if role else None, role or "owner", username="kim")
    make_strategy(own, enabled=False, scenario="post_ship_refund", name="cheap")
    with pytest.raises(CommandError):
        call_command("enable", shop, "post_ship_refund", name, user=user)
    assert Strategy.objects.get().enabled is False
