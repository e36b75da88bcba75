"""Two shops with one of everything, and the people of SPEC P1."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import models

from aftersale.models import (
    AccountLink,
    ApiToken,
    AuditEntry,
    BlockedBuyer,
    EvidenceFile,
    FileImport,
    Fund,
    FundEntry,
    Membership,
    Order,
    OrderLine,
    PlatformAccount,
    PlatformProblem,
    Refund,
    RefundAttempt,
    SandboxInstruction,
    SandboxPayment,
    SavedFilter,
    ShippingAlert,
    Shop,
    Ticket,
    TicketEvent,
    WebhookEndpoint,
    WebhookMessage,
)
from config.secrets import seal
from monitoring.models import Alert, Robot
from strategies.models import (
    AdviceRun,
    Decision,
    RulebookRevision,
    Strategy,
    StrategyRevision,
    StrategyUsage,
    TrialRun,
)
from strategies.services.lanes import current_content, publish
from strategies.services.rulebook_content import strategy_content

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

_NO_TICKETS = dict.fromkeys(
    ["tickets", "amount", "buyers", "likely_losses", "likely_loss_amount", "arbitrations"], 0
)
_NO_HITS: dict[str, Any] = {"hits": 0, "amount": 0, "days": [], "hours": [], "tripped": {}}
NOTHING_DIFFERENT = {
    "changes": {
        against: {"gained": _NO_TICKETS, "lost": _NO_TICKETS} for against in ("real", "present")
    },
    "by_strategy": {against: {"gained": {}, "lost": {}} for against in ("real", "present")},
    "real": {},
    "present": _NO_HITS,
    "proposed": _NO_HITS,
}
NO_ADVICE = {
    "tickets": 0, "timed": 0, "estimated": 0, "ends": {}, "points": [], "missing": [],
    "existing": [],
}  # fmt: skip


def advice_about(strategy: Strategy) -> dict[str, Any]:
    effect = dict.fromkeys(
        ("gained", "gained_bad", "gained_loss", "gained_unknown", "lost", "lost_bad", "lost_loss",
         "minutes"), 0,
    )  # fmt: skip
    return {
        "strategy": str(strategy.pk), "hits": 0, "amount": 0, "all": {"bad": 0, "loss": 0},
        "advice": {"kind": "drop", "keys": {}, **effect},
    }  # fmt: skip


@dataclass
class Scene:
    """Everything of one shop; every text of it that a page could show begins with its mark."""

    mark: str
    shop: Shop
    people: dict[str, User] = field(default_factory=dict)
    rows: list[models.Model] = field(default_factory=list)

    def row(self, model: type[models.Model]) -> Any:
        return next(row for row in self.rows if isinstance(row, model))


def person(name: str, **extra: Any) -> User:
    return User.objects.create_user(name, password="secret", is_staff=True, **extra)


def invited(shop: Shop, mark: str) -> list[AccountLink]:
    link = AccountLink.objects.create(
        whom=f"{mark}-newcomer",
        role="viewer",
        digest=f"{mark}-digest",
        made_by=Membership.objects.filter(shop=shop)[0].user,
        made_at=AT,
        expires_at=AT + timedelta(days=3650),
    )
    link.shops.add(shop)
    return [link]


def make(mark: str, *roles: str) -> Scene:
    shop = Shop.objects.create(
        code=f"{mark}-code", name=f"{mark}-shop", is_demo=True, special_days={"2026-10-01": []}
    )
    scene = Scene(mark, shop)
    for role in roles:
        user = scene.people[role] = person(f"{mark}-{role}")
        Membership.objects.create(shop=shop, user=user, role=role)
    strategy = Strategy.objects.create(
        shop=shop,
        scenario="pre_ship_refund",
        name=f"{mark}-strategy",
        priority=1,
        order_statuses=["shipped", "delivered"],
        single_amount_cap=5_000,
        daily_cap=500_000,
    )
    revision = StrategyRevision.objects.create(
        strategy=strategy, number=1, content=strategy_content(strategy), created_at=AT
    )
    publish(shop.pk, user=None, now=AT)
    order = Order.objects.create(
        shop=shop,
        order_no=f"{mark}-order",
        status="pending_shipment",
        buyer=f"{mark}-buyer",
        paid_at=AT,
        updated_at=AT,
        paid_amount=12_345,
        committed=12_345,
    )
    line = OrderLine.objects.create(
        order=order, line_no=1, product=f"{mark}-product", paid_amount=12_345
    )
    ticket = Ticket.objects.create(
        shop=shop,
        ticket_no=f"{mark}-ticket",
        order=order,
        order_no=order.order_no,
        buyer=order.buyer,
        type="refund_only",
        requested_type="refund_only",
        amount=12_345,
        committed=12_345,
        applied_at=AT,
        updated_at=AT,
        status="refunding",
        status_at=AT,
        due_at=AT,
    )
    event = TicketEvent.objects.create(
        ticket=ticket, at=AT, kind="status", actor="automation", to_status="refunding", note=mark
    )
    decision = Decision.objects.create(
        shop=shop,
        ticket=ticket,
        order=order,
        rulebook=RulebookRevision.objects.get(shop=shop, number=1),
        decided_at=AT,
        outcome="manual",
        why="none_hit",
        trace=[1],  # the strategy is not enabled
        type="refund_only",
        amount=12_345,
        reason="other",
        applied_at=AT,
        buyer=order.buyer,
        order_status="pending_shipment",
        paid_at=AT,
        paid_amount=12_345,
        refundable_amount=12_345,
        labels=[],
        products=[f"{mark}-product"],
        categories=[],
        has_virtual=False,
        buyer_blocked=False,
    )
    refund = Refund.objects.create(
        shop=shop,
        order=order,
        ticket=ticket,
        amount=12_345,
        source="person",
        requested_at=AT,
        reason=mark,
    )
    attempt = RefundAttempt.objects.create(
        refund=refund,
        number=1,
        key=f"{mark}-key",
        fingerprint="f",
        amount=12_345,
        state="failed",
        created_at=AT,
    )
    fund = Fund.objects.create(shop=shop, kind="wallet", balance=100)
    usage = StrategyUsage.objects.create(
        strategy=strategy, day=AT.date(), hits=1, used=400_000, cap=500_000
    )
    webhook = WebhookEndpoint.objects.create(
        shop=shop,
        url=f"https://{mark}-erp/",
        description=f"{mark}-webhook",
        types=["ticket.arrived"],
        enabled=False,
        off_because="by_hand",
        off_at=AT,
        secret=seal("whsec_c2VjcmV0"),
        created_at=AT,
    )
    scene.rows = [
        shop,
        order,
        ticket,
        event,
        decision,
        refund,
        attempt,
        fund,
        usage,
        strategy,
        revision,
        decision.rulebook,
        AdviceRun.objects.create(
            shop=shop,
            created_at=AT,
            starts_at=AT - timedelta(days=7),
            ends_at=AT,
            may_lose=0,
            present=decision.rulebook.content,
            status="done",
            summary=NO_ADVICE | {"existing": [advice_about(strategy)]},
        ),
        TrialRun.objects.create(
            shop=shop,
            kind="strategy",
            title=f"{mark}-trial",
            created_at=AT,
            starts_at=AT - timedelta(days=7),
            ends_at=AT,
            present=decision.rulebook.content,
            proposed=decision.rulebook.content,
            status="done",
            summary=NOTHING_DIFFERENT,
        ),
        FundEntry.objects.create(
            fund=fund, entry_no=f"{mark}-entry", amount=100, balance_after=100, at=AT
        ),
        BlockedBuyer.objects.create(shop=shop, buyer=f"{mark}-blocked", note=mark),
        AuditEntry.objects.create(shop=shop, at=AT, kind="changed", note=mark),
        ShippingAlert.objects.create(
            shop=shop,
            order=order,
            ticket=ticket,
            kind="shipped_after_refund",
            raised_at=AT,
            changed_at=AT,
            note=f"{mark}-parcel",
        ),
        Alert.objects.create(
            shop=shop,
            kind="deadline",
            subject=ticket.pk,
            threshold=6,
            day=AT.date(),
            raised_at=AT,
            facts={
                "name": ticket.ticket_no,
                "due_at": AT.isoformat(),
                "status": "pending_review",
                "amount": 12_345,
            },
        ),
        Robot.objects.create(
            shop=shop,
            service="wecom",
            name=f"{mark}-robot",
            key=seal("1a2b-3c"),
            kinds=["deadline"],
            created_at=AT,
        ),
        SandboxInstruction.objects.create(
            shop=shop, behaviour="pay", ticket_no=f"{mark}-instruction"
        ),
        SandboxPayment.objects.create(
            shop=shop,
            key=f"{mark}-paid",
            fingerprint="f",
            ticket_no=ticket.ticket_no,
            amount=12_345,
            paid=True,
        ),
        # Of the role with the fewest rights: others may take it.
        *Membership.objects.filter(shop=shop).order_by("-pk")[:1],
        *invited(shop, mark),
        next(iter(scene.people.values())),
        ApiToken.objects.create(
            shop=shop,
            name=f"{mark}-erp",
            digest=f"{mark}-digest",
            beginning=f"ad_{mark}"[:16],
            scopes=["read"],
            created_by=next(iter(scene.people.values())),
            created_at=AT,
        ),
        webhook,
        WebhookMessage.objects.create(
            endpoint=webhook,
            type="ticket.arrived",
            subject=f"ticket:{ticket.pk}",
            at=AT,
            data={"ticket_no": ticket.ticket_no},
            state="failed",
            attempts=11,
            failure="timeout",
            finished_at=AT,
        ),
        EvidenceFile.objects.create(
            ticket=ticket,
            file=ContentFile(b"a picture", name=f"{mark}.png"),
            name=f"{mark}.png",
            content_type="image/png",
            size=9,
            uploaded_at=AT,
        ),
        FileImport.objects.create(
            shop=shop,
            created_at=AT,
            state="ready",
            names=[f"{mark}-orders.csv"],
            digests=["d"],
            counts={"order": {"refused": 1}},
        ),
        account := PlatformAccount.objects.create(
            # Its credentials are of another key, so that nothing is ever called.
            shop=shop,
            platform="wechat",
            sealed=f"{mark}-sealed",
            connected_at=AT,
            orders_until=AT,
            tickets_until=AT,
            failing_since=AT,
            failure=f"{mark}-failure",
        ),
        PlatformProblem.objects.create(
            account=account, subject="ticket", number=f"{mark}-unread", at=AT, raw="{}"
        ),
        SavedFilter.objects.create(
            user=next(iter(scene.people.values())), name=f"{mark}-filter", query="queue=all"
        ),
    ]
    assert line.order_id == order.pk and current_content(shop.pk)["strategies"]
    return scene


def more_tickets(scene: Scene, number: int) -> None:
    """Tickets with a decision and a refund each, to see whether queries grow with rows."""
    for place in range(number):
        order = scene.row(Order)
        ticket = scene.row(Ticket)
        at = AT + timedelta(minutes=place)
        order.pk = ticket.pk = None
        order._state.adding = ticket._state.adding = True
        order.order_no = f"{scene.mark}-order-{place}"
        order.save()
        ticket.ticket_no, ticket.order, ticket.applied_at = f"{scene.mark}-{place}", order, at
        ticket.order_no = order.order_no
        ticket.save()
        TicketEvent.objects.create(ticket=ticket, at=at, kind="arrived", actor="platform")
        for row in (scene.row(Decision), scene.row(Refund)):
            row.pk = None
            row._state.adding = True
            row.ticket, row.order = ticket, order
            row.public_number = ticket.ticket_no  # a refund's must be its own
            row.save()
