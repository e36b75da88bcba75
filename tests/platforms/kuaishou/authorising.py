"""The fake's tokens: the page on which a seller allows the app, its code, and renewals."""

import html
from typing import Any
from urllib.parse import urlencode

APP_KEY, APP_SECRET = "ks-app-key", "ks-app-secret"


class Authorising:
    """Held by the fake, and called under its lock."""

    def __init__(self) -> None:
        self.access_token, self.refresh_token = "ks-access-0", "ks-refresh-0"
        # A code that was not used yet, what was asked for with it, and what of it is not allowed.
        self.code = ""
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.open_id = "seller-open"
        # Days for which a refresh token lasts.
        self.lasts = 180
        self._given = 0

    def answer(self, path: str, fields: dict[str, str]) -> bytes | dict[str, Any] | None:
        """None: it is no call of these."""
        match path:
            case "/oauth/authorize":
                return self._page(fields)
            case "/oauth2/access_token":
                return self._first(fields)
            case "/oauth2/refresh_token":
                return self._renewed(fields)
        return None

    def _page(self, fields: dict[str, str]) -> bytes:
        """Its one link leads back."""
        if fields.get("app_id") != APP_KEY or fields.get("response_type") != "code":
            return "<!doctype html><title>授权</title><p>应用不存在</p>".encode()
        self.asked = fields["scope"].split(",")
        self.code = f"ks-code-{self._given}"
        query = urlencode({"code": self.code, "state": fields["state"]})
        back = html.escape(f"{fields['redirect_uri']}?{query}")
        return f"<!doctype html><title>授权</title><a href='{back}'>同意授权</a>".encode()

    def _first(self, fields: dict[str, str]) -> dict[str, Any]:
        right = {
            "grant_type": "code",
            "code": self.code,
            "app_id": APP_KEY,
            "app_secret": APP_SECRET,
        }
        if not self.code or fields != right:
            return {"result": 100_200_100, "error": "access_denied"}
        self.code = ""
        allowed = [scope for scope in self.asked if scope not in self.refused]
        return {**self._new(), "scopes": [*allowed, "user_info"]}

    def _renewed(self, fields: dict[str, str]) -> dict[str, Any]:
        right = {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "app_id": APP_KEY,
            "app_secret": APP_SECRET,
        }
        if fields != right:
            return {"result": 100_200_103, "error_msg": "refresh_token无效"}
        return self._new()

    def _new(self) -> dict[str, Any]:
        self._given += 1
        self.access_token = f"ks-access-{self._given}"
        self.refresh_token = f"ks-refresh-{self._given}"
        return {
            "result": 1,
            "access_token": self.access_token,
            "expires_in": 172_800,
            "refresh_token": self.refresh_token,
            "refresh_token_expires_in": self.lasts * 86_400,
            "open_id": self.open_id,
        }
