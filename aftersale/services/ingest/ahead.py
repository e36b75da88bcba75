"""All locks of a list, taken before any of it is written (docs/locking.md), for a list that shares
one transaction with its caller's work. A list by itself is saved in several transactions, each with
its locks in order. In one transaction the later ones (versions of one key, halves of a refused
batch, rows that another process inserted meanwhile) would take locks while the earlier ones' are
held. Taken at once and in order, they wait for nobody.
"""

from collections.abc import Sequence

from aftersale.models import Order, Ticket
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.shared import locks


def lock_for_orders(records: Sequence[OrderRecord], *, shop_pk: int) -> None:
    numbers = {record.order_no for record in records}
    orders = Order.objects.filter(shop=shop_pk, order_no__in=numbers)
    # Where this list inserts orders, nobody else does meanwhile.
    locks.lock_arrivals([shop_pk], shared=orders.count() == len(numbers))
    list(locks.lock_orders(orders.values_list("pk", flat=True)).values_list("pk"))


def lock_for_tickets(records: Sequence[TicketRecord], *, shop_pk: int) -> None:
    numbers = {record.order_no for record in records}
    orders = Order.objects.filter(shop=shop_pk, order_no__in=numbers)
    if orders.count() < len(numbers):
        locks.lock_arrivals([shop_pk], shared=False)
    stored = Ticket.objects.filter(
        shop=shop_pk, ticket_no__in={record.ticket_no for record in records}
    )
    of_stored = stored.exclude(order=None).values_list("order", flat=True)
    of_named = orders.values_list("pk", flat=True)
    list(locks.lock_orders({*of_named, *of_stored}).values_list("pk"))
    list(locks.lock_tickets(stored.values_list("pk", flat=True)).values_list("pk"))
