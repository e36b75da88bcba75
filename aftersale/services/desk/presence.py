"""Cases that people have open, so that two do not work on one (one row a person)."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet

from aftersale.models import CaseVisit, Ticket
from aftersale.services.shared.prepared import Slot, prepared

# An open case reports every 15 seconds; after three missed reports the person has left.
SEEN_FOR = timedelta(seconds=45)


def visit(*, ticket: Ticket, user: User, now: datetime) -> None:
    """Notes that the person has this case open, and no other."""
    CaseVisit.objects.bulk_create(
        [CaseVisit(user=user, ticket=ticket, seen_at=now)],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["ticket", "seen_at"],
    )


def others(*, ticket: Ticket, user: User, now: datetime) -> list[User]:
    """The colleagues who have the case open."""
    visits = _visits(ticket=ticket.pk, user=user.pk, since=now - SEEN_FOR)
    return [found.user for found in visits]


@prepared
def _visits(*, ticket: Slot, user: Slot, since: Slot) -> QuerySet[CaseVisit]:
    visits = CaseVisit.objects.filter(ticket=ticket, seen_at__gt=since)
    return visits.exclude(user=user).select_related("user")
