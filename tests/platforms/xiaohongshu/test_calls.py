"""How a call is signed, and what each kind of answer means."""

import json
from decimal import Decimal
from typing import Any

import pytest

from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut, Throttled
from aftersale.platforms.xiaohongshu import Xiaohongshu
from aftersale.platforms.xiaohongshu.api import Api, Refused, signature

from .fake import XiaohongshuFake

READ, STEP = "afterSale.getAfterSaleInfo", "afterSale.auditReturns"


def answering(fake: XiaohongshuFake, monkeypatch: pytest.MonkeyPatch, answer: Any) -> Api:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    monkeypatch.setattr(fake, "answer", lambda *_: (200, body))
    return Api(fake.account())


def good(data: Any) -> dict[str, Any]:
    return {"success": True, "error_code": 0, "error_msg": "", "data": data}


def test_the_signature_is_that_of_another_program() -> None:
    """The expected value comes from `md5sum`."""
    assert (
        signature(READ, "xhs900", "1761000000", "sEcret-41") == "0f2f02bb4eaf4862e9edbea7bc9bd17f"
    )


@pytest.mark.parametrize("missing", ["app_id", "app_secret", "access_token"])
def test_without_a_secret_nothing_is_sent(fake: XiaohongshuFake, missing: str) -> None:
    account = fake.account()
    secrets = {name: value for name, value in account.secrets.items() if name != missing}

    with pytest.raises(NotAuthorised, match=missing):
        Xiaohongshu(Account("s", secrets, account.address)).test()

    assert fake.requests == []


def test_a_wrong_signature_or_clock_is_said(fake: XiaohongshuFake) -> None:
    account = fake.account()
    other = Account("s", {**account.secrets, "app_secret": "other"}, account.address)
    with pytest.raises(NotCarriedOut, match="签名校验失败"):
        Xiaohongshu(other).test()
    fake.skew(3_600)
    with pytest.raises(NotCarriedOut, match="时间戳已过期"):
        fake.connect().test()


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        (good({"a": 1}), {"a": 1}),
        (good("审核成功"), "审核成功"),
        ({**good({"a": 1}), "error_code": "0"}, {"a": 1}),
        (good({"code": 0, "success": True, "msg": "", "data": {"a": 1}}), {"a": 1}),
        (good({"success": True, "data": None}), None),
        # An object of its own that happens to tell of a success.
        (good({"success": 3}), {"success": 3}),
    ],
)
def test_both_envelopes_are_opened(
    fake: XiaohongshuFake, monkeypatch: pytest.MonkeyPatch, answer: Any, data: Any
) -> None:
    assert answering(fake, monkeypatch, answer).read(READ, {}) == data


def bad(code: Any, text: str, success: Any = False) -> dict[str, Any]:
    return {"success": success, "error_code": code, "error_msg": text, "data": None}


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (bad(-9013, "触发Method维度的限流"), Throttled),
        (bad(7, "触发应用维度的限流"), Throttled),
        (bad(401, "access token 无效"), NotAuthorised),
        (bad("401", ""), NotAuthorised),
        (bad(-2000400, "参数错误"), Refused),
        (good({"code": 500, "success": False, "msg": "当前状态不可操作"}), Refused),
        (good({"code": -9013, "success": False, "msg": ""}), Throttled),
        # No table says what these are: a step may have been carried out.
        (bad(50209, "…", success=True), TimedOut),
        (bad(500, "系统异常"), TimedOut),
        (bad(500, "服务器繁忙，请稍后再试"), TimedOut),
        (good({"code": 3, "success": True, "data": {}}), TimedOut),
        (good({"code": 0, "success": None, "data": {}}), TimedOut),
        ({"success": True}, TimedOut),
        ({"success": "true", "error_code": 0}, TimedOut),
        ([], TimedOut),
        (b"", TimedOut),
        (b"\xff", TimedOut),
        (b"[" * 50_000, TimedOut),
    ],
)
def test_what_an_answer_to_a_step_means(
    fake: XiaohongshuFake, monkeypatch: pytest.MonkeyPatch, answer: Any, raised: type[Exception]
) -> None:
    api = answering(fake, monkeypatch, answer)

    with pytest.raises(Exception) as found:
        api.send(STEP, {})

    assert found.type is raised
    # Asked for, the same certainly changed nothing.
    with pytest.raises(NotCarriedOut):
        api.read(READ, {})


@pytest.mark.parametrize(
    ("status", "raised"),
    [(401, NotAuthorised), (403, NotAuthorised), (429, Throttled), (404, NotCarriedOut)],
)
def test_what_the_gateway_refuses_was_not_carried_out(
    fake: XiaohongshuFake,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    raised: type[Exception],
) -> None:
    monkeypatch.setattr(fake, "answer", lambda *_: (status, b"{}"))

    with pytest.raises(raised):
        Api(fake.account()).send(STEP, {})


def test_no_float_comes_near_money(fake: XiaohongshuFake, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        b'{"success":true,"error_code":0,"data":{"a":0.1,"b":12345678901234567.89,"c":NaN,"d":%s}}'
    )
    data = answering(fake, monkeypatch, text % (b"9" * 5_000)).read(READ, {})

    assert data == {"a": Decimal("0.1"), "b": Decimal("12345678901234567.89"), "c": None, "d": None}


def test_fields_of_a_call_never_replace_the_signed_ones(fake: XiaohongshuFake) -> None:
    Api(fake.account()).read("common.getAddressRecord", {"pageIndex": 1, "appId": "x", "sign": "x"})

    assert fake.requests[-1]["appId"] == "xhs-app-1"
