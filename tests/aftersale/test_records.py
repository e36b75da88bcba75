"""Records: what is taken, what is refused and in which words (INTERFACES, Values)."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from aftersale.records.schemas import (
    FundEntryRecord,
    OrderRecord,
    ShopRecord,
    TicketRecord,
    explain,
)
from strategies.strategy_record import StrategyRecord
from tests.each import each

TIME = "2026-11-21T23:05:00+08:00"
LINE = {"line_no": 1, "product": "p", "quantity": 1, "paid_amount": "59.90"}
SHOP = {"code": "ks-1", "name": "Shoes"}
ORDER = {
    "shop": "ks-1", "order_no": "1", "status": "shipped", "buyer": "b", "updated_at": TIME,
    "paid_amount": "59.90", "lines": [LINE],
}  # fmt: skip
TICKET = {
    "shop": "ks-1", "ticket_no": "AS1", "order_no": "1", "type": "refund_only",
    "amount": "59.90", "applied_at": TIME, "updated_at": TIME,
}  # fmt: skip
STRATEGY = {
    "shop": "ks-1", "scenario": "pre_ship_refund", "name": "small", "single_amount_cap": "200.00",
}  # fmt: skip
FUND = {"shop": "ks-1", "fund": "wallet", "entry_no": "f-1", "amount": "1000.00", "at": TIME}


def problems(form, record):
    """The errors, the same from JSON and from Python objects."""
    found = []
    for read in (
        lambda: form.model_validate_json(json.dumps(record)),
        lambda: form.model_validate(record),
    ):
        with pytest.raises(ValidationError) as caught:
            read()
        found.append([(error.pointer, error.message) for error in explain(caught.value)])
    assert found[0] == found[1]
    return found[0]


@each(
    "text, fen",
    [("59.90", 5990), ("59.9", 5990), ("59", 5900), ("0.01", 1), ("9999999999.99", 999999999999)],
)
def test_money_is_yuan_outside_and_fen_inside(text, fen):
    assert TicketRecord.model_validate({**TICKET, "amount": text}).amount == fen


@each(
    "amount",
    [
        "1.234",
        "-1.00",
        "1e2",
        " 1",
        "1\n",
        "",
        ".5",
        "1.",
        "１",
        "10000000000",
        "a\x00",
        5,
        5.5,
        None,
        True,
    ],
)
def test_wrong_money_is_refused(amount):
    [(pointer, message)] = problems(TicketRecord, {**TICKET, "amount": amount})
    assert pointer == "amount"
    assert "59.90" in message


def test_a_fund_entry_may_be_negative():
    assert FundEntryRecord.model_validate({**FUND, "amount": "-0.50"}).amount == -50


@each("text", [TIME, "2026-11-21T15:05:00Z", "2026-11-21T15:05+00:00"])
def test_times_have_an_offset(text):
    record = TicketRecord.model_validate({**TICKET, "applied_at": text})
    assert record.applied_at == datetime(2026, 11, 21, 15, 5, tzinfo=UTC)


@each(
    "text",
    ["2026-11-21T23:05:00", "2026-02-30T00:00:00Z", "1700000000", 1700000000, "2026-11-21", None,
     "0001-01-01T00:00:00+08:00", "2026-11-21T24:00:00Z", "9999-12-31T23:59:59Z"],
)  # fmt: skip
def test_wrong_times_are_refused(text):
    [(pointer, message)] = problems(TicketRecord, {**TICKET, "applied_at": text})
    assert pointer == "applied_at"
    assert TIME in message


@each(
    "form, record, changes, pointer",
    [
        (OrderRecord, ORDER, {"colour": "red"}, "colour"),
        (OrderRecord, ORDER, {"lines": [{**LINE, "paid_amount": "1.234"}]}, "lines[0].paid_amount"),
        (OrderRecord, ORDER, {"lines": [LINE, LINE]}, "lines"),
        (OrderRecord, ORDER, {"lines": []}, "lines"),
        (OrderRecord, ORDER, {"status": "lost"}, "status"),
        (OrderRecord, ORDER, {"buyer": " "}, "buyer"),
        (OrderRecord, ORDER, {"buyer": "\u200b\x00"}, "buyer"),
        (OrderRecord, ORDER, {"order_no": "x" * 65}, "order_no"),
        (OrderRecord, ORDER, {"order_no": 7}, "order_no"),
        (TicketRecord, TICKET, {"type": "gift"}, "type"),
        (TicketRecord, TICKET, {"line_no": "1"}, "line_no"),
        (TicketRecord, TICKET, {"evidence": ["ftp://x"]}, "evidence[0]"),
        (TicketRecord, TICKET, {"refund_result": {"status": "maybe"}}, "refund_result.status"),
        (ShopRecord, SHOP, {"timezone": "Mars/Base"}, "timezone"),
        (ShopRecord, SHOP, {"working_hours": {"monday": []}}, "working_hours.monday"),
        (
            ShopRecord,
            SHOP,
            {"working_hours": {"mon": [["9:00", "12:00"]]}},
            "working_hours.mon[0][0]",
        ),
        (
            ShopRecord,
            SHOP,
            {"working_hours": {"mon": [["24:00", "12:00"]]}},
            "working_hours.mon[0][0]",
        ),
        (ShopRecord, SHOP, {"working_hours": {"mon": [["09:00"]]}}, "working_hours.mon[0][1]"),
        (ShopRecord, SHOP, {"special_days": {"2026-02-30": []}}, "special_days.2026-02-30"),
        (ShopRecord, SHOP, {"buyer_limit": {"days": 0}}, "buyer_limit.days"),
        (ShopRecord, SHOP, {"fast_refund_periods": [[TIME, TIME]]}, "fast_refund_periods"),
        (ShopRecord, SHOP, {"fast_refund_periods": [[TIME, None]] * 2}, "fast_refund_periods"),
        (StrategyRecord, STRATEGY, {"single_amount_cap": "0.99"}, "single_amount_cap"),
        (StrategyRecord, STRATEGY, {"single_amount_cap": "99999.01"}, "single_amount_cap"),
        (StrategyRecord, STRATEGY, {"daily_cap": "199.99"}, "daily_cap"),
        (StrategyRecord, STRATEGY, {"execution_time": "windows"}, "windows"),
        (StrategyRecord, STRATEGY, {"order_statuses": []}, "order_statuses"),
        (StrategyRecord, STRATEGY, {"order_statuses": ["completed"]}, "order_statuses[0]"),
        (StrategyRecord, STRATEGY, {"time_limit_hours": 0}, "time_limit_hours"),
        (StrategyRecord, STRATEGY, {"breaker": {"minutes": 10}}, "breaker"),
        (StrategyRecord, STRATEGY, {"enabled": "yes"}, "enabled"),
        (
            StrategyRecord,
            {**STRATEGY, "scenario": "post_ship_return"},
            {"execution_time": "off_hours"},
            "execution_time",
        ),
    ],
)
def test_wrong_values_are_named_in_plain_words(form, record, changes, pointer):
    form.model_validate(record)
    [(found, message)] = problems(form, {**record, **changes})
    assert found == pointer
    assert message not in ("", "wrong value")
    assert "pydantic" not in message and "Input should" not in message


@each(
    "form, record, changes, read",
    [
        (TicketRecord, TICKET, {"amount": "59,90"}, "“59,90”"),
        (TicketRecord, TICKET, {"amount": 59.9}, "59.9"),
        (TicketRecord, TICKET, {"amount": None}, "null"),
        (TicketRecord, TICKET, {"amount": [1]}, "a list of length 1"),
        (TicketRecord, TICKET, {"status": "refunded\u200b"}, "“refunded<U+200B>”"),
        (TicketRecord, TICKET, {"ticket_no": "x" * 65}, f"“{'x' * 64}…”"),
        (TicketRecord, TICKET, {"refund_result": "done"}, "“done”"),
        (TicketRecord, TICKET, {"amount\u200b": "1.00"}, "“amount<U+200B>”"),
        (StrategyRecord, STRATEGY, {"daily_cap": "1.00"}, "“1.00”"),
        # A buyer's own is described.
        (OrderRecord, ORDER, {"buyer": 13900000000}, "a number"),
        (OrderRecord, ORDER, {"buyer": "\u200b\x00"}, "a text of length 2, <U+200B>, <U+0000>"),
        (ShopRecord, SHOP, {"blocked_buyers": ["13900000000" * 6]}, "a text of length 66"),
        (TicketRecord, TICKET, {"note": "call me\x00"}, "a text of length 8, <U+0000>"),
        (TicketRecord, TICKET, {"evidence": ["me.jpg"]}, "a text of length 6"),
        (TicketRecord, TICKET, {"return_shipment": {"tracking_no": 5}}, "a number"),
        # The pointer or the message has it.
        (OrderRecord, ORDER, {"colour": "13900000000"}, None),
        (OrderRecord, ORDER, {"lines": [LINE, LINE]}, None),
        (StrategyRecord, STRATEGY, {"products": ["p-1,p-2"]}, None),
    ],
)  # fmt: skip
def test_o9_a_refused_value_is_shown_as_it_was_read(form, record, changes, read):
    [(_pointer, message)] = problems(form, {**record, **changes})
    _expected, _read, value = message.partition(" (read: ")
    assert (value or None) == (read and f"{read})")
    assert "1390" not in message


@each(
    "form, record",
    [(ShopRecord, SHOP), (OrderRecord, ORDER), (TicketRecord, TICKET), (StrategyRecord, STRATEGY),
     (FundEntryRecord, FUND)],
)  # fmt: skip
def test_each_needed_key_is_missed(form, record):
    for key in record:
        rest = {name: value for name, value in record.items() if name != key}
        assert problems(form, rest)[0] == (key, "missing")


def test_t1_and_t4_defaults_of_a_strategy():
    record = StrategyRecord.model_validate(STRATEGY)
    assert (record.enabled, record.execution_time, record.product_condition) == (
        False,
        "all_day",
        "all",
    )
    assert (record.order_statuses, record.skip_label_printed) == (["shipped", "delivered"], True)
    assert record.daily_cap == 5_000_000
    larger = StrategyRecord.model_validate({**STRATEGY, "single_amount_cap": "99999"})
    assert larger.daily_cap == 9_999_900


def test_a_line_that_is_not_json():
    with pytest.raises(ValidationError) as caught:
        TicketRecord.model_validate_json(b"{")
    assert explain(caught.value)[0].message == "not valid JSON"
