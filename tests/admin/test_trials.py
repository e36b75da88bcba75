"""Trial runs on screen: asked for where the decision is made, and nothing stays (SPEC M3, P1)."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from aftersale.models import Order, Shop, Ticket
from strategies.models import (
    Decision,
    EvaluatorLane,
    RulebookRevision,
    Strategy,
    StrategyRevision,
    StrategyUsage,
    TrialKind,
    TrialRun,
    TrialStatus,
)
from strategies.services import strategies, trials
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import make_order, make_strategy, make_ticket

from .clients import client_of, english_client, text_of
from .scene import Scene
from .test_board import send, three
from .test_strategy_forms import TYPED, add_url, errors, step

WEEK = {"period": "7"}
WATCHED = (
    Shop, Order, Ticket, Strategy, StrategyRevision, RulebookRevision, EvaluatorLane, Decision,
    StrategyUsage,
)  # fmt: skip


@pytest.fixture(autouse=True)
def long_ago(own: Scene, wakes_at_once: None) -> None:
    """The scene's own decisions lie before every period here."""
    Decision.objects.update(decided_at=timezone.now() - timedelta(days=900))


def real() -> list[Any]:
    """All that a trial run must leave as it was; what waits in the queue, too."""
    return [[sorted(map(repr, model.objects.values())) for model in WATCHED], woken()]


def woken() -> int:
    return sum("run_trial" not in task.func() for task in OrmQ.objects.all())


def begun() -> TrialRun:
    trial = TrialRun.objects.latest("pk")
    assert trial.status == "queued"
    return trial


def run(trial: TrialRun) -> TrialRun:
    trials.run(trial.pk, clock=timezone.now)
    trial.refresh_from_db()
    assert (trial.status, trial.error) == ("done", "")
    return trial


def evaluated(shop: Shop, *amounts: int, **fields: Any) -> list[Ticket]:
    tickets = [make_ticket(make_order(shop, paid_amount=each), **fields) for each in amounts]
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    return tickets


def page(client: Client, trial: TrialRun, name: str = "trial", query: str = "") -> Any:
    return client.get(reverse(f"automation:{name}", args=[trial.pk]) + query)


def test_a_new_strategy_is_tried_from_its_form(own: Scene) -> None:
    """Switched on, with what stands in the form; what is shown is what was found."""
    owner = english_client(own.people["owner"])
    gained, arbitrated, _too_large = evaluated(own.shop, 9_000, 30_000, 130_000)
    Ticket.objects.filter(pk=gained.pk).update(flags=["likely_loss"])
    Ticket.objects.filter(pk=arbitrated.pk).update(status="arbitration")
    before = real()
    sent = TYPED | WEEK | {"try": "1", "execution_time": "all_day"}
    answer = owner.post(add_url(own), sent)
    assert answer.status_code == 200 and "It waits for its turn." in text_of(answer)
    assert real() == before
    trial = run(begun())
    assert real() == before
    assert (trial.shop, trial.kind, trial.title) == (own.shop, "strategy", "night")
    assert trial.created_by == own.people["owner"]

    said = text_of(page(owner, trial))
    assert "2 more tickets (¥390.00) would have been approved automatically." in said
    assert "1 of the gained turned into a likely loss (¥90.00)." in said
    assert "1 of the gained went to arbitration later." in said
    assert "New: “night”." in said and "2 gained by" not in said
    assert "Highest with the proposed strategies: ¥390.00 on" in said
    found = page(owner, trial, "trial-tickets", "?change=gained")
    assert [each["found"].ticket for each in found.context["rows"]] == [arbitrated.pk, gained.pk]
    for only, ticket in (("likely_loss", gained), ("arbitration", arbitrated)):
        found = page(owner, trial, "trial-tickets", f"?change=gained&only={only}&against=real")
        assert [each["found"].ticket for each in found.context["rows"]] == [ticket.pk]
        decision = Decision.objects.get(ticket=ticket).pk
        link = reverse("admin:strategies_decision_change", args=[decision])
        assert link in found.content.decode()


def test_the_lists_hold_what_the_figures_count(own: Scene) -> None:
    """By strategy and by day; a day and a strategy without any are empty."""
    owner = english_client(own.people["owner"])
    small = make_strategy(own.shop, name="mine-small", single_amount_cap="60.00")
    evaluated(own.shop, 5_500, 5_600, 9_000)
    owner.post(step("edit", small), TYPED | WEEK | {
        "try": "1", "name": "mine-small", "execution_time": "all_day",
        "single_amount_cap": "55.50", "revision": small.revision,
    })  # fmt: skip
    trial = run(begun())
    lost = trial.summary["changes"]["present"]["lost"]
    assert (lost["tickets"], lost["amount"], lost["buyers"]) == (1, 5_600, 1)
    assert "1 ticket (¥56.00) would have gone to people instead." in text_of(page(owner, trial))
    today = timezone.localdate(timezone=ZoneInfo(own.shop.timezone))
    counts = {
        query: page(owner, trial, "trial-tickets", f"?change=lost&{query}").context["count"]
        for query in (
            "", f"strategy={small.pk}", "strategy=999999", f"day={today}",
            f"strategy={small.pk}&day={today - timedelta(days=1)}", "only=likely_loss",
        )
    }  # fmt: skip
    assert list(counts.values()) == [1, 1, 0, 1, 0, 0]


def test_what_is_wrong_in_the_form_is_said_as_when_saving(own: Scene) -> None:
    owner = client_of(own.people["owner"])
    before = real()
    wrong = TYPED | WEEK | {"try": "1", "single_amount_cap": "lots"}
    answer = owner.post(add_url(own), wrong)
    assert answer.status_code == 422 and list(errors(answer)) == ["single_amount_cap"]
    assert answer.headers["HX-Retarget"] == ".d-page"
    answer = owner.post(add_url(own), TYPED | {"try": "1", "period": "dates", "first": "x"})
    assert answer.status_code == 422
    assert errors(answer) == {"__all__": ["Choose the first and the last day."]}
    # SPEC T7: what could not be enabled cannot be tried.
    off = TYPED | WEEK | {"try": "1", "execution_time": "off_hours"}
    assert list(errors(owner.post(add_url(own), off))) == ["execution_time"]
    # SPEC T6: changed meanwhile by somebody else.
    strategy = own.row(Strategy)
    stale = TYPED | WEEK | {"try": "1", "revision": strategy.revision + 1}
    assert owner.post(step("edit", strategy), stale).status_code == 409
    assert real() == before and TrialRun.objects.count() == 1  # the scene's own


def test_chosen_dates_are_days_of_the_shop(own: Scene) -> None:
    owner = client_of(own.people["admin"])
    sent = {"period": "dates", "first": "2026-11-01", "last": "2026-11-03"}
    owner.post(add_url(own), TYPED | sent | {"try": "1"})
    trial = begun()
    assert trial.starts_at == datetime.fromisoformat("2026-11-01T00:00:00+08:00")
    assert trial.ends_at == datetime.fromisoformat("2026-11-04T00:00:00+08:00")


def test_switching_is_tried_from_its_dialogs(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    strategy = own.row(Strategy)
    tries = reverse("automation:trial-switch", args=[strategy.pk])
    for enabled in (False, True):
        Strategy.objects.filter(pk=strategy.pk).update(enabled=enabled)
        asked = owner.get(step("disable" if enabled else "enable", strategy))
        assert tries in asked.content.decode()
        before = real()
        assert owner.post(tries, WEEK).status_code == 200
        assert real() == before
        trial = begun()
        contents = [
            next(each["enabled"] for each in side["strategies"] if each["id"] == strategy.pk)
            for side in (trial.present, trial.proposed)
        ]
        assert contents == [enabled, not enabled]
        assert ("Disabled:" if enabled else "Enabled:") in text_of(page(owner, trial))


def test_a_pause_is_tried_from_its_dialog(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    make_strategy(own.shop)
    evaluated(own.shop, 4_000, 5_000)
    asked = owner.get(reverse("desk:automation-pause")).content.decode()
    tries = reverse("automation:trial-pause")
    assert tries in asked
    before = real()
    assert owner.post(tries, WEEK).status_code == 422
    assert owner.post(tries, WEEK | {"shop": own.shop.pk}).status_code == 200
    trial = run(begun())
    assert real() == before and not Shop.objects.get(pk=own.shop.pk).automation_paused
    assert (trial.kind, trial.paused) == (TrialKind.PAUSE, True)
    assert "2 tickets (¥90.00) would have gone to people instead." in text_of(page(owner, trial))


def test_the_present_strategies_are_tried_from_the_list(own: Scene) -> None:
    """Compared with what really happened, by itself; the hours lead to their tickets."""
    owner = english_client(own.people["owner"])
    (ticket,) = evaluated(own.shop, 4_000)
    make_strategy(own.shop, single_amount_cap="40.10", daily_cap="40.10")
    tries = reverse("automation:trial-present")
    assert tries in owner.get(reverse("automation:trials")).content.decode()
    viewer = client_of(own.people["viewer"])
    assert tries not in viewer.get(reverse("automation:trials")).content.decode()
    before = real()
    assert owner.post(tries, WEEK | {"shop": own.shop.pk}).status_code == 200
    trial = run(begun())
    assert real() == before
    assert trial.kind == TrialKind.PRESENT
    said = text_of(page(owner, trial, query="?against=present"))
    assert "1 more ticket (¥40.00) would have been approved automatically." in said
    assert "not approved automatically in fact" in said
    assert "(99 %)" in said  # a cap that is not used up is not 100 %
    assert "Proposed strategies" not in said and "Compared with the present" not in said
    (hour,) = trial.summary["proposed"]["hours"]
    for asked, found in ((hour["hour"], [ticket.pk]), ((hour["hour"] + 1) % 24, [])):
        rows = page(owner, trial, "trial-tickets", f"?hour={asked}").context["rows"]
        assert [row["found"].ticket for row in rows] == found


def test_days_without_evaluations_say_so(own: Scene) -> None:
    """And where those are of tickets that were brought in later."""
    owner = english_client(own.people["owner"])
    (ticket,) = evaluated(own.shop, 4_000)
    days = {"period": "dates", "first": "2021-01-01", "last": "2021-01-31"}
    tries = reverse("automation:trial-present")
    owner.post(tries, days | {"shop": own.shop.pk})
    said = text_of(page(owner, run(begun())))
    assert "No ticket was evaluated in these days." in said
    assert "Nothing would have been different" not in said and "evaluated later" not in said
    assert "Gained" not in said and "Hours of the day" not in said

    Decision.objects.filter(ticket=ticket).update(
        applied_at=datetime(2021, 1, 5, tzinfo=ZoneInfo("UTC")),
        decided_at=datetime(2021, 2, 3, 20, tzinfo=ZoneInfo("UTC")),
    )
    owner.post(tries, days | {"shop": own.shop.pk})
    said = text_of(page(owner, run(begun())))
    assert (
        "1 ticket was applied for then and evaluated later, from 2021-02-04 to 2021-02-04" in said
    )


def test_an_order_is_tried_before_it_is_saved(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    first, second, third = three(own.shop)
    tries = reverse("automation:trial-order", args=[own.shop.pk, "pre_ship_refund"])
    assert tries in owner.get(reverse("automation:board")).content.decode()
    before = real()
    places = {f"place-{first}": "3", f"place-{second}": "1", f"place-{third}": "2"}
    assert owner.post(tries, WEEK | places).status_code == 200
    assert real() == before
    trial = begun()
    assert order_in(trial.present) == [first, second, third]
    assert order_in(trial.proposed) == [second, third, first]
    assert "mine-b → mine-c → mine-strategy" in text_of(page(owner, trial))
    as_it_is = {f"place-{pk}": str(n) for n, pk in enumerate((first, second, third), 1)}
    for wrong in (as_it_is, places | {f"place-{first}": "1"}, {}):
        assert owner.post(tries, WEEK | wrong).status_code == 422
    assert TrialRun.objects.count() == 2 and real() == before


def test_an_order_that_was_dropped_is_tried_against_the_one_before(own: Scene) -> None:
    owner = client_of(own.people["owner"])
    old = three(own.shop)
    new = old[::-1]
    saved = send(owner, own.shop, new, old).content.decode()
    tries = reverse("automation:trial-order", args=[own.shop.pk, "pre_ship_refund"])
    seen = ",".join(map(str, old))
    assert f"{tries}?before={seen}" in saved
    before = real()
    assert owner.post(tries, WEEK | {"before": seen}).status_code == 200
    assert real() == before
    trial = begun()
    assert (order_in(trial.present), order_in(trial.proposed)) == (old, new)
    assert strategies.priorities(own.shop.pk, "pre_ship_refund") == new


def order_in(content: dict[str, Any]) -> list[int]:
    mine = [each for each in content["strategies"] if each["scenario"] == "pre_ship_refund"]
    return [each["id"] for each in sorted(mine, key=lambda each: each["priority"])]


def test_progress_is_said_and_the_page_is_read_anew_at_its_end(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    owner.post(add_url(own), TYPED | WEEK | {"try": "1"})
    trial = begun()
    assert "hx-trigger" in page(owner, trial).content.decode()
    TrialRun.objects.filter(pk=trial.pk).update(status="running", done=430, total=1_000)
    answer = page(owner, trial, "trial-progress")
    assert "43 %: 430 of 1000 evaluations replayed." in text_of(answer)
    assert "HX-Refresh" not in answer.headers
    viewer = page(client_of(own.people["viewer"]), trial, "trial-progress")
    assert "trial-cancel" not in viewer.content.decode() and "cancel" not in text_of(viewer)

    answer = owner.post(reverse("automation:trial-cancel", args=[trial.pk]))
    trial.refresh_from_db()
    assert trial.status == TrialStatus.CANCELLED
    assert answer.headers["HX-Refresh"] == "true"
    answer = page(owner, trial, "trial-progress", "?dialog")
    assert "HX-Refresh" not in answer.headers and "It was cancelled." in text_of(answer)
    assert page(owner, trial, "trial-tickets").status_code == 404


def test_imported_history_is_marked(own: Scene) -> None:
    owner = english_client(own.people["owner"])
    at = timezone.now() - timedelta(days=1)
    order = make_order(own.shop, paid_at=at, status="completed")
    ticket = make_ticket(order, applied_at=at, awaiting_evaluation=False, status="refunded")
    sent = TYPED | WEEK | {"try": "1", "execution_time": "all_day"}
    owner.post(add_url(own), sent)
    trial = run(begun())
    assert (trial.estimated, trial.total) == (1, 1)
    assert "All of it is estimated" in text_of(page(owner, trial))
    found = page(owner, trial, "trial-tickets")
    assert [each["found"].ticket for each in found.context["rows"]] == [ticket.pk]
    assert "Estimated" in text_of(found)


def test_a_breaker_that_would_have_opened(own: Scene) -> None:
    """SPEC G3: it stays open to the end of the trial run."""
    owner = english_client(own.people["owner"])
    evaluated(own.shop, 1_000, 1_000, 1_000, 1_000)
    sent = TYPED | WEEK | {"try": "1", "execution_time": "all_day"}
    owner.post(add_url(own), sent | {"breaker_hits": "1", "breaker_minutes": "10"})
    trial = run(begun())
    said = text_of(page(owner, trial))
    assert "2 more tickets (¥20.00)" in said
    assert "Circuit breakers that would have opened night" in said


def test_the_list_is_of_the_shops_one_sees(own: Scene, foreign: Scene) -> None:
    runs = reverse("automation:trials")
    said = text_of(client_of(own.people["viewer"]).get(runs))
    assert "mine-trial" in said and "theirs-trial" not in said
    assert "theirs" not in text_of(
        client_of(own.people["owner"]).get(runs + f"?shop={foreign.shop.pk}")
    )


@pytest.mark.parametrize("against", ["real", "present"])
@pytest.mark.parametrize("role", ["viewer", "cs_agent", "owner"])
def test_members_read_results(own: Scene, role: str, against: str) -> None:
    client = english_client(own.people[role])
    answer = page(client, own.row(TrialRun), query=f"?against={against}&strategy=nonsense")
    assert answer.status_code == 200
    assert "No ticket was evaluated in these days." in text_of(answer)
