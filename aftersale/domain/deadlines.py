"""How long the merchant or the buyer has, where the platform names no deadline (SPEC O5).

Taken from the platforms' own pages and merchants' guides; of two sources that disagree the shorter
time, so that nobody who relies on the table is late. A combination that is not here has no known
limit.
"""

from datetime import datetime, timedelta

_HOURS_48 = timedelta(hours=48)

LIMITS: dict[tuple[str, str, str], timedelta] = {
    # Platform, ticket type, status.
    ("kuaishou", "refund_only", "pending_review"): _HOURS_48,
    ("kuaishou", "return_refund", "pending_review"): _HOURS_48,
    ("kuaishou", "return_refund", "awaiting_return"): timedelta(days=10),
    # Sources say 7 or 10 days.
    ("kuaishou", "return_refund", "returning"): timedelta(days=7),
    ("wechat", "refund_only", "negotiating"): _HOURS_48,
    ("wechat", "return_refund", "negotiating"): _HOURS_48,
}

# A round of negotiation that the desk begins has an end on every platform (SPEC P3).
ANSWER = _HOURS_48


def due_at(*, platform: str, type: str, status: str, since: datetime) -> datetime | None:
    """When a ticket that is in `status` since `since` is due, or None where no limit is known."""
    limit = LIMITS.get((platform, type, status))
    return since + limit if limit else None
