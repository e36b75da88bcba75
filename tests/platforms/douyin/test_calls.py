"""One signed call, and what its answer means."""

import json
import time
from typing import Any

import httpx
import pytest

from aftersale.platforms.douyin import Douyin, api
from aftersale.platforms.douyin.api import Refused
from aftersale.platforms.protocol import NotAuthorised, NotCarriedOut, Throttled
from tests.each import each

from .fake import DouyinFake


def test_the_signature_is_of_the_sorted_body() -> None:
    """Worked out by hand from the platform's page, with values of our own."""
    body = api.param_json({"size": 2, "b": {"z": "退<&>", "a": 1}, "a": [1, 2]})

    assert body == '{"a":[1,2],"b":{"a":1,"z":"退<&>"},"size":2}'
    sign = api.signature("s", key="k", method="a.b", body="{}", timestamp="1")
    # HMAC-SHA256 with the key "s" of "sapp_keykmethoda.bparam_json{}timestamp1v2s".
    assert sign == "372bd2b320857df329f3fc288ac4fd46f8bef3df4137e14dcd07770446da0ee4"


def test_any_text_can_be_signed() -> None:
    assert api.param_json({"remark": "好\ud800的"}) == '{"remark":"好的"}'


def test_a_signature_that_is_refused_names_clocks_that_differ(
    fake: DouyinFake, douyin: Douyin
) -> None:
    fake.advance(time.time() - fake.now().timestamp())
    fake.skew(4_000)
    with pytest.raises(NotAuthorised, match="clocks differ"):
        douyin.test()
    fake.skew(0)
    with pytest.raises(NotAuthorised, match="does not accept the signature: "):
        fake.connect(app_secret="another").test()


def answer(code: Any, sub_code: str = "", **more: Any) -> dict[str, Any]:
    return {"code": code, "msg": "出错", "sub_code": sub_code, "sub_msg": "说明", **more}


REFUSED = [
    answer(50_002, "isv.business-failed:20309541"),
    answer(50_002, "isv.business-failed:777"),
    answer(40_004, "isv.parameter-invalid:10001"),
    answer(40_001),
    answer(70_000, "isp.api-service-off"),
]
FOR_PEOPLE = [
    answer(40_003, "isv.access-token-expired"),
    answer(40_003, "isv.access-token-no-existed"),
    answer(40_004, "isv.signature-invalid"),
    answer(40_004, "isv.timestamp-invalid"),
    answer(40_004, "isv.app-id-invalid"),
    answer(30_001, "dop.authorization-closed"),
    answer(30_001, "isv.app-permissions-insufficient"),
    answer(50_001, "dop.token-generate-failed:token-expired"),
    answer(90_000, "isv.env-suspected"),
]
# Whether it was carried out is open: it has to be read back.
UNCERTAIN = [
    answer(20_000, "isp.service-error"),
    answer(90_000, "dop.unknown-error"),
    answer(50_002, "isv.business-failed:11005"),
    answer(50_002, "isv.business-failed:10002"),
    answer(123_456, "isv.never-heard-of"),
    answer(None),
    answer("x"),
    answer([1]),
    {"err_no": 7, "message": "旧"},
    {},
]


def raised(found: dict[str, Any]) -> type[Exception] | None:
    try:
        api._raise(api._code(found), found, httpx.Response(200))
    except NotCarriedOut as error:
        return type(error)
    return None


@each("found", REFUSED)
def test_a_refusal_is_certain(found: dict[str, Any]) -> None:
    assert raised(found) is Refused


@each("found", FOR_PEOPLE)
def test_an_access_that_is_refused_is_for_people(found: dict[str, Any]) -> None:
    assert raised(found) is NotAuthorised


@each("found", UNCERTAIN)
def test_what_is_no_answer_leaves_the_outcome_open(found: dict[str, Any]) -> None:
    assert raised(found) is None


def test_too_many_calls_are_waited_out() -> None:
    assert raised(answer(60_000, "isv.traffic-limited")) is Throttled


@each(
    "found, code",
    [
        ({"code": 10_000}, 10_000),
        ({"code": "10000"}, 10_000),
        ({"err_no": 0}, 10_000),
        ({"err_no": 0, "code": 20_000}, 20_000),
        ({"err_no": 30_001}, 30_001),
        ({"code": True}, None),
    ],
)
def test_older_answers_are_read_too(found: dict[str, Any], code: int | None) -> None:
    assert api._code(found) == code


def test_a_refusal_has_the_platforms_words_and_the_number_its_support_asks_for() -> None:
    found = answer(50_002, "isv.business-failed:9", log_id="2026ABC")
    with pytest.raises(Refused) as refused:
        api._raise(50_002, found, httpx.Response(200))
    assert str(refused.value) == "说明 (50002, isv.business-failed:9, 2026ABC)"
    assert refused.value.number == 9


def test_a_call_says_who_asks_and_signs_its_very_bytes(fake: DouyinFake, douyin: Douyin) -> None:
    douyin.test()
    method, param = fake.requests[-1]
    assert (method, param) == ("afterSale.List", {"page": 0, "size": 1})
    assert json.loads(api.param_json(param)) == param
