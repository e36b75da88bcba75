"""Nothing leaves the database that is open, young, or has money or facts in doubt (SPEC O12)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from aftersale.models import (
    AfterSaleWindow,
    ApprovalRequest,
    Archive,
    CommissionReturn,
    CommissionSplit,
    EvidenceFile,
    Fund,
    FundEntry,
    Negotiation,
    Order,
    PlatformAccount,
    PlatformProblem,
    PlatformStep,
    Refund,
    RefundAttempt,
    ShippingAlert,
    ShopRequest,
    Ticket,
    TicketEvent,
)
from aftersale.services.archive import due_shops
from aftersale.services.archive import run as archive_run
from aftersale.services.archive.due import before_of, due
from strategies.models import Decision
from tests.factories import NOON, make_shop, make_user

from .past import NOW, old, run

pytestmark = pytest.mark.django_db
# Young: of the day from which on everything stays.
YOUNG = NOON + timedelta(days=1)
Change = Callable[[Ticket], Any]


def of(model: type, **fields: Any) -> Change:
    """Changes the order's rows of this model."""

    def change(ticket: Ticket) -> None:
        paths = {Order: {"pk": ticket.order_id}, Ticket: {"pk": ticket.pk}}
        paths |= {RefundAttempt: {"refund__ticket": ticket.pk}}
        found = model._default_manager.filter(**paths.get(model, {"ticket": ticket.pk}))
        assert found.update(**fields)

    return change


def fund_entry(ticket: Ticket) -> None:
    FundEntry.objects.create(
        fund=Fund.objects.get(shop=ticket.shop, kind="deposit"), entry_no="f", amount=-1, at=NOON,
        kind="adjustment", balance_after=-1,
        attempt=RefundAttempt.objects.get(refund__ticket=ticket),
    )  # fmt: skip


def commission(ticket: Ticket) -> None:
    split = CommissionSplit.objects.create(
        order=ticket.order, position=1, beneficiary="talent", amount=1
    )
    refund = Refund.objects.get(ticket=ticket)
    CommissionReturn.objects.create(refund=refund, split=split, amount=1, at=NOON)


def asked(ticket: Ticket) -> None:
    ApprovalRequest.objects.create(
        shop=ticket.shop, ticket=ticket, kind="approve", amount=1, together=1, alone_up_to=0,
        seen="", requested_by=make_user(ticket.shop), requested_at=NOON,
    )  # fmt: skip


def problem(ticket: Ticket) -> None:
    account = PlatformAccount.objects.create(
        shop=ticket.shop,
        platform="kuaishou",
        connected_at=NOON,
        orders_until=NOON,
        tickets_until=NOON,
    )
    PlatformProblem.objects.create(
        account=account, subject="ticket", number=ticket.ticket_no, at=NOON, reason="?"
    )


def make(model: type, **fields: Any) -> Change:
    """A row that belongs to the ticket, or to its order."""

    def change(ticket: Ticket) -> None:
        names = {field.name for field in model._meta.fields}  # type: ignore[attr-defined]
        whole = {"shop": ticket.shop, "order": ticket.order, "ticket": ticket} | fields
        model._default_manager.create(  # type: ignore[attr-defined]
            **{name: value for name, value in whole.items() if name in names}
        )

    return change


DUE_LATER = {"at": NOON, "answer_due_at": NOON, "round": 1, "message": "?"}
KEEP: dict[str, Change] = {
    "open": of(Ticket, status="pending_review"),
    "dispute": of(Ticket, status="arbitration"),
    "under way": of(Ticket, status="refunding"),
    "failed": of(Ticket, status="refund_failed"),
    "refunded without a refund": of(Refund, status="failed"),
    "a refund on what was rejected": of(Ticket, status="rejected"),
    "waits": of(Ticket, status="pending_review", awaiting_evaluation=True),
    "young status": of(Ticket, status_at=YOUNG),
    "young version": of(Ticket, updated_at=YOUNG),
    "young order": of(Order, updated_at=YOUNG),
    "delivered lately": of(Order, delivered_at=YOUNG),
    "difference": of(Ticket, flags=["likely_loss", "differs"]),
    "paid twice": of(Ticket, flags=["paid_twice"]),
    "may be paid": of(Ticket, flags=["may_be_paid"]),
    "order in doubt": of(Order, in_doubt=True),
    "over refunded": of(Order, over_refunded=True),
    "holds more than was paid": of(Ticket, committed=5_999),
    "order holds more": of(Order, committed=6_001),
    "unknown": of(Refund, status="unknown"),
    "for people": of(Refund, needs_people=True),
    "settled lately": of(Refund, settled_at=YOUNG),
    "attempt accepted": of(RefundAttempt, state="accepted"),
    "paid late": of(RefundAttempt, state="paid_late"),
    "call still on its way": of(RefundAttempt, call_until=YOUNG),
    "paid from a fund": of(RefundAttempt, fund="deposit"),
    "event": of(TicketEvent, at=YOUNG),
    "decided lately": of(Decision, decided_at=YOUNG),
    "fund entry": fund_entry,
    "commission": commission,
    "second person": asked,
    "problem": problem,
    "window": make(
        AfterSaleWindow, opened_at=NOON, closes_at=YOUNG, closed_at=YOUNG, agreement="so"
    ),
    "request of the shop": make(
        ShopRequest, key="k", kind="refund", line_no=1, amount=1, because="other", at=NOON
    ),
    "picture": make(EvidenceFile, file="x", name="x", content_type="image/png", sha256="",
                    size=1, uploaded_at=NOON),
    "offer": make(Negotiation, **DUE_LATER),
    "parcel to be stopped": make(
        ShippingAlert, kind="shipped_after_refund", state="to_stop", raised_at=NOON,
        changed_at=NOON,
    ),
    "step": make(PlatformStep, kind="note", at=NOON, state="unknown"),
}  # fmt: skip


@pytest.mark.parametrize("why", KEEP)
def test_stays(why: str) -> None:
    """Each by itself; as it was without, the order would go."""
    shop = make_shop(archive_months=14)
    ticket = old(shop)
    before = before_of(shop, NOW)
    assert [*due(shop.pk, before)] == [[ticket.order_id]]
    KEEP[why](ticket)
    assert [*due(shop.pk, before)] == []


def test_how_far_back_is_looked() -> None:
    """At least 14 months, as far as trial runs and figures look, and the buyer limit before them;
    from a midnight of the shop's."""
    shop = make_shop(archive_months=14)
    day = "%Y-%m-%d %H:%M %Z"
    assert before_of(shop, NOW).strftime(day) == "2026-03-12 00:00 CST"
    shop.archive_months = 24
    assert before_of(shop, NOW).strftime(day) == "2025-05-12 00:00 CST"
    shop.archive_months, shop.buyer_limit_days = 14, 366
    assert before_of(shop, NOW).strftime(day) == "2025-03-27 00:00 CST"


def test_off_by_default_and_nothing_while_on_hold() -> None:
    assert due_shops() == []
    make_shop()
    held = timezone.now()
    make_shop(archive_months=14, on_hold=True, lost_since=NOON, lost_until=held)
    archiving = make_shop(archive_months=14)
    assert due_shops() == [archiving]


def test_an_order_that_is_due_no_more_when_its_turn_comes_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between writing and taking out the buyer may come back; under the lock it is asked anew."""
    shop = make_shop(archive_months=14)
    first, second = old(shop), old(shop)
    write = archive_run._write

    def and_then(*args: Any) -> Archive:
        archive = write(*args)
        Ticket.objects.filter(pk=second.pk).update(status="arbitration")
        return archive

    monkeypatch.setattr(archive_run, "_write", and_then)
    assert run(shop)[:2] == (1, 1)
    assert Ticket.objects.get() == second and not Order.objects.filter(pk=first.order_id).exists()
    assert (Archive.objects.get().orders, Archive.objects.get().kept) == (2, 1)
