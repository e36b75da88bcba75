"""SPEC E8, promise 3: a decision's page says what every strategy asked said, in words."""

from datetime import timedelta
from typing import Any

import pytest

from aftersale.models import Ticket
from strategies.admin.explain import _EXPLANATIONS, trace_of, used_before, words
from strategies.models import Condition, Decision, RulebookRevision, Strategy

from .scene import AT, Scene
from .test_scope import client_of, url

# The engine's codes, in SPEC E3's order from 1 on.
CODES = {condition: code for code, condition in enumerate(Condition, 1)}


def page(own: Scene, decision: Decision) -> str:
    client = client_of(own.people["viewer"])
    client.cookies["django_language"] = "en"
    return client.get(url(Decision, "change", decision.pk)).content.decode()


def test_trace_in_words(own: Scene) -> None:
    decision = own.row(Decision)
    text = page(own, decision)
    assert "mine-strategy" in text
    assert "Single-amount cap" in text
    assert "¥123.45 is above ¥50.00" in text


def test_a_hit_says_so(own: Scene) -> None:
    decision = own.row(Decision)
    Decision.objects.filter(pk=decision.pk).update(
        trace=[0], outcome="refund", why="", source="strategy", strategy=own.row(Strategy)
    )
    assert ">Hit<" in page(own, decision)


def test_it_is_the_strategy_as_it_was(own: Scene) -> None:
    """Later changes of the strategy change nothing about what is said."""
    Strategy.objects.update(single_amount_cap=100_000, name="renamed")
    text = page(own, own.row(Decision))
    assert "¥123.45 is above ¥50.00" in text and "mine-strategy" in text


def test_nothing_asked_says_so(own: Scene) -> None:
    decision = own.row(Decision)
    Decision.objects.filter(pk=decision.pk).update(trace=[], why="paused")
    assert "No strategy was asked." in page(own, decision)


@pytest.mark.parametrize("bare", [False, True])
def test_every_condition_has_words(own: Scene, bare: bool) -> None:
    """With all facts known, and with all that may be missing missing."""
    decision = own.row(Decision)
    entry: dict[str, Any] = decision.rulebook.content["strategies"][0]
    entry.update(
        time_limit_hours=24,
        valid_from=None if bare else AT.isoformat(),
        execution_time="windows" if bare else "off_hours",
        windows=[["22:00", "08:00"]],
        product_condition="include" if bare else "exclude",
    )
    if bare:
        decision.paid_at = None
    else:
        decision.buyer_blocked = True
        decision.label_printed_at = AT
    for condition in Condition:
        decision.trace = [CODES[condition]]
        (line,) = trace_of(decision)
        assert line.failed == condition
        assert words(decision, line, used_before(decision, [line])).strip()
    assert set(_EXPLANATIONS) == set(Condition)


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
    last = Decision.objects.latest("pk")
    last.trace = [CODES[Condition.DAILY_CAP]]
    used = used_before(last, trace_of(last))
    assert used == {strategy.pk: 3_000}


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
