"""The operator's stop of all outgoing payments of all shops (SPEC G2)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from aftersale.models import AuditKind, PaymentStop
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotAllowed, Refused


def stopped() -> bool:
    """True while all payments are stopped."""
    return PaymentStop.objects.filter(ended_at=None).exists()


def start(*, user: User, reason: str, now: datetime) -> PaymentStop:
    """Stops all outgoing payments; raises NotAllowed, or Refused where they are stopped already.

    What is under way is seen through to its outcome; nothing more is sent until it is lifted.
    """
    _require_operator(user)
    try:
        with transaction.atomic():
            stop = PaymentStop.objects.create(started_at=now, started_by=user, reason=reason)
            trail.record(AuditKind.PAYMENTS_STOPPED, user=user, now=now, note=reason)
            return stop
    except IntegrityError as error:
        raise Refused(_("Payments are stopped already.")) from error


def lift(*, user: User, now: datetime) -> None:
    """Lets payments go out again; raises NotAllowed, or Refused where nothing is stopped."""
    _require_operator(user)
    with transaction.atomic():
        ended = PaymentStop.objects.filter(ended_at=None).update(ended_at=now, ended_by=user)
        if not ended:
            raise Refused(_("Payments are not stopped."))
        trail.record(AuditKind.PAYMENTS_RESUMED, user=user, now=now)
        wake_payer()


def _require_operator(user: User) -> None:
    if not (user.is_active and user.is_superuser):
        raise NotAllowed(_("Only an operator may stop payments or let them go on."))
