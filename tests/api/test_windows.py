"""`/orders/{order_no}/window`: every condition with its figure, and opening (SPEC W1, W2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import AfterSaleWindow, Fund, Membership, Order, Shop
from tests.factories import NOON, make_order, make_shop, make_user

from .program import Program, program

ADDRESS = "/orders/o1/window"
NAMES = [
    "completed",
    "covered",
    "not_overdrawn",
    "shop_status",
    "order_type",
    "refundable",
    "role",
    "no_open_window",
]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aftersale.api.call.timezone.now", lambda: NOON)


@pytest.fixture
def order(shop: Shop) -> Order:
    """One on which a window may be opened: completed, and covered by the wallet."""
    Fund.objects.filter(shop=shop, kind="wallet").update(balance=10_000)
    return make_order(
        shop, order_no="o1", status="completed", completed_at=NOON - timedelta(days=2)
    )


def test_conditions(erp: Program, order: Order) -> None:
    status, found, _response = erp.get(ADDRESS)
    assert (status, found["may_open"], found["window"]) == (200, True, None)
    assert [condition["name"] for condition in found["conditions"]] == NAMES
    assert all(condition["holds"] for condition in found["conditions"])
    assert found["conditions"][1] == {
        "name": "covered",
        "title": "The wallet or the deposit covers the largest possible refund",
        "figure": "largest refund ¥100.00; wallet ¥100.00, deposit ¥0.00",
        "holds": True,
    }


def test_opened(erp: Program, order: Order, owner: User) -> None:
    opened = {
        "opened_at": "2026-03-11T12:00:00+08:00",
        "opened_by": owner.username,
        "note": "as agreed",
        "closes_at": "2026-03-14T12:00:00+08:00",
    }
    assert erp.post(ADDRESS, {"note": "as agreed"}, key="k")[:2] == (201, opened)
    assert erp.post(ADDRESS, {"note": "as agreed"}, key="k")[:2] == (201, opened)
    found = erp.get(ADDRESS).content
    assert (found["may_open"], found["window"]) == (False, opened)
    # One is open: another is refused, also under a key of its own.
    refused = erp.post(ADDRESS, {"note": "again"}, key="other")
    assert refused.status == 409
    assert [one["name"] for one in refused.content["conditions"]] == ["no_open_window"]
    assert AfterSaleWindow.objects.count() == 1


def test_each_condition_that_fails_is_named(erp: Program, order: Order, shop: Shop) -> None:
    Fund.objects.filter(shop=shop).update(balance=-1)
    shop.status = "suspended"
    shop.save()
    Order.objects.update(type="deposit", status="delivered", refunded_amount=10_000)
    refused = erp.post(ADDRESS, {"note": "as agreed"})
    assert (refused.status, refused.response["Content-Type"]) == (409, "application/problem+json")
    names = [one["name"] for one in refused.content["conditions"]]
    assert names == [name for name in NAMES if name not in ("role", "no_open_window")]
    assert not any(one["holds"] for one in refused.content["conditions"])
    assert not AfterSaleWindow.objects.exists()


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({}, "#/note"),
        ({"note": " "}, "#/note"),
        ({"note": "n" * 501}, "#/note"),
        ({"note": None}, "#/note"),
        ({"note": "n", "other": 1}, "#/other"),
        ([], "#"),
    ],
)
def test_without_a_note(erp: Program, order: Order, content: Any, pointer: str) -> None:
    found = erp.post(ADDRESS, content)
    assert found.status == 422
    assert [error["pointer"] for error in found.content["errors"]] == [pointer]
    assert not AfterSaleWindow.objects.exists()


def test_who_may(erp: Program, order: Order, shop: Shop, owner: User) -> None:
    """SPEC P1."""
    note = {"note": "as agreed"}
    assert Program("").post(ADDRESS, note).status == Program("").get(ADDRESS).status == 401
    assert program(shop, owner, "read", "tickets").post(ADDRESS, note).status == 403
    assert program(shop, owner, "windows").get(ADDRESS).status == 403
    elsewhere = make_shop()
    Membership.objects.create(shop=elsewhere, user=owner, role="owner")
    for other in (program(elsewhere, owner), program(elsewhere, make_user(elsewhere))):
        assert other.get(ADDRESS).status == other.post(ADDRESS, note).status == 404
    assert erp.get("/orders/o2/window").status == erp.post("/orders/o2/window", note).status == 404
    Membership.objects.filter(user=owner, shop=shop).update(role="cs_agent")
    assert erp.post(ADDRESS, note).status == 403
    (role,) = (one for one in erp.get(ADDRESS).content["conditions"] if one["name"] == "role")
    assert not role["holds"]
    assert not AfterSaleWindow.objects.exists()
