"""Who sees to which alerts (SPEC P1, M4): the roles that can do something about the kind.

All members of a shop see its alerts. Acknowledging one, being mailed it, and counting it in the
bell follow the rule here.
"""

from django.contrib.auth.models import User
from django.db.models import Q

from aftersale.models import Role
from aftersale.services.access.rights import ROLES, Right, shops_of
from monitoring.models import AlertKind

WHO: dict[str, Right] = {
    AlertKind.CAP: Right.CHANGE_STRATEGIES,
    AlertKind.BREAKER: Right.CHANGE_STRATEGIES,
    AlertKind.REFUND_FAILED: Right.HANDLE_TICKETS,
    AlertKind.DEADLINE: Right.HANDLE_TICKETS,
    AlertKind.SHIPPING: Right.HANDLE_TICKETS,
    AlertKind.PLATFORM: Right.CHANGE_SHOP,
    AlertKind.WEBHOOK: Right.CHANGE_SHOP,
}


def roles(kind: str) -> set[Role]:
    """The roles that see to alerts of the kind."""
    return ROLES[WHO[kind]]


def seen_to_by(user: User) -> Q:
    """The alerts that the user sees to; an operator sees to all."""
    if user.is_superuser:
        return Q()
    found = Q(pk__in=[])
    for right in set(WHO.values()):
        kinds = [kind for kind in WHO if WHO[kind] is right]
        found |= Q(kind__in=kinds, shop__in=shops_of(user, right).values("pk"))
    return found
