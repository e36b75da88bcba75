"""Proposals for the lists of products and categories, from the shop's own orders."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from aftersale.admin.kit.access import person
from aftersale.admin.kit.pages import desk_page
from aftersale.domain.identifiers import clean_identifier
from aftersale.services.desk import seen_goods

from .permitted import shop_for


@desk_page
@require_GET
def seen(request: HttpRequest, shop: int, what: str) -> HttpResponse:
    """At most 20 products or categories with what is typed (`?find=`)."""
    if what not in (seen_goods.PRODUCTS, seen_goods.CATEGORIES):
        raise Http404
    found = seen_goods.seen(
        shop_id=shop_for(request, str(shop)).pk,
        what=what,
        term=clean_identifier(request.GET.get("find", "")),
        user=person(request),
        now=timezone.now(),
    )
    return render(request, "strategies/editor/seen_goods.html", {"found": found, "what": what})
