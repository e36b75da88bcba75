"""Address of the workbench: queue, filters, search, and the place of the next page.

Unreadable parts are left out: an old link still opens.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from aftersale.admin.kit import access
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.digits import whole_number
from aftersale.domain.identifiers import clean_identifier
from aftersale.models import CaseMark, OrderStatus, TicketType
from aftersale.services.desk.filters import Filters
from aftersale.services.desk.queues import Place, Queue, Sort

PAGE = 40
# Rows of added pages that a refreshed list keeps.
MOST_SHOWN = 500
LONGEST_TERM = 64
# Of several numbers at once.
LONGEST_SEARCH = 2000
# The parameters that narrow a list.
NARROWING = (
    "shop",
    "type",
    "reason",
    "from",
    "to",
    "since",
    "until",
    "product",
    "order",
    "handler",
    "mark",
)
# Before the place of a page that ends among the urged.
URGED = "u"
MOST_YUAN = Decimal(10_000_000)


@dataclass(frozen=True)
class Address:
    queue: str
    shop_ids: list[int]
    shop: int | None
    filters: Filters
    term: str
    # The filters as typed, to be shown again.
    amount_from: str
    amount_to: str
    day_from: str
    day_to: str
    handler: str
    sort: str

    def query(self, **changes: Any) -> str:
        """The address's query with these changes; empty values are left out."""
        values = {
            "queue": self.queue,
            "shop": self.shop,
            "type": self.filters.type,
            "reason": self.filters.reason,
            "from": self.amount_from,
            "to": self.amount_to,
            "since": self.day_from,
            "until": self.day_to,
            "product": self.filters.product,
            "order": self.filters.order_status,
            "handler": self.handler,
            "mark": self.filters.mark,
            "sort": "" if self.sort == Sort.DUE else self.sort,
            "q": self.term,
            **changes,
        }
        return urlencode({name: value for name, value in values.items() if value not in ("", None)})

    @property
    def narrowed(self) -> int:
        """Number of filters that are set."""
        filters = self.filters
        return sum(
            value not in ("", None)
            for value in (
                self.shop,
                filters.type,
                filters.reason,
                filters.amount_from,
                filters.amount_to,
                filters.applied_from,
                filters.applied_before,
                filters.product,
                filters.order_status,
                filters.handler,
                filters.mark,
            )
        )


def read(request: HttpRequest) -> Address:
    """The address, within the shops that the user sees."""
    data = request.GET
    seen = [shop.pk for shop in access.shops(request)]
    shop = whole_number(data.get("shop", ""))
    shop = shop if shop in seen else None
    queue = data.get("queue", "")
    kind = data.get("type", "")
    first, last = _yuan(data, "from"), _yuan(data, "to")
    since, until = _day(data, "since"), _day(data, "until")
    handler = whole_number(data.get("handler", ""))
    order_status, mark, sort = data.get("order", ""), data.get("mark", ""), data.get("sort", "")
    return Address(
        queue=queue if queue in Queue.values else Queue.TO_HANDLE.value,
        shop_ids=seen if shop is None else [shop],
        shop=shop,
        filters=Filters(
            type=kind if kind in TicketType.values else "",
            reason=clean_identifier(data.get("reason", ""))[:LONGEST_TERM],
            amount_from=first,
            amount_to=last,
            applied_from=_midnight(since) if since else None,
            applied_before=_midnight(until + timedelta(days=1)) if until else None,
            product=clean_identifier(data.get("product", ""))[:LONGEST_TERM],
            order_status=order_status if order_status in OrderStatus.values else "",
            handler=handler,
            mark=mark if mark in CaseMark.values else "",
        ),
        term=clean_identifier(data.get("q", ""))[:LONGEST_SEARCH],
        amount_from="" if first is None else data["from"].strip(),
        amount_to="" if last is None else data["to"].strip(),
        day_from="" if since is None else since.isoformat(),
        day_to="" if until is None else until.isoformat(),
        handler="" if handler is None else str(handler),
        sort=sort if sort in Sort.values else Sort.DUE.value,
    )


def shown(request: HttpRequest) -> int:
    """Rows that the list shows already, for a list that reloads itself."""
    return min(max(whole_number(request.GET.get("shown", "")) or 0, PAGE), MOST_SHOWN)


def place(request: HttpRequest) -> Place | None:
    """End of the page before this one."""
    sent = request.GET.get("after", "")
    named, _, pk = sent.removeprefix(URGED).partition("_")
    key, at = whole_number(pk), whole_number(named)
    if key is None or (named and at is None):
        return None
    try:
        moment = None if at is None else datetime.fromtimestamp(at / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Place(moment, key, sent.startswith(URGED))


def name_place(place: Place) -> str:
    at = "" if place.at is None else round(place.at.timestamp() * 1_000_000)
    return f"{URGED if place.urged else ''}{at}_{place.key}"


def _yuan(data: MultiValueDict, name: str) -> int | None:
    """An amount of yuan as fen; None where the text is no amount."""
    try:
        return YuanField(least=0, required=False).clean(data.get(name, ""))
    except ValidationError:
        return None


def _day(data: MultiValueDict, name: str) -> date | None:
    try:
        found = date.fromisoformat(data.get(name, "").strip())
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _midnight(day: date) -> datetime:
    """Its beginning on the project's clock: the shops of one list may have several."""
    return timezone.make_aware(datetime.combine(day, time()))
