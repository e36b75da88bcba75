"""How far this process's clock is from the database's, by which the desk and automation go."""

from django.utils import timezone

from aftersale.services.shared.database_clock import database_moment

# From here on operators are told: leases, signatures and days are still right, but not for long.
MOST_SECONDS = 30.0


def seconds_ahead() -> float:
    """By how much this process's clock is ahead; negative where it is behind.

    Between the two looks at it the database was asked: what lies in between is no difference.
    """
    before = timezone.now()
    moment = database_moment()
    after = timezone.now()
    if before <= moment <= after:
        return 0.0
    nearest = after if moment > after else before
    return (nearest - moment).total_seconds()
