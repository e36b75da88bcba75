"""The dialog that removes the demo shops (SPEC P1)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page
from aftersale.models import Order, Shop, Ticket
from aftersale.services.access import first_operator
from aftersale.services.shared.errors import NotAllowed
from aftersale.services.shops import demo


@desk_page
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Where no operator is left the answer leads to the page on which one signs up."""
    if not access.person(request).is_superuser:
        raise NotAllowed(_("Only operators do this."))
    shops = list(Shop.objects.filter(is_demo=True).order_by("name"))

    def act() -> HttpResponse:
        demo.remove(**caller(request))
        leads_to = reverse("admin:index")
        if first_operator.is_missing():
            leads_to = reverse("account_first", args=[first_operator.link_text()])
        return HttpResponse(status=204, headers={"HX-Redirect": leads_to})

    return ask(
        request,
        "aftersale/desk/demo_remove.html",
        act=act if shops else None,
        title=_("Remove demo shops"),
        submit=_("Remove them for good") if shops else "",
        submit_kind="danger",
        shops=shops,
        orders=Order.objects.filter(shop__in=shops).count(),
        tickets=Ticket.objects.filter(shop__in=shops).count(),
    )
