"""Tasks of the `decide` cluster. They only wake workers up; rows say what is due."""

from django.utils import timezone

from config.heartbeat import beat
from config.queue import DECIDE, wake
from strategies.demo import seed
from strategies.services import advice, past, trials
from strategies.services.evaluator import Tally, decide_shop, shops_waiting
from strategies.services.lanes import DECIDE_TASK

# After this much work a task queues up again, so that other shops get their turn.
SECONDS = 2.0
# How often a run that finds only locked tickets asks for another; then the sweep takes over.
LOOKS = 20


def decide(shop_id: int, looks: int = LOOKS) -> int:
    """Decides what waits in a shop; returns how many tickets it decided."""
    tally = Tally()
    if decide_shop(shop_id, tally=tally, seconds=SECONDS):
        left = LOOKS if tally.total else looks - 1
        if left:
            wake(DECIDE_TASK, shop_id, left, cluster=DECIDE)
    return tally.total


def sweep() -> None:
    """Finds waiting tickets without a task: after a crash, or a lost task (SPEC E1)."""
    for shop_id in shops_waiting():
        wake(DECIDE_TASK, shop_id, cluster=DECIDE)
    now = timezone.now()
    trials.wake_silent(now=now)
    advice.wake_silent(now=now)


def run_trial(trial_id: int) -> None:
    """Runs a trial run in the slow cluster (SPEC M3)."""
    trials.run(trial_id, clock=timezone.now)


def run_advice(run_id: int) -> None:
    """Runs a search for strategies in the slow cluster (SPEC M6)."""
    advice.run(run_id, clock=timezone.now)


def keep_past(shop_id: int) -> None:
    """Makes the copy of a shop's past that a what-if missed (SPEC M7)."""
    past.keep(shop_id, now=timezone.now(), alive=beat)


def keep_pasts() -> None:
    """Adds to the copies of shops' pasts what was decided since."""
    past.keep_all(now=timezone.now(), alive=beat)


def live_demo() -> None:
    """Writes the demo shops' month, which the first page does not wait for."""
    for demo in seed.unlived():
        seed.live(demo, now=timezone.now())
