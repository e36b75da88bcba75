"""How far this process's clock is from the database's, which desk and automation use."""

from django.utils import timezone

from aftersale.services.shared.database_clock import database_moment

# From this difference on operators are warned: leases, signatures and days are still right, but not
# for long.
MOST_SECONDS = 30.0


def seconds_ahead() -> float:
    """Seconds by which this process's clock is ahead; negative where it is behind.

    The clock is read before and after the database is asked; a database time between the two
    readings counts as no difference.
    """
    before = timezone.now()
    moment = database_moment()
    after = timezone.now()
    if before <= moment <= after:
        return 0.0
    nearest = after if moment > after else before
    return (nearest - moment).total_seconds()
