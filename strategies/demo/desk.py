"""The sample agent's work on tickets that the automation left to people."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import translation

from aftersale.models import Shop, Ticket, TicketStatus, TicketType
from aftersale.reject_reasons import BY_CODE
from aftersale.services.desk import reject_templates, replies
from aftersale.services.refunds import approvals

APPROVED, REJECTED = 3, 2
OFFER = "亲，衣服如果不影响穿着，给您退六成货款，不用寄回，您看可以吗？"


def by_hand(shop: Shop, *, user: User, now: datetime) -> None:
    """Confirms one parcel, approves some tickets, rejects some and offers one buyer less."""
    returned = Ticket.objects.filter(
        shop=shop, status=TicketStatus.RETURNING, events__actor="automation"
    ).order_by("ticket_no")
    approvals.confirm_return(ticket_id=returned[0].pk, user=user, now=now)
    for ticket in _waiting(shop, TicketType.REFUND_ONLY)[:APPROVED]:
        assert ticket.order is not None
        if ticket.amount <= ticket.order.refundable_amount:
            approvals.approve(ticket_id=ticket.pk, user=user, now=now)
    # The newest tickets: overdue and nearly due ones are left for visitors.
    to_answer = list(_waiting(shop, TicketType.RETURN_REFUND).reverse()[: REJECTED + 1])
    mismatch = BY_CODE["reason_mismatch"]
    with translation.override("zh-hans"):  # as the buyers read it
        for ticket in to_answer[:REJECTED]:
            replies.reject(
                ticket_id=ticket.pk,
                reason=mismatch.code,
                explanation=reject_templates.filled(mismatch, ticket),
                user=user,
                now=now,
            )
    for ticket in to_answer[REJECTED:]:
        replies.negotiate(
            ticket_id=ticket.pk,
            type=TicketType.REFUND_KEEP_GOODS,
            amount=ticket.amount * 6 // 10,
            message=OFFER,
            user=user,
            now=now,
        )


def _waiting(shop: Shop, type_: TicketType) -> QuerySet[Ticket]:
    return (
        Ticket.objects.filter(
            shop=shop, status=TicketStatus.PENDING_REVIEW, type=type_, order__isnull=False
        )
        .exclude(buyer__in=shop.blocked_buyers.values("buyer"))
        .select_related("order", "shop")
        .order_by("applied_at", "ticket_no")
    )
