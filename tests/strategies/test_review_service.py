"""Findings on a shop's strategies (SPEC M5): stored ones, typed ones, and their texts."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from aftersale.models import Shop
from strategies.admin.board.findings import gaps_in_words, notes, notes_of_typed
from strategies.models import Strategy, StrategyUsage
from strategies.services import strategies
from strategies.services.review import IDLE_DAYS, Never, read_shop, read_with, why_never
from strategies.services.rulebook_content import strategy_content
from tests.factories import NOON, make_shop, make_strategy, make_user
from tests.queries import counted_queries

pytestmark = pytest.mark.django_db
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONE = "Asia/Shanghai"
LATER = NOON + timedelta(days=IDLE_DAYS)


def said(shop: Shop, strategy: Strategy, *, now: Any = NOON, language: str = "en") -> list[str]:
    with translation.override(language):
        found = notes(read_shop(shop, now=now), strategy.pk, zone=ZONE, now=now)
        return [text for note in found for text in (note.text, *note.details)]


def test_a_strategy_behind_another_with_the_ticket_that_shows_it() -> None:
    shop = make_shop()
    make_strategy(shop, name="large", single_amount_cap="200.00")
    small = make_strategy(
        shop, name="small", single_amount_cap="45.00", buyer_reasons=["quality_issue"]
    )
    assert said(shop, small) == [
        "Only runs while today's cap of “large” has too little left for a ticket.",
        "“large” comes first and takes everything that this one could take.",
        "For example a ticket of ¥45 (Refund only), applied for on 2026-03-11 08:00, order status "
        "“To be shipped”, for the reason “Quality issue”: it fits this strategy and also “large”, "
        "which is asked first.",
    ]
    assert said(shop, small, language="zh-hans") == [
        "只有“large”当日剩余额度不足以处理某个售后单时，才会轮到本策略。",
        "“large”优先级更高，本策略能处理的售后单都会先被它处理。",
        "例如：一个 ¥45 的售后单（仅退款），2026-03-11 08:00 申请，订单状态为“待发货”，"
        "申请原因为“质量问题”。这个售后单既符合本策略，也符合“large”，后者优先判断。",
    ]


def test_what_is_said_follows_the_order_and_what_is_enabled() -> None:
    """The kept answer is of a revision: with another order there is another one."""
    shop = make_shop()
    large = make_strategy(shop, name="large")
    small = make_strategy(shop, name="small", single_amount_cap="45.00")
    order = [large.pk, small.pk]
    operator = make_user(shop, username="owner")
    strategies.reorder(
        shop_id=shop.pk, scenario="pre_ship_refund", ids=order[::-1], seen=order, user=operator,
        now=NOON,
    )  # fmt: skip
    assert said(shop, small) == []
    assert said(shop, large)[0] == "Shares tickets with “small”, which comes first."
    strategies.disable(strategy_id=small.pk, user=operator, now=NOON)
    assert said(shop, large) == []
    strategies.reorder(
        shop_id=shop.pk, scenario="pre_ship_refund", ids=order, seen=order[::-1], user=operator,
        now=NOON,
    )  # fmt: skip
    assert said(shop, small)[0] == (
        "Once enabled: Only runs while today's cap of “large” has too little left for a ticket."
    )


def test_several_together_and_another_scenario() -> None:
    """SPEC S1: whoever is refunded without sending back has nothing to send back."""
    shop = make_shop()
    windows = {"execution_time": "windows"}
    for name, window in (("day", ["08:00", "20:00"]), ("night", ["20:00", "08:00"])):
        make_strategy(
            shop, scenario="post_ship_waive_return", name=name, windows=[window],
            breaker={"hits": 5, "minutes": 10}, **windows,
        )  # fmt: skip
    back = make_strategy(shop, scenario="post_ship_return", name="back", time_limit_hours=24)
    texts = said(shop, back)
    assert texts[:2] == [
        "Only runs while today's caps of “day” (After shipping: refund without the return) and "
        "“night” (After shipping: refund without the return) have too little left for a ticket: "
        "together they take everything that this one could take.",
        "The same goes for when a circuit breaker has switched one of them off.",
    ]
    assert "(Return and refund)" in texts[2] and "shipped on 2026-03-1" in texts[2]
    assert "合起来已覆盖本策略能处理的全部售后单" in said(shop, back, language="zh-hans")[0]


@pytest.mark.parametrize(
    ("fields", "hours", "why", "words"),
    [
        ({"valid_until": "2026-03-11T12:00:00+08:00"}, {}, Never.EXPIRED,
         "its validity ended on 2026-03-11 12:00."),
        ({"product_condition": "include", "products": ["p"]}, {}, None, ""),
        ({"execution_time": "off_hours"}, {}, Never.NO_WORKING_HOURS,
         "it runs in off-hours, and the shop has no working hours that would say when those are."),
        ({"execution_time": "off_hours"}, {day: [["00:00", "24:00"]] for day in DAYS},
         Never.NO_OFF_HOURS, "it runs in off-hours, and no off-hours come while it is valid."),
        ({"execution_time": "windows", "windows": [["09:00", "10:00"]],
          "valid_from": "2026-03-12T11:00:00+08:00", "valid_until": "2026-03-12T20:00:00+08:00"},
         {}, Never.NO_TIME, "its validity leaves no time at which it would run."),
    ],
)  # fmt: skip
def test_why_one_never_runs(
    fields: dict[str, Any], hours: dict[str, Any], why: Never | None, words: str
) -> None:
    shop = make_shop(working_hours=hours)
    off_hours = fields.get("execution_time") == "off_hours"
    strategy = make_strategy(shop, enabled=not off_hours, **fields)
    reading = read_shop(shop, now=NOON)
    if why is None:
        assert reading.found == ()
        return
    assert why_never(reading.rulebook, 0, now=NOON) is why
    assert said(shop, strategy) == [f"Takes no new tickets: {words}"]
    assert said(shop, strategy, language="zh-hans")[0].startswith("不再处理新的售后单：")


def test_one_that_hit_nothing_for_thirty_days() -> None:
    """Enabled for so long, and on none of the shop's days since."""
    shop = make_shop()
    busy = make_strategy(shop, name="busy", single_amount_cap="45.00")
    idle = make_strategy(shop, name="idle", buyer_reasons=["other"])
    StrategyUsage.objects.create(
        strategy=busy, day=NOON.date(), hits=1, used=4_500, cap=busy.daily_cap
    )
    assert read_shop(shop, now=LATER).idle == {idle.pk}
    assert read_shop(shop, now=LATER - timedelta(seconds=1)).idle == frozenset()
    assert read_shop(shop, now=LATER + timedelta(days=1)).idle == {idle.pk, busy.pk}
    assert "It has taken no ticket in the last 30 days." in said(shop, idle, now=LATER)
    assert "近 30 天未命中任何售后单。" in said(shop, idle, now=LATER, language="zh-hans")


def test_gaps_of_off_hours_in_words() -> None:
    """Open 09:00 to 18:00, and something runs from 20:00 on: each day once, whenever it is read."""
    shop = make_shop(working_hours={day: [["09:00", "18:00"]] for day in DAYS})
    assert not read_shop(shop, now=NOON).rulebook.strategies
    make_strategy(shop, execution_time="windows", windows=[["20:00", "09:00"]])
    for now in (NOON, NOON + timedelta(hours=7, seconds=5)):  # 19:00: in the midst of one
        reading = read_shop(shop, now=now)
        with translation.override("en"):
            assert gaps_in_words(reading) == "every day 18:00–20:00"
        with translation.override("zh-hans"):
            assert gaps_in_words(reading) == "每天 18:00–20:00"
    with translation.override("en"):
        assert gaps_in_words(read_shop(make_shop(), now=NOON)) == ""


def test_a_week_without_any_strategy_is_one_gap() -> None:
    shop = make_shop(working_hours={"mon": [["09:00", "18:00"]]})
    with translation.override("en"):
        assert gaps_in_words(read_shop(shop, now=NOON)) == (
            "Mon 18:00 to the next Mon 09:00 (all of Tue–Sun included)"
        )


def typed(shop: Shop, strategy: Strategy | None, **changes: Any) -> list[str]:
    base = strategy or Strategy(scenario="pre_ship_refund", name="typed", single_amount_cap=100,
                                daily_cap=5_000_000)  # fmt: skip
    key = strategy.pk if strategy else None
    content = {**strategy_content(base), **changes}
    with counted_queries() as queries:
        reading = read_with(shop, {**content, "id": key}, now=NOON)
    assert all(query["sql"].startswith("SELECT") for query in queries)
    with translation.override("en"):
        return [note.text for note in notes_of_typed(reading, key, zone=ZONE)]


def test_what_is_typed_is_read_beside_the_others_without_writing() -> None:
    shop = make_shop()
    first = make_strategy(shop, name="first", single_amount_cap="50.00")
    make_strategy(shop, name="second", single_amount_cap="80.00", daily_cap="90.00")
    behind = "Only runs while today's cap of “first” has too little left for a ticket."
    assert typed(shop, None, single_amount_cap=5_000) == [behind]
    assert typed(shop, None, single_amount_cap=8_001) == []
    assert typed(shop, first) == []
    assert typed(shop, first, single_amount_cap=8_000) == [
        "With this, “second” would only run while today's cap of this one has too little left for"
        " a ticket."
    ]
    first.refresh_from_db()
    assert first.single_amount_cap == 5_000
    assert Strategy.objects.filter(shop=shop).count() == 2


def test_with_this_and_others() -> None:
    shop = make_shop()
    make_strategy(shop, name="day", execution_time="windows", windows=[["08:00", "20:00"]])
    night = make_strategy(
        shop, name="night", execution_time="windows", windows=[["20:00", "07:00"]]
    )
    make_strategy(shop, name="last")
    assert typed(shop, night, windows=[["20:00", "08:00"]]) == [
        "With this and “day”, “last” would only run while their caps of today have too little left"
        " for a ticket."
    ]
