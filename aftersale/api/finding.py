"""Looks up the row that a number in an address names, in the token's shop alone (SPEC P1)."""

from django.utils.translation import gettext as _

from aftersale.domain.identifiers import show_invisible
from aftersale.models import Order, Ticket
from aftersale.services.shared.errors import NotFound


def ticket_id(*, shop_id: int, ticket_no: str) -> int:
    """The key of a ticket; another shop's is unknown, like one that never existed."""
    tickets = Ticket.objects.filter(shop=shop_id, ticket_no=ticket_no)
    found = tickets.values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(_("There is no ticket %s in this shop.") % show_invisible(ticket_no))
    return found


def order_id(*, shop_id: int, order_no: str) -> int:
    """The key of an order, likewise."""
    orders = Order.objects.filter(shop=shop_id, order_no=order_no)
    found = orders.values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(_("There is no order %s in this shop.") % show_invisible(order_no))
    return found
