"""Fast refund: in or out, since when, and by which rules (SPEC F1)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page, done
from aftersale.models import FastRefundPeriod
from aftersale.services.shared.shown import format_time
from aftersale.services.shops import settings

from . import automation
from .frame import owned_shop, section, the_shop


@desk_page
def fast_refund(request: HttpRequest, pk: int) -> HttpResponse:
    shop = the_shop(request, pk)
    periods = list(shop.fast_refund_periods.order_by("-starts_at"))
    current = _current(periods)
    return section(
        request,
        shop,
        "shop-fast-refund",
        current=current,
        since=format_time(current.starts_at, shop) if current else "",
        until=format_time(current.ends_at, shop) if current and current.ends_at else "",
        periods=[
            (
                format_time(period.starts_at, shop),
                format_time(period.ends_at, shop) if period.ends_at else None,
            )
            for period in periods
        ],
        rules=[rule for rules in automation.fast_refund_rules for rule in rules(shop)],
    )


@desk_page
def opt_in(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)

    def act() -> HttpResponse:
        settings.opt_in(shop_id=pk, **caller(request))
        return done(_("The shop is opted into fast refund."))

    return ask(
        request,
        "aftersale/shop_settings/fast_refund_step.html",
        act=act,
        title=_("Opt into fast refund"),
        submit=_("Opt %(shop)s into fast refund now") % {"shop": shop.name},
        text=_(
            "Orders that are paid from now on and meet the rule in force are refunded at once when"
            " the buyer asks before they are shipped, without anybody looking at them. Neither the"
            " pause switch nor the block list stops that."
        ),
    )


@desk_page
def opt_out(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)

    def act() -> HttpResponse:
        settings.opt_out(shop_id=pk, **caller(request))
        return done(_("The shop is opted out of fast refund."))

    return ask(
        request,
        "aftersale/shop_settings/fast_refund_step.html",
        act=act,
        title=_("Opt out of fast refund"),
        submit=_("Opt %(shop)s out of fast refund now") % {"shop": shop.name},
        submit_kind="danger",
        text=_(
            "Orders that are paid from now on are not refunded at once any more. Buyers who have"
            " paid before keep what they were promised: their orders still are."
        ),
    )


def _current(periods: list[FastRefundPeriod]) -> FastRefundPeriod | None:
    now = timezone.now()
    for period in periods:
        if period.starts_at <= now and (period.ends_at is None or now < period.ends_at):
            return period
    return None
