"""Answers that people are shown have nothing in them that may be a buyer's (SPEC O6, P7)."""

import json
from decimal import Decimal
from typing import Any

from aftersale.platforms.unread import LONGEST, without_people

ANSWER = {
    "refundId": 2607602240240301,
    "status": 35,
    "type": "REFUND",
    "refundFee": "4990",
    "amountYuan": Decimal("49.90"),
    "createTime": 1_764_554_400_000,
    "update_time": "2025-12-01 10:00:00",
    "has_more": True,
    "gone": None,
    "buyer": {
        "buyerNick": "TOM",
        "openid": "oBuyer_1",
        "phone": 13800138000,
        "telephone": "5551234",
        "address": {"detail_info": "1201", "city": "HZ"},
    },
    "refundDesc": "call me: 13800138000",
    "reason_text": "OTHERS",
    "lines": [{"sku_cnt": 2, "express_no": "SF1020304050607"}, "张三"],
}


def test_names_codes_amounts_and_moments_are_shown() -> None:
    shown = json.loads(without_people(ANSWER))
    kept = ("status", "type", "refundFee", "createTime", "update_time", "has_more", "gone")
    assert {name: shown[name] for name in kept} == {name: ANSWER[name] for name in kept}
    assert shown["amountYuan"] == "49.90"
    assert shown["lines"][0]["sku_cnt"] == 2
    assert list(shown) == list(ANSWER)


def test_everything_else_is_shown_by_its_kind_and_length() -> None:
    shown = json.loads(without_people(ANSWER))
    assert shown["refundId"] == "#…×16"
    assert shown["refundDesc"] == "…×20"
    assert shown["lines"] == [
        {"sku_cnt": 2, "express_no": "…×15"},
        "…×2",
    ]
    assert shown["buyer"] == {
        "buyerNick": "…×3",
        "openid": "…×8",
        "phone": "#…×11",
        "telephone": "…×7",
        "address": {"detail_info": "…×4", "city": "…×2"},
    }


def test_a_parcels_number_is_no_code() -> None:
    parcel = {"logistics_code": "SF1020304050607", "company_code": "SF", "error_code": "E4001"}
    shown = json.loads(without_people({"parcel": parcel}))["parcel"]
    assert shown == {**parcel, "logistics_code": "…×15"}


def test_odd_answers_are_shown_too() -> None:
    deep: Any = "x"
    for _ in range(50):
        deep = [deep]
    assert without_people(None) == ""
    assert without_people([]) == "[]"
    assert "…" in without_people(deep)
    assert len(without_people({"rows": [{"a": 1}] * 5_000})) == LONGEST + 1
