"""REPLICA_URL: what a replica answers, and that it says nothing of money or of who sees what."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Membership, Role, Ticket
from aftersale.services.outgoing import pay_refunds
from config import replica
from strategies.models import TrialRun, TrialStatus
from strategies.services import trials
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.clients import client_of
from tests.factories import make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db


class Asked:
    """Stands for the replica: the test's own connection, with a note of each statement."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.times = connection, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def cursor(self, *given: Any, **named: Any) -> Any:
        self.times += 1
        return self.connection.cursor(*given, **named)

    def chunked_cursor(self) -> Any:
        self.times += 1
        return self.connection.chunked_cursor()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    own = Asked(connections["default"])
    monkeypatch.setattr(replica, "alias", lambda: replica.ALIAS)
    monkeypatch.setitem(connections.settings, replica.ALIAS, connections.settings["default"])
    connections[replica.ALIAS] = own  # type: ignore[assignment]
    yield own
    del connections[replica.ALIAS]


def test_exports(asked: Asked) -> None:
    """The rows come from the replica; whose rows, the primary says."""
    shop, other = make_shop(), make_shop()
    mine = make_ticket(make_order(shop))
    make_ticket(make_order(other))
    agent = make_user(shop, Role.CS_AGENT)
    client, address = client_of(agent), reverse("desk:list-export", args=["tickets", "csv"])
    lines = client.get(address).getvalue().decode().splitlines()
    assert (len(lines), asked.times) == (2, 1)
    assert mine.ticket_no in lines[1]
    decisions = reverse("automation:decisions-export", args=["csv"])
    assert len(client.get(decisions).getvalue().decode().splitlines()) == 1
    assert asked.times == 2
    # Somebody who was taken out a moment ago, which a replica may not know yet.
    Membership.objects.filter(user=agent).update(role=Role.VIEWER)
    assert client.get(address).status_code == 403
    assert asked.times == 2


def test_the_overviews_periods(asked: Asked) -> None:
    shop = make_shop()
    make_ticket(make_order(shop), awaiting_evaluation=False)
    client = client_of(make_user(shop, Role.VIEWER))
    assert client.get("/admin/").status_code == 200
    assert asked.times > 1


def test_trial_runs(asked: Asked, wakes_at_once: None) -> None:
    shop = make_shop()
    make_strategy(shop, single_amount_cap="50.00")
    make_ticket(make_order(shop, paid_amount=100))
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    assert asked.times == 0
    today = timezone.localdate()
    trial = trials.begin(
        shop_id=shop.pk, kind="pause", title="pause", proposed=None,
        first=today - timedelta(days=2), last=today + timedelta(days=1),
        user=make_user(shop), now=timezone.now(),
    )  # fmt: skip
    assert asked.times == 0
    trials.run(trial.pk, clock=timezone.now)
    assert asked.times > 0
    done = TrialRun.objects.get(pk=trial.pk)
    assert (done.status, done.total, done.error) == (TrialStatus.DONE, 1, "")


def test_nothing_that_decides_or_pays(asked: Asked) -> None:
    shop = make_shop(connector="sandbox", is_demo=True)
    make_strategy(shop, single_amount_cap="50.00")
    make_ticket(make_order(shop, paid_amount=100))
    decide_shop(shop.pk, tally=Tally(), seconds=5)
    pay_refunds.run(clock=timezone.now)
    assert Ticket.objects.get().status == "refunded"
    assert asked.times == 0
