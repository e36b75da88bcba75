"""What simulate makes of wrong and unusual files (INTERFACES, simulate)."""

import json

import pytest

from strategies.services.simulation import SimulationFileError, read, simulate

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


@pytest.mark.parametrize("reported", [{"status": "cancelled"}, {"status": "refunded"},
                                      {"refund_result": {"status": "succeeded"}}])  # fmt: skip
def test_o4_a_ticket_that_the_platform_reports_as_handled_is_not_decided(reported):
    tickets = [ticket("t1", **reported), ticket("t2", status="pending_review")]
    lines, errors = simulate(document(tickets=tickets))
    assert errors == []
    assert outcomes(lines) == [("t1", None), ("t2", "one")]
    assert lines[0]["trace"] == []


@pytest.mark.parametrize(
    ("changes", "error"),
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
        ({"tickets": [ticket("t1"), ticket("t\n2", colour="red")]}, "ticket t\ufffd2: colour"),
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


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a":' + b"9" * 5000])
def test_a_file_that_is_none(raw):
    with pytest.raises(SimulationFileError, match=r"\.$"):
        read(raw)


def test_a_byte_order_mark_is_no_matter():
    assert read(b"\xef\xbb\xbf{}") == {}
