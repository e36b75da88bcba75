"""The sentence of a strategy: all that is set is in it, in the reader's language."""

from typing import Any

from django.utils import translation

from strategies.admin.wording.sentence import sentence
from tests.each import each

BASE = {"scenario": "pre_ship_refund", "single_amount_cap": 20_000, "daily_cap": 5_000_000}
POST = BASE | {"scenario": "post_ship_refund", "order_statuses": ["shipped", "delivered"]}
TABLE: list[tuple[dict[str, Any], str, str]] = [
    (
        BASE,
        "Refunds unshipped orders up to ¥200, at most ¥50,000 a day.",
        "待发货订单的仅退款申请，单笔不超过 ¥200的，自动退款，每天最多 ¥50,000。",
    ),
    (
        BASE | {"execution_time": "windows", "windows": [["22:00", "08:00"]]},
        "Refunds unshipped orders up to ¥200, applied for between 22:00 and 08:00, "
        "at most ¥50,000 a day.",
        "待发货订单的仅退款申请，单笔不超过 ¥200、在 22:00–次日08:00 申请的，自动退款，"
        "每天最多 ¥50,000。",
    ),
    (
        BASE | {"execution_time": "windows", "windows": [["09:00", "12:00"], ["18:00", "18:00"]]},
        "Refunds unshipped orders up to ¥200, applied for between 09:00 and 12:00 or between "
        "18:00 and 18:00 on the next day, at most ¥50,000 a day.",
        "待发货订单的仅退款申请，单笔不超过 ¥200、在 09:00–12:00 或 18:00–次日18:00 "
        "申请的，自动退款，"
        "每天最多 ¥50,000。",
    ),
    (
        BASE | {"execution_time": "windows", "windows": []},
        "Refunds unshipped orders up to ¥200, applied for in daily windows that are not chosen "
        "yet, at most ¥50,000 a day.",
        "待发货订单的仅退款申请，单笔不超过 ¥200、在指定时段（尚未填写）申请的，自动退款，"
        "每天最多 ¥50,000。",
    ),
    (
        BASE | {"execution_time": "off_hours", "paid_time": "off_hours", "single_amount_cap": None},
        "Refunds unshipped orders up to ¥…, paid and applied for in off-hours, "
        "at most ¥50,000 a day.",
        "待发货订单的仅退款申请，单笔不超过 ¥…、在下班时间付款并申请的，"
        "自动退款，每天最多 ¥50,000。",
    ),
    (
        BASE
        | {"execution_time": "off_hours", "paid_time": "any", "time_limit_hours": 1}
        | {"skip_label_printed": False, "skip_risky": False, "single_amount_cap": 5_990},
        "Refunds unshipped orders up to ¥59.90, applied for in off-hours, within 1 hour of "
        "payment, whether or not the shipping label is printed, whether or not the platform "
        "flagged it as risky, at most ¥50,000 a day.",
        "待发货订单的仅退款申请，单笔不超过 ¥59.90、在下班时间申请、付款后 1 小时内申请、"
        "无论面单是否已打印、无论平台是否提示风险的，自动退款，每天最多 ¥50,000。",
    ),
    (
        BASE | {"valid_from": "2026-11-20T00:00:00+00:00", "valid_until": None},
        "Refunds unshipped orders up to ¥200, applied for from 2026-11-20 08:00 on, "
        "at most ¥50,000 a day.",
        "待发货订单的仅退款申请，单笔不超过 ¥200、2026-11-20 08:00 起申请的，自动退款，"
        "每天最多 ¥50,000。",
    ),
    (
        POST
        | {"order_statuses": ["shipped"], "time_limit_hours": 24, "buyer_reasons": ["other"]}
        | {"product_condition": "include", "products": ["a", "b"], "categories": ["c", "d", "e"]},
        "Refunds shipped orders up to ¥200, within 24 hours of shipping, only of the goods “a”, "
        "“b”, “c” and 2 more, for the reason “Other reason”, without getting the goods back, "
        "at most ¥50,000 a day.",
        "已发货订单的仅退款申请，单笔不超过 ¥200、发货后 24 小时内申请、"
        "商品仅限“a”、“b”、“c”及另外 2 项、"
        "申请原因为“其他”的，自动退款，不收回商品，每天最多 ¥50,000。",
    ),
    (
        POST
        | {"scenario": "post_ship_waive_return", "order_statuses": ["delivered"]}
        | {"breaker": {"hits": 5, "amount": 100_050, "minutes": 60}},
        "Refunds delivered orders up to ¥200, also where the buyer offers to send the goods back: "
        "it asks for nothing back, at most ¥50,000 a day. It switches itself off above 5 refunds "
        "or ¥1,000.50 within 60 minutes.",
        "已签收订单的退货退款和仅退款申请，单笔不超过 ¥200的，直接退款，不需买家寄回商品，"
        "每天最多 ¥50,000。60 分钟内超过 5 笔 或 ¥1,000.50，就自动停用。",
    ),
    (
        POST
        | {"scenario": "post_ship_return", "time_limit_hours": 168}
        | {"product_condition": "exclude", "products": ["a"]}
        | {"buyer_reasons": ["quality_issue", "their own word"]},
        "Lets buyers send back shipped or delivered orders up to ¥200, within 168 hours of "
        "shipping, or of delivery once delivered, without the goods “a”, for the reason “Quality "
        "issue” or “their own word”, at most ¥50,000 a day; the refund follows when the goods are "
        "confirmed received.",
        "已发货或已签收订单的退货退款申请，单笔不超过 ¥200、发货（已签收的自签收）后 168 "
        "小时内申请、商品不含“a”、申请原因为“质量问题”或“their own word”的，自动同意退货，"
        "每天最多 ¥50,000；确认收到退货后才退款。",
    ),
    (
        POST | {"order_statuses": []},
        "Refunds orders whose status is not chosen yet up to ¥200, without getting the goods back, "
        "at most ¥50,000 a day.",
        "尚未选择状态的订单的仅退款申请，单笔不超过 ¥200的，自动退款，不收回商品，"
        "每天最多 ¥50,000。",
    ),
    (
        POST | {"scenario": "post_ship_keep_goods", "product_condition": "exclude", "products": []},
        "Refunds shipped or delivered orders sold as “refund without return” up to ¥200, and the "
        "buyer keeps the goods, at most ¥50,000 a day.",
        "带“退款不退货”标识的已发货或已签收订单的退款不退货申请，单笔不超过 ¥200的，自动退款，"
        "商品归买家，每天最多 ¥50,000。",
    ),
]


@each("content, english, chinese", TABLE)
def test_sentence(content: dict[str, Any], english: str, chinese: str) -> None:
    with translation.override("en"):
        assert sentence(content) == english
    with translation.override("zh-hans"):
        assert sentence(content) == chinese


def test_times_are_on_the_shops_clock() -> None:
    content = BASE | {"valid_until": "2026-11-20T00:00:00+00:00"}
    with translation.override("en"):
        assert "before 2026-11-20 01:00" in sentence(content, zone="Europe/Berlin")
