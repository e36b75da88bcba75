"""A fake service provider's platform: its tokens, and what it is pushed."""

from typing import Any

from tests.platforms.fakes import Message
from tests.platforms.wechat.fake import AES_KEY, APP_ID, CALLBACK_TOKEN, WeChatFake
from tests.platforms.wechat.sealing import seal, signed
from tests.platforms.wechat.wire import Body, Error

COMPONENT, SECRET = "wxcomponent0000001", "a-secret-of-the-provider"


class Provider:
    """Answers at the fake's address; the shop's own token is the fake's."""

    def __init__(self, fake: WeChatFake) -> None:
        self.fake = fake
        self.ticket, self.token, self.refresh = "ticket@@@1", "component-1", "refreshtoken@@@1"
        self.asked: list[str] = []
        fake.answers["/cgi-bin/component/api_component_token"] = self._component_token
        fake.answers["/cgi-bin/component/api_authorizer_token"] = self._authorizer_token

    def secrets(self, **changes: str) -> dict[str, str]:
        return {
            "app_id": APP_ID,
            "component_app_id": COMPONENT,
            "component_app_secret": SECRET,
            "component_verify_ticket": self.ticket,
            "authorizer_refresh_token": self.refresh,
            "callback_token": CALLBACK_TOKEN,
            "callback_aes_key": AES_KEY,
            **changes,
        }

    def pushes(self, message: str) -> Message:
        """An XML message in an XML envelope."""
        sealed = seal(message.encode(), AES_KEY, COMPONENT)
        query = {
            "timestamp": "1764554400",
            "nonce": "9",
            "encrypt_type": "aes",
            "msg_signature": signed(CALLBACK_TOKEN, "1764554400", "9", sealed),
        }
        body = f"<xml><AppId>{COMPONENT}</AppId><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        return Message(body.encode(), {"Content-Type": "text/xml"}, query)

    def _component_token(self, body: Body) -> Body:
        self.asked.append("component")
        expected = {
            "component_appid": COMPONENT,
            "component_appsecret": SECRET,
            "component_verify_ticket": self.ticket,
        }
        if body != expected:
            raise Error(61004 if body.get("component_appid") == COMPONENT else 40013)
        return {"component_access_token": self.token, "expires_in": 7200}

    def _authorizer_token(self, body: Body) -> Body:
        self.asked.append("authorizer")
        query: Any = self.fake.wire.query
        if query.get("component_access_token") != self.token:
            raise Error(40001, "invalid credential rid: 1")
        if body != {
            "component_appid": COMPONENT,
            "authorizer_appid": APP_ID,
            "authorizer_refresh_token": self.refresh,
        }:
            raise Error(61004, "refresh_token is invalid rid: 1")
        self.refresh = f"refreshtoken@@@{len(self.asked)}"
        return {
            "authorizer_access_token": self.fake.token,
            "expires_in": 7200,
            "authorizer_refresh_token": self.refresh,
        }
