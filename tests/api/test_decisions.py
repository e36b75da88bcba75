"""`/decisions` and `/reject-reasons` (SPEC M1, E8, O8, P2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import Shop
from aftersale.services.desk import reject_templates
from strategies.models import Decision
from strategies.services import strategies
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

from .program import Program, program


@pytest.fixture
def decided(shop: Shop) -> dict[str, Decision]:
    """Decisions by ticket number: AS1 refunded by the second strategy, AS2 for people, AS3 fits
    no scenario, AS4 is fast refund."""
    shop.fast_refund_periods.create(starts_at=NOON - timedelta(days=900))
    make_strategy(shop, name="vip", single_amount_cap="1.00", daily_cap="50.00")
    make_strategy(shop, name="small", single_amount_cap="100.00", daily_cap="150.00")
    make_ticket(make_order(shop, order_no="o1", buyer="b1"), ticket_no="AS1")
    make_ticket(
        make_order(shop, order_no="o2", paid_amount=20_000),
        ticket_no="AS2",
        reason="defective",
        applied_at=NOON + timedelta(seconds=1),
    )
    make_ticket(
        make_order(shop, order_no="o3", status="completed"),
        ticket_no="AS3",
        applied_at=NOON + timedelta(seconds=2),
    )
    make_ticket(
        make_order(shop, order_no="o4", labels=["fast_refund"]),
        ticket_no="AS4",
        applied_at=NOON + timedelta(seconds=3),
    )
    decide_shop(shop.pk, tally=Tally())
    found = Decision.objects.filter(shop=shop).select_related("ticket")
    return {decision.ticket.ticket_no: decision for decision in found}


def numbers(erp: Program, query: str = "") -> list[str]:
    found = erp.get(f"/decisions{query}")
    assert found.status == 200
    return [row["ticket_no"] for row in found.content["results"]]


def test_a_decision_with_its_trace(erp: Program, shop: Shop, decided: dict[str, Decision]) -> None:
    """The trace is that of INTERFACES, simulate; its names are those of then (SPEC T6)."""
    hit = decided["AS1"].strategy
    assert hit is not None
    owner = User.objects.get(is_superuser=True)
    strategies.delete(strategy_id=hit.pk, user=owner, now=NOON)
    (row,) = erp.get("/decisions?ticket_no=AS1").content["results"]
    assert row.pop("decided_at").endswith("+08:00")
    assert row == {
        "id": decided["AS1"].pk,
        "ticket_no": "AS1",
        "order_no": "o1",
        "type": "refund_only",
        "amount": "100.00",
        "reason": "no_longer_wanted",
        "applied_at": "2026-03-11T12:00:00+08:00",
        "outcome": "refund",
        "source": "strategy",
        "scenario": "pre_ship_refund",
        "strategy": "small",
        "strategy_id": hit.pk,
        "revision": 2,
        "rulebook": decided["AS1"].rulebook.number,
        "why": None,
        "trace": [
            {"scenario": "pre_ship_refund", "strategy": "vip", "failed": "single_amount"},
            {"scenario": "pre_ship_refund", "strategy": "small", "failed": None},
        ],
    }


def test_every_filter(erp: Program, decided: dict[str, Decision]) -> None:
    assert numbers(erp) == ["AS4", "AS3", "AS2", "AS1"]
    expected: dict[str, list[str]] = {
        "ticket_no=AS2": ["AS2"],
        "ticket_no=none": [],
        "order_no=o3": ["AS3"],
        "order_no=o3&ticket_no=AS1": [],
        "scenario=pre_ship_refund": ["AS1"],
        f"strategy={decided['AS1'].strategy_id}": ["AS1"],
        f"strategy={10**30}": [],
        "reason=defective": ["AS2"],
        "type=refund_only": ["AS4", "AS3", "AS2", "AS1"],
        "type=exchange": [],
        "outcome=manual": ["AS3", "AS2"],
        "outcome=refund": ["AS4", "AS1"],
        "source=fast_refund": ["AS4"],
        "source=strategy": ["AS1"],
        "why=none_hit": ["AS2"],
        "why=no_scenario": ["AS3"],
        "from=2026-01-01T00:00:00Z": ["AS4", "AS3", "AS2", "AS1"],
        "from=2190-01-01T00:00:00Z": [],
        "until=2026-01-01T00:00:00%2B08:00": [],
    }
    for query, found in expected.items():
        assert numbers(erp, f"?{query}") == found, query
    at = decided["AS1"].decided_at.isoformat().replace("+", "%2B")
    assert "AS1" in numbers(erp, f"?from={at}")
    assert "AS1" not in numbers(erp, f"?until={at}")


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-01-01",
        "from=2026-01-01T00:00:00",
        "scenario=x",
        "strategy=x",
        "strategy=0",
        "outcome=x",
        "page_size=0",
        "page_size=201",
        "cursor=x",
        "cursor=1-x",
        f"cursor={10**40}-1",
        "ticket_no=%00",
        "reason=%00",
        "since=2026-01-01T00:00:00Z",
        "other=1",
        "type=refund_only&type=exchange",
    ],
)
def test_queries_that_are_none(erp: Program, query: str) -> None:
    status, content, _response = erp.get(f"/decisions?{query}")
    assert (status, len(content["errors"])) == (422, 1)


def test_pages_where_all_have_one_moment(erp: Program, decided: dict[str, Decision]) -> None:
    """A batch is decided at one moment: no row is missed, none is shown twice."""
    Decision.objects.update(decided_at=NOON)
    found, address = [], "/decisions?page_size=1&outcome=manual"
    while address:
        page = erp.get(address).content
        assert page["previous"] is None
        found += [row["ticket_no"] for row in page["results"]]
        address = (page["next"] or "").removeprefix("http://testserver/api/v1")
    assert found == ["AS3", "AS2"]


def test_explained(erp: Program, shop: Shop, decided: dict[str, Decision]) -> None:
    """SPEC E8, O8: every condition of every strategy, on the facts of then."""
    found = erp.get(f"/decisions/{decided['AS1'].pk}").content
    assert found["facts"] == {
        "buyer": "b1",
        "order_status": "pending_shipment",
        "paid_at": "2026-03-11T11:00:00+08:00",
        "label_printed_at": None,
        "shipped_at": None,
        "delivered_at": None,
        "paid_amount": "100.00",
        "refundable_amount": "100.00",
        "labels": [],
        "products": ["p1"],
        "categories": ["c1"],
        "has_virtual": False,
        "buyer_blocked": False,
        "buyer_count": None,
        "buyer_sum": None,
        "order_type": "ordinary",
        "ticket_labels": [],
        "held_back": "",
        "line_no": None,
        "line_paid": None,
        "line_left": None,
        "freight_left": None,
    }
    explanation = found["explanation"]
    assert (explanation["why"], explanation["fast_refund"], explanation["agrees"]) == (
        None,
        False,
        True,
    )
    vip, small = explanation["strategies"]
    assert (vip["strategy"], vip["asked"], small["strategy"], small["asked"]) == (
        "vip",
        True,
        "small",
        True,
    )
    checks = {check["condition"]: check for check in vip["checks"]}
    assert [check["condition"] for check in vip["checks"]] == [
        "enabled", "validity", "execution_time", "paid_time", "order_status", "single_amount",
        "time_limit", "label_printed", "risk", "product", "buyer_reason", "buyer_guard",
        "daily_cap",
    ]  # fmt: skip
    assert checks["single_amount"] == {
        "condition": "single_amount",
        "holds": False,
        "asked_for": True,
        "value": "100.00",
        "limit": "1.00",
    }
    assert (checks["daily_cap"]["value"], checks["daily_cap"]["limit"]) == ("0.00", "50.00")
    assert all(check["holds"] for check in small["checks"])
    assert erp.get(f"/decisions/{decided['AS3'].pk}").content["explanation"] == {
        "why": "no_scenario",
        "fast_refund": False,
        "agrees": True,
        "strategies": [],
    }
    assert erp.get(f"/decisions/{decided['AS4'].pk}").content["explanation"]["fast_refund"]


def test_figures_of_every_condition(erp: Program, shop: Shop) -> None:
    shop.buyer_limit_days, shop.buyer_limit_amount = 30, 5_000
    shop.working_hours = {"mon": [["09:00", "12:00"]]}
    shop.save()
    make_strategy(
        shop,
        scenario="post_ship_refund",
        name="all",
        valid_until="2026-01-01T00:00:00+08:00",
        execution_time="windows",
        windows=[["22:00", "08:00"]],
        order_statuses=["delivered"],
        buyer_reasons=["b", "a"],
        time_limit_hours=24,
        product_condition="include",
        categories=["shoes"],
    )
    order = make_order(shop, status="shipped", shipped_at=NOON - timedelta(hours=1))
    make_ticket(order, ticket_no="AS1")
    make_strategy(shop, name="off", execution_time="off_hours")
    make_ticket(make_order(shop), ticket_no="AS2", applied_at=NOON + timedelta(seconds=1))
    decide_shop(shop.pk, tally=Tally())
    rows = erp.get("/decisions").content["results"]
    figures: dict[str, Any] = {}
    for row in rows:
        for line in erp.get(f"/decisions/{row['id']}").content["explanation"]["strategies"]:
            figures[line["strategy"]] = {
                check["condition"]: (check["holds"], check["value"], check["limit"])
                for check in line["checks"]
                if check["asked_for"]
            }
    noon = "2026-03-11T12:00:00+08:00"
    assert figures["all"] == {
        "enabled": (True, None, None),
        "validity": (False, noon, ["", "2026-01-01T00:00:00+08:00"]),
        "execution_time": (False, noon, None),
        "order_status": (False, "shipped", ["delivered"]),
        "single_amount": (True, "100.00", "200.00"),
        "time_limit": (True, "2026-03-11T11:00:00+08:00", "24"),
        "risk": (True, [], None),
        "product": (False, ["p1"], "include"),
        "buyer_reason": (False, "no_longer_wanted", ["a", "b"]),
        "buyer_guard": (False, ["0", "0.00"], ["", "50.00"]),
        "daily_cap": (True, "0.00", "50000.00"),
    }
    assert figures["off"]["paid_time"] == (True, "2026-03-11T11:00:00+08:00", None)
    assert figures["off"]["label_printed"] == (True, None, None)


def test_who_may(erp: Program, shop: Shop, owner: User, decided: dict[str, Decision]) -> None:
    """SPEC P1."""
    one = f"/decisions/{decided['AS1'].pk}"
    writer = program(shop, owner, "orders", "tickets", "strategies", "windows")
    elsewhere = make_shop()
    other = program(elsewhere, make_user(elsewhere))
    for address in ("/decisions", one, "/reject-reasons"):
        assert Program("").get(address).status == 401
        assert writer.get(address).status == 403
    assert other.get(one).status == 404
    assert numbers(other) == numbers(other, "?ticket_no=AS1") == []
    assert numbers(other, f"?strategy={decided['AS1'].strategy_id}") == []
    assert erp.get("/decisions/999999999999999999999").status == 404


def test_reject_reasons(erp: Program, shop: Shop, owner: User) -> None:
    """SPEC P2: the catalogue, with the shop's own text over the default."""
    found = erp.get("/reject-reasons").content["results"]
    assert len(found) == 13
    first = found[0]
    assert first.pop("text").startswith("Hello {buyer}")
    assert first == {
        "code": "already_shipped",
        "label": "The parcel had left when the buyer applied",
        "own_text": False,
        "types": ["refund_only"],
        "stages": ["after_shipping", "before_shipping"],
        "needs_evidence": True,
        "negotiate_first": False,
        "hint": "",
    }
    reject_templates.save(
        shop_id=shop.pk, reason="return_first", text="Send it back.", user=owner, now=NOON
    )
    back = erp.get("/reject-reasons?type=refund_keep_goods&stage=after_shipping").content["results"]
    own = {row["code"]: row["text"] for row in back if row["own_text"]}
    assert own == {"return_first": "Send it back."}
    stage = erp.get("/reject-reasons?stage=goods_back").content["results"]
    assert {row["code"] for row in stage} == {
        "bad_return_tracking",
        "not_resaleable",
        "wrong_item_returned",
        "incomplete_return",
    }
    assert erp.get("/reject-reasons?stage=x").status == 422
    assert erp.get("/reject-reasons?type=x").status == 422
    assert erp.get("/reject-reasons?other=x").status == 422
