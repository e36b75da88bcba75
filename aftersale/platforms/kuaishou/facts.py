"""Kuaishou's facts about a ticket or order beyond its record, for people; no buyer's data."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.domain.money import plain_yuan
from aftersale.platforms.kuaishou import codes
from aftersale.platforms.kuaishou.values import (
    clean,
    identity,
    moment,
    number,
    part,
    rows,
    whole,
)
from aftersale.platforms.protocol import Fact

# Of a seller's note; a telephone or parcel number in it is masked.
_LONGEST = 200
_LONG_NUMBER = re.compile(r"\d{7,}")
_MOST_STEPS = 20

Row = Mapping[str, Any]


def of_ticket(
    row: Row, history: Sequence[Row], *, type_known: bool, status_known: bool
) -> tuple[Fact, ...]:
    way, freight = number(row, "handlingWay"), part(row, "returnFreightInfo")
    asked = number(freight, "returnFreightAmount")
    found = [
        Fact("status_there", "" if status_known else _status_there(row)),
        Fact("type_there", "" if type_known else str(way)),
        Fact("kind", codes.GOODS_ONLY.get(way, "")),
        Fact(
            "kind",
            "price_protection"
            if number(row, "specialRefundType") == codes.PRICE_PROTECTION
            else "",
        ),
        Fact("started_by", codes.STARTED_BY.get(number(row, "refundType"), "")),
        Fact("goods_received", codes.RECEIVED.get(number(row, "receiptStatus"), "")),
        Fact("urged", identity(row, "urgeTimes")),
        Fact("negotiation", codes.NEGOTIATIONS.get(number(row, "negotiateReason"), "")),
        Fact("exchange_for", _exchange(part(row, "exchangeInfo"))),
        Fact("return_freight_asked", plain_yuan(asked) if asked else ""),
        Fact(
            "return_freight",
            codes.RETURN_FREIGHT.get(number(freight, "returnFreightStatus"), ""),
        ),
        *(Fact("parcel_warning", warning) for warning in parcel_warnings(row)),
        *(
            Fact("history", clean(step.get("title"))[:_LONGEST], moment(number(step, "createTime")))
            for step in history[:_MOST_STEPS]
        ),
    ]
    return _said(found)


def _status_there(row: Row) -> str:
    status, negotiation = number(row, "status"), number(row, "negotiateStatus")
    known = negotiation in set(codes.Negotiation)
    return str(status) if known else f"{status}, {negotiation}"


def of_order(row: Row) -> tuple[Fact, ...]:
    base, item = part(row, "orderBaseInfo"), part(row, "orderItemInfo")
    service = part(item, "serviceInfo")
    change = part(row, "addressUpdateAuditInfo")
    # Of goods that have left it would read like a task.
    to_ship = number(base, "status") < codes.OrderStatus.SHIPPED
    promised = moment(number(base, "validPromiseShipmentTimeStamp")) if to_ship else None
    found = [
        *(Fact("do_not_ship", reason) for reason in do_not_ship(base) or _not_now(base)),
        *([Fact("ship_by", "", promised)] if promised else []),
        Fact("urged", "1" if number(base, "remindShipmentSign") else ""),
        Fact("freight_insurance", "yes" if service.get("freight") is True else ""),
        Fact(
            "return_rule",
            codes.RETURN_RULE.get(number(part(service, "serviceRuleInfo"), "refundRule"), ""),
        ),
        Fact("presale", "stock" if number(base, "preSale") else ""),
        Fact("address_change", codes.ADDRESS_CHANGE.get(number(change, "auditStatus"), "")),
        Fact("sold_by", clean(part(row, "orderCpsInfo").get("distributorName"))[:64]),
        Fact("paid_with", codes.PAID_WITH.get(number(base, "payType"), "")),
        *_notes(part(row, "orderNote")),
    ]
    return _said(found)


def parcel_warnings(row: Row) -> list[str]:
    """The platform's words on a return parcel that is out of the ordinary."""
    warnings = row.get("logisticsRiskInfos")
    if isinstance(warnings, str):
        warnings = [warnings]
    if not isinstance(warnings, list):
        return []
    words = [
        clean(warning if isinstance(warning, str) else json.dumps(warning, ensure_ascii=False))
        for warning in warnings
        if warning
    ]
    return [word[:_LONGEST] for word in words if word]


def do_not_ship(base: Row) -> list[str]:
    """Why an order may not be shipped; any code there forbids it, known or not."""
    reasons = base.get("disableDeliveryReasonCode")
    listed = reasons if isinstance(reasons, list) else [reasons]
    found = [number({"code": code}, "code") for code in [base.get("riskCode"), *listed]]
    return list(dict.fromkeys(codes.DO_NOT_SHIP.get(code, str(code)) for code in found if code))


def _not_now(base: Row) -> list[str]:
    """An open request may be why: so it is shown, and makes no order risky."""
    if number(base, "status") != codes.OrderStatus.PAID:
        return []
    return ["not_now"] if whole(base, "validPromiseShipmentTimeStamp") == codes.NO_PROMISE else []


def _notes(note: Row) -> list[Fact]:
    found = []
    for one in rows(note, "orderNoteInfo"):
        at = moment(number(one, "createTime"))
        tag = clean(one.get("flagTagCode"))
        found.append(Fact("seller_flag", codes.FLAGS.get(tag, tag)[:64], at))
        found.append(Fact("seller_note", _LONG_NUMBER.sub("…", clean(one.get("note"))), at))
    return [Fact(fact.name, fact.value[:_LONGEST], fact.at) for fact in found]


def _exchange(wanted: Row) -> str:
    words = clean(wanted.get("skuDesc")) or identity(wanted, "skuId")
    count = number(wanted, "quantity")
    return f"{words[:100]} × {count}" if words and count else words[:100]


def _said(found: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in found if fact.value or fact.at)
