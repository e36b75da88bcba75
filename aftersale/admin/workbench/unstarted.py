"""The words of an empty list for shops that no case ever came to: not that all is done."""

from dataclasses import dataclass

from django.http import HttpRequest

from aftersale.admin.kit import access
from aftersale.admin.shop_settings import steps
from aftersale.models import Shop, Ticket
from aftersale.services.access.rights import Right

MOST_LED_TO = 3


@dataclass(frozen=True)
class Unstarted:
    no_shop: bool
    # Those with steps that the person may take, and whether there is any such right.
    shops: list[Shop]
    may_start: bool


def unstarted(request: HttpRequest, shop_ids: list[int]) -> Unstarted | None:
    """None where a case has come to one of the shops."""
    if Ticket.objects.filter(shop__in=shop_ids).exists():
        return None
    own = [
        shop
        for shop in access.shops(request)
        if shop.pk in shop_ids and access.may(request, shop.pk, Right.INVITE)
    ]
    led_to = [shop for shop in own[:MOST_LED_TO] if not steps.are_over(steps.steps_of(shop))]
    return Unstarted(no_shop=not shop_ids, shops=led_to, may_start=bool(own))
