"""Steps beside a ticket's course, as they are sent: notes, parcels, more time."""

from aftersale.domain.multilingual import said as _
from aftersale.models import StepKind
from aftersale.platforms.desk_steps import (
    EntersReturns,
    GivesMoreTime,
    Parcel,
    SendsNewGoods,
    StopsParcels,
    TakesNotes,
)
from aftersale.platforms.protocol import Accepted, Declined, Platform, Step, Why
from aftersale.services.outgoing.step_attempt import StepLease


def send(platform: Platform, lease: StepLease) -> Accepted | Declined:
    row, details = lease.step, lease.step.details
    if row.kind == StepKind.NOTE and isinstance(platform, TakesNotes):
        return platform.note(
            lease.order_no, text=details["text"], flag=details["flag"], deadline=lease.deadline
        )
    assert row.version is not None
    step = Step(
        ticket_no=lease.ticket_no,
        order_no=lease.order_no,
        type=row.type,
        amount=row.amount,
        version=row.version,
        deadline=lease.deadline,
    )
    parcel = {name: details[name] for name in ("carrier", "tracking_no") if name in details}
    if row.kind == StepKind.ENTER_RETURN and isinstance(platform, EntersReturns):
        return platform.enter_return(step, **parcel)
    if row.kind == StepKind.SEND_NEW_GOODS and isinstance(platform, SendsNewGoods):
        return platform.send_new_goods(step, **parcel)
    if row.kind == StepKind.MORE_TIME and isinstance(platform, GivesMoreTime):
        return platform.more_time(step)
    if row.kind == StepKind.STOP_PARCELS and isinstance(platform, StopsParcels):
        return platform.stop_parcels(step, [Parcel(*one) for one in details["parcels"]])
    # The shop has been connected to another platform since.
    return Declined(Why.OTHER, _("The shop's platform does not take this from here."))
