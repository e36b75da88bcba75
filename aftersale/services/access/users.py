"""Users, as operators change them (SPEC P1, P5). Every change is an event of the account."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.models import AuditKind, Membership, Role
from aftersale.services.access import second_factor, sessions
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused


@transaction.atomic
def change(
    *,
    user_id: int,
    name: str,
    email: str,
    is_active: bool,
    is_operator: bool,
    user: User,
    now: datetime,
) -> None:
    """Name, mail address, whether they get in, and whether they are an operator."""
    whom = _found(user_id, by=user)
    if whom.pk == user.pk and not (is_active and is_operator):
        raise Refused(gettext("You can't shut yourself out; another operator can."))
    if whom.is_active and not is_active:
        _refuse_last_owner(whom)
    told = [
        words % {"before": before or "–", "after": after or "–"}
        for words, before, after in (
            (_("name: %(before)s → %(after)s"), whom.first_name, name.strip()),
            (_("mail address: %(before)s → %(after)s"), whom.email, email.strip()),
        )
        if before != after
    ]
    steps = []
    if whom.is_active != is_active:
        steps.append(_("may come in") if is_active else _("shut out"))
    if whom.is_superuser != is_operator:
        steps.append(_("operator") if is_operator else _("no operator any more"))
    whom.first_name, whom.last_name, whom.email = name.strip(), "", email.strip()
    whom.is_active, whom.is_superuser, whom.is_staff = is_active, is_operator, True
    whom.save()
    if steps:
        sessions.end_all(whom)
    if steps or told:
        note = joined(COMMA, [*steps, *told])
        trail.record(AuditKind.ACCESS, whom=whom, user=user, now=now, note=note)


def forget_factors(*, user_id: int, user: User, now: datetime) -> int:
    """As the command `reset_factors`; returns how many there were."""
    return second_factor.forget(user=_found(user_id, by=user), by=user, now=now)


def _found(user_id: int, *, by: User) -> User:
    if not (by.is_active and by.is_superuser):
        raise NotAllowed(gettext("Only operators do this."))
    whom = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if whom is None:
        raise NotFound(gettext("There is no such user."))
    return whom


def _refuse_last_owner(whom: User) -> None:
    owners = Membership.objects.filter(role=Role.OWNER, user__is_active=True)
    for member in owners.filter(user=whom).select_related("shop"):
        if not owners.filter(shop=member.shop_id).exclude(user=whom).exists():
            raise Refused(
                gettext("This is the last owner of %(shop)s: make somebody else owner first.")
                % {"shop": member.shop.name}
            )
