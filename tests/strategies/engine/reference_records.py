"""Records as INTERFACES has them, read from its pages alone, for reference_simulation.py."""

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

# SPEC S1: scenario, ticket types, order statuses, outcome.
SCENARIOS = (
    ("pre_ship_refund", ("refund_only",), ("pending_shipment",), "refund"),
    ("post_ship_refund", ("refund_only",), ("shipped", "delivered"), "refund"),
    (
        "post_ship_waive_return",
        ("return_refund", "refund_only"),
        ("shipped", "delivered"),
        "refund",
    ),
    ("post_ship_return", ("return_refund",), ("shipped", "delivered"), "approve_return"),
    ("post_ship_keep_goods", ("refund_keep_goods",), ("shipped", "delivered"), "refund"),
)
STATUSES = (
    "pending_payment",
    "pending_shipment",
    "partially_shipped",
    "shipped",
    "delivered",
    "completed",
    "closed",
)
TYPES = ("refund_only", "return_refund", "refund_keep_goods", "exchange")


class WrongRecord(Exception):
    pass


# Values of INTERFACES


def identifier(text):
    """SPEC O9."""
    if not isinstance(text, str):
        raise WrongRecord(text)
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(c for c in composed if unicodedata.category(c) not in ("Cc", "Cf"))
    seen = unicodedata.normalize("NFC", seen).strip()
    if not seen:
        raise WrongRecord(text)
    return seen


def fen(text):
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", text):
        raise WrongRecord(text)
    return int(Decimal(text) * 100)


def moment(text):
    if not isinstance(text, str):
        raise WrongRecord(text)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise WrongRecord(text) from None
    if read.tzinfo is None:
        raise WrongRecord(text)
    return read.astimezone(UTC)


def moment_or_none(text):
    return None if text is None else moment(text)


def one_of(words):
    def read(word):
        if word not in words:
            raise WrongRecord(word)
        return word

    return read


def each(read):
    return lambda values: [read(value) for value in values]


def same(value):
    return value


def fields(record, needed, optional):
    """A record's values: needed keys are there, others have defaults, no other key is."""
    if set(needed) - set(record) or set(record) - set(needed) - set(optional):
        raise WrongRecord(record)
    values = {key: read(record[key]) for key, read in needed.items()}
    for key, (read, default) in optional.items():
        values[key] = read(record[key]) if key in record else default
    return values


# Records


def read_line(record):
    return fields(
        record,
        {"line_no": same, "product": identifier, "paid_amount": fen},
        {
            "category": (identifier, None),
            "virtual": (same, False),
            "quantity": (same, 1),
            "title": (same, ""),
        },
    )


def read_order(record):
    return fields(
        record,
        {
            "order_no": identifier,
            "status": one_of(STATUSES),
            "buyer": identifier,
            "paid_amount": fen,
            "lines": each(read_line),
        },
        {
            "shop": (same, None),
            "type": (one_of(("ordinary", "cross_border", "deposit")), "ordinary"),
            "paid_at": (moment_or_none, None),
            "label_printed_at": (moment_or_none, None),
            "shipped_at": (moment_or_none, None),
            "delivered_at": (moment_or_none, None),
            "created_at": (moment_or_none, None),
            "completed_at": (moment_or_none, None),
            "refunded_amount": (fen, 0),
            "labels": (
                each(one_of(("fast_refund", "refund_keep_goods", "campaign", "risk"))),
                [],
            ),
            "updated_at": (moment, None),
        },
    )


def read_ticket(record):
    return fields(
        record,
        {
            "ticket_no": identifier,
            "order_no": identifier,
            "type": one_of(TYPES),
            "amount": fen,
            "applied_at": moment,
        },
        {
            "shop": (same, None),
            "line_no": (same, None),
            "reason": (identifier, ""),
            "labels": (each(one_of(("risk",))), []),
            "decided_at": (moment, None),
            "status": (same, None),
            "updated_at": (moment, None),
        },
    )


def listed(text):
    """SPEC E3: a product that is not known is refused in a strategy's lists."""
    if identifier(text) == "?":
        raise WrongRecord(text)
    return identifier(text)


def read_strategy(record):
    read = fields(
        record,
        {
            "scenario": one_of([row[0] for row in SCENARIOS]),
            "name": identifier,
            "single_amount_cap": fen,
        },
        {
            "shop": (same, None),
            "enabled": (same, False),
            "priority": (same, None),
            "valid_from": (moment_or_none, None),
            "valid_until": (moment_or_none, None),
            "execution_time": (one_of(("all_day", "windows", "off_hours")), "all_day"),
            "windows": (same, []),
            "paid_time": (one_of(("off_hours", "any")), "off_hours"),
            "order_statuses": (each(one_of(("shipped", "delivered"))), ["shipped", "delivered"]),
            "buyer_reasons": (each(identifier), []),
            "daily_cap": (fen, None),
            "time_limit_hours": (same, None),
            "skip_label_printed": (same, True),
            "skip_risky": (same, True),
            "product_condition": (one_of(("all", "include", "exclude")), "all"),
            "products": (each(listed), []),
            "categories": (each(identifier), []),
            "breaker": (same, None),
        },
    )
    if read["daily_cap"] is None:  # SPEC T4
        read["daily_cap"] = max(50_000_00, read["single_amount_cap"])
    if not 1_00 <= read["single_amount_cap"] <= 99_999_00:
        raise WrongRecord(record)
    if read["daily_cap"] < read["single_amount_cap"]:
        raise WrongRecord(record)
    if not read["order_statuses"]:  # SPEC T1
        raise WrongRecord(record)
    if read["execution_time"] == "off_hours" and read["scenario"] != "pre_ship_refund":  # SPEC T7
        raise WrongRecord(record)
    return read


def right_records(records, read, shop, key):
    """(right ones, number of wrong ones); the second with a key of before is wrong too."""
    right, wrong, known = [], 0, set()
    for record in records:
        try:
            values = read(record)
        except WrongRecord:
            wrong += 1
            continue
        if values["shop"] not in (None, shop["code"]) or key(values) in known:
            wrong += 1
            continue
        known.add(key(values))
        right.append(values)
    return right, wrong
