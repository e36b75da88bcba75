"""WeChat's facts about a ticket or order beyond its record, for people; no buyer's data."""

from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.domain.money import plain_yuan
from aftersale.platforms.protocol import Fact
from aftersale.platforms.wechat import codes, disputes
from aftersale.platforms.wechat.disputes import Dispute
from aftersale.platforms.wechat.values import moment, part, present, rows, text, texts

_LONGEST = 200
_MOST_PICTURES = 20
_YES = (True, "true", "1")

Raw = Mapping[str, Any]


def of_ticket(
    raw: Raw, dispute: Dispute | None, *, type_known: bool, status_known: bool
) -> tuple[Fact, ...]:
    status, type = codes.status_name(raw.get("status")), codes.type_name(raw.get("type"))
    details, refund = part(raw, "details"), part(raw, "refund_info")
    received = details.get("receive_product")
    kind = codes.KIND.get(text(raw.get("sub_type")), "")
    # Only a shop gives a difference back, and a request that waits for the buyer is the shop's.
    by_shop = kind == "price_difference" or status == codes.WAIT_FOR_BUYER
    in_hand = "" if received is None or by_shop else "yes" if received in _YES else "no"
    pictures = texts(details, "media_id_list")
    in_dispute = dispute.pictures if dispute else ()
    return _said(
        [
            Fact("status_there", "" if status_known else status or "–"),
            Fact("type_there", "" if type_known else type or "–"),
            Fact(
                "type_there",
                "" if codes.kind_is_known(raw.get("sub_type")) else text(raw.get("sub_type")),
            ),
            Fact("kind", kind),
            Fact("kind", "reship" if type == "RESHIP" else ""),
            Fact("started_by", "merchant" if by_shop else ""),
            Fact("started_by", "platform" if raw.get("reason") == codes.BY_PLATFORM else ""),
            Fact("goods_received", in_hand),
            *_offered(part(raw, "merchant_update_detail")),
            Fact("our_refusal", text(part(raw, "merchant_upload_info").get("reject_reason"))),
            Fact("exchange_for", _exchange(part(raw, "exchange_product_info"))),
            Fact("insurance", "low_price" if refund.get("is_low_price_insurance_refund") else ""),
            Fact("insurance", "final" if refund.get("is_final_refund_by_insurance") else ""),
            Fact("platform_discount_back", _yuan(refund.get("platform_discount_return_amount"))),
            Fact("compensation", _yuan(raw.get("compensation_liability_amount"))),
            *(
                Fact("gifts_back", f"{text(gift.get('product_id'))} × {text(gift.get('count'))}")
                for gift in rows(part(raw, "product_info"), "gift_product_list")
            ),
            *(disputes.facts(dispute) if dispute else ()),
            *(
                Fact("picture", media)
                for media in list(dict.fromkeys([*pictures, *in_dispute]))[:_MOST_PICTURES]
            ),
        ]
    )


def of_order(raw: Raw) -> tuple[Fact, ...]:
    detail = part(raw, "order_detail")
    lines = rows(detail, "product_infos")
    first = part(lines[0], "sku_deliver_info") if lines else {}
    insured = any(part(line, "extra_service").get("freight_insurance") for line in lines)
    returns = any(part(line, "extra_service").get("seven_day_return") for line in lines)
    is_present = present(raw, "is_present") or present(raw, "present_order_id_str")
    taken = "claimed" if raw.get("openid") else "unclaimed"
    method = codes.whole(part(detail, "pay_info").get("payment_method"))
    # Of goods that have left it would read like a task.
    to_ship = codes.whole(raw.get("status")) < codes.ALL_SENT
    predicted = moment(first.get("predict_delivery_time")) if to_ship else None
    return _said(
        [
            Fact("present", taken if is_present else ""),
            Fact("presale", "full" if str(first.get("stock_type")) == codes.PRESALE else ""),
            *([Fact("ship_by", "", predicted)] if predicted else []),
            Fact("freight_insurance", "yes" if insured else ""),
            Fact("return_rule", "seven_days" if returns else ""),
            Fact("paid_with", codes.PAID_WITH.get(method, "")),
        ]
    )


def of_gift(raw: Raw) -> tuple[Fact, ...]:
    return _said(
        [
            Fact("kind", "group_gift"),
            Fact(
                "status_there",
                ""
                if codes.status_name(raw.get("status")) in codes.TICKET_STATUS
                else text(raw.get("status")),
            ),
        ]
    )


def _offered(offer: Raw) -> list[Fact]:
    """The merchant's last offer."""
    old, new = offer.get("old_after_sale_amount"), offer.get("new_after_sale_amount")
    was, type = (
        codes.TICKET_TYPE.get(codes.type_name(offer.get(f"{when}_after_sale_type")), "")
        for when in ("old", "new")
    )
    amounts = f"{_yuan(old)} → {_yuan(new)}" if new and old != new else ""
    return [
        Fact("offered_type", type if type != was else ""),
        Fact("offered", amounts),
        Fact("offered_text", text(offer.get("merchant_update_desc"))),
    ]


def _exchange(wanted: Raw) -> str:
    code = text(wanted.get("new_sku_code") or wanted.get("new_sku_id"))
    return f"{code} × {text(wanted.get('product_cnt'))}" if code else ""


def _yuan(fen: Any) -> str:
    amount = codes.whole(fen)
    return plain_yuan(amount) if amount else ""


def _said(found: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(
        Fact(fact.name, fact.value[:_LONGEST], fact.at) for fact in found if fact.value or fact.at
    )
