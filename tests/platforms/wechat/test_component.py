"""A service provider's app acts for the shop: its tokens, and the ticket that it is pushed."""

from datetime import timedelta

import pytest

from aftersale.platforms.protocol import (
    Account,
    Changed,
    ForgedMessage,
    NotAuthorised,
    PushesSecrets,
    Subject,
)
from aftersale.platforms.wechat import WeChatShop
from tests.platforms.wechat.provider import Provider

TICKET = (
    "<xml><AppId><![CDATA[wxcomponent0000001]]></AppId><InfoType>"
    "<![CDATA[component_verify_ticket]]></InfoType><ComponentVerifyTicket>"
    "<![CDATA[ticket@@@77]]></ComponentVerifyTicket></xml>"
)
EVENT = (
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><CreateTime>1764554400</CreateTime>"
    "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[channels_ec_aftersale_update]]></Event>"
    "<finder_shop_aftersale_status_update><status><![CDATA[USER_CANCELD]]></status>"
    "<after_sale_order_id>2000</after_sale_order_id><order_id>3704</order_id>"
    "</finder_shop_aftersale_status_update></xml>"
)


@pytest.fixture
def provider(fake):
    return Provider(fake)


def shop_of(fake, provider, **changes):
    return WeChatShop(Account("wechat-shop", provider.secrets(**changes), fake.wire.address))


def renewed(fake, provider, **changes):
    secrets = provider.secrets(**changes)
    found = shop_of(fake, provider, **changes).renewed(now=fake.now())
    return {**secrets, **found}


def test_the_shops_token_comes_through_the_provider(fake, provider):
    secrets = renewed(fake, provider)
    assert secrets["access_token"] == fake.token
    assert secrets["expires_at"] == (fake.now() + timedelta(hours=2)).isoformat()
    # The refresh token is another one each time.
    assert secrets["authorizer_refresh_token"] == provider.refresh != "refreshtoken@@@1"
    shop = WeChatShop(Account("s", secrets, fake.wire.address))
    assert shop.ticket(fake.buyer_applies(fake.places(500), "refund_only", 500)) is not None
    assert shop.renewed(now=fake.now()) is None


def test_the_providers_own_token_is_asked_for_once_while_it_holds(fake, provider):
    secrets = renewed(fake, provider)
    later = fake.now() + timedelta(minutes=100)
    shop = WeChatShop(Account("s", secrets, fake.wire.address))
    shop.renewed(now=later, refused=True)
    assert provider.asked == ["component", "authorizer", "authorizer"]
    again = WeChatShop(Account("s", {**secrets, "authorizer_refresh_token": provider.refresh},
                               fake.wire.address))  # fmt: skip
    again.renewed(now=later + timedelta(minutes=15), refused=True)
    assert provider.asked[3:] == ["component", "authorizer"]


def test_the_button_tries_the_credentials_as_they_are(fake, provider):
    assert shop_of(fake, provider, access_token="stale").test() == "样例小店"


@pytest.mark.parametrize(
    "changes",
    [
        {"component_app_secret": "wrong"},
        {"component_verify_ticket": "old"},
        {"component_verify_ticket": ""},
        {"authorizer_refresh_token": "wrong"},
        {"authorizer_refresh_token": ""},
    ],
)
def test_what_is_wrong_or_missing_is_for_people(fake, provider, changes):
    with pytest.raises(NotAuthorised):
        shop_of(fake, provider, **changes).renewed(now=fake.now())


def test_the_pushed_ticket_is_kept(fake, provider):
    shop = shop_of(fake, provider)
    assert isinstance(shop, PushesSecrets)
    pushed = provider.pushes(TICKET)
    found = shop.pushed_secrets(body=pushed.body, headers=pushed.headers, query=pushed.query)
    assert found == {"component_verify_ticket": "ticket@@@77"}


def test_a_shops_event_is_no_ticket_and_is_told(fake, provider):
    shop, pushed = shop_of(fake, provider), provider.pushes(EVENT)
    sent = {"body": pushed.body, "headers": pushed.headers, "query": pushed.query}
    assert shop.pushed_secrets(**sent) is None
    assert shop.messages(**sent) == (
        Changed(
            Subject.TICKET, "2000", "channels_ec_aftersale_update:2000:USER_CANCELD:1764554400"
        ),
    )


def test_a_forged_ticket_is_not_believed(fake, provider):
    pushed = provider.pushes(TICKET)
    query = {**pushed.query, "msg_signature": "0" * 40}
    for body, asked in [(pushed.body, query), (b"<xml></xml>", pushed.query), (b"<", {})]:
        with pytest.raises(ForgedMessage):
            shop_of(fake, provider).pushed_secrets(body=body, headers={}, query=asked)
    # A shop with an app of its own takes none.
    own = WeChatShop(fake.account())
    assert own.pushed_secrets(body=pushed.body, headers={}, query=pushed.query) is None
