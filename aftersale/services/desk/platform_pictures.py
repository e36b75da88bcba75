"""A buyer's picture that only a call to the platform shows: fetched for one person, not kept."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from aftersale.models import PlatformFacts, PlatformSubject
from aftersale.platforms import registry
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import HasPictures, NotCarriedOut, Picture
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
