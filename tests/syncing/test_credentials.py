"""Credentials: encrypted at rest, renewed before they run out by one process at a time (P1)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings

from aftersale.models import Order, PlatformAccount
from aftersale.platforms import registry
from aftersale.platforms.protocol import Account, NotAuthorised
from aftersale.services.shared.errors import NotAllowed, Refused
from aftersale.services.syncing import access, accounts
from tests import factories
from tests.concurrency.threads import at_once
from tests.factories import NOON
from tests.platforms import double
from tests.platforms.double import Clock, Double, Place

from .conftest import Connected
from .test_messages import body_of, send

pytestmark = pytest.mark.django_db


def everything_stored() -> str:
    """All rows of all tables, as text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(texts)


def test_secrets_stand_nowhere_in_the_clear(
    connected: Connected, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture
):
    connected.place.renews = {"token": "token-renewed-5"}
    connected.read()

    def fail(call: tuple) -> None:
        raise RuntimeError(f"called with {double.GIVEN['key']}")

    connected.place.before = fail
    connected.read_later(minutes=1)
    output = capfd.readouterr()
    everywhere = everything_stored() + caplog.text + output.out + output.err
    everywhere += repr(connected.account.__dict__) + repr(Double(_account()).account)
    for secret in [*double.GIVEN.values(), "token-renewed-5"]:
        assert secret not in everywhere, secret
    assert registry.secrets_in(connected.account) == {
        "key": "key-Xq7",
        "token": "token-renewed-5",
    }


def _account() -> Account:
    return Account("s1", double.GIVEN)


def test_a_changed_key_stops_the_reading_until_they_are_entered_again(connected: Connected):
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        connected.read()
        account = connected.account
        assert account.stopped and connected.place.calls == []
        assert account.failure == (
            "The stored credentials can't be read any more. Enter them again."
        )
        accounts.replace(
            shop_id=connected.shop.pk,
            secrets=double.GIVEN,
            address="",
            pays_fast_refunds=False,
            user=connected.owner,
            now=connected.clock(),
        )
        connected.read()
        assert connected.account.last_read_at == NOON


def test_they_are_renewed_before_anything_else_is_asked(connected: Connected):
    connected.place.renews = {"token": "token-2"}
    tokens = []
    connected.place.before = lambda call: tokens.append(call[0])
    connected.read()
    assert tokens[:2] == ["renewed", "orders"]
    # Secrets that are not renewed stay.
    assert registry.secrets_in(connected.account) == {"key": "key-Xq7", "token": "token-2"}
    assert connected.account.renewing_until is None


@pytest.mark.parametrize("tested", [False, True], ids=["by itself", "after the button"])
def test_a_token_that_ends_early_is_renewed_and_reading_goes_on(connected: Connected, tested: bool):
    """As when another program fetches one for the same app."""
    connected.order("O1", ago=5)
    asked = []

    def refuse(call: tuple) -> None:
        asked.append(call[0])
        renewable = connected.place.renews_refused is not None
        if call[0] != "renewed" and not (renewable and asked.count("renewed") > 1):
            raise NotAuthorised("The token has ended.")

    connected.place.before = refuse
    if tested:
        connected.read()
        assert connected.account.stopped
        asked.clear()
    connected.place.renews_refused = {"token": "token-2"}
    if tested:
        asked.append("renewed")
        accounts.test(shop_id=connected.shop.pk, user=connected.owner, clock=connected.clock)
        assert asked == ["renewed", "renewed", "test"]
    connected.read()
    account = connected.account
    assert not account.stopped
    assert (account.failing_since, account.last_read_at) == (None, NOON)
    assert registry.secrets_in(account)["token"] == "token-2"
    assert Order.objects.filter(order_no="O1").exists()
    if not tested:
        assert asked[:4] == ["renewed", "orders", "renewed", "orders"]


def test_a_token_that_somebody_has_renewed_meanwhile_is_not_renewed_again(connected: Connected):
    before = connected.account
    sealed = registry.sealed({**double.GIVEN, "token": "token-theirs"})
    PlatformAccount.objects.update(sealed=sealed)
    connected.place.renews_refused = {"token": "token-ours"}
    platform = access.ready(before, clock=connected.clock, refused=True)
    assert isinstance(platform, Double)
    assert platform.account.secrets["token"] == "token-theirs"
    assert registry.secrets_in(connected.account)["token"] == "token-theirs"


def test_what_a_person_enters_meanwhile_stays(connected: Connected):
    connected.place.renews = {"token": "token-late"}

    def enter(call: tuple) -> None:
        connected.place.before = lambda call: None
        connected.place.renews = None
        accounts.replace(
            shop_id=connected.shop.pk,
            secrets={"key": "key-new", "token": "token-new"},
            address="",
            pays_fast_refunds=False,
            user=connected.owner,
            now=connected.clock(),
        )
        connected.place.renews = {"token": "token-late"}

    connected.place.before = enter
    platform = access.ready(connected.account, clock=connected.clock)
    assert registry.secrets_in(connected.account)["token"] == "token-new"
    assert isinstance(platform, Double)
    assert platform.account.secrets["token"] == "token-new"


@pytest.mark.django_db(transaction=True)
def test_two_processes_renew_once(offered: None, clock: Clock):
    """Most platforms take back the old token with the new one: the second renewal would be of a
    token that is gone."""
    connected = Connected(clock)
    both_read = threading.Barrier(2, timeout=10)
    connected.place.renews = {"token": "token-2"}

    def ready() -> str:
        account = PlatformAccount.objects.select_related("shop").get()
        both_read.wait()
        platform = access.ready(account, clock=clock)
        assert isinstance(platform, Double)
        return platform.account.secrets["token"]

    slow = threading.Event()
    connected.place.before = lambda call: slow.wait(0.3)
    tokens = at_once(ready, ready)
    assert set(tokens) <= {"token-2", double.GIVEN["token"]} and "token-2" in tokens
    assert connected.place.calls == [("renewed",)]


def test_a_renewal_that_died_is_taken_up_again(connected: Connected):
    now = connected.clock()
    PlatformAccount.objects.update(renewing_until=now + access.RENEWAL)
    access.ready(connected.account, clock=connected.clock)
    assert connected.place.calls == []
    connected.clock.turn(seconds=access.RENEWAL.total_seconds())
    access.ready(connected.account, clock=connected.clock)
    assert connected.place.calls == [("renewed",)]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"secrets": {"key": "k"}}, "token"),
        ({"secrets": {"key": "  ", "token": "t"}}, "key"),
        ({"secrets": {"key": "k" * 4001, "token": "t"}}, "key"),
        ({"secrets": {"key": "k\0", "token": "t"}}, "key"),
        ({"platform": "no such"}, "platform"),
        ({"address": "file:///etc"}, "address"),
    ],
)
def test_a_connection_that_is_refused_writes_nothing(offered: None, given: dict, pointer: str):
    shop = factories.make_shop(code="s1")
    double.places["s1"] = Place()
    with pytest.raises(Refused) as refused:
        accounts.connect(
            shop_id=shop.pk,
            user=factories.make_user(shop),
            now=NOON,
            **{
                "platform": "double",
                "secrets": double.GIVEN,
                "address": "",
                "pays_fast_refunds": False,
            }
            | given,
        )
    assert refused.value.pointer == pointer
    shop.refresh_from_db()
    assert (PlatformAccount.objects.count(), shop.connector) == (0, "manual")
    assert not shop.entries.exists()


def test_in_production_the_platforms_own_address_is_used(offered: None, settings):
    settings.PRODUCTION = True
    shop = factories.make_shop(code="s1")
    with pytest.raises(Refused, match="the platform's own address"):
        accounts.connect(
            shop_id=shop.pk,
            platform="double",
            secrets=double.GIVEN,
            address="http://10.0.0.1",
            pays_fast_refunds=False,
            user=factories.make_user(shop),
            now=NOON,
        )


def test_a_demo_shop_never_meets_a_real_platform(offered: None):
    shop = factories.make_shop(code="s1", is_demo=True, connector="sandbox")
    with pytest.raises(Refused, match="A demo shop is connected to a simulated platform only"):
        accounts.connect(
            shop_id=shop.pk,
            platform="double",
            secrets=double.GIVEN,
            address="",
            pays_fast_refunds=False,
            user=factories.make_user(shop),
            now=NOON,
        )
    assert not PlatformAccount.objects.exists()


def test_only_owners_may(connected: Connected):
    agent = factories.make_user(connected.shop, "admin")
    for call in (
        lambda: accounts.disconnect(shop_id=connected.shop.pk, user=agent, now=NOON),
        lambda: accounts.test(shop_id=connected.shop.pk, user=agent, clock=connected.clock),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert connected.place.calls == []


def test_who_disconnects_and_connects_again_begins_anew(connected: Connected):
    """Tickets filed in between count as open before the connection: they are for people."""
    connected.read()
    accounts.disconnect(shop_id=connected.shop.pk, user=connected.owner, now=connected.clock())
    connected.clock.turn(days=3)
    connected.order("O1", ago=60)
    connected.ticket("T1", ago=60)
    accounts.connect(
        shop_id=connected.shop.pk,
        platform="double",
        secrets=double.GIVEN,
        address="",
        pays_fast_refunds=False,
        user=connected.owner,
        now=connected.clock(),
    )
    connected.read()
    ticket = connected.shop.tickets.get()
    assert ticket.flags == ["before_connection"]
    assert connected.account.first_read_at - NOON == timedelta(days=3)


def test_secrets_that_the_platform_pushes_are_kept_beside_the_others(connected: Connected):
    connected.place.pushed = {"ticket": "ticket-9"}
    for _again in range(2):
        assert send(body_of(("ticket", "T1", "m1"))).status_code == 200
    assert registry.secrets_in(connected.account) == {**double.GIVEN, "ticket": "ticket-9"}
    # It was about nothing else.
    assert not connected.account.messages.exists()


def test_pushed_secrets_and_a_renewal_at_once_lose_neither(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
):
    account, sealed = connected.account, registry.sealed
    renewals = iter([{"token": "token-renewed"}])

    def meanwhile(secrets: dict) -> str:
        for renewal in renewals:
            PlatformAccount.objects.filter(pk=account.pk).update(
                sealed=sealed({**double.GIVEN, **renewal})
            )
        return sealed(secrets)

    monkeypatch.setattr(registry, "sealed", meanwhile)
    access.take_in(account, {"ticket": "ticket-9"})
    assert registry.secrets_in(connected.account) == {
        **double.GIVEN,
        "token": "token-renewed",
        "ticket": "ticket-9",
    }
