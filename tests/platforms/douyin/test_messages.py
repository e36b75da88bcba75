"""Pushes: batches, their signature, and what they are about."""

import hashlib
import json
from typing import Any

import pytest

from aftersale.platforms.douyin import Douyin
from aftersale.platforms.protocol import Changed, ForgedMessage, Subject

from .fake import APP_KEY, APP_SECRET, DouyinFake, signed
from .shop import SHOP_ID

TICKET, ORDER = 142_777_000_000_000_001, 6_936_476_692_437_400_101


def told(douyin: Douyin, events: Any) -> list[Changed]:
    body = json.dumps(events, ensure_ascii=False).encode()
    return list(douyin.messages(body=body, headers=signed(body).headers, query={}))


def event(tag: Any, data: Any, **more: Any) -> dict[str, Any]:
    return {"tag": tag, "msg_id": f"m{tag}", "data": data, **more}


def of_ticket(**more: Any) -> dict[str, Any]:
    return {"aftersale_id": TICKET, "p_id": ORDER, "shop_id": SHOP_ID, "update_time": 9, **more}


def test_a_batch_says_all_that_it_is_about(douyin: Douyin) -> None:
    batch = [
        event("203", json.dumps(of_ticket())),
        event("209", json.dumps(of_ticket())),
        event("102", json.dumps({"p_id": ORDER, "shop_id": SHOP_ID})),
    ]

    assert told(douyin, batch) == [
        Changed(Subject.TICKET, str(TICKET), f"203:{TICKET}:m203"),
        Changed(Subject.TICKET, str(TICKET), f"209:{TICKET}:m209"),
        Changed(Subject.ORDER, str(ORDER), f"102:{ORDER}:m102"),
    ]


def test_the_older_form_is_one_object_with_its_data_open(douyin: Douyin) -> None:
    older = {"tag": 206, "msgId": "old", "data": of_ticket(aftersale_id=str(TICKET))}
    assert told(douyin, older) == [Changed(Subject.TICKET, str(TICKET), f"206:{TICKET}:old")]


def test_an_event_without_a_number_of_its_own_is_told_apart_by_its_version(
    douyin: Douyin,
) -> None:
    assert told(douyin, {"tag": 206, "data": of_ticket()}) == [
        Changed(Subject.TICKET, str(TICKET), f"206:{TICKET}:9")
    ]


@pytest.mark.parametrize(
    "silent",
    [
        event(0, {"p_id": ORDER}),
        event(400, {"product_id": 5}),
        event("200", "no json"),
        event("200", json.dumps([1])),
        event("200", None),
        event("200", json.dumps({"shop_id": SHOP_ID})),
        event("200", of_ticket(shop_id=SHOP_ID + 1)),
        event("x", of_ticket()),
        event(None, of_ticket()),
        [1, None, "x"],
    ],
)
def test_what_says_nothing_here_is_left_out_and_the_rest_is_taken(
    douyin: Douyin, silent: Any
) -> None:
    assert told(douyin, silent) == []
    beside = [*(silent if isinstance(silent, list) else [silent]), event("200", of_ticket())]
    assert [change.number for change in told(douyin, beside)] == [str(TICKET)]


def test_the_signature_may_be_of_the_body_without_white_space(douyin: Douyin) -> None:
    body = json.dumps([event("200", of_ticket())], indent=1).encode()
    bare = b"".join(body.split())
    sign = hashlib.md5(APP_KEY.encode() + bare + APP_SECRET.encode()).hexdigest()

    told = douyin.messages(body=body, headers={"event-sign": sign.upper()}, query={})

    assert [change.number for change in told] == [str(TICKET)]


@pytest.mark.parametrize("headers", [{}, {"event-sign": ""}, {"event-sign": "0" * 32}])
def test_without_the_right_signature_nothing_is_believed(
    douyin: Douyin, headers: dict[str, str]
) -> None:
    with pytest.raises(ForgedMessage):
        douyin.messages(body=b"[]", headers=headers, query={})


def test_a_shop_without_the_secret_believes_nobody(fake: DouyinFake) -> None:
    body = b"[]"
    bare = hashlib.md5(APP_KEY.encode() + body).hexdigest()
    with pytest.raises(ForgedMessage):
        fake.connect(app_secret="").messages(body=body, headers={"event-sign": bare}, query={})


def test_a_signed_body_that_is_no_json_is_not_believed(douyin: Douyin) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(ForgedMessage):
            douyin.messages(body=body, headers=signed(body).headers, query={})


def test_the_answer_is_the_one_the_platform_wants(douyin: Douyin) -> None:
    assert json.loads(douyin.reply) == {"code": 0, "msg": "success"}
