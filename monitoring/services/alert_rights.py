"""The roles that may act on each kind of alert (SPEC P1, M4).

All members of a shop see its alerts. Only roles that can act on a kind acknowledge it, count it in
the bell and get it by mail.
"""

from django.contrib.auth.models import User
from django.db.models import Q

from aftersale.models import Role
from aftersale.services.access.rights import ROLES, Right, shops_of
from monitoring.models import AlertKind

# The right that lets somebody act on an alert.
RIGHT_OF: dict[str, Right] = {
    AlertKind.CAP: Right.CHANGE_STRATEGIES,
    AlertKind.BREAKER: Right.CHANGE_STRATEGIES,
    AlertKind.REFUND_FAILED: Right.HANDLE_TICKETS,
    AlertKind.DEADLINE: Right.HANDLE_TICKETS,
    AlertKind.SHIPPING: Right.HANDLE_TICKETS,
    AlertKind.PLATFORM: Right.CHANGE_SHOP,
    AlertKind.WEBHOOK: Right.CHANGE_SHOP,
    AlertKind.TO_PAY: Right.HANDLE_TICKETS,
    AlertKind.TIME_AHEAD: Right.CHANGE_STRATEGIES,
    AlertKind.TICKETS_LATE: Right.HANDLE_TICKETS,
    AlertKind.REFUNDS_LATE: Right.HANDLE_TICKETS,
    AlertKind.READING_LATE: Right.CHANGE_SHOP,
    AlertKind.CLOCKS: Right.CHANGE_SHOP,
    AlertKind.TOKEN: Right.CHANGE_SHOP,
    AlertKind.WEEKLY: Right.CHANGE_STRATEGIES,
}
# Mailed to all who may act on it: nobody opts out of being told that somebody gave access away.
ALWAYS_MAILED = {AlertKind.TOKEN}
# Mailed to those who asked for it in that shop (WeeklyReader), and nothing that waits for hands.
NOTES = {AlertKind.WEEKLY}


def roles(kind: str) -> set[Role]:
    """The roles that may act on alerts of the kind."""
    return ROLES[RIGHT_OF[kind]]


def acted_on_by(user: User) -> Q:
    """The alerts that the user may act on; all of them for an operator."""
    if user.is_superuser:
        return Q()
    found = Q(pk__in=[])
    for right in set(RIGHT_OF.values()):
        kinds = [kind for kind in RIGHT_OF if RIGHT_OF[kind] is right]
        found |= Q(kind__in=kinds, shop__in=shops_of(user, right).values("pk"))
    return found


def seen_by(user: User) -> Q:
    """Of the alerts of the user's shops: a note says what the advice says, and is shown to no
    other role (SPEC M6)."""
    if user.is_superuser:
        return Q()
    may = Q()
    for kind in NOTES:
        may &= ~Q(kind=kind) | Q(shop__in=shops_of(user, RIGHT_OF[kind]).values("pk"))
    return may
