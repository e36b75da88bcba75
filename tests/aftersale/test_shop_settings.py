"""SPEC T7, F1, G1, W4, P1: the settings of a shop, section by section."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from aftersale.domain import holidays
from aftersale.models import AuditEntry, BlockedBuyer, Role, Shop
from aftersale.services.access import members
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from aftersale.services.shops import settings, shops
from aftersale.signals import shop_changed
from strategies.models import RulebookRevision
from tests.concurrency.threads import at_once
from tests.factories import NOON, make_shop, make_user

pytestmark = pytest.mark.django_db

HOURS = {"mon": [["09:00", "18:00"]], "fri": [["18:00", "02:00"]]}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Events are written in the language of whoever saves."""
    with translation.override("en"):
        yield


@pytest.fixture
def shop() -> Shop:
    return make_shop(working_hours=HOURS, special_days={"2026-10-01": []})


@pytest.fixture
def told() -> Iterator[list[int]]:
    heard: list[int] = []

    def hear(sender: object, *, shop_id: int, **_: object) -> None:
        heard.append(shop_id)

    shop_changed.connect(hear)
    yield heard
    shop_changed.disconnect(hear)


def set_hours(shop: Shop, user: Any, **fields: Any) -> None:
    settings.set_hours(
        **{
            "shop_id": shop.pk,
            "timezone": "Asia/Shanghai",
            "working_hours": HOURS,
            "seen": settings.hours_of(shop),
            "user": user,
            "now": NOON,
            **fields,
        }
    )


def set_days(shop: Shop, user: Any, days: dict, **fields: Any) -> None:
    seen = settings.special_days_of(shop, days)
    settings.set_special_days(
        **{"shop_id": shop.pk, "days": days, "seen": seen, "user": user, "now": NOON, **fields}
    )


def set_limit(shop: Shop, user: Any, **fields: Any) -> None:
    seen = settings.buyer_limit_of(shop)
    limit = {"days": 30, "count": 5, "amount": 50_050} | fields
    settings.set_buyer_limit(
        **{"shop_id": shop.pk, "seen": seen, "user": user, "now": NOON, **limit}
    )


def set_commission(shop: Shop, user: Any, **fields: Any) -> None:
    given = {"wallet_opened_at": NOON, "categories": ["shoes"], "days": 60} | fields
    seen = settings.commission_return_of(shop)
    settings.set_commission_return(
        **{"shop_id": shop.pk, "seen": seen, "user": user, "now": NOON, **given}
    )


def opt_in(shop: Shop, user: Any, hours: float = 0) -> None:
    settings.opt_in(shop_id=shop.pk, user=user, now=NOON + timedelta(hours=hours))


def opt_out(shop: Shop, user: Any, hours: float = 0) -> None:
    settings.opt_out(shop_id=shop.pk, user=user, now=NOON + timedelta(hours=hours))


def notes() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("note", flat=True))


def content(shop: Shop) -> Any:
    row = Shop.objects.filter(pk=shop.pk).values().get()
    periods = list(shop.fast_refund_periods.values_list("starts_at", "ends_at"))
    return row, periods, list(shop.blocked_buyers.values_list("buyer")), notes()


SAVES: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "hours": (lambda s, u: set_hours(s, u, working_hours={}), {"owner"}),
    "days": (lambda s, u: set_days(s, u, {"2026-10-01": None}), {"owner"}),
    "in": (opt_in, {"owner"}),
    "limit": (set_limit, {"owner", "admin"}),
    "commission": (set_commission, {"owner"}),
}


@pytest.mark.parametrize("save", SAVES)
@pytest.mark.parametrize("role", [*Role.values, "stranger"])
def test_who_may_save(shop: Shop, save: str, role: str) -> None:
    """SPEC P1's table; whoever is no member is not even told that there is such a shop."""
    call, roles = SAVES[save]
    user = make_user(
        make_shop() if role == "stranger" else shop, "owner" if role == "stranger" else role
    )
    before = content(shop)
    if role in roles:
        call(shop, user)
        assert content(shop) != before
        assert AuditEntry.objects.get().user == user
        return
    with pytest.raises(NotFound if role == "stranger" else NotAllowed):
        call(shop, user)
    assert content(shop) == before


def test_hours_are_saved_with_one_event_and_one_rulebook(shop: Shop, told: list[int]) -> None:
    """SPEC T6, T7: decisions are made by the new hours from the commit on."""
    owner = make_user(shop)
    set_days(shop, owner, {"2026-10-02": []})  # the first rulebook
    told.clear()
    new = {"sun": [["10:00", "12:00"]], "mon": [["09:00", "24:00"]], "tue": [["09:00", "24:00"]]}
    shop.refresh_from_db()
    set_hours(shop, owner, timezone="Asia/Tokyo", working_hours={**new, "wed": []})
    shop.refresh_from_db()
    assert (shop.timezone, shop.working_hours) == ("Asia/Tokyo", new)
    assert notes()[1:] == [
        "Time zone: Asia/Shanghai → Asia/Tokyo\n"
        "Mon: 09:00–18:00 → 09:00–24:00\n"
        "Tue: closed → 09:00–24:00\n"
        "Fri: 18:00–02:00 → closed\n"
        "Sun: closed → 10:00–12:00"
    ]
    assert told == [shop.pk]
    rulebooks = RulebookRevision.objects.filter(shop=shop).order_by("number")
    assert [book.content["working_hours"] for book in rulebooks] == [HOURS, new]
    assert rulebooks[1].created_by == owner


def test_days_that_change_alike_are_said_together(shop: Shop) -> None:
    week = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu")}
    set_hours(shop, make_user(shop), working_hours=week | {"fri": HOURS["fri"]})
    assert notes() == ["Tue–Thu: closed → 09:00–18:00"]


def test_saving_what_is_there_writes_nothing(shop: Shop, told: list[int]) -> None:
    owner = make_user(shop)
    before = content(shop)
    set_hours(shop, owner)
    set_days(shop, owner, {"2026-10-01": [], "2026-10-02": None})
    set_limit(shop, owner, days=None, count=None, amount=None)
    set_commission(shop, owner, wallet_opened_at=None, categories=[], days=None)
    opt_out(shop, owner)
    assert (content(shop), told) == (before, [])


def test_stale_hours_are_refused_with_what_changed(shop: Shop, told: list[int]) -> None:
    seen = settings.hours_of(shop)
    set_hours(shop, make_user(shop), working_hours={"mon": [["10:00", "18:00"]]})
    before = content(shop)
    with pytest.raises(Stale) as refused:
        set_hours(shop, make_user(shop), working_hours={"tue": [["09:00", "18:00"]]}, seen=seen)
    assert refused.value.message == (
        "Somebody else has saved meanwhile, and nothing of yours was:"
        " Mon: 09:00–18:00 → 10:00–18:00; Fri: 18:00–02:00 → closed"
    )
    assert (content(shop), told) == (before, [shop.pk])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(shop: Shop) -> None:
    """The shop's row is locked before what was seen is compared with what is there."""
    owner, seen = make_user(shop), settings.hours_of(shop)

    def save(start: str) -> None:
        hours = {"mon": [[start, "18:00"]]}
        set_hours(Shop.objects.get(pk=shop.pk), owner, working_hours=hours, seen=seen)

    results = at_once(lambda: save("10:00"), lambda: save("11:00"))
    assert sorted(map(type, results), key=str) == [type(None), Stale]
    assert AuditEntry.objects.count() == 1
    shop.refresh_from_db()
    assert shop.working_hours["mon"][0][0] == ("11:00" if results[0] else "10:00")


def test_every_section_refuses_what_is_stale(shop: Shop) -> None:
    owner = make_user(shop)
    seen = {
        "days": settings.special_days_of(shop, ["2026-10-01"]),
        "limit": settings.buyer_limit_of(shop),
        "commission": settings.commission_return_of(shop),
    }
    set_days(shop, owner, {"2026-10-01": [["09:00", "12:00"]]})
    set_limit(shop, owner)
    set_commission(shop, owner)
    before = content(shop)
    for call, said in (
        (
            lambda: set_days(shop, owner, {"2026-10-01": None}, seen=seen["days"]),
            "2026-10-01: closed → 09:00–12:00",
        ),
        (
            lambda: set_limit(shop, owner, count=1, seen=seen["limit"]),
            "Buyer limit: off → 5 refunds, ¥500.50 in 30 days",
        ),
        (
            lambda: set_commission(shop, owner, days=1, seen=seen["commission"]),
            "Wallet opened at: – → 2026-03-11 12:00; Commission comes back for: – → shoes;"
            " Days after completion: – → 60",
        ),
    ):
        with pytest.raises(Stale) as refused:
            call()
        assert refused.value.message.endswith(said)
    assert content(shop) == before


WRONG = [
    ({"timezone": "Mars/Olympus"}, "timezone"),
    ({"working_hours": {"someday": [["09:00", "18:00"]]}}, "working_hours.someday"),
    ({"working_hours": {"mon": [["9 o'clock", "18:00"]]}}, "working_hours.mon[0][0]"),
    ({"working_hours": {"mon": [["09:00", "25:00"]]}}, "working_hours.mon[0][1]"),
    ({"working_hours": {"mon": [["24:00", "09:00"]]}}, "working_hours.mon[0][0]"),
    ({"working_hours": {"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}}, "working_hours.mon"),
    ({"working_hours": {"mon": [["12:00", "18:00"], ["09:00", "13:00"]]}}, "working_hours.mon"),
    (
        {"working_hours": {"sun": [["18:00", "10:00"]], "mon": [["09:00", "18:00"]]}},
        "working_hours.mon",
    ),
]


@pytest.mark.parametrize(("fields", "pointer"), WRONG)
def test_wrong_hours_name_the_field(shop: Shop, fields: dict, pointer: str) -> None:
    before = content(shop)
    with pytest.raises(Refused) as refused:
        set_hours(shop, make_user(shop), **fields)
    assert refused.value.pointer == pointer
    assert content(shop) == before


def test_hours_may_touch_and_run_past_midnight(shop: Shop) -> None:
    """INTERFACES: an interval belongs to the day on which it starts."""
    hours = {"sun": [["18:00", "09:00"]], "mon": [["09:00", "12:00"], ["12:00", "24:00"]]}
    set_hours(shop, make_user(shop), working_hours=hours)
    shop.refresh_from_db()
    assert shop.working_hours == {"mon": hours["mon"], "sun": hours["sun"]}


@pytest.mark.parametrize(
    ("call", "pointer"),
    [
        (lambda s, u: set_days(s, u, {"2026-02-30": []}), "special_days.2026-02-30"),
        (
            lambda s, u: set_days(s, u, {"2026-10-02": [["09:00", "18:00"], ["17:00", "19:00"]]}),
            "special_days.2026-10-02",
        ),
        (lambda s, u: set_limit(s, u, days=None), "buyer_limit.days"),
        (lambda s, u: set_limit(s, u, days=0), "buyer_limit.days"),
        (lambda s, u: set_limit(s, u, count=None, amount=None), "buyer_limit.count"),
        (lambda s, u: set_limit(s, u, count=-1), "buyer_limit.count"),
        (lambda s, u: set_limit(s, u, amount=-1), "buyer_limit.amount"),
        (lambda s, u: set_commission(s, u, days=None), "commission_return.days"),
        (lambda s, u: set_commission(s, u, days=-1), "commission_return.days"),
        (
            lambda s, u: set_commission(s, u, categories=["c" * 65]),
            "commission_return.categories[0]",
        ),
        (
            lambda s, u: shops.block_buyer(shop_id=s.pk, buyer="  ", user=u, now=NOON),
            "buyer",
        ),
        (
            lambda s, u: shops.block_buyer(shop_id=s.pk, buyer="b" * 65, user=u, now=NOON),
            "buyer",
        ),
        (
            lambda s, u: shops.block_buyer(
                shop_id=s.pk, buyer="b", note="n" * 501, user=u, now=NOON
            ),
            "note",
        ),
    ],
)
def test_wrong_input_names_the_field(shop: Shop, call: Callable[..., Any], pointer: str) -> None:
    before = content(shop)
    with pytest.raises(Refused) as refused:
        call(shop, make_user(shop))
    assert refused.value.pointer == pointer
    assert content(shop) == before


def test_special_days_come_and_go_without_touching_others(shop: Shop) -> None:
    owner = make_user(shop)
    set_days(shop, owner, {"2026-10-02": [], "2026-10-03": [], "2026-11-11": [["00:00", "24:00"]]})
    shop.refresh_from_db()
    assert shop.special_days == {
        "2026-10-01": [],
        "2026-10-02": [],
        "2026-10-03": [],
        "2026-11-11": [["00:00", "24:00"]],
    }
    set_days(shop, owner, {"2026-10-02": None})
    shop.refresh_from_db()
    assert list(shop.special_days) == ["2026-10-01", "2026-10-03", "2026-11-11"]
    assert notes() == [
        "2026-10-02 – 2026-10-03: as usual → closed\n2026-11-11: as usual → 00:00–24:00",
        "2026-10-02: closed → as usual",
    ]


def test_periods_of_fast_refund_are_kept(shop: Shop, told: list[int]) -> None:
    """SPEC F1: an order must have been paid in one."""
    owner = make_user(shop)
    opt_in(shop, owner)
    opt_in(shop, owner, hours=1)
    opt_out(shop, owner, hours=2)
    opt_out(shop, owner, hours=3)
    opt_in(shop, owner, hours=4)
    periods = list(shop.fast_refund_periods.values_list("starts_at", "ends_at"))
    assert periods == [
        (NOON, NOON + timedelta(hours=2)),
        (NOON + timedelta(hours=4), None),
    ]
    assert notes() == [
        "Opted into fast refund",
        "Opted out of fast refund",
        "Opted into fast refund",
    ]
    assert told == [shop.pk] * 3
    assert RulebookRevision.objects.filter(shop=shop).count() == 3


def test_announced_periods_give_way_and_are_written_down(shop: Shop) -> None:
    """A file may announce a period; opting in or out by hand holds from now on, without end."""
    owner = make_user(shop)
    past = shop.fast_refund_periods.create(
        starts_at=NOON - timedelta(days=9), ends_at=NOON - timedelta(days=8)
    )
    current = shop.fast_refund_periods.create(
        starts_at=NOON - timedelta(days=1), ends_at=NOON + timedelta(days=1)
    )
    shop.fast_refund_periods.create(starts_at=NOON + timedelta(days=2))
    opt_in(shop, owner)
    assert notes() == ["Opted into fast refund\nTaken out, had not begun: from 2026-03-13 12:00"]
    current.refresh_from_db()
    assert current.ends_at is None
    assert list(shop.fast_refund_periods.all()) == [past, current]
    opt_out(shop, owner)
    current.refresh_from_db()
    past.refresh_from_db()
    assert (current.ends_at, past.ends_at) == (NOON, NOON - timedelta(days=8))


def test_opting_out_in_the_same_moment_leaves_no_period(shop: Shop) -> None:
    owner = make_user(shop)
    opt_in(shop, owner)
    opt_out(shop, owner)
    assert not shop.fast_refund_periods.exists()


def test_buyer_limit_is_set_and_switched_off(shop: Shop) -> None:
    """SPEC G1: off by default; the rulebook has it in fen."""
    owner = make_user(shop)
    assert settings.buyer_limit_of(shop) == {"days": None, "count": None, "amount": None}
    set_limit(shop, owner)
    book = RulebookRevision.objects.filter(shop=shop).latest("number")
    assert book.content["buyer_limit"] == {"days": 30, "count": 5, "amount": 50_050}
    shop.refresh_from_db()
    set_limit(shop, owner, count=None)
    shop.refresh_from_db()
    set_limit(shop, owner, days=None, count=None, amount=None)
    assert notes() == [
        "Buyer limit: off → 5 refunds, ¥500.50 in 30 days",
        "Buyer limit: 5 refunds, ¥500.50 in 30 days → ¥500.50 in 30 days",
        "Buyer limit: ¥500.50 in 30 days → off",
    ]
    book = RulebookRevision.objects.filter(shop=shop).latest("number")
    assert book.content["buyer_limit"] is None


def test_commission_return_makes_no_rulebook(shop: Shop, told: list[int]) -> None:
    """SPEC W4: no decision depends on it."""
    set_commission(shop, make_user(shop), categories=[" shoes", "bags", "shoes"])
    shop.refresh_from_db()
    assert shop.commission_categories == ["shoes", "bags"]
    assert (shop.commission_days, shop.wallet_opened_at) == (60, NOON)
    assert told == []


def test_blocking_says_whether_it_was_news(shop: Shop) -> None:
    owner = make_user(shop)
    for news in (True, False):
        assert news is shops.block_buyer(
            shop_id=shop.pk, buyer=" b-7 ", note="twice", user=owner, now=NOON
        )
    row = BlockedBuyer.objects.get()
    assert (row.buyer, row.note, row.created_by) == ("b-7", "twice", owner)
    assert AuditEntry.objects.get().filters == {"buyer": "b-7"}


def test_a_role_that_changed_meanwhile_is_not_changed_again(shop: Shop) -> None:
    owner, other = make_user(shop), make_user(shop, "viewer", username="other")
    member = other.memberships.get()
    members.change_role(membership_id=member.pk, role="admin", seen="viewer", user=owner, now=NOON)
    with pytest.raises(Stale) as refused:
        members.change_role(
            membership_id=member.pk, role="cs_agent", seen="viewer", user=owner, now=NOON
        )
    assert refused.value.message == (
        "The role of “other” was changed to “Administrator” meanwhile."
    )
    member.refresh_from_db()
    assert member.role == "admin"


def test_holidays_of_a_year_and_of_one_that_is_not_published() -> None:
    found = holidays.of_year(2026)
    assert found is not None
    assert (len(found.days_off), len(found.working_days)) == (33, 6)
    assert [str(day) for day in found.working_days] == [
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ]
    assert set(found.days_off.values()) == set(holidays.FESTIVALS)
    assert holidays.of_year(2099) is None
    names = [holidays.name_on(date(2026, 10, day)) for day in (7, 8, 10)]
    assert names == ["National Day", "", "Make-up working day"]
