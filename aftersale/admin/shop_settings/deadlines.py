"""The time limits that hold in a shop where its platform names none (SPEC O5). Read-only."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext

from aftersale.admin.kit.columns import word
from aftersale.admin.kit.pages import desk_page
from aftersale.domain import deadlines as limits
from aftersale.domain.labels import PLATFORMS
from aftersale.models import TicketStatus, TicketType

from .frame import section, the_shop

_WAITS_FOR_THE_BUYER = {TicketStatus.NEGOTIATING, TicketStatus.AWAITING_RETURN}


@desk_page
def deadlines(request: HttpRequest, pk: int) -> HttpResponse:
    shop = the_shop(request, pk)
    rows = [
        {
            "type": TicketType(type_).label,
            "status": TicketStatus(status).label,
            "buyer": status in _WAITS_FOR_THE_BUYER,
            "limit": in_words(limit),
        }
        for (platform, type_, status), limit in limits.LIMITS.items()
        if platform == shop.platform
    ]
    return section(
        request,
        shop,
        "shop-deadlines",
        rows=rows,
        platform=word(PLATFORMS, shop.platform),
    )


def in_words(limit: timedelta) -> str:
    hours = int(limit / timedelta(hours=1))
    if hours % 24 or hours < 72:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}
