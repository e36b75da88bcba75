"""The page of a shop's first steps, shown until nothing needed is left (SPEC P1)."""

from django.http import HttpRequest, HttpResponse

from aftersale.admin.kit.pages import desk_page
from aftersale.services.access.rights import Right

from .frame import owned_shop, section
from .steps import are_over, steps_of


@desk_page
def first_steps(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk, Right.INVITE)
    steps = steps_of(shop)
    return section(
        request,
        shop,
        "shop-first-steps",
        right=Right.INVITE,
        steps=steps,
        done=sum(step.is_done for step in steps),
        is_over=are_over(steps),
    )
