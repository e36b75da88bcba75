"""The one-switch pause of a shop from any page (SPEC G2), and the offer to evaluate what waits
after a change of strategies (SPEC E1). The dialogs name the effect on tickets and refunds."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from aftersale.admin.kit import access, notices
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.domain.digits import whole_number
from aftersale.models import Refund, Shop, Ticket, TicketStatus
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.refunds.holds import HELD_BY_PAUSE
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shops import shops


@desk_page
@require_http_methods(["GET", "POST"])
def pause(request: HttpRequest) -> HttpResponse:
    """Pauses one of the shops in which the person has the right; `shop` chooses among several."""
    running = notices.pausable(request)

    def act() -> HttpResponse:
        chosen = request.POST.get("shop", "")
        if not chosen:
            raise Refused(_("Choose a shop."))
        shop = _shop(request, chosen)
        shops.pause(shop_id=shop.pk, **caller(request))
        said = _("Automatic refunds of %(shop)s are paused.") % {"shop": shop.name}
        return done(said, kind="warning")

    return ask(
        request,
        "aftersale/desk/pause.html",
        act=act,
        title=_("Pause automatic refunds"),
        submit=_("Pause automatic refunds now") if running else "",
        submit_kind="danger",
        shops=running,
    )


@desk_page
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    shop = _shop(request, pk)

    def act() -> HttpResponse:
        shops.resume(shop_id=shop.pk, **caller(request))
        return done(_("Automatic refunds of %(shop)s go on.") % {"shop": shop.name})

    return ask(
        request,
        "aftersale/desk/resume.html",
        act=act,
        title=_("Resume automatic refunds of %(shop)s") % {"shop": shop.name},
        submit=_("Resume automatic refunds"),
        shop=shop,
        held=Refund.objects.filter(HELD_BY_PAUSE, shop=shop).count(),
        waiting=_waiting(shop),
    )


@desk_page
@require_http_methods(["GET", "POST"])
def evaluate(request: HttpRequest, pk: int) -> HttpResponse:
    """Evaluates all tickets that wait for people again (SPEC E1)."""
    shop = _shop(request, pk)
    if request.method == "POST" and not shop.automation_paused:
        shops.look_again(shop_id=shop.pk, user=access.person(request), now=timezone.now())
        return done(_("The tickets are being evaluated again."))
    return _evaluate_dialog(request, shop, _("Evaluate what waits"))


def evaluate_offer(request: HttpRequest, shop: Shop, message: str) -> HttpResponse:
    """Answers a change of strategies: the message, with SPEC E1's offer to evaluate again."""
    if shop.automation_paused or not _waiting(shop):
        return done(message)
    answer = _evaluate_dialog(request, shop, message)
    answer.headers["HX-Trigger"] = "desk:refresh"
    return answer


@desk_page
@require_safe
def notices_again(request: HttpRequest) -> HttpResponse:
    """The notices of a page that is open while somebody throws the switch."""
    control = request.GET.get("control") == "1" and bool(notices.pausable(request))
    context = {**notices.for_request(request), "pause_control": control}
    return render(request, "aftersale/kit/notices.html", context)


def _evaluate_dialog(request: HttpRequest, shop: Shop, title: str) -> HttpResponse:
    waiting = _waiting(shop)
    label = ngettext("Evaluate %(count)d ticket now", "Evaluate %(count)d tickets now", waiting)
    offered = waiting and not shop.automation_paused
    return dialog(
        request,
        "aftersale/desk/evaluate.html",
        title=title,
        action=reverse("desk:automation-evaluate", args=[shop.pk]),
        submit=label % {"count": waiting} if offered else "",
        shop=shop,
        waiting=waiting,
    )


def _shop(request: HttpRequest, pk: Any) -> Shop:
    """A shop of which the person may change the automation. Raises NotFound or NotAllowed."""
    key = whole_number(str(pk)) or 0
    seen = rights.shops_of(access.person(request))
    shop = seen.filter(pk=key).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    rights.require(access.person(request), shop.pk, Right.CHANGE_STRATEGIES)
    return shop


def _waiting(shop: Shop) -> int:
    """Number of tickets under review, which another evaluation may take."""
    return Ticket.objects.filter(shop=shop, status=TicketStatus.PENDING_REVIEW).count()
