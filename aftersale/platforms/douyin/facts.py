"""Douyin's facts of a ticket or order beyond its record, for people; no buyer's data."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.domain.money import plain_yuan
from aftersale.platforms.protocol import Fact

from . import codes
from .values import clean, moment, number, part, rows, whole, written

# The longest text of a note or step; a telephone or parcel number in it is masked.
_LONGEST = 200
_LONG_NUMBER = re.compile(r"\d{7,}")
_MOST_STEPS = 20

Row = Mapping[str, Any]


def of_ticket(data: Row, *, type_known: bool, status_known: bool) -> tuple[Fact, ...]:
    process = part(data, "process_info")
    info, dispute = part(process, "after_sale_info"), part(process, "arbitrate_info")
    type, received = whole(info, "after_sale_type"), whole(info, "got_pkg")
    found = [
        Fact("status_there", "" if status_known else _status_there(info)),
        Fact("type_there", "" if type_known else str(type)),
        Fact("kind", "" if type is None else codes.KINDS.get(type, "")),
        *(
            Fact("reason_detail", clean(label.get("name"))[:64])
            for label in rows(info, "reason_second_labels")
        ),
        Fact("started_by", codes.STARTED_BY.get(number(info, "apply_role"), "")),
        Fact("goods_received", "" if received is None else codes.RECEIVED.get(received, "")),
        *(Fact("automatic", name) for name in automatic(info)),
        Fact("exchange_for", _exchange(part(info, "exchange_sku_info"))),
        Fact("freight_insurance", "yes" if _insured(data) else ""),
        Fact("freight_in_amount", _yuan(info, "refund_post_amount")),
        Fact("platform_discount_back", _yuan(info, "platform_discount_return_amount")),
        Fact("parcel_warning", _risk(info)),
        *_dispute(dispute),
        *(_step(step) for step in rows(process, "record_logs_list")[:_MOST_STEPS]),
    ]
    return _said(found)


def of_order(row: Row) -> tuple[Fact, ...]:
    lines = rows(row, "sku_order_list")
    talents = [clean(line.get("author_name")) for line in lines if number(line, "author_id")]
    promised = moment(number(row, "exp_ship_time"))
    paid_with = whole(row, "pay_type")
    full_presale = any(number(line, "pre_sale_type") == codes.FULL_PRESALE for line in lines)
    found = [
        *([Fact("ship_by", "", promised)] if promised and not number(row, "ship_time") else []),
        Fact("presale", "full" if full_presale else ""),
        *(Fact("sold_by", name[:64]) for name in dict.fromkeys(talents)),
        Fact("paid_with", "" if paid_with is None else codes.PAID_WITH.get(paid_with, "")),
        Fact("channel_discount", _yuan(row, "promotion_pay_amount")),
        Fact("seller_flag", codes.FLAGS.get(number(row, "seller_remark_stars"), "")),
        Fact("seller_note", _masked(row.get("seller_words"))),
        *(Fact("mark_there", mark) for mark in _marks(row, lines)),
    ]
    return _said(found)


def automatic(info: Row) -> list[str]:
    """The platform's automations that decided it, known ones by name."""
    return list(dict.fromkeys(codes.AUTOMATIC.get(bit, str(bit)) for bit in audit_bits(info)))


def audit_bits(info: Row) -> list[int]:
    bits = info.get("auto_audit_bits")
    listed = bits if isinstance(bits, list) else []
    return [bit for one in listed if (bit := number({"bit": one}, "bit"))]


def at_risk(info: Row) -> bool:
    """The platform misspells the field; the list has it without the mistake."""
    return bool(number(info, "risk_decsison_code") or number(info, "risk_decision_code"))


def _status_there(info: Row) -> str:
    return f"{whole(info, 'after_sale_status')}, {whole(info, 'refund_status')}"


def _risk(info: Row) -> str:
    if not at_risk(info):
        return ""
    names = ("risk_decsison_reason", "risk_decsison_description")
    words = [_masked(info.get(name)) for name in names]
    return " ".join(word for word in words if word)[:_LONGEST] or str(
        number(info, "risk_decsison_code")
    )


def _dispute(dispute: Row) -> list[Fact]:
    status = number(dispute, "arbitrate_status")
    if not status:
        return []
    until = moment(number(dispute, "arbitrate_status_deadline"))
    wanted = status == codes.DISPUTE_WANTS_PROOF
    return [
        Fact("dispute", codes.DISPUTES.get(status, str(status))),
        *([Fact("dispute_until", "", until)] if until else []),
        Fact("dispute_turn", "merchant" if wanted else ""),
        Fact(
            "dispute_wants",
            _masked(part(dispute, "arbitrate_evidence_tmpl").get("describe")) if wanted else "",
        ),
        Fact("dispute_says", _masked(dispute.get("arbitrate_opinion"))),
    ]


def _step(step: Row) -> Fact:
    return Fact("history", _masked(step.get("text")), written(step.get("time")))


def _exchange(wanted: Row) -> str:
    words = clean(wanted.get("spec_desc")) or clean(wanted.get("name"))
    count = number(wanted, "num")
    return f"{words[:100]} × {count}" if words and count else words[:100]


def _insured(data: Row) -> bool:
    return any(
        tag.get("tag_detail_en") == codes.FREIGHT_INSURANCE
        for line in rows(part(data, "order_info"), "sku_order_infos")
        for tag in rows(line, "insurance_tags")
    )


def _marks(row: Row, lines: Sequence[Row]) -> list[str]:
    """Their keys are not published, so they are shown as the platform words them."""
    tags = [
        *rows(row, "shop_order_tag_ui"),
        *(tag for line in lines for tag in rows(line, "sku_order_tag_ui")),
    ]
    words = [clean(tag.get("text"))[:64] for tag in tags]
    return list(dict.fromkeys(word for word in words if word))


def _yuan(row: Row, name: str) -> str:
    amount = number(row, name)
    return plain_yuan(amount) if amount > 0 else ""


def _masked(text: Any) -> str:
    return _LONG_NUMBER.sub("…", clean(text))[:_LONGEST]


def _said(found: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in found if fact.value or fact.at)
