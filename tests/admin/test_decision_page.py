"""SPEC E8, promise 3: a decision's page says what every condition of every strategy said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from aftersale.models import BlockedBuyer, Order, Ticket
from strategies.admin.explaining.cards import Shown, answer_texts
from strategies.engine.condition import Before
from strategies.engine.explanation import explain
from strategies.engine.hours import DAY, HOUR, MINUTE
from strategies.models import Decision, RulebookRevision, Strategy, StrategyUsage
from strategies.services import explanations
from strategies.services.lanes import publish
from strategies.wording.condition import Ground, span
from tests.each import each
from tests.factories import make_strategy
from tests.queries import counted_queries

from .clients import client_in, client_of, english_client, url
from .scene import AT, Scene
from .test_languages import english


def page(own: Scene, decision: Decision, language: str = "en") -> str:
    client = client_in(language, own.people["viewer"])
    return client.get(url(Decision, "change", decision.pk)).content.decode()


def test_every_condition_in_words(own: Scene) -> None:
    decision = own.row(Decision)
    text = page(own, decision)
    said = (
        "No strategy took it: the closest was “mine-strategy”, switched off; "
        "¥73.45 over the cap of ¥50.00."
    )
    assert said in text
    assert "asked for ¥123.45, at most ¥50.00" in text
    assert "a single-amount cap of ¥123.45 or more" in text
    assert "¥4,876.55" not in text and "¥5,000.00 of the day&#x27;s cap left" in text
    assert f"/admin/strategies/rulebookrevision/{decision.rulebook_id}/change/" in text
    assert "What was recorded differs" not in text
    assert "<dt>Type</dt><dd>Refund only</dd><dt>Amount</dt>" in text


def test_a_hit_says_so(own: Scene) -> None:
    decision = own.row(Decision)
    Strategy.objects.update(enabled=True, single_amount_cap=20_000)
    publish(own.shop.pk, user=None, now=AT)
    Decision.objects.update(
        trace=[0], outcome="refund", why="", source="strategy", strategy=own.row(Strategy),
        rulebook=RulebookRevision.objects.latest("number"),
    )  # fmt: skip
    assert "“mine-strategy” approved the refund of ¥123.45." in page(own, decision)


def test_it_is_the_strategy_as_it_was(own: Scene) -> None:
    """Later changes of the strategy change nothing about what is said, years later."""
    Strategy.objects.update(single_amount_cap=100_000, name="renamed", enabled=True)
    publish(own.shop.pk, user=None, now=AT)
    Decision.objects.update(decided_at=AT - timedelta(days=400))
    text = page(own, own.row(Decision))
    assert "¥73.45 over the cap of ¥50.00" in text and "mine-strategy" in text


@pytest.mark.parametrize(
    ("why", "facts", "text"),
    [
        ("paused", {}, "Automatic refunds of the shop were paused."),
        ("no_amount", {"amount": 0}, "It asks for no money."),
        (
            "over_refundable",
            {"refundable_amount": 12_000},
            "It asks for ¥123.45, and ¥120.00 can still be refunded of the order.",
        ),
        ("no_scenario", {"type": "exchange"}, "There are no strategies for this type of ticket"),
        ("error", {"error": "ValueError"}, "Evaluating it failed: no strategy was asked."),
    ],
)
def test_nothing_asked_says_why(own: Scene, why: str, facts: dict[str, Any], text: str) -> None:
    Decision.objects.update(trace=[], why=why, **facts)
    shown = page(own, own.row(Decision))
    assert text in shown and "What was recorded differs" not in shown


def test_a_record_that_says_otherwise_is_pointed_out(own: Scene) -> None:
    Decision.objects.update(trace=[6])
    assert "What was recorded differs" in page(own, own.row(Decision))


def test_the_use_before_is_that_of_the_day(own: Scene) -> None:
    """SPEC E4: the day is the shop's; what came later does not count."""
    decision = own.row(Decision)
    strategy = own.row(Strategy)
    row = Decision.objects.get(pk=decision.pk)
    for days, amount in ((1, 100), (0, 3_000), (0, 4_000)):
        row.pk = None
        row._state.adding = True
        row.ticket = _ticket(own, f"before-{days}-{amount}")
        row.strategy, row.outcome, row.amount = strategy, "refund", amount
        row.decided_at = AT - timedelta(days=days)
        row.scenario = "pre_ship_refund"
        row.save()
    explained = explanations.of_decision(Decision.objects.latest("pk"))
    (line,) = explained.explanation.lines
    assert line.checks[-1].value == 3_000


def _ticket(own: Scene, number: str) -> Ticket:
    ticket = Ticket.objects.get(pk=own.row(Ticket).pk)
    ticket.pk = None
    ticket._state.adding = True
    ticket.ticket_no = number
    ticket.save()
    return ticket


def test_the_rulebook_names_its_strategies(own: Scene) -> None:
    revision = RulebookRevision.objects.get(shop=own.shop, number=1)
    client = client_of(own.people["viewer"])
    text = client.get(url(RulebookRevision, "change", revision.pk)).content.decode()
    assert "mine-strategy" in text and "¥50.00" in text


class TestNow:
    """A ticket that waits, explained as everything stands: nothing is written."""

    @pytest.fixture
    def waiting(self, own: Scene) -> Ticket:
        Order.objects.update(committed=0)
        Ticket.objects.update(status="pending_review", committed=0, awaiting_evaluation=True)
        Strategy.objects.update(enabled=True, single_amount_cap=20_000)
        publish(own.shop.pk, user=None, now=AT)
        return Ticket.objects.get()

    def text(self, own: Scene, ticket: Ticket) -> str:
        client = english_client(own.people["viewer"])
        return client.get(reverse("automation:explain-now", args=[ticket.pk])).content.decode()

    def test_what_would_take_it(self, own: Scene, waiting: Ticket) -> None:
        assert "“mine-strategy” would refund ¥123.45 now." in self.text(own, waiting)
        with counted_queries() as queries:
            explanations.of_now(waiting, now=AT)
        asked = [query["sql"].strip() for query in queries]
        assert all(sql.startswith("SELECT") for sql in asked) and len(asked) <= 6
        assert not any("FOR NO KEY" in sql or "FOR UPDATE" in sql for sql in asked)
        waiting.refresh_from_db()
        assert waiting.awaiting_evaluation and Decision.objects.count() == 1

    def test_the_cap_as_it_is_used_now(self, own: Scene, waiting: Ticket) -> None:
        today = timezone.now().astimezone(ZoneInfo(own.shop.timezone)).date()
        StrategyUsage.objects.update(day=today, used=491_155)
        text = self.text(own, waiting)
        assert "the closest is “mine-strategy”" in text
        assert "¥88.45 of the day&#x27;s cap of ¥5,000.00 left, ¥35.00 short" in text
        assert "a daily cap of ¥5,035.00 or more" in text

    def test_a_blocked_buyer_and_a_pause(self, own: Scene, waiting: Ticket) -> None:
        BlockedBuyer.objects.create(shop=own.shop, buyer=waiting.buyer)
        assert "the buyer is on the block list" in self.text(own, waiting)
        type(own.shop).objects.update(automation_paused_at=AT)
        assert "Automatic refunds of the shop are paused." in self.text(own, waiting)

    def test_an_order_that_is_not_there(self, own: Scene, waiting: Ticket) -> None:
        Ticket.objects.update(order=None, awaiting_evaluation=False)
        assert "Its order has not arrived yet" in self.text(own, waiting)

    def test_what_is_decided_leads_to_its_decision(self, own: Scene, waiting: Ticket) -> None:
        Ticket.objects.update(status="refunded", awaiting_evaluation=False)
        text = self.text(own, waiting)
        assert "The ticket is no longer waiting to be decided." in text
        assert url(Decision, "change", own.row(Decision).pk) in text

    def test_another_shops_ticket_does_not_exist(self, own: Scene, foreign: Scene) -> None:
        client = client_of(own.people["owner"])
        address = reverse("automation:explain-now", args=[foreign.row(Ticket).pk])
        assert client.get(address).status_code == 404

    def test_it_is_reached_from_the_ticket_and_the_workbench(
        self, own: Scene, waiting: Ticket
    ) -> None:
        client = client_of(own.people["viewer"])
        address = reverse("automation:explain-now", args=[waiting.pk])
        for there in (url(Ticket, "change", waiting.pk), reverse("desk:case", args=[waiting.pk])):
            assert address in client.get(there).content.decode()


SPANS = [
    (30_000_000, "less than a minute", "不到 1 分钟"),
    (MINUTE, "1 minute", "1 分钟"),
    (41 * MINUTE, "41 minutes", "41 分钟"),
    (2 * HOUR + 10 * MINUTE, "2 h 10 min", "2 小时 10 分"),
    (3 * DAY + 2 * HOUR, "3 d 2 h", "3 天 2 小时"),
]


@each("micros, english_text, chinese", SPANS)
def test_lengths_of_time(micros: int, english_text: str, chinese: str) -> None:
    for language, text in (("en", english_text), ("zh-hans", chinese)):
        with translation.override(language):
            assert span(micros) == text


# Condition -> what the strategy sets, what the ticket has, and how it is told in both languages.
TOLD: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("single_amount", {"single_amount_cap": 20_000}, {"amount": 20_320},
     "¥3.20 over the cap of ¥200.00", "比上限 ¥200.00 高 ¥3.20"),
    ("single_amount", {"single_amount_cap": 20_000}, {"amount": 19_000},
     "¥10.00 below the cap of ¥200.00", "比上限 ¥200.00 低 ¥10.00"),
    ("execution_time", {"execution_time": "windows", "windows": [["07:00", "09:19"]]}, {},
     "41 minutes after the window closed", "时段结束后 41 分钟"),
    ("execution_time", {"execution_time": "windows", "windows": [["10:05", "12:00"]]}, {},
     "5 minutes before the window opens", "时段开始前 5 分钟"),
    ("time_limit", {"time_limit_hours": 2}, {"paid": 4 * HOUR + 10 * MINUTE},
     "2 h 10 min too late", "超时 2 小时 10 分"),
    ("validity", {"valid_until": "2026-11-20T09:00:00+08:00"}, {},
     "1 h 0 min after it had ended", "结束后 1 小时 0 分"),
    ("buyer_guard", {}, {"bought": 2},
     "automatic refund no. 3 of this buyer in 30 days, at most 2",
     "该买家 30 天内第 3 笔自动退款，最多 2 笔"),
    ("daily_cap", {"daily_cap": 50_000}, {"amount": 15_500, "used": 38_000},
     "¥120.00 of the day's cap of ¥500.00 left, ¥35.00 short",
     "当日额度 ¥500.00 还剩 ¥120.00，差 ¥35.00"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "sets", "has", "told", "chinese"), TOLD)
def test_distances_in_words(
    own: Scene, condition: str, sets: Any, has: Any, told: str, chinese: str
) -> None:
    answer = _answer(own, condition, sets, has)
    for language, text in (("en", told), ("zh-hans", chinese)):
        with translation.override(language):
            assert answer_texts(*answer).distance == text


def _answer(own: Scene, condition: str, sets: Any, has: Any) -> Any:
    from strategies.engine import compile_rulebook

    content = dict(own.row(RulebookRevision).content)
    content["strategies"] = [{**content["strategies"][0], **sets}]
    content["buyer_limit"] = {"days": 30, "count": 2, "amount": 100_000}
    content["working_hours"] = {"fri": [["09:00", "18:00"]]}
    facts = explanations._kept(own.row(Decision))
    facts = facts._replace(
        amount=has.get("amount", facts.amount), refundable=10**9, **has.get("facts", {})
    )
    if "paid" in has:
        facts = facts._replace(paid_at=facts.applied_at - has["paid"])
    before = replace(Before(), used={0: has.get("used", 0)}, buyer_count=has.get("bought", 0))
    rulebook = compile_rulebook(content)
    (line,) = explain(rulebook, facts, before).lines
    check = next(check for check in line.checks if check.condition.name == condition)
    return check, Ground(line.strategy, facts, ZoneInfo("Asia/Shanghai"))


BARE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("enabled", {}, {}),
    ("validity", {"valid_from": "2027-01-01T00:00:00+08:00"}, {}),
    ("execution_time", {"execution_time": "off_hours"}, {}),
    ("paid_time", {"execution_time": "off_hours", "paid_time": "off_hours"}, {}),
    ("paid_time", {"execution_time": "off_hours", "paid_time": "off_hours"},
     {"facts": {"paid_at": None}}),
    ("time_limit", {"time_limit_hours": 2}, {"facts": {"paid_at": None}}),
    ("label_printed", {}, {"facts": {"label_printed_at": 0}}),
    ("risk", {"skip_risky": True}, {"facts": {"ticket_labels": ("risk",)}}),
    ("risk", {"skip_risky": True}, {"facts": {"labels": ("risk",)}}),
    ("product", {"product_condition": "include", "products": ["mine-x"]},
     {"facts": {"products": ("mine-y",), "categories": ("",)}}),
    ("product", {"product_condition": "exclude", "products": ["mine-y"]},
     {"facts": {"products": ("mine-y",), "categories": ("",)}}),
    ("buyer_reason", {"buyer_reasons": ["damaged"]}, {}),
    ("buyer_guard", {}, {"facts": {"blocked": True}}),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "sets", "has"), BARE)
def test_every_failure_has_words_in_chinese(
    own: Scene, condition: str, sets: Any, has: Any
) -> None:
    check, ground = _answer(own, condition, sets, has)
    assert not check.ok
    with translation.override("zh-hans"):
        told = answer_texts(check, ground)
        assert told.detail and told.needed
        assert english(f"<p>{told.detail} {told.distance} {told.needed}</p>") == set()


def test_the_closest_fails_least(own: Scene) -> None:
    """By the number of conditions first, then by how large a part of the limit."""
    first = Strategy.objects.get()
    for place, cap in ((2, 12_000), (3, 11_000)):
        first.pk, first.priority, first.name = None, place, f"mine-{cap}"
        first.single_amount_cap, first.enabled = cap, True
        first._state.adding = True
        first.save()
    publish(own.shop.pk, user=None, now=AT)
    Decision.objects.update(rulebook=RulebookRevision.objects.latest("number"), trace=[1, 6, 6])
    decision = Decision.objects.get()
    shown = Shown(explanations.of_decision(decision))
    assert shown.closest is not None and shown.closest.strategy.name == "mine-12000"
    assert [card.open for card in shown.cards] == [False, True, False]


def test_the_closest_is_enabled_where_any_is(own: Scene) -> None:
    """One that is switched off misses by one condition every ticket that it could take."""
    off = Strategy.objects.get()
    Strategy.objects.filter(pk=off.pk).update(enabled=False, single_amount_cap=99_000)
    on = make_strategy(own.shop, name="mine-on", single_amount_cap="1.00")
    publish(own.shop.pk, user=None, now=AT)
    Decision.objects.update(rulebook=RulebookRevision.objects.latest("number"), trace=[1, 6])
    shown = Shown(explanations.of_decision(Decision.objects.get()))
    assert shown.closest is not None and shown.closest.strategy.id == on.pk
    assert shown.cards[0].first == "Not enabled"
