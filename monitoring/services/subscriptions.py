"""Users' choices of alerts by mail (SPEC M4)."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from aftersale.models import Membership
from aftersale.services.shared.errors import NotAllowed
from monitoring.models import AlertKind, AlertSubscription

from .alert_rights import ALWAYS_MAILED, NOTES
from .alert_rights import roles as roles_of


def offered(user: User) -> list[AlertKind]:
    """The kinds that the user may act on in some shop; none for operators, who are no members."""
    roles = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    return [
        kind
        for kind in AlertKind
        if kind not in ALWAYS_MAILED | NOTES and not roles_of(kind).isdisjoint(roles)
    ]


def chosen(user: User) -> set[str]:
    return set(AlertSubscription.objects.filter(user=user).values_list("kind", flat=True))


@transaction.atomic
def choose(*, kinds: Collection[str], user: User) -> None:
    """Sets the user's own choice of mails from now on, in the active language."""
    if not set(kinds) <= set(offered(user)):
        raise NotAllowed(_("Your role in this shop does not allow this."))
    AlertSubscription.objects.filter(user=user).exclude(kind__in=kinds).delete()
    language = get_language()
    wanted = [AlertSubscription(user=user, kind=kind, language=language) for kind in kinds]
    AlertSubscription.objects.bulk_create(
        wanted,
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["language"],
    )
