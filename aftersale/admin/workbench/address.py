"""Address of the workbench: queue, filters, search, and the place of the next page.

Unreadable parts are left out: an old link still opens.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from aftersale.admin.kit import access
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.digits import whole_number
from aftersale.domain.identifiers import clean_identifier
from aftersale.models import TicketType
from aftersale.services.desk.queues import Filters, Place, Queue

PAGE = 40
# Rows of added pages that a refreshed list keeps.
MOST_SHOWN = 500
LONGEST_TERM = 64
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

    def query(self, **changes: Any) -> str:
        """The address's query with these changes; empty values are left out."""
        values = {
            "queue": self.queue,
            "shop": self.shop,
            "type": self.filters.type,
            "reason": self.filters.reason,
            "from": self.amount_from,
            "to": self.amount_to,
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
    return Address(
        queue=queue if queue in Queue.values else Queue.TO_HANDLE.value,
        shop_ids=seen if shop is None else [shop],
        shop=shop,
        filters=Filters(
            type=kind if kind in TicketType.values else "",
            reason=clean_identifier(data.get("reason", ""))[:LONGEST_TERM],
            amount_from=first,
            amount_to=last,
        ),
        term=clean_identifier(data.get("q", ""))[:LONGEST_TERM],
        amount_from="" if first is None else data["from"].strip(),
        amount_to="" if last is None else data["to"].strip(),
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
