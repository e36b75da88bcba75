"""Each step against the fake shop: what it sends, and what the shop then has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aftersale.platforms.payments import Failed, Limit, NeverSeen, Paid, Pending
from aftersale.platforms.protocol import OWN_REASON, Accepted, Declined, Throttled, Why
from tests.platforms.fakes import State
from tests.platforms.wechat.scene import picture, step_of

DAY = 86400


def applied(fake, type="refund_only", amount=5000):
    order = fake.places(5000, 300)
    if type != "refund_only":
        fake.ships(order)
    return fake.buyer_applies(order, type, amount)


def test_a_refund_from_its_approval_to_the_money(fake, shop):
    ticket = applied(fake)
    step = step_of(shop, ticket)
    assert shop.refund_status(ticket) == NeverSeen()
    assert shop.approve(step) == Accepted()
    assert fake.received[-1][1]["accept_type"] == 2
    assert fake.ticket(ticket) == State("refund_only", "refunding", 5000, 0)
    assert shop.refund_status(ticket) == Pending()
    fake.advance(60)
    assert shop.refund_status(ticket) == Paid()
    assert fake.ticket(ticket) == State("refund_only", "refunded", 5000, 5000)
    assert fake.calls("approve") == 1


def test_a_second_approval_is_not_sent(fake, shop):
    ticket = applied(fake)
    step = step_of(shop, ticket)
    assert shop.approve(step) == Accepted()
    assert shop.approve(step) == Declined(Why.CHANGED, "The request has changed on the platform.")
    assert fake.calls("approve") == 1


def test_a_return_from_its_approval_to_the_money(fake, shop):
    ticket = applied(fake, "return_refund")
    assert shop.approve_return(step_of(shop, ticket)) == Accepted()
    sent = fake.received[-1][1]
    # The shop's default address, not its first.
    assert (sent["accept_type"], sent["address_id"]) == (1, "222333")
    assert fake.ticket(ticket) == State("return_refund", "awaiting_return", 5000, 0)
    fake.buyer_ships_back(ticket, carrier="顺丰", tracking_no="SF9")
    assert shop.confirm_receipt(step_of(shop, ticket)) == Accepted()
    assert fake.received[-1][1]["accept_type"] == 2
    assert shop.refund_status(ticket) == Pending()
    fake.advance(60)
    assert shop.refund_status(ticket) == Paid()
    assert fake.ticket(ticket) == State("return_refund", "refunded", 5000, 5000)
    assert (fake.calls("approve_return"), fake.calls("confirm_receipt")) == (1, 1)


def test_goods_not_wanted_back(fake, shop):
    ticket = applied(fake, "return_refund")
    shop.approve_return(step_of(shop, ticket))
    assert shop.confirm_receipt(step_of(shop, ticket)) == Accepted()
    assert fake.ticket(ticket).status == "refunding"


def test_the_return_address_is_asked_for_once(fake, shop):
    for _ in range(2):
        shop.approve_return(step_of(shop, applied(fake, "return_refund")))
    assert fake.wire.paths.count("/channels/ec/merchant/address/list") == 1


def test_without_a_default_the_first_address_for_parcels(fake, shop):
    fake.addresses = {"1": {"send_addr": 1}, "2": {"recv_addr": True}, "3": {"recv_addr": 1}}
    assert shop.approve_return(step_of(shop, applied(fake, "return_refund"))) == Accepted()
    assert fake.received[-1][1]["address_id"] == "2"


def test_no_return_address(fake, shop):
    fake.addresses = {"1": {"send_addr": 1}}
    ticket = applied(fake, "return_refund")
    said = "The shop has no return address on the platform."
    assert shop.approve_return(step_of(shop, ticket)) == Declined(Why.OTHER, said)
    assert fake.received == []
    assert fake.ticket(ticket).status == "pending_review"


def test_an_exchange(fake, shop):
    ticket = applied(fake, "exchange", 0)
    assert shop.approve_return(step_of(shop, ticket)) == Accepted()
    fake.buyer_ships_back(ticket, carrier="顺丰", tracking_no="SF9")
    said = "Goods of an exchange are confirmed on the platform, with the new parcel."
    assert shop.confirm_receipt(step_of(shop, ticket)) == Declined(Why.OTHER, said)
    assert fake.calls("confirm_receipt") == 0


def test_a_return_is_not_refunded_without_the_buyers_word(fake, shop):
    ticket = applied(fake, "return_refund")
    answer = shop.approve(step_of(shop, ticket))
    assert isinstance(answer, Declined)
    assert answer.why is Why.NEGOTIATE_FIRST
    assert fake.received == []


def test_nothing_is_agreed_to_of_a_type_that_is_not_known(fake, shop):
    """SPEC O4: money moves on no unknown word."""
    ticket = applied(fake)
    fake._tickets[ticket].extra = {"type": "NEW_TYPE"}
    step = step_of(shop, ticket)
    said = Declined(Why.OTHER, "Handle a request of this kind on the platform.")
    assert (shop.approve(step), shop.approve_return(step)) == (said, said)
    assert fake.received == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ticket_no": "404"}, Why.NOT_FOUND),
        ({"amount": 4999}, Why.CHANGED),
    ],
)
def test_a_step_for_another_ticket(fake, shop, change, why):
    step = replace(step_of(shop, applied(fake)), **change)
    answer = shop.approve(step)
    assert isinstance(answer, Declined)
    assert answer.why is why
    assert fake.received == []


def test_an_older_version_is_not_decided(fake, shop):
    """SPEC O4: what somebody did on the platform meanwhile is fact."""
    ticket = applied(fake)
    step = step_of(shop, ticket)
    older = replace(step, version=step.version - timedelta(seconds=1))
    said = "The request has changed on the platform."
    assert shop.approve(older) == Declined(Why.CHANGED, said)
    fake.staff_refunds_on_platform(ticket)
    assert shop.approve(step) == Declined(Why.CHANGED, said)
    assert shop.reject(step, reason="reason_mismatch", text="x", pictures=()) == Declined(
        Why.CHANGED, said
    )
    assert fake.received == []
    fake.advance(60)
    assert fake.ticket(ticket).refunded == 5000


def test_the_platform_handles_it(fake, shop):
    ticket = applied(fake)
    step = step_of(shop, ticket)
    fake.platform_steps_in(ticket)
    said = "The platform is handling this request."
    assert shop.approve(step) == Declined(Why.PLATFORM_HANDLING, said)
    assert shop.ticket(ticket).record.status == "arbitration"


def test_a_failed_refund_is_tried_again(fake, shop):
    ticket = applied(fake)
    fake.payout_fails(ticket)
    shop.approve(step_of(shop, ticket))
    fake.advance(60)
    failed = shop.refund_status(ticket)
    assert failed == Failed("余额不足 NOTENOUGH 1")
    assert failed.late_call_may_pay  # it takes an approval again
    assert shop.approve(step_of(shop, ticket)) == Accepted()
    fake.advance(60)
    assert shop.refund_status(ticket) == Paid()


@pytest.mark.parametrize("status", ["MERCHANT_REFUND_RETRY_FAIL", "MERCHANT_FAIL"])
def test_a_refund_that_the_platform_gave_up(fake, shop, status):
    ticket = applied(fake)
    fake._tickets[ticket].status = status
    assert shop.refund_status(ticket) == Failed(
        "The platform has closed the request.", permanent=True
    )


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("MERCHANT_OVERDUE_REFUND", Pending()),
        ("USER_WAIT_CONFIRM", Pending()),
        ("PLATFORM_REFUND_FAIL", Failed("The platform could not pay.")),
        ("MERCHANT_RETURN_SUCCESS", Paid()),
        ("USER_CANCELD", NeverSeen()),
        ("MERCHANT_WAIT_RECEIPT", NeverSeen()),
        ("MERCHANT_REJECT_REFUND", NeverSeen()),
        ("SOMETHING_NEW", Pending()),
    ],
)
def test_what_has_become_of_a_refund(fake, shop, status, found):
    ticket = applied(fake)
    fake._tickets[ticket].status = status
    assert shop.refund_status(ticket) == found


def test_no_refund_of_a_ticket_that_is_not_there(shop):
    assert shop.refund_status("404") == NeverSeen()


@pytest.mark.parametrize(
    ("type", "reason", "number"),
    [
        ("refund_only", "already_shipped", 4),
        ("refund_only", "shipped_on_time", 17),
        ("refund_only", "agreed_to_cancel", 6),
        ("refund_only", "missing_item_unproven", 16),
        ("refund_only", "no_defect_shown", 16),
        ("refund_only", "made_to_order", 15),
        ("return_refund", "reason_mismatch", 24),
        ("return_refund", "bad_return_tracking", 19),
        ("return_refund", "not_resaleable", 20),
        ("return_refund", "wrong_item_returned", 21),
        ("exchange", "reason_mismatch", 24),
    ],
)
def test_a_rejection(fake, shop, type, reason, number):
    ticket = applied(fake, type)
    step = step_of(shop, ticket)
    assert shop.reject(step, reason=reason, text="为什么", pictures=[picture()]) == Accepted()
    sent = {"after_sale_order_id": ticket, "reject_reason_type": number, "reject_reason": "为什么"}
    assert fake.received == [("reject", sent)]
    assert fake.ticket(ticket).status == "rejected"
    # The platform has no place for pictures here.
    assert fake.media == []


def test_no_new_goods_for_an_exchange(fake, shop):
    """SPEC O4: the goods are not as sent. Here the platform takes pictures."""
    ticket = applied(fake, "exchange", 0)
    shop.approve_return(step_of(shop, ticket))
    fake.buyer_ships_back(ticket, carrier="顺丰", tracking_no="SF9")
    assert [reason.code for reason in shop.reject_reasons(ticket)] == ["19", "20", "21", "22"]
    step = step_of(shop, ticket)
    answer = shop.reject(step, reason="incomplete_return", text="少件", pictures=[picture()])
    assert answer == Accepted()
    assert fake.received[-1] == (
        "reject_new_goods",
        {
            "after_sale_order_id": ticket,
            "reject_reason_type": 22,
            "reject_reason": "少件",
            "reject_certificates": ["media-1"],
        },
    )
    assert fake.ticket(ticket).status == "rejected"
    assert fake.calls("reject") == 1


def test_goods_that_came_back_otherwise_are_rejected(fake, shop):
    ticket = applied(fake, "return_refund")
    shop.approve_return(step_of(shop, ticket))
    fake.buyer_ships_back(ticket, carrier="顺丰", tracking_no="SF9")
    step = step_of(shop, ticket)
    assert shop.reject(step, reason="not_resaleable", text="x", pictures=()) == Accepted()
    assert fake.ticket(ticket).status == "rejected"


@pytest.mark.parametrize("key", ["reason_list", "reject_reason_list"])
def test_a_reason_is_found_by_its_label_where_its_number_is_another(fake, shop, key):
    rows = [
        {"reject_reason_type": 70, "reject_reason_type_text": "买家申请售后原因与实际不符"},
        {"reject_reason_type": 71, "reject_reason_type_text": "库存不足，无法换货"},
    ]
    fake.answers["/channels/ec/aftersale/rejectreason/get"] = lambda body: {key: rows}
    sent: list[dict] = []
    fake.answers["/channels/ec/aftersale/rejectapply"] = lambda body: sent.append(body) or {}
    step = step_of(shop, applied(fake))
    assert shop.reject(step, reason="reason_mismatch", text="", pictures=()) == Accepted()
    assert shop.reject(step, reason="exchange_sold_out", text="", pictures=()) == Accepted()
    assert [body["reject_reason_type"] for body in sent] == [70, 71]


def test_a_reason_that_the_platform_does_not_have_for_this_ticket(fake, shop):
    ticket = applied(fake)
    step = step_of(shop, ticket)
    answer = shop.reject(step, reason="wrong_item_returned", text="x", pictures=())
    assert answer == Declined(
        Why.OTHER,
        "The platform has no reason like “Something else came back” for this request. "
        "Choose another.",
    )
    assert fake.received == []
    assert fake.ticket(ticket).status == "pending_review"


def test_the_platforms_reasons_for_a_ticket(fake, shop):
    ticket = applied(fake, "return_refund")
    reasons = shop.reject_reasons(ticket)
    assert [reason.code for reason in reasons] == ["6", "15", "16", "19", "20", "21", "22", "24"]
    assert (reasons[0].label, reasons[0].text) == (
        "买家误操作/已协商取消申请",
        "亲，买家误操作/已协商取消申请",
    )
    assert list(shop.reject_reasons("404")) == []


def test_negotiate_first_and_reject_once_the_buyer_did_not_answer(fake, shop):
    ticket = applied(fake)
    fake.must_negotiate_first(ticket)
    step = step_of(shop, ticket)
    answer = shop.reject(step, reason="reason_mismatch", text="x", pictures=())
    assert answer == Declined(
        Why.NEGOTIATE_FIRST, "The platform wants a negotiation with the buyer first."
    )
    offer = {"type": "refund_only", "amount": 4000, "text": "请补充凭证"}
    assert shop.negotiate(step, **offer, pictures=[picture(5, 4)]) == Accepted()
    assert fake.received[-1] == (
        "negotiate",
        {
            "after_sale_order_id": ticket,
            "type": 1,
            "amount": 4000,
            "merchant_update_desc": "请补充凭证",
            "update_reason_type": 10,
            "merchant_update_type": 3,
            "media_ids": ["media-1"],
        },
    )
    assert fake.media == [picture(5, 4).content]
    assert fake.ticket(ticket).status == "negotiating"
    fake.advance(2 * DAY)
    assert fake.ticket(ticket).status == "pending_review"
    step = step_of(shop, ticket)
    assert shop.reject(step, reason="reason_mismatch", text="x", pictures=()) == Accepted()


@pytest.mark.parametrize(
    ("applied_for", "type", "amount", "sent"),
    [
        ("refund_only", "refund_only", 3000, (1, 10, 3)),
        ("refund_only", "refund_keep_goods", 3000, (1, 10, 3)),
        ("refund_only", "return_refund", 5000, (2, 11, 3)),
        ("return_refund", "refund_keep_goods", 1000, (1, 6, 3)),
        ("return_refund", "refund_only", 5000, (1, 6, 3)),
        ("return_refund", "return_refund", 4000, (2, 11, 3)),
    ],
)
def test_an_offer(fake, shop, applied_for, type, amount, sent):
    ticket = applied(fake, applied_for)
    step = step_of(shop, ticket)
    answer = shop.negotiate(step, type=type, amount=amount, text="x", pictures=[picture()])
    assert answer == Accepted()
    body = fake.received[-1][1]
    assert (body["type"], body["update_reason_type"], body["merchant_update_type"]) == sent
    fake.buyer_accepts(ticket)
    expected = "refunding" if sent[0] == 1 else "awaiting_return"
    assert (fake.ticket(ticket).status, fake.ticket(ticket).amount) == (expected, amount)


@pytest.mark.parametrize(
    ("type", "pictures", "said"),
    [
        ("exchange", [picture()], "The platform does not let this type be offered."),
        (
            "refund_only",
            [],
            "The platform wants a picture with this offer, such as one of the chat.",
        ),
    ],
)
def test_an_offer_that_can_not_be_made(fake, shop, type, pictures, said):
    ticket = applied(fake)
    step = step_of(shop, ticket)
    answer = shop.negotiate(step, type=type, amount=100, text="x", pictures=pictures)
    assert answer == Declined(Why.OTHER, said)
    assert (fake.received, fake.media) == ([], [])


@pytest.mark.parametrize(
    ("asked", "type"),
    [("refund_only", "refund_only"), ("refund_only", "refund_keep_goods"),
     ("return_refund", "return_refund")],
)  # fmt: skip
def test_a_mere_message_has_no_reason_that_is_true(fake, shop, asked, type):
    """It used to go out as "the buyer can't be reached"."""
    ticket = applied(fake, asked)
    step = step_of(shop, ticket)
    answer = shop.negotiate(step, type=type, amount=5000, text="x", pictures=[picture()])
    assert isinstance(answer, Declined)
    assert "no mere message" in answer.reason
    assert (fake.received, fake.media) == ([], [])


def test_people_choose_among_the_platforms_own_reasons(fake, shop):
    """SPEC P2."""
    ticket = applied(fake)
    step = step_of(shop, ticket)
    missing = shop.reject(step, reason=OWN_REASON + "19", text="x", pictures=())
    assert isinstance(missing, Declined)
    assert fake.received == []
    assert shop.reject(step, reason=OWN_REASON + "17", text="x", pictures=()) == Accepted()
    assert fake.received[-1][1]["reject_reason_type"] == 17


def test_a_label_goes_before_a_number(fake, shop):
    """The platform's own example has “shipped on time” under 1, and its list under 17."""
    rows = [
        {"reject_reason_type": 24, "reject_reason_type_text": "另一个原因", "reject_scene": 1},
        {"reject_reason_type": 3, "reject_reason_type_text": "申请原因与实际不符",
         "reject_scene": 1},
        {"reject_reason_type": 5, "reject_reason_type_text": "申请原因与实际不符",
         "reject_scene": 4},
    ]  # fmt: skip
    fake.answers["/channels/ec/aftersale/rejectreason/get"] = lambda body: {"reason_list": rows}
    sent: list[dict] = []
    fake.answers["/channels/ec/aftersale/rejectapply"] = lambda body: sent.append(body) or {}
    step = step_of(shop, applied(fake))
    assert shop.reject(step, reason="reason_mismatch", text="x", pictures=()) == Accepted()
    assert [body["reject_reason_type"] for body in sent] == [3]
    del rows[1:]
    answer = shop.reject(step, reason="reason_mismatch", text="x", pictures=())
    assert isinstance(answer, Declined)
    assert len(sent) == 1


def test_a_window_is_opened_on_the_platform_only(fake, shop):
    answer = shop.open_window(fake.places(100), note="x")
    assert answer == Declined(
        Why.OTHER, "The platform opens an after-sale entry only in its own back office."
    )


def test_one_refund_of_an_order_per_minute(fake, shop):
    order = fake.places(5000, 300)
    first = fake.buyer_applies(order, "refund_only", 5000, line=1)
    second = fake.buyer_applies(order, "refund_only", 300, line=2)
    assert shop.approve(step_of(shop, first)) == Accepted()
    step = step_of(shop, second)
    with pytest.raises(Throttled) as caught:
        shop.approve(step)
    assert (caught.value.after, caught.value.limit) == (60, Limit.ORDER)
    assert fake.ticket(second).status == "pending_review"
    fake.advance(60)
    assert shop.approve(step) == Accepted()


def test_too_little_money(fake, shop):
    fake.funds = 4999
    ticket = applied(fake)
    assert shop.approve(step_of(shop, ticket)) == Declined(
        Why.NO_FUNDS, "The shop has too little money on the platform."
    )
    assert fake.ticket(ticket).status == "pending_review"


def test_forbidden_characters(fake, shop):
    step = step_of(shop, applied(fake))
    answer = shop.reject(step, reason="reason_mismatch", text="\ufffc", pictures=())
    assert answer == Declined(Why.OTHER, "The text has characters that the platform forbids.")


def test_the_platforms_fast_refund_is_told(fake, shop):
    """SPEC F2."""
    fake.pays_fast_refunds = True
    ticket = applied(fake)
    assert shop.ticket(ticket).paid_by_fast_refund
    fake.advance(60)
    seen = shop.ticket(ticket)
    assert seen.paid_by_fast_refund
    assert seen.record.status == "refunded"
