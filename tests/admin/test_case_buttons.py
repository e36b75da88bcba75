"""The buttons of a ticket's own page: the same steps as on the workbench, by its dialogs."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from aftersale.admin.workbench.case import steps
from aftersale.models import Ticket, TicketStatus, TicketType
from aftersale.reject_reasons import fitting
from aftersale.services.desk import replies
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused
from tests import factories

from .clients import client_of, url
from .scene import AT, Scene

DIALOGS = ("approve", "confirm-return", "retry", "negotiate", "reject")


def offered(scene: Scene, ticket: Ticket, role: str) -> set[str]:
    page = client_of(scene.people[role]).get(url(Ticket, "change", ticket.pk)).content.decode()
    return {name for name in DIALOGS if reverse(f"desk:{name}", args=[ticket.pk]) in page}


@pytest.mark.parametrize(
    ("status", "dialogs"),
    [
        ("pending_review", {"approve", "negotiate", "reject"}),
        ("returning", {"confirm-return", "reject"}),
        ("refund_failed", {"retry"}),
        ("refunded", set()),
    ],
)
def test_dialogs_are_those_of_the_state_and_of_the_role(own: Scene, status, dialogs) -> None:
    order = factories.make_order(own.shop, status="shipped")
    ticket = factories.make_ticket(
        order, type="return_refund", status=status, awaiting_evaluation=False
    )
    for role in ("owner", "admin", "cs_manager", "cs_agent"):
        assert offered(own, ticket, role) == dialogs
    assert offered(own, ticket, "viewer") == set()


def test_a_ticket_without_its_order_can_only_wait(own: Scene) -> None:
    ticket = factories.make_ticket(factories.make_order(own.shop))
    Ticket.objects.filter(pk=ticket.pk).update(order=None, awaiting_evaluation=False)
    assert offered(own, ticket, "owner") == set()


def taken(ticket: Ticket, user: User) -> set[str]:
    """The steps that their services take; nothing of them stays."""
    codes = [reason.code for reason in fitting(ticket)]
    who = {"ticket_id": ticket.pk, "user": user, "now": AT}
    calls: dict[str, Callable[[], Any]] = {
        "approve": lambda: approvals.approve(**who),
        "confirm_return": lambda: approvals.confirm_return(**who),
        "retry": lambda: approvals.retry(**who),
        "close": lambda: approvals.close(**who, note="settled"),
        "negotiate": lambda: replies.negotiate(**who, message="?"),
        "reject": lambda: replies.reject(**who, reason=(*codes, "none")[0]),
    }
    found = set()
    for name, call in calls.items():
        with transaction.atomic():
            try:
                call()
            except Refused as refused:
                # Another reason, or a picture, would do.
                wrong = refused.pointer in ("reason", "evidence")
                found |= {name} if name == "reject" and codes and wrong else set()
            else:
                found.add(name)
            transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("amount", [0, 5_000])
def test_a_dialog_is_offered_where_its_service_takes_the_step(own: Scene, amount: int) -> None:
    """SPEC O4: neither a dialog that ends in a refusal, nor a step that nobody is shown."""
    order = factories.make_order(own.shop, status="shipped")
    ticket = factories.make_ticket(order, amount=amount, awaiting_evaluation=False)
    for status, type in product(TicketStatus.values, TicketType.values):
        Ticket.objects.filter(pk=ticket.pk).update(status=status, type=type)
        now = Ticket.objects.select_related("order", "shop").get(pk=ticket.pk)
        agent = own.people["cs_agent"]
        assert steps(now, agent, now=AT) - {"take"} == taken(now, agent), (status, type)
