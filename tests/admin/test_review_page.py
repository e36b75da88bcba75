"""The strategy check-up, and what the board and the form say of it (SPEC M5, P1)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from aftersale.models import Shop
from strategies.models import Strategy, StrategyUsage
from tests.factories import make_shop, make_strategy, make_user

from .clients import chinese_client, client_of, english_client, text_of
from .scene import Scene
from .test_board import BOARD, send
from .test_languages import english

REVIEW = reverse("automation:review")
SENTENCE = reverse("automation:strategy-sentence")
SHADOWED = "Only runs while today's cap of “mine-strategy” has too little left for a ticket."


def behind(shop: Shop) -> Strategy:
    """One that takes less than the scene's strategy (up to 50 yuan)."""
    Strategy.objects.filter(shop=shop).update(enabled=True)
    return make_strategy(shop, name="mine-small", single_amount_cap="45.00", daily_cap="100.00")


def typed(row: Strategy, **fields: Any) -> dict[str, Any]:
    """As the form sends it."""
    return {
        "shop": row.shop_id,
        "scenario": row.scenario,
        "name": row.name,
        "single_amount_cap": "45.00",
        "daily_cap": "100.00",
        "execution_time": "all_day",
        "product_condition": "all",
        "skip_label_printed": "on",
        "skip_risky": "on",
        **fields,
    }


@pytest.mark.parametrize("role", ["owner", "admin", "cs_manager", "cs_agent", "viewer"])
def test_every_member_reads_it_and_who_may_change_is_led_there(own: Scene, role: str) -> None:
    """SPEC P1."""
    small = behind(own.shop)
    page = english_client(own.people[role]).get(REVIEW, {"shop": own.shop.pk})
    assert page.status_code == 200
    said = text_of(page)
    assert "2. mine-small" in said and SHADOWED in said
    assert "“mine-strategy” comes first and takes everything that this one could take." in said
    assert "For example a ticket of ¥45 (Refund only), applied for on" in said
    edit = reverse("automation:strategy-edit", args=[small.pk])
    assert (edit in page.content.decode()) is (role in ("owner", "admin"))


def test_nothing_of_another_shop(own: Scene, foreign: Scene) -> None:
    behind(foreign.shop)
    client = client_of(own.people["owner"])
    assert client.get(REVIEW, {"shop": foreign.shop.pk}).status_code == 404
    assert client.get(REVIEW, {"shop": "x"}).status_code == 404
    assert "mine-small" not in client.get(REVIEW).content.decode()
    stranger = User.objects.create_user("stranger", is_staff=True)
    assert client_of(stranger).get(REVIEW).status_code == 403
    assert Client().get(REVIEW).status_code == 302
    assert client.post(REVIEW).status_code == 405


def test_nothing_to_point_out(db: None) -> None:
    shop = make_shop()
    make_strategy(shop)
    StrategyUsage.objects.create(strategy=Strategy.objects.get(), day="2099-01-01", hits=1,
                                 used=1, cap=100)  # fmt: skip
    page = english_client(make_user(shop)).get(REVIEW)
    assert "Nothing to point out" in text_of(page)


def test_off_hours_without_a_strategy_stand_above_the_scenario_and_in_the_check_up(
    db: None,
) -> None:
    shop = make_shop(working_hours={"mon": [["09:00", "18:00"]]})
    make_strategy(shop, execution_time="windows", windows=[["00:00", "20:00"]])
    client = english_client(make_user(shop))
    said = "Off-hours of the next 7 days in which no strategy before shipping runs: every day 20:00"
    for address in (REVIEW, BOARD):
        assert text_of(client.get(address)).count(said) == 1


def test_the_board_says_it_on_the_card_and_anew_when_the_order_changes(own: Scene) -> None:
    small, first = behind(own.shop).pk, own.row(Strategy).pk
    client = english_client(own.people["owner"])
    page = client.get(BOARD)
    assert text_of(page).count(SHADOWED) == 1 and f"{REVIEW}?shop={own.shop.pk}" in str(
        page.content
    )
    answer = text_of(send(client, own.shop, [small, first], [first, small]))
    assert SHADOWED not in answer
    assert "Shares tickets with “mine-small”, which comes first." in answer


def test_the_form_says_it_while_it_is_typed(own: Scene, foreign: Scene) -> None:
    """The strategy being changed keeps its own place; a key of another shop is ignored."""
    small, first = behind(own.shop), own.row(Strategy)
    client = english_client(own.people["owner"])
    assert SHADOWED in text_of(client.post(SENTENCE, typed(small, strategy=small.pk)))
    assert SHADOWED in text_of(client.get(reverse("automation:strategy-edit", args=[small.pk])))
    wider = typed(small, strategy=small.pk, single_amount_cap="60.00")
    assert SHADOWED not in text_of(client.post(SENTENCE, wider))
    would = "With this, “mine-small” would only run while today's cap of this one has too little"
    assert would in text_of(client.post(SENTENCE, typed(first, strategy=first.pk)))
    # Nothing typed yet, or what can't be: no note, and no error.
    for fields in ({"single_amount_cap": ""}, {"single_amount_cap": "x"}, {"valid_from": "x"},
                   {"execution_time": "windows", "window_from": "x", "window_to": ""}):  # fmt: skip
        assert client.post(SENTENCE, typed(small, **fields)).status_code == 200
    theirs = foreign.row(Strategy)
    said = text_of(client.post(SENTENCE, typed(small, strategy=theirs.pk)))
    assert "theirs" not in said and SHADOWED in said


def test_it_is_chinese(own: Scene) -> None:
    small = behind(own.shop)
    make_strategy(own.shop, name="mine-back", scenario="post_ship_return", time_limit_hours=24)
    make_strategy(own.shop, name="mine-waive", scenario="post_ship_waive_return",
                  buyer_reasons=["quality_issue"])  # fmt: skip
    client = chinese_client(own.people["owner"])
    for page in (
        client.get(REVIEW),
        client.get(BOARD),
        client.post(SENTENCE, typed(small, strategy=small.pk)),
    ):
        assert page.status_code == 200 and english(page.content.decode()) == set()
