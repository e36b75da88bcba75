"""A platform's own reasons for rejecting a ticket, where the shop is connected (SPEC P2)."""

from collections.abc import Sequence

import structlog
from django.utils.translation import gettext as _

from aftersale.domain.punctuation import BRACKETED, SEMICOLON
from aftersale.models import Ticket, TicketType
from aftersale.platforms import registry
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import OWN_REASON, NotCarriedOut, PlatformReason, own_reason
from aftersale.reject_reasons import RejectReason, Stage
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.shared.errors import OtherReasons

log = structlog.get_logger(__name__)


def of_ticket(ticket: Ticket) -> Sequence[PlatformReason]:
    """Reasons that the platform takes for this ticket.

    Empty where it has none, and while it can't be asked: the catalogue serves then. Not within a
    transaction.
    """
    if not is_platform_connected(ticket.shop):
        return ()
    try:
        platform = registry.platform_of(ticket.shop)
        return platform.reject_reasons(ticket.ticket_no) if platform is not None else ()
    except (NotCarriedOut, TimedOut) as error:
        log.warning("platform_reasons_unread", ticket=ticket.pk, error=type(error).__name__)
        return ()


def chosen(ticket: Ticket, reason: str) -> RejectReason | None:
    """The platform's reason that was chosen, with what it requires; None: one of the catalogue.

    Where the platform has reasons for this ticket, one of those is needed (SPEC P2): raises
    OtherReasons with their codes. Not within a transaction.
    """
    code, offered = own_reason(reason), of_ticket(ticket)
    for one in offered:
        if one.code == code:
            return as_reason(one)
    if code is None and not offered:
        return None
    if not offered:
        message = _("The platform does not take this reason for the ticket now. Choose another.")
        raise OtherReasons(message, pointer="reason")
    message = _("The platform has its own reasons for this ticket. Choose one of: %(reasons)s")
    listed = str(SEMICOLON).join(
        str(BRACKETED) % (OWN_REASON + one.code, one.label) for one in offered
    )
    raise OtherReasons(message % {"reasons": listed}, pointer="reason")


def as_reason(offered: PlatformReason) -> RejectReason:
    return RejectReason(
        code=OWN_REASON + offered.code,
        label=offered.label,
        text=offered.text,
        types=frozenset(TicketType),
        stages=frozenset(Stage),
        needs_evidence=offered.needs_pictures,
    )
