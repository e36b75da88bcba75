"""How a call is signed, and what each kind of answer means."""

import json
import socket
from threading import Event, Thread
from typing import Any

import pytest

from aftersale.platforms import payments
from aftersale.platforms.kuaishou import Kuaishou
from aftersale.platforms.kuaishou.api import Api, Refused, _signed_fields
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut, Throttled

from .fake import KuaishouFake

STEP = "open.refund.reject"
READ = "open.seller.order.refund.detail"


def answering(fake: KuaishouFake, monkeypatch: pytest.MonkeyPatch, **answer: Any) -> Api:
    body = json.dumps(answer, ensure_ascii=False).encode()
    monkeypatch.setattr(fake, "answer", lambda *_: (200, body))
    return Api(fake.account())


def test_the_signature_is_that_of_another_program() -> None:
    """The expected value comes from `openssl dgst -sha256 -hmac`."""
    fields = _signed_fields(
        {
            "app_key": "ks700",
            "app_secret": "x",
            "sign_secret": "9e1b6b2f0c",
            "access_token": "tok-1",
        },
        method=READ,
        param='{"refundId":2607602240240301}',
        timestamp=1_700_000_000_000,
    )

    assert fields["sign"] == "0G/ZvsrCYLVr3cRnDne2A2gruZsq1DFSq8p1pd/7nM8="


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_signs_is_not_given_the_apps_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from kwaixiaodian.auth.signature import SignatureManager  # it takes most of a second

    seen: list[Any] = []
    sign = SignatureManager.sign_request
    monkeypatch.setattr(
        SignatureManager,
        "sign_request",
        lambda self, params: seen.extend([vars(self), params]) or sign(self, params),
    )
    secrets = {name: f"the-{name}" for name in ("app_key", "sign_secret", "access_token")}
    needless = {"app_secret": "hidden-1", "message_secret": "hidden-2", "refresh_token": "hidden-3"}
    _signed_fields(secrets | needless, method=READ, param="{}", timestamp=1)
    assert "the-sign_secret" in repr(seen) and "hidden" not in repr(seen)


@pytest.mark.parametrize("missing", ["app_key", "sign_secret", "access_token"])
def test_without_a_secret_nothing_is_sent(fake: KuaishouFake, missing: str) -> None:
    account = fake.account()
    secrets = {name: value for name, value in account.secrets.items() if name != missing}

    with pytest.raises(NotAuthorised, match=missing):
        Kuaishou(Account("s", secrets, account.address)).test()

    assert fake.requests == []


@pytest.mark.parametrize("success", [1, 200, "1"])
def test_success(fake: KuaishouFake, monkeypatch: pytest.MonkeyPatch, success: object) -> None:
    api = answering(fake, monkeypatch, result=success, data={"a": 1})

    assert api.read(READ, {}) == {"a": 1}
    api.send(STEP, {})


@pytest.mark.parametrize("code", [21, 22, 24, 25, 26, 27, 28])
def test_refused_credentials(
    fake: KuaishouFake, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    api = answering(fake, monkeypatch, result=code, error_msg="不行")

    with pytest.raises(NotAuthorised, match=f"不行 .{code}."):
        api.send(STEP, {})


@pytest.mark.parametrize(
    "answer",
    [{"result": code} for code in (15, 16, 17, 1016, 1017, 802000)]
    + [{"result": 2001, "code": "802000"}, {"result": 2001, "sub_code": "802006"}],
)
def test_too_many_calls(
    fake: KuaishouFake, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    with pytest.raises(Throttled) as throttled:
        answering(fake, monkeypatch, **answer).send(STEP, {})

    assert throttled.value.after == (600 if answer.get("sub_code") else 2)


def test_a_refusal_is_in_the_platforms_words(
    fake: KuaishouFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = answering(fake, monkeypatch, result=2001, error_msg="失败", sub_msg="店铺余额不足")

    with pytest.raises(Refused, match=r"店铺余额不足 \(2001\)"):
        api.send(STEP, {})


@pytest.mark.parametrize(
    "answer", [{}, {"data": {}}, {"result": True}, {"result": 2, "error_msg": "系统繁忙"}]
)
def test_an_answer_that_says_nothing_leaves_a_step_open(
    fake: KuaishouFake, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    api = answering(fake, monkeypatch, **answer)

    with pytest.raises(TimedOut):
        api.send(STEP, {})
    with pytest.raises(NotCarriedOut):
        api.read(READ, {})


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, TimedOut),
        (502, TimedOut),
        (302, TimedOut),
        (429, Throttled),
        (401, NotAuthorised),
        (403, NotAuthorised),
        (404, NotCarriedOut),
    ],
)
def test_http_statuses(
    fake: KuaishouFake, monkeypatch: pytest.MonkeyPatch, status: int, error: type[Exception]
) -> None:
    monkeypatch.setattr(fake, "answer", lambda *_: (status, b"<html>"))

    with pytest.raises(error) as raised:
        Api(fake.account()).send(STEP, {})

    assert raised.type is error


@pytest.mark.parametrize("seconds", [-3_600, 3_600])
def test_a_clock_that_is_wrong_is_named(
    fake: KuaishouFake, kuaishou: Kuaishou, seconds: float
) -> None:
    fake.skew(seconds)

    with pytest.raises(NotAuthorised, match="the clocks differ"):
        kuaishou.test()


def test_a_clock_that_is_a_little_wrong_does_no_harm(
    fake: KuaishouFake, kuaishou: Kuaishou
) -> None:
    fake.skew(300)

    assert kuaishou.test() == "羊毛小店"


@pytest.mark.parametrize("drips", [False, True])
def test_a_platform_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, drips: bool) -> None:
    """Also one that sends a little now and then: the whole call has its time."""
    monkeypatch.setattr(payments, "CALL_TIMEOUT_SECONDS", 0.2)
    listening = socket.create_server(("127.0.0.1", 0))

    def hang() -> None:
        caller, _ = listening.accept()
        with caller:
            if drips:
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            try:
                while drips:
                    caller.sendall(b" ")
                    gone.wait(0.05)
                gone.wait(2)
            except OSError:
                pass

    gone = Event()
    Thread(target=hang, daemon=True).start()
    secrets = {"app_key": "k", "sign_secret": "s", "access_token": "t"}
    api = Api(Account("s", secrets, f"http://127.0.0.1:{listening.getsockname()[1]}"))

    with pytest.raises(TimedOut):
        api.send(STEP, {})

    gone.set()
    listening.close()
