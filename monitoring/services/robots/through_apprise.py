"""One message to one robot, written by Apprise, carried by our own transport (docs/adr/0013).

Apprise knows how each platform wants its messages. It would take every answer of 200 of WeCom and
DingTalk for success, follow what a name leads to, and wait for as long as bytes come; so its calls
go through `http_post`, and the platform's own code decides.
"""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests
import structlog
from apprise import AppriseAsset
from apprise.plugins import dingtalk, feishu, wecombot
from apprise.plugins.base import NotifyBase

from aftersale.models import Trouble
from aftersale.services.webhooks import http_post
from monitoring.models import Refusal, Service

log = structlog.get_logger(__name__)

# Of an answer; the platforms' have some hundred bytes.
MOST_READ = 10_000
LONGEST_ANSWER = 200
# Where a platform's answer says what came of it, and its words; 0 is success.
_CODE = {Service.WECOM: "errcode", Service.DINGTALK: "errcode", Service.FEISHU: "code"}
_WORDS = {Service.WECOM: "errmsg", Service.DINGTALK: "errmsg", Service.FEISHU: "msg"}
_MEANINGS: Mapping[tuple[str, int], Refusal] = {
    (Service.WECOM, 93000): Refusal.GONE,
    (Service.WECOM, 45009): Refusal.TOO_OFTEN,
    (Service.WECOM, 45033): Refusal.TOO_OFTEN,
    (Service.DINGTALK, 300001): Refusal.GONE,
    (Service.DINGTALK, 300005): Refusal.GONE,
    (Service.DINGTALK, 400013): Refusal.GONE,
    (Service.DINGTALK, 400101): Refusal.GONE,
    (Service.DINGTALK, 400102): Refusal.GONE,
    (Service.DINGTALK, 310000): Refusal.SECURITY,
    (Service.DINGTALK, 130101): Refusal.TOO_OFTEN,
    (Service.DINGTALK, 410100): Refusal.TOO_OFTEN,
    (Service.DINGTALK, 660026): Refusal.TOO_OFTEN,
    (Service.FEISHU, 19001): Refusal.GONE,
    (Service.FEISHU, 19007): Refusal.GONE,
    (Service.FEISHU, 19021): Refusal.SECURITY,
    (Service.FEISHU, 19022): Refusal.SECURITY,
    (Service.FEISHU, 19024): Refusal.SECURITY,
    (Service.FEISHU, 11232): Refusal.TOO_OFTEN,
}
_ASSET = AppriseAsset(app_id="Afterdesk", app_desc="Afterdesk")
_ROBOTS: Mapping[str, Callable[[str, str], NotifyBase]] = {
    Service.WECOM: lambda key, _secret: wecombot.NotifyWeComBot(key=key, asset=_ASSET),
    Service.DINGTALK: lambda key, secret: dingtalk.NotifyDingTalk(
        token=key, secret=secret or None, asset=_ASSET
    ),
    Service.FEISHU: lambda key, _secret: feishu.NotifyFeishu(token=key, asset=_ASSET),
}


class Answer(NamedTuple):
    """`failure` is empty where the platform took the message; `words` are the platform's own."""

    failure: str
    words: str = ""


def send(*, service: str, key: str, secret: str, text: str) -> Answer:
    """Sends the text; never raises: an error at one robot must not stop the messages to others."""
    _carried.answer, _carried.trouble = None, ""
    try:
        taken = _ROBOTS[service](key, secret).notify(body=text)
    except Exception as error:
        log.error("robot_call_broke", error=type(error).__name__)
        return Answer(Trouble.BROKEN)
    if _carried.answer is None:
        return Answer(_carried.trouble or Trouble.BROKEN)
    answer = _meaning(service, _carried.answer)
    return answer if taken or answer.failure else Answer(Refusal.REFUSED)


def _meaning(service: str, answer: http_post.Answer) -> Answer:
    if 300 <= answer.status < 400:
        return Answer(Trouble.REDIRECT)
    try:
        said = json.loads(answer.body)
        code, words = said[_CODE[Service(service)]], said.get(_WORDS[Service(service)], "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Answer(Refusal.NOT_THE_PLATFORM, f"HTTP {answer.status}")
    if code == 0 and answer.status == 200:
        return Answer("")
    refusal = Refusal.REFUSED
    if isinstance(code, int):
        refusal = _MEANINGS.get((service, code), refusal)
    if answer.status == 429:
        refusal = Refusal.TOO_OFTEN
    shown = " ".join("".join(c if c.isprintable() else " " for c in f"{code} {words}").split())
    return Answer(refusal, shown[:LONGEST_ANSWER])


class _Carried(threading.local):
    """The answer to the call under way in this thread, or why there is none."""

    answer: http_post.Answer | None = None
    trouble: str = ""


_carried = _Carried()


class _Response(NamedTuple):
    status_code: int
    content: bytes


class _Transport:
    """Stands in for `requests` in Apprise's modules of the three services."""

    codes = requests.codes
    RequestException = requests.RequestException

    @staticmethod
    def post(
        url: str,
        *,
        data: str | bytes,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        **_how: Any,
    ) -> _Response:
        # Apprise has encoded DingTalk's signature already; encoding it again makes it a wrong one.
        for name, value in (params or {}).items():
            url += f"&{name}={value}"
        body = data.encode() if isinstance(data, str) else data
        try:
            answer = http_post.exchange(url, body=body, headers=headers, most=MOST_READ)
        except http_post.Unanswered as error:
            _carried.trouble = error.trouble
            raise requests.ConnectionError from error
        _carried.answer = answer
        return _Response(answer.status, answer.body)


for _module in (wecombot, dingtalk, feishu):
    _module.requests = _Transport  # type: ignore[attr-defined]
