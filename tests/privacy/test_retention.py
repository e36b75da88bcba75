"""Data older than the shop's retention time are erased by a task (SPEC P7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.fields.files import FieldFile

from aftersale import tasks
from aftersale.models import (
    AuditEntry,
    EvidenceFile,
    Order,
    PlatformFacts,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.services.desk import evidence
from aftersale.services.privacy import pictures, retention
from aftersale.services.privacy.erase import erase
from aftersale.services.privacy.retention import erase_old, months_before
from aftersale.services.refunds import money_audit
from aftersale.services.shared.errors import NotAllowed, Refused, Stale
from aftersale.services.shops import settings
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests.aftersale.pictures import picture
from tests.aftersale.test_evidence import files
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

from .everywhere import traces
from .scene import BUYER, NOTE, OLD_NOTE, PICTURE

pytestmark = pytest.mark.django_db
# Two years and a day after noon.
NOW = datetime(2028, 3, 12, 4, 0, tzinfo=UTC)


def run(now: datetime = NOW) -> None:
    assert erase_old(now=now, enough=lambda: False) is False


def old_ticket(shop: Shop, **fields: Any) -> Ticket:
    order = make_order(shop, buyer=BUYER)
    given = {
        "status": "refunded",
        "note": NOTE,
        "evidence": [PICTURE],
        "awaiting_evaluation": False,
    }
    ticket = make_ticket(order, **given | fields)
    TicketEvent.objects.create(
        ticket=ticket, at=NOON, kind="reported", actor="platform", note="arrived"
    )
    PlatformFacts.objects.create(
        shop=shop, subject="ticket", number=ticket.ticket_no, facts=[["history", OLD_NOTE]], at=NOON
    )
    evidence.store(ticket=ticket, upload=picture(), user=make_user(shop), now=NOON)
    return ticket


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [
        (datetime(2028, 3, 31, 5, tzinfo=UTC), 1, datetime(2028, 2, 29, 5, tzinfo=UTC)),
        (datetime(2027, 3, 31, 5, tzinfo=UTC), 13, datetime(2026, 2, 28, 5, tzinfo=UTC)),
        (datetime(2027, 12, 31, tzinfo=UTC), 24, datetime(2025, 12, 31, tzinfo=UTC)),
        (datetime(2027, 1, 15, tzinfo=UTC), 1, datetime(2026, 12, 15, tzinfo=UTC)),
    ],
)
def test_months_of_the_calendar(now: datetime, months: int, before: datetime) -> None:
    assert months_before(now, months) == before


def test_notes_pictures_and_numbers_go() -> None:
    shop = make_shop()
    make_strategy(shop)
    ticket = make_ticket(make_order(shop, buyer=BUYER), note=NOTE)
    decide_shop(shop.pk, tally=Tally())
    ticket.refresh_from_db()
    assert ticket.status == "refunding"
    Ticket.objects.update(status="refunded", status_at=NOON)
    before, kept = files(), old_ticket(shop)
    differ = list(money_audit.differences())  # by the hand above
    run()
    for one in (ticket, kept):
        one.refresh_from_db()
        stand_in = f"?{one.order_no}"
        assert (one.note, one.evidence, one.buyer, one.order.buyer) == ("", [], stand_in, stand_in)
    assert Decision.objects.get().buyer == f"?{ticket.order_no}"
    assert not EvidenceFile.objects.exists() and files() == before
    assert not PlatformFacts.objects.exists()
    assert not traces(BUYER) and not traces(NOTE) and not traces(PICTURE) and not traces(OLD_NOTE)
    entry = AuditEntry.objects.get(kind="buyer_erased")
    assert (entry.shop, entry.user) == (shop, None)
    assert entry.note == (
        "Older than 24 months: notes of 2 tickets, buyers of 2 orders, 1 pictures of the desk"
    )
    assert list(money_audit.differences()) == differ
    run()
    assert AuditEntry.objects.filter(kind="buyer_erased").count() == 1


@pytest.mark.parametrize(
    "young",
    [
        {"status": "pending_review"},
        {"status": "arbitration"},
        {"status_at": NOON + timedelta(days=2)},
        {"updated_at": NOON + timedelta(days=2)},
    ],
)
def test_what_is_open_or_younger_stays(young: dict[str, Any]) -> None:
    ticket = old_ticket(make_shop(), **young)
    before = files()
    run()
    ticket.refresh_from_db()
    assert (ticket.note, ticket.buyer, ticket.order.buyer) == (NOTE, BUYER, BUYER)
    assert files() == before and not AuditEntry.objects.filter(kind="buyer_erased").exists()


def test_each_shop_has_its_own_time() -> None:
    short, long = make_shop(retention_months=3), make_shop(retention_months=36)
    tickets = [old_ticket(shop) for shop in (short, long)]
    run(NOON + timedelta(days=100))
    assert [Ticket.objects.get(pk=one.pk).note for one in tickets] == ["", NOTE]
    run()
    assert Ticket.objects.get(pk=tickets[1].pk).note == NOTE


def test_what_the_buyer_limit_counts_keeps_its_buyer() -> None:
    """SPEC G1: 365 days at the most, while other data are kept for three months."""
    shop = make_shop(retention_months=3, buyer_limit_days=365, buyer_limit_count=1)
    ticket = old_ticket(shop)
    run(NOON + timedelta(days=200))
    ticket.refresh_from_db()
    assert (ticket.note, ticket.order.buyer) == ("", BUYER)
    run(NOON + timedelta(days=366))
    assert Order.objects.get().buyer == f"?{ticket.order_no}"


def test_in_small_batches_that_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    shop = make_shop()
    for _number in range(3):
        old_ticket(shop)
    assert erase_old(now=NOW, enough=lambda: True) is True
    assert Ticket.objects.filter(note="").count() == 2
    run()
    assert not traces(BUYER) and not traces(NOTE)


def test_a_ticket_that_came_to_life_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at again under the lock."""
    ticket = old_ticket(make_shop())
    Ticket.objects.update(status="pending_review")
    assert retention._erase_words([ticket.pk]) == 0
    ticket.refresh_from_db()
    assert ticket.note == NOTE


def test_pictures_that_were_under_way_go_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an erased buyer: a file that could not be deleted, and what the disk gives back."""
    shop = make_shop()
    order = make_order(shop, buyer=BUYER)
    before = files()
    evidence.store(ticket=make_ticket(order), upload=picture(), user=make_user(shop), now=NOON)

    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("django.db.models.fields.files.FieldFile.delete", fail)
        erase(shop_id=shop.pk, buyer=BUYER, user=make_user(shop), now=NOW)
    assert pictures.left_of_erased().count() == 1 and files() != before
    tasks.erase_old()
    assert files() == before and not EvidenceFile.objects.exists()


def of_erased(number: int) -> list[EvidenceFile]:
    """Pictures of an erased buyer that were under way."""
    shop = make_shop()
    ticket = make_ticket(make_order(shop, buyer=BUYER))
    for one in range(number):
        evidence.store(ticket=ticket, upload=picture(str(one)), user=make_user(shop), now=NOON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "delete", lambda files: 0)
        erase(shop_id=shop.pk, buyer=BUYER, user=make_user(shop), now=NOW)
    return list(EvidenceFile.objects.order_by("pk"))


def test_pictures_that_cannot_be_deleted_hide_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lie before the others, and wherever a batch ends."""
    monkeypatch.setattr(retention, "_BATCH", 2)
    rows = of_erased(5)
    stuck = {row.file.name for row in rows[:3]}
    delete = FieldFile.delete

    def fail(file: FieldFile, save: bool = True) -> None:
        if file.name in stuck:
            raise OSError
        delete(file, save)

    monkeypatch.setattr(FieldFile, "delete", fail)
    tasks.erase_old()
    assert set(EvidenceFile.objects.values_list("pk", flat=True)) == {row.pk for row in rows[:3]}
    stuck.clear()
    tasks.erase_old()
    assert not EvidenceFile.objects.exists()


def test_the_task_goes_on_at_once_where_something_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with the same pictures without end: those wait for the next day."""
    woken: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda task, cluster: woken.append(task))
    monkeypatch.setattr(retention, "_BATCH", 1)
    monkeypatch.setattr(pictures, "left_of_erased", EvidenceFile.objects.all)
    of_erased(2)
    for seconds, deleted, again in ((-1, 0, 0), (60, 1, 0), (-1, 1, 1)):
        woken.clear()
        monkeypatch.setattr(tasks, "ERASING_SECONDS", seconds)
        monkeypatch.setattr(pictures, "delete", lambda files, deleted=deleted: deleted)
        tasks.erase_old()
        assert len(woken) == again, (seconds, deleted)


def test_owners_set_the_time() -> None:
    shop = make_shop()
    owner, admin = make_user(shop), make_user(shop, "admin")
    step = {"shop_id": shop.pk, "seen": {"months": 24}, "now": NOW}
    with pytest.raises(NotAllowed):
        settings.set_retention(months=12, user=admin, **step)
    for months in (2, 121):
        with pytest.raises(Refused, match="Between 3 and 120"):
            settings.set_retention(months=months, user=owner, **step)
    settings.set_retention(months=12, user=owner, **step)
    assert Shop.objects.get().retention_months == 12
    assert AuditEntry.objects.get(kind="changed").note == "Personal data kept, in months: 24 → 12"
    with pytest.raises(Stale):
        settings.set_retention(months=13, user=owner, **step)
    settings.set_retention(months=12, user=owner, **step | {"seen": {"months": 12}})
    assert AuditEntry.objects.filter(kind="changed").count() == 1
