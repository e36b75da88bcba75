"""A backup was restored: what happened since its moment is not known here (SPEC G6).

Run while no other program runs, so that nothing is decided, paid or told before. All of it is one
transaction; a second run moves the end of the lost time, and does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import F
from django.db.models.functions import Least
from django.utils.translation import gettext as _
from django_q.models import OrmQ

from aftersale.domain.multilingual import said, written
from aftersale.models import (
    ApiToken,
    AuditKind,
    ConnectorKind,
    FeedEvent,
    PlatformAccount,
    PlatformStep,
    Refund,
    RefundStatus,
    Shop,
    StepState,
    TicketFlag,
    TicketStatus,
    WebhookEndpoint,
    WebhookMessage,
)
from aftersale.models.webhook import RESTORED_TYPE
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.shared import trail
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import format_time
from config import acting

# Reading begins so long before the backup: a platform's lists show some changes late.
OVERLAP = timedelta(hours=1)
# Row ids of these begin so far ahead that none is given twice: programs outside and open pages
# know them.
JUMP = 1_000_000_000
KNOWN_OUTSIDE = [
    "aftersale_ticket",
    "aftersale_ticketevent",
    "aftersale_refund",
    "aftersale_aftersalewindow",
    "aftersale_feedevent",
    "monitoring_alert",
    "strategies_decision",
    "strategies_strategy",
    "strategies_trialrun",
]

_OVER = [TicketStatus.REFUNDED, TicketStatus.CANCELLED, TicketStatus.CLOSED]


@dataclass(frozen=True, slots=True)
class Found:
    """One shop's part of the report to the operator."""

    shop: Shop
    connected: bool
    in_doubt: int
    unknown: int
    webhooks: int
    tokens: int


def hold_all(*, backup_of: datetime, now: datetime) -> list[Found]:
    """Puts all shops on hold, and begins to find out what happened; what was found, shop by shop.

    `backup_of`: the last moment that the backup knows. The caller opens the transaction.
    """
    if backup_of >= now:
        raise Refused(_("The time of the backup must be in the past."))
    _skip_ids()
    # Some of these may have been ended since the backup.
    Session.objects.all().delete()
    # They carry no facts: the sweeps find the work again.
    OrmQ.objects.all().delete()
    shops = list(Shop.objects.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for shop in shops:
        shop.lost_since = (
            min(backup_of, shop.lost_since or backup_of) if shop.on_hold else backup_of
        )
        shop.lost_until, shop.on_hold = now, True
        shop.save(update_fields=["lost_since", "lost_until", "on_hold"])
        note = f"{format_time(shop.lost_since, shop)} – {format_time(shop.lost_until, shop)}"
        trail.record(AuditKind.RESTORED, shop_id=shop.pk, now=now, note=note)
    in_doubt = _mark_in_doubt(now)
    _ask_at_once(now)
    _read_again(backup_of, now)
    # Its order is that of transactions, whose numbers may have begun again: a program whose cursor
    # is gone reads the lists, then goes on from the first event.
    FeedEvent.objects.all().delete()
    told = _tell(shops, now)
    wake_payer()
    wake_teller([shop.pk for shop in shops])
    connected = set(PlatformAccount.objects.values_list("shop", flat=True))
    return [
        Found(
            shop=shop,
            connected=shop.pk in connected,
            in_doubt=in_doubt.get(shop.pk, 0),
            unknown=Refund.objects.filter(shop=shop, status=RefundStatus.UNKNOWN).count(),
            webhooks=told.get(shop.pk, 0),
            tokens=ApiToken.objects.filter(shop=shop, revoked_at=None).count(),
        )
        for shop in shops
    ]


def _skip_ids() -> None:
    """No row id that was given since the backup is given again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT setval(s.name, coalesce(pg_sequence_last_value(s.name), 0) + %s)
                 FROM (SELECT pg_get_serial_sequence(t, 'id')::regclass AS name
                         FROM unnest(%s::text[]) AS t) s""",
            [JUMP, KNOWN_OUTSIDE],
        )


def _mark_in_doubt(now: datetime) -> dict[int, int]:
    """Tickets of shops that are paid by hand: whether they were paid since, nobody can be asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH marked AS (
                 UPDATE aftersale_ticket t
                    SET flags = t.flags || ARRAY[%(flag)s]::varchar[], awaiting_evaluation = false
                   FROM aftersale_shop s
                  WHERE s.id = t.shop_id AND s.connector = %(by_hand)s
                    AND NOT t.status = ANY(%(over)s) AND NOT t.flags @> ARRAY[%(flag)s]::varchar[]
                 RETURNING t.id, t.shop_id
               ), events AS (
                 INSERT INTO aftersale_ticketevent
                     (ticket_id, at, request_id, kind, actor, from_status, to_status, note)
                 SELECT id, %(now)s, %(request)s, 'flag', 'automation', '', '', %(note)s FROM marked
               )
               SELECT shop_id, count(*) FROM marked GROUP BY shop_id""",
            {
                "flag": TicketFlag.MAY_BE_PAID.value,
                "by_hand": ConnectorKind.MANUAL.value,
                "over": [status.value for status in _OVER],
                "now": now,
                "request": acting.request_id(),
                "note": written(said(TicketFlag.MAY_BE_PAID.label)),
            },
        )
        return dict(cursor.fetchall())


def _ask_at_once(now: datetime) -> None:
    """Attempts under way at the backup are asked about again, under the same keys."""
    under_way = [RefundStatus.SENDING, RefundStatus.UNKNOWN]
    Refund.objects.filter(status__in=under_way, next_step_at__isnull=False).update(next_step_at=now)
    PlatformStep.objects.filter(
        state__in=[StepState.SENDING, StepState.UNKNOWN], next_step_at__isnull=False
    ).update(next_step_at=now)


def _read_again(backup_of: datetime, now: datetime) -> None:
    """Connected platforms are read from before the backup on; their marks in it may be later than
    what it has, by what was under way."""
    since = backup_of - OVERLAP
    PlatformAccount.objects.update(
        orders_until=Least(F("orders_until"), since),
        tickets_until=Least(F("tickets_until"), since),
        round_until=None,
        leased_until=None,
        renewing_until=None,
        paused_until=None,
        last_read_at=None,
    )
    PlatformAccount.objects.filter(next_round_at__isnull=False).update(next_round_at=now)


def _tell(shops: Sequence[Shop], now: datetime) -> dict[int, int]:
    """The feed, and every receiver of webhooks whatever events it has chosen, hear that history
    went back; the receivers of each shop."""
    told: dict[int, int] = {}
    events = {shop.pk: _event(shop, now) for shop in shops}
    FeedEvent.objects.bulk_create(FeedEvent(shop_id=pk, **said) for pk, said in events.items())
    messages = []
    for endpoint in WebhookEndpoint.objects.filter(enabled=True).order_by("pk"):
        told[endpoint.shop_id] = told.get(endpoint.shop_id, 0) + 1
        messages.append(WebhookMessage(endpoint=endpoint, **events[endpoint.shop_id]))
    WebhookMessage.objects.bulk_create(messages)
    return told


def _event(shop: Shop, now: datetime) -> dict[str, Any]:
    assert shop.lost_since is not None and shop.lost_until is not None
    data = {
        "shop": shop.code,
        "since": shop.lost_since.isoformat(),
        "until": shop.lost_until.isoformat(),
    }
    return {"type": RESTORED_TYPE, "subject": "history", "at": now, "data": data}
