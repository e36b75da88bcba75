"""An alert's text in the reader's language, made from the facts that it keeps (SPEC M4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from aftersale.domain.labels import PLATFORMS
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import read
from aftersale.models import AlertKind as ParcelKind
from aftersale.models import Scope, SwitchedOff, TicketStatus
from aftersale.services.desk.queues import Queue
from aftersale.services.shared.shown import format_time
from monitoring.models import Alert, AlertKind
from monitoring.services.alert_queries import ENDING_HOURS
from monitoring.services.weekly import wording

COLOURS: dict[str, str] = {
    AlertKind.CAP: "warning",
    AlertKind.BREAKER: "danger",
    AlertKind.REFUND_FAILED: "danger",
    AlertKind.DEADLINE: "warning",
    AlertKind.SHIPPING: "danger",
    AlertKind.PLATFORM: "danger",
    AlertKind.WEBHOOK: "warning",
    AlertKind.TO_PAY: "warning",
    AlertKind.TIME_AHEAD: "danger",
    AlertKind.TICKETS_LATE: "danger",
    AlertKind.REFUNDS_LATE: "danger",
    AlertKind.READING_LATE: "danger",
    AlertKind.CLOCKS: "warning",
    AlertKind.TOKEN: "warning",
    AlertKind.WEEKLY: "info",
}
# In these statuses it is the buyer's turn.
_BUYERS = {TicketStatus.NEGOTIATING, TicketStatus.AWAITING_RETURN}


@dataclass(frozen=True)
class AlertText:
    """`text` is one sentence, of a weekly note one a line; `url` leads to the alert's subject,
    `link` is the link's label."""

    alert: Alert
    text: str
    url: str
    link: str
    raised_at: str
    colour: str


def alert_text(alert: Alert) -> AlertText:
    """Needs select_related("shop")."""
    text, url, link = _WORDINGS[alert.kind](alert)
    return AlertText(
        alert,
        text,
        url,
        link,
        format_time(alert.raised_at, alert.shop),
        COLOURS[alert.kind],
    )


Wording = tuple[str, str, str]
"""A sentence; the address of the page that it leads to; the link's label."""


def _cap(alert: Alert) -> Wording:
    facts = alert.facts
    if alert.threshold >= 100:
        text = _("Strategy “%(name)s” has used up its daily cap of %(cap)s on %(day)s.")
    else:
        text = _("Strategy “%(name)s” has used %(used)s of its daily cap of %(cap)s on %(day)s.")
    words = {
        "name": facts["name"],
        "used": f"{format_yuan(facts['used'])} ({facts['used'] * 100 // facts['cap']}%)",
        "cap": format_yuan(facts["cap"]),
        "day": f"{alert.day:%Y-%m-%d}",
    }
    return (
        text % words,
        reverse("admin:strategies_strategy_change", args=[alert.subject]),
        _("To the strategy"),
    )


def _breaker(alert: Alert) -> Wording:
    facts = alert.facts
    text = _(
        "The circuit breaker switched strategy “%(name)s” off at %(at)s: %(hits)s hits, %(amount)s"
        " within %(minutes)s minutes. Only a person switches it on again."
    ) % {
        "name": facts["name"],
        "at": _at(facts["opened_at"], alert),
        "hits": facts["hits"],
        "amount": format_yuan(facts["amount"]),
        "minutes": facts["minutes"],
    }
    return (
        text,
        reverse("admin:strategies_strategy_change", args=[alert.subject]),
        _("To the strategy"),
    )


def _refund_failed(alert: Alert) -> Wording:
    text = _("The refund of %(amount)s for ticket %(name)s has failed.") % {
        "amount": format_yuan(alert.facts["amount"]),
        "name": alert.facts["name"],
    }
    return text, reverse("admin:aftersale_refund_change", args=[alert.subject]), _("To the refund")


def _deadline(alert: Alert) -> Wording:
    facts = alert.facts
    if datetime.fromisoformat(facts["due_at"]) <= alert.raised_at:
        text = _("Ticket %(name)s (%(status)s, %(amount)s) was due by %(due)s and is overdue.")
    elif facts["status"] in _BUYERS:
        text = _("Ticket %(name)s (%(status)s, %(amount)s): the buyer has time until %(due)s.")
    else:
        text = _("Ticket %(name)s (%(status)s, %(amount)s) is to be handled by %(due)s.")
    words = {
        "name": facts["name"],
        "status": TicketStatus(facts["status"]).label,
        "amount": format_yuan(facts["amount"]),
        "due": _at(facts["due_at"], alert),
    }
    return (
        text % words,
        reverse("admin:aftersale_ticket_change", args=[alert.subject]),
        _("To the ticket"),
    )


def _shipping(alert: Alert) -> Wording:
    facts = alert.facts
    if facts["kind"] == ParcelKind.LIKELY_LOSS:
        text = _(
            "Order %(name)s had been shipped already when %(amount)s of it was refunded. The"
            " parcel is to be stopped."
        )
    else:
        text = _(
            "Order %(name)s was shipped although %(amount)s of it is refunded or about to be. The"
            " parcel is to be stopped."
        )
    words = {"name": facts["name"], "amount": format_yuan(facts["amount"])}
    return text % words, reverse("desk:shipping-alerts"), _("To the shipping alerts")


def _platform(alert: Alert) -> Wording:
    facts = alert.facts
    link = reverse("desk:shop-platform", args=[alert.shop_id]), _("To the connection")
    if alert.threshold == ENDING_HOURS:
        text = _(
            "The access of %(name)s to its platform ends on %(until)s. An owner has to authorise it"
            " again before: after that nothing is read or sent."
        )
        return text % {"name": facts["name"], "until": _at(facts["until"], alert)}, *link
    if "calls" in facts:
        return _quota(alert), *link
    if alert.threshold == 0:
        text = _("Nothing is read from the platform of %(name)s any more: %(reason)s")
    else:
        text = _("Reading from the platform of %(name)s has been failing since %(at)s: %(reason)s")
    words = {
        "name": facts["name"],
        "reason": read(facts["reason"]),
        "at": _at(facts["since"], alert),
    }
    return text % words, *link


def _quota(alert: Alert) -> str:
    facts = alert.facts
    if alert.threshold >= 100:
        text = _(
            "The app of %(name)s has used up its calls to the platform for today (%(calls)s)."
            " Reading and refunds go on when the platform takes calls again."
        )
    else:
        text = _(
            "The app of %(name)s has made %(calls)s of the %(quota)s calls that its platform allows"
            " it today."
        )
    quota = f"{facts['quota'] or 0:,}"
    return text % {"name": facts["name"], "calls": f"{facts['calls']:,}", "quota": quota}


def _webhook(alert: Alert) -> Wording:
    facts = alert.facts
    if facts["because"] == SwitchedOff.GONE:
        text = _("Webhook “%(name)s” was switched off: the address answered that it is gone.")
    else:
        text = _("Webhook “%(name)s” was switched off: nothing has arrived there since %(since)s.")
    since = facts["failing_since"]
    words = {"name": facts["name"], "since": _at(since, alert) if since else ""}
    return text % words, reverse("desk:shop-webhooks", args=[alert.shop_id]), _("To the webhooks")


def _token(alert: Alert) -> Wording:
    facts = alert.facts
    scopes = [str(Scope(scope).label) for scope in facts["scopes"]]
    text = _(
        "%(user)s made the API token “%(name)s” at %(at)s. It may: %(scopes)s. If you don't know"
        " why, revoke it."
    ) % {
        "user": facts["user"],
        "name": facts["name"],
        "at": _at(facts["at"], alert),
        "scopes": ", ".join(scopes),
    }
    return text, reverse("desk:shop-tokens", args=[alert.shop_id]), _("To the API tokens")


def _weekly(alert: Alert) -> Wording:
    facts = alert.facts
    text = "\n".join([wording.heading(facts), *wording.sentences(facts)])
    query = urlencode({"shop": alert.shop_id})
    return text, f"{reverse('automation:advice')}?{query}", _("To the advice")


def _to_pay(alert: Alert) -> Wording:
    facts = alert.facts
    text = ngettext(
        "In %(name)s %(count)d refund of %(amount)s waits to be paid by hand, since %(at)s.",
        "In %(name)s %(count)d refunds of %(amount)s in all wait to be paid by hand, the oldest"
        " since %(at)s.",
        facts["refunds"],
    )
    words = {
        "name": facts["name"],
        "count": facts["refunds"],
        "amount": format_yuan(facts["amount"]),
        "at": _at(facts["since"], alert),
    }
    query = urlencode({"queue": Queue.TO_PAY.value, "shop": alert.shop_id})
    return text % words, f"{reverse('desk:workbench')}?{query}", _("To the refunds")


def _time_ahead(alert: Alert) -> Wording:
    facts = alert.facts
    until = _at(facts["until"], alert) if facts["until"] else facts["day"]
    text = _(
        "Automation in %(name)s stands still: it has decided until %(until)s, which is ahead of the"
        " clock. Tickets wait, and people can handle them. Whoever runs Afterdesk sets the clocks,"
        " and then runs “manage.py decided_ahead --set-right --as USER”."
    ) % {"name": facts["name"], "until": until}
    return text, _workbench(alert), _to_the_tickets()


def _tickets_late(alert: Alert) -> Wording:
    facts = alert.facts
    text = ngettext(
        "In %(name)s %(count)d ticket has waited for automation since %(at)s. People can handle it"
        " meanwhile; whoever runs Afterdesk looks why.",
        "In %(name)s %(count)d tickets wait for automation, the oldest since %(at)s. People can"
        " handle them meanwhile; whoever runs Afterdesk looks why.",
        facts["tickets"],
    ) % {"name": facts["name"], "count": facts["tickets"], "at": _at(facts["since"], alert)}
    return text, _workbench(alert), _to_the_tickets()


def _refunds_late(alert: Alert) -> Wording:
    facts = alert.facts
    text = ngettext(
        "In %(name)s %(count)d refund of %(amount)s should have been sent at %(at)s, and was not."
        " Whoever runs Afterdesk looks why.",
        "In %(name)s %(count)d refunds of %(amount)s in all should have been sent, the oldest at"
        " %(at)s, and were not. Whoever runs Afterdesk looks why.",
        facts["refunds"],
    ) % {
        "name": facts["name"],
        "count": facts["refunds"],
        "amount": format_yuan(facts["amount"]),
        "at": _at(facts["since"], alert),
    }
    url = reverse("admin:aftersale_refund_changelist")
    return text, url, pgettext("alerts", "To the refunds")


def _reading_late(alert: Alert) -> Wording:
    facts = alert.facts
    text = _(
        "%(name)s was read from its platform at %(at)s for the last time: what is newer there is"
        " not here yet."
    ) % {"name": facts["name"], "at": _at(facts["since"], alert)}
    return text, reverse("desk:shop-platform", args=[alert.shop_id]), _("To the connection")


def _clocks(alert: Alert) -> Wording:
    seconds = alert.facts["seconds"]
    if seconds > 0:
        text = _("The clock of %(name)s is %(count)d s ahead of the database's.")
    else:
        text = _("The clock of %(name)s is %(count)d s behind the database's.")
    told = text % {
        "name": PLATFORMS.get(alert.facts["name"], alert.facts["name"]),
        "count": abs(seconds),
    }
    more = _("Whoever runs Afterdesk lets all machines take their time from the network (NTP).")
    return f"{told} {more}", _workbench(alert), _to_the_tickets()


def _workbench(alert: Alert) -> str:
    return f"{reverse('desk:workbench')}?{urlencode({'shop': alert.shop_id})}"


def _to_the_tickets() -> str:
    return _("To the tickets")


def _at(text: str, alert: Alert) -> str:
    return format_time(datetime.fromisoformat(text), alert.shop)


_WORDINGS: Mapping[str, Callable[[Alert], Wording]] = {
    AlertKind.CAP: _cap,
    AlertKind.BREAKER: _breaker,
    AlertKind.REFUND_FAILED: _refund_failed,
    AlertKind.DEADLINE: _deadline,
    AlertKind.SHIPPING: _shipping,
    AlertKind.PLATFORM: _platform,
    AlertKind.WEBHOOK: _webhook,
    AlertKind.TO_PAY: _to_pay,
    AlertKind.TIME_AHEAD: _time_ahead,
    AlertKind.TICKETS_LATE: _tickets_late,
    AlertKind.REFUNDS_LATE: _refunds_late,
    AlertKind.READING_LATE: _reading_late,
    AlertKind.CLOCKS: _clocks,
    AlertKind.TOKEN: _token,
    AlertKind.WEEKLY: _weekly,
}
