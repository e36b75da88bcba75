"""SPEC O9: one table over all doors. Through each, a number or name with what can't be seen around
it is the one without."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from aftersale.models import BlockedBuyer, FundEntry, Order, OrderLine, Shipment, Shop, Ticket
from aftersale.services.shared.errors import Refused
from aftersale.services.sheets import kinds
from aftersale.services.shops import shops
from strategies.models import Strategy
from strategies.services import strategies
from strategies.services.simulation import simulate
from tests.api.program import Program, program
from tests.factories import (
    NOON,
    make_order,
    make_shop,
    make_strategy,
    make_ticket,
    make_user,
    strategy_record,
)
from tests.undone import undone

pytestmark = pytest.mark.django_db

TIME = "2026-03-11T12:00:00+08:00"
DISGUISES = ["{} ", " {}", "\u3000{}", "{}\u200b", "\ufeff{}", "{}\t", "\u202a{}\u202c", "{}\x00"]


@pytest.fixture
def shop() -> Shop:
    return make_shop(code="s1")


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop, username="kim")


@pytest.fixture
def erp(shop: Shop, owner: User) -> Program:
    return program(shop, owner)


def order(**fields: Any) -> dict[str, Any]:
    line = {"line_no": 1, "product": "p-1", "quantity": 1, "paid_amount": "50.00"}
    return {
        "order_no": "G3",
        "status": "pending_shipment",
        "buyer": "b-1",
        "updated_at": TIME,
        "paid_amount": "50.00",
        "lines": [line | fields.pop("line", {})],
    } | fields


def ticket(**fields: Any) -> dict[str, Any]:
    return {
        "ticket_no": "T3",
        "order_no": "G3",
        "type": "refund_only",
        "amount": "50.00",
        "applied_at": TIME,
        "updated_at": TIME,
    } | fields


def ingest(folder: Path, *records: dict[str, Any]) -> None:
    path = folder / "in.ndjson"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    call_command("ingest", str(path))


Door = Callable[[Path, Program, Shop, User, Callable[[str], str]], Any]


def a_file_of_orders(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    fields = {"shop": hide("s1"), "order_no": hide("G3"), "buyer": hide("b-1")}
    line = {"product": hide("p-1"), "category": hide("c-1")}
    ingest(tmp, {"kind": "order", **order(**fields, line=line)})
    row = OrderLine.objects.get()
    return row.order.order_no, row.order.buyer, row.product, row.category


def a_file_of_tickets(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    make_order(shop, order_no="G3")
    numbers = {"ticket_no": hide("T3"), "order_no": hide("G3")}
    parcel = {"carrier": "SF", "tracking_no": hide("SF1")}
    ingest(tmp, {"kind": "ticket", "shop": "s1", **ticket(**numbers, return_shipment=parcel)})
    row = Ticket.objects.get()
    return row.ticket_no, row.order_no, row.order.order_no, row.return_tracking_no


def a_file_of_shops(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    ingest(tmp, {"kind": "shop", "code": hide("s1"), "name": "S", "blocked_buyers": [hide("b-1")]})
    return Shop.objects.get().code, BlockedBuyer.objects.get().buyer


def a_file_of_fund_entries(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    entry = {"fund": "wallet", "entry_no": hide("f-1"), "amount": "1.00", "at": TIME}
    ingest(tmp, {"kind": "fund_entry", "shop": "s1", **entry})
    return FundEntry.objects.get().entry_no


def a_file_of_strategies(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    make_strategy(shop, name="small")
    content = {"scenario": "pre_ship_refund", "name": hide("small"), "single_amount_cap": "10.00"}
    lists = {"product_condition": "exclude", "products": [hide("p-1")], "categories": [hide("c")]}
    ingest(tmp, {"kind": "strategy", "shop": hide("s1"), **content, **lists})
    row = Strategy.objects.get()
    return row.name, row.products, row.categories


def the_apis_bodies(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    fields = {"order_no": hide("G3"), "buyer": hide("b-1")}
    assert erp.post("/orders", order(**fields)).status == 201
    assert erp.post("/tickets", [ticket(order_no=hide("G3"))]).status == 200
    return Order.objects.get().buyer, Ticket.objects.get().order.order_no


def the_apis_addresses(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    made = make_ticket(make_order(shop, order_no="G3"), ticket_no="T3")
    order_no, ticket_no = quote(hide("G3")), quote(hide("T3"))
    check = erp.get(f"/orders/{order_no}/ship-check")
    sent = {"shipped_at": TIME, "carrier": "SF", "tracking_no": hide("SF1")}
    erp.post(f"/orders/{order_no}/shipments", sent)
    return (
        erp.get(f"/orders/{order_no}").content["order_no"],
        erp.get(f"/tickets/{ticket_no}").content["ticket_no"] == made.ticket_no,
        check.status,
        Shipment.objects.get().tracking_no,
    )


def the_apis_block_list(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    buyer = quote(hide("b-1"))
    put = erp.call("PUT", f"/blocked-buyers/{buyer}").content["buyer"]
    got = erp.get(f"/blocked-buyers/{buyer}").content["buyer"]
    erp.call("DELETE", f"/blocked-buyers/{buyer}")
    return put, got, BlockedBuyer.objects.count()


def the_sheet_of_buyers(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    sheet = f'buyer\n"{hide("b-1")}"\nb-1\n'.replace("\x00", "")
    say = {"shop_id": shop.pk, "name": "f.csv", "content": sheet.encode(), "user": owner}
    seen = kinds.preview(kinds.kind_of("blocked-buyers"), now=NOON, **say)
    kinds.write(kinds.kind_of("blocked-buyers"), seen=kinds.fingerprint(seen), now=NOON, **say)
    return BlockedBuyer.objects.get().buyer


def the_form_of_buyers(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    shops.block_buyer(shop_id=shop.pk, buyer=hide("b-1"), user=owner, now=NOON)
    kept = BlockedBuyer.objects.get().buyer
    shops.unblock_buyer(shop_id=shop.pk, buyer=hide("b-1"), user=owner, now=NOON)
    return kept, BlockedBuyer.objects.count()


def a_strategys_name(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    record = strategy_record(shop, name=hide("small"))
    strategies.create(shop_id=shop.pk, record=record, user=owner, now=NOON)
    with pytest.raises(Refused):
        strategies.create(
            shop_id=shop.pk, record=strategy_record(shop, name="small"), user=owner, now=NOON
        )
    return Strategy.objects.get().name


def the_commands(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    make_strategy(shop, name="small", enabled=False)
    call_command("enable", hide("s1"), "pre_ship_refund", hide("small"), user="kim")
    on = Strategy.objects.get().enabled
    call_command("disable", hide("s1"), "pre_ship_refund", hide("small"), user="kim")
    call_command("evaluate", shop=hide("s1"))
    path = tmp / "strategies.json"
    given = {"shop": hide("s1"), "scenario": "pre_ship_refund", "name": hide("small")}
    path.write_text(json.dumps({"strategies": [{**given, "single_amount_cap": "9.00"}]}))
    call_command("apply_strategies", str(path))
    return on, Strategy.objects.get().single_amount_cap


def a_simulation_file(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    caps = {"enabled": True, "single_amount_cap": "100.00"}
    lists = {"product_condition": "exclude", "products": [hide("p-1")]}
    lines, errors = simulate(
        {
            "shop": {"code": "s1", "blocked_buyers": []},
            "strategies": [{"scenario": "pre_ship_refund", "name": "one", **caps, **lists}],
            "orders": [order(paid_at=TIME)],
            "tickets": [ticket(order_no=hide("G3"))],
        }
    )
    assert errors == []
    return lines[0]["trace"][0]["failed"]


def the_search(tmp: Path, erp: Program, shop: Shop, owner: User, hide: Any) -> Any:
    found = make_order(shop, order_no="G3")
    client = Client()
    client.force_login(owner)
    page = client.get("/admin/aftersale/order/", {"q": hide("G3")})
    return [row.pk for row in page.context["cl"].result_list] == [found.pk]


DOORS: list[tuple[Door, Any]] = [
    (a_file_of_orders, ("G3", "b-1", "p-1", "c-1")),
    (a_file_of_tickets, ("T3", "G3", "G3", "SF1")),
    (a_file_of_shops, ("s1", "b-1")),
    (a_file_of_fund_entries, "f-1"),
    (a_file_of_strategies, ("small", ["p-1"], ["c"])),
    (the_apis_bodies, ("b-1", "G3")),
    (the_apis_addresses, ("G3", True, 200, "SF1")),
    (the_apis_block_list, ("b-1", "b-1", 0)),
    (the_sheet_of_buyers, "b-1"),
    (the_form_of_buyers, ("b-1", 0)),
    (a_strategys_name, "small"),
    (the_commands, (True, 900)),
    (a_simulation_file, "product"),
    (the_search, True),
]


@pytest.mark.parametrize(("door", "read"), DOORS, ids=lambda value: getattr(value, "__name__", ""))
def test_o9_read_alike_through_every_door(door, read, shop, owner, erp, tmp_path):
    found = {}
    for disguise in DISGUISES:
        with undone():
            found[disguise] = door(tmp_path, erp, shop, owner, disguise.format)
    assert found == dict.fromkeys(DISGUISES, read)
