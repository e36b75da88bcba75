"""Sessions of a person, which can be seen and ended (SPEC P5)."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User

from aftersale.models import AuditKind
from aftersale.services.shared import trail


def end(*, user: User, here: str, now: datetime, chosen: int | None = None) -> int:
    """Ends the chosen session of the person, or all but the one `here`; returns how many."""
    ended = end_all(user, but=here, chosen=chosen)
    if ended:
        trail.record(AuditKind.SESSIONS_ENDED, whom=user, user=user, now=now)
    return ended


def end_all(user: User, *, but: str | None = None, chosen: int | None = None) -> int:
    """Ends the person's sessions, but for the one with that key; returns how many."""
    found = UserSession.objects.filter(user=user).exclude(session_key=but or "")
    if chosen is not None:
        found = found.filter(pk=chosen)
    ended = 0
    for one in found:
        one.end()
        ended += 1
    return ended
