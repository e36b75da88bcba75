"""The desk's row locks, each with a name; docs/locking.md says why they are as they are.

Always in the order arrivals, Shop, EvaluatorLane, Order, Ticket, Refund, Usage, Fund, and several
rows of a model in the order of their keys. `no_key`: a plain FOR UPDATE would block the foreign-key
checks of inserts elsewhere.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from aftersale.models import Fund, Order, Refund, Shop, Ticket, WebhookEndpoint, WebhookMessage


def lock_arrivals(shop_pks: Iterable[int], *, shared: bool) -> None:
    """Keeps tickets without an order and new orders of a shop from missing each other (SPEC O6).

    Whoever inserts orders takes it shared, whoever inserts tickets whose order is not there takes
    it alone, and then looks for the orders again. Taken before any row.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        for pk in sorted(set(shop_pks)):
            cursor.execute(f"SELECT {function}(%s, %s)", [_ARRIVALS, pk])


# The first of the two keys of the desk's advisory locks.
_ARRIVALS = 7001


def lock_shop(pk: int) -> Shop:
    """For a change of the shop's settings, members, webhooks or platform: one after the other."""
    return Shop.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def lock_orders(pks: Iterable[int]) -> QuerySet[Order]:
    return (
        Order.objects.filter(pk__in=list(pks))
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )


def lock_order(pk: int) -> Order:
    return lock_orders([pk]).get()


def lock_orders_of(tickets: QuerySet[Ticket]) -> None:
    """All orders of the tickets, by one statement.

    Code that locks many tickets takes these first, since a holder of an order may go on to lock any
    of its tickets.
    """
    orders = (
        Order.objects.filter(pk__in=tickets.order_by().values("order"))
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    for _pk in orders.values_list("pk", flat=True):
        pass


def try_lock_order(pk: int) -> Order | None:
    """None while somebody else holds it: the payer comes back instead of waiting."""
    return try_lock_orders([pk]).first()


def try_lock_orders(pks: Iterable[int]) -> QuerySet[Order]:
    """Those that nobody else holds."""
    return (
        Order.objects.filter(pk__in=list(pks))
        .select_for_update(of=("self",), no_key=True, skip_locked=True)
        .order_by("pk")
    )


def lock_tickets(pks: Iterable[int]) -> QuerySet[Ticket]:
    return (
        Ticket.objects.filter(pk__in=list(pks))
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )


def lock_ticket(pk: int) -> Ticket:
    return lock_tickets([pk]).get()


def lock_refund(ticket_pk: int) -> Refund | None:
    """The refund of a ticket, if it has one."""
    return (
        Refund.objects.filter(ticket=ticket_pk).select_for_update(of=("self",), no_key=True).first()
    )


def lock_refunds(ticket_pks: Iterable[int]) -> QuerySet[Refund]:
    """The refunds of tickets, those that have one."""
    return (
        Refund.objects.filter(ticket__in=list(ticket_pks))
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )


def lock_fund(shop_pk: int, kind: str) -> Fund:
    return (
        Fund.objects.filter(shop=shop_pk, kind=kind)
        .select_for_update(of=("self",), no_key=True)
        .get()
    )


def lock_funds(shop_pk: int) -> dict[str, Fund]:
    """Wallet and deposit by kind, for whatever a refund moves.

    Always both: which of them pays depends on both balances (SPEC W3), and a batch whose tickets
    each took one would wait for the other in any order.
    """
    funds = (
        Fund.objects.filter(shop=shop_pk)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    return {fund.kind: fund for fund in funds}


def lock_webhook_endpoint(pk: int) -> WebhookEndpoint | None:
    """Before its messages; nothing of the order above is taken with it."""
    return (
        WebhookEndpoint.objects.filter(pk=pk)
        .select_for_update(of=("self",), no_key=True)
        .select_related("shop")
        .first()
    )


def lock_webhook_message(pk: int) -> WebhookMessage | None:
    return WebhookMessage.objects.filter(pk=pk).select_for_update(of=("self",), no_key=True).first()
