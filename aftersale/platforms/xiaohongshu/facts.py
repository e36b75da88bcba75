"""Xiaohongshu's facts about a ticket or order beyond its record, for people; no buyer's data."""

import re
from collections.abc import Sequence

from aftersale.domain.money import plain_yuan
from aftersale.platforms.protocol import Fact
from aftersale.platforms.xiaohongshu import codes
from aftersale.platforms.xiaohongshu.codes import Kind, OrderStatus
from aftersale.platforms.xiaohongshu.values import (
    Row,
    clean,
    fen,
    identity,
    moment,
    number,
    rows,
    whole,
)

_LONGEST = 200
_MOST_STEPS = 20
# A telephone or parcel number in a seller's note is masked.
_LONG_NUMBER = re.compile(r"\d{7,}")


def of_ticket(info: Row, history: Sequence[Row], *, status_known: bool) -> tuple[Fact, ...]:
    kind, tag = number(info, "returnType"), number(info, "returnsTag")
    freight = fen(info, "appliedShipFeeAmountYuan")
    insured = info.get("supportCarriageInsurance") is True
    return _said(
        [
            Fact("status_there", "" if status_known else _codes(info)),
            Fact("type_there", "" if kind in codes.TICKET_TYPE else str(kind)),
            Fact("kind", "price_protection" if kind == Kind.PRICE_PROTECTION else ""),
            Fact("goods_received", codes.RECEIVED.get(number(info, "cargoStatus"), "")),
            Fact("paid_by_rule", codes.FAST_REFUND.get(tag, str(tag) if tag else "")),
            Fact("freight_asked", plain_yuan(freight) if freight else ""),
            Fact("freight_insurance", "yes" if insured else ""),
            Fact("our_refusal", clean(info.get("closeReasonZh"))),
            *(Fact("exchange_for", _goods(row)) for row in rows(info, "exchangeSKUs")),
            # Neither unit nor zone of its time is documented: shown as it came.
            *(
                Fact("history", f"{clean(step.get('time'))} {clean(step.get('title'))}".strip())
                for step in history[:_MOST_STEPS]
            ),
        ]
    )


def of_order(row: Row) -> tuple[Fact, ...]:
    kind = number(row, "orderType")
    # Of goods that have left it would read like a task.
    to_ship = number(row, "orderStatus") < OrderStatus.TO_RECEIVE
    promised = moment(number(row, "promiseLastDeliveryTime")) if to_ship else None
    checked = number(row, "orderStatus") == OrderStatus.PROCESSING
    sellers = [clean(line.get("kolName")) for line in rows(row, "skuList")]
    original = identity(row, "originalOrderId")
    exchange_asked = number(row, "orderStatus") == OrderStatus.EXCHANGE_ASKED
    return _said(
        [
            Fact("do_not_ship", "risk_check" if checked else ""),
            *([Fact("ship_by", "", promised)] if promised else []),
            Fact("presale", "full" if kind in codes.PAID_IN_FULL_PRESALE else ""),
            Fact("exchange_of", original if kind == codes.EXCHANGE_PARCEL else ""),
            Fact("order_there", "exchange_asked" if exchange_asked else ""),
            *(Fact("sold_by", name[:64]) for name in dict.fromkeys(sellers)),
            Fact("paid_with", codes.PAID_WITH.get(number(row, "paymentType"), "")),
            *_note(row),
        ]
    )


def _note(row: Row) -> list[Fact]:
    text = _LONG_NUMBER.sub("…", clean(row.get("sellerRemark")))
    if not text:
        # A flag alone every order has.
        return []
    flag = codes.FLAGS.get(number(row, "sellerRemarkFlag"), "")
    return [Fact("seller_flag", flag), Fact("seller_note", text)]


def _codes(info: Row) -> str:
    """Status and refund status as they came, where the two tell nothing that is known here."""
    given = (whole(info.get("status")), whole(info.get("refundStatus")))
    return " / ".join("–" if code is None else str(code) for code in given)


def _goods(row: Row) -> str:
    words = (clean(row.get("skuName")) or identity(row, "skuId"))[:100]
    count = number(row, "appliedCount") or number(row, "boughtCount")
    return f"{words} × {count}" if words and count else words


def _said(found: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(
        Fact(fact.name, fact.value[:_LONGEST], fact.at) for fact in found if fact.value or fact.at
    )
