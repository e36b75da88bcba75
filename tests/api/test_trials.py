"""`/strategies/trial`: a change tried on the past, watched and read (SPEC M3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import Membership, Shop, Ticket
from strategies.models import Strategy, TrialRun
from strategies.services import trials
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

from .program import Program, program

NEW = {"scenario": "pre_ship_refund", "name": "small", "single_amount_cap": "200.00"}


def days() -> dict[str, str]:
    """Decisions carry the database's moment."""
    today = datetime.now().astimezone().date()
    return {
        "first": (today - timedelta(days=1)).isoformat(),
        "last": (today + timedelta(days=1)).isoformat(),
    }


def evaluated(shop: Shop, *amounts: int) -> None:
    for number, amount in enumerate(amounts, start=1):
        order = make_order(shop, paid_amount=amount, buyer=f"b{number}")
        make_ticket(order, ticket_no=f"AS{number}")
    decide_shop(shop.pk, tally=Tally())


def ran(erp: Program, **given: Any) -> Any:
    """The trial run's result, read from `address`."""
    status, begun, _response = erp.post("/strategies/trial", {**days(), **given})
    assert (status, begun["status"], begun["result"]) == (202, "queued", None)
    trials.run(begun["id"], clock=lambda: NOON)
    assert begun["address"] == f"http://testserver/api/v1/strategies/trials/{begun['id']}"
    done = erp.get(f"/strategies/trials/{begun['id']}").content
    assert (done["status"], done["evaluations"], done["replayed"]) == ("done", 3, 3)
    return done


def changes(done: Any, against: str = "present") -> list[tuple[int, str]]:
    found = done["result"][f"against_{against}"]
    return [(found[name]["tickets"], found[name]["amount"]) for name in ("gained", "lost")]


def test_a_new_strategy(erp: Program, shop: Shop, owner: User) -> None:
    """It is taken as enabled, and nothing of it stays."""
    evaluated(shop, 10_000, 15_000, 30_000)
    Ticket.objects.filter(ticket_no="AS1").update(flags=["likely_loss"])
    done = ran(erp, kind="strategy", strategy=NEW)
    assert not Strategy.objects.exists()
    assert (done["kind"], done["title"], done["created_by"]) == (
        "strategy",
        "small",
        owner.username,
    )
    assert {key: done[key] for key in ("first", "last", "estimated")} == {**days(), "estimated": 0}
    result = done["result"]
    (part,) = result["against_present"]["gained"]["parts"]
    small = part["by"]
    assert small == {
        "source": "strategy", "strategy_id": small["strategy_id"], "strategy": "small",
    }  # fmt: skip
    assert result["against_present"] == result["against_real"]
    assert result["against_present"]["gained"] == {
        "tickets": 2,
        "amount": "250.00",
        "buyers": 2,
        "likely_losses": 1,
        "likely_loss_amount": "100.00",
        "arbitrations": 0,
        "parts": [{"by": small, "tickets": 2, "amount": "250.00"}],
    }
    assert result["real"] == []
    assert result["present"] == {
        "hits": 0, "amount": "0.00", "days": [], "hours": [], "breakers": [],
    }  # fmt: skip
    (hour,) = result["proposed"]["hours"]
    assert (hour["hits"], hour["amount"]) == (2, "250.00")
    tickets = f"/strategies/trials/{done['id']}/tickets?hour="
    assert len(erp.get(f"{tickets}{hour['hour']}").content["results"]) == 2
    assert erp.get(f"{tickets}{(hour['hour'] + 1) % 24}").content["results"] == []
    (day,) = result["proposed"]["days"]
    assert (day["by"], day["hits"], day["amount"], day["daily_cap"]) == (
        small,
        2,
        "250.00",
        "50000.00",
    )


def test_its_tickets_by_cursor(erp: Program, shop: Shop) -> None:
    evaluated(shop, 10_000, 15_000, 30_000)
    Ticket.objects.filter(ticket_no="AS1").update(status="arbitration")
    done = ran(erp, kind="strategy", strategy=NEW)
    (part,) = done["result"]["against_present"]["gained"]["parts"]
    address = f"/strategies/trials/{done['id']}/tickets"
    found, following = [], f"{address}?page_size=1"
    while following:
        page = erp.get(following).content
        found += page["results"]
        following = (page["next"] or "").removeprefix("http://testserver/api/v1")
    assert [row["ticket_no"] for row in found] == ["AS2", "AS1"]
    assert {key: value for key, value in found[1].items() if key not in ("decision_id", "at")} == {
        "ticket_no": "AS1",
        "amount": "100.00",
        "buyer": "b1",
        "status": "arbitration",
        "likely_loss": False,
        "arbitration": True,
        "real": None,
        "present": None,
        "proposed": part["by"],
    }
    expected = {
        "change=lost": [],
        "against=real": ["AS2", "AS1"],
        "only=arbitration": ["AS1"],
        "only=likely_loss": [],
        f"strategy={part['by']['strategy_id']}": ["AS2", "AS1"],
        "strategy=1": [],
        f"day={done['result']['proposed']['days'][0]['day']}": ["AS2", "AS1"],
        "day=2020-01-01": [],
    }
    for query, numbers in expected.items():
        rows = erp.get(f"{address}?{query}").content["results"]
        assert [row["ticket_no"] for row in rows] == numbers, query
    for query in ("cursor=x", "cursor=-1", "day=2026-02-30", "day=x", "only=x", "other=1"):
        assert erp.get(f"{address}?{query}").status == 422, query


def test_a_changed_one_a_switch_an_order_a_pause_and_nothing(erp: Program, shop: Shop) -> None:
    big = make_strategy(shop, name="big", single_amount_cap="400.00")
    small = make_strategy(shop, name="small", single_amount_cap="200.00", daily_cap="250.00")
    evaluated(shop, 10_000, 15_000, 30_000)
    before = erp.get("/strategies").content
    lowered = ran(erp, kind="strategy", id=big.pk, strategy={"single_amount_cap": "120.00"})
    assert changes(lowered) == [(0, "0.00"), (1, "300.00")]
    off = ran(erp, kind="switch", id=big.pk)
    assert changes(off) == [(0, "0.00"), (1, "300.00")]
    ids = [small.pk, big.pk]
    other = ran(erp, kind="priorities", scenario="pre_ship_refund", ids=ids)
    assert (changes(other), other["title"]) == ([(0, "0.00")] * 2, "pre_ship_refund")
    assert {
        day["by"]["strategy"]: day["amount"] for day in other["result"]["proposed"]["days"]
    } == {"small": "250.00", "big": "300.00"}
    paused = ran(erp, kind="pause")
    assert changes(paused) == [(0, "0.00"), (3, "550.00")]
    present = ran(erp, kind="present")
    assert changes(present) == changes(present, "real") == [(0, "0.00")] * 2
    assert present["result"]["real"] == [
        {
            "by": {"source": "strategy", "strategy_id": big.pk, "strategy": "big"},
            "hits": 3,
            "amount": "550.00",
        }
    ]
    assert erp.get("/strategies").content == before


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"kind": "x"}, "#/kind"),
        ({"kind": "strategy"}, "#/strategy"),
        ({"kind": "switch"}, "#/id"),
        ({"kind": "priorities", "scenario": "pre_ship_refund"}, "#/ids"),
        ({"kind": "priorities", "ids": []}, "#/scenario"),
        ({"kind": "pause", "first": "2026-02-30"}, "#/first"),
        ({"kind": "pause", "first": "0001-01-01", "last": "0001-01-02"}, "#/first"),
        ({"kind": "pause", "first": "9999-12-31", "last": "9999-12-31"}, "#/first"),
        ({"kind": "pause", "last": "2020-01-01"}, "#/first"),
        ({"kind": "pause", "first": "2020-01-01"}, "#/first"),
        ({"kind": "strategy", "strategy": {**NEW, "name": "taken"}}, "#/strategy/name"),
        ({"kind": "strategy", "strategy": {**NEW, "shop": "x"}}, "#/strategy/shop"),
        (
            {"kind": "strategy", "strategy": {**NEW, "windows": [["1", "2"]]}},
            "#/strategy/windows/0/0",
        ),
        (
            {"kind": "strategy", "strategy": {**NEW, "execution_time": "off_hours"}},
            "#/strategy/execution_time",
        ),
        ({"kind": "strategy", "strategy": {"name": "a"}}, "#/strategy/scenario"),
        ({"kind": "pause", "other": 1}, "#/other"),
    ],
)
def test_what_is_refused(erp: Program, shop: Shop, given: dict[str, Any], pointer: str) -> None:
    make_strategy(shop, name="taken")
    status, content, _response = erp.post("/strategies/trial", {**days(), **given})
    assert (status, content["errors"][0]["pointer"]) == (422, pointer)
    assert not TrialRun.objects.exists()


def test_other_refusals(erp: Program, shop: Shop) -> None:
    """Another order must name each strategy once; at most three are under way."""
    make_strategy(shop)
    wrong = {**days(), "kind": "priorities", "scenario": "pre_ship_refund", "ids": [1]}
    assert erp.post("/strategies/trial", wrong).status == 422
    pause = {**days(), "kind": "pause"}
    for key in ("a", "b", "c", "c"):
        assert erp.post("/strategies/trial", pause, key=key).status == 202
    assert erp.post("/strategies/trial", pause).status == 422
    assert TrialRun.objects.count() == 3


def test_cancelled(erp: Program, shop: Shop) -> None:
    begun = erp.post("/strategies/trial", {**days(), "kind": "pause"}).content
    address = f"/strategies/trials/{begun['id']}"
    assert erp.get(f"{address}/tickets").status == 404
    cancelled = erp.post(f"{address}/cancel", key="k")
    assert (cancelled.status, cancelled.content["status"]) == (200, "cancelled")
    assert erp.post(f"{address}/cancel").content == cancelled.content
    trials.run(begun["id"], clock=lambda: NOON)
    assert erp.get(address).content == cancelled.content


def test_who_may(erp: Program, shop: Shop, owner: User) -> None:
    """SPEC P1."""
    strategy = make_strategy(shop)
    pause = {**days(), "kind": "pause"}
    begun = erp.post("/strategies/trial", pause).content
    address = f"/strategies/trials/{begun['id']}"
    reader, writer = program(shop, owner, "read"), program(shop, owner, "strategies")
    for path in ("/strategies/trial", f"{address}/cancel"):
        assert Program("").post(path, pause).status == 401
        assert reader.post(path, pause).status == 403
    for path in (address, f"{address}/tickets"):
        assert Program("").get(path).status == 401
        assert writer.get(path).status == 403
    elsewhere = make_shop()
    Membership.objects.create(shop=elsewhere, user=owner, role="owner")
    for other in (program(elsewhere, owner), program(elsewhere, make_user(elsewhere))):
        assert other.get(address).status == other.post(f"{address}/cancel").status == 404
        assert other.get(f"{address}/tickets").status == 404
        for kind in ({"kind": "switch"}, {"kind": "strategy", "strategy": {"remark": "x"}}):
            sent = {**days(), **kind, "id": strategy.pk}
            assert other.post("/strategies/trial", sent).status == 404
    Membership.objects.filter(user=owner, shop=shop).update(role="cs_manager")
    assert erp.post("/strategies/trial", pause).status == 403
    assert erp.post(f"{address}/cancel").status == 403
    assert erp.get(address).content["status"] == "queued"
    assert TrialRun.objects.count() == 1
