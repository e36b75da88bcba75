"""A shop on hold after a backup was restored: nothing is approved until it is resumed (SPEC G6)."""

from django.utils.translation import gettext as _

from aftersale.models import Shop
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import format_time


def told(shop: Shop) -> str:
    """Why the shop is on hold and who ends that, for its people."""
    return _(
        "%(shop)s is on hold: a backup was restored, and what happened between %(since)s and"
        " %(until)s is being found out. Nothing is approved, opened or paid meanwhile. The operator"
        " of this server lets the shop go on with manage.py after_restore."
    ) % {
        "shop": shop.name,
        "since": format_time(shop.lost_since, shop),
        "until": format_time(shop.lost_until, shop),
    }


def require_none(shop: Shop) -> None:
    if shop.on_hold:
        raise Refused(told(shop))
