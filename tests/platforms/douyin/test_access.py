"""Tokens: by a code, by a refresh token, or by an app for own use."""

from datetime import timedelta

import pytest

from aftersale.platforms.douyin import Douyin
from aftersale.platforms.protocol import NotAuthorised

from .fake import DouyinFake


def test_a_token_is_left_alone_while_two_thirds_of_its_life_have_not_gone(
    fake: DouyinFake, douyin: Douyin
) -> None:
    assert douyin.renewed(now=fake.now()) is None
    assert fake.asked_for_tokens == []


def test_a_refresh_brings_the_next_token_and_the_shops_name(fake: DouyinFake) -> None:
    now = fake.now()

    renewed = fake.connect(renew_at=now.isoformat()).renewed(now=now)

    assert renewed is not None
    assert fake.asked_for_tokens == ["refresh_token"]
    assert renewed["access_token"] == fake.access_token
    assert renewed["refresh_token"] == fake.refresh_token
    assert renewed["shop_name"] == "羊毛小铺"
    assert renewed["expires_at"] == (now + timedelta(days=7)).isoformat()
    # A third of the seven days is kept in reserve.
    assert renewed["renew_at"] == (now + timedelta(days=7) * 2 / 3).isoformat()
    assert fake.connect(**renewed).test() == "羊毛小铺"


def test_a_token_that_was_refused_is_replaced_at_once(fake: DouyinFake, douyin: Douyin) -> None:
    assert douyin.renewed(now=fake.now(), refused=True) is not None


def test_a_code_is_used_once(fake: DouyinFake) -> None:
    fake.authorisation = "code-17"
    entered = {"access_token": "", "refresh_token": "", "renew_at": "", "code": "code-17"}

    renewed = fake.connect(**entered).renewed(now=fake.now())

    assert renewed is not None
    assert fake.asked_for_tokens == ["authorization_code"]
    assert renewed["code"] == ""
    # The next one is a refresh.
    assert fake.connect(**renewed).renewed(now=fake.now(), refused=True) is not None
    assert fake.asked_for_tokens == ["authorization_code", "refresh_token"]


def test_a_code_that_ran_out_is_for_people(fake: DouyinFake) -> None:
    fake.authorisation = "used"
    with pytest.raises(NotAuthorised, match="code-invalid"):
        fake.connect(code="code-17", renew_at="").renewed(now=fake.now())


def test_an_app_for_own_use_asks_by_the_number_of_its_shop(fake: DouyinFake) -> None:
    own = fake.connect(access_token="", refresh_token="", renew_at="")

    assert own.renewed(now=fake.now()) is not None

    assert fake.asked_for_tokens == ["authorization_self"]


def test_an_app_for_own_use_needs_no_refresh_token_that_holds(fake: DouyinFake) -> None:
    stale = fake.connect(refresh_token="dy-refresh-long-gone", renew_at="")

    assert stale.renewed(now=fake.now()) is not None

    assert fake.asked_for_tokens == ["refresh_token", "authorization_self"]


def test_of_an_app_of_many_shops_a_refresh_token_that_ran_out_is_for_people(
    fake: DouyinFake,
) -> None:
    fake.authorisation = "used"
    stale = fake.connect(refresh_token="dy-refresh-long-gone", renew_at="")

    with pytest.raises(NotAuthorised, match="token-expired"):
        stale.renewed(now=fake.now())


def test_an_authorisation_of_another_shop_is_refused(fake: DouyinFake) -> None:
    with pytest.raises(NotAuthorised, match="another shop there: 70315"):
        fake.connect(shop_id="70316", renew_at="").renewed(now=fake.now())


def test_without_a_token_nothing_is_sent(fake: DouyinFake) -> None:
    with pytest.raises(NotAuthorised, match="access_token"):
        fake.connect(access_token="").test()
    assert fake.requests == []
