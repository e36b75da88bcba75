"""Steps beside a ticket's course, on every fake platform that takes them (PLATFORMS e8).

Kuaishou and Douyin number carriers and orders; codes are those that each fake takes.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.desk_steps import (
    EntersReturns,
    HasReturnAddresses,
    SendsNewGoods,
    TakesNotes,
)
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Accepted, Declined, Platform, TakesEvidence, Why
from tests.platforms.fakes import Fake, Fault

from .test_contract import FAKES, filed, seen, step

CARRIERS = {"kuaishou": "4", "wechat": "OTHER", "douyin": "shunfeng", "xiaohongshu": "shunfeng"}
METHODS = {
    Can.NOTE: TakesNotes,
    Can.RETURN_ADDRESS: HasReturnAddresses,
    Can.ENTER_RETURN: EntersReturns,
    Can.SEND_NEW_GOODS: SendsNewGoods,
    Can.EVIDENCE: TakesEvidence,
}


@pytest.fixture(params=FAKES, ids=lambda make: make.__name__)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    fake: Fake = request.param()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def platform(fake: Fake) -> Platform:
    return fake.connect()


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
