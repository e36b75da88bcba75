"""The migration after which tickets with an open difference are decided (SPEC E2)."""

import importlib

import pytest
from django.apps import apps

from aftersale.models import Ticket
from tests.factories import make_order, make_shop, make_ticket

pytestmark = pytest.mark.django_db

MIGRATION = importlib.import_module("aftersale.migrations.0029_open_differences_are_decided")


def test_those_under_review_wait_for_a_decision_and_no_other_does() -> None:
    order = make_order(make_shop(), paid_amount=10_000)

    def ticket(*flags: str, **fields: object) -> Ticket:
        return make_ticket(order, flags=list(flags), **{"awaiting_evaluation": False, **fields})

    waits = [ticket("differs"), ticket("order_in_doubt", "likely_loss")]
    others = [
        ticket(),
        ticket("differs", "platform_pays"),
        ticket("order_in_doubt", "line_missing"),
        ticket("differs", status="rejected"),
        ticket("differs"),
    ]
    Ticket.objects.filter(pk=others[-1].pk).update(order=None)
    MIGRATION.evaluate_them(apps, None)
    found = set(Ticket.objects.filter(awaiting_evaluation=True))
    assert (found, len(others)) == (set(waits), Ticket.objects.count() - len(waits))
    MIGRATION.leave_them_alone(apps, None)
    assert not Ticket.objects.filter(awaiting_evaluation=True).exists()
