"""Taking a case into hand and handing it back; who has it open."""

from datetime import timedelta

import pytest

from aftersale.models import CaseVisit, Role, TicketEvent
from aftersale.services.desk import assignment, presence
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from aftersale.services.tickets.cases import seen_now
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db


def test_a_case_is_taken_taken_over_and_handed_back() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop))
    wang, li = (make_user(shop, Role.CS_AGENT, username=name) for name in ("wang", "li"))
    assignment.take(ticket_id=ticket.pk, user=wang, now=NOON)
    assignment.take(ticket_id=ticket.pk, user=wang, now=NOON)  # has it already
    with pytest.raises(Refused, match="not in your hands"):
        assignment.hand_back(ticket_id=ticket.pk, user=li, now=NOON)
    assignment.take(ticket_id=ticket.pk, user=li, now=NOON)
    ticket.refresh_from_db()
    assert ticket.handler == li
    assignment.hand_back(ticket_id=ticket.pk, user=li, now=NOON)
    ticket.refresh_from_db()
    assert ticket.handler is None
    events = TicketEvent.objects.filter(ticket=ticket).order_by("pk")
    assert [(event.user, event.note) for event in events] == [
        (wang, "Taken into hand."),
        (li, "Taken over from wang."),
        (li, "Handed back."),
    ]


def test_two_take_it_and_the_second_is_told() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop))
    wang, li = (make_user(shop, Role.CS_AGENT, username=name) for name in ("wang", "li"))
    seen = seen_now(ticket, ticket.order)
    assignment.take(ticket_id=ticket.pk, user=wang, now=NOON, seen=seen)
    with pytest.raises(Stale, match="wang: Taken into hand"):
        assignment.take(ticket_id=ticket.pk, user=li, now=NOON, seen=seen)
    ticket.refresh_from_db()
    assert (ticket.handler, TicketEvent.objects.count()) == (wang, 1)


def test_only_who_may_handle_tickets_takes_them() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop))
    for user, refusal in (
        (make_user(shop, Role.VIEWER), NotAllowed),
        (make_user(make_shop()), NotFound),
    ):
        for service in (assignment.take, assignment.hand_back):
            with pytest.raises(refusal):
                service(ticket_id=ticket.pk, user=user, now=NOON)
    ticket.refresh_from_db()
    assert ticket.handler is None and not TicketEvent.objects.exists()


def test_what_is_done_is_not_taken() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop), status="refunded", awaiting_evaluation=False)
    with pytest.raises(Refused, match="needs nobody"):
        assignment.take(ticket_id=ticket.pk, user=make_user(shop), now=NOON)
    assert not TicketEvent.objects.exists()


def test_colleagues_are_seen_for_45_seconds_on_the_case_they_have_open() -> None:
    shop = make_shop()
    ticket, other = make_ticket(make_order(shop)), make_ticket(make_order(shop))
    wang, li = make_user(shop), make_user(shop)
    presence.visit(ticket=ticket, user=wang, now=NOON)
    assert presence.others(ticket=ticket, user=wang, now=NOON) == []
    assert presence.others(ticket=ticket, user=li, now=NOON + timedelta(seconds=44)) == [wang]
    assert presence.others(ticket=ticket, user=li, now=NOON + timedelta(seconds=45)) == []
    presence.visit(ticket=other, user=wang, now=NOON)
    assert presence.others(ticket=ticket, user=li, now=NOON) == []
    assert CaseVisit.objects.count() == 1
