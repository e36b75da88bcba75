"""Tokens: tested, renewed in time, and never shown."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotAuthorised, NotCarriedOut
from aftersale.platforms.wechat import SECRETS, WeChatShop
from tests.platforms.fakes import Fault
from tests.platforms.wechat.scene import step_of
from tests.platforms.wechat.test_errors import answering


def account(fake, **changes):
    found = fake.account()
    return replace(found, secrets={**found.secrets, **changes})


def test_the_button_says_the_shops_name(fake, shop):
    assert shop.test() == "样例小店"


def test_the_button_uses_a_token_of_its_own(fake):
    """A stale token's answer would not test the secret."""
    stale = WeChatShop(account(fake, access_token="stale"))
    with pytest.raises(NotAuthorised):
        stale.ticket("1")
    assert stale.test() == "样例小店"
    with pytest.raises(NotAuthorised):
        stale.ticket("1")


def test_it_works_before_there_is_a_token(fake):
    without = WeChatShop(account(fake, access_token=""))
    assert without.test() == "样例小店"
    with pytest.raises(NotAuthorised):
        without.ticket("1")


@pytest.mark.parametrize("changes", [{"app_secret": "wrong"}, {"app_id": "wrong"}])
def test_wrong_credentials(fake, changes):
    wrong = WeChatShop(account(fake, **changes, access_token=""))
    for call in (wrong.test, lambda: wrong.renewed(now=fake.now())):
        with pytest.raises(NotAuthorised):
            call()


def test_a_token_is_renewed_before_it_runs_out(fake, shop):
    now = fake.now()
    assert shop.renewed(now=now) is None
    assert shop.renewed(now=now + timedelta(seconds=6599)) is None
    assert fake.wire.paths == []
    late = now + timedelta(seconds=6600)
    fake.token = "token-2"
    ends = (late + timedelta(seconds=7200)).isoformat()
    assert shop.renewed(now=late) == {"access_token": "token-2", "expires_at": ends}


def test_a_token_that_is_refused_before_its_time_is_renewed(fake, shop):
    fake.token = "token-of-another-program"
    now = fake.now()
    assert shop.renewed(now=now) is None
    assert shop.renewed(now=now, refused=True) == {
        "access_token": "token-of-another-program",
        "expires_at": (now + timedelta(seconds=7200)).isoformat(),
    }


@pytest.mark.parametrize("changes", [{"access_token": ""}, {"expires_at": ""}, {"expires_at": "x"}])
def test_a_token_of_which_nothing_is_known_is_renewed(fake, changes):
    renewed = WeChatShop(account(fake, **changes)).renewed(now=fake.now())
    assert renewed is not None
    assert renewed["access_token"] == "token-1"


def test_a_renewal_that_breaks(fake, shop):
    late = fake.now() + timedelta(hours=2)
    fake.fail(Fault.GARBLED, reading=True)
    with pytest.raises(TimedOut):
        shop.renewed(now=late)
    answering(fake, "/cgi-bin/stable_token", 12345)
    with pytest.raises(NotCarriedOut):
        shop.renewed(now=late)
    # No token at all is none to be refused with: the shop would be stopped for people.
    for answer in ({"expires_in": "x"}, {"expires_in": 7200, "access_token": None}):
        fake.answers["/cgi-bin/stable_token"] = lambda body, answer=answer: answer
        with pytest.raises(TimedOut):
            shop.renewed(now=late)


def test_what_people_enter():
    """Not the access token: it is fetched with the first two."""
    assert [(secret.name, secret.needed) for secret in SECRETS] == [
        ("app_id", True),
        ("app_secret", False),
        ("component_app_id", False),
        ("component_app_secret", False),
        ("authorizer_refresh_token", False),
        ("component_verify_ticket", False),
        ("callback_token", False),
        ("callback_aes_key", False),
    ]


def test_no_secret_is_shown_or_logged(fake, caplog):
    """Addresses have the token in them: the logs of HTTP must not."""
    caplog.set_level(logging.DEBUG)
    # Quiet by itself (config.logs).
    caplog.set_level(logging.DEBUG, logger="httpx")
    found = account(fake, access_token=fake.token, callback_token="push-token")
    shop = WeChatShop(found)
    ticket = fake.buyer_applies(fake.places(100), "refund_only", 100, "买家的话")
    shop.test()
    shop.approve(step_of(shop, ticket))
    fake.fail(Fault.LOST_CALL, reading=True)
    with pytest.raises(TimedOut) as caught:
        shop.ticket(ticket)
    fake.fail(Fault.TOKEN_EXPIRED)
    with pytest.raises(NotAuthorised) as refused:
        shop.ticket(ticket)
    causes = [caught.value, caught.value.__cause__, refused.value]
    shown = " ".join([caplog.text, repr(found), repr(shop), *map(repr, causes), *map(str, causes)])
    assert "/channels/ec/aftersale/acceptapply" in shown
    for secret in (fake.token, found.secrets["app_secret"], "push-token", "买家的话"):
        assert secret not in shown
