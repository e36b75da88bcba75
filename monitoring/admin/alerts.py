"""The page of alerts, and the page on which people choose their alert mails (SPEC M4)."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aftersale.admin.kit import access
from aftersale.admin.kit.change_list import CappedPaginator
from aftersale.admin.kit.pages import desk_page, done, show
from aftersale.domain.digits import whole_number
from aftersale.services.access import rights
from aftersale.services.shared.shown import format_time
from monitoring.models import Alert, AlertKind
from monitoring.services import alerts as raised_alerts
from monitoring.services import subscriptions
from monitoring.services.alert_rights import RIGHT_OF, acted_on_by, seen_by
from monitoring.services.alert_texts import alert_text

PER_PAGE = 50
# The tabs in this order: alerts for the person's role, for other roles, over, acknowledged.
OPEN, OTHERS, OVER, ACKNOWLEDGED = "open", "others", "over", "acknowledged"
TABS = {
    OPEN: gettext_lazy("Not acknowledged"),
    OTHERS: gettext_lazy("For other roles"),
    OVER: pgettext_lazy("alerts", "Over"),
    ACKNOWLEDGED: gettext_lazy("Acknowledged"),
}
MEANINGS = {
    AlertKind.CAP: gettext_lazy("A strategy has used 80% or all of its daily cap."),
    AlertKind.BREAKER: gettext_lazy("A circuit breaker has switched a strategy off."),
    AlertKind.REFUND_FAILED: gettext_lazy("A refund has failed and needs people."),
    AlertKind.DEADLINE: gettext_lazy("A ticket is within 6 hours of its deadline."),
    AlertKind.SHIPPING: gettext_lazy("A parcel is on its way although its order was refunded."),
    AlertKind.PLATFORM: gettext_lazy(
        "A shop can't be read from its platform, or its authorisation ends."
    ),
    AlertKind.WEBHOOK: gettext_lazy("A webhook was switched off because nothing arrives there."),
    AlertKind.TO_PAY: gettext_lazy("Refunds wait to be paid by hand."),
    AlertKind.TIME_AHEAD: gettext_lazy("Automation stands still, as it has decided ahead of time."),
    AlertKind.TICKETS_LATE: gettext_lazy("Tickets have waited for automation for 5 minutes."),
    AlertKind.REFUNDS_LATE: gettext_lazy("Refunds should have been sent 5 minutes ago."),
    AlertKind.READING_LATE: gettext_lazy("A shop has not been read for 15 minutes."),
    AlertKind.TOKEN: gettext_lazy("An API token was made."),
    AlertKind.CLOCKS: gettext_lazy("A clock differs from the database's by 30 seconds or more."),
    AlertKind.WEEKLY: gettext_lazy("A week of advice: what changed, what to look at."),
}


@desk_page
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Lists alerts, newest first; filtered by `state`, `shop` and `kind`."""
    tabs = _tabs(request)
    state = request.GET.get("state", "")
    state = state if state in tabs else tabs[0]
    found = _in_tab(_chosen(request), state, access.person(request))
    found = found.select_related("shop", "acknowledged_by", "acknowledged_token").order_by(
        "-raised_at", "-pk"
    )
    page = CappedPaginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [_row(request, alert) for alert in page]
    return show(
        request,
        "monitoring/alerts.html",
        _("Alerts"),
        state=state,
        tabs=[_tab(request, tab, state) for tab in tabs],
        rows=rows,
        open_ones=[row["shown"].alert.pk for row in rows if row["may"]],
        page=page,
        earlier=_address(request, state=state, page=page.number - 1),
        later=_address(request, state=state, page=page.number + 1),
        shops=access.shops(request),
        kinds=AlertKind.choices,
        shop=request.GET.get("shop", ""),
        kind=request.GET.get("kind", ""),
        filtered=bool(request.GET.get("shop") or request.GET.get("kind")),
    )


@desk_page
@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Acknowledges one alert (`alert`), or all that the page showed (`shown`)."""
    person, now = access.person(request), timezone.now()
    one = whole_number(request.POST.get("alert", ""))
    if one is not None:
        raised_alerts.acknowledge(alert_id=one, user=person, now=now)
        return done(_("The alert is acknowledged."))
    keys = map(whole_number, request.POST.getlist("shown"))
    seen = [key for key in keys if key is not None]
    number = raised_alerts.acknowledge_shown(alert_ids=seen, user=person, now=now)
    said = ngettext(
        "%(count)d alert is acknowledged.", "%(count)d alerts are acknowledged.", number
    )
    return done(said % {"count": number})


@desk_page
@require_http_methods(["GET", "POST"])
def mails(request: HttpRequest) -> HttpResponse:
    """Each person chooses for themselves."""
    person = access.person(request)
    offered = subscriptions.offered(person)
    if request.method == "POST":
        kinds = [kind for kind in offered if kind.value in request.POST.getlist("kind")]
        subscriptions.choose(kinds=kinds, user=person)
        return done(_("Your choice is saved."))
    chosen = subscriptions.chosen(person)
    return show(
        request,
        "monitoring/alert_mails.html",
        _("My alert mails"),
        choices=[(kind, MEANINGS[kind], kind.value in chosen) for kind in offered],
        address=person.email,
        mails_sent=bool(settings.EMAIL_URL) or not settings.PRODUCTION,
    )


def _tabs(request: HttpRequest) -> list[str]:
    """Owners and operators have no tab of other roles' alerts; viewers have none of their own."""
    mine = any(access.has_somewhere(request, right) for right in RIGHT_OF.values())
    tabs = [OPEN] if mine else []
    tabs += [OTHERS] if _of_others(request) else []
    return [*tabs, OVER, ACKNOWLEDGED]


def _of_others(request: HttpRequest) -> bool:
    return any(
        not access.may(request, shop.pk, right)
        for shop in access.shops(request)
        for right in set(RIGHT_OF.values())
    )


def _in_tab(found: QuerySet[Alert], state: str, person: User) -> QuerySet[Alert]:
    if state == ACKNOWLEDGED:
        return found.exclude(acknowledged_at=None)
    found = found.filter(acknowledged_at=None, ended_at__isnull=state != OVER)
    if state == OPEN:
        return found.filter(acted_on_by(person))
    return found.exclude(acted_on_by(person)) if state == OTHERS else found


def _chosen(request: HttpRequest) -> QuerySet[Alert]:
    person = access.person(request)
    found = rights.scoped(Alert.objects.all(), person).filter(seen_by(person))
    shop, kind = whole_number(request.GET.get("shop", "")), request.GET.get("kind", "")
    if shop is not None:
        found = found.filter(shop=shop)
    if kind in AlertKind.values:
        found = found.filter(kind=kind)
    return found


def _row(request: HttpRequest, alert: Alert) -> dict[str, Any]:
    at, ended_at = alert.acknowledged_at, alert.ended_at
    opened = at is None and ended_at is None
    return {
        "shown": alert_text(alert),
        "may": opened and access.may(request, alert.shop_id, RIGHT_OF[alert.kind]),
        "acknowledged_at": at and format_time(at, alert.shop),
        "ended_at": ended_at and format_time(ended_at, alert.shop),
    }


def _tab(request: HttpRequest, state: str, current: str) -> dict[str, Any]:
    url = _address(request, state=state)
    return {"label": TABS[state], "url": url, "current": state == current}


def _address(request: HttpRequest, **more: Any) -> str:
    kept = {key: request.GET[key] for key in ("shop", "kind") if request.GET.get(key)}
    return "?" + urlencode(kept | more)
