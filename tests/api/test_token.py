"""A token's bounds, and its description of itself (SPEC P1, P5)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from aftersale.models import ApiToken, Shop
from aftersale.services.access import tokens
from aftersale.services.shared.errors import Refused

from .program import MADE_AT, Answer, Program


def made(shop: Shop, owner: User, **bound: object) -> str:
    _token, text = tokens.create(
        shop_id=shop.pk, name="ERP", scopes=["funds"], user=owner, now=MADE_AT, **bound
    )
    return text


def test_it_says_what_it_may(shop: Shop, owner: User) -> None:
    text = made(shop, owner, expires_at=MADE_AT + timedelta(days=9_000), networks=["127.0.0.1"])
    found = Program(text).get("/token")
    assert found.content == {
        "name": "ERP",
        "beginning": text[:9],
        "shop": "ks-1",
        "shop_name": shop.name,
        "platform": shop.platform,
        "scopes": ["funds"],
        "made_by": owner.username,
        "made_at": "2026-11-01T08:00:00+08:00",
        "expires_at": found.content["expires_at"],
        "networks": ["127.0.0.1/32"],
        "calls_per_minute": found.content["calls_per_minute"],
    }


@pytest.mark.parametrize(
    ("network", "address", "let_in"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.9/24", "203.0.113.8", True),
        ("2001:db8::7", "2001:db8::9", True),  # clients are known by their /64
        ("2001:db8::/32", "2001:db9::1", False),
        ("203.0.113.7", "2001:db8::1", False),
        ("203.0.113.7", "no address", False),
    ],
)
def test_bound_to_addresses(
    shop: Shop, owner: User, network: str, address: str, let_in: bool
) -> None:
    caller = Program(made(shop, owner, networks=[network, "192.0.2.0/28"]))
    caller.client.defaults["REMOTE_ADDR"] = address
    answer: Answer = caller.get("/token")
    used = ApiToken.objects.get().last_used_at is not None
    assert (answer.status, used) == (200 if let_in else 401, let_in)


def test_it_ends_at_its_moment(shop: Shop, owner: User) -> None:
    end, moment = MADE_AT + timedelta(days=1), timedelta(microseconds=1)
    text = made(shop, owner, expires_at=end)
    assert tokens.use(text=text, address=None, now=end - moment) is not None
    assert tokens.use(text=text, address=None, now=end) is None


@pytest.mark.parametrize(
    ("bound", "pointer"),
    [
        ({"expires_at": MADE_AT}, "expires_at"),
        ({"networks": ["10.0.0.0/33"]}, "networks"),
        ({"networks": ["erp.example.com"]}, "networks"),
        ({"networks": [f"10.0.0.{number}" for number in range(21)]}, "networks"),
    ],
)
def test_bounds_that_are_refused(
    shop: Shop, owner: User, bound: dict[str, object], pointer: str
) -> None:
    with pytest.raises(Refused) as refused:
        made(shop, owner, **bound)
    assert (refused.value.pointer, ApiToken.objects.count()) == (pointer, 0)
