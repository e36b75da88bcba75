"""The one function that decides (SPEC sections 3, 5, 6 and 8).

It is a single loop over plain tuples on purpose: tickets that are alike as far as the rulebook can
tell (same discrete facts, same class of time, amount and age) are answered from a memo, and only
what depends on earlier decisions (buyer guard, daily cap, breaker, order's money) is worked out
for each. docs/decision-algorithm.md has the rules in prose.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import repeat
from typing import Any

from strategies.engine.facts import Facts
from strategies.engine.line_money import line_limit, take
from strategies.engine.rulebook import Rulebook
from strategies.engine.spans import bought, trips
from strategies.engine.state import State
from strategies.engine.verdict import Verdict
from strategies.engine.vocabulary import (
    FAST_REFUND,
    IMPOSSIBLE_TIMES,
    MANUAL,
    MOST_AHEAD,
    NO_AMOUNT,
    NO_SCENARIO,
    NONE_HIT,
    OVER_LINE,
    OVER_REFUNDABLE,
    PAUSED,
    REFUND,
    STRATEGY,
    SUGGESTED,
)


def decide(
    rulebook: Rulebook, state: State, facts: Iterable[Facts], *, stop_when_tripped: bool = False
) -> list[Verdict]:
    """Decide tickets in the order given (callers sort by facts.sort_key), updating the state.

    Facts may be plain tuples. The verdicts are in the order of the facts. With
    `stop_when_tripped` they end after the one that opened a breaker.
    """
    verdicts: list[tuple[Any, ...]] = []
    append = verdicts.append
    moment_of, fast_refund = rulebook.moment, rulebook.fast_refund.holds
    asks_paid_time, daily_caps = rulebook.asks_paid_time, rulebook.daily_caps
    limit, breakers = rulebook.buyer_limit, rulebook.breakers
    span, most, most_amount = limit or (0, None, None)
    used, left, buyers = state.used, state.refundable, state.buyers
    lines, freight = state.lines, state.freight
    paused, tripped, suggested = state.paused, state.tripped, state.suggested
    questions = rulebook.questions(tripped)
    count: int | None = None
    total: int | None = None
    start = end = last_decided_at = day = decided_day = 0
    time_fails: tuple[int, ...] = ()
    applied_day = 0

    for fact in facts:
        # fmt: off
        (ticket, _, order, buyer, kind, status, amount, refundable, applied_at, decided_at, reason,
         paid_at, shipped_at, delivered_at, label_printed_at, paid_amount, labels, products,
         categories, virtual, blocked, scenarios_hit, order_type, ticket_labels, held_back,
         line, _, line_left, freight_left) = fact
        # fmt: on
        if order in left:
            refundable = left[order]
            if line is not None:
                line_left = lines.get((order, line), line_left)
                freight_left = freight.get(order, freight_left)
        if not start <= applied_at < end:
            start, end, applied_day, _, time_fails = moment_of(applied_at)
        if start <= decided_at < end:
            day = applied_day
        else:
            if decided_at != last_decided_at:
                last_decided_at = decided_at
                decided_day = moment_of(decided_at).day
            day = decided_day
        if limit is not None:
            count = total = 0
            if buyer in buyers:
                count, total = bought(buyers[buyer], decided_at - span, decided_at)

        # fmt: off
        key = (kind, status, reason, labels, products, categories, scenarios_hit, order_type,
               ticket_labels)
        # fmt: on
        try:
            question = questions.get(key) or rulebook.learn_question(key, tripped)
        except TypeError:  # a list has no hash; databases hand them out
            key = (
                kind,
                status,
                reason,
                tuple(labels),
                tuple(products),
                tuple(categories),
                scenarios_hit,
                order_type,
                tuple(ticket_labels),
            )
            question = questions.get(key) or rulebook.learn_question(key, tripped)
        group, matched, fast, entered, fails = question

        # SPEC E2: tickets for people whatever the strategies say, in E2's order.
        why = None
        if amount <= 0:
            why = NO_AMOUNT
        elif amount > refundable:
            why = OVER_REFUNDABLE
        elif (
            line is not None
            and amount > (line_left or 0)
            and amount > line_limit(line_left, freight_left)
        ):
            why = OVER_LINE
        elif held_back is not None:
            if applied_at - decided_at > MOST_AHEAD or (
                paid_at is not None and applied_at < paid_at
            ):
                why = IMPOSSIBLE_TIMES
            elif held_back:
                why = held_back
        # Then fast refund, the pause switch, the scenarios.
        if why is None:
            if fast and not virtual and fast_refund(paid_at, applied_at, paid_amount):
                if ticket in suggested:
                    # fmt: off
                    append((MANUAL, SUGGESTED, None, None, None, (), refundable, line_left,
                            freight_left, count, total, day, False,
                            (REFUND, FAST_REFUND, None, None)))
                    # fmt: on
                    continue
                left[order] = refundable - amount
                if line is not None:
                    take(state, order, line, line_left, freight_left, amount)
                if limit is not None:
                    buyers.setdefault(buyer, []).append((decided_at, 1, amount))
                # fmt: off
                append((REFUND, None, FAST_REFUND, None, None, (), refundable, line_left,
                        freight_left, count, total, day, False, None))
                # fmt: on
                continue
            if paused:
                why = PAUSED
            elif group is None:
                why = NONE_HIT if matched else NO_SCENARIO
        if why is not None or group is None:
            # fmt: off
            append((MANUAL, why, None, None, None, (), refundable, line_left, freight_left,
                    count, total, day, False, None))
            # fmt: on
            continue

        # All stateless conditions, for all strategies at once.
        # fmt: off
        (number, pre_ship, amounts, amount_fails, limits, limit_fails, printed_fails,
         paid_fails, answers, _, _, _) = group
        # fmt: on
        fails |= time_fails[number] | amount_fails[bisect_left(amounts, amount)]
        if limits:
            since = paid_at if not entered else shipped_at if entered == 1 else delivered_at
            fails |= limit_fails[-1 if since is None else bisect_left(limits, applied_at - since)]
        if pre_ship:
            if label_printed_at is not None and label_printed_at <= decided_at:
                fails |= printed_fails
            if asks_paid_time and (paid_at is None or not moment_of(paid_at).off_hours):
                fails |= paid_fails
        hit, trace, scenario, outcome, others, capped, guarded = answers.get(
            fails
        ) or group.learn_answer(fails)

        # Conditions on earlier decisions: the last two of SPEC E3.
        if hit is not None:
            if blocked or (
                count is not None
                and total is not None
                and (
                    (most is not None and count >= most)
                    or (most_amount is not None and total + amount > most_amount)
                )
            ):
                hit, trace = None, guarded
            else:
                use = used.get((hit, day), 0) + amount
                if use > daily_caps[hit]:  # on to the next one (SPEC E5)
                    hit, trace = None, capped
                    for place, index in others:
                        use = used.get((index, day), 0) + amount
                        if use <= daily_caps[index]:
                            hit = index
                            trace, scenario, outcome = group.hit_at(place, capped)
                            break
        if hit is None:
            # fmt: off
            append((MANUAL, NONE_HIT, None, None, None, trace, refundable, line_left,
                    freight_left, count, total, day, False, None))
            # fmt: on
            continue
        if ticket in suggested:
            # fmt: off
            append((MANUAL, SUGGESTED, None, None, None, trace, refundable, line_left,
                    freight_left, count, total, day, False, (outcome, STRATEGY, scenario, hit)))
            # fmt: on
            continue
        used[hit, day] = use
        left[order] = refundable - amount
        if line is not None:
            take(state, order, line, line_left, freight_left, amount)
        if limit is not None:
            buyers.setdefault(buyer, []).append((decided_at, 1, amount))
        breaker = breakers[hit]
        opened = breaker is not None and trips(breaker, state, hit, decided_at, amount)
        # fmt: off
        append((outcome, None, STRATEGY, scenario, hit, trace, refundable, line_left,
                freight_left, count, total, day, opened, None))
        # fmt: on
        if opened:
            tripped.add(hit)
            questions = rulebook.questions(tripped)
            if stop_when_tripped:
                break
    return list(map(tuple.__new__, repeat(Verdict), verdicts))
