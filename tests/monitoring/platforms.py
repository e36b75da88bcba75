"""The platforms of group robots, made up: they note what they are sent and answer as told."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from aftersale.models import Shop
from aftersale.services.webhooks.http_post import Answer
from config.secrets import seal
from monitoring.models import AlertKind, Robot, Service
from monitoring.services.robots import through_apprise
from tests.factories import NOON

ADDRESSES = {
    Service.WECOM: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1a2b-3c",
    Service.DINGTALK: "https://oapi.dingtalk.com/robot/send?access_token=4d5e6f",
    Service.FEISHU: "https://open.feishu.cn/open-apis/bot/v2/hook/7a8b-9c",
}
KEYS = {Service.WECOM: "1a2b-3c", Service.DINGTALK: "4d5e6f", Service.FEISHU: "7a8b-9c"}
TAKEN = {
    "qyapi.weixin.qq.com": {"errcode": 0, "errmsg": "ok"},
    "oapi.dingtalk.com": {"errcode": 0, "errmsg": "ok"},
    "open.feishu.cn": {"code": 0, "msg": "success", "data": {}},
}


def taken(host: str) -> Answer:
    return Answer(200, json.dumps(TAKEN[host]).encode())


@dataclass
class Platforms:
    # Address and content of each call, in the order of arrival.
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # By host.
    answer: Callable[[str], Answer] = taken

    @property
    def texts(self) -> list[str]:
        return [text_of(content) for _url, content in self.calls]

    def exchange(self, url: str, *, body: bytes, headers: Mapping[str, str], most: int) -> Answer:
        assert headers["Content-Type"].startswith("application/json") and most > 0
        self.calls.append((url, json.loads(body)))
        return self.answer(urlsplit(url).netloc)


def text_of(content: dict[str, Any]) -> str:
    text: str = (content.get("text") or content["content"]).get("content") or content["content"][
        "text"
    ]
    return text


@contextmanager
def listening() -> Iterator[Platforms]:
    """Nothing leaves the machine: the transport under Apprise is the platforms'."""
    platforms = Platforms()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(through_apprise.http_post, "exchange", platforms.exchange)
        yield platforms


def make_robot(shop: Shop, service: Service = Service.WECOM, **fields: Any) -> Robot:
    known = {
        "name": f"{service} group",
        "key": seal(KEYS[service]),
        "kinds": list(AlertKind.values),
        "language": "en",
        "created_at": NOON,
    }
    return Robot.objects.create(shop=shop, service=service, **known | fields)
