"""Messages: whose they are, and what they say."""

import json
from typing import Any

import pytest

from aftersale.platforms.protocol import Account, ForgedMessage, Subject
from aftersale.platforms.xiaohongshu import Xiaohongshu, messages

from .fake import PUSH_KEY, SELLER, XiaohongshuFake

TOLD = ("msg_after_sale_update", {"returnsId": "R5", "orderId": "P4", "updateTime": 8})


def read(xiaohongshu: Xiaohongshu, message: Any, **changes: Any) -> list[tuple[Subject, str]]:
    given = {"body": message.body, "headers": message.headers, "query": message.query, **changes}
    return [(changed.subject, changed.number) for changed in xiaohongshu.messages(**given)]


def test_the_signature_is_that_of_another_program() -> None:
    """The expected value comes from `md5sum`."""
    sign = messages.signature(
        "/platforms/xiaohongshu/s-7/messages",
        {"key": "linen"},
        {"app-key": "xhs900", "timestamp": "1761000000", "sign": "x"},
        "sEcret-41",
    )
    assert sign == "a2d63a74c61274fec8b020db642ecd79"


@pytest.mark.parametrize(
    ("tag", "data", "told"),
    [
        ("msg_after_sale_create", {"returnsId": "R5"}, [(Subject.TICKET, "R5")]),
        ("msg_after_sale_refund_finished", {"returnsId": "R5"}, [(Subject.TICKET, "R5")]),
        ("msg_after_sale_of_next_year", {"returnsId": "R5"}, [(Subject.TICKET, "R5")]),
        ("msg_fulfillment_status_change", {"orderId": "P4"}, [(Subject.ORDER, "P4")]),
        ("msg_fulfillment_soon_cancel", {"orderId": 4}, [(Subject.ORDER, "4")]),
        ("msg_item_audit", {"itemId": "1"}, []),
        ("msg_after_sale_update", {"orderId": "P4"}, []),
        ("msg_after_sale_update", "no object", []),
        ("msg_after_sale_update", None, []),
        ("", {}, []),
    ],
)
def test_what_is_told(
    fake: XiaohongshuFake,
    xiaohongshu: Xiaohongshu,
    tag: str,
    data: Any,
    told: list[tuple[Subject, str]],
) -> None:
    assert read(xiaohongshu, fake.push((tag, data))) == told


def test_one_message_may_tell_of_several_things(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    message = fake.push(TOLD, TOLD, ("msg_fulfillment_status_change", {"orderId": "P4"}))
    rows = [*json.loads(message.body), None, [], {"msgTag": 7, "sellerId": SELLER}]

    changed = xiaohongshu.messages(
        body=json.dumps(rows).encode(), headers=message.headers, query=message.query
    )

    assert [one.number for one in changed] == ["R5", "R5", "P4"]
    assert changed[0].message_id == changed[1].message_id != changed[2].message_id


def test_a_second_change_is_another_message(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    tag, data = TOLD
    message = fake.push(TOLD, (tag, {**data, "updateTime": 9}))
    changed = xiaohongshu.messages(body=message.body, headers=message.headers, query=message.query)
    assert len({one.message_id for one in changed}) == 2


@pytest.mark.parametrize("data", [{"returnsId": "R5"}, '{"returnsId":"R5"}'])
def test_its_values_are_an_object_or_a_text_of_one(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, data: Any
) -> None:
    row = {"msgTag": "msg_after_sale_update", "sellerId": SELLER, "data": data}
    body = json.dumps([row]).encode()
    assert read(xiaohongshu, fake.push(TOLD), body=body) == [(Subject.TICKET, "R5")]


def test_another_sellers_are_left_out(fake: XiaohongshuFake, xiaohongshu: Xiaohongshu) -> None:
    message = fake.push(TOLD, seller="another")
    assert read(xiaohongshu, message) == []
    account = fake.account()
    anybody = Account(account.shop_code, {**account.secrets, "seller_id": ""})
    assert read(Xiaohongshu(anybody), message) == [(Subject.TICKET, "R5")]


def test_an_app_may_have_one_address_for_all_its_shops(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    message = fake.push(TOLD, path="/platforms/xiaohongshu/messages")
    assert read(xiaohongshu, message) == [(Subject.TICKET, "R5")]


@pytest.mark.parametrize(
    "changes",
    [
        {"query": {}},
        {"query": {"key": "other"}},
        {"query": {"key": PUSH_KEY, "more": "1"}},
        {"headers": {}},
        {"app-key": "other"},
        {"timestamp": "1761000000"},
        {"sign": "0" * 32},
        {"sign": ""},
        {"sign": "签名"},
    ],
)
def test_whatever_the_signature_covers_is_checked(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, changes: dict[str, Any]
) -> None:
    message = fake.push(TOLD)
    assert read(xiaohongshu, message) == [(Subject.TICKET, "R5")]
    given = {"query": changes.pop("query", message.query)}
    given["headers"] = changes.pop("headers", {**message.headers, **changes})

    with pytest.raises(ForgedMessage):
        read(xiaohongshu, message, **given)


def test_the_key_that_was_entered_has_to_stand_in_the_address(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    """Signed or not: the signature does not cover what a message says."""
    message = fake.push(TOLD, key="other")
    with pytest.raises(ForgedMessage):
        read(xiaohongshu, message)
    account = fake.account()
    without = Account(account.shop_code, {**account.secrets, "push_key": ""})
    assert read(Xiaohongshu(without), message) == [(Subject.TICKET, "R5")]


def test_one_for_another_address_is_not_believed(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    message = fake.push(TOLD, path="/platforms/xiaohongshu/another/messages")
    with pytest.raises(ForgedMessage):
        read(xiaohongshu, message)


@pytest.mark.parametrize("missing", ["app_id", "app_secret"])
def test_without_the_apps_secrets_nothing_is_believed(fake: XiaohongshuFake, missing: str) -> None:
    account = fake.account()
    secrets = {name: value for name, value in account.secrets.items() if name != missing}
    with pytest.raises(ForgedMessage):
        read(Xiaohongshu(Account(account.shop_code, secrets)), fake.push(TOLD))


@pytest.mark.parametrize("body", [b"", b"7", b"null", b'"x"', b"[" * 50_000, b"\xff"])
def test_what_is_no_message_is_not_believed(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu, body: bytes
) -> None:
    with pytest.raises(ForgedMessage):
        read(xiaohongshu, fake.push(TOLD), body=body)


def test_it_is_answered_as_the_platform_wants_it(xiaohongshu: Xiaohongshu) -> None:
    assert json.loads(xiaohongshu.reply) == {"success": True, "error_code": 0, "error_msg": ""}
    assert xiaohongshu.challenge({"echo": "1"}) is None
