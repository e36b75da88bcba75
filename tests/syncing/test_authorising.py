"""Connecting by the platform's own page, against fake platforms over HTTP (SPEC P1)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import (
    AuditEntry,
    Membership,
    PlatformAccount,
    PlatformAuthorisation,
    Role,
    Shop,
)
from aftersale.platforms import registry
from aftersale.services.syncing import read_changes
from monitoring.models import Alert
from monitoring.services import alerts
from tests import factories
from tests.admin.clients import english_client
from tests.platforms.douyin.fake import DouyinFake
from tests.platforms.kuaishou.fake import SIGN_SECRET, KuaishouFake
from tests.platforms.xiaohongshu.fake import XiaohongshuFake

from .test_credentials import everything_stored

pytestmark = pytest.mark.django_db
KUAISHOU_APP = {
    "app_key": "ks-app-key",
    "app_secret": "ks-app-secret",
    "sign_secret": SIGN_SECRET,
    "message_secret": "",
}


@pytest.fixture
def fake() -> Iterator[KuaishouFake]:
    fake = KuaishouFake(timezone.now())
    fake.start()
    yield fake
    fake.stop()


class Way:
    """An owner's way: begins here, allows there, comes back."""

    def __init__(self, fake: Any, app: dict[str, str], code: str = "", **shop: Any) -> None:
        self.fake, self.app, self.code = fake, app, code
        self.shop: Shop = factories.make_shop(**shop)
        self.owner = factories.make_user(self.shop)
        self.client = english_client(self.owner)

    def at(self, name: str, *more: str) -> str:
        return reverse(f"desk:shop-platform{name}", args=[self.shop.pk, *more])

    def begin(self, **sent: str) -> str:
        """The address of the platform's page."""
        sent = self.app | {"address": self.fake.account().address} | sent
        response = self.client.post(self.at("-authorise", self.fake.code), sent)
        assert response.status_code == 204, response.content.decode()
        return response.headers["HX-Redirect"]

    def allow(self, page: str) -> dict[str, str]:
        """The query with which the platform leads back."""
        if self.fake.code == "kuaishou":
            found = re.search("href='(.*?)'", httpx.get(page).text)
            assert found
            back = urlsplit(unescape(found[1]))
            assert back.path == self.back()
            return dict(parse_qsl(back.query))
        return {"code": self.code, "state": dict(parse_qsl(urlsplit(page).query))["state"]}

    def back(self) -> str:
        return reverse("desk:platform-authorised", args=[self.fake.code])

    def come(self, query: dict[str, str], client: Client | None = None) -> str:
        """The page to which the platform sends the owner back, as text."""
        response = (client or self.client).get(self.back(), query, follow=True)
        return unescape(response.content.decode())

    def connect(self) -> None:
        self.come(self.allow(self.begin()))
        assert self.client.post(self.at("-confirm")).status_code == 204

    def nothing(self) -> None:
        """Nothing was stored or is left."""
        self.shop.refresh_from_db()
        assert not PlatformAccount.objects.filter(shop=self.shop).exists()
        assert not PlatformAuthorisation.objects.filter(shop=self.shop).exists()
        assert self.shop.connector == "manual"
        assert not self.shop.entries.exists()


@pytest.fixture
def way(fake: KuaishouFake) -> Way:
    return Way(fake, KUAISHOU_APP)


@pytest.mark.parametrize("code", ["kuaishou", "douyin", "xiaohongshu"])
def test_there_and_back_and_confirmed(code: str) -> None:
    fakes: dict[str, tuple[Any, dict[str, str], str]] = {
        "kuaishou": (KuaishouFake, KUAISHOU_APP, ""),
        "douyin": (
            DouyinFake,
            {"app_key": "dy-app-key", "app_secret": "dy-app-secret", "service_id": "77"},
            "dy-code",
        ),
        "xiaohongshu": (
            XiaohongshuFake,
            {"app_id": "xhs-app", "app_secret": "xhs-app-secret", "push_key": ""},
            "xhs-code-1",
        ),
    }
    kind, app, sent = fakes[code]
    fake = kind(timezone.now())
    fake.start()
    try:
        if code == "douyin":
            fake.authorisation = sent
        secrets = fake.account().secrets
        way = Way(fake, {name: secrets.get(name, value) for name, value in app.items()}, sent)
        page = way.begin()
        assert page.startswith(fake.account().address)
        read = way.come(way.allow(page))
        assert "Is “" in read and "Nothing is read yet" in read
        # Tried, and stored nowhere but sealed, until the owner says that it is the shop.
        assert not PlatformAccount.objects.exists() and not AuditEntry.objects.exists()
        answer = way.client.post(way.at("-confirm"), {"pays_fast_refunds": "on"})
        assert answer.status_code == 204
        account = PlatformAccount.objects.select_related("shop").get()
        assert (account.platform, account.connected_by) == (code, way.owner)
        assert account.pays_fast_refunds and account.shop_there and account.name_there
        assert account.authorised_until is not None
        assert account.authorised_until > timezone.now() + timedelta(days=13)
        assert not PlatformAuthorisation.objects.exists()
        there = registry.platform_for(account)
        assert there.test() == account.name_there
        stored = everything_stored()
        for name in ("access_token", "refresh_token", "app_secret"):
            assert registry.secrets_in(account)[name] not in stored
        text = way.client.get(way.at(""), HTTP_HX_REQUEST="true").content.decode()
        assert account.name_there in text and "Granted until" in text
        assert not alerts.raise_alerts(now=timezone.now())
    finally:
        fake.stop()


def test_forged_replayed_late_or_of_somebody_else(way: Way) -> None:
    query = way.allow(way.begin())
    nothing = "belongs to no connection that you have begun here"
    agent = factories.make_user(way.shop, Role.ADMIN)
    other_owner = factories.make_user(way.shop)
    stranger = factories.make_user(factories.make_shop())
    for query_, who in (
        ({"code": query["code"]}, way.owner),
        (query | {"state": "x" * 43}, way.owner),
        (query | {"state": "\0"}, way.owner),
        (query, agent),
        (query, other_owner),
        (query, stranger),
    ):
        assert nothing in way.come(query_, english_client(who))
    # Of another platform.
    there = reverse("desk:platform-authorised", args=["xiaohongshu"])
    assert way.client.get(there, query).status_code == 403
    assert Client().get(way.back(), query).status_code == 302
    PlatformAuthorisation.objects.update(expires_at=timezone.now())
    assert nothing in way.come(query)
    PlatformAuthorisation.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    assert not PlatformAccount.objects.exists()
    # None of these has used it up; its own owner's answer does, and then it is over.
    assert "Is “" in way.come(query)
    tokens = way.fake.tokens.access_token
    assert nothing in way.come(query)
    assert way.fake.tokens.access_token == tokens
    assert not PlatformAccount.objects.exists()


def test_who_may_no_longer_change_the_shop_connects_nothing(way: Way) -> None:
    query = way.allow(way.begin())
    Membership.objects.filter(user=way.owner).update(role=Role.ADMIN)
    assert "does not allow this" in way.come(query)
    way.nothing()
    assert way.fake.tokens.access_token == "ks-access-0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("refused there", "Kuaishou shop has not let the app act for the shop"),
        ("code", "Kuaishou does not grant the access"),
        ("scope", "has not let the app do this on Kuaishou: merchant_refund"),
        ("gone", "can't be reached"),
        ("signature", "does not accept the signature"),
    ],
)
def test_what_fails_stores_nothing(way: Way, change: str, said: str) -> None:
    if change == "signature":
        way.app = way.app | {"sign_secret": "another"}
    query = way.allow(way.begin())
    if change == "refused there":
        query = {"state": query["state"], "error": "access_denied", "code": ""}
    elif change == "code":
        query["code"] = "another"
    elif change == "scope":
        way.fake.tokens.refused = ["merchant_refund"]
    elif change == "gone":
        way.fake.stop()
    read = way.come(query)
    assert said in read and "othing was stored" in read
    way.nothing()
    assert way.client.post(way.at("-confirm")).status_code in (200, 422)
    way.nothing()


def test_the_owner_says_that_it_is_another_shop(way: Way) -> None:
    way.come(way.allow(way.begin()))
    assert way.client.post(way.at("-drop")).status_code == 204
    way.nothing()


def test_two_shops_here_for_one_there_are_refused(way: Way) -> None:
    way.connect()
    other = Way(way.fake, way.app)
    taken = "connected to another shop here already"
    read = other.come(other.allow(other.begin()))
    assert taken in read and way.shop.name not in read
    other.nothing()
    # By hand, too: the tokens say whose they are once they are renewed, before anything is read.
    secrets = dict(way.fake.account().secrets) | {"expires_at": "", "seller_id": ""}
    sent = secrets | {"address": way.fake.account().address}
    assert other.client.post(other.at("-connect", "kuaishou"), sent).status_code == 204
    account = PlatformAccount.objects.get(shop=other.shop)
    read_changes.run(account_pk=account.pk, clock=timezone.now)
    account.refresh_from_db()
    assert account.stopped and taken in str(account.failure)
    assert account.last_read_at is None and account.shop_there == ""
    # The database holds it, whoever is at it at the same time.
    with pytest.raises(IntegrityError), transaction.atomic():
        PlatformAccount.objects.update(shop_there="seller-open")


def test_tokens_are_not_used_up_by_a_try_that_fails(way: Way) -> None:
    """A renewal takes back the old ones."""
    secrets = dict(way.fake.account().secrets) | {"sign_secret": "another", "expires_at": ""}
    sent = secrets | {"address": way.fake.account().address}
    response = way.client.post(way.at("-connect", "kuaishou"), sent)
    assert response.status_code == 422
    assert "does not accept the signature" in response.content.decode()
    way.nothing()
    sent["sign_secret"] = SIGN_SECRET
    assert way.client.post(way.at("-connect", "kuaishou"), sent).status_code == 204


def test_authorising_again_is_for_the_same_shop_there(way: Way) -> None:
    way.connect()
    account = PlatformAccount.objects.get()
    PlatformAccount.objects.update(next_round_at=None, failing_since=timezone.now())
    way.fake.tokens.open_id = "another-seller"
    read = way.come(way.allow(way.begin(**dict.fromkeys(way.app, ""))))
    assert "another shop of the platform (another-seller)" in read
    same = PlatformAccount.objects.get()
    assert (same.sealed, same.shop_there) == (account.sealed, "seller-open")
    assert same.stopped and not PlatformAuthorisation.objects.exists()
    way.fake.tokens.open_id = "seller-open"
    # With the app that it is connected with, which nobody enters again.
    read = way.come(way.allow(way.begin(**dict.fromkeys(way.app, ""))))
    assert "is authorised anew" in read
    same = PlatformAccount.objects.select_related("shop").get()
    assert not same.stopped and same.sealed != account.sealed
    assert registry.secrets_in(same)["sign_secret"] == SIGN_SECRET
    assert way.shop.entries.order_by("-pk").first().note == "The access was authorised anew."


def test_the_installations_app_is_stored_with_no_shop(way: Way, settings: Any) -> None:
    settings.PLATFORM_APPS = {"kuaishou": KUAISHOU_APP}
    settings.SITE_URL = "https://desk.example.com"
    form = way.client.get(way.at("-authorise", "kuaishou")).content.decode()
    assert 'name="app_key"' not in form
    page = way.begin(**dict.fromkeys(way.app, ""))
    asked = dict(parse_qsl(urlsplit(page).query))
    assert asked["redirect_uri"] == f"https://desk.example.com{way.back()}"
    way.come(way.allow(page))
    assert way.client.post(way.at("-confirm")).status_code == 204
    account = PlatformAccount.objects.select_related("shop").get()
    assert account.installations_app
    assert "app_secret" not in registry.unsealed(account.sealed)
    assert registry.secrets_in(account)["app_secret"] == "ks-app-secret"
    assert registry.platform_for(account).test() == account.name_there
    settings.PLATFORM_APPS = {}
    assert "app_secret" not in registry.secrets_in(account)


def test_without_an_address_of_the_desk_nothing_begins(way: Way, settings: Any) -> None:
    """A browser's word on where the desk is is not believed in production."""
    settings.PRODUCTION = True
    response = way.client.post(way.at("-authorise", "kuaishou"), way.app)
    assert response.status_code == 422 and "SITE_URL" in response.content.decode()
    way.nothing()


def test_owners_are_warned_before_it_ends(way: Way) -> None:
    way.fake.tokens.lasts = 20
    way.connect()
    now = timezone.now()
    assert alerts.raise_alerts(now=now) == 0
    later = now + timedelta(days=6, minutes=1)
    assert alerts.raise_alerts(now=later) == 1
    assert alerts.raise_alerts(now=later) == 0
    alert = Alert.objects.get()
    assert (alert.kind, alert.threshold, alert.subject) == (
        "platform",
        14 * 24,
        PlatformAccount.objects.get().pk,
    )
    page = way.client.get(reverse("monitoring:alerts")).content.decode()
    assert "An owner has to authorise it again before" in page
    PlatformAccount.objects.update(warned_from=now)
    shown = way.client.get(way.at(""), HTTP_HX_REQUEST="true").content.decode()
    assert "Authorise the app again before" in shown
    # Authorised anew, it is over.
    way.fake.tokens.lasts = 180
    way.come(way.allow(way.begin(**dict.fromkeys(way.app, ""))))
    alerts.end_alerts(now=later)
    alert.refresh_from_db()
    assert alert.ended_at is not None
