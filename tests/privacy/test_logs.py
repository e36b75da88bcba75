"""Log lines hold nothing of a buyer, whichever part wrote them (SPEC P7)."""

import io
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from logging.config import DictConfigurator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DataError
from django.urls import reverse

from aftersale.models import Role, Shop, Ticket
from aftersale.services.exports import bring, run
from aftersale.services.privacy.erase import erase
from aftersale.services.privacy.give_out import give_out
from aftersale.services.privacy.retention import erase_old
from config.logs import logging_config
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.clients import english_client
from tests.aftersale.ingest.record_factories import NOON, order, ticket
from tests.aftersale.pictures import picture
from tests.api.program import program
from tests.factories import make_shop, make_strategy, make_user
from tests.platforms.double import Clock, offered
from tests.syncing.conftest import Connected, first_look

from .scene import BUYER, FILE, NOTE, PICTURE

__all__ = ["first_look", "offered"]
pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=6)
MARKS = (BUYER, NOTE, PICTURE, FILE)


class Lines:
    """The log as in production, and as chatty as it gets."""

    def __init__(self, kept: StringIO) -> None:
        self.kept = kept

    def hold_nothing(self) -> None:
        found = [mark for mark in MARKS if mark in self.kept.getvalue()]
        assert not found, self.kept.getvalue()[-4_000:]


@pytest.fixture
def log() -> Iterator[Lines]:
    made = DictConfigurator(logging_config(json=True))
    handler = logging.StreamHandler(kept := StringIO())
    handler.setFormatter(made.configure_formatter(made.config["formatters"]["plain"]))
    root = logging.getLogger()
    root.addHandler(handler)
    yield Lines(kept)
    root.removeHandler(handler)


@pytest.fixture
def shop() -> Shop:
    shop = make_shop(code="s1", platform="kuaishou")
    make_strategy(shop)
    return shop


def sent() -> tuple[dict[str, Any], dict[str, Any]]:
    """An order and a ticket, as a program sends them."""
    records = order(buyer=BUYER), ticket(note=NOTE, evidence=[PICTURE], amount="10")
    for record in records:
        del record["kind"], record["shop"]
    return records


# As PostgreSQL and Python say it: with the value.
ERRORS = (
    DataError(f'invalid input syntax: "{NOTE}"\nDETAIL:  Failing row contains ({BUYER}).'),
    ValueError(f"could not read {NOTE}"),
    KeyError(BUYER),
)


def failing(error: Exception) -> Callable[..., Any]:
    def fail(*_args: Any, **_options: Any) -> Any:
        raise error

    return fail


def test_programs(shop: Shop, log: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = program(shop, make_user(shop))
    bought, asked = sent()
    assert caller.post("/orders", [bought, bought | {"status": BUYER}]).status == 200
    wrong = asked | {"amount": NOTE, "ticket_no": "T2"}
    assert caller.post("/tickets", [asked, wrong]).status == 200
    assert caller.get(f"/orders?buyer={BUYER}").status == 200
    assert caller.call("PUT", f"/blocked-buyers/{BUYER}", {"note": NOTE}).status == 201
    caller.client.raise_request_exception = False
    for error in ERRORS:
        with monkeypatch.context() as patch:
            patch.setattr("aftersale.api.orders.order_rows", failing(error))
            caller.get(f"/orders?buyer={BUYER}")
    log.hold_nothing()
    assert "Internal Server Error" in log.kept.getvalue()


def test_pages(shop: Shop, log: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = program(shop, make_user(shop))
    bought, asked = sent()
    caller.post("/orders", bought)
    caller.post("/tickets", asked)
    client = english_client(make_user(shop, Role.CS_AGENT))
    client.raise_request_exception = False
    one = Ticket.objects.get()
    for page in (
        reverse("desk:workbench") + f"?q={BUYER}",
        reverse("desk:case", args=[one.pk]),
        reverse("admin:aftersale_order_changelist") + f"?q={BUYER}",
        f"/admin/nothing/{BUYER}/",
    ):
        client.get(page)
    upload = picture(f"{FILE}.png")
    client.post(
        reverse("desk:reject", args=[one.pk]),
        {"reason": "reason_mismatch", "explanation": f"{BUYER} {NOTE}", "evidence": upload},
    )
    for error in ERRORS:
        with monkeypatch.context() as patch:
            patch.setattr("aftersale.services.shops.buyers.history", failing(error))
            assert client.get(reverse("desk:case", args=[one.pk])).status_code == 500
    log.hold_nothing()
    assert "Internal Server Error" in log.kept.getvalue()


def test_files(shop: Shop, log: Lines, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    lines = tmp_path / "records.ndjson"
    lines.write_text(f'{{"kind": "order", "shop": "s1", "buyer": "{BUYER}", "note": "{NOTE}"}}\n')
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("ingest", str(lines), stdout=said, stderr=said)
    assert BUYER not in said.getvalue() and NOTE not in said.getvalue()
    content = f"订单号,买家会员名\nO1,{BUYER}\n".encode()
    brought = bring.bring(
        shop=shop, files=[(f"{FILE}.csv", io.BytesIO(content))], user=make_user(shop), now=LATER
    )
    monkeypatch.setattr("aftersale.services.exports.run.stage", failing(ERRORS[0]))
    run.work(brought.pk, clock=lambda: LATER)
    log.hold_nothing()


def test_connectors(log: Lines, offered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Connected(Clock(NOON))
    shop.order("O1", ago=5, buyer=BUYER)
    shop.ticket("T1", ago=3, order_no="O1", note=NOTE, evidence=[PICTURE])
    shop.read()
    assert Ticket.objects.get().note == NOTE
    shop.order("O2", ago=1, buyer=BUYER)
    for error in ERRORS:
        with monkeypatch.context() as patch:
            patch.setattr("aftersale.services.syncing.saving.save_orders", failing(error))
            shop.read_later(minutes=1)
    log.hold_nothing()


@pytest.mark.parametrize("step", ["decide", "erase", "give out", "old"])
def test_the_rest(shop: Shop, log: Lines, step: str) -> None:
    caller = program(shop, owner := make_user(shop))
    bought, asked = sent()
    caller.post("/orders", bought)
    caller.post("/tickets", asked)
    who = {"shop_id": shop.pk, "buyer": BUYER, "user": owner, "now": LATER}
    steps: dict[str, Callable[[], Any]] = {
        "decide": lambda: decide_shop(shop.pk, tally=Tally()),
        "erase": lambda: erase(**who),
        "give out": lambda: give_out(**who),
        "old": lambda: erase_old(now=NOON + timedelta(days=1_000), enough=lambda: False),
    }
    steps[step]()
    log.hold_nothing()
