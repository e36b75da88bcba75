"""How many cases wait, beside the workbench in the menu of every page."""

from django.http import HttpRequest
from django.utils import timezone

from aftersale.admin import access
from aftersale.services import queues


def keep(request: HttpRequest, count: int) -> None:
    """The workbench has counted already."""
    request._to_handle = count  # type: ignore[attr-defined]


def to_handle(request: HttpRequest) -> str:
    if not hasattr(request, "_to_handle"):
        shop_ids = [shop.pk for shop in access.shops(request)]
        user = access.person(request)
        keep(request, queues.to_handle(shop_ids=shop_ids, user=user, now=timezone.now()))
    count: int = request._to_handle  # type: ignore[attr-defined]
    if count > queues.MOST_COUNTED:
        return f"{queues.MOST_COUNTED}+"
    return str(count)
