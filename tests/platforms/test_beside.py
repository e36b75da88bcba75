"""Steps beside a ticket's course, on every fake platform that takes them (PLATFORMS e8).

Kuaishou and Douyin number carriers and orders; codes are those that each fake takes.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.desk_steps import (
    Because,
    EntersReturns,
    GivesMoreTime,
    HasReturnAddresses,
    MerchantRequest,
    Opened,
    OpensRequests,
    Parcel,
    SendsNewGoods,
    StopsParcels,
    TakesNotes,
)
from aftersale.platforms.payments import NeverSeen, TimedOut
from aftersale.platforms.protocol import (
    Accepted,
    Declined,
    NotCarriedOut,
    Platform,
    TakesEvidence,
    Why,
)
from tests.platforms.fakes import Fake, Fault

from .contract import fake, filed, platform, seen, step
from .douyin.fake import DouyinFake
from .wechat.fake import WeChatFake

__all__ = ["fake", "platform"]

CARRIERS = {"kuaishou": "4", "wechat": "OTHER", "douyin": "shunfeng", "xiaohongshu": "shunfeng"}
METHODS = {
    Can.NOTE: TakesNotes,
    Can.RETURN_ADDRESS: HasReturnAddresses,
    Can.ENTER_RETURN: EntersReturns,
    Can.SEND_NEW_GOODS: SendsNewGoods,
    Can.MORE_TIME: GivesMoreTime,
    Can.STOP_PARCELS: StopsParcels,
    Can.OPEN_REQUEST: OpensRequests,
    Can.PRICE_DIFFERENCE: OpensRequests,
    Can.EVIDENCE: TakesEvidence,
}


def test_what_is_declared_is_there(fake: Fake, platform: Platform) -> None:
    can = registry.capabilities(fake.code)
    assert {one for one in METHODS if isinstance(platform, METHODS[one])} == can & set(METHODS)


def test_a_note_with_a_flag(fake: Fake, platform: Platform) -> None:
    if not isinstance(platform, TakesNotes):
        pytest.skip("takes none")
    order = fake.places(10_000)
    for flag in ("", *platform.notes.flags):
        assert platform.note(order, text="已电话沟通", flag=flag, deadline=None) == Accepted()
    notes = fake.shop.notes  # type: ignore[attr-defined]
    assert len(notes) == len(platform.notes.flags) + 1
    assert {str(number) for number, _text, _flag in notes} == {order}
    # Each colour is one of the platform's own.
    assert len({flag for _number, _text, flag in notes[1:]}) == len(platform.notes.flags)
    unknown = platform.note(f"{order}9", text="x", flag="", deadline=None)
    assert isinstance(unknown, Declined)
    fake.fail(Fault.LOST_ANSWER)
    with pytest.raises(TimedOut):
        platform.note(order, text="x", flag="", deadline=None)


def test_goods_go_back_to_the_address_that_was_chosen(fake: Fake, platform: Platform) -> None:
    assert isinstance(platform, HasReturnAddresses)
    addresses = platform.return_addresses()
    assert addresses and all(one.number and one.words for one in addresses)
    number = filed(fake, "return_refund", shipped=True)
    wrong = replace(step(platform, number), address="9")
    if fake.code != "kuaishou":  # whose fake does not look at it
        assert isinstance(platform.approve_return(wrong), Declined)
    chosen = replace(step(platform, number), address=addresses[-1].number)
    assert platform.approve_return(chosen) == Accepted()
    assert fake.ticket(number).status == "awaiting_return"


def test_the_buyers_parcel_is_entered_for_the_buyer(fake: Fake, platform: Platform) -> None:
    if not isinstance(platform, EntersReturns):
        pytest.skip("takes none")
    number = filed(fake, "return_refund", shipped=True)
    parcel = {"carrier": CARRIERS[fake.code], "tracking_no": "SF123"}
    early = platform.enter_return(step(platform, number), **parcel)
    assert isinstance(early, Declined) and early.why is Why.CHANGED
    assert platform.approve_return(step(platform, number)) == Accepted()
    stale = step(platform, number)
    stale = replace(stale, version=stale.version - timedelta(seconds=1))
    assert isinstance(platform.enter_return(stale, **parcel), Declined)
    assert platform.enter_return(step(platform, number), **parcel) == Accepted()
    record = seen(platform, number).record
    assert record.status == "returning" and record.return_shipment is not None
    assert record.return_shipment.tracking_no == "SF123"
    again = platform.enter_return(step(platform, number), **parcel)
    assert isinstance(again, Declined)


def test_new_goods_of_an_exchange(fake: Fake, platform: Platform) -> None:
    assert isinstance(platform, SendsNewGoods)
    number = filed(fake, "exchange", 5_000, shipped=True)
    assert platform.approve_return(step(platform, number)) == Accepted()
    parcel = {"carrier": CARRIERS[fake.code], "tracking_no": "SF456"}
    if fake.code != "douyin":  # which takes new goods before the old ones are back
        early = platform.send_new_goods(step(platform, number), **parcel)
        assert isinstance(early, Declined)
    fake.buyer_ships_back(number, carrier=CARRIERS[fake.code], tracking_no="SF1")
    assert platform.send_new_goods(step(platform, number), **parcel) == Accepted()
    again = platform.send_new_goods(step(platform, number), **parcel)
    assert isinstance(again, Declined)
    # A return takes none.
    other = filed(fake, "return_refund", shipped=True)
    assert platform.approve_return(step(platform, other)) == Accepted()
    fake.buyer_ships_back(other, carrier=CARRIERS[fake.code], tracking_no="SF2")
    refused = platform.send_new_goods(step(platform, other), **parcel)
    assert isinstance(refused, Declined)
    assert fake.ticket(other).status == "returning"


def test_a_request_of_the_shops_own_waits_for_the_buyer() -> None:
    """And a difference is paid once, however often it is sent under its key."""
    fake = WeChatFake()
    fake.start()
    platform = fake.connect()
    order = fake.places(10_000, 2_000)
    asked = MerchantRequest("key-1", order, 1, 3_000, Because.QUALITY, "质量问题，已协商")
    opened = platform.open_request(asked, with_return=True, deadline=None)
    assert isinstance(opened, Opened)
    record = seen(platform, opened.ticket_no).record
    assert (record.status, record.type, record.amount) == ("negotiating", "return_refund", 3_000)
    assert (record.order_no, record.line_no) == (order, 1)
    assert platform.refund_status(opened.ticket_no) == NeverSeen()
    again = platform.open_request(asked, with_return=True, deadline=None)
    assert (again, fake.tickets()) == (opened, [opened.ticket_no])

    difference = MerchantRequest("key-2", order, 2, 500, Because.PRICE_CUT)
    fake.fail(Fault.LOST_ANSWER)
    with pytest.raises(TimedOut):
        platform.refund_difference(difference, deadline=None)
    paid = platform.refund_difference(difference, deadline=None)
    assert isinstance(paid, Opened) and len(fake.tickets()) == 2
    fake.advance(120)
    assert fake.ticket(paid.ticket_no).refunded == 500
    assert seen(platform, paid.ticket_no).record.status == "refunded"

    for refused in (
        replace(difference, key="key-3", amount=9_000),
        replace(difference, key="key-3", because=Because.QUALITY),
        replace(difference, key="key-3", line_no=3),
        replace(difference, key="key-3", order_no="9"),
    ):
        answer = platform.refund_difference(refused, deadline=None)
        assert isinstance(answer, Declined) and answer.reason
    assert len(fake.tickets()) == 2
    late = Deadline(fake.now(), 0, lambda: True)
    with pytest.raises(NotCarriedOut):
        platform.refund_difference(replace(difference, key="key-3"), deadline=late)
    assert len(fake.tickets()) == 2
    fake.stop()


def test_more_time_and_parcels_that_are_stopped() -> None:
    fake = DouyinFake()
    fake.start()
    platform = fake.connect()
    number = filed(fake, "return_refund", shipped=True)
    early = platform.more_time(step(platform, number))
    assert isinstance(early, Declined) and early.why is Why.CHANGED
    parcel = Parcel("shunfeng", f"SF{seen(platform, number).record.order_no}")
    assert platform.parcels(number) == [parcel]
    assert platform.stop_parcels(step(platform, number), [parcel]) == Accepted()
    both = platform.stop_parcels(step(platform, number), [parcel, Parcel("yto", "YT1")])
    assert (
        isinstance(both, Declined) and both.reason == "1 of 2 parcels can't be stopped: 非本单包裹"
    )
    assert fake.shop.stopped == [parcel.tracking_no] * 2
    fake.fail(Fault.GARBLED)
    with pytest.raises(TimedOut):
        platform.stop_parcels(step(platform, number), [parcel])

    assert platform.approve_return(step(platform, number)) == Accepted()
    fake.buyer_ships_back(number, carrier="shunfeng", tracking_no="SF1")
    too_early = platform.more_time(step(platform, number))
    assert isinstance(too_early, Declined) and "last two days" in too_early.reason
    fake.advance(5 * 86_400 + 60)
    due = seen(platform, number).record.due_at
    assert platform.more_time(step(platform, number)) == Accepted()
    assert due is not None
    assert seen(platform, number).record.due_at == due + timedelta(days=7)
    stopped = platform.stop_parcels(step(platform, number), [parcel])
    assert isinstance(stopped, Declined) and stopped.why is Why.CHANGED
    fake.stop()
