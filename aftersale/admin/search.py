"""Searching tickets and orders: the shape of the term says what it can be.

An OR over several columns, or across a join, defeats every index; so one thing is tried after
the other, each by its own index, within the shops that the user sees.
"""

from typing import Any

from django.db.models import IntegerField, QuerySet, Value
from django.http import HttpRequest

from aftersale.models import Order, Ticket

from . import access


def _shop_ids(request: HttpRequest) -> list[int]:
    return [shop.pk for shop in access.shops(request)]


class OrderSearch:
    """The order of that number; where there is none, those of buyers so beginning."""

    def get_search_results(
        self, request: Any, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        own = Order.objects.filter(shop__in=_shop_ids(request))
        found = own.filter(order_no=term).values_list("pk", flat=True)
        if keys := list(found):
            return queryset.filter(pk__in=keys), False
        return queryset.filter(shop__in=_shop_ids(request), buyer__startswith=term), False


class TicketSearch:
    """Tickets, and what belongs to them: by the ticket's number, else by its order's, else those
    of buyers so beginning."""

    # From the rows to their ticket; "" for tickets themselves.
    ticket_path = "ticket"

    def get_search_results(
        self, request: Any, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        own = Ticket.objects.filter(shop__in=_shop_ids(request))
        keys = _numbered(request, own, term)
        if not self.ticket_path:
            if keys:
                return queryset.filter(pk__in=keys), False
            own = queryset.filter(shop__in=_shop_ids(request))
            return own.filter(buyer__startswith=term), False
        tickets = keys or own.filter(buyer__startswith=term).values("pk")
        return queryset.filter(**{f"{self.ticket_path}__in": tickets}), False


def _numbered(request: HttpRequest, own: QuerySet[Ticket], term: str) -> list[int]:
    orders = Order.objects.filter(shop__in=_shop_ids(request), order_no=term)
    kinds = [
        own.filter(ticket_no=term),
        own.filter(order__in=orders),
        own.filter(order=None, order_no=term),
    ]
    reads = [
        kind.order_by().values_list("pk", Value(rank, IntegerField()))
        for rank, kind in enumerate(kinds)
    ]
    found = list(reads[0].union(*reads[1:], all=True))
    best = min((rank for _pk, rank in found), default=0)
    return [pk for pk, rank in found if rank == best]
