"""Tokens come by the code of an authorisation, are renewed in time, and are never silently lost."""

from datetime import timedelta

import pytest

from aftersale.platforms.protocol import Account, NotAuthorised
from aftersale.platforms.xiaohongshu import SECRETS, Xiaohongshu

from .fake import XiaohongshuFake, moment_of
from .shop import DAY


def with_secrets(fake: XiaohongshuFake, **changes: str) -> Xiaohongshu:
    account = fake.account()
    return Xiaohongshu(Account("xhs-shop", {**account.secrets, **changes}, account.address))


def test_the_page_of_the_access_can_name_every_secret(fake: XiaohongshuFake) -> None:
    names = {secret.name for secret in SECRETS}

    # Until when the token holds is written by its renewal alone.
    assert set(fake.account().secrets) - names == {"expires_at"}
    assert [secret.name for secret in SECRETS if secret.needed] == ["app_id", "app_secret"]


def test_a_code_brings_tokens_and_the_shops_name_once(fake: XiaohongshuFake) -> None:
    account = fake.account()
    entered = {
        "app_id": account.secrets["app_id"],
        "app_secret": account.secrets["app_secret"],
        "code": "xhs-code-1",
    }
    new = Xiaohongshu(Account("xhs-shop", entered, account.address))

    tokens = new.renewed(now=fake.now())

    assert tokens == {
        **entered,
        "code": "",
        "access_token": "xhs-access-1",
        "refresh_token": "xhs-refresh-1",
        "expires_at": moment_of(fake.shop.now + 7 * DAY).isoformat(timespec="seconds"),
        "refresh_expires_at": moment_of(fake.shop.now + 14 * DAY).isoformat(timespec="seconds"),
        "seller_id": "64c0de222222222222000009",
        "seller_name": "亚麻小铺",
    }
    connected = Xiaohongshu(Account("xhs-shop", tokens, account.address))
    assert connected.test() == "亚麻小铺"
    assert connected.renewed(now=fake.now()) is None
    with pytest.raises(NotAuthorised, match="授权码无效"):
        new.renewed(now=fake.now())


def test_a_new_code_comes_before_the_tokens_at_hand(fake: XiaohongshuFake) -> None:
    tokens = with_secrets(fake, code="xhs-code-1").renewed(now=fake.now())

    assert tokens is not None
    assert (tokens["access_token"], tokens["code"]) == ("xhs-access-1", "")


def test_while_it_holds_nothing_is_asked(fake: XiaohongshuFake, xiaohongshu: Xiaohongshu) -> None:
    late = moment_of(fake.token_ends) - timedelta(minutes=26)

    assert xiaohongshu.renewed(now=late) is None
    assert fake.requests == []


def test_in_its_last_half_hour_both_tokens_are_new(
    fake: XiaohongshuFake, xiaohongshu: Xiaohongshu
) -> None:
    fake.advance(7 * 86_400 - 24 * 60)

    tokens = xiaohongshu.renewed(now=fake.now())

    assert tokens is not None
    assert (tokens["access_token"], tokens["refresh_token"]) == ("xhs-access-1", "xhs-refresh-1")
    with pytest.raises(NotAuthorised):
        xiaohongshu.test()


@pytest.mark.parametrize("expires_at", ["", "soon", "2026-01-01T00:00:00"])
def test_where_it_is_not_known_until_when_it_holds_that_is_asked(
    fake: XiaohongshuFake, expires_at: str
) -> None:
    tokens = with_secrets(fake, expires_at=expires_at).renewed(now=fake.now())

    assert tokens is not None
    assert tokens["access_token"] == fake.access_token == "xhs-access-0"
    assert tokens["expires_at"] == moment_of(fake.token_ends).isoformat(timespec="seconds")


def test_one_that_is_refused_is_renewed_at_once(fake: XiaohongshuFake) -> None:
    stale = with_secrets(fake, access_token="another-programs")
    with pytest.raises(NotAuthorised):
        stale.test()
    assert stale.renewed(now=fake.now()) is None

    tokens = stale.renewed(now=fake.now(), refused=True)

    assert tokens is not None
    assert tokens["access_token"] == fake.access_token


def test_without_a_refresh_token_people_have_to_see_to_it(fake: XiaohongshuFake) -> None:
    assert with_secrets(fake, refresh_token="", expires_at="").renewed(now=fake.now()) is None


def test_a_refused_refresh_token_is_for_people(fake: XiaohongshuFake) -> None:
    with pytest.raises(NotAuthorised, match="refresh token 无效"):
        with_secrets(fake, refresh_token="old", expires_at="").renewed(now=fake.now())


def test_an_answer_without_a_token_is_for_people(
    fake: XiaohongshuFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "_token", lambda *_: {"accessToken": None})

    with pytest.raises(NotAuthorised, match="no token"):
        with_secrets(fake, expires_at="").renewed(now=fake.now())


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"seller_name": "亚麻小铺"}, "亚麻小铺"),
        ({}, "64c0de222222222222000009"),
        ({"seller_id": ""}, "(no name)"),
    ],
)
def test_the_name_is_what_is_known_of_the_shop(
    fake: XiaohongshuFake, given: dict[str, str], name: str
) -> None:
    assert with_secrets(fake, **given).test() == name
