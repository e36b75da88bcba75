"""Wrong and unusual simulation files (INTERFACES, simulate)."""

import json

import pytest
from django.utils import translation

from strategies.services.simulation import SimulationFileError, read, simulate
from tests.each import each

TIME = "2026-03-04T12:00:00+08:00"


def document(**changes):
    return {
        "shop": {"code": "s"},
        "strategies": [strategy("one")],
        "orders": [order("o1")],
        "tickets": [ticket("t1")],
        **changes,
    }


def strategy(name, **changes):
    return {"scenario": "pre_ship_refund", "name": name, "enabled": True,
            "single_amount_cap": "100.00", **changes}  # fmt: skip


def order(number, **changes):
    line = {"line_no": 1, "product": "p", "paid_amount": "50.00"}
    return {"order_no": number, "status": "pending_shipment", "buyer": "b",
            "paid_amount": "50.00", "lines": [line], **changes}  # fmt: skip


def ticket(number, **changes):
    return {"ticket_no": number, "order_no": "o1", "type": "refund_only", "amount": "10.00",
            "applied_at": TIME, **changes}  # fmt: skip


def outcomes(lines):
    return [(line["ticket_no"], line["strategy"]) for line in lines]


def test_names_shops_quantities_and_updated_at_may_be_absent():
    lines, errors = simulate(document())
    assert (outcomes(lines), errors) == ([("t1", "one")], [])


def test_t2_a_strategy_is_not_enabled_unless_it_says_so():
    plain = strategy("one")
    del plain["enabled"]
    lines, _ = simulate(document(strategies=[plain]))
    assert lines[0]["trace"][0]["failed"] == "enabled"


def test_tickets_are_decided_by_applied_at_then_number_whatever_their_place():
    tickets = [ticket("t3"), ticket("t2"), ticket("t1", applied_at="2026-03-04T12:00:00+07:00")]
    lines, _ = simulate(document(tickets=tickets))
    assert [line["ticket_no"] for line in lines] == ["t2", "t3", "t1"]
    assert simulate(document(tickets=tickets[::-1]))[0] == lines


def test_a_ticket_without_order_is_manual_and_no_error():
    lines, errors = simulate(document(tickets=[ticket("t1", order_no="else")]))
    assert errors == []
    assert (lines[0]["outcome"], lines[0]["trace"]) == ("manual", [])


@each("reported", [{"status": "cancelled"}, {"status": "refunded"},
                                      {"refund_result": {"status": "succeeded"}}])  # fmt: skip
def test_what_the_platform_reports_of_a_ticket_is_not_looked_at(reported):
    assert outcomes(simulate(document(tickets=[ticket("t1", **reported)]))[0]) == [("t1", "one")]


def line(number, paid, **more):
    return {"line_no": number, "product": "p", "paid_amount": paid, **more}


def test_e2_a_line_gives_back_what_it_got_and_the_freight_once():
    lines = [line(1, "20.00"), line(2, "20.00"), line(3, "10.00")]
    orders = [order("o1", paid_amount="60.00", lines=lines)]
    asked = [(1, "20.00"), (1, "10.01"), (1, "10.00"), (2, "20.01"), (2, "20.00")]
    tickets = [ticket(f"t{n}", line_no=number, amount=amount)
               for n, (number, amount) in enumerate(asked)]  # fmt: skip
    found = [one["strategy"] for one in simulate(document(orders=orders, tickets=tickets))[0]]
    assert found == ["one", None, "one", None, "one"]


def test_e2_without_freight_two_tickets_on_one_line_are_not_both_refunded():
    orders = [order("o1", paid_amount="40.00", lines=[line(1, "20.00"), line(2, "20.00")])]
    tickets = [ticket(name, line_no=1, amount="20.00") for name in ("t1", "t2")]
    lines, _ = simulate(document(orders=orders, tickets=tickets))
    assert (outcomes(lines), lines[1]["trace"]) == ([("t1", "one"), ("t2", None)], [])


GIFT = line(2, "0.00", product="gift", category="toys")
ONLY_P = {"product_condition": "include", "products": ["p"], "categories": []}


@each(
    "lines, about, rules, failed",
    [
        ([line(1, "50.00"), GIFT], {}, ONLY_P, None),
        ([line(1, "50.00"), GIFT], {}, {**ONLY_P, "product_condition": "exclude"}, "product"),
        ([line(1, "50.00"), {**GIFT, "product": "?"}], {}, ONLY_P, None),
        ([GIFT], {}, ONLY_P, "product"),
        ([GIFT], {}, {**ONLY_P, "products": ["gift"]}, None),
        ([line(1, "0.00"), GIFT], {}, ONLY_P, "product"),
        ([line(1, "50.00", product="?")], {}, {**ONLY_P, "categories": ["c"]}, "product"),
        ([line(1, "50.00", product="?")], {}, {}, None),
        ([], {}, ONLY_P, "product"),
        ([], {}, {**ONLY_P, "product_condition": "exclude"}, "product"),
        ([], {}, {}, None),
        ([line(1, "50.00")], {}, {**ONLY_P, "product_condition": "exclude", "products": ["x"]},
         None),
        ([line(1, "50.00")], {}, {"product_condition": "exclude", "categories": ["c"]}, "product"),
    ],
)  # fmt: skip
def test_e3_goods(lines, about, rules, failed):
    orders = [order("o1", lines=lines)]
    given = document(orders=orders, strategies=[strategy("one", **rules)])
    found, errors = simulate(given)
    assert (errors, [asked["failed"] for asked in found[0]["trace"]]) == ([], [failed])


def test_e2_a_gift_line_gets_nothing():
    orders = [order("o1", lines=[line(1, "50.00"), GIFT])]
    tickets = [ticket("t1", line_no=2, amount="0.01")]
    assert outcomes(simulate(document(orders=orders, tickets=tickets))[0]) == [("t1", None)]


def test_equal_priorities_are_asked_in_the_files_order():
    given = [strategy(name, priority=1, enabled=False) for name in ("b", "a", "c")]
    lines, _ = simulate(document(strategies=given))
    assert [asked["strategy"] for asked in lines[0]["trace"]] == ["b", "a", "c"]


def test_s2_a_deposit_order_is_for_people():
    lines, _ = simulate(document(orders=[order("o1", type="deposit")]))
    assert (outcomes(lines), lines[0]["trace"]) == ([("t1", None)], [])


@each(
    "changes, error",
    [
        ({"tickets": [ticket("t1"), ticket("t2", line_no=9)]}, "ticket t2: line_no:"),
        ({"tickets": [ticket("t1"), ticket("t1")]}, "ticket t1: ticket_no: the file"),
        ({"orders": [order("o1"), order("o1")]}, "order o1: order_no: the file"),
        ({"orders": [order("o1"), order("o2", colour="red")]}, "order o2: colour: unknown key"),
        ({"tickets": [ticket("t1"), {}]}, "ticket #2: ticket_no: missing"),
        ({"tickets": [ticket("t1"), 5]}, "ticket #2: expected an object"),
        ({"tickets": [ticket("t1"), ticket("t2", shop="x")]}, "ticket t2: shop: expected s"),
        ({"strategies": [strategy("one"), strategy("x", shop="x")]}, "strategy x: shop:"),
        ({"strategies": [strategy("one"), strategy("one")]}, "strategy one: name: the file"),
        ({"strategies": [strategy("one"), strategy("x", single_amount_cap="0")]}, "strategy x: "),
        ({"tickets": [ticket("t1"), ticket("t\n2", colour="red")]}, "ticket t<U+000A>2: colour"),
        ({"more": 1}, "more: unknown key"),
    ],
)
def test_a_wrong_record_is_named_and_the_rest_decided(changes, error):
    lines, errors = simulate(document(**changes))
    assert outcomes(lines) == [("t1", "one")]
    assert errors[0].startswith(error)


def test_t3_strategies_beyond_the_tenth_of_a_scenario_are_refused():
    many = [strategy(f"n{number}", enabled=False) for number in range(12)]
    lines, errors = simulate(document(strategies=many))
    assert [error.split(":")[0] for error in errors] == ["strategy n10", "strategy n11"]
    assert len(lines[0]["trace"]) == 10


def test_priorities_given_insert_and_none_goes_last():
    given = [strategy("c"), strategy("b", priority=2), strategy("a", priority=1), strategy("d")]
    off = [{**one, "enabled": False} for one in given]
    lines, _ = simulate(document(strategies=off))
    assert [asked["strategy"] for asked in lines[0]["trace"]] == ["a", "b", "c", "d"]


def test_without_a_right_shop_nothing_is_automatic():
    lines, errors = simulate(document(shop={"code": "s", "timezone": "Mars"}))
    assert (outcomes(lines), len(errors)) == ([("t1", None)], 1)


def test_a_key_given_twice_is_refused():
    text = json.dumps(document()).replace(
        '"amount": "10.00"', '"amount": "1.00", "amount": "10.00"'
    )
    lines, errors = simulate(read(text.encode()))
    assert (lines, errors) == ([], ["ticket t1: amount: the key is given more than once"])


@each("raw", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a":' + b"9" * 5000])
def test_a_file_that_is_none(raw):
    with pytest.raises(SimulationFileError, match=r"\.$"):
        read(raw)


def test_a_byte_order_mark_is_no_matter():
    assert read(b"\xef\xbb\xbf{}") == {}


@each(
    "entry, shown",
    [
        ("p-1,p-2", "p-1,p-2"),
        ("p-1，p-2", "p-1，p-2"),
        ("p-1、p-2", "p-1、p-2"),
        ("p-1;p-2", "p-1;p-2"),
        ("p-1；p-2", "p-1；p-2"),
        ("p-1\u200b\np-2", "p-1<U+200B><U+000A>p-2"),
    ],
)
def test_o9_a_list_in_one_entry_refunds_none_of_its_products(entry, shown):
    """With the control: the same product in an entry of its own is excluded."""
    about = [order("o1", lines=[line(1, "50.00", product="p-1")])]

    def decided(products):
        rules = strategy("one", product_condition="exclude", products=products)
        return simulate(document(strategies=[rules], orders=about))

    with translation.override("en"):
        lines, errors = decided([entry])
    assert outcomes(lines) == [("t1", None)]
    message = (
        f"“{shown}” has a comma, semicolon or line break: give each product as an entry of its own"
    )
    assert [str(error) for error in errors] == [f"strategy one: products[0]: {message}"]
    assert outcomes(decided(["p-1"])[0]) == [("t1", None)]
    assert outcomes(decided([" p-2\n"])[0]) == [("t1", "one")]


def test_o9_a_category_may_have_a_comma():
    about = [order("o1", lines=[line(1, "50.00", category="bags, belts")])]
    rules = strategy("one", product_condition="exclude", categories=["bags, belts"])
    lines, errors = simulate(document(strategies=[rules], orders=about))
    assert (outcomes(lines), errors) == ([("t1", None)], [])
