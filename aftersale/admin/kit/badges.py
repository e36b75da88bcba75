"""Counts beside the menu's entries on every page, read in one query."""

from django.http import HttpRequest
from django.utils import timezone

from aftersale.admin.kit import access
from aftersale.services.desk import queues


def to_handle(request: HttpRequest) -> str:
    """Tickets that wait for a decision, beside the workbench."""
    count = _waiting(request).tickets
    return f"{queues.MOST_COUNTED}+" if count > queues.MOST_COUNTED else str(count)


def parcels(request: HttpRequest) -> str:
    """Parcels that nobody has done anything about yet, beside the shipping alerts."""
    return str(_waiting(request).parcels or "")


def keep(request: HttpRequest, waiting: queues.Waiting) -> None:
    """Called by a page that has counted them already."""
    request._waiting = waiting  # type: ignore[attr-defined]


def _waiting(request: HttpRequest) -> queues.Waiting:
    if not hasattr(request, "_waiting"):
        shop_ids = [shop.pk for shop in access.shops(request)]
        user = access.person(request)
        keep(request, queues.waiting(shop_ids=shop_ids, user=user, now=timezone.now()))
    return request._waiting  # type: ignore[attr-defined]
