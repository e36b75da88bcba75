"""Trial runs over real decisions agree with what happened, and write nothing else (SPEC M3)."""

from datetime import date, datetime, timedelta

import pytest

from aftersale.models import Role, Shop, Ticket, TicketFlag
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from strategies.models import (
    NOT_ASKED,
    Decision,
    Strategy,
    TrialEvaluation,
    TrialKind,
    TrialRun,
    TrialStatus,
)
from strategies.services import strategies, trials
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import (
    NOON,
    make_order,
    make_shop,
    make_strategy,
    make_ticket,
    make_user,
    strategy_record,
)
from tests.queries import counted_queries

pytestmark = pytest.mark.django_db


def today() -> date:
    """Decisions carry the database's moment."""
    return datetime.now().astimezone().date()


def begin(shop: Shop, proposed=None, kind=TrialKind.PRESENT, **given) -> TrialRun:
    user = given.pop("user", None) or make_user(shop, Role.ADMIN)
    day = today()
    given = {"first": day - timedelta(days=1), "last": day + timedelta(days=1)} | given
    return trials.begin(
        shop_id=shop.pk, kind=kind, title="t", proposed=proposed, user=user, now=NOON, **given
    )


def ran(trial: TrialRun) -> TrialRun:
    trials.run(trial.pk, clock=lambda: NOON)
    trial.refresh_from_db()
    assert trial.error == ""
    return trial


def evaluated(shop: Shop, *amounts: int) -> list[Ticket]:
    tickets = [make_ticket(make_order(shop, paid_amount=amount)) for amount in amounts]
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    return tickets


def changes(trial: TrialRun, against: str = "real") -> dict[str, tuple[int, int]]:
    found = trial.summary["changes"][against]
    return {name: (found[name]["tickets"], found[name]["amount"]) for name in ("gained", "lost")}


NOTHING = {"gained": (0, 0), "lost": (0, 0)}


def test_the_strategies_as_they_are_decide_what_was_decided() -> None:
    """Caps included: the third ticket found the cap spent, the fourth still fitted (E5)."""
    shop = make_shop()
    strategy = make_strategy(shop, single_amount_cap="100.00", daily_cap="150.00")
    evaluated(shop, 10_000, 9_000, 5_000, 20_000)
    assert Decision.objects.exclude(outcome="manual").count() == 2
    trial = ran(begin(shop))
    assert (trial.status, trial.total, trial.done, trial.estimated) == ("done", 4, 4, 0)
    assert changes(trial) == changes(trial, "present") == NOTHING
    assert not TrialEvaluation.objects.exists()
    assert trial.summary["real"] == {str(strategy.pk): {"hits": 2, "amount": 15_000}}
    (day,) = trial.summary["proposed"]["days"]
    assert (day["strategy"], day["hits"], day["amount"]) == (str(strategy.pk), 2, 15_000)


def test_a_new_strategy_is_tried_before_it_is_saved() -> None:
    shop = make_shop()
    admin = make_user(shop, Role.ADMIN)
    kept = make_strategy(shop, single_amount_cap="50.00")
    lost, gained, _neither = evaluated(shop, 4_000, 9_000, 20_000)
    lost.flags = [TicketFlag.LIKELY_LOSS]
    lost.save()
    Ticket.objects.filter(pk=gained.pk).update(flags=[TicketFlag.LIKELY_LOSS])
    before = rows()

    def change() -> None:
        strategies.disable(strategy_id=kept.pk, user=admin, now=NOON)
        new = strategies.create(
            shop_id=shop.pk,
            record=strategy_record(shop, single_amount_cap="100.00", buyer_reasons=[]),
            user=admin,
            now=NOON,
        )
        strategies.enable(strategy_id=new.pk, user=admin, now=NOON)

    proposed = trials.content_after(shop.pk, change)
    assert rows() == before
    trial = ran(begin(shop, proposed, TrialKind.STRATEGY, user=admin))
    assert changes(trial) == {"gained": (1, 9_000), "lost": (0, 0)}
    assert trial.summary["changes"]["real"]["gained"]["likely_losses"] == 1
    assert trial.summary["changes"]["present"]["gained"]["buyers"] == 1
    # Kept too: what another strategy would have hit.
    assert set(TrialEvaluation.objects.values_list("ticket", flat=True)) == {lost.pk, gained.pk}
    assert rows() == before


def rows() -> list:
    """Rows that a trial run must not touch (SPEC M3: nothing is written)."""
    return [
        sorted(model.objects.values_list())
        for model in (Ticket, Decision, Strategy)
    ]  # fmt: skip


def test_a_pause_is_tried() -> None:
    shop = make_shop()
    make_strategy(shop)
    evaluated(shop, 4_000, 5_000)
    trial = ran(begin(shop, kind=TrialKind.PAUSE))
    assert changes(trial) == {"gained": (0, 0), "lost": (2, 9_000)}
    assert trial.summary["proposed"]["hits"] == 0
    assert trial.summary["present"]["hits"] == 2


def test_a_ticket_that_was_evaluated_twice_counts_once() -> None:
    """Then it went to people, came back and was refunded; here the first look takes it (S3)."""
    shop = make_shop()
    admin = make_user(shop, Role.ADMIN)
    strategy = make_strategy(shop, single_amount_cap="50.00")
    (ticket,) = evaluated(shop, 9_000)
    record = strategy_record(shop, name=strategy.name, single_amount_cap="100.00")
    strategies.change(
        strategy_id=strategy.pk, record=record, revision=strategy.revision, user=admin, now=NOON
    )
    Ticket.objects.filter(pk=ticket.pk).update(awaiting_evaluation=True)
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    assert list(Decision.objects.order_by("pk").values_list("outcome", flat=True)) == [
        "manual", "refund",
    ]  # fmt: skip
    trial = ran(begin(shop))
    assert changes(trial) == NOTHING
    assert [(e.real, e.proposed) for e in TrialEvaluation.objects.order_by("pk")] == [
        ("", str(strategy.pk)), (str(strategy.pk), NOT_ASKED),
    ]  # fmt: skip


def test_imported_history_is_estimated() -> None:
    """The order's status at application comes of its times: paid, not yet shipped."""
    shop = make_shop()
    strategy = make_strategy(shop)
    order = make_order(shop, status="completed", shipped_at=NOON + timedelta(hours=2))
    make_ticket(order, awaiting_evaluation=False, status="refunded")
    trial = ran(begin(shop, first=NOON.date(), last=NOON.date()))
    assert (trial.total, trial.estimated) == (1, 1)
    assert changes(trial) == {"gained": (1, 10_000), "lost": (0, 0)}
    assert trial.summary["proposed"]["days"] == [
        {"strategy": str(strategy.pk), "day": "2026-03-11", "hits": 1, "amount": 10_000}
    ]
    assert trial.summary["proposed"]["hours"] == [{"hour": 12, "hits": 1, "amount": 10_000}]


def test_pieces_and_both_kinds_of_past_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategies.services.past.reading.PIECE", 2)
    monkeypatch.setattr("strategies.services.trials.answers.PIECE", 2)
    shop = make_shop()
    make_strategy(shop, daily_cap="50000.00")
    evaluated(shop, *[1_000 + n for n in range(5)])
    for n in range(5):
        make_ticket(
            make_order(shop),
            awaiting_evaluation=False,
            applied_at=datetime.now().astimezone() - timedelta(n),
        )
    trial = ran(begin(shop, first=today() - timedelta(days=9)))
    assert (trial.total, trial.done, trial.estimated) == (10, 10, 5)
    assert changes(trial)["gained"][0] == 5
    kept = TrialEvaluation.objects.order_by("pk")
    assert {row.decision_id for row in kept} == {None}
    assert [row.at for row in kept] == sorted(row.at for row in kept)
    buyers = [row.ticket.buyer for row in kept.select_related("ticket")]
    assert [row.buyer for row in kept] == buyers and len(set(buyers)) == 5


def test_the_approvals_of_the_days_before_count_for_the_buyer() -> None:
    """SPEC G1: a limit of one refund in 30 days."""
    shop = make_shop(buyer_limit_days=30, buyer_limit_count=1)
    make_strategy(shop)
    first = make_ticket(make_order(shop, buyer="b"))
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    Decision.objects.filter(ticket=first).update(
        decided_at=datetime.now().astimezone() - timedelta(days=7)
    )
    make_ticket(make_order(shop, buyer="b"))
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    trial = ran(begin(shop))
    assert (trial.total, changes(trial)) == (1, NOTHING)


def test_a_cancelled_trial_run_stops_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strategies.services.trials.answers.PIECE", 1)
    shop = make_shop()
    admin = make_user(shop, Role.ADMIN)
    evaluated(shop, 1_000, 2_000, 3_000)
    make_strategy(shop)
    trial = begin(shop, user=admin)

    def clock() -> datetime:
        # At the first look since rows of the answers were written.
        if TrialEvaluation.objects.filter(trial=trial).exists():
            trials.cancel(trial_id=trial.pk, user=admin, now=NOON)
        return NOON

    trials.run(trial.pk, clock=clock)
    trial.refresh_from_db()
    assert (trial.status, trial.summary) == (TrialStatus.CANCELLED, {})
    assert not TrialEvaluation.objects.exists()


def test_one_whose_worker_died_begins_anew_and_one_that_lives_is_left_alone() -> None:
    shop = make_shop()
    make_strategy(shop)
    evaluated(shop, 1_000)
    trial = begin(shop)
    TrialRun.objects.update(status="running", seen_at=NOON - timedelta(minutes=4), done=7)
    trials.run(trial.pk, clock=lambda: NOON)
    trial.refresh_from_db()
    assert (trial.status, trial.done) == ("running", 7)
    TrialRun.objects.update(seen_at=NOON - timedelta(minutes=6))
    assert ran(trial).status == "done"
    assert trial.done == 1


def test_what_goes_wrong_is_said() -> None:
    shop = make_shop()
    trial = begin(shop, proposed={"strategies": [{}]})
    trials.run(trial.pk, clock=lambda: NOON)
    trial.refresh_from_db()
    assert (trial.status, trial.error) == ("failed", "KeyError: 'scenario'")


@pytest.mark.parametrize("role", [Role.CS_MANAGER, Role.CS_AGENT, Role.VIEWER])
def test_only_who_may_change_strategies_begins_and_cancels(role: Role) -> None:
    shop = make_shop()
    trial = begin(shop)
    person = make_user(shop, role)
    with pytest.raises(NotAllowed):
        begin(shop, user=person)
    with pytest.raises(NotAllowed):
        trials.cancel(trial_id=trial.pk, user=person, now=NOON)
    with pytest.raises(NotFound):
        trials.cancel(trial_id=trial.pk, user=make_user(make_shop()), now=NOON)
    trial.refresh_from_db()
    assert (TrialRun.objects.count(), trial.status) == (1, "queued")


@pytest.mark.parametrize(
    ("first", "last"), [("2026-03-11", "2026-03-10"), ("2025-01-01", "2026-03-11")]
)
def test_periods(first: str, last: str) -> None:
    shop = make_shop()
    with pytest.raises(Refused, match="at most 400 days"):
        begin(shop, first=date.fromisoformat(first), last=date.fromisoformat(last))
    assert not TrialRun.objects.exists()


def test_at_most_three_of_a_shop_are_under_way() -> None:
    shop = make_shop()
    for _ in range(3):
        begin(shop)
    with pytest.raises(Refused, match="3 trial runs"):
        begin(shop)
    assert TrialRun.objects.count() == 3


def test_queries_do_not_grow_with_tickets() -> None:
    shop = make_shop()
    make_strategy(shop)
    numbers = []
    for amounts in ([1_000], [2_000] * 20):
        evaluated(shop, *amounts)
        trial = begin(shop)
        with counted_queries() as queries:
            ran(trial)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
