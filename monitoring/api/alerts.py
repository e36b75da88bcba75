"""`/alerts`: alerts, and acknowledging them (SPEC M4).

A parcel to be stopped is an alert of the kind `shipping`; the state of its interception belongs
to the desk (SPEC H1).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api import schema
from aftersale.api.by_moment import page_by_moment
from aftersale.api.call import Call, answer
from aftersale.api.lists import Page, PageQuery
from aftersale.api.parse_request import query
from aftersale.api.values import Moment, Yuan, username
from aftersale.models import Refund, Scope, Ticket
from aftersale.services.shared.errors import NotFound
from monitoring.models import Alert, AlertKind
from monitoring.services import alerts
from monitoring.services.alert_queries import STANDSTILL

KindName = Literal[
    "cap", "breaker", "refund_failed", "deadline", "shipping", "platform", "webhook", "to_pay",
    "time_ahead", "tickets_late", "refunds_late", "reading_late", "clocks", "token", "weekly",
]  # fmt: skip
_OF_STRATEGIES = (AlertKind.CAP, AlertKind.BREAKER)
_ABOUT = (
    AlertKind.PLATFORM,
    AlertKind.WEBHOOK,
    AlertKind.TO_PAY,
    AlertKind.TOKEN,
    AlertKind.WEEKLY,
    *STANDSTILL,
)


class AlertsQuery(PageQuery):
    kind: KindName | None = None
    acknowledged: bool | None = Field(default=None, description="False: nobody has acknowledged it")
    ended: bool | None = Field(default=None, description="True: alerts that are over")


class ShownAlert(BaseModel):
    """An event with the figures of its moment; keys that its kind does not have are null."""

    id: int
    kind: KindName
    threshold: int = Field(description="Percent of a cap, hours before a deadline, else 0")
    day: date = Field(description="On the shop's clock")
    raised_at: Moment
    ended_at: Moment | None = Field(description="Over since then: what it warned of has ended")
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    strategy_id: int | None
    strategy: str | None
    ticket_no: str | None
    order_no: str | None
    refund_id: str | None
    amount: Yuan | None
    used: Yuan | None
    cap: Yuan | None
    hits: int | None
    due_at: Moment | None
    refunds: int | None = Field(description="How many wait to be paid by hand, or sent")
    about: str | None = Field(
        description="The shop, the webhook that was switched off, the token that was made, or whose"
        " clock differs"
    )
    because: Literal["gone", "failing"] | None = Field(
        description="Of a webhook: it answered 410 Gone, or nothing arrived for days"
    )


class AlertPage(Page[ShownAlert]):
    pass


class AlertsCall(Call):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="list_alerts",
        summary="Alerts",
        parameters=schema.parameters(AlertsQuery),
        responses=AlertPage,
        tags=["alerts"],
    )
    def get(self, request: Request) -> HttpResponse:
        """The newest first: caps nearly used, open breakers, failed refunds, deadlines that are
        near, parcels to be stopped (SPEC M4), platforms that are not read, webhooks that were
        switched off, what stands still (SPEC M8)."""
        asked = query(request, AlertsQuery)
        found = Alert.objects.filter(shop=self.shop_id).select_related("acknowledged_by")
        if asked.kind is not None:
            found = found.filter(kind=asked.kind)
        if asked.acknowledged is not None:
            found = found.filter(acknowledged_at__isnull=not asked.acknowledged)
        if asked.ended is not None:
            found = found.filter(ended_at__isnull=not asked.ended)
        return page_by_moment(
            request, found, alerts_json, page=AlertPage, asked=asked, moment="raised_at"
        )


class AcknowledgeCall(Call):
    scopes = {"POST": Scope.TICKETS}
    is_step = True

    @extend_schema(
        operation_id="acknowledge_alert",
        summary="Acknowledge an alert",
        request=None,
        responses=ShownAlert,
        tags=["alerts"],
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Needs a role that can act on it: owner or administrator for caps and breakers, owner for
        connections and webhooks, any role that handles tickets for the rest. The first person to
        acknowledge stays recorded."""

        def work() -> HttpResponse:
            if not Alert.objects.filter(pk=pk, shop=self.shop_id).exists():
                raise NotFound(_("There is no such alert."))
            alert = alerts.acknowledge(alert_id=pk, user=self.user, now=self.now)
            return answer(alerts_json([alert])[0])

        return self.once(work)


def alerts_json(rows: Sequence[Any]) -> list[ShownAlert]:
    keys = {alert.facts.get("ticket") for alert in rows}
    numbers = dict(Ticket.objects.filter(pk__in=keys - {None}).values_list("pk", "ticket_no"))
    failed = [alert.subject for alert in rows if alert.kind == AlertKind.REFUND_FAILED]
    refunds = dict(Refund.objects.filter(pk__in=failed).values_list("pk", "public_number"))
    return [_alert_json(alert, numbers, refunds) for alert in rows]


def _alert_json(alert: Alert, numbers: dict[int, str], refunds: dict[int, str]) -> ShownAlert:
    facts, kind = alert.facts, alert.kind
    name = facts.get("name")
    of_strategy = kind in _OF_STRATEGIES
    ticket_no = name if kind == AlertKind.DEADLINE else numbers.get(facts.get("ticket", 0))
    return ShownAlert.model_validate(
        {
            "id": alert.pk,
            "kind": kind,
            "threshold": alert.threshold,
            "day": alert.day,
            "raised_at": alert.raised_at,
            "ended_at": alert.ended_at,
            "acknowledged_at": alert.acknowledged_at,
            "acknowledged_by": username(alert.acknowledged_by),
            "strategy_id": alert.subject if of_strategy else None,
            "strategy": name if of_strategy else None,
            "ticket_no": ticket_no,
            "order_no": name if kind == AlertKind.SHIPPING else None,
            "refund_id": refunds.get(alert.subject) if kind == AlertKind.REFUND_FAILED else None,
            "about": name if kind in _ABOUT else None,
            "because": facts.get("because"),
            **{
                key: facts.get(key)
                for key in ("amount", "used", "cap", "hits", "due_at", "refunds")
            },
        }
    )
