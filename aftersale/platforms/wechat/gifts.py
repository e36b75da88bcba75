"""Group gifts that nobody took in time: the platform pays each back by itself, and it becomes a
ticket here for each of its orders."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import said as _
from aftersale.platforms.known import Known
from aftersale.platforms.protocol import SeenTicket, Unreadable, readable
from aftersale.platforms.unread import answered
from aftersale.platforms.wechat import codes, facts, refusals, to_records
from aftersale.platforms.wechat.values import fen, identity, iso, part, placed
from aftersale.records.schemas import TicketRecord

from .client import Answer, NotPermitted, Refused
from .lookup import BAD_ANSWER, TICKET_WINDOW, TICKETS, Lookup, NoRecord, Refusal, what, windows

# How far rounds look back for gifts that the list shows late.
SHOWN_LATE = timedelta(days=1)
# The name of their list among what the platform does not show.
LIST = "gifts"
# As far back as a shop's first reading goes.
OLDEST = timedelta(days=90)

# A gift's refund is under way or over; of any other there would be something to decide.
_STATUSES = {"refunding", "refunded", "refund_failed", "closed", "cancelled"}


class Gifts:
    """One shop's gifts."""

    def __init__(self, shop_code: str, lookup: Lookup) -> None:
        self._shop, self._lookup = shop_code, lookup

    def changed(
        self, since: datetime, until: datetime, known: Known
    ) -> Iterator[SeenTicket | Unreadable]:
        """Listed by when they began only: each is fetched again until it is over."""
        if since >= until:
            return
        # Lists that were refused before are read now.
        since = min(since - SHOWN_LATE, known.unread_since.get(LIST, until))
        since = max(since, until - OLDEST)
        asked: set[str] = set()
        for start, end in windows(since, until, TICKET_WINDOW):
            body = {"begin_create_time": start, "end_create_time": end}
            path = TICKETS + "/getpresentaftersalelist"
            try:
                for number in self._lookup.listed(path, body, "after_sale_order_id_list"):
                    if number not in asked and not known.are_over(f"{number}-"):
                        asked.add(number)
                        yield from self._told(number)
            except (NotPermitted, Refusal) as error:
                # Most shops have none, and not every app may ask: the others are not held up.
                reason = _("Refunds of group gifts are not shown: %s") % error
                yield Unreadable(LIST, reason, unread_since=datetime.fromtimestamp(start, UTC))
                return
        known.caught_up.add(LIST)
        for number in known.under_way() - asked:
            yield from self._told(number)

    def _told(self, number: str) -> Sequence[SeenTicket | Unreadable]:
        told = answered(number, partial(self._gift, number))
        return [told] if isinstance(told, Unreadable) else told

    def tickets(self, number: str) -> Sequence[SeenTicket]:
        """All of a gift; none where the platform knows no such gift, or shows none to this app."""
        try:
            return [readable(one) for one in self._gift(number)]
        except NotPermitted:
            # The app may do all else that it has to.
            return []

    def ticket(self, ticket_no: str) -> SeenTicket | None:
        number, _dash, _order = ticket_no.partition("-")
        found = [one for one in self.tickets(number) if one.record.ticket_no == ticket_no]
        return found[0] if found else None

    def _gift(self, number: str) -> Sequence[SeenTicket | Unreadable]:
        raw: Answer | None = None
        try:
            raw = self._lookup.found(
                TICKETS + "/getpresentaftersaleorder",
                {"after_sale_order_id": number},
                "after_sale_order",
                codes.NO_SUCH_TICKET,
            )
            return tickets_of(self._shop, raw) if raw else []
        except Refused as refused:
            return [Unreadable(number, refusals.text(refused))]
        except NoRecord as error:
            return [Unreadable(number, str(error), error.raw)]
        except BAD_ANSWER as error:
            return [Unreadable(number, what(error), raw)]


def tickets_of(shop: str, raw: Mapping[str, Any]) -> list[SeenTicket]:
    """Raises ValueError where the gift does not say whose orders its money is of."""
    number, status = identity(raw, "after_sale_order_id"), codes.status_name(raw.get("status"))
    orders = placed(raw, "order_info_list")
    whole = part(raw, "refund_info").get("amount")
    if not orders:
        raise ValueError("order_info_list")
    amounts = [to_records.amount_of(order) for order in orders]
    if whole is not None and fen(whole) != sum(amounts):
        raise ValueError("amount")
    return [
        SeenTicket(
            TicketRecord.model_validate(
                {
                    "shop": shop,
                    "ticket_no": f"{number}-{identity(order, 'order_id')}",
                    "order_no": identity(order, "order_id"),
                    "type": "refund_only",
                    "amount": plain_yuan(amount),
                    "applied_at": iso(raw["create_time"]),
                    "updated_at": iso(raw["update_time"]),
                    "status": codes.TICKET_STATUS.get(status),
                    "refund_result": to_records.refund_result(raw, status),
                }
            ),
            request=number,
            unknown=codes.TICKET_STATUS.get(status) not in _STATUSES,
            facts=facts.of_gift(raw),
        )
        for order, amount in zip(orders, amounts, strict=True)
    ]
