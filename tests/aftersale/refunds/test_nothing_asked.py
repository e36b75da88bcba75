"""Tickets of 0.00, as for gifts: returns are approved and end as closed, without a refund; what
asks for nothing without a return is closed with a note (SPEC O4)."""

import pytest
from django.utils import translation

from aftersale.models import (
    Actor,
    ConnectorKind,
    PlatformStep,
    Refund,
    Ticket,
    TicketStatus,
)
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused, WrongStep
from aftersale.services.tickets import lifecycle
from tests.factories import NOON

from .conftest import audit, make_order, make_shop, make_ticket, make_user, snapshot

pytestmark = pytest.mark.django_db

S = TicketStatus


@pytest.mark.parametrize("paid", [0, 6_000])
@pytest.mark.parametrize("way", [None, S.RETURNING])
def test_a_return_of_nothing_is_approved_and_ends_as_closed(shop, agent, paid, way):
    ticket = make_ticket(make_order(shop, paid), 0, type="return_refund")
    approved = approvals.approve(ticket_id=ticket.pk, user=agent, now=NOON)
    assert (approved.status, approved.committed) == (S.AWAITING_RETURN, 0)
    if way:
        lifecycle.move(Ticket.objects.get(pk=ticket.pk), way, actor=Actor.PLATFORM, now=NOON)
    closed = approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=NOON)
    assert (closed.status, closed.committed) == (S.CLOSED, 0)
    assert not Refund.objects.exists()
    assert audit() == []


def test_a_return_of_nothing_takes_no_other_amount(shop, agent):
    ticket = make_ticket(make_order(shop), 0, type="return_refund")
    before = snapshot(ticket)
    with pytest.raises(Refused, match="at most what was asked for: ¥0.00"):
        approvals.approve(ticket_id=ticket.pk, user=agent, now=NOON, amount=1)
    assert snapshot(ticket) == before
    approvals.approve(ticket_id=ticket.pk, user=agent, now=NOON, amount=0)


@pytest.mark.parametrize("kind", ["refund_only", "refund_keep_goods"])
@pytest.mark.parametrize("status", [S.PENDING_REVIEW, S.NEGOTIATING])
def test_what_asks_for_nothing_without_a_return_is_closed_with_a_note(shop, agent, kind, status):
    ticket = make_ticket(make_order(shop), 0, type=kind, status=status)
    before = snapshot(ticket)
    with pytest.raises(Refused, match="there is nothing to refund"):
        approvals.approve(ticket_id=ticket.pk, user=agent, now=NOON)
    with pytest.raises(Refused, match="Write down"):
        approvals.close(ticket_id=ticket.pk, note=" ", user=agent, now=NOON)
    assert snapshot(ticket) == before
    approvals.close(ticket_id=ticket.pk, note="sent a voucher", user=agent, now=NOON)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.events.get().note) == (S.CLOSED, "sent a voucher")
    assert not Refund.objects.exists()
    assert audit() == []


@pytest.mark.parametrize(
    ("kind", "amount", "status"),
    [
        # Something is asked for: it is approved or rejected.
        ("refund_only", 1, S.PENDING_REVIEW),
        ("refund_only", 1, S.NEGOTIATING),
        # A return is confirmed.
        ("return_refund", 0, S.PENDING_REVIEW),
        ("return_refund", 0, S.AWAITING_RETURN),
        ("return_refund", 1, S.RETURNING),
        ("refund_only", 0, S.REFUNDED),
        ("refund_only", 0, S.ARBITRATION),
        ("exchange", 0, S.PENDING_REVIEW),
        ("exchange", 0, S.AWAITING_RETURN),
    ],
)
def test_nothing_else_is_closed_by_a_person(shop, agent, kind, amount, status):
    ticket = make_ticket(make_order(shop), amount, type=kind, status=status)
    before = snapshot(ticket)
    with pytest.raises(WrongStep):
        approvals.close(ticket_id=ticket.pk, note="done", user=agent, now=NOON)
    assert snapshot(ticket) == before
    assert not ticket.events.exists()


def test_an_exchange_ends_once_new_goods_were_sent(shop, agent):
    ticket = make_ticket(make_order(shop), 0, type="exchange", status=S.RETURNING)
    approvals.close(ticket_id=ticket.pk, note="new one sent", user=agent, now=NOON)
    ticket.refresh_from_db()
    assert ticket.status == S.CLOSED


THERE_TOO = "The platform is not told, and has it open still: close it there too."


@pytest.mark.parametrize(
    ("kind", "amount", "status"),
    [
        ("refund_only", 0, S.PENDING_REVIEW),
        ("refund_keep_goods", 0, S.NEGOTIATING),
        ("exchange", 0, S.RETURNING),
        ("refund_only", 100, S.REFUND_FAILED),
    ],
)
def test_what_is_closed_here_is_left_to_people_on_the_shops_platform(kind, amount, status):
    """No platform has a call that only closes: the event says that it is open there still."""
    shop = make_shop(connector=ConnectorKind.PLATFORM, is_demo=False)
    ticket = make_ticket(make_order(shop), amount, type=kind, status=status)
    approvals.close(ticket_id=ticket.pk, note=" settled ", user=make_user(shop), now=NOON)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.events.get().note) == (S.CLOSED, f"settled · {THERE_TOO}")
    with translation.override("zh-hans"):
        assert ticket.events.get().note == f"settled · {translation.gettext(THERE_TOO)}"
        assert translation.gettext(THERE_TOO) != THERE_TOO
    assert not PlatformStep.objects.exists() and not Refund.objects.exists()


@pytest.mark.parametrize(
    ("connector", "note", "kept"),
    [
        (ConnectorKind.PLATFORM, "", THERE_TOO),
        (ConnectorKind.PLATFORM, "came back", f"came back · {THERE_TOO}"),
        (ConnectorKind.MANUAL, "", ""),
    ],
)
def test_a_return_of_nothing_that_ends_here_is_open_there(connector, note, kept):
    shop = make_shop(connector=connector, is_demo=False)
    ticket = make_ticket(make_order(shop), 0, type="return_refund", status=S.RETURNING)
    approvals.confirm_return(ticket_id=ticket.pk, user=make_user(shop), now=NOON, note=note)
    assert ticket.events.get().note == kept
    assert not PlatformStep.objects.exists()


# SPEC O4's steps of a person that depend on what is asked for: (from, to) -> for whom.
def _steps(kind: str, amount: int) -> set[tuple[str, str]]:
    ticket = Ticket(type=kind, amount=amount)
    found = set()
    for from_status in S:
        ticket.status = from_status
        found |= {
            (from_status.value, to.value)
            for to in (S.CLOSED, S.REFUNDING)
            if lifecycle.may_move(ticket, to, Actor.PERSON)
        }
    return found - {("refund_failed", "closed"), ("refund_failed", "refunding")}


UNDECIDED = {("pending_review", "refunding"), ("negotiating", "refunding")}
CLOSED_UNDECIDED = {("pending_review", "closed"), ("negotiating", "closed")}
CLOSED_GOODS_BACK = {("awaiting_return", "closed"), ("returning", "closed")}
GOODS_BACK = {("awaiting_return", "refunding"), ("returning", "refunding")}


@pytest.mark.parametrize(
    ("kind", "amount", "steps"),
    [
        ("refund_only", 100, UNDECIDED | GOODS_BACK),
        ("return_refund", 100, UNDECIDED | GOODS_BACK),
        (
            "refund_only",
            0,
            UNDECIDED | CLOSED_UNDECIDED | CLOSED_GOODS_BACK,
        ),
        (
            "return_refund",
            0,
            UNDECIDED | CLOSED_GOODS_BACK,
        ),
        ("exchange", 0, UNDECIDED | GOODS_BACK | {("returning", "closed")}),
    ],
)
def test_the_steps_that_depend_on_what_is_asked_for(kind, amount, steps):
    assert _steps(kind, amount) == steps
