"""Properties of the engine that hold for all shops and tickets, on generated ones."""

import os
from collections import defaultdict
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies.engine import State, Verdict, compile_rulebook, decide, expand_trace
from strategies.engine.vocabulary import SCENARIOS
from tests.strategies.engine.generate import scenes
from tests.strategies.engine.reference import Shop, at

# More by hand: ENGINE_EXAMPLES=2000 pytest tests/strategies/engine
EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "20"))
quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def verdicts_of(content, facts, **options):
    rulebook = compile_rulebook(content)
    return rulebook, [Verdict._make(v) for v in decide(rulebook, State(**options), facts)]


def readable(rulebook, facts, verdict):
    trace = expand_trace(
        rulebook,
        ticket_type=facts.type,
        order_status=facts.order_status,
        labels=facts.labels,
        scenarios_hit=facts.scenarios_hit,
        trace=verdict.trace,
    )
    hit = None if verdict.strategy is None else rulebook.strategies[verdict.strategy].id
    return (
        verdict.outcome,
        verdict.why,
        verdict.source,
        hit,
        [(int(name), failed) for _, name, failed in trace],
    )


@settings(quick, max_examples=4 * EXAMPLES)
@given(scenes(), st.integers(0, 9).map(lambda n: n == 0))
def test_engine_says_what_the_slow_reading_of_the_rules_says(scene, paused):
    content, facts = scene
    rulebook, verdicts = verdicts_of(content, facts, paused=paused)
    shop = Shop(content)
    for fact, verdict in zip(facts, verdicts, strict=True):
        tripped, left = set(shop.tripped), shop.left.get(fact.order, fact.refundable)
        line = shop.line_money(fact)
        counts = shop.bought(fact) if rulebook.buyer_limit is not None else (None, None)
        assert readable(rulebook, fact, verdict) == shop.decide(fact, paused=paused)
        assert (verdict.buyer_count, verdict.buyer_sum) == counts
        assert verdict.refundable == left
        assert (verdict.line_left, verdict.freight_left) == line
        assert verdict.tripped == (shop.tripped != tripped)
        local = shop.local_date(at(fact.decided_at))
        assert verdict.day == local.toordinal()


@quick
@given(scenes(), st.randoms(use_true_random=False))
def test_same_input_same_output_whatever_was_asked_before(scene, chance):
    content, facts = scene
    rulebook, first = verdicts_of(content, facts)
    others = list(facts)
    chance.shuffle(others)
    decide(rulebook, State(), others)
    assert [Verdict._make(v) for v in decide(rulebook, State(), facts)] == first
    assert verdicts_of(content, map(tuple, facts))[1] == first


@quick
@given(scenes(), st.randoms(use_true_random=False))
def test_order_of_strategies_in_the_content_does_not_matter(scene, chance):
    content, facts = scene
    shuffled = dict(content, strategies=list(content["strategies"]))
    chance.shuffle(shuffled["strategies"])
    assert verdicts_of(content, facts)[1] == verdicts_of(shuffled, facts)[1]


@quick
@given(scenes(most=25))
def test_never_above_a_cap_a_buyer_limit_or_the_refundable_amount(scene):
    content, facts = scene
    rulebook, verdicts = verdicts_of(content, facts)
    used, orders = defaultdict(int), defaultdict(int)
    hits = [(f, v) for f, v in zip(facts, verdicts, strict=True) if v.outcome != "manual"]
    for fact, verdict in hits:
        orders[fact.order] += fact.amount
        assert orders[fact.order] <= fact.refundable
        if verdict.strategy is not None:
            used[verdict.strategy, verdict.day] += fact.amount
            assert used[verdict.strategy, verdict.day] <= rulebook.daily_caps[verdict.strategy]
            assert fact.amount <= rulebook.strategies[verdict.strategy].single_amount_cap
    limit = rulebook.buyer_limit
    if limit is None:
        return
    for place, (fact, verdict) in enumerate(hits):
        if verdict.strategy is None:
            continue  # fast refund is not stopped by limits (SPEC F1)
        before = [
            earlier.amount
            for earlier, _ in hits[:place]
            if earlier.buyer == fact.buyer
            and fact.decided_at - limit.span < earlier.decided_at <= fact.decided_at
        ]
        assert limit.approvals is None or len(before) + 1 <= limit.approvals
        assert limit.total is None or sum(before) + fact.amount <= limit.total


@st.composite
def stricter(draw):
    content, facts = draw(scenes())
    loose = dict(
        content["strategies"][0]
        if content["strategies"]
        else _any_strategy(draw(st.sampled_from([s.name for s in SCENARIOS]))),
        enabled=True,
        breaker=None,
        daily_cap=10**12,
    )
    strict = dict(loose)
    change = draw(st.sampled_from(["amount", "reasons", "limit", "product", "status", "windows"]))
    if change == "amount":
        strict["single_amount_cap"] = min(loose["single_amount_cap"], 100)
    elif change == "reasons":
        strict["buyer_reasons"] = (loose["buyer_reasons"] or ["a", "b"])[:1]
    elif change == "limit":
        strict["time_limit_hours"] = min(loose["time_limit_hours"] or 6, 6)
    elif change == "product":
        loose["product_condition"] = "all"
        strict["product_condition"] = "include"
    elif change == "status":
        strict["order_statuses"] = loose["order_statuses"][:1]
    else:
        strict["execution_time"] = "windows"
        if loose["execution_time"] == "windows":
            strict["windows"] = loose["windows"][:1]
        else:
            loose["execution_time"] = "all_day"
    alone = dict(content, buyer_limit=None, fast_refund_periods=[])
    roomy = [fact._replace(refundable=10**12) for fact in facts]
    return dict(alone, strategies=[loose]), dict(alone, strategies=[strict]), roomy


def _any_strategy(scenario):
    return {
        "id": 1, "revision": 1, "scenario": scenario, "name": "1", "priority": 1,
        "valid_from": None, "valid_until": None, "execution_time": "all_day",
        "windows": [["09:00", "18:00"]], "paid_time": "any",
        "order_statuses": ["shipped", "delivered"], "buyer_reasons": [],
        "single_amount_cap": 1000, "time_limit_hours": None, "skip_label_printed": False,
        "product_condition": "all", "products": ["p1"], "categories": [],
    }  # fmt: skip


@quick
@given(stricter())
def test_a_stricter_strategy_alone_never_hits_more(case):
    loose, strict, facts = case
    by_loose = {f.ticket for f, v in _hits(loose, facts)}
    by_strict = {f.ticket for f, v in _hits(strict, facts)}
    assert by_strict <= by_loose


def _hits(content, facts):
    _, verdicts = verdicts_of(content, facts)
    return [(f, v) for f, v in zip(facts, verdicts, strict=True) if v.outcome != "manual"]


@quick
@given(scenes(most=20))
def test_a_batch_that_ends_at_a_breaker_and_goes_on_decides_the_same(scene):
    content, facts = scene
    rulebook, expected = verdicts_of(content, facts)
    state, found = State(), []
    while len(found) < len(facts):
        batch = decide(rulebook, state, facts[len(found) :], stop_when_tripped=True)
        assert all(not v[-1] for v in batch[:-1])
        found += batch
    assert [Verdict._make(v) for v in found] == expected


def test_moments_are_cut_without_gaps_on_a_day_with_two_offsets():
    rulebook = compile_rulebook({"timezone": "America/New_York"})
    _, moments = rulebook._learn_day(20_758)  # 2026-11-01
    assert all(one.end == next_.start for one, next_ in pairwise(moments))
    assert moments[0].start == 20_758 * 86_400_000_000 == moments[-1].end - 86_400_000_000
