"""Which orders may leave the database: all that was ever done about them is over, settled and old
(SPEC O12).

Asked for candidates, and again under the orders' locks before anything is deleted. Whatever is not
known to be over stays.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from aftersale.models import Shop, TicketFlag
from aftersale.services.privacy.retention import months_before
from aftersale.services.shared.sql_arrays import cursor, numbers
from aftersale.services.shops.settings import LONGEST_ARCHIVE

# Nothing that Afterdesk looks back on may be in files alone: trial runs and figures reach back 400
# days, and in them a buyer limit as many days as it has (strategies/services/past/snapshot.py).
LOOKED_BACK_DAYS = 410
# Events count in figures up to a week later: a rejection that nobody contests is upheld
# then (SPEC M6). So long before the days whose figures are kept, nothing is left to be counted.
COUNTED_LATER_DAYS = 8
CANDIDATES = 1_000

# Flags that say how a ticket went; any other is about money or facts that are in doubt.
_TOLD = [
    TicketFlag.PLATFORM_STEP,
    TicketFlag.PLATFORM_REFUSED,
    TicketFlag.PLATFORM_PAYS,
    TicketFlag.BEFORE_CONNECTION,
    TicketFlag.NO_WINDOW,
    TicketFlag.LIKELY_LOSS,
    TicketFlag.ERROR,
]
_ALLOWED = "ARRAY[" + ", ".join(f"'{flag.value}'" for flag in _TOLD) + "]::varchar[]"

_PAID = "(SELECT r.amount FROM aftersale_refund r WHERE r.ticket_id = t.id"
_PAID += " AND r.status = 'succeeded')"

# Reasons to keep an order `o` in the database; each is SQL that finds one.
_KEEPS = [
    f"""SELECT FROM aftersale_ticket t WHERE t.order_id = o.id AND NOT (
            t.status IN ('refunded', 'rejected', 'cancelled', 'closed')
            AND t.status_at < %(before)s AND t.updated_at < %(before)s
            AND t.applied_at < %(before)s AND NOT t.awaiting_evaluation AND t.window_id IS NULL
            AND t.flags <@ {_ALLOWED} AND t.committed = coalesce({_PAID}, 0)
            AND (t.status = 'refunded') = ({_PAID} IS NOT NULL OR t.status = 'refunded'
                                           AND t.amount = 0))""",
    """SELECT FROM aftersale_ticketevent e JOIN aftersale_ticket t ON t.id = e.ticket_id
        WHERE t.order_id = o.id AND e.at >= %(before)s""",
    """SELECT FROM aftersale_refund r WHERE r.order_id = o.id AND NOT (
            r.status IN ('succeeded', 'failed', 'taken_back') AND NOT r.needs_people
            AND r.next_step_at IS NULL AND r.requested_at < %(before)s
            AND coalesce(r.settled_at, r.requested_at) < %(before)s)""",
    # A fund's ledger is kept for good, and with it what it was for.
    """SELECT FROM aftersale_refundattempt a JOIN aftersale_refund r ON r.id = a.refund_id
        WHERE r.order_id = o.id AND (a.state NOT IN ('succeeded', 'failed') OR a.fund <> ''
            OR a.call_until >= %(before)s OR a.created_at >= %(before)s
            OR EXISTS (SELECT FROM aftersale_fundentry f WHERE f.attempt_id = a.id))""",
    """SELECT FROM aftersale_commissionreturn c JOIN aftersale_refund r ON r.id = c.refund_id
        WHERE r.order_id = o.id""",
    "SELECT FROM aftersale_aftersalewindow w WHERE w.order_id = o.id",
    "SELECT FROM aftersale_shoprequest q WHERE q.order_id = o.id",
    # Pictures go first, by the time for which personal data are kept (SPEC P7).
    """SELECT FROM aftersale_evidencefile f JOIN aftersale_ticket t ON t.id = f.ticket_id
        WHERE t.order_id = o.id""",
    """SELECT FROM aftersale_approvalrequest q JOIN aftersale_ticket t ON t.id = q.ticket_id
        WHERE t.order_id = o.id AND (q.state = 'waiting' OR q.settled_at >= %(before)s)""",
    """SELECT FROM aftersale_negotiation n JOIN aftersale_ticket t ON t.id = n.ticket_id
        WHERE t.order_id = o.id AND (n.ended_at IS NULL OR n.ended_at >= %(before)s)""",
    """SELECT FROM aftersale_shippingalert a WHERE a.order_id = o.id
          AND (a.state IN ('to_stop', 'asked_carrier') OR a.raised_at >= %(before)s
               OR a.changed_at >= %(before)s)""",
    """SELECT FROM aftersale_platformstep p WHERE p.order_id = o.id
          AND (p.state IN ('due', 'sending', 'unknown') OR p.at >= %(before)s
               OR p.call_until >= %(before)s OR p.settled_at >= %(before)s)""",
    """SELECT FROM aftersale_platformproblem b JOIN aftersale_platformaccount c
           ON c.id = b.account_id AND c.shop_id = o.shop_id
        WHERE b.number = o.order_no OR b.number IN (
              SELECT t.ticket_no FROM aftersale_ticket t WHERE t.order_id = o.id)""",
]


def keep_in_the_database(reason: str) -> None:
    """Another app's: SQL that finds a reason why order `o` stays."""
    if reason not in _KEEPS:
        _KEEPS.append(reason)


def before_of(shop: Shop, now: datetime) -> datetime:
    """Older orders may go; at a midnight of the shop's, so that whole days go."""
    zone = ZoneInfo(shop.timezone)
    looked_at = timedelta(days=LOOKED_BACK_DAYS + (shop.buyer_limit_days or 0))
    moment = min(months_before(now, shop.archive_months or LONGEST_ARCHIVE), now - looked_at)
    return moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def due(shop_id: int, before: datetime) -> Iterator[list[int]]:
    """Keys of the shop's orders that may go, some at a time, by their oldest request."""
    last = (datetime.min.replace(tzinfo=UTC), 0)
    while True:
        with connection.cursor() as plain:
            plain.execute(
                "SELECT applied_at, id, order_id FROM aftersale_ticket"
                " WHERE shop_id = %s AND applied_at < %s AND (applied_at, id) > (%s, %s)"
                " ORDER BY applied_at, id LIMIT %s",
                [shop_id, before, *last, CANDIDATES],
            )
            found = plain.fetchall()
        if not found:
            return
        last = found[-1][:2]
        if pks := over({order for *_key, order in found if order is not None}, before):
            yield pks


def over(order_pks: set[int], before: datetime) -> list[int]:
    """Those of the orders that nothing keeps."""
    keeps = " AND ".join(f"NOT EXISTS ({reason})" for reason in _KEEPS)
    with transaction.atomic():
        cur = cursor()
        cur.execute(
            f"""SELECT o.id FROM aftersale_order o
                 WHERE o.id = ANY(%(orders)s::bigint[]) AND o.updated_at < %(before)s
                   AND NOT o.in_doubt AND NOT o.over_refunded
                   AND coalesce(greatest(o.created_at, o.paid_at, o.shipped_at, o.delivered_at,
                                         o.completed_at), '-infinity') < %(before)s
                   AND o.committed = (SELECT coalesce(sum(t.committed), 0)
                                        FROM aftersale_ticket t WHERE t.order_id = o.id)
                   AND {keeps}
                 ORDER BY o.id""",  # noqa: S608 - our own texts
            {"orders": numbers(order_pks), "before": before},
        )
        return [pk for (pk,) in cur]
