"""The sample people's work on what the automation left to them: when, how fast, what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib.auth.models import User
from django.db.models import F

from aftersale.models import (
    AlertState,
    Negotiation,
    ShippingAlert,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.reject_reasons import BY_CODE, Stage, fitting, stage_of
from aftersale.services.desk import assignment, reject_templates, replies
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused
from aftersale.services.shipping import alerts

from .clock import ZONE
from .life import Case, Life

S = TicketStatus
OFFER = "亲，商品如果不影响使用，给您退六成货款，不用寄回，您看可以吗？"
LOWERED = "与买家协商：小瑕疵，退一部分，商品留用"
_FLAWED = ("quality_issue", "not_as_described", "wrong_item")


@dataclass(frozen=True)
class Shift:
    """A person sits down to a shop's queue at that time, for so many cases at most."""

    person: str
    starts: time
    most: int
    # Minutes for a case, from and to.
    minutes: tuple[float, float]
    # Python's weekdays; 5 and 6 are the weekend.
    days: Sequence[int] = range(7)


_WORKDAYS = range(5)
SHIFTS: dict[str, tuple[Shift, ...]] = {
    "demo-ks": (
        Shift("demo-agent", time(9, 20), 9, (1.5, 4.5), _WORKDAYS),
        Shift("demo-agent", time(14, 10), 7, (1.5, 4.5), _WORKDAYS),
        Shift("demo-manager", time(16, 30), 4, (2.5, 7), _WORKDAYS),
        Shift("demo-night", time(19, 30), 6, (3.5, 9)),
    ),
    "demo-wx": (
        Shift("demo-admin", time(10, 40), 4, (2, 5), _WORKDAYS),
        Shift("demo-night", time(15, 20), 5, (3.5, 9)),
        Shift("demo-night", time(21, 10), 3, (3.5, 9)),
    ),
    "demo-jj": (
        Shift("demo-admin", time(9, 15), 4, (2, 5), _WORKDAYS),
        Shift("demo-night", time(17, 5), 5, (3.5, 9), _WORKDAYS),
    ),
}


class Desk:
    """The shifts of one shop."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self._put_aside: set[int] = set()
        days = life.clock.days
        first = life.now.astimezone(ZONE).date() - timedelta(days=days)
        for number in range(days + 1):
            day = first + timedelta(days=number)
            for shift in SHIFTS[life.shop.code]:
                if day.weekday() in shift.days:
                    begins = datetime.combine(day, shift.starts, ZONE)
                    life.at(begins, lambda at, shift=shift: self._next(shift, shift.most, at))  # type: ignore[misc]

    def _next(self, shift: Shift, left: int, at: datetime) -> None:
        """The next case, then the one after it."""
        user = self.life.people[shift.person]
        if left == shift.most:
            self._look_after_parcels(user, at)
        case = self._most_urgent(at) if left else None
        if case is None:
            return
        worked = self.life.rng.uniform(*shift.minutes)
        self.life.at(
            at + timedelta(seconds=round(worked * 60)),
            lambda at: self._answer_and_go_on(shift, left, case, at),
        )

    def _answer_and_go_on(self, shift: Shift, left: int, case: Case, at: datetime) -> None:
        try:
            self._answer(case, self.life.people[shift.person], at)
        except Refused:
            self._put_aside.add(case.pk)
        self.life.follow(case, at)
        self._next(shift, left - 1, at)

    def _most_urgent(self, at: datetime) -> Case | None:
        waiting = (
            Ticket.objects.filter(
                shop=self.life.shop,
                status__in=(S.PENDING_REVIEW, S.RETURNING, S.REFUND_FAILED),
                awaiting_evaluation=False,
                order__isnull=False,
            )
            .exclude(pk__in=self._put_aside)
            .order_by(F("due_at").asc(nulls_last=True), "applied_at", "ticket_no")
        )
        for pk in waiting.values_list("pk", flat=True):
            case = self.life.cases[pk]
            here = case.status != S.RETURNING or (case.arrives is not None and case.arrives <= at)
            if here and not case.filed.left:
                return case
        return None

    def _answer(self, case: Case, user: User, at: datetime) -> None:
        ticket = Ticket.objects.select_related("order", "shop").get(pk=case.pk)
        if ticket.status == S.RETURNING:
            approvals.confirm_return(ticket_id=case.pk, user=user, now=at)
        elif ticket.status == S.REFUND_FAILED:
            approvals.retry(ticket_id=case.pk, user=user, now=at)
        elif ticket.status == S.PENDING_REVIEW:
            self._decide(ticket, user, at)

    def _decide(self, ticket: Ticket, user: User, at: datetime) -> None:
        roll = self.life.rng.random()
        tried = Negotiation.objects.filter(ticket=ticket).exists()
        flawed = ticket.reason in _FLAWED
        if stage_of(ticket) == Stage.BEFORE_SHIPPING:
            self._approve(ticket, user, at)  # nothing of it has cost anything yet
        elif ticket.type == TicketType.EXCHANGE or not ticket.amount:
            self._approve(ticket, user, at) if roll < 0.8 else self._reject(ticket, user, at)
        elif roll < (0.24 if flawed else 0.1):
            self._reject(ticket, user, at)
        elif not tried and roll < (0.46 if flawed else 0.16):
            self._offer_less(ticket, user, at)
        elif flawed and roll < 0.53 and ticket.type != TicketType.RETURN_REFUND:
            amount = ticket.amount * 7 // 10
            approvals.approve(
                ticket_id=ticket.pk, user=user, now=at, amount=amount, less_because=LOWERED
            )
        elif roll < 0.95:
            self._approve(ticket, user, at)
        else:
            assignment.take(ticket_id=ticket.pk, user=user, now=at)
            self._put_aside.add(ticket.pk)
            # Some questions to the buyer first.
            self.life.after(at, 4, 40, lambda _at: self._put_aside.discard(ticket.pk))

    def _approve(self, ticket: Ticket, user: User, at: datetime) -> None:
        approvals.approve(ticket_id=ticket.pk, user=user, now=at)

    def _reject(self, ticket: Ticket, user: User, at: datetime) -> None:
        """For a reason that fits and needs no picture; said as the shop says it."""
        tried = Negotiation.objects.filter(ticket=ticket).exists()
        codes = [
            reason.code
            for reason in fitting(ticket)
            if not reason.needs_evidence and (tried or not reason.negotiate_first)
        ]
        reason = BY_CODE[self.life.rng.choice(codes)]
        replies.reject(
            ticket_id=ticket.pk,
            reason=reason.code,
            explanation=reject_templates.filled(reason, ticket),
            user=user,
            now=at,
        )

    def _offer_less(self, ticket: Ticket, user: User, at: datetime) -> None:
        keeps = ticket.type == TicketType.RETURN_REFUND
        replies.negotiate(
            ticket_id=ticket.pk,
            type=TicketType.REFUND_KEEP_GOODS if keeps else "",
            amount=ticket.amount * 6 // 10,
            message=OFFER,
            user=user,
            now=at,
        )

    def _look_after_parcels(self, user: User, at: datetime) -> None:
        """The carrier is asked to stop parcels whose money has left, and later says how it went."""
        for alert in ShippingAlert.objects.filter(
            shop=self.life.shop, state=AlertState.TO_STOP
        ).order_by("pk"):
            alerts.advance(
                alert_id=alert.pk, state=AlertState.ASKED_CARRIER, note="", user=user, now=at
            )
            state = self.life.rng.choices(
                (AlertState.INTERCEPTED, AlertState.RETURNED, AlertState.LOST), (50, 15, 35)
            )[0]

            def end(at: datetime, pk: int = alert.pk, state: str = state) -> None:
                alerts.advance(alert_id=pk, state=state, note="", user=user, now=at)

            self.life.after(at, 16, 60, end)
