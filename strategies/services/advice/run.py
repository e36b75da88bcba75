"""The search at work: the past read, rules found, whole sets replayed (SPEC M6).

Nothing that decisions are made from is written, only the row of the search. Killed, it begins anew
(rows are the truth); cancelled, it ends at the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import structlog

from config.heartbeat import beat
from strategies.advice.cases import Cases, support
from strategies.advice.propose import DAYS_OF_MONTH, Part, Point, propose
from strategies.engine.vocabulary import SCENARIOS
from strategies.models import MOST_PER_SCENARIO, AdviceRun, TrialStatus
from strategies.services.past import Decided, decide_past, limit_span, load
from strategies.services.trials.begin import SILENCE

from .columns import Found, find
from .existing import Existing
from .figures import Counter, Taken, missing_of
from .proposals import Proposal, proposals_of, rulebook_with

log = structlog.get_logger(__name__)
DAY_SECONDS = 86_400
# Reading how tickets ended, and replaying what was found.
_PASSES = 2


class Cancelled(Exception):
    """Somebody stopped it, or took it over."""


def run(run_id: int, *, clock: Callable[[], datetime]) -> None:
    """Runs a search that waits, or one whose worker has died; anything else is left alone."""
    advice = _take(run_id, now=clock())
    if advice is None:
        return
    try:
        advice.summary = _Search(advice, clock).summary()
        advice.done = advice.total
        _finish(advice, TrialStatus.DONE, now=clock())
    except Cancelled:
        return
    except Exception as error:
        log.exception("advice_failed", advice=advice.pk)
        advice.error = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        _finish(advice, TrialStatus.FAILED, now=clock())


def _take(run_id: int, *, now: datetime) -> AdviceRun | None:
    waiting = AdviceRun.objects.filter(pk=run_id, status=TrialStatus.QUEUED)
    silent = AdviceRun.objects.filter(
        pk=run_id, status=TrialStatus.RUNNING, seen_at__lt=now - SILENCE
    )
    for rows in (waiting, silent):
        if rows.update(status=TrialStatus.RUNNING, seen_at=now, done=0):
            return AdviceRun.objects.select_related("shop").get(pk=run_id)
    return None


def _finish(advice: AdviceRun, status: TrialStatus, *, now: datetime) -> None:
    AdviceRun.objects.filter(pk=advice.pk, status=TrialStatus.RUNNING).update(
        status=status,
        finished_at=now,
        done=advice.done,
        summary=advice.summary,
        error=advice.error,
    )


class _Search:
    def __init__(self, advice: AdviceRun, clock: Callable[[], datetime]) -> None:
        self._advice = advice
        self._clock = clock
        self._past = load(
            advice.shop_id,
            advice.starts_at,
            advice.ends_at,
            limit=limit_span(advice.present),
            alive=self._alive,
        )
        advice.total = len(self._past) * _PASSES
        self._alive()
        self._present = decide_past(self._past, advice.present)

    def summary(self) -> dict[str, Any]:
        found = find(
            self._past,
            self._present,
            self._advice.present,
            now=self._clock(),
            alive=self._alive,
        )
        self._words = found.words
        summary: dict[str, Any] = {
            "ends": {end.value: told.__dict__ for end, told in found.ends.items()},
            "tickets": len(found.everything),
            "timed": found.timed,
            "estimated": self._past.estimated,
            "ran_out": self._ran_out(),
            "points": [],
            "missing": [],
            "existing": [],
        }
        if not len(found.everything):
            return summary
        seconds = found.everything.second
        first, last = int(seconds.min()), int(seconds.max())
        split = first + (last - first) * 2 // 3
        days = (last - first) // DAY_SECONDS + 1
        months = days / DAYS_OF_MONTH
        summary |= {"days": days, "split": split}
        cases = {name: self._wanted(found, name) for name in self._scenarios()}
        parts = [
            Part(
                name, own.take(own.second < split), own.take(own.second >= split), self._room(name)
            )
            for name, own in cases.items()
        ]
        points = propose(
            [part for part in parts if part.room and len(part.seen)],
            months=months * 2 / 3,
            unseen_months=months / 3,
            may_lose=self._advice.may_lose,
            between=self._alive,
        )
        count = Counter(found, split=split, months=months, unseen_months=months / 3)
        proposals = [
            proposals_of(
                point, cases, self._words, days=days, left_out=self._advice.products_left_out
            )
            for point in points
        ]
        taken = self._replay(proposals)
        summary["points"] = [
            _point(point, own, took, count)
            for point, own, took in zip(points, proposals, taken, strict=True)
        ]
        proposed = {each.scenario for some in proposals for each in some}
        summary["missing"] = [
            _missing(part.scenario, cases[part.scenario], part.room)
            for part in parts
            if part.scenario not in proposed
        ]
        summary["existing"] = Existing(
            self._past,
            self._present,
            self._advice.present,
            found,
            count,
            split=split,
            days=days,
            alive=self._alive,
        ).advice()
        return summary

    def _replay(self, proposals: Sequence[Sequence[Proposal]]) -> list[dict[str, Taken]]:
        """Each set with the present strategies, all of it: caps, windows, guards, hit once. By set
        and key, the tickets taken."""
        shop = self._advice.shop.code
        found = []
        for own in proposals:
            content = rulebook_with(self._advice.present, own, shop)
            decided = decide_past(self._past, content)
            places = {strategy.id: place for place, strategy in enumerate(decided.strategies)}
            found.append({each.key: self._taken(decided, places[each.id]) for each in own})
            self._alive(len(self._past) // len(proposals))
        return found

    def _taken(self, decided: Decided, place: int) -> Taken:
        rows = decided.by == place
        tickets = self._past["ticket"][rows]
        others = self._past["ticket"][self._present.approved]
        from_others = 0 if decided is self._present else int(np.isin(tickets, others).sum())
        return Taken(tickets, self._past["amount"][rows], from_others)

    def _ran_out(self) -> dict[str, list[str]]:
        """By strategy as it is: the days on which its daily cap runs out."""
        found: dict[str, list[str]] = {}
        for place, day in sorted(self._present.ran_out):
            own = found.setdefault(str(self._present.strategies[place].id), [])
            own.append(date.fromordinal(day).isoformat())
        return found

    def _scenarios(self) -> list[str]:
        wanted = self._advice.scenarios
        return [each.name for each in SCENARIOS if not wanted or each.name in wanted]

    def _wanted(self, found: Found, scenario: str) -> Cases:
        """The scenario's cases without products that the owner leaves out."""
        cases = found.of(scenario)
        out = set(self._advice.products_left_out)
        if not out:
            return cases
        codes = [code for code, word in enumerate(self._words.products) if word in out]
        return cases.take(~np.isin(cases.product, codes))

    def _room(self, scenario: str) -> int:
        present: Sequence[Mapping[str, Any]] = self._advice.present["strategies"]
        return MOST_PER_SCENARIO - sum(each["scenario"] == scenario for each in present)

    def _alive(self, more: int = 0) -> None:
        """Says how far it has come. Raises Cancelled where somebody stopped it."""
        self._advice.done += more
        beat()
        row = AdviceRun.objects.filter(pk=self._advice.pk, status=TrialStatus.RUNNING)
        done = {"total": self._advice.total, "done": self._advice.done}
        if not row.update(**done, seen_at=self._clock()):
            raise Cancelled


def _point(
    point: Point, proposals: Sequence[Proposal], taken: Mapping[str, Taken], count: Counter
) -> dict[str, Any]:
    # A proposal of which the caps leave nothing is none.
    kept = [each for each in proposals if len(taken[each.key].tickets)]
    return {
        "price": point.price,
        "within_limit": point.within_limit,
        "figures": count.together([(taken[each.key], each.scenario) for each in kept])
        if kept
        else None,
        "proposals": [
            {
                "number": each.number,
                "scenario": each.scenario,
                "keys": each.keys,
                **count.of(taken[each.key], each.scenario, each.cap),
            }
            for each in kept
        ],
    }


def _missing(scenario: str, cases: Cases, room: int) -> dict[str, Any]:
    own = support(cases)
    return {
        "scenario": scenario,
        "why": missing_of(own, room=room),
        "cases": own.cases,
        "known": own.known,
        "bad": own.bad,
        "buyers": own.buyers,
        "share": round(100 * own.largest_share),
    }
