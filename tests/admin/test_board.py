"""The priority board and the revisions of a strategy (SPEC T3, T5, T6, T8, P1)."""

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Shop, Ticket
from strategies.models import RulebookRevision, Scenario, Strategy, StrategyUsage
from strategies.services import strategies
from tests.factories import make_strategy, strategy_record
from tests.queries import queries_of

from .clients import chinese_client, client_of, english_client, text_of
from .scene import AT, Scene
from .test_languages import english

MOST_QUERIES = 10
PRE, POST = "pre_ship_refund", "post_ship_refund"
BOARD = reverse("automation:board")


def three(shop: Shop) -> list[int]:
    """The scene's strategy and two more of its scenario."""
    for name in ("mine-b", "mine-c"):
        make_strategy(shop, name=name)
    return strategies.priorities(shop.pk, PRE)


def order_of(shop: Shop) -> list[int]:
    return strategies.priorities(shop.pk, PRE)


def send(
    client: Client,
    shop: Shop,
    ids: list[int],
    seen: list[int],
    scenario: str = PRE,
    **more: str,
) -> Any:
    address = reverse("automation:board-order", args=[shop.pk, scenario])
    sent = {"ids": ",".join(map(str, ids)), "seen": ",".join(map(str, seen)), **more}
    return client.post(address, sent)


@pytest.mark.parametrize("role", ["owner", "admin", "cs_manager", "cs_agent", "viewer"])
def test_all_see_the_board_and_owners_and_administrators_order_it(own: Scene, role: str) -> None:
    """SPEC P1."""
    present = three(own.shop)
    client = english_client(own.people[role])
    page = client.get(BOARD)
    may = role in ("owner", "admin")
    assert page.content.decode().count("data-handle ") == (3 if may else 0)
    assert ("Owners and administrators of the shop set the order." in text_of(page)) is not may
    for label in Scenario.labels:
        assert str(label) in text_of(page)

    rulebooks = RulebookRevision.objects.count()
    answer = send(client, own.shop, present[::-1], present)
    if may:
        assert answer.status_code == 200 and "The new order is saved." in text_of(answer)
        assert order_of(own.shop) == present[::-1]
        assert RulebookRevision.objects.latest("pk").created_by == own.people[role]
    else:
        assert answer.status_code == 403
        assert order_of(own.shop) == present
        assert RulebookRevision.objects.count() == rulebooks


def test_scenarios_stand_in_the_order_in_which_they_are_tried(own: Scene) -> None:
    """SPEC S1, T5: strategies by priority, those not enabled in their place."""
    present = three(own.shop)
    strategies.disable(strategy_id=present[1], user=own.people["owner"], now=timezone.now())
    page = english_client(own.people["viewer"]).get(BOARD).content.decode()
    assert re.findall(r'id="board-(\w+_\w+)"', page) == list(Scenario.values)
    assert [int(pk) for pk in re.findall(r'data-id="(\d+)"', page)] == present
    assert re.findall(r">(Enabled|Not enabled)<", page) == ["Not enabled", "Not enabled", "Enabled"]
    assert page.count("No strategy yet: people decide these tickets.") == 4


def test_what_is_used_and_left_is_of_the_shops_own_day(own: Scene) -> None:
    """SPEC E4; a cap that was lowered below what was used leaves nothing."""
    own.shop.timezone = "Pacific/Kiritimati"  # UTC+14: a day of its own for most of ours
    own.shop.save()
    today = timezone.localdate(timezone=timezone.zoneinfo.ZoneInfo("Pacific/Kiritimati"))
    strategy = own.row(Strategy)
    usage = StrategyUsage.objects.get(strategy=strategy)
    StrategyUsage.objects.filter(pk=usage.pk).update(day=today, used=120_000)
    client = english_client(own.people["viewer"])
    assert "¥1,200 of ¥5,000 today ¥3,800 left" in text_of(client.get(BOARD))
    Strategy.objects.filter(pk=strategy.pk).update(daily_cap=100_000)
    assert "¥1,200 of ¥1,000 today ¥0 left" in text_of(client.get(BOARD))
    StrategyUsage.objects.filter(pk=usage.pk).update(day=today - timedelta(days=1))
    assert "¥0 of ¥1,000 today ¥1,000 left" in text_of(client.get(BOARD))


def test_a_stale_order_is_refused_and_the_new_one_shown(own: Scene) -> None:
    """SPEC T5: who was first and when; nothing of the late one is written."""
    a, b, c = three(own.shop)
    strategies.reorder(
        shop_id=own.shop.pk,
        scenario=PRE,
        ids=[c, a, b],
        seen=[a, b, c],
        user=own.people["admin"],
        now=AT,
    )
    rulebooks = RulebookRevision.objects.count()
    answer = send(english_client(own.people["owner"]), own.shop, [b, a, c], [a, b, c])
    assert answer.status_code == 409
    said = text_of(answer)
    assert "mine-admin changed this at 2026-11-20 10:00:00, while you were looking at it." in said
    shown = [int(pk) for pk in re.findall(r'data-id="(\d+)"', answer.content.decode())]
    assert shown == order_of(own.shop) == [c, a, b]
    assert f'name="seen" value="{c},{a},{b}"' in answer.content.decode()
    assert RulebookRevision.objects.count() == rulebooks


def test_an_order_names_each_strategy_of_the_scenario_once(own: Scene, foreign: Scene) -> None:
    """SPEC T5, P1: nothing of another scenario or shop can be moved in, or left out."""
    present = three(own.shop)
    other = make_strategy(own.shop, name="mine-other", scenario=POST).pk
    theirs = foreign.row(Strategy).pk
    client = english_client(own.people["owner"])
    rulebooks = RulebookRevision.objects.count()
    a, b, c = present
    for ids in ([a, b], [a, b, c, other], [a, b, other], [a, b, theirs], [a, b, b], []):
        answer = send(client, own.shop, ids, present)
        assert answer.status_code == 422
        assert "The new order must name each strategy of the scenario once." in text_of(answer)
    assert send(client, own.shop, [theirs], [theirs]).status_code == 409
    assert send(client, own.shop, present, present, "no_such").status_code == 404
    assert (
        client.post(
            reverse("automation:board-order", args=[own.shop.pk, PRE]), {"ids": "a,b", "seen": "1"}
        ).status_code
        == 400
    )
    assert (order_of(own.shop), order_of(foreign.shop)) == (present, [theirs])
    assert RulebookRevision.objects.count() == rulebooks


def test_nothing_of_another_shop(own: Scene, foreign: Scene) -> None:
    """SPEC P1: not shown, not ordered, not compared, by whatever key."""
    client = client_of(own.people["owner"])
    strategy = foreign.row(Strategy)
    for shop in (str(foreign.shop.pk), "0", "x", "9" * 30, "²"):
        assert client.get(BOARD, {"shop": shop}).status_code == 404, shop
    assert "theirs" not in client.get(BOARD).content.decode()
    for answer in (
        send(client, foreign.shop, [strategy.pk], [strategy.pk]),
        client.get(reverse("automation:revisions", args=[strategy.pk])),
    ):
        assert answer.status_code == 404
    stranger = User.objects.create_user("stranger", is_staff=True)
    assert client_of(stranger).get(BOARD).status_code == 403
    assert Client().get(BOARD).status_code == 302


def test_a_saved_order_offers_to_evaluate_what_waits(own: Scene) -> None:
    """SPEC E1: offered, never done by itself; not while paused (G2)."""
    Ticket.objects.filter(shop=own.shop).update(
        status="pending_review", committed=0, awaiting_evaluation=False
    )
    present = three(own.shop)
    client = english_client(own.people["owner"])
    answer = send(client, own.shop, present[::-1], present)
    assert reverse("desk:automation-evaluate", args=[own.shop.pk]) in answer.content.decode()
    assert not Ticket.objects.get(shop=own.shop).awaiting_evaluation
    Shop.objects.update(automation_paused_at=AT)
    answer = send(client, own.shop, present, present[::-1])
    assert "The new order is saved." in text_of(answer)
    assert "Evaluate what waits" not in text_of(answer)


def test_a_saved_order_can_be_undone(own: Scene) -> None:
    """The button sends the order before; by then a newer one refuses it (SPEC T5)."""
    a, b, c = present = three(own.shop)
    client = english_client(own.people["owner"])
    page = send(client, own.shop, [c, b, a], present).content.decode()
    address = reverse("automation:board-order", args=[own.shop.pk, PRE])
    assert f'aria-keyshortcuts="Control+Z" hx-post="{address}"' in page
    assert f'{{"seen": "{c},{b},{a}", "ids": "{a},{b},{c}", "undo": "yes"}}' in page
    undone = send(client, own.shop, present, [c, b, a], undo="yes").content.decode()
    assert "The order is as it was before." in undone and "The new order is saved." not in undone
    assert f'{{"seen": "{a},{b},{c}", "ids": "{c},{b},{a}", "undo": ""}}' in undone
    assert order_of(own.shop) == present
    assert send(client, own.shop, [b, a, c], [c, b, a]).status_code == 409
    assert "data-undo" not in client.get(BOARD).content.decode()


def test_the_board_takes_few_queries_however_much_is_on_it(own: Scene) -> None:
    client = client_of(own.people["owner"])

    asked = partial(queries_of, client, BOARD, data={"shop": own.shop.pk})
    before = asked()
    three(own.shop)
    for scenario in (POST, "post_ship_return"):
        for _ in range(10):
            make_strategy(own.shop, scenario=scenario)
    assert asked() == before <= MOST_QUERIES


def test_revisions_side_by_side(own: Scene) -> None:
    """SPEC T6: latest and the one before it, or the two of the address, in words."""
    owner = own.people["owner"]
    strategy = make_strategy(own.shop, name="mine-night", enabled=False)
    record = strategy_record(
        own.shop,
        name="mine-night",
        single_amount_cap="80.50",
        execution_time="windows",
        windows=[["22:00", "08:00"]],
        buyer_reasons=["quality_issue"],
        valid_from="2026-11-20T02:00:00Z",
    )
    strategies.change(strategy_id=strategy.pk, record=record, revision=1, user=owner, now=AT)
    strategies.enable(strategy_id=strategy.pk, user=own.people["admin"], now=AT)
    client = english_client(own.people["viewer"])
    address = reverse("automation:revisions", args=[strategy.pk])

    page = text_of(client.get(address))
    assert "Revision 2 and revision 3" in page
    assert (
        page.count(" changed no yes ") == 1
        and "Enabled: no → yes" in page
        and "19 fields are the same" in page
    )
    assert "2026-11-20 10:00:00 · mine-admin" in page

    page = text_of(client.get(address, {"old": 1, "new": 2}))
    for expected in (
        "Single-amount cap changed ¥200.00 ¥80.50",
        "Execution time changed All day Daily windows",
        "Daily windows changed - 22:00–08:00",
        "Buyer's reasons changed - Quality issue",
        "Valid from changed - 2026-11-20 10:00",
    ):
        assert expected in page
    assert page.count(" changed ") - page.count("What changed") >= 5
    assert "These two say the same." in text_of(client.get(address, {"old": 2, "new": 2}))
    assert "there is nothing before it" in text_of(client.get(address, {"new": 1}))
    for wrong in ("4", "0", "x", "9" * 30):
        assert client.get(address, {"old": wrong}).status_code == 404


def test_a_deleted_strategys_revisions_stay_readable(own: Scene) -> None:
    """SPEC T8; and there are as few queries for many revisions as for one."""
    strategy = make_strategy(own.shop, name="mine-gone", enabled=False)
    client = english_client(own.people["viewer"])
    address = reverse("automation:revisions", args=[strategy.pk])

    asked = partial(queries_of, client, address)
    before = asked()
    strategies.enable(strategy_id=strategy.pk, user=own.people["owner"], now=AT)
    strategies.delete(strategy_id=strategy.pk, user=own.people["owner"], now=AT)
    assert asked() == before <= MOST_QUERIES
    page = text_of(client.get(address))
    assert "Deleted" in page and "Revision 2 and revision 3" in page
    assert "mine-gone" not in client.get(BOARD).content.decode()


def test_they_are_chinese(own: Scene) -> None:
    present = three(own.shop)
    client = chinese_client(own.people["owner"])
    pages = [
        client.get(BOARD),
        send(client, own.shop, present[::-1], present),
        send(client, own.shop, present[::-1], present),
        send(client, own.shop, present[:2], present[::-1]),
        client.get(reverse("automation:revisions", args=[present[1]])),
        client.get(reverse("automation:revisions", args=[own.row(Strategy).pk])),
    ]
    assert [page.status_code for page in pages] == [200, 200, 409, 422, 200, 200]
    for page in pages:
        assert english(page.content.decode()) == set()
