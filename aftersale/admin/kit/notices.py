"""Notices at the top of every page: demo refunds, pauses and stops (SPEC G2)."""

from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from aftersale.admin.kit import access, columns
from aftersale.domain.punctuation import COMMA
from aftersale.models import PaymentStop, Shop
from aftersale.services.access.rights import Right
from aftersale.services.shared import hold
from aftersale.services.shared.prepared import prepared
from aftersale.services.shared.shown import EMPTY, format_time, who
from config.login import came_through_undeclared_proxy

# Pages that have the pause switch themselves, by name: the automation's, which belong to the app
# above, and a shop's own.
_AUTOMATION = ("automation:", "admin:strategies_", "admin:aftersale_shop_")


def for_request(request: HttpRequest) -> dict[str, Any]:
    """Unfold's GLOBAL_CALLBACK: the notices of the shops that the user sees."""
    if not request.user.is_authenticated or not request.user.is_staff:
        return {"notices": [], "pause_control": False, "is_member": False}
    shops = access.shops(request)
    notices: list[dict[str, Any]] = []
    for stop in _stops() if access.is_member(request) else []:
        notices.append(
            {
                "kind": "danger",
                "text": _("All payments are stopped since %(at)s by %(user)s: %(reason)s")
                % {
                    "at": format_time(stop.started_at),
                    "user": columns.name(stop.started_by),
                    "reason": stop.reason or EMPTY,
                },
            }
        )
    if request.user.is_superuser and came_through_undeclared_proxy(request):
        text = _(
            "A proxy stands in front of this server and is not declared, so that all people seem to"
            " have one address: set BEHIND_PROXY=True once the proxy sets its headers as"
            " docs/operations.md says."
        )
        notices.append({"kind": "warning", "text": text})
    notices += [{"kind": "danger", "text": hold.told(shop)} for shop in shops if shop.on_hold]
    paused = [_pause(request, shop) for shop in _paused(shops)]
    if len(paused) == 1:
        notices.append(paused[0])
    elif paused:
        text = _("Automatic refunds of %(count)d shops are paused.") % {"count": len(paused)}
        notices.append({"kind": "warning", "text": text, "parts": paused})
    demo = [shop.name for shop in shops if shop.is_demo]
    if demo:
        text = _("Demo: refunds of these shops are simulated: %(shops)s") % {
            "shops": str(COMMA).join(demo)
        }
        if len(demo) == len(shops):
            text = _("Demo: all refunds are simulated.")
        notice = {"kind": "info", "text": text}
        if request.user.is_superuser:
            notice["ask"] = reverse("desk:demo-remove")
            notice["button"] = _("Remove demo shops…")
        notices.append(notice)
    return {
        "notices": notices,
        "pause_control": _has_control(request),
        "is_member": access.is_member(request),
    }


@prepared
def _stops() -> QuerySet[PaymentStop]:
    return PaymentStop.objects.filter(ended_at=None).select_related("started_by").order_by("pk")[:1]


def pausable(request: HttpRequest) -> list[Shop]:
    """The shops whose automatic refunds this person may pause and that are not paused yet."""
    return [
        shop
        for shop in access.shops(request)
        if not shop.automation_paused and access.may(request, shop.pk, Right.CHANGE_STRATEGIES)
    ]


def _has_control(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name.startswith(_AUTOMATION) and bool(pausable(request))


def _paused(shops: list[Shop]) -> list[Shop]:
    """With who paused them, read for these alone: every page has notices."""
    found = [shop for shop in shops if shop.automation_paused]
    prefetch_related_objects(found, "automation_paused_by", "automation_paused_token")
    return found


def _pause(request: HttpRequest, shop: Shop) -> dict[str, Any]:
    """SPEC G2: who paused the shop and when; users with the right resume it here."""
    may = access.may(request, shop.pk, Right.CHANGE_STRATEGIES)
    return {
        "kind": "warning",
        "text": _("Automatic refunds of %(shop)s are paused since %(at)s by %(user)s.")
        % {
            "shop": shop.name,
            "at": format_time(shop.automation_paused_at, shop),
            "user": who(shop, "automation_paused_by"),
        },
        "resume": reverse("desk:automation-resume", args=[shop.pk]) if may else "",
    }
