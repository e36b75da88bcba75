"""The marks of a session, which no page needs a query for (SPEC P5).

Sessions of the log-in page have them from the start; one without them is over.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from aftersale.services.access import log_ins

LASTS = timedelta(hours=12)
IDLE = timedelta(hours=2)
CONFIRMED_FOR = timedelta(minutes=10)
# Being there is written down at most this often.
_NOTED_EVERY = timedelta(minutes=1)

_BEGAN, _SEEN, _CONFIRMED, _LACKS_FACTOR = "began", "seen", "confirmed", "lacks_factor"


@receiver(user_logged_in, dispatch_uid="accounts.session")
def begin(request: HttpRequest, user: User, **_: Any) -> None:
    now = timezone.now().timestamp()
    request.session.update({_BEGAN: now, _SEEN: now, _CONFIRMED: now})


@receiver(user_logged_out, dispatch_uid="accounts.session_end")
def end(request: HttpRequest, user: User | None, **_: Any) -> None:
    """By the person, or as the session is over."""
    if user is not None:
        now = timezone.now()
        log_ins.ended(user, over=is_over(request.session, now=now), now=now)


def is_logged_in(session: SessionBase) -> bool:
    return SESSION_KEY in session


def is_over(session: SessionBase, *, now: datetime) -> bool:
    return not (_within(session, _BEGAN, LASTS, now) and _within(session, _SEEN, IDLE, now))


def note_presence(session: SessionBase, *, now: datetime) -> None:
    if not _within(session, _SEEN, _NOTED_EVERY, now):
        session[_SEEN] = now.timestamp()


def last_seen(session: SessionBase) -> datetime | None:
    seen = session.get(_SEEN)
    return datetime.fromtimestamp(seen, tz=timezone.get_current_timezone()) if seen else None


def is_confirmed(session: SessionBase, *, now: datetime) -> bool:
    """Whether the person has shown who they are within the last ten minutes."""
    return _within(session, _CONFIRMED, CONFIRMED_FOR, now)


def confirm(session: SessionBase, *, now: datetime) -> None:
    session[_CONFIRMED] = now.timestamp()


def lacks_factor(session: SessionBase) -> bool:
    """Whether a second factor must be set up before anything else is shown."""
    return _LACKS_FACTOR in session


def mark_factor(session: SessionBase, *, lacking: bool) -> None:
    if lacking:
        session[_LACKS_FACTOR] = True
    else:
        session.pop(_LACKS_FACTOR, None)


def _within(session: SessionBase, mark: str, time: timedelta, now: datetime) -> bool:
    at = session.get(mark)
    return at is not None and now.timestamp() - at < time.total_seconds()
