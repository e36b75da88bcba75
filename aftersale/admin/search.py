"""Searching tickets and orders: the shape of the term says what it can be.

An OR over several columns, or across a join, defeats every index; so one thing is tried after
the other, each by its own index, within the shops that the user sees.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from aftersale.models import Ticket

from . import access


def by_number_or_buyer(
    request: HttpRequest,
    queryset: QuerySet,
    term: str,
    *,
    numbers: Sequence[str],
    buyer: str,
    shop_path: str = "shop",
) -> QuerySet:
    """The rows whose number is the term; where there are none, those of buyers so beginning."""
    term = term.strip()
    if not term:
        return queryset
    own = queryset.filter(**{f"{shop_path}__in": [shop.pk for shop in access.shops(request)]})
    for number in numbers:
        found = own.filter(**{number: term})
        if found.order_by().exists():
            return found
    return own.filter(**{f"{buyer}__startswith": term})


class NumberSearch:
    """For an admin: searches numbers exactly, else buyers by their beginning."""

    search_numbers: Sequence[str] = ()
    search_buyer: str = "buyer"
    shop_path: str

    def get_search_results(
        self, request: Any, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        found = by_number_or_buyer(
            request,
            queryset,
            search_term,
            numbers=self.search_numbers,
            buyer=self.search_buyer,
            shop_path=self.shop_path,
        )
        return found, False


class TicketSearch:
    """For what belongs to tickets: found by the ticket's numbers or buyer."""

    ticket_path = "ticket"

    def get_search_results(
        self, request: Any, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        tickets = by_number_or_buyer(
            request,
            Ticket.objects.all(),
            search_term,
            numbers=("ticket_no", "order_no"),
            buyer="buyer",
        )
        return queryset.filter(**{f"{self.ticket_path}__in": tickets}), False
