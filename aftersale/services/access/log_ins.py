"""Log-ins that failed, and sessions that ended, in the audit trail (SPEC P6)."""

from datetime import datetime

from django.contrib.auth.models import User

from aftersale.domain.multilingual import said as _
from aftersale.models import AuditKind
from aftersale.services.shared import trail


def failed(whom: User | None, *, by: User | None, now: datetime, factor: bool = False) -> None:
    """A wrong password, or second factor, under the name of `whom`; None where nobody has it.

    `by` is the person who is logged in already, and was asked again before a dangerous step.
    """
    if by is not None:
        note = _("Wrong confirmation before a dangerous step")
    elif factor:
        note = _("Wrong second factor")
    elif whom is None:
        note = _("Nobody has the name")
    else:
        note = _("Wrong password, or shut out")
    trail.record(AuditKind.LOG_IN_FAILED, whom=whom, user=by, now=now, note=note)


def ended(user: User, *, over: bool, now: datetime) -> None:
    """The person logged out, or the session was idle or old (`over`)."""
    note = _("The session was over") if over else ""
    trail.record(AuditKind.LOGGED_OUT, whom=user, user=None if over else user, now=now, note=note)
