"""Passwords: changed by their person, and judged (SPEC P5)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from aftersale.models import AuditKind
from aftersale.services.shared import trail

from . import sessions


@transaction.atomic
def change(*, user: User, password: str, now: datetime, here: str | None = None) -> None:
    """Sets the password and ends all sessions but the one `here`.

    Raises ValidationError for a password that is not good enough.
    """
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.end_all(user, but=here)
    trail.record(AuditKind.PASSWORD, whom=user, user=user, now=now)
