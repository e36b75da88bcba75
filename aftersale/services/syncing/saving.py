"""Records read from the platform are saved by the same services as files and calls (SPEC O6)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog

from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import SEMICOLON
from aftersale.models import (
    ArchivedOrder,
    CameBy,
    Order,
    PlatformAccount,
    PlatformProblem,
    PlatformSubject,
)
from aftersale.platforms.known import Known
from aftersale.platforms.protocol import SeenOrder, SeenTicket, Unreadable
from aftersale.platforms.unread import without_people
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.shared.outages import OF_THE_DATABASE
from aftersale.services.shared.outcomes import Outcome, Result, refused
from aftersale.services.shops.shops import KnownShop
from aftersale.services.syncing import facts, reads

_Record = TypeVar("_Record", OrderRecord, TicketRecord)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Saver:
    """Saves the records read of one shop; those of any other shop are refused."""

    account: PlatformAccount

    def orders(
        self,
        seen: Sequence[OrderRecord | Unreadable],
        *,
        now: datetime,
        known: Known | None = None,
    ) -> None:
        records = [one for one in seen if isinstance(one, OrderRecord)]
        results = self._each(
            records,
            lambda some: save_orders(some, shops=self._shops(), now=now, own_included=True),
        )
        numbers = [record.order_no for record in records]
        facts.keep(
            self.account.shop_id,
            PlatformSubject.ORDER,
            {one.order_no: one.facts for one in records if isinstance(one, SeenOrder)},
            now=now,
        )
        untaken = self._problems(
            PlatformSubject.ORDER, seen, zip(numbers, results, strict=True), now
        )
        if known is not None:
            versions = {one.order_no: one.updated_at for one in records}
            reads.keep(self.account, PlatformSubject.ORDER, versions, without=untaken, known=known)

    def tickets(
        self,
        seen: Sequence[SeenTicket | Unreadable],
        *,
        now: datetime,
        known: Known | None = None,
    ) -> None:
        """Saves tickets. New ones of the first round were open before and are for people, as is one
        that it passed by."""
        read = [one for one in seen if isinstance(one, SeenTicket)]
        results = self._each(
            [one.record for one in read],
            lambda some: save_tickets(
                some,
                shops=self._shops(),
                now=now,
                for_people={one.ticket_no for one in some if self._was_open_before(one)},
                platform_pays={one.record.ticket_no for one in read if one.paid_by_fast_refund},
                unknown_there={one.record.ticket_no for one in read if one.unknown},
                came_by=CameBy.PLATFORM,
            ),
        )
        numbers = [one.record.ticket_no for one in read]
        facts.keep(
            self.account.shop_id,
            PlatformSubject.TICKET,
            {one.record.ticket_no: one.facts for one in read},
            now=now,
        )
        facts.keep_urges(self.account.shop_id, {one.record.ticket_no: one.facts for one in read})
        untaken = self._problems(
            PlatformSubject.TICKET, seen, zip(numbers, results, strict=True), now
        )
        if known is not None:
            # One whose order is not here is fetched again, and with it its order.
            missing = set(self.missing_orders(read))
            untaken |= {one.record.ticket_no for one in read if one.record.order_no in missing}
            versions = {one.record.ticket_no: one.record.updated_at for one in read}
            reads.keep(self.account, PlatformSubject.TICKET, versions, without=untaken, known=known)

    def _was_open_before(self, record: TicketRecord) -> bool:
        first_round = self.account.first_read_at is None
        return first_round or record.applied_at < self.account.connected_at

    def missing_orders(self, seen: Iterable[SeenTicket | Unreadable]) -> list[str]:
        """The orders of tickets that are not stored yet; one in an archive never will be."""
        wanted = {one.record.order_no for one in seen if isinstance(one, SeenTicket)}
        for known in (Order, ArchivedOrder):
            here = known._default_manager.filter(shop=self.account.shop_id, order_no__in=wanted)
            wanted -= set(here.values_list("order_no", flat=True))
        return sorted(wanted)

    def problem(
        self,
        subject: str,
        number: str,
        reason: str,
        *,
        now: datetime,
        raw: Any = None,
        ask_again: bool = False,
        unread_since: datetime | None = None,
    ) -> None:
        """Keeps, for people to see, why a record could not be taken over, and `raw`, the platform's
        answer, without what may be a buyer's."""
        log.warning(
            "platform_record_refused",
            shop=self.account.shop_id,
            subject=str(subject),
            number=number,
        )
        PlatformProblem.objects.update_or_create(
            account=self.account,
            subject=subject,
            # A row of a list may lack even that.
            number=clean_identifier(number)[:64] or "?",
            defaults={
                "at": now,
                "reason": reason[:500],
                "raw": without_people(raw),
                "ask_again": ask_again,
                "unread_since": unread_since,
            },
        )

    def _each(
        self, records: Sequence[_Record], save: Callable[[Sequence[_Record]], list[Result]]
    ) -> list[Result]:
        """Saves records; one that the program fails on is refused by itself, without the others."""
        try:
            return save(records)
        except OF_THE_DATABASE:
            raise
        except Exception as error:
            if len(records) > 1:
                middle = len(records) // 2
                return self._each(records[:middle], save) + self._each(records[middle:], save)
            # Without its text, which may quote what a buyer wrote.
            log.error("platform_record_failed", error=type(error).__name__)
            return [refused("", _("The program could not go on (%s).") % type(error).__name__)]

    def _problems(
        self,
        subject: str,
        seen: Sequence[object],
        results: Iterable[tuple[str, Result]],
        now: datetime,
    ) -> set[str]:
        """The numbers of those that were not taken over."""
        taken = []
        untaken = {one.number for one in seen if isinstance(one, Unreadable)}
        for number, result in results:
            if result.outcome == Outcome.REFUSED:
                reason = joined(SEMICOLON, [error.text for error in result.errors])
                self.problem(subject, number, reason, now=now, ask_again=result.ask_again)
                untaken.add(number)
            else:
                taken.append(number)
        for one in seen:
            if isinstance(one, Unreadable):
                self.problem(
                    subject,
                    one.number,
                    one.reason,
                    raw=one.raw,
                    now=now,
                    ask_again=one.for_now,
                    unread_since=one.unread_since,
                )
            elif isinstance(one, SeenTicket) and one.request:
                # A request that could not be read is read now.
                taken.append(one.request)
        PlatformProblem.objects.filter(
            account=self.account, subject=subject, number__in=taken
        ).delete()
        return untaken

    def _shops(self) -> dict[str, KnownShop]:
        shop = self.account.shop
        return {shop.code: KnownShop.of(shop)}
