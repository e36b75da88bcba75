"""Amounts and times in templates, as the lists show them."""

from datetime import datetime

from django import template

from aftersale.admin import columns
from aftersale.models import Shop

register = template.Library()


@register.filter
def yuan(fen: int) -> str:
    return columns.yuan(fen)


@register.filter
def on_clock(at: datetime | None, shop: Shop) -> str:
    """On the shop's clock."""
    return columns.moment(at, shop)
