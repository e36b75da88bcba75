"""Cases that people have open, so that two do not work on one (one row a person)."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet

from aftersale.models import CaseVisit, Ticket
from aftersale.services.shared.prepared import Slot, prepared

# An open case reports every 15 seconds; after three missed reports the person has left.
SEEN_FOR = timedelta(seconds=45)
_VISIT = """
INSERT INTO aftersale_casevisit (user_id, ticket_id, seen_at) VALUES (%s, %s, %s)
ON CONFLICT (user_id) DO UPDATE SET ticket_id = EXCLUDED.ticket_id, seen_at = EXCLUDED.seen_at
"""


def visit(*, ticket: Ticket, user: User, now: datetime) -> None:
    """Notes that the person has this case open, and no other."""
    with connection.cursor() as cursor:
        cursor.execute(_VISIT, [user.pk, ticket.pk, now])


def others(*, ticket: Ticket, user: User, now: datetime) -> list[User]:
    """The colleagues who have the case open."""
    visits = _visits(ticket=ticket.pk, user=user.pk, since=now - SEEN_FOR)
    return [found.user for found in visits]


@prepared
def _visits(*, ticket: Slot, user: Slot, since: Slot) -> QuerySet[CaseVisit]:
    visits = CaseVisit.objects.filter(ticket=ticket, seen_at__gt=since)
    return visits.exclude(user=user).select_related("user")
