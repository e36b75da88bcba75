"""Messages of people to a shop's platform beside a ticket's own course: notes and flags on the
order, the buyer's return parcel entered for the buyer, new goods of an exchange, more time to
receive a return, parcels to be stopped on their way; and the choice of a return address. Each is
offered where the platform takes it (SPEC P3), recorded with who and when, and sent by the outbox of
steps; the platform's answer is shown beside the case.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.identifiers import clean_identifier, is_visible
from aftersale.domain.multilingual import said as _
from aftersale.domain.platform_facts import VALUES
from aftersale.models import (
    OPEN_STATES,
    Actor,
    OrderStatus,
    PlatformStep,
    Shop,
    StepKind,
    StepState,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketStatus,
    TicketType,
)
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.desk_steps import (
    HasReturnAddresses,
    NoteRules,
    Parcel,
    ReturnAddress,
    StopsParcels,
)
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotCarriedOut
from aftersale.services.outbox import platform_steps
from aftersale.services.shared.errors import NotOffered, Refused
from aftersale.services.tickets.cases import Case, find_case, lock_case

log = structlog.get_logger(__name__)

# Seen carriers that are suggested, out of so many of the shop's latest parcels.
MOST_CARRIERS, LOOKED_AT = 12, 200
LONGEST = 64


def possible(ticket: Ticket) -> set[str]:
    """Names of the steps that may be taken on the ticket as it stands."""
    can = registry.can(ticket.shop)
    found: set[str] = set()
    if ticket.order is None:
        return found
    if Can.NOTE in can:
        found.add("note")
    if Can.ENTER_RETURN in can and ticket.status == TicketStatus.AWAITING_RETURN:
        found.add("enter_return")
    exchange = ticket.type == TicketType.EXCHANGE and ticket.status == TicketStatus.RETURNING
    if Can.MORE_TIME in can and ticket.status == TicketStatus.RETURNING:
        found.add("more_time")
    is_sent = ticket.order.status in (OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED)
    undecided = ticket.status in (TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING)
    if Can.STOP_PARCELS in can and is_sent and undecided and ticket.type != TicketType.EXCHANGE:
        found.add("stop_parcels")
    if Can.SEND_NEW_GOODS in can and exchange and not _is_told(ticket, StepKind.SEND_NEW_GOODS):
        found.add("send_new_goods")
    return found


def note_rules(ticket: Ticket) -> NoteRules | None:
    """The limits of a note on the shop's platform; None where it takes none."""
    if Can.NOTE not in registry.can(ticket.shop):
        return None
    rules: NoteRules = registry.class_of(ticket.shop.platform).notes
    return rules


def write_note(*, ticket_id: int, text: str, flag: str, user: User, now: datetime) -> Ticket:
    """A seller's note on the ticket's order, with a flag or without."""
    text = text.replace("\r\n", "\n").strip()
    ticket = find_case(ticket_id=ticket_id, user=user)
    rules = note_rules(ticket)
    if rules is None or "note" not in possible(ticket):
        raise NotOffered(_("The shop's platform takes no notes from here."))
    if not is_visible(text):
        raise Refused(_("Write what the note says."), pointer="text")
    if len(text) > rules.longest:
        raise Refused(
            _("At most %d characters: the platform takes no more.") % rules.longest, pointer="text"
        )
    if flag and flag not in rules.flags:
        raise Refused(_("Choose a flag of the list."), pointer="flag")
    colour = VALUES["seller_flag"].get(flag, "")
    said = _("Note on the order: %s") % text
    if flag:
        said = _("Note on the order, flag %(flag)s: %(text)s") % {"flag": colour, "text": text}
    with transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now)
        _tell(case, StepKind.NOTE, {"text": text, "flag": flag}, said, user, now)
        return case.ticket


def enter_return(
    *,
    ticket_id: int,
    carrier: str,
    tracking_no: str,
    user: User,
    now: datetime,
    seen: str | None = None,
) -> Ticket:
    """The buyer's parcel, for a buyer who can't enter it there."""
    return _parcel(
        StepKind.ENTER_RETURN,
        _("Return parcel entered for the buyer: %(carrier)s %(number)s"),
        ticket_id=ticket_id,
        carrier=carrier,
        tracking_no=tracking_no,
        user=user,
        now=now,
        seen=seen,
    )


def send_new_goods(
    *,
    ticket_id: int,
    carrier: str,
    tracking_no: str,
    user: User,
    now: datetime,
    seen: str | None = None,
) -> Ticket:
    """The goods of an exchange are back, and the new ones on their way."""
    return _parcel(
        StepKind.SEND_NEW_GOODS,
        _("New goods sent: %(carrier)s %(number)s"),
        ticket_id=ticket_id,
        carrier=carrier,
        tracking_no=tracking_no,
        user=user,
        now=now,
        seen=seen,
    )


def more_time(*, ticket_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """More time to receive the goods of a return, by as much as the platform gives."""
    with transaction.atomic():
        case = _lock_for(StepKind.MORE_TIME, ticket_id=ticket_id, user=user, now=now, seen=seen)
        _tell(case, StepKind.MORE_TIME, {}, _("More time to receive the goods"), user, now)
        return case.ticket


def parcels(ticket: Ticket) -> Sequence[Parcel]:
    """The parcels on their way to the buyer, as the platform knows them; none where it can't say
    so now. Not within a transaction."""
    if Can.STOP_PARCELS not in registry.can(ticket.shop):
        return ()
    try:
        platform = registry.platform_of(ticket.shop)
        return platform.parcels(ticket.ticket_no) if isinstance(platform, StopsParcels) else ()
    except (NotCarriedOut, TimedOut) as error:
        log.warning("parcels_unread", ticket=ticket.pk, error=type(error).__name__)
        return ()


def stop_parcels(
    *, ticket_id: int, numbers: Sequence[str], user: User, now: datetime, seen: str | None = None
) -> Ticket:
    """Asks the carriers, through the platform, to bring the parcels with these numbers back."""
    known = {one.tracking_no: one for one in parcels(find_case(ticket_id=ticket_id, user=user))}
    chosen = [known[number] for number in numbers if number in known]
    if not chosen or len(chosen) < len(numbers):
        raise Refused(_("Choose among the parcels that the platform knows."), pointer="parcels")
    with transaction.atomic():
        case = _lock_for(StepKind.STOP_PARCELS, ticket_id=ticket_id, user=user, now=now, seen=seen)
        shown = ", ".join(f"{one.carrier} {one.tracking_no}" for one in chosen)
        _tell(
            case,
            StepKind.STOP_PARCELS,
            {"parcels": [[one.carrier, one.tracking_no] for one in chosen], "text": shown},
            _("To be stopped on its way: %s") % shown,
            user,
            now,
        )
        return case.ticket


def carriers(ticket: Ticket) -> list[str]:
    """Carriers of the shop's latest return parcels, as the platform has them."""
    latest = Ticket.objects.filter(shop=ticket.shop_id).exclude(return_carrier="")
    seen = latest.order_by("-pk").values_list("return_carrier", flat=True)[:LOOKED_AT]
    return list(dict.fromkeys(seen))[:MOST_CARRIERS]


def return_addresses(ticket: Ticket) -> Sequence[ReturnAddress]:
    """The addresses to choose from; none where the platform takes none or can't say so now: it
    takes its default then. Not within a transaction."""
    return addresses_of(ticket.shop)


def addresses_of(shop: Shop) -> Sequence[ReturnAddress]:
    if Can.RETURN_ADDRESS not in registry.can(shop):
        return ()
    try:
        platform = registry.platform_of(shop)
        return platform.return_addresses() if isinstance(platform, HasReturnAddresses) else ()
    except (NotCarriedOut, TimedOut) as error:
        log.warning("return_addresses_unread", shop=shop.pk, error=type(error).__name__)
        return ()


def chosen_address(ticket: Ticket, number: str) -> dict[str, str]:
    """The chosen return address, as the step of an approved return keeps it; empty: the default.
    Not within a transaction."""
    if not number:
        return {}
    for one in return_addresses(ticket):
        if one.number == number:
            return {"address": one.number, "address_in_words": one.words}
    raise Refused(
        _("The platform has no such return address now. Choose another."), pointer="return_address"
    )


def _parcel(
    kind: StepKind,
    said: str,
    *,
    ticket_id: int,
    carrier: str,
    tracking_no: str,
    user: User,
    now: datetime,
    seen: str | None,
) -> Ticket:
    carrier, tracking_no = clean_identifier(carrier), clean_identifier(tracking_no)
    for value, pointer in ((carrier, "carrier"), (tracking_no, "tracking_no")):
        if not value:
            raise Refused(_("Carrier and parcel number are needed."), pointer=pointer)
        if len(value) > LONGEST:
            raise Refused(_("At most %d characters.") % LONGEST, pointer=pointer)
    with transaction.atomic():
        case = _lock_for(kind, ticket_id=ticket_id, user=user, now=now, seen=seen)
        note = said % {"carrier": carrier, "number": tracking_no}
        _tell(case, kind, {"carrier": carrier, "tracking_no": tracking_no}, note, user, now)
        return case.ticket


def _lock_for(
    kind: StepKind, *, ticket_id: int, user: User, now: datetime, seen: str | None
) -> Case:
    case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
    case.ticket.order = case.order
    if kind.value not in possible(case.ticket):
        raise NotOffered(_("This can't be told to the platform for the ticket as it stands."))
    if platform_steps.open_of(case.ticket.pk).filter(kind=kind).exists():
        raise Refused(_("The same is on its way to the platform already."))
    return case


def _tell(
    case: Case, kind: StepKind, details: Mapping[str, Any], said: str, user: User, now: datetime
) -> None:
    TicketEvent.objects.create(
        ticket=case.ticket,
        at=now,
        kind=TicketEventKind.NOTE,
        actor=Actor.PERSON,
        user=user,
        note=said,
    )
    platform_steps.tell_beside(
        order=case.order, ticket=case.ticket, kind=kind, details=details, user=user, now=now
    )


def _is_told(ticket: Ticket, kind: StepKind) -> bool:
    """On its way to the platform, or taken there."""
    states = [*OPEN_STATES, StepState.ACCEPTED]
    return PlatformStep.objects.filter(ticket=ticket, kind=kind, state__in=states).exists()
