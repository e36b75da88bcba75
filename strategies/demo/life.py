"""A demo shop's month, lived through the services one moment after the other.

Whatever happens is a moment with an action, and may bring later ones about. The services are told
the moment, so that decisions, payments and answers stand where they would have been made; what
would come after the demo's `now` is left to the future.
"""

import heapq
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.db.models import OuterRef, Subquery

from aftersale.models import Shop, Ticket, TicketEvent, TicketEventKind
from aftersale.models import TicketStatus as S
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.shared.outcomes import Outcome as Saved
from aftersale.services.shared.outcomes import Result
from aftersale.services.shops.shops import known
from config.heartbeat import beat
from strategies.models import EvaluatorLane, Outcome
from strategies.services.evaluator.batch import Batch
from strategies.services.evaluator.read_facts import claim_one

from .clock import Clock
from .sales import Sale
from .shop_data import ShopData
from .tickets import Filed

Action = Callable[[datetime], None]


class Case:
    """A ticket of the demo, and how far it has come."""

    def __init__(self, filed: Filed) -> None:
        self.filed = filed
        self.pk = 0
        self.status = ""
        # When a parcel on its way back arrives.
        self.arrives: datetime | None = None
        self.is_to_decide = False

    @property
    def sale(self) -> Sale:
        assert self.filed.sale is not None
        return self.filed.sale


class Life:
    """The clock of one shop. `on_status` is told of every new status of a ticket."""

    def __init__(
        self, shop: Shop, data: ShopData, people: dict[str, User], *, clock: Clock
    ) -> None:
        self.shop, self.data, self.people = shop, data, people
        self.clock, self.now = clock, clock.now
        self.rng = random.Random(f"life of {shop.code}")
        self.cases: dict[int, Case] = {}
        self.on_status: list[Callable[[Case, datetime], None]] = []
        self._known = known([shop.code])
        self._moments: list[tuple[datetime, int, Action]] = []
        self._number = count()

    def at(self, moment: datetime, action: Action) -> None:
        if moment <= self.now:
            heapq.heappush(self._moments, (moment, next(self._number), action))

    def after(self, moment: datetime, low: float, high: float, action: Action) -> None:
        """At some second between so many hours after the moment."""
        hours = self.rng.uniform(low, high)
        self.at(moment + timedelta(seconds=round(hours * 3600)), action)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def live(self) -> None:
        filed = {one.record["order_no"] for one in self.data.tickets}
        self.save_orders(
            [sale for sale in self.data.sales if sale.order_no not in filed], at=self.now
        )
        days = defaultdict(list)
        for one in self.data.tickets:
            days[one.applied.date()].append(Case(one))
        for cases in days.values():
            self.file(cases)
        while self._moments:
            beat()
            moment, _number, action = heapq.heappop(self._moments)
            action(moment)
        self.save_orders([case.sale for case in self.cases.values() if case.filed.sale])
        # Tickets came in by the day.
        TicketEvent.objects.filter(kind=TicketEventKind.ARRIVED, ticket__shop=self.shop).update(
            at=Subquery(Ticket.objects.filter(pk=OuterRef("ticket")).values("applied_at"))
        )

    def file(self, cases: Sequence[Case]) -> None:
        """Has tickets come in, each decided soon after its buyer has filed it."""
        first = min(case.filed.applied for case in cases)
        self.at(first, lambda at: self._arrive(cases, at))

    def save_orders(self, sales: Sequence[Sale], at: datetime | None = None) -> None:
        """The platform's present version of the orders."""
        moment = at or self.now
        self._save_orders([sale.record(moment) for sale in sales], moment)

    def report(self, case: Case, at: datetime, **reported: Any) -> None:
        """A newer version of the ticket, as the platform has it."""
        record = {**case.filed.record, "updated_at": at.isoformat(), **reported}
        _require(save_tickets([TicketRecord.model_validate(record)], shops=self._known, now=at))
        self.follow(case, at)

    def follow(self, case: Case, at: datetime) -> None:
        """Reads how far the ticket has come, after a step on it."""
        status, waits = Ticket.objects.values_list("status", "awaiting_evaluation").get(pk=case.pk)
        self.is_now(case, status, at, waits=waits)

    def is_now(self, case: Case, status: str, at: datetime, *, waits: bool = False) -> None:
        """Has what follows from the ticket's state happen."""
        if waits and not case.is_to_decide:
            case.is_to_decide = True
            soon = at + timedelta(seconds=self.rng.randint(1, 4))
            self.at(soon, lambda at: self._decide(case, at))
        if status != case.status:
            case.status = status
            for told in self.on_status:
                told(case, at)

    def _save_orders(self, records: Sequence[dict[str, Any]], at: datetime) -> None:
        orders = [OrderRecord.model_validate(record) for record in records]
        _require(save_orders(orders, shops=self._known, now=at))

    def _arrive(self, cases: Sequence[Case], at: datetime) -> None:
        """Each with its order as it is when the buyer files it."""
        self._save_orders(
            [case.sale.record(case.filed.applied) for case in cases if case.filed.sale], at
        )
        tickets = [TicketRecord.model_validate(case.filed.record) for case in cases]
        _require(save_tickets(tickets, shops=self._known, now=at))
        numbers = {case.filed.number: case for case in cases}
        stored = Ticket.objects.filter(shop=self.shop, ticket_no__in=numbers).order_by("pk")
        for pk, number, status, waits in stored.values_list(
            "pk", "ticket_no", "status", "awaiting_evaluation"
        ):
            case = numbers[number]
            case.pk, self.cases[pk] = pk, case
            applied = case.filed.applied
            self.at(
                applied,
                lambda at, case=case, now=(status, waits): self.is_now(  # type: ignore[misc]
                    case, now[0], at, waits=now[1]
                ),
            )
            if case.filed.sale is not None:
                for mark in case.sale.marks_after(applied):
                    self.at(mark, lambda at, case=case: self._order_goes_on(case, at))  # type: ignore[misc]
            if reported := case.filed.reported:
                self.after(
                    applied,
                    0.05,
                    0.3,
                    lambda at, case=case, to=reported: self.report(case, at, status=to),  # type: ignore[misc]
                )

    def _order_goes_on(self, case: Case, at: datetime) -> None:
        """While its ticket is open the order's state counts; later only the last one does."""
        if case.status in (S.PENDING_REVIEW, S.NEGOTIATING) and case.sale.updated_at(at) == at:
            self.save_orders([case.sale], at=at)
            self.follow(case, at)

    def _decide(self, case: Case, at: datetime) -> None:
        """As the evaluator would have at that moment."""
        case.is_to_decide = False
        row = claim_one(case.pk)
        if row is None or case.status != S.PENDING_REVIEW:
            return
        lane = EvaluatorLane.objects.get(shop=self.shop)
        batch = Batch(self.shop, lane.rulebook_id, at)
        batch.decide([row])
        (outcome, *_rest) = next(iter(batch.counts))
        self.is_now(case, _AFTER.get(outcome, case.status), at)


_AFTER: dict[str, str] = {Outcome.REFUND: S.REFUNDING, Outcome.APPROVE_RETURN: S.AWAITING_RETURN}


def _require(results: Sequence[Result]) -> None:
    """The sample is made here: a record that is not taken is an error of this program."""
    refused = [result for result in results if result.outcome == Saved.REFUSED]
    if refused:
        raise RuntimeError(f"sample data was not taken: {refused[:3]}")
