"""A trial run at work: the past through two rulebooks, page by page (SPEC M3).

Nothing that decisions are made from is written: only the trial run itself, what differs, and the
summary. Between pages it says how far it has come, and sees whether it was cancelled.
"""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import structlog
from django.db import connection

from config.heartbeat import beat
from strategies.engine.replay import Past as EnginePast
from strategies.models import RulebookRevision, TrialEvaluation, TrialRun, TrialStatus

from .begin import SILENCE
from .past import AMOUNT, BUYER, DECIDED_AT, ORDER, TICKET, Past
from .sides import Side, moment
from .summary import summarise

log = structlog.get_logger(__name__)


def run(trial_id: int, *, clock: Callable[[], datetime]) -> None:
    """Runs a trial run that waits, or one whose worker has died; anything else is left alone."""
    trial = _take(trial_id, now=clock())
    if trial is None:
        return
    TrialEvaluation.objects.filter(trial=trial).delete()
    try:
        with _uncollected():
            found = _replay(trial, clock)
        if found:
            _finish(trial, TrialStatus.DONE, now=clock())
    except Exception as error:
        log.exception("trial_run_failed", trial=trial.pk)
        trial.error = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        _finish(trial, TrialStatus.FAILED, now=clock())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switches the collector off: it would scan every row of a page again and again, taking more
    time than deciding. Rows go when nothing refers to them, and nothing here is a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _take(trial_id: int, *, now: datetime) -> TrialRun | None:
    waiting = TrialRun.objects.filter(pk=trial_id, status=TrialStatus.QUEUED)
    silent = TrialRun.objects.filter(
        pk=trial_id, status=TrialStatus.RUNNING, seen_at__lt=now - SILENCE
    )
    for rows in (waiting, silent):
        if rows.update(status=TrialStatus.RUNNING, seen_at=now, done=0):
            return TrialRun.objects.get(pk=trial_id)
    return None


def _replay(trial: TrialRun, clock: Callable[[], datetime]) -> bool:
    """True once all is replayed and summed up, False where it was cancelled on the way."""
    past = Past(trial.shop_id, trial.starts_at, trial.ends_at)
    trial.total, trial.estimated = past.total, past.estimated
    trial.save(update_fields=["total", "estimated"])
    beat()
    present = Side(trial.present, trial, past)
    beat()
    proposed = Side(trial.proposed, trial, past, paused=trial.paused)
    real: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    unchanged = _unchanged(trial, past)
    beat()
    for page in past.pages():
        asked: list[EnginePast] = list(zip(page.facts, page.hit, page.paused, strict=True))  # type: ignore[arg-type]
        now_codes = present.as_it_was(page) if unchanged else present.decide(asked)
        new_codes = proposed.decide(asked)
        different = []
        for place, (was, now_code, new_code) in enumerate(
            zip(page.real, now_codes, new_codes, strict=True)
        ):
            facts = page.facts[place]
            if was:
                tally = real[was]
                tally[0] += 1
                tally[1] += facts[AMOUNT]
            if not was == now_code == new_code or (was and facts[ORDER] in past.repeated):
                different.append((page.decision[place], facts, was, now_code, new_code))
        _keep(trial.pk, different)
        trial.done += len(asked)
        alive = TrialRun.objects.filter(pk=trial.pk, status=TrialStatus.RUNNING)
        beat()
        if not alive.update(done=trial.done, seen_at=clock()):
            TrialEvaluation.objects.filter(trial=trial).delete()
            return False
    beat()
    trial.summary = summarise(trial, present=present, proposed=proposed, real=real)
    return True


def _unchanged(trial: TrialRun, past: Past) -> bool:
    """True if all of the past was decided by the present strategies."""
    if past.estimated or past.rulebook is None:
        return False
    content = RulebookRevision.objects.values_list("content", flat=True).get(pk=past.rulebook)
    return content == trial.present


def _finish(trial: TrialRun, status: TrialStatus, *, now: datetime) -> None:
    TrialRun.objects.filter(pk=trial.pk, status=TrialStatus.RUNNING).update(
        status=status, finished_at=now, summary=trial.summary, error=trial.error
    )


def _keep(trial_id: int, rows: Sequence[tuple[int | None, tuple[Any, ...], str, str, str]]) -> None:
    if not rows:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY strategies_trialevaluation (trial_id, decision_id, ticket_id, at, amount, buyer,"
            " real, present, proposed) FROM STDIN"
        ) as copy,
    ):
        for decision, facts, was, now_code, new_code in rows:
            copy.write_row(
                (
                    trial_id,
                    decision,
                    facts[TICKET],
                    moment(facts[DECIDED_AT]),
                    facts[AMOUNT],
                    facts[BUYER],
                    was,
                    now_code,
                    new_code,
                )
            )
