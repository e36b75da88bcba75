"""Pushes: who may speak, what is told on, and how repeated ones are known."""

import json

import pytest

from aftersale.platforms.kuaishou import Kuaishou, messages
from aftersale.platforms.protocol import Changed, ForgedMessage, Subject
from tests.each import each

from .fake import MESSAGE_SECRET, KuaishouFake, seal

# Made with `openssl enc -aes-128-cbc` under the key 00 01 … 0f and an empty vector.
SEALED = (
    b"JGKpwGGELnWniagb0xXY0rQJIA+WGCxa/egTa2O1O5H9marDmARV5UESqCXrljACMZK/+CcmKg35UToXKA+Ugia/Xn16"
    b"4VlCRkD2pyuGPIRd1342v7e65Fpf/J3m2T+II8rthe0/V8Km/+YX2vwGtdZ+KoY1jQgoJ0eBQLTwpkW1iaFhkfYT5qVn"
    b"e9AkvEvwSKLrSOV6rgwkJ6sobcGIXlSccwVaADwviYKDI9rNKbE="
)
SECRETS = {"app_key": "ks700", "message_secret": MESSAGE_SECRET}
TOLD = (Changed(Subject.TICKET, "2607602240240301", "2607602240240301:50:1700000000123"),)


@each("body", [SEALED, SEALED + b"\n", b'"' + SEALED + b'"'])
def test_a_message_of_another_program_is_read(body: bytes) -> None:
    assert messages.changes(body, SECRETS) == TOLD


def test_another_sellers_message_says_nothing_here() -> None:
    assert messages.changes(SEALED, {**SECRETS, "seller_id": "77"}) == TOLD
    assert messages.changes(SEALED, {**SECRETS, "seller_id": "78"}) == ()


@each(
    "secrets",
    [
        {**SECRETS, "app_key": "ks701"},
        {**SECRETS, "message_secret": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {**SECRETS, "message_secret": "not a key"},
        {**SECRETS, "message_secret": ""},
        {"app_key": "ks700"},
        {"message_secret": MESSAGE_SECRET},
    ],
)
def test_what_cannot_be_verified_is_forged(secrets: dict[str, str]) -> None:
    with pytest.raises(ForgedMessage):
        messages.changes(SEALED, secrets)


@each("text", [b"[]", b"7", b"{}", b'{"appKey": null}', b"\xff", b""])
def test_sealed_nonsense_is_forged(text: bytes) -> None:
    with pytest.raises(ForgedMessage):
        messages.changes(seal(text), SECRETS)


def test_a_plain_message_is_forged(kuaishou: Kuaishou) -> None:
    body = json.dumps({"appKey": "ks-app-key", "event": "200", "bizId": 5}).encode()

    with pytest.raises(ForgedMessage):
        kuaishou.messages(body=body, headers={}, query={})


@pytest.mark.parametrize(
    ("event", "info", "told"),
    [
        (
            "kwaishop_aftersales_addRefund",
            {"refundId": 5, "orderId": 4, "status": 10, "createTime": 9},
            [(Subject.TICKET, "5", "5:10:9")],
        ),
        (
            "kwaishop_order_paySuccess",
            {"oid": 4, "status": 30, "updateTime": 8},
            [(Subject.ORDER, "4", "4:30:8")],
        ),
        ("kwaishop_item_auditRefuse", {"oid": 4}, []),
        ("kwaishop_aftersales_updateRefund", {}, []),
    ],
)
def test_what_is_told(
    fake: KuaishouFake,
    kuaishou: Kuaishou,
    event: str,
    info: dict[str, int],
    told: list[tuple[Subject, str, str]],
) -> None:
    message = fake.push(event, info)

    found = kuaishou.messages(body=message.body, headers=message.headers, query={})

    assert [(changed.subject, changed.number, changed.message_id) for changed in found] == told


def test_a_push_without_a_moment_has_the_envelopes(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    """Else a second change to the same status would pass for the first, sent again."""
    pushed = [fake.push("208", {"refundId": 5, "status": 11}, updateTime=at) for at in (8, 9)]

    told = [kuaishou.messages(body=one.body, headers={}, query={})[0] for one in pushed]

    assert [changed.message_id for changed in told] == ["5:11:8", "5:11:9"]


def test_a_seller_has_two_names(fake: KuaishouFake) -> None:
    message = fake.push("208", {"refundId": 5, "status": 11, "updateTime": 8})
    secrets = {"app_key": "ks-app-key", "message_secret": MESSAGE_SECRET}

    told = messages.changes(message.body, {**secrets, "open_id": "seller-open"})

    assert [changed.number for changed in told] == ["5"]
    assert messages.changes(message.body, {**secrets, "open_id": "another"}) == ()


def test_a_push_is_answered_as_the_platform_wants_it(kuaishou: Kuaishou) -> None:
    """With anything else it is sent again and again."""
    assert json.loads(kuaishou.reply) == {"result": 1}


def test_a_test_push_says_nothing(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    message = fake.push("kwaishop_aftersales_addRefund", {"refundId": 5}, test=True)

    assert kuaishou.messages(body=message.body, headers={}, query={}) == ()


@pytest.mark.parametrize("info", ["", "[]", "no json", 7, None])
def test_an_event_whose_values_cannot_be_read_falls_back_on_the_envelope(
    kuaishou: Kuaishou, info: object
) -> None:
    envelope = {
        "appKey": "ks-app-key",
        "userId": 2161524184,
        "event": "kwaishop_aftersales_updateRefund",
        "bizId": 5,
        "info": info,
    }

    found = kuaishou.messages(body=seal(json.dumps(envelope).encode()), headers={}, query={})

    assert [changed.number for changed in found] == ["5"]
