"""The records of files and of the API: shops, orders, tickets, fund entries (INTERFACES).

One definition for files, `simulate` and the REST API. Money is fen in a record and a string in
yuan outside; times are aware datetimes. Wrong input raises pydantic's ValidationError; `explain`
(aftersale.records.errors) says in plain words what was expected.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from aftersale.records.errors import FieldError, explain
from aftersale.records.values import (
    LINK_PATTERN,
    NO_NUL,
    PLATFORM_PATTERN,
    Amount,
    Code,
    DailyInterval,
    DateText,
    Name,
    Number,
    OptionalCode,
    SignedAmount,
    Text,
    Time,
    TimeZone,
)

__all__ = [
    "BuyerLimitRecord",
    "CommissionReturnRecord",
    "FieldError",
    "FundEntryRecord",
    "LineRecord",
    "OrderRecord",
    "Record",
    "RefundResult",
    "ReturnShipment",
    "ShopRecord",
    "SplitRecord",
    "TicketRecord",
    "explain",
]

OrderStatus = Literal[
    "pending_payment",
    "pending_shipment",
    "partially_shipped",
    "shipped",
    "delivered",
    "completed",
    "closed",
]
OrderType = Literal["ordinary", "cross_border", "deposit"]
OrderLabel = Literal["fast_refund", "refund_keep_goods", "campaign", "risk"]
TicketLabel = Literal["risk"]
TicketType = Literal["refund_only", "return_refund", "refund_keep_goods", "exchange"]
TicketStatus = Literal[
    "pending_review",
    "negotiating",
    "awaiting_return",
    "returning",
    "refunding",
    "refunded",
    "refund_failed",
    "rejected",
    "arbitration",
    "cancelled",
    "closed",
]
ShopStatus = Literal["normal", "suspended", "closed"]
Beneficiary = Literal["talent", "team_leader", "promoter", "platform"]
Fund = Literal["wallet", "deposit"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

Platform = Annotated[str, Field(pattern=PLATFORM_PATTERN)]


class Record(BaseModel):
    """Base of all records: unknown and misspelled keys are refused."""

    # An error that reaches a log does not quote what a buyer wrote.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class BuyerLimitRecord(Record):
    """SPEC G1. A limit that is absent is off."""

    days: int = Field(ge=1, le=365)
    count: int | None = Field(default=None, ge=0, le=1_000_000)
    amount: Amount | None = None


class CommissionReturnRecord(Record):
    """SPEC W4: the designated categories, and the limit in days after completion."""

    categories: list[Code] = Field(default=[], max_length=1000)
    days: int = Field(ge=0, le=3660)


def _after_each_other(
    periods: list[tuple[datetime, datetime | None]],
) -> list[tuple[datetime, datetime | None]]:
    last: datetime | None = None
    open_ended = False
    for start, end in sorted(periods, key=lambda period: period[0]):
        if end is not None and end <= start:
            raise PydanticCustomError("period_order", "period_order")
        if open_ended or (last is not None and start < last):
            raise PydanticCustomError("period_overlap", "period_overlap")
        last, open_ended = end, end is None
    return periods


Period = Annotated[tuple[Time, Time | None], Field(strict=False)]
Periods = Annotated[list[Period], Field(max_length=1000), AfterValidator(_after_each_other)]
Intervals = Annotated[list[DailyInterval], Field(max_length=48)]


class ShopRecord(Record):
    code: Code
    name: Name
    platform: Platform = "other"
    status: ShopStatus = "normal"
    timezone: TimeZone = "Asia/Shanghai"
    working_hours: dict[Weekday, Intervals] = {}
    special_days: dict[DateText, Intervals] = Field(default={}, max_length=5000)
    fast_refund_periods: Periods = []
    automation_paused: bool = False
    blocked_buyers: list[Number] = []
    buyer_limit: BuyerLimitRecord | None = None
    wallet_opened_at: Time | None = None
    commission_return: CommissionReturnRecord | None = None


class LineRecord(Record):
    line_no: int = Field(ge=1, le=1_000_000)
    product: Number
    category: OptionalCode = ""
    title: Text = ""
    quantity: int = Field(ge=1, le=1_000_000)
    paid_amount: Amount
    virtual: bool = False
    sku: Text = ""
    picture: Annotated[str, Field(max_length=1000, pattern=LINK_PATTERN)] | None = None


class SplitRecord(Record):
    beneficiary: Beneficiary
    account: OptionalCode = ""
    amount: Amount


class OrderRecord(Record):
    shop: Code
    order_no: Number
    type: OrderType = "ordinary"
    status: OrderStatus
    buyer: Number
    created_at: Time | None = None
    paid_at: Time | None = None
    label_printed_at: Time | None = None
    shipped_at: Time | None = None
    delivered_at: Time | None = None
    completed_at: Time | None = None
    updated_at: Time
    paid_amount: Amount
    refunded_amount: Amount = Field(
        default=0,
        json_schema_extra={"default": "0.00"},  # in yuan, as programs send it
        description="Refunded of the order outside Afterdesk, on the platform or by hand, in all. "
        "Refunds that Afterdesk caused are counted there already: leave them out. A figure that "
        "equals them is stored as it is, and the order's open tickets go to people.",
    )
    labels: list[OrderLabel] = Field(default_factory=list, max_length=50)
    lines: list[LineRecord] = Field(min_length=1, max_length=1000)
    commission_splits: list[SplitRecord] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def line_numbers_are_unique(self) -> Self:
        if len(self.lines) > 1 and len({line.line_no for line in self.lines}) < len(self.lines):
            raise PydanticCustomError("line_numbers", "line_numbers", {"key": "lines"})
        return self


class ReturnShipment(Record):
    carrier: OptionalCode = ""
    tracking_no: OptionalCode = ""
    shipped_at: Time | None = None


class RefundResult(Record):
    """A refund that the platform made by itself (SPEC O7)."""

    status: Literal["succeeded", "failed"]
    at: Time | None = None
    reason: Text = ""


class TicketRecord(Record):
    shop: Code
    ticket_no: Number
    order_no: Number
    line_no: int | None = Field(default=None, ge=1, le=1_000_000)
    type: TicketType
    reason: OptionalCode = ""
    amount: Amount
    applied_at: Time
    updated_at: Time
    note: Annotated[str, Field(max_length=2000, pattern=NO_NUL)] = ""
    evidence: list[Annotated[str, Field(max_length=1000, pattern=LINK_PATTERN)]] = Field(
        default_factory=list, max_length=50
    )
    labels: list[TicketLabel] = Field(default_factory=list, max_length=50)
    status: TicketStatus | None = None
    due_at: Time | None = None
    return_shipment: ReturnShipment | None = None
    arbitration_result: Literal["buyer", "merchant"] | None = None
    refund_result: RefundResult | None = None


class FundEntryRecord(Record):
    """One entry of a shop's wallet or deposit; debits are negative (SPEC W3)."""

    shop: Code
    fund: Fund
    entry_no: Number
    amount: SignedAmount
    at: Time
    note: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = ""
