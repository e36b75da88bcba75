"""One message to one robot: what each platform is sent, and what its answers mean (SPEC M4)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aftersale.models import Trouble
from aftersale.services.webhooks.http_post import Answer as Heard
from aftersale.services.webhooks.http_post import Unanswered
from monitoring.models import Refusal, Service
from monitoring.services.robots import through_apprise
from monitoring.services.robots.through_apprise import Answer

from .platforms import ADDRESSES, KEYS, Platforms, listening


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    with listening() as platforms:
        yield platforms


def send(service: Service, **more: str) -> Answer:
    return through_apprise.send(
        **{"service": service, "key": KEYS[service], "secret": "", "text": "两条提醒\nhttps://d"}
        | more
    )


@pytest.mark.parametrize(
    ("service", "content"),
    [
        (Service.WECOM, {"msgtype": "text", "text": {"content": "两条提醒\nhttps://d"}}),
        (
            Service.DINGTALK,
            {
                "msgtype": "text",
                "text": {"content": "两条提醒\nhttps://d"},
                "at": {"atMobiles": [], "isAtAll": False},
            },
        ),
        (Service.FEISHU, {"msg_type": "text", "content": {"text": "两条提醒\nhttps://d"}}),
    ],
)
def test_each_platform_is_sent_its_own_form(
    platforms: Platforms, service: Service, content: dict[str, Any]
) -> None:
    assert send(service) == Answer("")
    ((url, sent),) = platforms.calls
    assert (url.rstrip("/"), sent) == (ADDRESSES[service], content)


def test_dingtalk_is_signed_so_that_it_reads_the_signature(platforms: Platforms) -> None:
    """Apprise's own way encodes the signature twice, which DingTalk answers with 310000."""
    assert send(Service.DINGTALK, secret="SECabc123") == Answer("")
    query = parse_qs(urlsplit(platforms.calls[0][0]).query)
    (timestamp,), (sign,) = query["timestamp"], query["sign"]
    signed = hmac.new(b"SECabc123", f"{timestamp}\nSECabc123".encode(), hashlib.sha256)
    assert sign == base64.b64encode(signed.digest()).decode()


@pytest.mark.parametrize(
    ("service", "said", "failure", "words"),
    [
        (Service.WECOM, {"errcode": 93000, "errmsg": "invalid webhook url"}, Refusal.GONE, "93000"),
        (Service.WECOM, {"errcode": 45009, "errmsg": "freq"}, Refusal.TOO_OFTEN, "45009 freq"),
        (Service.WECOM, {"errcode": 40008}, Refusal.REFUSED, "40008"),
        (
            Service.DINGTALK,
            {"errcode": 310000, "errmsg": "关键词不匹配"},
            Refusal.SECURITY,
            "310000 关键词不匹配",
        ),
        (Service.DINGTALK, {"errcode": 300005, "errmsg": "token"}, Refusal.GONE, "300005 token"),
        (Service.FEISHU, {"code": 19024, "msg": "Key Words Not Found"}, Refusal.SECURITY, "19024"),
        (Service.FEISHU, {"code": 9499, "msg": "Bad Request"}, Refusal.REFUSED, "9499 Bad Request"),
        (Service.FEISHU, {"code": 11232, "msg": "a\n\0b"}, Refusal.TOO_OFTEN, "11232 a b"),
    ],
)
def test_a_refusal_in_an_answer_of_200_is_one(
    platforms: Platforms, service: Service, said: dict[str, Any], failure: str, words: str
) -> None:
    platforms.answer = lambda host: Heard(200, json.dumps(said).encode())
    answer = send(service)
    assert answer.failure == failure and answer.words.startswith(words)


@pytest.mark.parametrize("service", list(Service))
@pytest.mark.parametrize(
    ("heard", "answer"),
    [
        (Heard(200, b"<html>Log in"), Answer(Refusal.NOT_THE_PLATFORM, "HTTP 200")),
        (Heard(200, b'["0"]'), Answer(Refusal.NOT_THE_PLATFORM, "HTTP 200")),
        (Heard(200, b"\xff"), Answer(Refusal.NOT_THE_PLATFORM, "HTTP 200")),
        (Heard(502, b""), Answer(Refusal.NOT_THE_PLATFORM, "HTTP 502")),
        (Heard(302, b""), Answer(Trouble.REDIRECT)),
        (Heard(429, b'{"errcode": 1, "code": 1}'), Answer(Refusal.TOO_OFTEN, "1")),
        (Heard(500, b'{"errcode": 0, "code": 0}'), Answer(Refusal.REFUSED, "0")),
    ],
)
def test_what_is_no_answer_of_the_platform(
    platforms: Platforms, service: Service, heard: Heard, answer: Answer
) -> None:
    platforms.answer = lambda host: heard
    assert send(service) == answer


@pytest.mark.parametrize("service", list(Service))
@pytest.mark.parametrize("trouble", [Trouble.TIMEOUT, Trouble.NOT_PUBLIC, Trouble.TLS])
def test_no_answer_is_told_by_its_reason(
    platforms: Platforms, service: Service, trouble: Trouble
) -> None:
    def silent(host: str) -> Heard:
        raise Unanswered(trouble)

    platforms.answer = silent
    assert send(service) == Answer(trouble)


def test_an_error_that_nobody_thought_of_ends_one_call(platforms: Platforms) -> None:
    def broken(host: str) -> Heard:
        raise RuntimeError

    platforms.answer = broken
    assert send(Service.WECOM) == Answer(Trouble.BROKEN)
    # Nothing is left over from the last answer in this thread.
    assert through_apprise.send(service="wecom", key="", secret="", text="x").failure == "broken"
