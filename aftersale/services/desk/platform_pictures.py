"""A buyer's picture that only a call to the platform shows, or whose address there has ended by
now: fetched for one person, not kept."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from aftersale.models import ConnectorKind, PlatformFacts, PlatformSubject, Ticket
from aftersale.platforms import registry
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import EvidenceExpires, HasPictures, NotCarriedOut, Picture
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound
from aftersale.services.tickets.cases import find_case


def find(*, ticket_id: int, number: str, user: User) -> Picture:
    """A picture that the ticket's facts name; NotFound for any other, and while the platform can't
    give it."""
    ticket = find_case(ticket_id=ticket_id, user=user, right=Right.SEE)
    row = PlatformFacts.objects.filter(
        shop=ticket.shop_id, subject=PlatformSubject.TICKET, number=ticket.ticket_no
    ).first()
    named = row is not None and any(fact[:2] == ["picture", number] for fact in row.facts)
    try:
        platform = registry.platform_of(ticket.shop) if named else None
        picture = platform.picture(number) if isinstance(platform, HasPictures) else None
    except (NotCarriedOut, TimedOut):
        picture = None
    if picture is None:
        raise NotFound(_("There is no such picture."))
    return picture


def expire(ticket: Ticket) -> bool:
    """True if the addresses of the ticket's pictures end soon on its platform."""
    shop = ticket.shop
    if shop.connector != ConnectorKind.PLATFORM or shop.platform not in registry.PLATFORMS:
        return False
    return isinstance(registry.class_of(shop.platform), EvidenceExpires)


def fresh_address(*, ticket_id: int, place: int, user: User) -> str:
    """The address of a picture now, asked of the platform; the stored one where it can't say."""
    ticket = find_case(ticket_id=ticket_id, user=user, right=Right.SEE)
    if not expire(ticket) or not 0 <= place < len(ticket.evidence):
        raise NotFound(_("There is no such picture."))
    try:
        platform = registry.platform_of(ticket.shop)
        seen = platform.ticket(ticket.ticket_no) if platform else None
    except (NotCarriedOut, TimedOut):
        seen = None
    now = seen.record.evidence if seen else []
    # As many as before: their order is that of the stored ones.
    found = now[place] if len(now) == len(ticket.evidence) else ticket.evidence[place]
    if not found.startswith(("https://", "http://")):
        raise NotFound(_("There is no such picture."))
    return found
