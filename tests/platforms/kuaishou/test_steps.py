"""Requests to Kuaishou for each step, and requests that are never sent."""

from dataclasses import replace
from typing import Any

import pytest

from aftersale.platforms.kuaishou import Kuaishou, reasons, refusals
from aftersale.platforms.payments import Failed, Pending
from aftersale.platforms.protocol import (
    OWN_REASON,
    Accepted,
    Declined,
    FreightAnswer,
    NotCarriedOut,
    Picture,
    Step,
    Why,
)
from aftersale.reject_reasons import REASONS as CATALOGUE
from tests.each import each
from tests.platforms.fakes import step_of
from tests.platforms.server import Broken

from .fake import STEPS, KuaishouFake
from .shop import REASONS

PICTURE = Picture("1.png", "image/png", b"\x89PNG")


def shipped(fake: KuaishouFake, type: str, amount: int = 4_000) -> str:
    order = fake.places(9_000)
    fake.ships(order)
    return fake.buyer_applies(order, type, amount)


def declined(answer: Accepted | Declined) -> tuple[Why, str]:
    assert isinstance(answer, Declined)
    return answer.why, answer.reason


def test_a_return_that_is_waived_is_refunded_at_once(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    """SPEC S1 post_ship_waive_return: the desk calls the ticket refund_only by then."""
    number = shipped(fake, "return_refund")
    step = step_of(kuaishou, number)
    waived = Step(number, step.order_no, "refund_only", step.amount, step.version)

    assert kuaishou.approve(waived) == Accepted()

    assert fake.ticket(number).status == "refunding"
    assert fake.requests[-1] == ("POST", "open.seller.order.refund.approve")


def test_another_amount_than_decided_is_not_approved(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    number = shipped(fake, "refund_only")
    step = step_of(kuaishou, number)
    other = Step(number, step.order_no, step.type, step.amount - 1, step.version)

    assert declined(kuaishou.approve(other))[0] == Why.CHANGED
    assert fake.calls("approve") == 0


def test_the_version_counts_to_the_millisecond(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    number = shipped(fake, "refund_only")
    step = step_of(kuaishou, number)
    fake.shop.tickets[int(number)]["updateTime"] += 1

    assert declined(kuaishou.approve(step))[0] == Why.CHANGED
    assert (
        declined(kuaishou.reject(step, reason="reason_mismatch", text="不符", pictures=[]))[0]
        == Why.CHANGED
    )
    assert fake.ticket(number).status == "pending_review"


def test_a_change_between_the_look_and_the_step_is_caught_there(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = shipped(fake, "refund_only")
    step = step_of(kuaishou, number)
    real = fake.shop.approve
    monkeypatch.setitem(
        STEPS,
        "open.seller.order.refund.approve",
        ("approve", lambda shop, param: (shop.arbitrate(int(number)), real(param))),
    )

    assert declined(kuaishou.approve(step))[0] == Why.CHANGED
    assert fake.ticket(number).status == "arbitration"


def test_an_exchange_is_agreed_to_without_an_amount(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    number = shipped(fake, "exchange")
    assert kuaishou.approve_return(step_of(kuaishou, number)) == Accepted()
    fake.buyer_ships_back(number, carrier="4", tracking_no="SF1")

    why, reason = declined(kuaishou.confirm_receipt(step_of(kuaishou, number)))

    assert (why, fake.calls("confirm_receipt")) == (Why.OTHER, 0)
    assert "new goods" in reason


@pytest.mark.parametrize("way", [0, 3, 4, 5, 8])
def test_only_money_is_approved_as_money(fake: KuaishouFake, kuaishou: Kuaishou, way: int) -> None:
    number = shipped(fake, "refund_only")
    fake.shop.tickets[int(number)]["handlingWay"] = way

    assert declined(kuaishou.approve(step_of(kuaishou, number)))[0] == Why.OTHER
    assert fake.calls("approve") == 0


@each("way, ended", [(0, False), (2, False), (99, False), (3, True), (4, True), (5, True)])
def test_success_of_an_unknown_kind_gives_no_money_back(
    fake: KuaishouFake, kuaishou: Kuaishou, way: int, ended: bool
) -> None:
    """It may have been paid: the order's money stays taken (SPEC O4)."""
    number = shipped(fake, "refund_only")
    fake.shop.tickets[int(number)] |= {"status": 60, "handlingWay": way}

    found = kuaishou.refund_status(number)
    if ended:
        assert isinstance(found, Failed) and found.permanent
    else:
        assert found == Pending()


@pytest.mark.parametrize("way", [0, 4, 5, 8])
def test_no_return_is_agreed_to_for_what_is_not_known(
    fake: KuaishouFake, kuaishou: Kuaishou, way: int
) -> None:
    number = shipped(fake, "refund_only")
    fake.shop.tickets[int(number)]["handlingWay"] = way
    step = step_of(kuaishou, number)

    assert declined(kuaishou.approve_return(step))[0] == Why.OTHER
    assert fake.calls("approve_return") == 0


@pytest.mark.parametrize("status", [22, 30, 40])
def test_receipt_is_confirmed_where_the_platform_takes_it(
    fake: KuaishouFake, kuaishou: Kuaishou, status: int
) -> None:
    number = shipped(fake, "return_refund")
    fake.shop.tickets[int(number)]["status"] = status

    assert kuaishou.confirm_receipt(step_of(kuaishou, number)) == Accepted()


@pytest.mark.parametrize(
    "claim",
    [
        {"returnFreightAmount": 1_200},
        {"returnFreightAmount": "x"},
        {"returnFreightAmount": []},
        [7],
    ],
)
def test_freight_that_nobody_decided_on_is_not_paid(
    fake: KuaishouFake, kuaishou: Kuaishou, claim: Any
) -> None:
    """Nor is one that can't be read left without an answer."""
    number = shipped(fake, "return_refund")
    fake.shop.tickets[int(number)].update(status=40, returnFreightInfo=claim)

    why, reason = declined(kuaishou.confirm_receipt(step_of(kuaishou, number)))

    assert (why, fake.calls("confirm_receipt")) == (Why.OTHER, 0)
    assert "freight" in reason


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (FreightAnswer(1_200, pays=True), 20),
        (FreightAnswer(1_200, pays=False, text="非质量问题", pictures=[PICTURE]), 50),
        (FreightAnswer(1_100, pays=True), 10),
        (FreightAnswer(1_200, pays=False, text="非质量问题"), 10),
    ],
)
def test_freight_is_answered_with_the_receipt(
    fake: KuaishouFake, kuaishou: Kuaishou, answer: FreightAnswer, status: int
) -> None:
    """Another amount than the one asked for, or a refusal without pictures, confirms nothing."""
    number = shipped(fake, "return_refund")
    claim = {"returnFreightAmount": 1_200, "returnFreightStatus": 10}
    ticket = fake.shop.tickets[int(number)]
    ticket.update(status=40, returnFreightInfo=claim)

    taken = kuaishou.confirm_receipt(replace(step_of(kuaishou, number), freight=answer))

    assert (taken == Accepted()) is (status != 10)
    assert (claim["returnFreightStatus"], ticket["status"]) == (status, 40 if status == 10 else 50)


# Rejecting and offering.


def test_every_reason_of_the_catalogue_has_its_words() -> None:
    assert set(reasons.WORDS) == {reason.code for reason in CATALOGUE}


@pytest.mark.parametrize(
    ("reason", "code"),
    [("already_shipped", "101"), ("reason_mismatch", "102"), ("exchange_sold_out", "199")],
)
def test_the_nearest_reason_is_sent(
    fake: KuaishouFake, kuaishou: Kuaishou, reason: str, code: str
) -> None:
    number = shipped(fake, "refund_only")

    answer = kuaishou.reject(step_of(kuaishou, number), reason=reason, text="您好", pictures=[])

    assert answer == Accepted()
    ticket = fake.shop.tickets[int(number)]
    assert (str(ticket["sellerDisagreeReason"]), ticket["sellerDisagreeDesc"]) == (code, "您好")


def test_any_text_can_be_sent(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    number = shipped(fake, "refund_only")
    text = '您好 & =+%\n"😀\ud800'

    answer = kuaishou.reject(
        step_of(kuaishou, number), reason="reason_mismatch", text=text, pictures=[]
    )

    assert answer == Accepted()
    assert fake.shop.tickets[int(number)]["sellerDisagreeDesc"] == text


def test_goods_that_came_back_otherwise_can_be_refused(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    number = shipped(fake, "return_refund")
    kuaishou.approve_return(step_of(kuaishou, number))
    fake.buyer_ships_back(number, carrier="4", tracking_no="SF1")

    answer = kuaishou.reject(
        step_of(kuaishou, number), reason="incomplete_return", text="空包裹", pictures=[]
    )

    assert answer == Accepted()
    refused = kuaishou.ticket(number)
    assert refused is not None
    assert (refused.record.status, fake.ticket(number).status) == ("rejected", "rejected")


def test_pictures_are_handed_over_first(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    number = shipped(fake, "return_refund")

    answer = kuaishou.reject(
        step_of(kuaishou, number), reason="not_resaleable", text="您好", pictures=[PICTURE, PICTURE]
    )

    assert answer == Accepted()
    assert list(fake.shop.pictures.values()) == [b"\x89PNG"] * 2


def test_a_reason_that_wants_pictures_is_not_sent_without(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    number = shipped(fake, "return_refund")
    step = step_of(kuaishou, number)

    why, reason = declined(kuaishou.reject(step, reason="not_resaleable", text="您好", pictures=[]))

    assert (why, fake.calls("reject")) == (Why.OTHER, 0)
    assert "退回商品影响二次销售" in reason


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        ([PICTURE] * 7, "6"),
        ([Picture("big.png", "image/png", b"x" * (2 * 1024 * 1024 + 1))], "big.png"),
        ([Picture("empty.png", "image/png", b"")], "图片不能为空"),
    ],
)
def test_pictures_that_it_does_not_take_stop_the_step(
    fake: KuaishouFake, kuaishou: Kuaishou, pictures: list[Picture], words: str
) -> None:
    number = shipped(fake, "refund_only")
    step = step_of(kuaishou, number)

    why, reason = declined(
        kuaishou.reject(step, reason="reason_mismatch", text="您好", pictures=pictures)
    )

    assert (why, fake.calls("reject"), fake.shop.pictures) == (Why.OTHER, 0, {})
    assert words in reason


def test_a_picture_that_got_no_answer_sends_no_step(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    """The step can go out again: nothing of the ticket was changed."""
    number = shipped(fake, "refund_only")
    step = step_of(kuaishou, number)
    real = fake.shop.upload

    def upload(param: dict[str, Any], file: bytes) -> dict[str, Any]:
        real(param, file)
        raise Broken

    fake.shop.upload = upload  # type: ignore[method-assign]
    with pytest.raises(NotCarriedOut):
        kuaishou.reject(step, reason="reason_mismatch", text="您好", pictures=[PICTURE])

    assert fake.calls("reject") == 0


def test_people_choose_among_the_platforms_own_reasons(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    """SPEC P2."""
    number = shipped(fake, "refund_only")
    offered = kuaishou.reject_reasons(number)

    assert [(one.code, one.label, one.hint, one.needs_text, one.needs_pictures) for one in offered][
        1:3
    ] == [
        ("102", "买家申请原因与实际不符", "请说明与事实不符之处", True, False),
        ("103", "退回商品影响二次销售", "", True, True),
    ]
    answer = kuaishou.reject(
        step_of(kuaishou, number), reason=OWN_REASON + "103", text="您好", pictures=[PICTURE]
    )

    assert answer == Accepted()
    assert fake.shop.tickets[int(number)]["sellerDisagreeReason"] == 103


def test_an_own_reason_that_is_not_on_offer_any_more_is_no_other(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    number = shipped(fake, "refund_only")

    why, reason = declined(
        kuaishou.reject(
            step_of(kuaishou, number), reason=OWN_REASON + "555", text="您好", pictures=[]
        )
    )

    assert (why, fake.calls("reject")) == (Why.OTHER, 0)
    assert "555" in reason


def test_where_no_reason_fits_people_read_which_there_are(
    fake: KuaishouFake, kuaishou: Kuaishou, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = shipped(fake, "refund_only")
    monkeypatch.setattr("tests.platforms.kuaishou.fake.REASONS", REASONS[:2])

    why, reason = declined(
        kuaishou.reject(step_of(kuaishou, number), reason="made_to_order", text="", pictures=[])
    )

    assert (why, fake.calls("reject")) == (Why.OTHER, 0)
    assert "商品已发货, 买家申请原因与实际不符" in reason


@each(
    "data",
    [
        [{"reasonCode": 7, "reason": "其他"}],
        {"list": [{"reasonCode": 7, "reason": "其他"}]},
        {"reasons": [{"code": "7", "desc": "其他"}, {"code": None}, 3]},
    ],
)
def test_reasons_in_whatever_list(data: object) -> None:
    [reason] = reasons.reasons(data)

    assert (reason.code, reason.label) == ("7", "其他")


@each("data", [None, {}, [], "x", {"a": 1}])
def test_no_reasons(data: object) -> None:
    assert reasons.reasons(data) == []


@pytest.mark.parametrize(
    ("asked", "offered"),
    [("return_refund", "refund_only"), ("exchange", "return_refund")],
)
def test_a_type_is_offered_where_the_platform_takes_it(
    fake: KuaishouFake, kuaishou: Kuaishou, asked: str, offered: str
) -> None:
    number = shipped(fake, asked)
    step = step_of(kuaishou, number)

    answer = kuaishou.negotiate(step, type=offered, amount=step.amount, text="好", pictures=[])

    assert answer == Accepted()
    fake.buyer_accepts(number)
    assert fake.ticket(number).type == offered


@pytest.mark.parametrize(
    ("offered", "amount"), [("exchange", 4_000), ("return_refund", 4_000), ("refund_only", 3_999)]
)
def test_what_the_platform_takes_no_offer_of(
    fake: KuaishouFake, kuaishou: Kuaishou, offered: str, amount: int
) -> None:
    number = shipped(fake, "return_refund" if offered == "exchange" else "refund_only")
    if offered == "return_refund":
        amount -= 1
    step = step_of(kuaishou, number)

    answer = kuaishou.negotiate(step, type=offered, amount=amount, text="好", pictures=[])

    assert declined(answer)[0] == Why.OTHER
    assert fake.calls("negotiate") == 0


def test_a_mere_message_waits_for_the_buyer_too(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    number = shipped(fake, "refund_only")
    step = step_of(kuaishou, number)

    answer = kuaishou.negotiate(
        step, type="refund_only", amount=step.amount, text="请补充照片。", pictures=[]
    )

    assert answer == Accepted()
    assert fake.ticket(number).status == "negotiating"
    assert fake.shop.tickets[int(number)]["sellerDisagreeDesc"] == "【协商】请补充照片。"


# The rest.


@each(
    "text, why",
    [
        ("店铺余额不足", Why.NO_FUNDS),
        ("售后单不存在", Why.NOT_FOUND),
        ("平台介入中", Why.PLATFORM_HANDLING),
        ("请先协商", Why.NEGOTIATE_FIRST),
        ("售后单版本已更新", Why.CHANGED),
        ("当前售后单状态不支持", Why.CHANGED),
        ("参数错误", Why.OTHER),
    ],
)
def test_why_a_step_was_refused(text: str, why: Why) -> None:
    assert refusals.why(text) == why


def test_an_entry_cannot_be_opened_by_a_call(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    why, reason = declined(kuaishou.open_window(fake.places(500), note=""))

    assert (why, fake.requests) == (Why.OTHER, [])
    assert "back office" in reason


def test_a_number_that_is_none_is_never_sent(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    with pytest.raises(NotCarriedOut):
        kuaishou.reject_reasons("1;drop")

    assert fake.requests == []
