"""The addresses of group robots, as their platforms give them out.

Only these hosts, and https: nothing that is entered leads anywhere else. Where a host's name leads
is checked with each call, as for webhooks (aftersale/services/webhooks/public_addresses.py).
"""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

from aftersale.services.shared.errors import Refused
from monitoring.models import Service

_SHAPES = {
    Service.WECOM: re.compile(
        r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([A-Za-z0-9_-]{1,100})"
    ),
    Service.DINGTALK: re.compile(
        r"https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]{1,100})"
    ),
    Service.FEISHU: re.compile(
        r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([A-Za-z0-9_-]{1,100})"
    ),
}
# What DingTalk gives out for signing (加签).
_SECRET = re.compile(r"SEC[A-Za-z0-9]{1,100}")


class RobotAddress(NamedTuple):
    service: Service
    key: str


def read_address(text: str) -> RobotAddress:
    """The service by its host, and the robot's key; raises Refused at `address`."""
    for service, shape in _SHAPES.items():
        if found := shape.fullmatch(text.strip()):
            return RobotAddress(service, found[1])
    raise Refused(
        _(
            "This is no address of a group robot. It begins with"
            " https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key= (WeCom),"
            " https://oapi.dingtalk.com/robot/send?access_token= (DingTalk) or"
            " https://open.feishu.cn/open-apis/bot/v2/hook/ (Feishu)."
        ),
        pointer="address",
    )


def read_secret(text: str, service: str) -> str:
    """DingTalk's secret; "" for none. Raises Refused at `secret`."""
    secret = text.strip()
    if secret and service != Service.DINGTALK:
        raise Refused(_("Only robots of DingTalk are signed: leave it empty."), pointer="secret")
    if secret and not _SECRET.fullmatch(secret):
        raise Refused(_("DingTalk's secret begins with SEC."), pointer="secret")
    return secret
