"""Decisions: each with its version, and none on what has moved or is not known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aftersale.platforms.douyin import Douyin
from aftersale.platforms.payments import Failed, NeverSeen, Paid, Pending, TimedOut
from aftersale.platforms.protocol import Accepted, Declined, Picture, Step, Why
from tests.platforms.fakes import step_of

from .fake import STEPS, DouyinFake

PICTURE = Picture("p.png", "image/png", b"\x89PNG")


def filed(fake: DouyinFake, type: str = "refund_only", *, shipped: bool = True) -> str:
    order = fake.places(8_000)
    if shipped:
        fake.ships(order)
    return fake.buyer_applies(order, type, 3_000)


def sent(fake: DouyinFake) -> dict[str, Any]:
    return next(param for method, param in reversed(fake.requests) if method == "afterSale.operate")


def refuse(douyin: Douyin, step: Step, reason: str, **more: Any) -> Accepted | Declined:
    return douyin.reject(step, reason=reason, text="您好，请看说明。", **{"pictures": [], **more})


@pytest.mark.parametrize(
    ("type", "shipped", "operation"),
    [("refund_only", False, 401), ("refund_only", True, 201), ("return_refund", True, 121)],
)
def test_a_refund_goes_out_with_the_version_that_was_decided_on(
    fake: DouyinFake, douyin: Douyin, type: str, shipped: bool, operation: int
) -> None:
    number = filed(fake, type, shipped=shipped)
    step = step_of(douyin, number)

    assert douyin.approve(step) == Accepted()

    version = int(step.version.timestamp())
    item = {"aftersale_id": number, "update_time": version}
    assert sent(fake) == {"type": operation, "items": [item]}


@pytest.mark.parametrize(("type", "operation"), [("return_refund", 101), ("exchange", 301)])
def test_a_return_goes_to_the_shops_default_address(
    fake: DouyinFake, douyin: Douyin, type: str, operation: int
) -> None:
    assert douyin.approve_return(step_of(douyin, filed(fake, type))) == Accepted()
    assert sent(fake)["type"] == operation
    assert sent(fake)["items"][0]["logistics"] == {"receiver_address_id": 8_802}


def test_the_address_that_was_entered_goes_first(fake: DouyinFake) -> None:
    douyin = fake.connect(return_address_id="8801")
    assert douyin.approve_return(step_of(douyin, filed(fake, "return_refund"))) == Accepted()
    assert sent(fake)["items"][0]["logistics"] == {"receiver_address_id": 8_801}


def test_no_address_is_guessed(fake: DouyinFake, douyin: Douyin) -> None:
    fake.shop.addresses = [{"address_id": 1, "is_default": "0"} for _ in range(130)]
    number = filed(fake, "return_refund")

    answer = douyin.approve_return(step_of(douyin, number))

    assert isinstance(answer, Declined)
    assert "no default return address" in answer.reason
    assert fake.ticket(number).status == "pending_review"
    fake.shop.addresses.append({"address_id": 7_707, "is_default": "1"})
    assert douyin.approve_return(step_of(douyin, number)) == Accepted()


def test_before_shipping_there_is_no_refusal(fake: DouyinFake, douyin: Douyin) -> None:
    number = filed(fake, shipped=False)

    answer = refuse(douyin, step_of(douyin, number), "reason_mismatch")

    assert isinstance(answer, Declined)
    assert answer.why is Why.OTHER
    assert "ship the order" in answer.reason
    assert fake.calls("reject") == 0


@pytest.mark.parametrize("reason", ["reason_mismatch", "platform:42"])
def test_a_refusal_has_a_reason_of_the_tickets_own(
    fake: DouyinFake, douyin: Douyin, reason: str
) -> None:
    number = filed(fake)

    assert refuse(douyin, step_of(douyin, number), reason, pictures=[PICTURE]) == Accepted()

    item = sent(fake)["items"][0]
    assert (item["reject_reason_code"], item["reason"]) == (42, "申请原因与实际不符")
    assert item["remark"] == "您好，请看说明。"
    assert "evidence" not in item


def test_goods_that_are_back_are_refused_with_another_operation(
    fake: DouyinFake, douyin: Douyin
) -> None:
    number = filed(fake, "return_refund")
    douyin.approve_return(step_of(douyin, number))
    fake.buyer_ships_back(number, carrier="yuantong", tracking_no="YT5")

    assert refuse(douyin, step_of(douyin, number), "platform:41") == Accepted()

    assert sent(fake)["type"] == 112
    assert fake.ticket(number).status == "rejected"
    # A refused request may still be refunded.
    assert douyin.confirm_receipt(step_of(douyin, number)) == Accepted()


@pytest.mark.parametrize("reason", ["not_resaleable", "platform:43"])
def test_a_reason_that_wants_evidence_is_left_to_the_back_office(
    fake: DouyinFake, douyin: Douyin, reason: str
) -> None:
    number = filed(fake)
    assert [one.code for one in douyin.reject_reasons(number) if one.needs_pictures] == ["43"]

    answer = refuse(douyin, step_of(douyin, number), reason, pictures=[PICTURE])

    assert isinstance(answer, Declined)
    assert "wants evidence" in answer.reason
    assert fake.calls("reject") == 0


@pytest.mark.parametrize("reason", ["exchange_sold_out", "platform:999"])
def test_a_reason_that_the_ticket_has_not_is_not_guessed(
    fake: DouyinFake, douyin: Douyin, reason: str
) -> None:
    answer = refuse(douyin, step_of(douyin, filed(fake)), reason)
    assert isinstance(answer, Declined)
    assert "申请原因与实际不符" in answer.reason
    assert fake.calls("reject") == 0


@pytest.mark.parametrize(
    "other",
    [
        {"version": timedelta(seconds=-1)},
        {"amount": 2_999},
        {"type": "return_refund"},
        {"type": "exchange"},
    ],
)
def test_two_changes_in_one_second_are_told_apart(
    fake: DouyinFake, douyin: Douyin, other: dict[str, Any]
) -> None:
    number = filed(fake)
    step = step_of(douyin, number)
    if "version" in other:
        other = {"version": step.version + other["version"]}

    answer = douyin.approve(replace(step, **other))

    assert isinstance(answer, Declined)
    assert answer.why is Why.CHANGED
    assert fake.calls("approve") == 0


@pytest.mark.parametrize(
    ("kind", "type"), [(3, "exchange"), (7, "exchange"), (8, "exchange"), (6, "refund_only")]
)
def test_what_has_no_operation_is_handled_there(
    fake: DouyinFake, douyin: Douyin, kind: int, type: str
) -> None:
    number = filed(fake)
    fake.shop.tickets[int(number)]["after_sale_type"] = kind
    step = step_of(douyin, number)
    assert step.type == type

    for answer in (douyin.approve(step), douyin.confirm_receipt(step)):
        assert isinstance(answer, Declined)
        assert answer.why is Why.OTHER
    assert fake.calls("approve") == fake.calls("confirm_receipt") == 0


def test_an_unknown_type_is_never_approved(fake: DouyinFake, douyin: Douyin) -> None:
    number = filed(fake)
    step = step_of(douyin, number)
    fake.shop.tickets[int(number)]["after_sale_type"] = 77
    answers = [douyin.approve(step), douyin.approve_return(step), douyin.confirm_receipt(step)]
    for answer in [*answers, refuse(douyin, step, "platform:42")]:
        assert isinstance(answer, Declined)
    assert not [method for method, _param in fake.requests if method == "afterSale.operate"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"items": []},
        {"items": None},
        {"items": [{"status_msg": "success"}]},
        {"items": [{"status_code": 0}, {"status_code": 0}]},
        {"items": [{"status_code": "x"}]},
    ],
)
def test_success_of_the_call_alone_leaves_the_outcome_open(
    fake: DouyinFake, douyin: Douyin, data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    step = step_of(douyin, filed(fake))
    monkeypatch.setitem(STEPS, "afterSale.operate", lambda shop, param: data)
    with pytest.raises(TimedOut):
        douyin.approve(step)


@pytest.mark.parametrize(
    ("code", "words", "why"),
    [
        (20_309_541, "状态不符", Why.CHANGED),
        (5, "商家账户余额不足", Why.NO_FUNDS),
        (6, "平台介入中", Why.PLATFORM_HANDLING),
        (8, "未知", Why.OTHER),
    ],
)
def test_each_tickets_own_answer_counts(
    fake: DouyinFake,
    douyin: Douyin,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    words: str,
    why: Why,
) -> None:
    step = step_of(douyin, filed(fake))
    data = {"items": [{"aftersale_id": 1, "status_code": code, "status_msg": words}]}
    monkeypatch.setitem(STEPS, "afterSale.operate", lambda shop, param: data)
    assert douyin.approve(step) == Declined(why, f"{words} ({code})")


@pytest.mark.parametrize(
    ("status", "paying", "answer"),
    [
        (6, 1, NeverSeen()),
        (27, 0, NeverSeen()),
        (11, 1, NeverSeen()),
        (12, 1, Pending()),
        (12, 0, Pending()),
        (12, 2, Pending()),
        (28, 2, Pending()),
        (12, 3, Paid()),
        (12, 5, Paid()),
        (28, 3, Paid()),
        (12, 9, Pending()),
        (28, None, Pending()),
        (28, "x", Pending()),
        (99, 1, Pending()),
        (12, 4, Failed("余额不足")),
        (28, 1, Failed("Closed on Douyin without a refund.", permanent=True)),
        (51, 1, Failed("Closed on Douyin without a refund.", permanent=True)),
    ],
)
def test_what_became_of_a_refund(
    fake: DouyinFake, douyin: Douyin, status: int, paying: int, answer: object
) -> None:
    """An unknown word frees no money: it counts as still on its way."""
    number = filed(fake)
    fake.shop.tickets[int(number)].update(
        after_sale_status=status, refund_status=paying, refund_fail_reason="余额不足"
    )
    assert douyin.refund_status(number) == answer


def test_an_exchange_that_is_over_paid_nothing(fake: DouyinFake, douyin: Douyin) -> None:
    number = filed(fake, "exchange")
    fake.shop.tickets[int(number)]["after_sale_status"] = 12
    assert douyin.refund_status(number) == Failed("Ended on Douyin without money.", permanent=True)


def test_an_offer_is_made_in_the_back_office(fake: DouyinFake, douyin: Douyin) -> None:
    step = step_of(douyin, filed(fake, "return_refund"))
    answer = douyin.negotiate(step, type="refund_only", amount=3_000, text="不用退", pictures=[])
    assert isinstance(answer, Declined)
    assert not [method for method, _param in fake.requests if method == "afterSale.operate"]
