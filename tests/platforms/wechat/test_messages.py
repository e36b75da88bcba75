"""Pushes: who may speak, and what is understood. The vectors are the platform's documentation's."""

import json
import subprocess

import pytest

from aftersale.platforms.protocol import Changed, ForgedMessage, Subject
from aftersale.platforms.wechat import messages
from tests.each import each
from tests.platforms.wechat.fake import AES_KEY, APP_ID, CALLBACK_TOKEN
from tests.platforms.wechat.sealing import seal, signed

DOCUMENTED = {
    "callback_token": "AAAAA",
    "callback_aes_key": "A" * 43,
    "app_id": "wxba5fad812f8e6fb9",
}
SEALED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcv"
    "ZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3F"
    "n2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSe"
    "OBrebufAlr7F9mFUPAJGj04="
)
QUERY = {
    "timestamp": "1714112445",
    "nonce": "415670741",
    "encrypt_type": "aes",
    "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
}
BODY = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": SEALED}).encode()
OWN = {"callback_token": CALLBACK_TOKEN, "callback_aes_key": AES_KEY, "app_id": APP_ID}


def pushed(event: object, *, app_id: str = APP_ID, key: str = AES_KEY) -> tuple[bytes, dict]:
    sealed = seal(json.dumps(event).encode(), key, app_id)
    query = {"timestamp": "1", "nonce": "2"}
    query["msg_signature"] = signed(CALLBACK_TOKEN, "1", "2", sealed)
    return json.dumps({"Encrypt": sealed}).encode(), query


def read(event: object) -> list[Changed]:
    return list(messages.read(OWN, *pushed(event)))


def test_the_documented_push():
    assert json.loads(messages.decrypted(DOCUMENTED, BODY, QUERY)) == {
        "ToUserName": "gh_97417a04a28d",
        "FromUserName": "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
        "CreateTime": 1714112445,
        "MsgType": "event",
        "Event": "debug_demo",
        "debug_str": "hello world",
    }
    assert list(messages.read(DOCUMENTED, BODY, QUERY)) == []


def test_a_push_sealed_by_another_program():
    """The cipher and its padding by openssl, not by what reads them."""
    event = json.dumps(
        {"Event": "channels_ec_order_new", "CreateTime": 5, "order_info": {"order_id": 7}}
    ).encode()
    clear = b"r" * 16 + len(event).to_bytes(4, "big") + event + APP_ID.encode()
    padding = 32 - len(clear) % 32
    key = "69b71d79f8218a39259a7a29aabb2dbafc31cb300108310518720928b30d38f4"
    sealed = subprocess.run(
        ["openssl", "enc", "-aes-256-cbc", "-nopad", "-a", "-A", "-K", key, "-iv", key[:32]],
        input=clear + bytes([padding]) * padding,
        capture_output=True,
        check=True,
    ).stdout.decode()
    secrets = {**OWN, "callback_aes_key": AES_KEY}
    query = {"timestamp": "1", "nonce": "2"}
    query["msg_signature"] = signed(CALLBACK_TOKEN, "1", "2", sealed)
    body = json.dumps({"Encrypt": sealed}).encode()
    assert list(messages.read(secrets, body, query)) == [
        Changed(Subject.ORDER, "7", "channels_ec_order_new:7::5")
    ]


@each(
    "changes",
    [
        {"msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b4"},
        {"msg_signature": ""},
        {"msg_signature": "é\ud800"},
        {"timestamp": "1714112446"},
        {"nonce": "415670742"},
        # The signature without the message is not enough.
        {"msg_signature": "6c5c811b55cc85e0e1b54100749188c20beb3f5d"},
    ],
)
def test_a_wrong_signature(changes):
    with pytest.raises(ForgedMessage):
        messages.read(DOCUMENTED, BODY, {**QUERY, **changes})


def test_no_signature_at_all():
    with pytest.raises(ForgedMessage):
        messages.read(DOCUMENTED, BODY, {})


@each(
    "secrets",
    [
        {},
        {**DOCUMENTED, "callback_token": ""},
        {**DOCUMENTED, "callback_token": "BBBBB"},
        {**DOCUMENTED, "callback_aes_key": ""},
        {**DOCUMENTED, "callback_aes_key": "B" * 43},
        {**DOCUMENTED, "callback_aes_key": "not base64 !"},
        {**DOCUMENTED, "app_id": "wx-another"},
        {**DOCUMENTED, "app_id": ""},
    ],
)
def test_another_shops_push(secrets):
    with pytest.raises(ForgedMessage):
        messages.read(secrets, BODY, QUERY)


def test_an_empty_token_signs_nothing():
    query = {"timestamp": "1", "nonce": "2", "msg_signature": signed("", "1", "2", SEALED)}
    with pytest.raises(ForgedMessage):
        messages.read({**DOCUMENTED, "callback_token": ""}, BODY, query)


@each(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"Encrypt": 5}',
        b'{"Encrypt": null}',
        b'{"Encrypt": ""}',
        b'{"Encrypt": "\\ud800"}',
        b'{"Encrypt": "' + b"x" * 99,
        b"[" * 100_000,
        b"<xml><Encrypt>x</Encrypt></xml>",
    ],
)
def test_a_body_that_is_no_push(body):
    with pytest.raises(ForgedMessage):
        messages.read(OWN, body, QUERY)


@each("sealed", ["", "AAAA", "!!", "é", "A" * 64, "\ud800"])
def test_a_signed_body_that_does_not_open(sealed):
    signature = messages.signature(CALLBACK_TOKEN, "1", "2", sealed)
    query = {"timestamp": "1", "nonce": "2", "msg_signature": signature}
    with pytest.raises(ForgedMessage):
        messages.read(OWN, json.dumps({"Encrypt": sealed}).encode(), query)


def test_a_ticket_has_changed():
    event = {
        "CreateTime": 1662480000,
        "Event": "channels_ec_aftersale_update",
        "finder_shop_aftersale_status_update": {
            "status": "USER_WAIT_RETURN",
            "after_sale_order_id": "1234567",
            "order_id": "12345",
        },
    }
    name = "channels_ec_aftersale_update:1234567:USER_WAIT_RETURN:1662480000"
    assert read(event) == [Changed(Subject.TICKET, "1234567", name)]
    # Sent again, with another signature: the same message.
    assert read(event)[0].message_id == name


def test_a_dispute_is_about_its_ticket():
    event = {
        "CreateTime": 1662480000,
        "Event": "channels_ec_complaint_update",
        "finder_shop_complaint": {"complaint_status": 100, "after_sale_order_id": "1234567"},
    }
    name = "channels_ec_complaint_update:1234567:100:1662480000"
    assert read(event) == [Changed(Subject.TICKET, "1234567", name)]


@each(
    "event", ["new", "cancel", "pay", "wait_shipping", "deliver", "confirm", "settle", "ext_info"]
)
def test_an_order_has_changed(event):
    """Its number may be a JSON number above 2^53."""
    event = f"channels_ec_order_{event}"
    about = {"CreateTime": 1, "Event": event, "order_info": {"order_id": 3705115058471208928}}
    name = f"{event}:3705115058471208928::1"
    assert read(about) == [Changed(Subject.ORDER, "3705115058471208928", name)]


@each(
    "event",
    [
        {"Event": "product_spu_audit"},
        {"Event": "channels_ec_aftersale_update"},
        {"Event": "channels_ec_aftersale_update", "finder_shop_aftersale_status_update": 5},
        {"Event": "channels_ec_aftersale_update", "finder_shop_aftersale_status_update": {}},
        {"Event": "channels_ec_order_new", "order_info": []},
        {"Event": 5},
        {},
        [],
        "text",
        None,
    ],
)
def test_what_it_does_not_know_is_left_out(event):
    assert read(event) == []


def test_the_first_try_of_an_address():
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "echostr": "4375120948345356249",
        "timestamp": "1714036504",
        "nonce": "1514711492",
    }
    assert messages.challenge(DOCUMENTED, query) == "4375120948345356249"
    assert messages.challenge({**DOCUMENTED, "callback_token": "B"}, query) is None
    assert messages.challenge({}, query) is None
    assert messages.challenge(DOCUMENTED, {**query, "nonce": "1"}) is None
    assert messages.challenge(DOCUMENTED, {}) is None


def test_the_shop_reads_what_the_platform_pushes(fake, shop):
    order = fake.places(1000)
    ticket = fake.buyer_applies(order, "refund_only", 1000)
    found = [
        changed
        for push in fake.messages()
        for changed in shop.messages(body=push.body, headers=push.headers, query=push.query)
    ]
    assert [(x.subject, x.number) for x in found] == [
        (Subject.ORDER, order),
        (Subject.TICKET, ticket),
    ]
