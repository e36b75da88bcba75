"""How templates show values: as columns.py does, in yuan and on the shop's clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from aftersale.domain.money import format_yuan
from aftersale.models import AuditEntry, Order, Shop, Ticket, TicketEvent
from aftersale.services.access import masks
from aftersale.services.shared.shown import EMPTY, format_time
from aftersale.services.shared.shown import done_by as said_done_by
from aftersale.services.shared.shown import who as said_who

register = template.Library()

_SELECTED = SafeString(" selected")

# Django loads this while the admin is still being imported: so columns are imported late.


@register.filter
def yuan(fen: int | None) -> str:

    return EMPTY if fen is None else format_yuan(fen)


@register.filter
def moment(at: datetime | None, shop: Shop | None = None) -> str:

    return format_time(at, shop)


@register.filter
def buyer(row: Ticket | Order) -> str:
    """The buyer's number, masked for viewers."""
    return masks.shown_buyer(row.buyer, row.shop_id)


@register.filter
def number_of(buyer: str, shop: Shop) -> str:
    """The same where no row has both."""
    return masks.shown_buyer(buyer, shop.pk)


@register.filter
def of_buyer(text: str, row: Ticket | Order) -> str:
    """A text about the case, in which buyer's and telephone numbers are masked for viewers."""
    return masks.shown_text(text, row.buyer, row.shop_id)


@register.filter
def words_of(text: str, shop: Shop) -> str:
    """The same of a text that is about no case."""
    return masks.shown_text(text, "", shop.pk)


@register.filter
def name(user: User | None) -> str:
    from aftersale.admin.kit import columns

    return columns.name(user)


@register.simple_tag
def options(choices: Iterable[tuple[Any, Any]], chosen: Any) -> SafeString:
    """Choices of a field; the one that is chosen is marked."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, _SELECTED if value == chosen else "", label) for value, label in choices),
    )


@register.filter
def who(row: Model, by: str) -> str:
    """The token, or the person in the column `by`."""
    return said_who(row, by)


@register.filter
def done_by(step: TicketEvent | AuditEntry) -> str:
    return said_done_by(step)
