"""Strategies that exist: keep, narrow, widen, drop, put elsewhere in the order (SPEC M6).

Each change is found on the tickets that it concerns, then the whole board is decided with it: the
figures are those of a trial run of the change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from strategies.advice.caps import daily_cap
from strategies.advice.cases import Cases
from strategies.advice.improve import Judged, narrowed, widened, worthless
from strategies.engine.strategy import Strategy
from strategies.services.past import Decided, Past, column, decide_past
from strategies.services.rulebook_content import content_with

from .changes import narrower, wider, with_more
from .columns import Found
from .figures import Counter, Taken, joined

KEEP, NARROW, WIDEN, DROP, MOVE = "keep", "narrow", "widen", "drop", "move"
NOTHING: dict[str, Any] = {"kind": KEEP}
# Yuan that an hour of work is worth, where a change is judged.
PRICE = 30
FEN_A_MINUTE = PRICE * 100 / 60
# Of the work that strategies save: another order must add so much to be worth a change.
LEAST_MORE = 0.01
# Changes of one strategy that are decided by the whole board.
MOST_TRIED = 4
# A cap that nobody reaches.
NO_CAP = 10**13


class Existing:
    def __init__(
        self,
        past: Past,
        present: Decided,
        content: Mapping[str, Any],
        found: Found,
        count: Counter,
        *,
        split: int,
        days: int,
        alive: Callable[[], object],
    ) -> None:
        self._past, self._present, self._content = past, present, content
        self._found, self._count = found, count
        self._split, self._days, self._alive = split, days, alive

    def advice(self) -> list[dict[str, Any]]:
        """Of each strategy that is enabled, in the order of asking."""
        orders = self._other_orders()
        said = []
        for place, own in enumerate(self._present.strategies):
            if not own.enabled:
                continue
            self._alive()
            taken = self._taken(self._present, place)
            figures = self._count.of(taken, own.scenario, own.single_amount_cap)
            advice = self._of(own, taken)
            if advice["kind"] == KEEP and own.id in orders:
                advice = orders[own.id]
                orders = {}  # one move at a time: another order changes what others are worth
            said.append({"strategy": str(own.id), **figures, "advice": advice})
        return said

    def _of(self, own: Strategy, taken: Taken) -> dict[str, Any]:
        if not len(taken.tickets):
            return self._tried(own, DROP, None) or NOTHING
        cases = self._count.cases(taken, own.scenario)
        # What it approved and nobody is known to have lost by counts as right.
        judged = self._judged(replace(cases, known=np.ones(len(cases), dtype=bool)), own)
        better = self._best(self._narrower(own, judged))
        if better is None and worthless(judged):
            return self._tried(own, DROP, None) or NOTHING
        return better or self._best(self._wider(own)) or NOTHING

    def _judged(self, cases: Cases, own: Strategy) -> Judged:
        return Judged.of(
            cases,
            split=self._split,
            pre_ship=own.scenario == "pre_ship_refund",
            fen_a_minute=FEN_A_MINUTE,
        )

    def _best(self, changes: Iterator[dict[str, Any] | None]) -> dict[str, Any] | None:
        better = [each for each in changes if each is not None and _worth(each) > 0]
        return max(better, key=_worth, default=None)

    def _narrower(self, own: Strategy, judged: Judged) -> Iterator[dict[str, Any] | None]:
        for rule in narrowed(judged)[:MOST_TRIED]:
            keys = narrower(own.given, rule, self._found.words)
            yield self._tried(own, NARROW, keys) if keys else None

    def _wider(self, own: Strategy) -> Iterator[dict[str, Any] | None]:
        for option in wider(own.given):
            more = self._behind(own, {**own.given, **option.loosened})
            rule = widened(more, option.attribute)
            keys = None if rule is None else with_more(
                own.given, option.key, rule, self._found.words
            )  # fmt: skip
            yield self._tried(own, WIDEN, keys) if keys else None
        yield self._higher_daily_cap(own)

    def _behind(self, own: Strategy, loosened: Mapping[str, Any]) -> Judged:
        """Tickets that nothing takes at present, and the loosened strategy would."""
        passed = column(self._past, self._content, loosened)[self._found.rows]
        return self._judged(self._found.of(own.scenario, passed), own)

    def _higher_daily_cap(self, own: Strategy) -> dict[str, Any] | None:
        if not any(self._present.strategies[place] is own for place, _ in self._present.ran_out):
            return None
        free = decide_past(self._past, self._with(own, {"daily_cap": NO_CAP}))
        place = _place(free, own)
        now, then = self._taken(self._present, _place(self._present, own)), self._taken(free, place)
        gained = self._found.everything.ticket
        more = ~np.isin(then.tickets, now.tickets)
        rows = np.isin(gained, then.tickets[more])
        if widened(self._judged(self._found.with_losses(own.scenario).take(rows), own)) is None:
            return None
        cases = self._count.cases(then, own.scenario)
        cap = daily_cap(cases, self._days, own.given["single_amount_cap"])
        if cap <= own.given["daily_cap"]:
            return None
        return self._tried(own, WIDEN, {"daily_cap": cap})

    def _other_orders(self) -> dict[object, dict[str, Any]]:
        """By strategy, its move to the first or last place of its scenario that saves most."""
        found: dict[object, dict[str, Any]] = {}
        saved = max(1.0, self._minutes(self._present))
        for scenario in dict.fromkeys(own.scenario for own in self._present.strategies):
            group = [own for own in self._present.strategies if own.scenario == scenario]
            enabled = [own for own in group if own.enabled]
            for own in enabled if len(enabled) > 1 else ():
                self._alive()
                others = [each for each in group if each is not own]
                for order in ([own, *others], [*others, own]):
                    moved = self._ordered(order) if order != group else NOTHING
                    least = LEAST_MORE * saved * FEN_A_MINUTE
                    if moved is not NOTHING and _worth(moved) > least:
                        best = found.setdefault(own.id, moved)
                        found[own.id] = max(best, moved, key=_worth)
        return found

    def _ordered(self, order: Sequence[Strategy]) -> dict[str, Any]:
        priorities = {each.id: place for place, each in enumerate(order, start=1)}
        content = {
            **self._content,
            "strategies": [
                {**each, "priority": priorities.get(each["id"], each["priority"])}
                for each in self._content["strategies"]
            ],
        }
        effect = self._effect(decide_past(self._past, content))
        return {"kind": MOVE, "order": [each.id for each in order], **effect}

    def _with(self, own: Strategy, keys: Mapping[str, Any]) -> dict[str, Any]:
        return content_with(self._content, {**own.given, **keys, "id": own.id})

    def _tried(
        self, own: Strategy, kind: str, keys: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """A change with its effect; None where the change changes nothing. Without keys the
        strategy goes."""
        if keys is None:
            left = [each for each in self._content["strategies"] if each["id"] != own.id]
            content: dict[str, Any] = {**self._content, "strategies": left}
        else:
            content = self._with(own, keys)
        effect = self._effect(decide_past(self._past, content))
        if keys is not None and not (effect["gained"] or effect["lost"]):
            return None
        return {"kind": kind, "keys": dict(keys or {}), **effect}

    def _effect(self, after: Decided) -> dict[str, Any]:
        """Tickets that the whole board approves more and fewer, and what is known of them."""
        ticket = self._past["ticket"]
        has = np.unique(ticket[self._present.approved])
        gets = np.unique(ticket[after.approved])
        gained = self._cases_of(after, np.setdiff1d(gets, has))
        lost = self._cases_of(self._present, np.setdiff1d(has, gets))
        minutes = float(gained.minutes.sum() - lost.minutes.sum())
        return {
            "gained": len(gained),
            "gained_bad": int((gained.loss > 0).sum()),
            "gained_loss": int(gained.loss.sum()),
            "gained_unknown": int((~gained.known).sum()),
            "lost": len(lost),
            "lost_bad": int((lost.loss > 0).sum()),
            "lost_loss": int(lost.loss.sum()),
            "minutes": round(minutes),
        }

    def _cases_of(self, decided: Decided, tickets: np.ndarray) -> Cases:
        """With the losses of the scenario that takes each."""
        rows = np.flatnonzero(np.isin(self._past["ticket"], tickets) & decided.approved)
        parts = []
        for scenario in dict.fromkeys(own.scenario for own in decided.strategies):
            places = [n for n, own in enumerate(decided.strategies) if own.scenario == scenario]
            mine = rows[np.isin(decided.by[rows], places)]
            parts.append(self._count.cases(self._rows(mine), scenario))
        fast = rows[decided.by[rows] < 0]
        parts.append(self._count.cases(self._rows(fast), ""))
        return joined(parts)

    def _taken(self, decided: Decided, place: int) -> Taken:
        return self._rows(np.flatnonzero(decided.by == place))

    def _rows(self, rows: np.ndarray) -> Taken:
        return Taken(self._past["ticket"][rows], self._past["amount"][rows])

    def _minutes(self, decided: Decided) -> float:
        tickets = np.unique(self._past["ticket"][decided.approved])
        return float(self._count.cases(Taken(tickets, tickets), "").minutes.sum())


def _place(decided: Decided, own: Strategy) -> int:
    return next(place for place, each in enumerate(decided.strategies) if each.id == own.id)


def _worth(change: Mapping[str, Any]) -> float:
    """Fen that the change is worth: work, and what no longer goes wrong."""
    return change["minutes"] * FEN_A_MINUTE + change["lost_loss"] - change["gained_loss"]
