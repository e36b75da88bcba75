"""Facts shown beside a ticket and an order: codes and words, nothing of the buyer."""

from aftersale.domain import platform_facts
from aftersale.platforms.protocol import HasPictures, TakesEvidence
from aftersale.platforms.wechat import codes, to_records
from tests.each import each
from tests.platforms.wechat.scene import picture
from tests.platforms.wechat.test_codes import whole
from tests.platforms.wechat.test_reading import ORDER


def told(**changes):
    return [(fact.name, fact.value) for fact in whole(None, **changes).facts]


@each(
    "changes, facts",
    [
        ({}, []),
        (
            {"sub_type": "REFUND_PRICE_DIFF"},
            [("kind", "price_difference"), ("started_by", "merchant")],
        ),
        (
            {"sub_type": "REFUND_PRICE_DIFF", "details": {"receive_product": True}},
            [("kind", "price_difference"), ("started_by", "merchant")],
        ),
        ({"reason": "INITIATE_BY_PLATFORM"}, [("started_by", "platform")]),
        ({"type": "RESHIP"}, [("kind", "reship")]),
        ({"status": "USER_WAIT_HANDLE_MERCHANT_AFTER_SALE"}, [("started_by", "merchant")]),
        (
            {"details": {"receive_product": False, "media_id_list": ["m-1", "m-2"],
                         "tel_number": "13800138000"}},
            [("goods_received", "no"), ("picture", "m-1"), ("picture", "m-2")],
        ),
        (
            {"merchant_update_detail": {
                "merchant_update_type": 3, "merchant_update_desc": "少退运费",
                "old_after_sale_type": 2, "new_after_sale_type": 1,
                "old_after_sale_amount": 900, "new_after_sale_amount": 250}},
            [("offered_type", "refund_only"), ("offered", "9.00 → 2.50"),
             ("offered_text", "少退运费")],
        ),
        ({"merchant_upload_info": {"reject_reason": "已发货"}}, [("our_refusal", "已发货")]),
        (
            {"refund_info": {"amount": 11, "is_low_price_insurance_refund": True,
                             "is_final_refund_by_insurance": True,
                             "platform_discount_return_amount": 30}},
            [("insurance", "low_price"), ("insurance", "final"),
             ("platform_discount_back", "0.30")],
        ),
        ({"compensation_liability_amount": 1200}, [("compensation", "12.00")]),
        (
            {"product_info": {"gift_product_list": [{"product_id": 5, "count": 2}, None]}},
            [("gifts_back", "5 × 2")],
        ),
        ({"exchange_product_info": {"new_sku_code": "L", "product_cnt": 1}},
         [("exchange_for", "L × 1")]),
        ({"virtual_tel_num_info": {"virtual_tel_number": "67675"}}, []),
        ({"details": None, "merchant_update_detail": [], "product_info": None}, []),
    ],
)  # fmt: skip
def test_what_is_told_of_a_ticket(changes, facts):
    assert told(**changes) == facts


def test_what_is_told_of_an_order():
    first = {
        **ORDER["order_detail"]["product_infos"][0],
        "sku_deliver_info": {"stock_type": 1, "predict_delivery_time": "1658600000"},
        "extra_service": {"seven_day_return": 1, "freight_insurance": 1},
    }
    detail = {**ORDER["order_detail"], "product_infos": [first]}
    detail["pay_info"] = {**detail["pay_info"], "payment_method": 2}
    raw = {**ORDER, "order_detail": detail, "status": 20}
    sent = to_records.order_record("s", {**raw, "status": 30}).facts
    assert "ship_by" not in {fact.name for fact in sent}
    facts = to_records.order_record("s", raw).facts
    assert [(fact.name, fact.value) for fact in facts] == [
        ("presale", "full"),
        ("ship_by", ""),
        ("freight_insurance", "yes"),
        ("return_rule", "seven_days"),
        ("paid_with", "later"),
    ]


def test_every_word_is_one_that_people_read():
    for name, table in (("kind", codes.KIND), ("paid_with", codes.PAID_WITH)):
        assert set(table.values()) <= set(platform_facts.VALUES[name])
    assert set(codes.TICKET_TYPE.values()) <= set(platform_facts.VALUES["offered_type"])


def test_a_buyers_picture_is_fetched_by_its_number(fake, shop):
    fake.picture_of_buyer = picture(7, 5).content
    found = shop.picture("of-buyer")
    assert (found.content_type, found.content) == ("image/png", picture(7, 5).content)
    assert shop.picture("another") is None


def test_what_is_no_picture_is_not_shown(fake, shop):
    """Under any content type of the platform's, a browser never gets a page."""
    fake.picture_of_buyer = b"<script>alert(1)</script>"
    assert shop.picture("of-buyer") is None


def test_the_desk_can_tell_what_the_platform_can_do(shop):
    assert isinstance(shop, TakesEvidence)
    assert isinstance(shop, HasPictures)
