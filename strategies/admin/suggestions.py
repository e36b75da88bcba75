"""Automation's suggestions on tickets of files: taken over one by one or as a list (SPEC O11)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from aftersale.admin.desk.sheets import XLSX
from aftersale.admin.kit import access, pages
from aftersale.admin.kit.exports import exported
from aftersale.domain.digits import whole_number
from aftersale.domain.labels import REASONS
from aftersale.domain.money import format_yuan, plain_yuan
from aftersale.models import Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound
from aftersale.services.shared.shown import format_time
from aftersale.services.sheets.write_file import xlsx
from strategies.models import Decision, Source
from strategies.services import suggestions

A_PAGE = 50


@pages.desk_page
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    shop = _shop(request)
    if request.method == "POST":
        return _take_over(request, shop)
    found = _of(request, shop)
    shown = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    return pages.show(
        request,
        "strategies/suggestions.html",
        _("Suggestions to take over"),
        shops=access.shops(request),
        shop=shop,
        page=shown,
        address=f"shop={shop.pk}",
        rows=[_row(one) for one in shown],
        may_take_over=access.may(request, shop.pk, Right.HANDLE_TICKETS),
    )


def _shop(request: HttpRequest) -> Shop:
    shops = access.shops(request)
    if not shops:
        raise NotFound(_("There is no shop yet."))
    wanted = request.POST.get("shop") or request.GET.get("shop")
    found = next((shop for shop in shops if not wanted or str(shop.pk) == wanted), None)
    if found is None:
        raise NotFound(_("There is no such shop."))
    return found


def _of(request: HttpRequest, shop: Shop) -> Any:
    found = suggestions.waiting(access.person(request)).filter(shop=shop)
    return found.select_related("ticket", "suggested_strategy").order_by("ticket__due_at", "pk")


def _row(one: Decision) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "ticket": one.ticket,
        "url": reverse("desk:case", args=[one.ticket_id]),
        "decision": reverse("admin:strategies_decision_change", args=[one.pk]),
        "amount": format_yuan(one.amount),
        "what": one.get_suggested_outcome_display(),
        "by": _by(one),
        "reason": REASONS.get(one.reason, one.reason),
    }


def _by(one: Decision) -> str:
    if one.suggested_source == Source.FAST_REFUND:
        return str(Source.FAST_REFUND.label)
    return one.suggested_strategy.name if one.suggested_strategy else ""


def _take_over(request: HttpRequest, shop: Shop) -> HttpResponse:
    rights.require(access.person(request), shop.pk, Right.HANDLE_TICKETS)
    sent = [whole_number(text) for text in request.POST.getlist("suggestions")]
    chosen = set(_of(request, shop).filter(pk__in=[pk for pk in sent if pk]).values_list("pk"))
    wanted = [pk for pk in sent if pk and (pk,) in chosen]
    answers = suggestions.take_over_all(
        suggestion_ids=wanted, user=access.person(request), now=timezone.now()
    )
    done = sum(not problem for _pk, problem in answers)
    if done:
        said = ngettext("%d ticket was approved.", "%d tickets were approved.", done) % done
        messages.success(request, said)
    for problem in dict.fromkeys(problem for _pk, problem in answers if problem):
        messages.warning(request, problem)
    if len(wanted) < len([pk for pk in sent if pk]):
        messages.warning(request, _("Some had changed meanwhile and were left alone."))
    return redirect(f"{reverse('automation:suggestions')}?shop={shop.pk}")


@pages.desk_page
@require_GET
def as_file(request: HttpRequest) -> HttpResponse:
    """The list to work off in the platform's back office."""
    shop = _shop(request)
    rights.require(access.person(request), shop.pk, Right.HANDLE_TICKETS)
    heads = [
        _("Ticket number"),
        _("Order number"),
        _("What to do"),
        _("Amount"),
        _("Strategy"),
        _("Buyer's reason"),
        _("Due at"),
    ]
    rows = (
        [
            one.ticket.ticket_no,
            one.ticket.order_no,
            str(one.get_suggested_outcome_display()),
            plain_yuan(one.amount),
            _by(one),
            str(REASONS.get(one.reason, one.reason)),
            format_time(one.ticket.due_at, shop),
        ]
        for one in _of(request, shop).iterator(1_000)
    )
    what = gettext_lazy("Suggestions to take over")
    name = f"afterdesk-suggestions-{timezone.localdate():%Y%m%d}.xlsx"
    return HttpResponse(
        b"".join(xlsx(heads, exported(request, ([*row] for row in rows), what, shop=shop))),
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
