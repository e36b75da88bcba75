"""The strategies of the demo shops, as records (INTERFACES, strategy), in the order of priorities.

Caps are set so that one of each of two shops is nearly used today, and one circuit breaker opens
(`wanted`).
"""

from typing import Any

from .clock import Clock
from .sales import iso

FLAWED = ["quality_issue", "not_as_described", "wrong_item"]


def strategies_of(shop: str, clock: Clock) -> list[dict[str, Any]]:
    """All but those without `enabled: false` are switched on, some only `enabled_days_ago`; `first`
    is how one was before it was changed."""
    found = {"demo-ks": _clothes, "demo-wx": _snacks, "demo-jj": _household}[shop](clock)
    usual = {"shop": shop, "enabled": True, "enabled_days_ago": 0, "first": {}}
    return [{**usual, **strategy} for strategy in found]


def _clothes(clock: Clock) -> list[dict[str, Any]]:
    return [
        {
            "scenario": "pre_ship_refund",
            "name": "下班自动退",
            "remark": "客服下班后未发货订单自动退款，避免超时",
            "enabled_days_ago": 8,
            "execution_time": "off_hours",
            "paid_time": "any",
            "single_amount_cap": "500.00",
            "daily_cap": "5000.00",
            "refund_reason": "买家不想要了",
        },
        {
            "scenario": "pre_ship_refund",
            "name": "小额订单自动退",
            "enabled_days_ago": 19,
            "single_amount_cap": "100.00",
            "daily_cap": "2000.00",
            "time_limit_hours": 24,
            "refund_reason": "买家不想要了",
        },
        {
            "scenario": "pre_ship_refund",
            "name": "大促放宽档（待启用）",
            "remark": "大促当天由主账号开启",
            "enabled": False,
            "valid_from": iso(clock.ago(-24 * 5)),
            "valid_until": iso(clock.ago(-24 * 8)),
            "single_amount_cap": "800.00",
            "daily_cap": "20000.00",
        },
        {
            "scenario": "post_ship_refund",
            "name": "低价配饰直接退",
            "product_condition": "include",
            "categories": ["配饰"],
            "single_amount_cap": "50.00",
            "daily_cap": "400.00",
            "first": {"daily_cap": "150.00"},
            "refund_reason": "低价商品免退",
        },
        {
            "scenario": "post_ship_waive_return",
            "name": "小件瑕疵不用寄回",
            "product_condition": "include",
            "categories": ["配饰", "内搭"],
            "buyer_reasons": FLAWED,
            "single_amount_cap": "80.00",
            "daily_cap": "800.00",
            "refund_reason": "商品瑕疵",
        },
        {
            "scenario": "post_ship_return",
            "name": "七天无理由退货",
            "remark": "贴身内搭不参加七天无理由",
            "order_statuses": ["delivered"],
            "buyer_reasons": ["no_longer_wanted"],
            "time_limit_hours": 168,
            "product_condition": "exclude",
            "categories": ["内搭"],
            "single_amount_cap": "800.00",
            "daily_cap": "20000.00",
            "refund_reason": "七天无理由",
        },
        {
            "scenario": "post_ship_return",
            "name": "质量问题退货",
            "buyer_reasons": FLAWED,
            "single_amount_cap": "1500.00",
            "daily_cap": "20000.00",
            "refund_reason": "质量问题",
        },
        {
            "scenario": "post_ship_keep_goods",
            "name": "退款不退货订单",
            "single_amount_cap": "60.00",
            "daily_cap": "600.00",
        },
    ]


def _snacks(clock: Clock) -> list[dict[str, Any]]:
    return [
        {
            "scenario": "pre_ship_refund",
            "name": "夜间小额秒退",
            "execution_time": "windows",
            "windows": [["22:00", "09:00"]],
            "single_amount_cap": "150.00",
            "daily_cap": "3000.00",
            "refund_reason": "拍错/多拍",
        },
        {
            "scenario": "pre_ship_refund",
            "name": "白天不想要了",
            "buyer_reasons": ["no_longer_wanted"],
            "time_limit_hours": 12,
            "single_amount_cap": "80.00",
            "daily_cap": "600.00",
        },
        {
            "scenario": "post_ship_refund",
            "name": "坏果包赔",
            "remark": "一小时内超过 5 笔自动熔断，防止羊毛党",
            "product_condition": "include",
            "products": ["wx-301", "wx-302", "wx-303"],
            "buyer_reasons": ["quality_issue"],
            "single_amount_cap": "60.00",
            "daily_cap": "1000.00",
            "breaker": {"hits": 5, "minutes": 60},
            "refund_reason": "坏果包赔",
        },
        {
            "scenario": "post_ship_waive_return",
            "name": "低价零食不用寄回",
            "product_condition": "include",
            "categories": ["坚果炒货", "糕点饼干"],
            "single_amount_cap": "40.00",
            "daily_cap": "500.00",
        },
        {
            "scenario": "post_ship_return",
            "name": "整箱退货",
            "single_amount_cap": "300.00",
            "daily_cap": "10000.00",
            "time_limit_hours": 240,
        },
        {
            "scenario": "post_ship_keep_goods",
            "name": "平台退款不退货",
            "product_condition": "include",
            "products": ["wx-402"],
            "single_amount_cap": "50.00",
            "daily_cap": "190.00",
        },
    ]


def _household(clock: Clock) -> list[dict[str, Any]]:
    return [
        {
            "scenario": "pre_ship_refund",
            "name": "下班自动退",
            "execution_time": "off_hours",
            "paid_time": "off_hours",
            "single_amount_cap": "300.00",
            "daily_cap": "3000.00",
        },
        {
            "scenario": "pre_ship_refund",
            "name": "实物订单自动退（充值除外）",
            "product_condition": "exclude",
            "categories": ["充值卡券"],
            "single_amount_cap": "200.00",
            "daily_cap": "1500.00",
        },
        {
            "scenario": "post_ship_refund",
            "name": "九块九包退",
            "enabled_days_ago": 12,
            "product_condition": "include",
            "categories": ["日用小件"],
            "single_amount_cap": "20.00",
            "daily_cap": "200.00",
        },
        {
            "scenario": "post_ship_waive_return",
            "name": "破损小件不退货",
            "product_condition": "include",
            "categories": ["日用小件", "收纳整理"],
            "buyer_reasons": FLAWED,
            "single_amount_cap": "50.00",
            "daily_cap": "500.00",
        },
        {
            "scenario": "post_ship_return",
            "name": "品质退货",
            "single_amount_cap": "400.00",
            "daily_cap": "10000.00",
        },
        {
            "scenario": "post_ship_keep_goods",
            "name": "退款不退货",
            "single_amount_cap": "99.00",
            "daily_cap": "900.00",
        },
    ]
