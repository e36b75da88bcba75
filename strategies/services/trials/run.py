"""A trial run at work: the past by two rulebooks (SPEC M3).

Nothing that decisions are made from is written: only the trial run itself, what differs, and the
summary. Between its steps it says how far it has come, and sees whether it was cancelled.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from config import replica
from config.heartbeat import beat
from strategies.models import TrialEvaluation, TrialRun, TrialStatus
from strategies.services.past import decide_past, limit_span, load

from .answers import keep
from .begin import SILENCE
from .summary import summarise

log = structlog.get_logger(__name__)


class Cancelled(Exception):
    """Somebody stopped it, or took it over."""


def run(trial_id: int, *, clock: Callable[[], datetime]) -> None:
    """Runs a trial run that waits, or one whose worker has died; anything else is left alone."""
    trial = _take(trial_id, now=clock())
    if trial is None:
        return
    TrialEvaluation.objects.filter(trial=trial).delete()
    try:
        _replay(trial, clock)
        _finish(trial, TrialStatus.DONE, now=clock())
    except Cancelled:
        TrialEvaluation.objects.filter(trial=trial).delete()
    except Exception as error:
        log.exception("trial_run_failed", trial=trial.pk)
        trial.error = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        _finish(trial, TrialStatus.FAILED, now=clock())


def _take(trial_id: int, *, now: datetime) -> TrialRun | None:
    waiting = TrialRun.objects.filter(pk=trial_id, status=TrialStatus.QUEUED)
    silent = TrialRun.objects.filter(
        pk=trial_id, status=TrialStatus.RUNNING, seen_at__lt=now - SILENCE
    )
    for rows in (waiting, silent):
        if rows.update(status=TrialStatus.RUNNING, seen_at=now, done=0):
            return TrialRun.objects.get(pk=trial_id)
    return None


def _replay(trial: TrialRun, clock: Callable[[], datetime]) -> None:
    """Raises Cancelled where it was cancelled on the way."""

    def alive() -> None:
        beat()
        row = TrialRun.objects.filter(pk=trial.pk, status=TrialStatus.RUNNING)
        if not row.update(
            total=trial.total, estimated=trial.estimated, done=trial.done, seen_at=clock()
        ):
            raise Cancelled

    past = replica.answered(
        lambda using: load(
            trial.shop_id,
            trial.starts_at,
            trial.ends_at,
            limit=limit_span(trial.present, trial.proposed),
            alive=alive,
            using=using,
        )
    )
    trial.total, trial.estimated = len(past), past.estimated
    alive()
    present = decide_past(past, trial.present)
    trial.done = trial.total // 2
    alive()
    proposed = decide_past(past, trial.proposed, paused=trial.paused)
    trial.done = trial.total
    alive()
    keep(trial, past, present, proposed, alive=alive)
    trial.summary = summarise(trial, past, present=present, proposed=proposed)


def _finish(trial: TrialRun, status: TrialStatus, *, now: datetime) -> None:
    TrialRun.objects.filter(pk=trial.pk, status=TrialStatus.RUNNING).update(
        status=status, finished_at=now, summary=trial.summary, error=trial.error
    )
