"""The amount up to which a person approves alone, and what counts towards it (SPEC G4).

Amounts in fen. Limits are read without a lock: a change counts from its commit on.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from aftersale.models import (
    ApprovalLimit,
    ApprovalRequest,
    ApprovalState,
    Membership,
    Negotiation,
    NegotiationResult,
    Order,
    Role,
    ShopRequest,
    StepState,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from aftersale.services.access.rights import ROLES, Right
from aftersale.services.shared.errors import NotAllowed
from aftersale.services.shared.prepared import Slots, prepared
from aftersale.services.tickets.negotiation import offered_money

# A person's step to one of these approves, or records a payment.
_APPROVED = [TicketStatus.REFUNDING, TicketStatus.AWAITING_RETURN, TicketStatus.REFUNDED]
# Requests of the shop's own that the platform refused, or that were let go unsent.
_NEVER_PAID = [StepState.DECLINED, StepState.TAKEN_OVER]
_GIVEN = [ApprovalState.WAITING, ApprovalState.CONFIRMED]


class Excess(NamedTuple):
    """A step that needs a second person: what it comes to with the person's other ones on the
    order, and what they approve alone."""

    together: int
    alone_up_to: int


def excess(user: User, order: Order, amount: int, *, but: Ticket | None = None) -> Excess | None:
    """None where the person may take that amount of the locked order alone, for the ticket `but`
    or for none of its own."""
    limit = alone_up_to(user, order.shop_id)
    if limit is None or amount <= 0:
        return None
    together = amount + given_by(user, order, but=but)
    return Excess(together, limit) if together > limit else None


def are_set(shop_pks: Iterable[int]) -> set[int]:
    """The shops that ask for a second person at all."""
    shops = list(set(shop_pks))
    return set(_limited(shops=shops)) if shops else set()


@prepared
def _limited(*, shops: Slots) -> QuerySet:
    limits = ApprovalLimit.objects.filter(shop__in=shops)
    return limits.values_list("shop", flat=True).distinct()


def may_confirm(user: User, order: Order, request: ApprovalRequest) -> bool:
    """Whether another person may approve that much. Of what no role approves alone, those of the
    highest limit are each other's second person."""
    limits = _limits(request.shop_id)
    limit = limits.get(_role(user, request.shop_id))
    if limit is None:
        return True
    highest = ROLES[Right.HANDLE_TICKETS] <= set(limits) and limit == max(limits.values())
    together = request.amount + given_by(user, order, but=request.ticket)
    return highest or together <= limit


def alone_up_to(user: User, shop_id: int) -> int | None:
    """None: without a limit. Operators count as owners."""
    limits = _limits(shop_id)
    return limits.get(_role(user, shop_id)) if limits else None


def given_by(user: User, order: Order, *, but: Ticket | None = None) -> int:
    """Fen that this person has given on the order, the ticket `but` left out: what its tickets
    have taken, or are offered, by steps that the person took, asked for or confirmed, and the
    amounts of the person's own requests."""
    opened = ShopRequest.objects.filter(order=order, user=user)
    requests = opened.exclude(platform_step__state__in=_NEVER_PAID)
    own = requests.aggregate(sum=Sum("amount"))["sum"] or 0
    others = Ticket.objects.filter(order=order)
    if but is not None:
        others = others.exclude(pk=but.pk)
    amounts = dict(others.values_list("pk", "committed"))
    if not amounts:
        return own
    stepped = TicketEvent.objects.filter(ticket__in=amounts, user=user, to_status__in=_APPROVED)
    asked = ApprovalRequest.objects.filter(
        Q(requested_by=user) | Q(settled_by=user), ticket__in=amounts, state__in=_GIVEN
    )
    touched = {*stepped.values_list("ticket", flat=True), *asked.values_list("ticket", flat=True)}
    offers = Negotiation.objects.filter(
        ticket__in=amounts, user=user, result__in=["", NegotiationResult.ACCEPTED]
    ).select_related("ticket")
    given = {pk: amounts[pk] for pk in touched}
    for offer in offers:
        pk, money = offer.ticket_id, offered_money(offer.ticket, offer.type, offer.amount)
        if money:
            given[pk] = max(given.get(pk, 0), amounts[pk] if offer.result else money)
    return own + sum(given.values())


def _limits(shop_id: int) -> dict[Role, int]:
    rows = ApprovalLimit.objects.filter(shop=shop_id).values_list("role", "amount")
    return {Role(role): amount for role, amount in rows}


def _role(user: User, shop_id: int) -> Role:
    if user.is_superuser:
        return Role.OWNER
    found = Membership.objects.filter(user=user, shop=shop_id).values_list("role", flat=True)
    role = found.first()
    if role is None:  # taken out while this call was under way
        raise NotAllowed(_("Your role in this shop does not allow this."))
    return Role(role)
