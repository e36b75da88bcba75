"""Second factors: who needs one, who has one, and taking a lost one away (SPEC P5)."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from aftersale.models import AuditKind, Role
from aftersale.services.shared import trail

from . import sessions

# Users of the sample data, whose password everybody knows; they exist in no production start.
DEMO = "demo"


def is_compulsory(user: User) -> bool:
    """For operators, owners and admins outside demo data."""
    if user.is_superuser:
        return settings.PRODUCTION or not user.groups.filter(name=DEMO).exists()
    roles = user.memberships.filter(role__in=(Role.OWNER, Role.ADMIN))
    return roles.filter(shop__is_demo=False).exists()


def has(user: User) -> bool:
    """An app or a passkey; recovery codes alone are none."""
    own = Authenticator.objects.filter(user=user)
    return own.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def lacks(user: User) -> bool:
    return is_compulsory(user) and not has(user)


def ask_for(user: User) -> None:
    """After a change of rights: whoever needs a factor now and has none sets it up at the log-in
    that follows."""
    if lacks(user):
        sessions.end_all(user)


@transaction.atomic
def forget(*, user: User, by: User | None, now: datetime, note: str = "") -> int:
    """Takes all factors away and ends the sessions; returns how many factors there were.

    Where one is compulsory, the next log-in asks for a new one.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    factors = Authenticator.objects.filter(user=user)
    found = factors.exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    factors.delete()
    sessions.end_all(user)
    trail.record(AuditKind.FACTORS_FORGOTTEN, whom=user, user=by, now=now, note=note)
    return found
