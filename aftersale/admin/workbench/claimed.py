"""A case in a colleague's hands: whoever decides it, or takes it over, says that they mean to."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _

from aftersale.admin.kit import access, columns
from aftersale.domain.punctuation import COLON, COMMA
from aftersale.models import Ticket
from aftersale.services.access.rights import scoped
from aftersale.services.shared.errors import Refused

FIELD = "from_colleague"


def colleague(request: HttpRequest, ticket: Ticket) -> User | None:
    """The other person who has the case in hand."""
    handler = ticket.handler
    return None if handler is None or handler == access.person(request) else handler


def require_meant(request: HttpRequest, ticket: Ticket) -> None:
    """Raises Refused unless the person has ticked that very colleague's name."""
    who = colleague(request, ticket)
    if who is not None and request.POST.get(FIELD) != str(who.pk):
        raise Refused(
            _("It is in the hands of %s: say below that you decide it all the same.")
            % columns.name(who),
            pointer=FIELD,
        )


def names_of(tickets: Iterable[Ticket], user: User) -> list[str]:
    """Of several tickets, those in the hands of colleagues, each with its colleague's name."""
    theirs = [one for one in tickets if one.handler_id not in (None, user.pk)]
    people = User.objects.in_bulk({one.handler_id for one in theirs}) if theirs else {}
    return [f"{one.ticket_no}{COLON}{columns.name(people.get(one.handler_id))}" for one in theirs]


def require_all_meant(request: HttpRequest, ticket_ids: Sequence[int]) -> None:
    """The same for a batch, where one tick answers for all that the page named."""
    user = access.person(request)
    found = scoped(Ticket.objects.filter(pk__in=ticket_ids, handler__isnull=False), user)
    theirs = names_of(found, user)
    if theirs and FIELD not in request.POST:
        raise Refused(
            _("In the hands of colleagues: %s. Say below that you decide them too.")
            % str(COMMA).join(theirs),
            pointer=FIELD,
        )
