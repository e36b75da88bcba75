"""SPEC O7, F1, G1, G2: shops come in; the pause switch and the block list."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from aftersale.models import AuditEntry, FastRefundPeriod, Role, Shop
from aftersale.records.schemas import ShopRecord
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotAllowed
from aftersale.services.shared.outcomes import CHANGED, NEW, UNCHANGED, Result
from aftersale.services.shops import shops
from aftersale.services.tickets import lifecycle
from aftersale.signals import shop_changed
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket
from tests.aftersale.ingest.record_factories import shop as shop_record
from tests.factories import make_user

from .conftest import the_ticket

pytestmark = pytest.mark.django_db

FULL = {
    "working_hours": {"mon": [["09:00", "12:00"], ["13:30", "22:00"]], "fri": [["18:00", "02:00"]]},
    "special_days": {"2026-10-01": [], "2026-11-11": [["00:00", "24:00"]]},
    "fast_refund_periods": [[at(-900), at(-800)], [at(-700), None]],
    "blocked_buyers": ["b-77", "b-78"],
    "buyer_limit": {"days": 30, "count": 5, "amount": "500.00"},
    "wallet_opened_at": at(-1000),
    "commission_return": {"categories": ["shoes"], "days": 60},
}


def upsert(hour: float = 0, **fields: Any) -> Result:
    record = shop_record(**fields)
    del record["kind"]
    return shops.upsert(
        ShopRecord.model_validate_json(json.dumps(record)), now=NOON + timedelta(hours=hour)
    )


@pytest.fixture
def changes() -> Iterator[list[int]]:
    heard: list[int] = []

    def hear(sender: object, *, shop_id: int, **_: object) -> None:
        heard.append(shop_id)

    shop_changed.connect(hear)
    yield heard
    shop_changed.disconnect(hear)


def kinds() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("kind", flat=True))


def test_new_shop_has_everything_its_funds_included(changes: list[int]) -> None:
    assert upsert(**FULL) == NEW
    shop = Shop.objects.get(code="s1")
    assert (shop.platform, shop.status, shop.timezone) == ("kuaishou", "normal", "Asia/Shanghai")
    assert shop.working_hours == FULL["working_hours"]
    assert shop.special_days == FULL["special_days"]
    assert (shop.buyer_limit_days, shop.buyer_limit_count, shop.buyer_limit_amount) == (
        30,
        5,
        50_000,
    )
    assert (shop.commission_categories, shop.commission_days) == (["shoes"], 60)
    assert shop.wallet_opened_at == NOON - timedelta(hours=1000)
    assert shop.fast_refund_periods.count() == 2
    assert set(shop.blocked_buyers.values_list("buyer", flat=True)) == {"b-77", "b-78"}
    assert set(shop.funds.values_list("kind", "balance")) == {("wallet", 0), ("deposit", 0)}
    assert (shop.connector, shop.is_demo, shop.automation_paused) == ("manual", False, False)
    assert (kinds(), changes) == (["created"], [shop.pk])


def test_same_shop_again_changes_and_tells_nothing(changes: list[int]) -> None:
    upsert(**FULL)
    periods = list(FastRefundPeriod.objects.values_list("pk", flat=True))
    changes.clear()
    assert upsert(**FULL) == UNCHANGED
    assert list(FastRefundPeriod.objects.values_list("pk", flat=True)) == periods
    assert (kinds(), changes) == (["created"], [])


def test_keys_left_out_change_nothing_in_a_shop_that_is_there() -> None:
    upsert(**FULL)
    before = Shop.objects.values().get()
    assert upsert() == UNCHANGED
    assert upsert(name="Other") == CHANGED
    assert Shop.objects.values().get() == before | {"name": "Other"}
    assert Shop.objects.get().blocked_buyers.count() == 2
    assert AuditEntry.objects.order_by("id").last().note == "name: Shop → Other"


def test_lists_are_the_shops_lists_and_the_event_keeps_what_was(changes: list[int]) -> None:
    upsert(**FULL)
    changes.clear()
    assert (
        upsert(
            blocked_buyers=["b-78", "b-79"],
            fast_refund_periods=[[at(-900), at(-800)], [at(-700), at(-1)]],
            buyer_limit=None,
        )
        == CHANGED
    )
    shop = Shop.objects.get()
    assert set(shop.blocked_buyers.values_list("buyer", flat=True)) == {"b-78", "b-79"}
    assert [p.ends_at for p in shop.fast_refund_periods.all()] == [
        NOON - timedelta(hours=800),
        NOON - timedelta(hours=1),
    ]
    assert (shop.buyer_limit_days, shop.buyer_limit_count) == (None, None)
    *_earlier, changed, blocked, unblocked = AuditEntry.objects.order_by("id")
    assert changed.note == (
        "buyer limit: days: 30 → –\n"
        "buyer limit: refunds: 5 → –\n"
        "buyer limit: amount: ¥500.00 → –\n"
        "fast-refund periods: 2026-02-02 00:00 – 2026-02-06 04:00, 2026-02-10 08:00 – … → "
        "2026-02-02 00:00 – 2026-02-06 04:00, 2026-02-10 08:00 – 2026-03-11 11:00"
    )
    assert (blocked.kind, blocked.filters) == ("buyer_blocked", {"buyer": "b-79"})
    assert (unblocked.kind, unblocked.filters) == ("buyer_unblocked", {"buyer": "b-77"})
    assert changes == [shop.pk]


def test_what_a_file_changed_is_told_in_words() -> None:
    upsert(**FULL)
    assert (
        upsert(
            status="suspended",
            working_hours={"mon": [["09:00", "12:00"]]},
            special_days={"2026-10-01": []},
            commission_return=None,
            wallet_opened_at=at(0),
        )
        == CHANGED
    )
    with translation.override("zh-hans"):
        assert AuditEntry.objects.order_by("id").last().note.splitlines() == [
            "状态：正常 → 停业整顿",
            "周一：09:00–12:00、13:30–22:00 → 09:00–12:00",
            "周五：18:00–02:00 → 休息",
            "2026-11-11：00:00–24:00 → 照常",
            "钱包开通时间：2026-01-28 20:00 → 2026-03-11 12:00",
            "佣金退回：类目：shoes → –",
            "佣金退回：天数：60 → –",
        ]


def test_a_file_pauses_automation_and_never_resumes_it() -> None:
    """SPEC O7."""
    upsert()
    assert upsert(1, automation_paused=True) == CHANGED
    assert Shop.objects.get().automation_paused_at == NOON + timedelta(hours=1)
    assert upsert(2, automation_paused=True) == UNCHANGED
    assert upsert(3, automation_paused=False) == UNCHANGED
    assert Shop.objects.get().automation_paused_at == NOON + timedelta(hours=1)
    assert kinds() == ["created", "paused"]


def test_pause_and_resume_by_who_may_change_strategies(
    shop: Shop, woken: list[set[int]], changes: list[int]
) -> None:
    """SPEC G2, P1."""
    save_order(order())
    save_ticket(
        ticket(),
        ticket(ticket_no="T2"),
        ticket(ticket_no="T3"),
        ticket(ticket_no="T4", order_no="-"),
    )
    lifecycle.move(
        locks.lock_ticket(shop.tickets.get(ticket_no="T2").pk), "rejected", actor="person", now=NOON
    )
    shop.tickets.update(awaiting_evaluation=False)
    shop.tickets.filter(ticket_no="T3").update(flags=["line_missing"])
    woken.clear()
    admin, agent = make_user(shop, Role.ADMIN), make_user(shop, Role.CS_AGENT)
    for act in (shops.pause, shops.resume):
        with pytest.raises(NotAllowed):
            act(shop_id=shop.pk, user=agent, now=NOON)
    shops.pause(shop_id=shop.pk, user=admin, now=NOON)
    shops.pause(shop_id=shop.pk, user=admin, now=NOON)
    shop.refresh_from_db()
    assert (shop.automation_paused_at, shop.automation_paused_by) == (NOON, admin)
    assert woken == []
    shops.resume(shop_id=shop.pk, user=admin, now=NOON)
    shops.resume(shop_id=shop.pk, user=admin, now=NOON)
    shop.refresh_from_db()
    assert (shop.automation_paused_at, shop.automation_paused_by) == (None, None)
    assert list(shop.tickets.filter(awaiting_evaluation=True)) == [the_ticket()]
    assert woken == [{shop.pk}]
    assert kinds() == ["paused", "resumed"]
    assert changes == [shop.pk, shop.pk]


def test_looking_again_wakes_what_waits_for_people(shop: Shop, woken: list[set[int]]) -> None:
    """SPEC E1: whoever changes strategies is offered it; lesser roles and strangers are not."""
    save_order(order())
    save_ticket(ticket())
    shop.tickets.update(awaiting_evaluation=False)
    woken.clear()
    admin = make_user(shop, Role.ADMIN)
    stranger = make_user(Shop.objects.create(code="other", name="other"), Role.OWNER)
    for user in (make_user(shop, Role.CS_MANAGER), stranger):
        with pytest.raises(NotAllowed):
            shops.look_again(shop_id=shop.pk, user=user, now=NOON)
    assert not shop.tickets.filter(awaiting_evaluation=True).exists()
    shops.look_again(shop_id=shop.pk, user=admin, now=NOON)
    assert (shop.tickets.filter(awaiting_evaluation=True).count(), woken) == (1, [{shop.pk}])
    assert kinds() == ["looked_again"]


def test_block_list(shop: Shop, changes: list[int]) -> None:
    """SPEC G1."""
    owner, viewer = make_user(shop), make_user(shop, Role.VIEWER)
    with pytest.raises(NotAllowed):
        shops.block_buyer(shop_id=shop.pk, buyer="b9", user=viewer, now=NOON)
    for _ in range(2):
        shops.block_buyer(shop_id=shop.pk, buyer="b9", user=owner, now=NOON)
    row = shop.blocked_buyers.get()
    assert (row.buyer, row.created_by) == ("b9", owner)
    for _ in range(2):
        shops.unblock_buyer(shop_id=shop.pk, buyer="b9", user=owner, now=NOON)
    assert not shop.blocked_buyers.exists()
    assert kinds() == ["buyer_blocked", "buyer_unblocked"]
    assert len(changes) == 2
