"""A shop's hold after a restored backup ends once what can be known is known (SPEC G6)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet

from aftersale.domain.multilingual import said as _
from aftersale.domain.multilingual import written
from aftersale.models import (
    HANDS_OFF,
    AuditKind,
    PlatformAccount,
    Shop,
    Ticket,
    TicketFlag,
)
from aftersale.services.access.rights import Right, require
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.refunds.lost_payments import OVER
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import format_time
from aftersale.signals import tickets_waiting
from config import acting


def in_doubt(shop: Shop) -> int:
    """How many of the shop's open tickets may have been paid already."""
    return _in_doubt(shop).count()


def obstacle(shop: Shop) -> str:
    """The reasons that still keep the shop on hold, in words; empty where there are none."""
    account = PlatformAccount.objects.filter(shop=shop).first()
    if account is not None and account.last_read_at is None:
        return _(
            "its platform has not been read again yet: orders up to %(orders)s, tickets up to"
            " %(tickets)s"
        ) % {
            "orders": format_time(account.orders_until, shop),
            "tickets": format_time(account.tickets_until, shop),
        }
    if count := in_doubt(shop):
        return _("%d tickets may have been paid already") % count
    return ""


def resume(*, shop_id: int, user: User, now: datetime, rest_not_paid: bool = False) -> int:
    """Decisions and payments go on; how many tickets in doubt were taken as not paid.

    With `rest_not_paid` the person answers for it that those were not paid which neither the
    payer's results nor anybody else has told of. Raises Refused while something is not known.
    """
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    with transaction.atomic():
        shop = locks.lock_shop(shop_id)
        if not shop.on_hold:
            raise Refused(_("%s is not on hold.") % shop.name)
        locks.lock_orders_of(_in_doubt(shop).filter(order__isnull=False))
        freed = _not_paid(shop, user, now) if rest_not_paid else 0
        if why := obstacle(shop):
            raise Refused(_("%(shop)s stays on hold: %(why)s.") % {"shop": shop.name, "why": why})
        shop.on_hold = False
        shop.save(update_fields=["on_hold"])
        note = _("Work goes on; %d tickets were taken as not paid.") % freed
        trail.record(AuditKind.RESTORED, shop_id=shop_id, user=user, now=now, note=note)
        wake_payer()
        tickets_waiting.send(Shop, shop_ids={shop_id})
        return freed


def _in_doubt(shop: Shop) -> QuerySet[Ticket]:
    found = Ticket.objects.filter(shop=shop, flags__contains=[TicketFlag.MAY_BE_PAID])
    return found.exclude(status__in=OVER)


def _not_paid(shop: Shop, user: User, now: datetime) -> int:
    others = [flag.value for flag in HANDS_OFF if flag != TicketFlag.MAY_BE_PAID]
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH freed AS (
                 UPDATE aftersale_ticket t
                    SET flags = array_remove(t.flags, %(flag)s::varchar),
                        awaiting_evaluation = t.status = 'pending_review'
                            AND t.order_id IS NOT NULL AND NOT t.flags && %(others)s::varchar[]
                  WHERE t.shop_id = %(shop)s AND t.flags @> ARRAY[%(flag)s]::varchar[]
                    AND NOT t.status = ANY(%(over)s)
                 RETURNING t.id
               ), events AS (
                 INSERT INTO aftersale_ticketevent
                     (ticket_id, at, request_id, kind, actor, user_id, from_status, to_status,
                      note)
                 SELECT id, %(now)s, %(request)s, 'note', 'person', %(user)s, '', '', %(note)s
                   FROM freed
               )
               SELECT count(*) FROM freed""",
            {
                "flag": TicketFlag.MAY_BE_PAID.value,
                "others": others,
                "shop": shop.pk,
                "over": [status.value for status in OVER],
                "now": now,
                "request": acting.request_id(),
                "user": user.pk,
                "note": written(_("Taken as not paid when the shop was resumed.")),
            },
        )
        return int(cursor.fetchone()[0])
