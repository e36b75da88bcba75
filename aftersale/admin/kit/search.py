"""Searching tickets and orders by number or buyer, within the shops that the user sees."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from aftersale.admin.kit import access
from aftersale.admin.kit.index_reads import far, share
from aftersale.domain.identifiers import clean_identifier
from aftersale.models import Order, Ticket
from aftersale.services.access.rights import Right
from aftersale.services.desk.search import Query, find, tickets_of_order

# Tickets or orders of each shop that a buyer's name may find at first.
MOST_OF_BUYERS = 200
# Number of shops that get the full bound each.
_SHARED = 2


class OrderSearch:
    """The order with that number, or else orders of buyers whose name begins so."""

    def get_search_results(
        self, request: Any, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = clean_identifier(search_term)
        if not term:
            return queryset, False
        shop_ids = _shop_ids(request)
        numbered = [Order.objects.filter(shop__in=shop_ids, order_no=term)]
        return queryset.filter(pk__in=_found(request, Order, shop_ids, numbered, term)), False


class TicketSearch:
    """Tickets and their records: by the ticket's number, else by the order's, else by the
    beginning of the buyer's name."""

    # The path from the rows to their ticket; "" for tickets themselves.
    ticket_path = "ticket"

    def get_search_results(
        self, request: Any, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = clean_identifier(search_term)
        if not term:
            return queryset, False
        shop_ids = _shop_ids(request)
        own = Ticket.objects.filter(shop__in=shop_ids)
        numbered: list[QuerySet | Query] = [
            own.filter(ticket_no=term),
            tickets_of_order(term, shop_ids),
            own.filter(order=None, order_no=term),
        ]
        keys = _found(request, Ticket, shop_ids, numbered, term)
        return queryset.filter(**{f"{self.ticket_path or 'pk'}__in": keys}), False


def left_out(request: HttpRequest) -> int:
    """Number found in each shop, where there are more of such buyers; else 0."""
    return getattr(request, "_left_out", 0)


def _shop_ids(request: HttpRequest) -> list[int]:
    return [shop.pk for shop in access.shops(request)]


def _found(
    request: HttpRequest,
    model: type[Order] | type[Ticket],
    shop_ids: Sequence[int],
    numbered: Sequence[QuerySet | Query],
    term: str,
) -> list[int]:
    most = share(MOST_OF_BUYERS, len(shop_ids), shared=_SHARED) * 10 ** far(request)
    found = find(
        model=model,
        shop_ids=shop_ids,
        named_in=[pk for pk in shop_ids if access.may(request, pk, Right.SEE_BUYERS)],
        numbered=numbered,
        term=term,
        most=most,
    )
    if found.cut:
        request._left_out = most  # type: ignore[attr-defined]
    return found.keys
