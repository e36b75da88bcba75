"""Search of the workbench: by numbers, several at once, by last digits, or by buyer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from aftersale.domain.digits import whole_number
from aftersale.domain.identifiers import split_identifiers
from aftersale.models import DESK_STATUSES, Ticket
from aftersale.services.desk.filters import NO_FILTERS, Filters
from aftersale.services.desk.queues import MOST_FOUND
from aftersale.services.desk.search import Query, find, tickets_of_order

# Of a list of numbers in the search; the last digits of one by which it is found.
MOST_TERMS = 50
LEAST_DIGITS, MOST_DIGITS = 4, 8


@dataclass(frozen=True)
class Found:
    """Keys of tickets; of several numbers, those that found none."""

    keys: list[int]
    missing: list[str]


def search_all(
    *, term: str, shop_ids: Sequence[int], named_in: Sequence[int], filters: Filters
) -> Found:
    """`search` for one term, or for each of a list of numbers; the last digits of a number find
    tickets that are on the desk."""
    terms = split_identifiers(term)[:MOST_TERMS]
    keys: list[int] = []
    missing = []
    for one in terms:
        found = search(term=one, shop_ids=shop_ids, named_in=named_in, filters=filters)
        found = found or _by_last_digits(one, shop_ids, filters)
        keys += [key for key in found if key not in keys]
        if not found:
            missing.append(one)
    return Found(keys[:MOST_FOUND], missing if len(terms) > 1 else [])


def _by_last_digits(digits: str, shop_ids: Sequence[int], filters: Filters) -> list[int]:
    """Tickets on the desk whose own, order's or return parcel's number ends so: few rows to read,
    as no index has the ends of numbers."""
    if len(digits) < LEAST_DIGITS or whole_number(digits, digits=MOST_DIGITS) is None:
        return []
    tickets = Ticket.objects.filter(shop__in=shop_ids, status__in=DESK_STATUSES)
    ends = Q(ticket_no__endswith=digits) | Q(order_no__endswith=digits)
    ends |= Q(return_tracking_no__endswith=digits)
    found = filters.narrow(tickets.filter(ends)).order_by("-pk")
    return list(found.values_list("pk", flat=True)[:MOST_FOUND])


def search(
    *, term: str, shop_ids: Sequence[int], named_in: Sequence[int], filters: Filters
) -> list[int]:
    """The keys of the tickets that the term can mean, open or not, newest first.

    A ticket's number, else an order's, else a return's tracking number, else, in the shops
    `named_in`, the beginning of a buyer's name; each by its own index, in one query.
    """
    if not (term and shop_ids):
        return []
    tickets = filters.narrow(Ticket.objects.filter(shop__in=shop_ids))
    numbered: list[QuerySet | Query] = [
        tickets.filter(ticket_no=term),
        tickets_of_order(term, shop_ids),
        tickets.filter(order=None, order_no=term),
        tickets.filter(return_tracking_no=term),
    ]
    found = find(
        model=Ticket,
        shop_ids=shop_ids,
        named_in=named_in,
        numbered=numbered,
        term=term,
        most=MOST_FOUND,
    )
    keys: Iterable[int] = found.keys
    if filters != NO_FILTERS:
        keys = filters.narrow(Ticket.objects.filter(pk__in=found.keys)).values_list("pk", flat=True)
    return sorted(keys, reverse=True)[:MOST_FOUND]
