"""The access token is renewed before it runs out, and never silently lost."""

from datetime import timedelta

import pytest

from aftersale.platforms.kuaishou import SECRETS, Kuaishou
from aftersale.platforms.protocol import Account, NotAuthorised

from .fake import KuaishouFake


def test_the_page_of_the_access_can_name_every_secret(fake: KuaishouFake) -> None:
    names = {secret.name for secret in SECRETS}

    # Until when the token holds is written by its renewal alone.
    assert set(fake.account().secrets) - names == {"expires_at"}
    assert [secret.name for secret in SECRETS if secret.needed] == [
        "app_key",
        "app_secret",
        "sign_secret",
        "access_token",
    ]


def test_while_it_holds_nothing_is_done(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    assert kuaishou.renewed(now=fake.now() + timedelta(hours=41)) is None
    assert fake.tokens.access_token == "ks-access-0"


def test_before_it_runs_out_both_tokens_are_new(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    now = fake.now() + timedelta(hours=43)
    account = fake.account()

    renewed = kuaishou.renewed(now=now)

    assert renewed == {
        **account.secrets,
        "access_token": "ks-access-1",
        "refresh_token": "ks-refresh-1",
        "expires_at": (now + timedelta(days=2)).isoformat(timespec="seconds"),
        # When an owner has to authorise the app again, and whose shop it is.
        "refresh_expires_at": (now + timedelta(days=180)).isoformat(timespec="seconds"),
        "open_id": "seller-open",
    }
    again = Kuaishou(Account("ks-shop", renewed, account.address))
    assert again.test() == "羊毛小店"
    assert again.renewed(now=now) is None
    with pytest.raises(NotAuthorised):
        kuaishou.test()


def test_one_that_is_refused_before_its_time_is_renewed(fake: KuaishouFake, kuaishou: Kuaishou):
    fake.tokens.access_token = "another-programs"
    with pytest.raises(NotAuthorised):
        kuaishou.test()
    assert kuaishou.renewed(now=fake.now()) is None
    renewed = kuaishou.renewed(now=fake.now(), refused=True)
    assert renewed is not None
    assert Kuaishou(Account("ks-shop", renewed, fake.account().address)).test() == "羊毛小店"


@pytest.mark.parametrize("expires_at", ["", "soon", "2026-01-01T00:00:00"])
def test_where_it_is_not_known_until_when_it_holds_it_is_renewed(
    fake: KuaishouFake, expires_at: str
) -> None:
    account = fake.account()
    secrets = {**account.secrets, "expires_at": expires_at}

    assert Kuaishou(Account("s", secrets, account.address)).renewed(now=fake.now()) is not None


def test_without_a_refresh_token_people_have_to_see_to_it(fake: KuaishouFake) -> None:
    account = fake.account()
    secrets = {**account.secrets, "refresh_token": "", "expires_at": ""}

    assert Kuaishou(Account("s", secrets, account.address)).renewed(now=fake.now()) is None


def test_a_refused_refresh_token_is_for_people(fake: KuaishouFake, kuaishou: Kuaishou) -> None:
    fake.tokens.refresh_token = "another"

    with pytest.raises(NotAuthorised, match="refresh_token无效"):
        kuaishou.renewed(now=fake.now() + timedelta(days=3))
