"""Stopping parcels whose money has left: how far people have come with each (SPEC H1, H2)."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.identifiers import is_visible
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    ENDED_ALERTS,
    Actor,
    AlertState,
    ShippingAlert,
    TicketEvent,
    TicketEventKind,
)
from aftersale.services.access.rights import scoped
from aftersale.services.shared.errors import NotFound, Refused, Stale, WrongStep
from aftersale.services.shared.shown import who
from aftersale.services.tickets.cases import lock_case
from config import acting

A = AlertState
ENDS = ENDED_ALERTS
# Corrections of a wrong end, with a note that says why: the parcel turned up after all, or is still
# on its way.
STEPS: dict[str, list[AlertState]] = {
    A.TO_STOP: [A.ASKED_CARRIER, *ENDS],
    A.ASKED_CARRIER: ENDS,
    A.INTERCEPTED: [A.RETURNED, A.LOST, A.ASKED_CARRIER],
    A.RETURNED: [A.INTERCEPTED, A.LOST, A.ASKED_CARRIER],
    A.LOST: [A.INTERCEPTED, A.RETURNED, A.ASKED_CARRIER],
}


def find_alert(*, alert_id: int, user: User) -> ShippingAlert:
    """The alert, if the user may see it."""
    alerts = scoped(ShippingAlert.objects.select_related("shop", "order", "ticket__refund"), user)
    alert = alerts.filter(pk=alert_id).first()
    if alert is None:
        raise NotFound(_("There is no such shipping alert."))
    return alert


@transaction.atomic
def advance(
    *,
    alert_id: int,
    state: str,
    note: str,
    user: User,
    now: datetime,
    seen: str | None = None,
) -> ShippingAlert:
    """Writes down what became of the parcel; `seen` is the state that the person saw.

    The order's lock makes two people on one alert come one after the other.
    """
    found = find_alert(alert_id=alert_id, user=user)
    lock_case(ticket_id=found.ticket_id, user=user, now=now)
    alert = ShippingAlert.objects.select_related("ticket", "changed_by", "changed_token").get(
        pk=found.pk
    )
    if seen is not None and seen != alert.state:
        raise Stale(
            _("Nothing was done: %(user)s has set this parcel to “%(state)s” meanwhile.")
            % {"user": who(alert, "changed_by"), "state": alert.get_state_display()}
        )
    if state not in A.values:
        raise Refused(_("There is no such state of a parcel."), pointer="state")
    if state not in STEPS[alert.state]:
        raise WrongStep(alert.ticket.ticket_no, AlertState(alert.state), AlertState(state))
    note = note.strip()
    if alert.state in ENDS and not is_visible(note):
        raise Refused(_("Say why this is put right."), pointer="note")
    before = AlertState(alert.state).label
    alert.state, alert.note = state, note
    alert.changed_at, alert.changed_by, alert.changed_token_id = now, user, acting.token()
    alert.save(update_fields=["state", "note", "changed_at", "changed_by", "changed_token"])
    told = _("Parcel: from “%(from)s” to “%(to)s”.") % {
        "from": before,
        "to": AlertState(state).label,
    }
    TicketEvent.objects.create(
        ticket=alert.ticket,
        at=now,
        kind=TicketEventKind.NOTE,
        actor=Actor.PERSON,
        user=user,
        note=(told + " " + note).strip(),
    )
    return alert
