"""SPEC E3, E8: an explanation never says other than what was decided, for all generated shops."""

from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from strategies.engine import State, Verdict, compile_rulebook, decide
from strategies.engine.condition import Before
from strategies.engine.conditions import CONDITIONS
from strategies.engine.edges import Edge
from strategies.engine.explanation import explain
from strategies.engine.facts import NO_FACTS
from strategies.engine.hours import HOUR, MINUTE, micros
from strategies.engine.vocabulary import FAST_REFUND
from tests.each import each
from tests.strategies.engine.generate import scenes
from tests.strategies.engine.test_properties import EXAMPLES, quick, settings
from tests.strategies.engine.test_properties import _any_strategy as any_strategy

NOON = micros(datetime(2026, 3, 11, 12, tzinfo=ZoneInfo("Asia/Shanghai")))


def before_each(rulebook, facts, paused=False):
    """(facts as they stood, what had been decided before them, the verdict)."""
    verdicts = [Verdict._make(v) for v in decide(rulebook, State(paused=paused), facts)]
    used, tripped = defaultdict(int), set()
    for fact, verdict in zip(facts, verdicts, strict=True):
        today = {index: sum_ for (index, day), sum_ in used.items() if day == verdict.day}
        yield (
            fact._replace(
                refundable=verdict.refundable,
                line_left=verdict.line_left,
                freight_left=verdict.freight_left,
            ),
            Before(
                used=today,
                buyer_count=verdict.buyer_count or 0,
                buyer_sum=verdict.buyer_sum or 0,
                tripped=frozenset(tripped),
                paused=paused,
            ),
            verdict,
        )
        if verdict.strategy is not None:
            used[verdict.strategy, verdict.day] += fact.amount
            if verdict.tripped:
                tripped.add(verdict.strategy)


@settings(quick, max_examples=4 * EXAMPLES)
@given(scenes(), st.integers(0, 9).map(lambda n: n == 0))
def test_it_agrees_with_every_decision(scene, paused):
    """The first condition that fails is the trace's, and all hold exactly where it hit."""
    content, facts = scene
    rulebook = compile_rulebook(content)
    for fact, before, verdict in before_each(rulebook, facts, paused):
        explained = explain(rulebook, fact, before)
        assert explained.trace == verdict.trace
        assert explained.why == verdict.why
        assert explained.fast_refund == (verdict.source == FAST_REFUND)
        hit = explained.hit
        assert (hit and hit.index) == verdict.strategy
        for line in explained.lines:
            assert [check.condition for check in line.checks] == list(CONDITIONS)


@settings(quick, max_examples=4 * EXAMPLES)
@given(scenes())
def test_distances_are_true(scene):
    """A figure over the limit fails, one with room left holds; a condition that a strategy does not
    set always holds."""
    content, facts = scene
    rulebook = compile_rulebook(content)
    told = ("single_amount", "time_limit", "daily_cap")
    for fact, before, _ in before_each(rulebook, facts):
        for line in explain(rulebook, fact, before).lines:
            for check in line.checks:
                assert check.ok or check.sets
                if check.condition.name in told and check.over is not None:
                    assert check.ok == (check.over <= 0)
                if check.condition.name == "product" and check.sets:
                    assert check.ok == (not check.value)
                if check.condition.name == "execution_time" and not check.ok:
                    assert rulebook.hours.any is False or any(
                        edge is not None and edge >= 0 for edge in check.limit
                    )


def check_of(condition, content=None, *, before=None, buyer_limit=None, working=None, **facts):
    entry = {
        **_plain("pre_ship_refund" if facts.get("order_status", "pending_shipment")
                 == "pending_shipment" else "post_ship_refund"),
        **(content or {}),
    }  # fmt: skip
    rulebook = compile_rulebook(
        {
            "timezone": "Asia/Shanghai",
            "working_hours": working or {},
            "buyer_limit": buyer_limit,
            "strategies": [entry],
        }
    )
    fact = NO_FACTS._replace(
        **{
            "type": "refund_only", "order_status": "pending_shipment", "amount": 100,
            "refundable": 10**9, "applied_at": NOON, "decided_at": NOON, "paid_at": NOON - HOUR,
            "products": ("p1", "p9"), "categories": ("c1", "c9"), **facts,
        }
    )  # fmt: skip
    (line,) = explain(rulebook, fact, before or Before()).lines
    return next(check for check in line.checks if check.condition.name == condition)


def _plain(scenario):
    return {**any_strategy(scenario), "enabled": True, "daily_cap": 10_000, "breaker": None}


def test_figures_of_amounts():
    check = check_of("single_amount", amount=1_320)
    assert check[1:] == (False, True, 1_320, 1_000, 320, 1_000)
    check = check_of("daily_cap", before=Before(used={0: 9_950}))
    assert check[1:] == (False, True, 9_950, 10_000, 50, 10_000)
    assert check_of("daily_cap", before=Before(used={0: 9_900})).over == 0


@each(
    "at, edge",
    [
        (-41 * MINUTE, Edge(20 * HOUR + 19 * MINUTE, 41 * MINUTE)),
        (3 * HOUR + 41 * MINUTE, Edge(41 * MINUTE, 20 * HOUR + 19 * MINUTE)),
    ],
)
def test_how_far_a_window_is(at, edge):
    """Windows 12:00 to 15:00, asked before and after."""
    check = check_of(
        "execution_time",
        {"execution_time": "windows", "windows": [["12:00", "15:00"]]},
        applied_at=NOON + at,
    )
    assert (check.ok, check.limit, check.over) == (False, edge, 41 * MINUTE)


def test_working_hours_past_midnight():
    check = check_of(
        "execution_time",
        {"execution_time": "off_hours"},
        working={"tue": [["20:00", "02:00"]]},
        applied_at=NOON - 11 * HOUR,  # 01:00 on Wednesday
    )
    assert (check.ok, check.limit) == (False, Edge(5 * HOUR, HOUR))


def test_a_time_that_is_missing_has_no_distance():
    check = check_of("time_limit", {"time_limit_hours": 2}, paid_at=None)
    assert (check.ok, check.value, check.over) == (False, None, None)
    check = check_of("time_limit", {"time_limit_hours": 2}, paid_at=NOON - 3 * HOUR)
    assert (check.ok, check.over) == (False, HOUR)


def test_goods_that_stand_against_it():
    listed = {"product_condition": "include", "products": ["p1"], "categories": []}
    assert check_of("product", listed).value == ("p9",)
    assert check_of("product", {**listed, "product_condition": "exclude"}).value == ("p1",)
    assert not check_of("product").sets


def test_what_guards_against_a_buyer():
    limit = {"days": 30, "count": 2, "amount": 1_000}
    twice = check_of("buyer_guard", buyer_limit=limit, before=Before({}, 2, 100))
    assert (twice.ok, twice.value.number, twice.limit.approvals) == (False, 2, 2)
    assert twice.over is None
    much = check_of("buyer_guard", buyer_limit=limit, before=Before({}, 1, 950))
    assert (much.ok, much.over) == (False, 50)
    assert not check_of("buyer_guard", blocked=True).ok
    assert check_of("buyer_guard").ok


def test_a_printed_label_and_a_day_that_is_over():
    check = check_of("label_printed", {"skip_label_printed": True}, label_printed_at=NOON - HOUR)
    assert (check.ok, check.over) == (False, HOUR)
    until = datetime(2026, 3, 11, 12, tzinfo=ZoneInfo("Asia/Shanghai")) - timedelta(hours=2)
    check = check_of("validity", {"valid_until": until.isoformat()})
    assert (check.ok, check.over) == (False, 2 * HOUR)


def test_strategies_behind_the_one_that_hit_are_told_too():
    """A strategy that was never asked has its answers all the same, and says so."""
    first, second = _plain("pre_ship_refund"), {**_plain("pre_ship_refund"), "id": 2, "priority": 2}
    rulebook = compile_rulebook({"strategies": [first, second]})
    fact = NO_FACTS._replace(
        type="refund_only", order_status="pending_shipment", amount=100, refundable=100,
    )  # fmt: skip
    explained = explain(rulebook, fact, Before())
    assert [line.asked for line in explained.lines] == [True, False]
    assert explained.lines[1].failed == () and explained.hit is explained.lines[0]
    paused = explain(rulebook, fact, Before(paused=True))
    assert [line.asked for line in paused.lines] == [False, False]
    assert paused.why == "paused"
