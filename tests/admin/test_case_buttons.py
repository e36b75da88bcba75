"""What can be done about a ticket on its own page: as much as on the workbench, by its dialogs."""

import pytest
from django.urls import reverse

from aftersale.models import Ticket
from tests import factories

from .scene import Scene
from .test_scope import client_of, url

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
    ticket = factories.make_ticket(factories.make_order(own.shop))
    Ticket.objects.filter(pk=ticket.pk).update(status=status, awaiting_evaluation=False)
    for role in ("owner", "admin", "cs_manager", "cs_agent"):
        assert offered(own, ticket, role) == dialogs
    assert offered(own, ticket, "viewer") == set()


def test_a_ticket_without_its_order_can_only_wait(own: Scene) -> None:
    ticket = factories.make_ticket(factories.make_order(own.shop))
    Ticket.objects.filter(pk=ticket.pk).update(order=None, awaiting_evaluation=False)
    assert offered(own, ticket, "owner") == set()
