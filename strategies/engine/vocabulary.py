"""Scenarios and outcomes: the words and the order of SPEC S1 and E8, as data."""

from typing import NamedTuple

REFUND = "refund"
APPROVE_RETURN = "approve_return"
MANUAL = "manual"
OUTCOMES = (REFUND, APPROVE_RETURN, MANUAL)

STRATEGY = "strategy"
FAST_REFUND = "fast_refund"
SOURCES = (STRATEGY, FAST_REFUND)

# Why a decision is for people (SPEC E8).
NONE_HIT = "none_hit"
NO_SCENARIO = "no_scenario"
PAUSED = "paused"
NO_AMOUNT = "no_amount"
OVER_REFUNDABLE = "over_refundable"
OVER_LINE = "over_line"
IMPOSSIBLE_TIMES = "impossible_times"
REJECTED_BEFORE = "rejected_before"
TAKEN_BACK = "taken_back"
OPEN_DIFFERENCE = "open_difference"
PLATFORM_EXCESS = "platform_excess"
SUGGESTED = "suggested"
ERROR = "error"  # given by the evaluator, never by the engine
WHYS = (
    NONE_HIT,
    NO_SCENARIO,
    PAUSED,
    NO_AMOUNT,
    OVER_REFUNDABLE,
    OVER_LINE,
    IMPOSSIBLE_TIMES,
    REJECTED_BEFORE,
    TAKEN_BACK,
    OPEN_DIFFERENCE,
    PLATFORM_EXCESS,
    SUGGESTED,
    ERROR,
)

# SPEC E2: an application may lie this far ahead of the decision, in microseconds.
MOST_AHEAD = 10 * 60 * 1_000_000

PENDING_SHIPMENT = "pending_shipment"
SHIPPED = "shipped"
DELIVERED = "delivered"

# Which of an order's times tells when it entered its status: paid, shipped, delivered.
ENTERED = {PENDING_SHIPMENT: 0, SHIPPED: 1, DELIVERED: 2}

FAST_REFUND_LABEL = "fast_refund"
KEEP_GOODS_LABEL = "refund_keep_goods"

DEPOSIT = "deposit"
# Stands for a product that is not known (SPEC E3).
UNKNOWN_PRODUCT = "?"


class Scenario(NamedTuple):
    """One row of SPEC S1."""

    name: str
    ticket_types: tuple[str, ...]
    order_statuses: tuple[str, ...]
    label: str | None
    outcome: str

    def takes(
        self,
        ticket_type: str,
        order_status: str | None,
        has_label: bool,
        order_type: str | None = None,
    ) -> bool:
        """Whether a ticket of this type matches (SPEC S1, S2); `has_label` is about the
        keep-goods label."""
        return (
            ticket_type in self.ticket_types
            and order_status in self.order_statuses
            and (self.label is None or has_label)
            and order_type != DEPOSIT
        )


_AFTER_SHIPPING = (SHIPPED, DELIVERED)

SCENARIOS = (
    Scenario("pre_ship_refund", ("refund_only",), (PENDING_SHIPMENT,), None, REFUND),
    Scenario("post_ship_refund", ("refund_only",), _AFTER_SHIPPING, None, REFUND),
    Scenario(
        "post_ship_waive_return", ("return_refund", "refund_only"), _AFTER_SHIPPING, None, REFUND
    ),
    Scenario("post_ship_return", ("return_refund",), _AFTER_SHIPPING, None, APPROVE_RETURN),
    Scenario(
        "post_ship_keep_goods", ("refund_keep_goods",), _AFTER_SHIPPING, KEEP_GOODS_LABEL, REFUND
    ),
)
PRE_SHIP = SCENARIOS[0]
SCENARIO_INDEX = {scenario.name: index for index, scenario in enumerate(SCENARIOS)}
SCENARIO_BIT = {scenario.name: 1 << index for index, scenario in enumerate(SCENARIOS)}
# Facts.scenarios_hit: fast refund, too, hits a ticket once (SPEC S3, F2).
FAST_REFUND_BIT = 1 << len(SCENARIOS)
