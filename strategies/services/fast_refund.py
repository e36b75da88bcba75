"""The operator's dated rules of fast refund (SPEC F1)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import joined
from aftersale.domain.punctuation import COLON
from aftersale.models import AuditKind, Shop
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotAllowed, Refused
from strategies.models import FastRefundRule

from .lanes import publish


@transaction.atomic
def add_rule(
    *, starts_at: datetime, kind: str, value: int, user: User, now: datetime
) -> FastRefundRule:
    """Adds the rule for orders paid from `starts_at` on; `value` is hours or fen, as `kind` says.

    It is in every shop's rulebook from the commit on. Raises NotAllowed for all but operators, and
    Refused where it would change the rule for orders that were paid already, or come before
    another: refunds are owed by the rule that was in force.
    """
    if not (user.is_active and user.is_superuser):
        raise NotAllowed(_("Only an operator may add a rule of fast refund."))
    if value <= 0:
        raise Refused(_("The limit must be above 0."), pointer="value")
    if starts_at <= now:
        raise Refused(_("The rule must begin in the future."), pointer="starts_at")
    if FastRefundRule.objects.filter(starts_at__gte=starts_at).exists():
        raise Refused(_("A later rule is there already."), pointer="starts_at")
    rule = FastRefundRule.objects.create(starts_at=starts_at, kind=kind, value=value)
    for shop_id in Shop.objects.order_by("pk").values_list("pk", flat=True):
        publish(shop_id, user=user, now=now)
    note = joined(COLON, [gettext_lazy("Fast-refund rule"), str(rule)])
    trail.record(AuditKind.STRATEGY, user=user, now=now, note=note)
    return rule
