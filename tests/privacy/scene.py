"""A shop with a buyer who has left traces in it everywhere, and a second buyer who must stay."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User

from aftersale.domain.multilingual import said
from aftersale.models import (
    AuditKind,
    FeedEvent,
    FileImport,
    FundEntry,
    IdempotentCall,
    ImportRow,
    Order,
    PlatformFacts,
    PlatformStep,
    Role,
    SavedFilter,
    Shop,
    Ticket,
    TicketEvent,
    WebhookMessage,
)
from aftersale.services.access import tokens
from aftersale.services.refunds import approvals
from aftersale.services.shared import trail
from aftersale.services.shops import shops
from aftersale.services.webhooks import endpoints
from monitoring.models import Alert
from strategies.models import TrialEvaluation, TrialRun
from strategies.services.evaluator import Tally, decide_shop
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket
from tests.aftersale.pictures import picture
from tests.aftersale.replying import reject
from tests.factories import make_shop, make_strategy, make_user

# Marked, so that they are found wherever they stand.
BUYER = "buyer-b-70077"
NOTE = "my door code is 55231"
OLD_NOTE = "ring twice, Ms Wang"
PICTURE = "https://pictures.example/wang-face.jpg"
FILE = "wang-at-the-door"
MARKS = (BUYER, NOTE, OLD_NOTE, PICTURE, FILE)
# Their numbers and words begin or end like the buyer's.
NEIGHBOURS = (f"{BUYER}8", f"a{BUYER}", f"x-{BUYER}")


@dataclass
class Scene:
    shop: Shop
    owner: User
    agent: User


def lived(code: str = "s1") -> Scene:
    """Orders and tickets came in, were decided, rejected, approved, talked about."""
    shop = make_shop(code=code, platform="kuaishou")
    scene = Scene(shop, make_user(shop), make_user(shop, Role.CS_AGENT))
    endpoints.create(
        shop_id=shop.pk,
        url="https://erp.example/",
        description="erp",
        types=["ticket.arrived", "refund.failed"],
        user=scene.owner,
        now=NOON,
    )
    make_strategy(shop, single_amount_cap="70.00")
    _records(code)
    decide_shop(shop.pk, tally=Tally())
    rejected = Ticket.objects.get(shop=shop, ticket_no="T2")
    reject(
        rejected,
        scene.agent,
        explanation=f"Dear {BUYER}: no.",
        evidence=[picture(f"{FILE}.png")],
        now=NOON + timedelta(hours=4),
    )
    approved = Ticket.objects.get(shop=shop, ticket_no="T3")
    approvals.approve(
        ticket_id=approved.pk,
        user=scene.agent,
        now=NOON + timedelta(hours=4),
    )
    shops.block_buyer(shop_id=shop.pk, buyer=BUYER, note=OLD_NOTE, user=scene.owner, now=NOON)
    _texts(scene)
    return scene


def _records(code: str) -> None:
    here = {"shop": code}
    save_order(
        *[
            order(order_no=f"O{n}", buyer=buyer, **here)
            for n, buyer in enumerate((BUYER, BUYER, BUYER, *NEIGHBOURS), start=1)
        ]
    )
    save_ticket(ticket(note=OLD_NOTE, evidence=[PICTURE], **here))
    newer = {"applied_at": at(0), "updated_at": at(1), **here}
    save_ticket(
        ticket(note=NOTE, **newer),
        ticket(ticket_no="T2", order_no="O2", amount="80.00", note=NOTE, **newer),
        ticket(ticket_no="T3", order_no="O3", amount="90.00", evidence=[PICTURE], **newer),
        ticket(ticket_no="T4", order_no="O4", note="of a neighbour", **newer),
        hour=1,
    )


def _texts(scene: Scene) -> None:
    """Rows of other parts that name the buyer, as their services write them."""
    shop, one = scene.shop, Ticket.objects.get(shop=scene.shop, ticket_no="T4")
    TicketEvent.objects.create(
        ticket=one,
        at=NOON,
        kind="note",
        actor="person",
        user=scene.agent,
        note=said("Closed: %s") % f"the same as {BUYER}，not {NEIGHBOURS[0]}",
    )
    FeedEvent.objects.create(
        shop=shop, type="refund.failed", subject="ticket:1", at=NOON, data={"failure": [BUYER]}
    )
    token, _text = tokens.create(
        shop_id=shop.pk, name="erp", scopes=["read"], user=scene.owner, now=NOON
    )
    IdempotentCall.objects.create(
        token=token,
        key="k",
        fingerprint="f",
        status=201,
        # An answer of a step: the ticket as the API shows it.
        answer=json.dumps(
            {
                "ticket_no": "T1",
                "buyer": BUYER,
                "note": NOTE,
                "evidence": [PICTURE],
                "events": [
                    {"kind": "changed", "note": f"金额：¥1.00 → ¥2.00\n买家留言：{NOTE} → c"}
                ],
            }
        ).encode(),
        location=f"/api/v1/blocked-buyers/{BUYER}",
        at=NOON,
    )
    for one_shop in (shop.pk, None):
        trail.record(
            AuditKind.EXPORTED, now=NOON, user=scene.agent, shop_id=one_shop, filters={"q": [BUYER]}
        )
    for number, user in enumerate((scene.owner, scene.agent)):
        SavedFilter.objects.create(
            user=user, name=f"of {BUYER} {number}", query=f"q={BUYER}&queue=all"
        )
    PlatformFacts.objects.create(
        shop=shop, subject="ticket", number="T1", facts=[["history", NOTE, None]], at=NOON
    )
    PlatformStep.objects.create(
        shop=shop,
        order=Order.objects.get(shop=shop, order_no="O1"),
        kind="note",
        details={"text": f"{OLD_NOTE}, {BUYER}", "flag": "red"},
        state="accepted",
        at=NOON,
    )
    file = FileImport.objects.create(
        shop=shop, created_at=NOON, state="ready", names=[f"{BUYER}.csv"], digests=["d"]
    )
    cells = {"order_no": "O1", "ticket_no": "T1", "buyer": BUYER, "note": NOTE}
    ImportRow.objects.create(
        file_import=file, table=0, row=2, of_order=False, key="T1", cells=cells, note=BUYER
    )
    FundEntry.objects.create(
        fund=shop.funds.get(kind="wallet"), entry_no="e", amount=0, at=NOON, balance_after=0,
        note=f"for {BUYER}",
    )  # fmt: skip
    Alert.objects.create(
        shop=shop, kind="deadline", subject=1, day=NOON.date(), raised_at=NOON,
        facts={"name": "T1", "because": f"{BUYER}: late"},
    )  # fmt: skip
    trial = TrialRun.objects.create(
        shop=shop, kind="present", title=f"without {BUYER}", created_at=NOON, starts_at=NOON,
        ends_at=NOON + timedelta(days=1), present={}, proposed={},
    )  # fmt: skip
    TrialEvaluation.objects.create(
        trial=trial, ticket=one, at=NOON, amount=1, buyer=BUYER, real="", present="", proposed=""
    )


def money(shop: Shop) -> Any:
    """The shop's money and decisions, row by row."""
    return {
        "orders": list(
            shop.orders.order_by("pk").values_list("paid_amount", "committed", "refunded_amount")
        ),
        "tickets": list(
            shop.tickets.order_by("pk").values_list("status", "amount", "committed", "reason")
        ),
        "refunds": list(shop.refunds.order_by("pk").values_list("amount", "status", "source")),
        "decisions": list(
            shop.decisions.order_by("pk").values_list("outcome", "amount", "trace", "buyer_count")
        ),
        "messages": WebhookMessage.objects.filter(endpoint__shop=shop).count(),
        "funds": list(shop.funds.order_by("kind").values_list("balance")),
    }
