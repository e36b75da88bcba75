"""Middleware: says who looks, so that buyers' numbers are masked for viewers (SPEC P1)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from aftersale.admin.kit import access
from aftersale.services.access import masks
from aftersale.services.access.rights import Right


class Looking:
    """After the one that finds the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def sees(shop_id: int) -> bool:
            known = request.user.is_authenticated
            return known and access.may(request, shop_id, Right.SEE_BUYERS)

        with masks.looking(sees):
            return self.get_response(request)
