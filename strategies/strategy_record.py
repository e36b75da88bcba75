"""The strategy record of files and of the API (INTERFACES, strategy; SPEC section 4)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, LiteralString, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from aftersale.domain.identifiers import has_separator
from aftersale.records.schemas import Record
from aftersale.records.values import (
    NO_NUL,
    Amount,
    Code,
    DailyInterval,
    Number,
    StrategyName,
    Time,
)

# SPEC T4, in fen.
LEAST_SINGLE_AMOUNT_CAP = 100
MOST_SINGLE_AMOUNT_CAP = 9_999_900
DEFAULT_DAILY_CAP = 5_000_000

ScenarioName = Literal[
    "pre_ship_refund",
    "post_ship_refund",
    "post_ship_waive_return",
    "post_ship_return",
    "post_ship_keep_goods",
]


def _single_amount_cap(amount: int) -> int:
    if not LEAST_SINGLE_AMOUNT_CAP <= amount <= MOST_SINGLE_AMOUNT_CAP:
        raise PydanticCustomError("single_amount_cap", "single_amount_cap")
    return amount


def _known(identifier: str) -> str:
    """Refuses "?", which stands for a product that is not known (SPEC E3 `product`)."""
    if identifier == "?":
        raise PydanticCustomError("unknown_product", "unknown_product")
    return identifier


def _one_product(text: Any) -> Any:
    """Refuses "p-1,p-2", which a list in one entry would be, before blanks are cleaned away.

    No order has such a product, so both would be refunded although they are excluded (SPEC O9).
    """
    if isinstance(text, str) and has_separator(text.strip()):
        raise PydanticCustomError("several_products", "several_products")
    return text


def _daily_cap(data: dict[str, Any]) -> int:
    return max(DEFAULT_DAILY_CAP, data.get("single_amount_cap", 0))


Listed = Annotated[Number, AfterValidator(_known)]
ListedProduct = Annotated[Listed, BeforeValidator(_one_product)]


class BreakerRecord(Record):
    """SPEC G3: opens above so many hits, or above an amount, within so many minutes."""

    hits: int | None = Field(default=None, ge=1, le=1_000_000)
    amount: Amount | None = None
    minutes: int = Field(ge=1, le=1440)

    @model_validator(mode="after")
    def has_a_limit(self) -> Self:
        if self.hits is None and self.amount is None:
            raise PydanticCustomError("breaker_empty", "breaker_empty")
        return self


class StrategyRecord(Record):
    """A strategy with the defaults of SPEC T1; caps in fen."""

    shop: Code
    scenario: ScenarioName
    name: StrategyName
    remark: Annotated[str, Field(max_length=2000, pattern=NO_NUL)] = ""
    enabled: bool = False
    priority: int | None = Field(default=None, ge=1, le=1000)
    valid_from: Time | None = None
    valid_until: Time | None = None
    execution_time: Literal["all_day", "windows", "off_hours"] = "all_day"
    windows: list[DailyInterval] = Field(default=[], max_length=48)
    paid_time: Literal["off_hours", "any"] = "off_hours"
    order_statuses: list[Literal["shipped", "delivered"]] = Field(
        default=["shipped", "delivered"], min_length=1, max_length=2
    )
    buyer_reasons: list[Number] = Field(default=[], max_length=1000)
    single_amount_cap: Annotated[Amount, AfterValidator(_single_amount_cap)]
    daily_cap: Amount = Field(default_factory=_daily_cap)
    time_limit_hours: int | None = Field(default=None, ge=1, le=24 * 366)
    skip_label_printed: bool = True
    skip_risky: bool = True
    product_condition: Literal["all", "include", "exclude"] = "all"
    products: list[ListedProduct] = Field(default=[], max_length=10_000)
    categories: list[Listed] = Field(default=[], max_length=10_000)  # as long as a line's
    refund_reason: Annotated[str, Field(max_length=128, pattern=NO_NUL)] = ""
    breaker: BreakerRecord | None = None

    @model_validator(mode="after")
    def fields_agree(self) -> Self:
        if self.daily_cap < self.single_amount_cap:
            raise _disagreement("daily_cap", "daily_cap")
        if self.execution_time == "windows" and not self.windows:
            raise _disagreement("windows_empty", "windows")
        if self.execution_time == "off_hours" and self.scenario != "pre_ship_refund":
            raise _disagreement("off_hours_scenario", "execution_time")
        return self


# Yes-or-no keys, each the setting of its own condition.
SWITCHES = tuple(
    key
    for key, field in StrategyRecord.model_fields.items()
    if field.annotation is bool and key != "enabled"
)


def _disagreement(kind: LiteralString, key: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "disagreement", {"key": key})
