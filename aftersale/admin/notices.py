"""What every page says at its top: pretended refunds, and who paused what (SPEC G2)."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from aftersale.models import PaymentStop

from . import access, columns


def for_request(request: HttpRequest) -> dict[str, Any]:
    """Unfold's GLOBAL_CALLBACK: the notices of the shops that the user sees."""
    if not request.user.is_authenticated or not request.user.is_staff:
        return {"notices": []}
    shops = access.shops(request)
    notices = []
    stop = PaymentStop.objects.filter(ended_at=None).select_related("started_by").first()
    if stop is not None and access.is_member(request):
        notices.append(
            {
                "kind": "danger",
                "text": _("All payments are stopped since %(at)s by %(user)s: %(reason)s")
                % {
                    "at": columns.moment(stop.started_at),
                    "user": stop.started_by or columns.EMPTY,
                    "reason": stop.reason or columns.EMPTY,
                },
            }
        )
    for shop in shops:
        if shop.automation_paused:
            notices.append(
                {
                    "kind": "warning",
                    "text": _("Automatic refunds of %(shop)s are paused since %(at)s by %(user)s.")
                    % {
                        "shop": shop.name,
                        "at": columns.moment(shop.automation_paused_at, shop),
                        "user": shop.automation_paused_by or columns.EMPTY,
                    },
                }
            )
    demo = [shop.name for shop in shops if shop.is_demo]
    if demo:
        notices.append(
            {
                "kind": "info",
                "text": _("Demo: refunds of these shops are pretended: %(shops)s")
                % {"shops": ", ".join(demo)},
            }
        )
    return {"notices": notices}
