"""The calls sent to Xiaohongshu for each step, and the calls that are never sent."""

from typing import Any

import pytest

from aftersale.platforms.payments import NeverSeen, Pending, TimedOut
from aftersale.platforms.protocol import (
    OWN_REASON,
    Accepted,
    Account,
    Declined,
    NotCarriedOut,
    Picture,
    Step,
    Why,
)
from aftersale.platforms.xiaohongshu import Xiaohongshu, reasons
from aftersale.reject_reasons import REASONS as CATALOGUE
from tests.each import each
from tests.platforms.fakes import Fault, step_of

from .fake import AUDIT, RECEIVE, STEPS, XiaohongshuFake
from .shop import REASONS, No

SYSTEM = {"appId", "method", "version", "timestamp", "sign", "accessToken"}


def filed(fake: XiaohongshuFake, type: str = "refund_only", *, shipped: bool = True) -> str:
    order = fake.places(9_000)
    if shipped:
        fake.ships(order)
    return fake.buyer_applies(order, type, 4_000)


def goods_back(fake: XiaohongshuFake, type: str = "return_refund") -> str:
    number = filed(fake, type)
    fake.shop.tickets[number]["status"] = 2
    fake.buyer_ships_back(number, carrier="yuantong", tracking_no="YT1")
    return number


def declined(answer: Accepted | Declined) -> tuple[Why, str]:
    assert isinstance(answer, Declined)
    return answer.why, answer.reason


def sent(fake: XiaohongshuFake) -> list[dict[str, Any]]:
    """The fields of each step beside its signature."""
    return [
        {name: value for name, value in call.items() if name not in SYSTEM}
        for call in fake.requests
        if call["method"] in STEPS
    ]


def test_what_is_sent_for_each_step(fake: XiaohongshuFake, xiaohongshu: Xiaohongshu) -> None:
    refund, returned, back = filed(fake), filed(fake, "return_refund"), goods_back(fake)
    refused, refused_back = filed(fake), goods_back(fake)
    other = f"{OWN_REASON}99"

    answers = [
        xiaohongshu.approve(step_of(xiaohongshu, refund)),
        xiaohongshu.approve_return(step_of(xiaohongshu, returned)),
        xiaohongshu.confirm_receipt(step_of(xiaohongshu, back)),
        xiaohongshu.reject(step_of(xiaohongshu, refused), reason=other, text="无划痕", pictures=[]),
        xiaohongshu.reject(
            step_of(xiaohongshu, refused_back), reason=other, text="有使用痕迹", pictures=[]
        ),
    ]

    assert answers == [Accepted()] * 5
    assert sent(fake) == [
        {"returnsId": refund, "action": 1},
        {
            "returnsId": returned,
            "action": 2,
            "receiverInfo": {"sellerAddressRecordId": 640_017},
        },
        {"returnsId": back, "action": 1},
        {"returnsId": refused, "action": 3, "reason": 99, "description": "无划痕"},
        {"returnsId": refused_back, "action": 2, "reason": 99, "description": "有使用痕迹"},
    ]
    methods = [call["method"] for call in fake.requests if call["method"] in STEPS]
    assert methods == [AUDIT, AUDIT, RECEIVE, AUDIT, RECEIVE]
    states = [fake.ticket(number).status for number in (refund, returned, back, refused)]
    assert states == ["refunding", "awaiting_return", "refunding", "rejected"]
    assert fake.ticket(refused_back).status == "rejected"


@pytest.mark.parametrize("second", [False, True])
def test_a_refusal_in_either_envelope_is_one(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, monkeypatch: pytest.MonkeyPatch, second: bool
) -> None:
    fake.second_envelope = second
    number = filed(fake)
    step = step_of(xiaohongshu, number)

    def refuse(shop: Any, call: Any) -> str:
        raise No("账户余额不足")

    monkeypatch.setitem(STEPS, AUDIT, refuse)
    why, reason = declined(xiaohongshu.approve(step))

    assert why == Why.NO_FUNDS
    assert "账户余额不足" in reason
    assert fake.ticket(number).status == "pending_review"


@pytest.mark.parametrize("change", ["version", "amount", "order", "paid", "status"])
def test_another_ticket_than_decided_on_is_left_alone(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, change: str
) -> None:
    """The platform takes neither a version nor an amount: what is there is compared."""
    numbers = {
        "approve": filed(fake),
        "approve_return": filed(fake, "return_refund"),
        "confirm_receipt": goods_back(fake),
    }
    steps = {name: step_of(xiaohongshu, number) for name, number in numbers.items()}
    for number in numbers.values():
        row = fake.shop.tickets[number]
        row.update(
            {
                "version": {"updatedAt": row["updatedAt"] + 1},
                "amount": {"expectedRefundAmountYuan": 39.99},
                "order": {"orderId": "P1"},
                "paid": {"refundStatus": 101},
                "status": {"status": 5},
            }[change]
        )

    for name, step in steps.items():
        assert declined(getattr(xiaohongshu, name)(step))[0] == Why.CHANGED, name
        rejected = xiaohongshu.reject(step, reason="no_defect_shown", text="不符", pictures=[])
        assert declined(rejected)[0] == Why.CHANGED
    assert sent(fake) == []


def test_a_change_between_the_look_and_the_step_is_told_apart(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No code says so: the ticket is looked at again after a refusal."""
    number = filed(fake)
    step = step_of(xiaohongshu, number)
    real = STEPS[AUDIT]

    def meanwhile(shop: Any, call: Any) -> str:
        shop.cancel(number)
        return real(shop, call)

    monkeypatch.setitem(STEPS, AUDIT, meanwhile)
    assert declined(xiaohongshu.approve(step))[0] == Why.CHANGED
    assert fake.ticket(number).status == "cancelled"


def test_a_refusal_stands_where_the_second_look_fails(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = filed(fake)
    step = step_of(xiaohongshu, number)

    def refuse(shop: Any, call: Any) -> str:
        fake.fail(Fault.SERVER_ERROR, reading=True)
        raise No("不支持该操作")

    monkeypatch.setitem(STEPS, AUDIT, refuse)
    why, reason = declined(xiaohongshu.approve(step))
    assert (why, "不支持该操作" in reason) == (Why.OTHER, True)


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "error_code": 50209, "error_msg": "…", "data": None},
        {"success": False, "error_code": 500, "error_msg": "系统异常", "data": None},
    ],
)
def test_what_may_have_been_carried_out_is_read_back(
    fake: XiaohongshuFake,
    xiaohongshu: Xiaohongshu,
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any],
) -> None:
    number = filed(fake)
    step = step_of(xiaohongshu, number)
    real = fake._business
    monkeypatch.setattr(
        fake,
        "_business",
        lambda method, call: (
            answer if method == AUDIT and real(method, call) else real(method, call)
        ),
    )

    with pytest.raises(TimedOut):
        xiaohongshu.approve(step)

    assert len(sent(fake)) == 1
    assert xiaohongshu.refund_status(number) == Pending()
    assert declined(xiaohongshu.approve(step))[0] == Why.CHANGED
    assert len(sent(fake)) == 1


def test_a_return_is_never_refunded_before_its_goods_are_back(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    number = filed(fake, "return_refund")
    step = step_of(xiaohongshu, number)
    waived = Step(number, step.order_no, "refund_only", step.amount, step.version)

    why, reason = declined(xiaohongshu.approve(waived))
    assert (why, "agree to the return" in reason) == (Why.OTHER, True)
    assert xiaohongshu.approve_return(step) == Accepted()
    why, reason = declined(xiaohongshu.confirm_receipt(step_of(xiaohongshu, number)))
    assert (why, "entered the parcel" in reason) == (Why.OTHER, True)
    assert fake.calls("approve") == fake.calls("confirm_receipt") == 0
    assert xiaohongshu.refund_status(number) == NeverSeen()


def test_an_exchange_is_agreed_to_and_its_goods_are_for_people(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    number = filed(fake, "exchange")
    assert declined(xiaohongshu.approve(step_of(xiaohongshu, number)))[0] == Why.OTHER
    assert xiaohongshu.approve_return(step_of(xiaohongshu, number)) == Accepted()
    fake.buyer_ships_back(number, carrier="yuantong", tracking_no="YT1")

    why, reason = declined(xiaohongshu.confirm_receipt(step_of(xiaohongshu, number)))

    assert (why, "new goods" in reason) == (Why.OTHER, True)
    assert fake.calls("confirm_receipt") == 0


@pytest.mark.parametrize("kind", [0, 7, None, "x"])
def test_nothing_is_sent_for_an_unknown_type(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, kind: Any
) -> None:
    number, back = filed(fake), goods_back(fake)
    for one in (number, back):
        fake.shop.tickets[one]["returnType"] = kind
    step = step_of(xiaohongshu, number)

    answers = [
        xiaohongshu.approve(step),
        xiaohongshu.approve_return(step),
        xiaohongshu.reject(step, reason="no_defect_shown", text="不符", pictures=[]),
        xiaohongshu.confirm_receipt(step_of(xiaohongshu, back)),
    ]

    assert [declined(answer)[0] for answer in answers] == [Why.OTHER] * 4
    assert sent(fake) == []


@pytest.mark.parametrize(
    ("numbers", "entered", "address"),
    [
        ([31], "", 31),
        ([31, 32], "32", 32),
        ([31, 31], "", 31),
        # Which of several is the default, no answer says: goods must not go astray.
        ([31, 32], "", "several return addresses"),
        ([], "", "no return address"),
        ([None], "", "no return address"),
    ],
)
def test_a_return_goes_to_the_address_that_is_certain(
    fake: XiaohongshuFake, numbers: list[Any], entered: str, address: int | str
) -> None:
    fake.shop.addresses = [{"sellerAddressRecordId": number} for number in numbers]
    account = fake.account()
    secrets = {**account.secrets, "return_address_id": entered}
    shop = Xiaohongshu(Account(account.shop_code, secrets, account.address))

    answer = shop.approve_return(step_of(shop, filed(fake, "return_refund")))

    if isinstance(address, int):
        assert answer == Accepted()
        assert [call["receiverInfo"] for call in sent(fake)] == [{"sellerAddressRecordId": address}]
    else:
        why, reason = declined(answer)
        assert (why, address in reason, sent(fake)) == (Why.OTHER, True, [])


# Refusals.


def test_a_tickets_own_reasons_are_those_of_its_stage(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    """SPEC P2."""
    unshipped, shipped, back = filed(fake, shipped=False), filed(fake), goods_back(fake)
    labels = {
        number: [reason.label for reason in xiaohongshu.reject_reasons(number)]
        for number in (unshipped, shipped, back)
    }
    at_review = [row["reasonName"] for row in REASONS if row["reasonType"] == 0]
    assert labels[unshipped] == labels[shipped] == at_review
    assert labels[back] == [row["reasonName"] for row in REASONS if row["reasonType"] == 1]
    [other] = [one for one in xiaohongshu.reject_reasons(shipped) if one.code == "99"]
    assert (other.needs_text, other.needs_pictures) == (True, False)
    # People are told what comes of it before they refuse.
    assert "closes by itself" in other.hint
    assert "at once" in xiaohongshu.reject_reasons(unshipped)[0].hint
    fake.buyer_cancels(shipped)
    assert xiaohongshu.reject_reasons(shipped) == ()
    assert xiaohongshu.reject_reasons("R0") == ()


@each("wrap", [lambda rows: rows, lambda rows: {"rejectReasons": rows}])
def test_reasons_come_in_two_shapes(wrap: Any) -> None:
    rows = [
        {"reasonType": 0, "reasonId": 1, "reasonName": "未提供有效凭证"},
        {"reasonId": "5", "reasonName": "其它"},
        {"reasonType": 1, "reasonId": 2, "reasonName": "空包"},
        {"reasonType": 0, "reasonId": None, "reasonName": "没有编号"},
        {"reasonType": 0, "reasonId": 3, "reasonName": None},
        None,
    ]
    found = reasons.offered(wrap(rows), 1, unshipped=False)
    assert [(one.code, one.needs_text) for one in found] == [("1", False), ("5", True)]
    assert reasons.offered(wrap(None), 1, unshipped=False) == []


def test_every_reason_of_the_catalogue_finds_one(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    """“Other” takes what has no reason of its own."""
    offered = xiaohongshu.reject_reasons(filed(fake))
    found = {one.code: reasons.chosen(one.code, offered) for one in CATALOGUE}
    assert {code for code, one in found.items() if one is None} == set()
    assert {one.label for code, one in found.items() if one and code == "no_defect_shown"} == {
        "未提供有效凭证"
    }
    assert set(reasons.WORDS) <= {one.code for one in CATALOGUE}


def test_a_reason_that_is_not_on_offer_is_not_sent(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    step = step_of(xiaohongshu, filed(fake))
    own = xiaohongshu.reject(step, reason=f"{OWN_REASON}7", text="不符", pictures=[])
    assert declined(own)[0] == Why.OTHER
    assert "未提供有效凭证" in declined(own)[1]
    silent = xiaohongshu.reject(step, reason=f"{OWN_REASON}99", text=" ", pictures=[])
    assert declined(silent)[0] == Why.OTHER
    assert sent(fake) == []


def test_pictures_stay_with_the_desk(fake: XiaohongshuFake, xiaohongshu: Xiaohongshu) -> None:
    number = filed(fake)
    picture = Picture("chat.png", "image/png", b"\x89PNG")
    answer = xiaohongshu.reject(
        step_of(xiaohongshu, number), reason="no_defect_shown", text="无划痕", pictures=[picture]
    )
    assert answer == Accepted()
    assert sent(fake) == [{"returnsId": number, "action": 3, "reason": 1, "description": "无划痕"}]


def test_a_refused_request_for_unshipped_goods_is_closed_at_once(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    number = filed(fake, shipped=False)
    step = step_of(xiaohongshu, number)
    answer = xiaohongshu.reject(step, reason="no_defect_shown", text="已发出", pictures=[])
    assert answer == Accepted()
    seen = xiaohongshu.ticket(number)
    assert seen is not None
    assert seen.record.status == "closed"
    assert ("our_refusal", "已发出") in {(fact.name, fact.value) for fact in seen.facts}


def test_what_the_platform_has_no_call_for_says_so(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    number = filed(fake)
    step = step_of(xiaohongshu, number)
    asked = len(fake.requests)
    for type, amount in (("refund_only", 4_000), ("return_refund", 4_000), ("refund_only", 1)):
        answer = xiaohongshu.negotiate(step, type=type, amount=amount, text="?", pictures=[])
        assert declined(answer)[0] == Why.OTHER
    assert declined(xiaohongshu.open_window(step.order_no, note=""))[0] == Why.OTHER
    assert len(fake.requests) == asked


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.GARBLED, Fault.LOST_CALL])
def test_without_a_look_nothing_is_sent(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, fault: Fault
) -> None:
    step = step_of(xiaohongshu, filed(fake))
    fake.fail(fault, reading=True)
    with pytest.raises(NotCarriedOut):
        xiaohongshu.approve(step)
    assert sent(fake) == []


@each("money", ["x", 1.5, [], 999])
def test_nothing_is_sent_where_the_refunds_status_can_not_be_read(money: object) -> None:
    fake = XiaohongshuFake()
    fake.start()
    try:
        xiaohongshu, number = fake.connect(), filed(fake)
        step = step_of(xiaohongshu, number)
        fake.shop.tickets[number]["refundStatus"] = money
        assert declined(xiaohongshu.approve(step))[0] is Why.CHANGED
        assert sent(fake) == []
    finally:
        fake.stop()
