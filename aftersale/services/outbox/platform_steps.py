"""The outbox of steps to a shop's platform, refunds excepted (ARCHITECTURE idea 3).

Rows are written in the transaction of the decision, with the order locked. For shops without a
connected platform these functions do nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet

from aftersale.models import (
    BESIDE_STEPS,
    OPEN_STATES,
    AfterSaleWindow,
    ConnectorKind,
    Negotiation,
    Order,
    PlatformStep,
    Refund,
    RefundStatus,
    Rejection,
    Shop,
    ShopRequest,
    ShopRequestKind,
    StepKind,
    StepState,
    Ticket,
    TicketStatus,
)
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.shared.refunded_elsewhere import elsewhere_sql
from aftersale.services.shared.sql_arrays import numbers
from aftersale.services.tickets.negotiation import platforms_type

UNDER_WAY = [RefundStatus.REQUESTED, RefundStatus.SENDING, RefundStatus.UNKNOWN]


def is_platform_connected(shop: Shop) -> bool:
    """True if decisions of the shop are sent to its platform."""
    return shop.connector == ConnectorKind.PLATFORM


def open_of(ticket_pk: int) -> QuerySet[PlatformStep]:
    """The ticket's steps that are unsent, or whose outcome is not known."""
    return PlatformStep.objects.filter(ticket=ticket_pk, state__in=OPEN_STATES)


def held_by(ticket_pk: int) -> QuerySet[PlatformStep]:
    """Those that a refund of the ticket waits for."""
    return open_of(ticket_pk).exclude(kind__in=BESIDE_STEPS)


def platform_has_yet_to_hear(ticket: Ticket) -> bool:
    """True if the step behind the ticket's status has not reached the platform yet."""
    if ticket.status == TicketStatus.REFUNDING:
        return Refund.objects.filter(ticket=ticket, status__in=UNDER_WAY).exists()
    return open_of(ticket.pk).filter(to_status=ticket.status).exists()


def tell(
    *,
    order: Order,
    ticket: Ticket,
    kind: StepKind,
    from_status: str,
    user: User,
    now: datetime,
    rejection: Rejection | None = None,
    negotiation: Negotiation | None = None,
    details: Mapping[str, str] | None = None,
) -> None:
    """Writes a person's step on a ticket that has been moved already."""
    if not is_platform_connected(ticket.shop):
        return
    PlatformStep.objects.create(
        shop_id=ticket.shop_id,
        order=order,
        ticket=ticket,
        kind=kind,
        rejection=rejection,
        negotiation=negotiation,
        details=dict(details or {}),
        type=platforms_type(ticket),
        amount=ticket.amount,
        version=ticket.updated_at,
        from_status=from_status,
        to_status=ticket.status,
        at=now,
        user=user,
        next_step_at=now,
    )
    wake_payer()


def tell_beside(
    *,
    order: Order,
    ticket: Ticket,
    kind: StepKind,
    details: Mapping[str, Any],
    user: User,
    now: datetime,
) -> None:
    """A step beside the ticket's course: it waits for no status, and none waits for it."""
    PlatformStep.objects.create(
        shop_id=ticket.shop_id,
        order=order,
        ticket=ticket,
        kind=kind,
        details=dict(details),
        type=platforms_type(ticket),
        amount=ticket.amount,
        version=ticket.updated_at,
        at=now,
        user=user,
        next_step_at=now,
    )
    wake_payer()


def tell_request(*, request: ShopRequest, user: User, now: datetime) -> None:
    """A request of the shop's own: it has no ticket before the platform has made one."""
    difference = request.kind == ShopRequestKind.PRICE_DIFFERENCE
    PlatformStep.objects.create(
        shop_id=request.shop_id,
        order_id=request.order_id,
        kind=StepKind.PRICE_DIFFERENCE if difference else StepKind.OPEN_REQUEST,
        request=request,
        amount=request.amount,
        at=now,
        user=user,
        next_step_at=now,
    )
    wake_payer()


def tell_window(*, window: AfterSaleWindow, shop: Shop, user: User, now: datetime) -> None:
    if not is_platform_connected(shop) or Can.OPEN_WINDOW not in registry.can(shop):
        return
    PlatformStep.objects.create(
        shop=shop,
        order_id=window.order_id,
        kind=StepKind.OPEN_WINDOW,
        window=window,
        at=now,
        user=user,
        next_step_at=now,
    )
    wake_payer()


def tell_decisions(*, tickets: Iterable[int], now: datetime) -> None:
    """Writes, for a connected shop, what follows from a batch of automation: a step for each
    approved return, and the ticket's version for each refund."""
    pks = numbers(tickets)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO aftersale_platformstep
              (shop_id, order_id, ticket_id, kind, type, amount, version, from_status, to_status,
               at, state, next_step_at, calls, reason, details)
            SELECT shop_id, order_id, id, %s, requested_type, amount, updated_at, %s, status,
                   %s, %s, %s, 0, '', '{}'
              FROM aftersale_ticket
             WHERE id = ANY(%s::bigint[]) AND status = %s
             ORDER BY applied_at, ticket_no
            """,
            [
                StepKind.APPROVE_RETURN.value,
                TicketStatus.PENDING_REVIEW.value,
                now,
                StepState.DUE.value,
                now,
                pks,
                TicketStatus.AWAITING_RETURN.value,
            ],
        )
        cursor.execute(
            f"""
            UPDATE aftersale_refund r
               SET version = t.updated_at, refunded_elsewhere = {elsewhere_sql("t.id")}
              FROM aftersale_ticket t JOIN aftersale_order o ON o.id = t.order_id
             WHERE t.id = ANY(%s::bigint[]) AND r.ticket_id = t.id AND r.status = 'requested'
            """,  # noqa: S608 - its own text
            [pks],
        )
