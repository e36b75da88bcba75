"""A program's step and its entry in the audit trail are there together, or neither is (SPEC P6)."""

from typing import Any, NoReturn

import pytest

from aftersale.models import AuditEntry, Order, Refund, RefundAttempt, Ticket
from tests.admin.digest import digest
from tests.admin.scene import Scene, make
from tests.undone import undone

from .addresses import addresses
from .program import program


class Died(Exception):
    """In place of a process that is killed between the step and its entry."""


@pytest.mark.django_db
def test_whatever_dies_before_the_entry_has_not_taken_the_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own: Scene = make("mine", "owner")
    caller = program(own.shop, own.people["owner"])

    def moved() -> dict[str, str]:
        return {name: figure for name, figure in digest().items() if name != "aftersale_apitoken"}

    def die(*_args: Any, **_named: Any) -> NoReturn:
        raise Died

    monkeypatch.setattr(AuditEntry, "save", die)
    died = set()
    for approving in (False, True):
        if approving:
            RefundAttempt.objects.all().delete()
            Refund.objects.all().delete()
            Ticket.objects.update(status="pending_review", committed=0)
            Order.objects.update(committed=0)
        point = moved()
        for address in addresses():
            if address.method == "GET" or approving != ("approve" in address.name):
                continue
            with undone():
                try:
                    caller.call(address.method, address.of(own), address.body)
                except Died:
                    died.add((address.method, address.name))
                    assert moved() == point, address
    assert died >= {
        ("POST", "desk-api:approve"),
        ("POST", "desk-api:approve-tickets"),
        ("POST", "desk-api:refund-result"),
        ("POST", "desk-api:pause"),
        ("DELETE", "desk-api:blocked-buyer"),
        ("POST", "monitoring-api:acknowledge"),
    }
