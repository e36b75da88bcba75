"""A program's step and its entry in the audit trail are there together, or neither is (SPEC P6)."""

from typing import Any, NoReturn

import pytest

from aftersale.models import AuditEntry
from tests.admin.digest import digest
from tests.admin.scene import Scene
from tests.undone import undone

from .addresses import addresses
from .program import program


class Died(Exception):
    """In place of a process that is killed between the step and its entry."""


def test_whatever_dies_before_the_entry_has_not_taken_the_step(
    own: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = program(own.shop, own.people["owner"])

    def moved() -> dict[str, str]:
        return {name: figure for name, figure in digest().items() if name != "aftersale_apitoken"}

    def die(*_args: Any, **_named: Any) -> NoReturn:
        raise Died

    monkeypatch.setattr(AuditEntry, "save", die)
    point, died = moved(), set()
    for address in addresses():
        if address.method == "GET":
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
        ("POST", "desk-api:window"),
        ("POST", "desk-api:pause"),
        ("PUT", "desk-api:blocked-buyer"),
        ("POST", "monitoring-api:acknowledge"),
    }
