"""SPEC M6: the weekly note, to those who want it, once a week and shop, with something to say."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse
from django.utils.translation import override

from aftersale.models import Membership, Shop
from aftersale.services.shared.errors import NotAllowed
from monitoring.models import Alert, AlertSubscription, Robot, WeeklyNote, WeeklyReader
from monitoring.services import alerts, mails, weekly
from monitoring.services.alert_texts import alert_text
from monitoring.services.figures import roll_up
from monitoring.services.robots import sending
from monitoring.services.weekly import figures, looks, wording
from strategies.models import AdviceRun, DecisionTally, TrialStatus
from strategies.services import advice
from tests.admin.clients import english_client
from tests.concurrency.threads import at_once
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user
from tests.strategies.advice.past import make_past

from .platforms import Platforms, listening, make_robot

pytestmark = pytest.mark.django_db

# NOON is a Wednesday: the note is about the seven days before its Monday.
MONDAY = date(2026, 3, 9)
FIRST, LAST = MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)
EIGHT = NOON - timedelta(days=2, hours=4)


@pytest.fixture
def shop() -> Shop:
    return make_shop(name="Silk Road")


@pytest.fixture
def owner(shop: Shop) -> User:
    user = make_user(shop, "owner", email="owner@example.com")
    reads(shop, user)
    return user


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    with listening() as platforms:
        yield platforms


def reads(shop: Shop, user: User, *, wanted: bool = True) -> None:
    with override("en"):
        weekly.choose(shop_id=shop.pk, wanted=wanted, user=user, now=NOON)


def decided(shop: Shop, day: date, automatic: int, by_people: int) -> None:
    """So many decisions of a day, and a request of it: the shop was here then."""
    at = datetime.combine(day, NOON.time(), NOON.tzinfo)
    make_ticket(make_order(shop), awaiting_evaluation=False, status="cancelled", applied_at=at)
    for outcome, number in (("refund", automatic), ("manual", by_people)):
        DecisionTally.objects.create(
            shop=shop, day=day, outcome=outcome, decisions=number, amount=0
        )


def more_without_people(shop: Shop) -> None:
    decided(shop, FIRST - timedelta(days=7), 40, 60)
    decided(shop, FIRST, 70, 30)
    roll_up(now=NOON, shop_ids=[shop.pk])


SAID = [
    "Decided without people: 70% of the cases, 40% the week before.",
    "Work saved: 3.5 hours, 2.0 hours the week before.",
]


def searched(now: datetime = NOON) -> None:
    for run in AdviceRun.objects.filter(status=TrialStatus.QUEUED):
        advice.run(run.pk, clock=lambda: now)


def written(now: datetime = NOON) -> int:
    weekly.write(now=now)
    searched(now)
    return weekly.write(now=now)


def told(shop: Shop) -> list[str]:
    with override("en"):
        return [alert_text(each).text for each in Alert.objects.filter(shop=shop, kind="weekly")]


def test_nobody_gets_one_who_did_not_ask(shop: Shop) -> None:
    make_user(shop, "owner", email="owner@example.com")
    more_without_people(shop)
    assert (written(), WeeklyNote.objects.count(), AdviceRun.objects.count()) == (0, 0, 0)


def test_what_changed_goes_to_those_who_asked_in_their_shop(
    shop: Shop, owner: User, settings: Any
) -> None:
    settings.SITE_URL = "https://desk.example.com"
    make_user(shop, "admin", email="admin@example.com")
    other = make_shop()
    Membership.objects.create(shop=other, user=owner, role="owner")
    more_without_people(shop)
    more_without_people(other)
    assert written() == 1
    alerts.raise_alerts(now=NOON)
    mails.send_mails(clock=lambda: NOON)
    (message,) = mail.outbox
    assert message.to == ["owner@example.com"]
    assert message.subject == "[Afterdesk] 1 alert: Weekly note"
    lines = str(message.body).splitlines()
    assert "Silk Road, the week from 2026-03-02 to 2026-03-08:" in lines
    assert [line for line in lines if line in SAID] == SAID
    assert f"https://desk.example.com/admin/strategies/advice/?shop={shop.pk}" in lines
    assert WeeklyNote.objects.get().shop == shop
    page = english_client(owner).get(reverse("monitoring:alerts")).content.decode()
    assert "<br>".join(SAID) in page


def test_in_the_readers_language(shop: Shop) -> None:
    """That of its switch, whatever the language of other alerts and of other shops' notes."""
    user = make_user(shop, "owner", email="owner@example.com")
    AlertSubscription.objects.create(user=user, kind="cap", language="en")
    with override("zh-hans"):
        weekly.choose(shop_id=shop.pk, wanted=True, user=user, now=NOON)
    other = make_shop()
    Membership.objects.create(shop=other, user=user, role="owner")
    reads(other, user)
    more_without_people(shop)
    written()
    alerts.raise_alerts(now=NOON)
    mails.send_mails(clock=lambda: NOON)
    assert "免人工处理率 70%，前一周为 40%。" in str(mail.outbox[0].body)


def test_by_the_robots_that_tell_of_it(shop: Shop, platforms: Platforms) -> None:
    make_robot(shop, kinds=["weekly"])
    make_robot(shop, kinds=["cap"])
    more_without_people(shop)
    written()
    alerts.raise_alerts(now=NOON)
    sending.run(clock=lambda: NOON, seconds=0.05)
    (text,) = platforms.texts
    assert [line for line in text.splitlines() if line in SAID] == SAID


def test_once_a_week_however_often_it_runs(shop: Shop, owner: User) -> None:
    more_without_people(shop)
    assert [written(), written(), written(NOON + timedelta(hours=3))] == [1, 0, 0]
    for step in range(3):
        alerts.raise_alerts(now=NOON + timedelta(minutes=step))
    assert (WeeklyNote.objects.count(), AdviceRun.objects.count()) == (1, 1)
    assert len(told(shop)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_make_one(shop: Shop, owner: User) -> None:
    more_without_people(shop)
    at_once(lambda: weekly.write(now=NOON), lambda: weekly.write(now=NOON))
    assert (WeeklyNote.objects.count(), AdviceRun.objects.count()) == (1, 1)
    searched()
    found = at_once(lambda: weekly.write(now=NOON), lambda: weekly.write(now=NOON))
    assert sorted(found) == [0, 1]


def test_a_sweep_that_dies_goes_on_where_it_was(
    shop: Shop, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    more_without_people(shop)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("strategies.services.advice.begin", dies)
        with pytest.raises(KeyboardInterrupt):
            weekly.write(now=NOON)
    assert (WeeklyNote.objects.count(), AdviceRun.objects.count()) == (0, 0)
    weekly.write(now=NOON)
    with monkeypatch.context() as patch:
        patch.setattr("monitoring.services.weekly.note.to_look_at", dies)
        searched()
        with pytest.raises(KeyboardInterrupt):
            weekly.write(now=NOON)
    assert (weekly.write(now=NOON), AdviceRun.objects.count()) == (1, 1)


def test_a_shop_whose_note_fails_holds_up_no_other(
    shop: Shop, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_shop(code="other")
    reads(other, make_user(other, "owner"))
    whole = figures.changed

    def fails(own: Shop, first: date, last: date) -> list[dict[str, Any]]:
        if own == shop:
            raise ZeroDivisionError
        return whole(own, first, last)

    with monkeypatch.context() as patch:
        patch.setattr("monitoring.services.weekly.note.changed", fails)
        assert written() == 1
    assert WeeklyNote.objects.get(made_at=None).shop == shop
    assert weekly.write(now=NOON) == 1


def test_it_waits_for_the_search_and_takes_one_under_way(shop: Shop, owner: User) -> None:
    mine = advice.begin(shop_id=shop.pk, user=owner, now=NOON)
    more_without_people(shop)
    assert [weekly.write(now=NOON), weekly.write(now=NOON)] == [0, 0]
    assert WeeklyNote.objects.get().advice == mine == AdviceRun.objects.get()
    searched()
    assert weekly.write(now=NOON) == 1


def test_the_search_keeps_the_limits_that_people_gave(shop: Shop, owner: User) -> None:
    given = {"days": 45, "may_lose": 12_300, "scenarios": ["post_ship_return"]}
    run = advice.begin(shop_id=shop.pk, user=owner, now=NOON, products_left_out=["p9"], **given)
    AdviceRun.objects.filter(pk=run.pk).update(status=TrialStatus.DONE)
    weekly.write(now=NOON)
    own = AdviceRun.objects.get(created_by=None)
    assert ((own.ends_at - own.starts_at).days, own.may_lose) == (45, 12_300)
    assert (own.scenarios, own.products_left_out) == (["post_ship_return"], ["p9"])


@pytest.mark.parametrize(
    ("at", "week"),
    [
        (EIGHT - timedelta(seconds=1), None),
        (EIGHT, MONDAY),
        (EIGHT + timedelta(days=3, seconds=-1), MONDAY),
        (EIGHT + timedelta(days=3), None),
        (EIGHT + timedelta(days=7), MONDAY + timedelta(days=7)),
    ],
)
def test_from_monday_morning_and_never_of_an_old_past(
    shop: Shop, owner: User, at: datetime, week: date | None
) -> None:
    weekly.write(now=at)
    assert list(WeeklyNote.objects.values_list("week", flat=True)) == ([week] if week else [])


def test_nothing_to_say_no_note(shop: Shop, owner: User) -> None:
    assert written() == 1
    alerts.raise_alerts(now=NOON)
    assert (told(shop), WeeklyNote.objects.get().facts) == ([], {})
    assert weekly.newest(shop.pk) is None


def test_it_is_over_after_a_week(shop: Shop, owner: User) -> None:
    more_without_people(shop)
    written()
    alerts.raise_alerts(now=NOON)
    alerts.end_alerts(now=NOON + timedelta(days=6, hours=23))
    assert Alert.objects.get().ended_at is None
    alerts.end_alerts(now=NOON + timedelta(days=7))
    assert Alert.objects.get().ended_at == NOON + timedelta(days=7)


def test_who_left_or_may_not_gets_none(shop: Shop, owner: User) -> None:
    agent = make_user(shop, "cs_agent")
    with pytest.raises(NotAllowed):
        reads(shop, agent)
    with pytest.raises(NotAllowed):
        weekly.choose(shop_id=make_shop().pk, wanted=True, user=owner, now=NOON)
    assert list(WeeklyReader.objects.values_list("user", flat=True)) == [owner.pk]
    Membership.objects.filter(user=owner).update(role="viewer")
    assert (written(), WeeklyNote.objects.count()) == (0, 0)


def test_a_choice_is_taken_back(shop: Shop, owner: User) -> None:
    assert weekly.reads(shop_id=shop.pk, user=owner)
    reads(shop, owner, wanted=False)
    assert not weekly.reads(shop_id=shop.pk, user=owner)
    assert (written(), WeeklyNote.objects.count()) == (0, 0)


# Told changes, each with one beside it that is too small to tell.


def test_a_proposal_that_is_worth_it_is_told_again_when_it_has_grown(shop: Shop) -> None:
    make_past(shop)
    run = advice.begin(shop_id=shop.pk, user=None, now=NOON, here=True)
    advice.run(run.pk, clock=lambda: NOON)
    run.refresh_from_db()
    minutes = run.summary["points"][0]["figures"]["month"]["minutes_a_month"]
    found, said = looks.to_look_at(shop, FIRST, LAST, run, told=0)
    assert (found, said) == (
        [{"what": "proposals", "count": 1, "minutes": minutes, "loss": 0}], minutes,
    )  # fmt: skip
    assert looks.to_look_at(shop, FIRST, LAST, run, told=minutes) == ([], minutes)
    (again,), _ = looks.to_look_at(shop, FIRST, LAST, run, told=int(minutes / 1.3))
    assert again["minutes"] == minutes


def test_a_cap_that_runs_out(shop: Shop) -> None:
    own = make_strategy(shop, name="sizes")
    gone = make_strategy(shop, name="gone", enabled=False)
    days = [(FIRST + timedelta(days=n)).isoformat() for n in (0, 6)]
    run = AdviceRun(summary={"ran_out": {str(own.pk): [*days, MONDAY.isoformat()]}})
    found, _ = looks.to_look_at(shop, FIRST, LAST, run, told=0)
    assert found == [{"what": "cap", "name": "sizes", "days": 2}]
    for other in ({str(own.pk): days[:1]}, {str(gone.pk): days}):
        run = AdviceRun(summary={"ran_out": other})
        assert looks.to_look_at(shop, FIRST, LAST, run, told=0) == ([], 0)


def test_the_search_says_when_caps_run_out(shop: Shop) -> None:
    make_past(shop, 120, days=10)
    own = make_strategy(shop, single_amount_cap="15.00", daily_cap="16.00")
    run = advice.begin(shop_id=shop.pk, user=None, now=NOON, here=True)
    advice.run(run.pk, clock=lambda: NOON)
    run.refresh_from_db()
    (days,) = run.summary["ran_out"].values()
    assert list(run.summary["ran_out"]) == [str(own.pk)]
    assert len(days) >= 10 and days == sorted(set(days))


def regrets(shop: Shop, *found: tuple[int, int]) -> Any:
    """Hits that became losses, so many of each number of days before Monday."""
    figure = figures.Figure
    return lambda *_: [
        figure(shop.pk, MONDAY - timedelta(days=ago), "regret", "7", "", number, 100, 0, 0)
        for ago, number in found
    ]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([(1, 3)], True),
        ([(1, 2)], False),
        ([(1, 3), (8, 5)], True),
        ([(1, 3), (8, 6)], False),
        ([(1, 1), (7, 2), (20, 5)], True),
    ],
)
def test_a_strategy_whose_mistakes_grew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, found: list[tuple[int, int]], said: bool
) -> None:
    monkeypatch.setattr(looks, "figures_of", regrets(shop, *found))
    own = looks._mistakes(shop, FIRST, LAST, {"7": "sizes"})
    assert [each["name"] for each in own] == (["sizes"] if said else [])
    assert looks._mistakes(shop, FIRST, LAST, {"8": "other"}) == []


def test_new_reasons_are_those_that_nobody_gave_for_four_weeks(shop: Shop) -> None:
    def asked(reason: str, ago: int, number: int) -> figures.Figure:
        day = MONDAY - timedelta(days=ago)
        return figures.Figure(shop.pk, day, "request", reason, "", number, 0, 0, 0)

    before = [asked("other", 30, 5), asked("damaged", 20, 1)]
    now = [asked("damaged", 3, 9), asked("wrong_item", 2, 2), asked("wrong_item", 1, 1)]
    (found,) = figures._new_reasons([*before, *now, asked("few", 1, 2)], FIRST)
    assert found["reasons"] == [{"reason": "wrong_item", "requests": 3}]
    assert figures._new_reasons(now, FIRST) == []
    with override("en"):
        assert wording._change(found) == "New reasons of buyers: Wrong item sent (3)."


def test_likely_losses_that_are_more_or_fewer(shop: Shop) -> None:
    def lost(ago: int, number: int) -> figures.Figure:
        day = MONDAY - timedelta(days=ago)
        return figures.Figure(shop.pk, day, "loss", "likely_loss", "", number, 5_000, 0, 0)

    assert figures._losses([lost(1, 2), lost(8, 2)], FIRST) == []
    (more,) = figures._losses([lost(1, 2), lost(8, 1), lost(15, 9)], FIRST)
    assert more == {"what": "losses", "now": 2, "before": 1, "amount": 5_000}
    (fewer,) = figures._losses([lost(8, 1)], FIRST)
    with override("en"):
        assert wording._change(fewer) == "Likely losses: 0 (¥0.00), 1 the week before."


def test_a_shop_too_new_to_compare_says_nothing(shop: Shop) -> None:
    decided(shop, FIRST, 70, 30)
    roll_up(now=NOON, shop_ids=[shop.pk])
    assert figures.changed(shop, FIRST, LAST) == []


def test_small_changes_are_no_news(shop: Shop) -> None:
    decided(shop, FIRST - timedelta(days=7), 40, 60)
    decided(shop, FIRST, 44, 56)
    roll_up(now=NOON, shop_ids=[shop.pk])
    assert figures.changed(shop, FIRST, LAST) == []


def test_a_robot_is_asked_for_it_and_gets_none_unasked(shop: Shop) -> None:
    """New robots begin with all alerts, and without the note."""
    from monitoring.admin.robots import NOTES

    robot: Robot = make_robot(shop, kinds=["cap"])
    assert {"weekly"} == NOTES and not weekly.readers.wanted_in().exists()
    Robot.objects.filter(pk=robot.pk).update(kinds=["cap", "weekly"])
    assert list(weekly.readers.wanted_in()) == [shop]
