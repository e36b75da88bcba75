"""How templates show values: as columns.py does, in yuan and on the shop's clock."""

from datetime import datetime

from django import template
from django.contrib.auth.models import User

from aftersale.models import Shop

register = template.Library()

# Django loads this while the admin is still being imported: so columns are imported late.


@register.filter
def yuan(fen: int | None) -> str:
    from aftersale.admin import columns

    return columns.EMPTY if fen is None else columns.yuan(fen)


@register.filter
def moment(at: datetime | None, shop: Shop | None = None) -> str:
    from aftersale.admin import columns

    return columns.moment(at, shop)


@register.filter
def name(user: User | None) -> str:
    from aftersale.admin import columns

    return columns.name(user)
