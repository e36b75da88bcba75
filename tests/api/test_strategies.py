"""`/strategies`: read, made, changed, deleted and ordered by programs (SPEC section 4)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import Membership, Shop
from strategies.models import Strategy, StrategyRevision, StrategyUsage
from strategies.services import strategies
from tests.factories import NOON, make_shop, make_strategy, make_user

from .program import Program, program

NEW = {"scenario": "pre_ship_refund", "name": "small", "single_amount_cap": "200.00"}
# SPEC T1's defaults, T4's daily cap.
MADE = {
    "shop": "ks-1",
    "scenario": "pre_ship_refund",
    "name": "small",
    "remark": "",
    "enabled": False,
    "priority": 1,
    "valid_from": None,
    "valid_until": None,
    "execution_time": "all_day",
    "windows": [],
    "paid_time": "off_hours",
    "order_statuses": ["shipped", "delivered"],
    "buyer_reasons": [],
    "single_amount_cap": "200.00",
    "daily_cap": "50000.00",
    "time_limit_hours": None,
    "skip_label_printed": True,
    "skip_risky": True,
    "product_condition": "all",
    "products": [],
    "categories": [],
    "refund_reason": "",
    "breaker": None,
    "revision": 1,
    "enabled_at": None,
    "breaker_opened": None,
    "used_today": "0.00",
    "hits_today": 0,
    "warnings": ["It works all day, for all goods and for whatever reason."],
}


def names(shop: Shop, scenario: str = "pre_ship_refund") -> list[str]:
    live = Strategy.objects.filter(shop=shop, scenario=scenario, deleted_at=None)
    return list(live.order_by("priority").values_list("name", flat=True))


def pointers(content: Any) -> list[str]:
    return [error["pointer"] for error in content["errors"]]


def test_a_new_strategy_is_not_enabled(erp: Program, shop: Shop, owner: User) -> None:
    """SPEC T1, T2, T4, T6: the defaults, and a revision of whoever made the token."""
    status, made, _response = erp.post("/strategies", NEW)
    assert (status, made) == (201, {"id": made["id"], **MADE})
    assert erp.get(f"/strategies/{made['id']}")[:2] == (200, made)
    assert erp.get("/strategies").content == {"results": [made]}
    revision = StrategyRevision.objects.get(strategy=made["id"])
    assert (revision.number, revision.created_by) == (1, owner)


def test_every_key_comes_back_as_it_was_sent(erp: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its validity ends: after that, the warnings say so as well."""
    monkeypatch.setattr("aftersale.api.call.timezone.now", lambda: NOON)
    sent = {
        **NEW,
        "shop": "ks-1",
        "remark": "r",
        "valid_from": "2026-11-01T00:00:00+08:00",
        "valid_until": "2099-12-01T00:00:00+08:00",
        "execution_time": "windows",
        "windows": [["22:00", "08:00"]],
        "paid_time": "any",
        "order_statuses": ["shipped"],
        "buyer_reasons": ["no_longer_wanted"],
        "daily_cap": "300.50",
        "time_limit_hours": 24,
        "skip_label_printed": False,
        "skip_risky": False,
        "product_condition": "include",
        "products": ["p-9"],
        "categories": ["shoes"],
        "refund_reason": "x",
        "breaker": {"hits": 200, "amount": "5000.00", "minutes": 10},
    }
    made = erp.post("/strategies", sent).content
    assert {key: made[key] for key in sent} == sent
    assert made["warnings"] == [
        "Orders whose shipping label is printed are refunded, too.",
        "What the platform flagged as risky is refunded, too.",
    ]


def test_its_place_and_the_list(erp: Program, shop: Shop) -> None:
    for name, priority in (("a", None), ("b", 1), ("c", 9)):
        erp.post("/strategies", {**NEW, "name": name, "priority": priority})
    make_strategy(shop, name="z", scenario="post_ship_refund")
    make_strategy(make_shop(), name="other")
    found = erp.get("/strategies").content["results"]
    assert [(one["name"], one["priority"]) for one in found] == [
        ("b", 1),
        ("a", 2),
        ("c", 3),
        ("z", 1),
    ]
    found = erp.get("/strategies?scenario=post_ship_refund").content["results"]
    assert [one["name"] for one in found] == ["z"]
    assert erp.get("/strategies?scenario=x").status == 422
    assert erp.get("/strategies?other=x").status == 422


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"shop": "ks-2"}, "#/shop"),
        ({"single_amount_cap": "0.99"}, "#/single_amount_cap"),
        ({"single_amount_cap": 200}, "#/single_amount_cap"),
        ({"daily_cap": "199.99"}, "#/daily_cap"),
        ({"name": "taken"}, "#/name"),
        ({"name": " "}, "#/name"),
        ({"scenario": "post_ship_refund", "execution_time": "off_hours"}, "#/execution_time"),
        ({"order_statuses": []}, "#/order_statuses"),
        ({"breaker": {"minutes": 10}}, "#/breaker"),
        ({"other": 1}, "#/other"),
    ],
)
def test_what_is_refused(erp: Program, shop: Shop, given: dict[str, Any], pointer: str) -> None:
    make_strategy(shop, name="taken")
    status, content, _response = erp.post("/strategies", {**NEW, **given})
    assert (status, pointers(content)) == (422, [pointer])
    assert names(shop) == ["taken"]


def test_the_eleventh(erp: Program, shop: Shop) -> None:
    """SPEC T3."""
    for number in range(10):
        erp.post("/strategies", {**NEW, "name": f"s{number}"})
    status, content, _response = erp.post("/strategies", NEW)
    assert (status, pointers(content), len(names(shop))) == (422, ["#/scenario"], 10)


def test_a_key_makes_one_strategy(erp: Program, shop: Shop) -> None:
    first = erp.post("/strategies", NEW, key="k")
    assert erp.post("/strategies", NEW, key="k").content == first.content
    assert erp.post("/strategies", {**NEW, "name": "b"}, key="k").status == 422
    assert names(shop) == ["small"]


def patch(erp: Program, strategy: Strategy, content: Any, **more: Any) -> Any:
    return erp.call("PATCH", f"/strategies/{strategy.pk}", content, **more)


def test_with_another_content_it_is_no_longer_enabled(erp: Program, shop: Shop) -> None:
    """SPEC T2, O7: whoever enabled it read what it was."""
    strategy = make_strategy(shop, name="a", remark="r")
    status, changed, _response = patch(erp, strategy, {"single_amount_cap": "10.00"})
    assert (status, changed["enabled"], changed["single_amount_cap"], changed["remark"]) == (
        200,
        False,
        "10.00",
        "r",
    )
    strategy.refresh_from_db()
    assert (strategy.enabled, strategy.single_amount_cap, strategy.revision) == (False, 1000, 4)


def test_what_leaves_it_as_it_is(erp: Program, shop: Shop) -> None:
    strategy, other = make_strategy(shop, name="a"), make_strategy(shop, name="b")
    whole = erp.get(f"/strategies/{strategy.pk}").content
    record = {key: whole[key] for key in [*NEW, "enabled", "daily_cap", "windows", "priority"]}
    for same in ({}, record, {"revision": 2}, {"priority": None}, {"shop": "ks-1"}):
        assert patch(erp, strategy, same)[:2] == (200, whole)
    # A new place alone leaves it enabled.
    moved = patch(erp, strategy, {"priority": 2}).content
    assert (moved["priority"], moved["enabled"], moved["revision"]) == (2, True, 2)
    other.refresh_from_db()
    assert (other.priority, names(shop)) == (1, ["b", "a"])


def test_switched_off_but_never_on(erp: Program, shop: Shop) -> None:
    strategy = make_strategy(shop)
    assert patch(erp, strategy, {"enabled": False}).content["enabled"] is False
    status, content, _response = patch(erp, strategy, {"enabled": True})
    assert (status, content["code"], pointers(content)) == (403, "needs_person", ["#/enabled"])
    made = erp.post("/strategies", {**NEW, "name": "new", "enabled": True})
    assert (made.status, made.content["code"]) == (403, "needs_person")
    assert Strategy.objects.count() == 1
    strategy.refresh_from_db()
    assert (strategy.enabled, strategy.revision) == (False, 3)


def test_off_hours_without_hours(erp: Program, shop: Shop) -> None:
    """SPEC T7: it may be stored, and not enabled."""
    strategy = make_strategy(shop)
    changed = patch(erp, strategy, {"execution_time": "off_hours"}).content
    assert (changed["execution_time"], changed["enabled"]) == ("off_hours", False)


@pytest.mark.parametrize(
    ("given", "status", "pointer"),
    [
        ({"revision": 1, "remark": "x"}, 409, None),
        ({"revision": 0}, 422, "#/revision"),
        ({"scenario": "post_ship_refund"}, 422, "#/scenario"),
        ({"shop": "ks-2"}, 422, "#/shop"),
        ({"name": None}, 422, "#/name"),
        ({"name": "b"}, 422, "#/name"),
        ({"single_amount_cap": "60000.00"}, 422, "#/daily_cap"),
        ({"execution_time": "windows"}, 422, "#/windows"),
        ({"priority": 0}, 422, "#/priority"),
        ({"remark": "x", "other": 1}, 422, "#/other"),
        ([], 422, "#"),
    ],
)
def test_changes_that_are_refused(
    erp: Program, shop: Shop, given: Any, status: int, pointer: str | None
) -> None:
    strategy = make_strategy(shop, name="a")
    make_strategy(shop, name="b")
    before = erp.get(f"/strategies/{strategy.pk}").content
    found = patch(erp, strategy, given)
    assert (found.status, pointers(found.content)) == (status, [pointer] if pointer else [])
    assert erp.get(f"/strategies/{strategy.pk}").content == before


def test_usage_and_breaker(erp: Program, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """SPEC E4, G3."""
    monkeypatch.setattr("aftersale.api.call.timezone.now", lambda: NOON)
    strategy = make_strategy(shop, breaker={"hits": 1, "minutes": 5})
    StrategyUsage.objects.create(
        strategy=strategy, day=NOON.date(), hits=2, used=12_345, cap=strategy.daily_cap
    )
    strategies.trip(strategy.pk, hits=2, amount=12_345, now=NOON)
    found = erp.get(f"/strategies/{strategy.pk}").content
    assert (found["used_today"], found["hits_today"]) == ("123.45", 2)
    assert found["breaker"] == {"hits": 1, "amount": None, "minutes": 5}
    assert found["breaker_opened"] == {
        "at": "2026-03-11T12:00:00+08:00",
        "hits": 2,
        "amount": "123.45",
        "minutes": 5,
    }


def test_deleted(erp: Program, shop: Shop) -> None:
    """SPEC T8."""
    strategy = make_strategy(shop, name="a")
    make_strategy(shop, name="b")
    assert erp.call("DELETE", f"/strategies/{strategy.pk}", key="k")[:2] == (204, None)
    assert erp.call("DELETE", f"/strategies/{strategy.pk}", key="k")[:2] == (204, None)
    assert erp.call("DELETE", f"/strategies/{strategy.pk}").status == 404
    assert erp.get(f"/strategies/{strategy.pk}").status == 404
    assert patch(erp, strategy, {"remark": "x"}).status == 404
    assert names(shop) == ["b"]
    assert StrategyRevision.objects.filter(strategy=strategy).count() == 3


def test_priorities(erp: Program, shop: Shop) -> None:
    """SPEC T5: whoever saves an order made from a stale one is told so, and what it is now."""
    one, two = make_strategy(shop, name="a").pk, make_strategy(shop, name="b").pk
    seen = erp.get("/strategies/priorities?scenario=pre_ship_refund").content
    assert seen == {"scenario": "pre_ship_refund", "ids": [one, two], "version": f"{one}-{two}"}
    wanted = {"scenario": "pre_ship_refund", "ids": [two, one], "version": seen["version"]}
    status, saved, _response = erp.call("PUT", "/strategies/priorities", wanted)
    present = {"scenario": "pre_ship_refund", "ids": [two, one], "version": f"{two}-{one}"}
    assert (status, saved, names(shop)) == (200, present, ["b", "a"])
    again = erp.call("PUT", "/strategies/priorities", {**wanted, "ids": [one, two]})
    assert again.status == 409
    assert {key: again.content[key] for key in present} == present
    assert again.response["Content-Type"] == "application/problem+json"
    for ids in ([one], [one, one], [one, two, two], [one, 0], [1 << 80, two]):
        given = {**present, "ids": ids}
        assert erp.call("PUT", "/strategies/priorities", given).status == 422
    for wrong in ({"ids": ["a"]}, {"version": 1}, {"scenario": "x"}, {"other": 1}):
        assert erp.call("PUT", "/strategies/priorities", {**present, **wrong}).status == 422
    for version in ("", "x", "9" * 200, "-"):
        stale = erp.call("PUT", "/strategies/priorities", {**present, "version": version})
        assert stale.status == 409
    assert names(shop) == ["b", "a"]
    assert erp.get("/strategies/priorities").status == 422
    empty = erp.get("/strategies/priorities?scenario=post_ship_return").content
    assert (empty["ids"], empty["version"]) == ([], "")
    assert erp.call("PUT", "/strategies/priorities", empty)[:2] == (200, empty)


def test_who_may(erp: Program, shop: Shop, owner: User) -> None:
    """SPEC P1: the token's scopes, its maker's role, its shop."""
    strategy = make_strategy(shop, name="a")
    one = f"/strategies/{strategy.pk}"
    order = {"scenario": "pre_ship_refund", "ids": [strategy.pk], "version": str(strategy.pk)}
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/strategies", NEW),
        ("PATCH", one, {"remark": "x"}),
        ("DELETE", one, None),
        ("PUT", "/strategies/priorities", order),
    ]
    before = erp.get("/strategies").content
    reader = program(shop, owner, "read", "orders", "tickets", "windows")
    writer = program(shop, owner, "strategies")
    for method, path, content in writes:
        assert reader.call(method, path, content).status == 403
        assert Program("").call(method, path, content).status == 401
    assert writer.get("/strategies").status == writer.get(one).status == 403
    elsewhere = make_shop()
    other = program(elsewhere, make_user(elsewhere, "owner"))
    # The owner of both shops, with a token of the other one.
    Membership.objects.create(shop=elsewhere, user=owner, role="owner")
    both = program(elsewhere, owner)
    for erp_of_another in (other, both):
        assert erp_of_another.get(one).status == 404
        for method, path, content in writes[1:3]:
            assert erp_of_another.call(method, path, content).status == 404
        assert erp_of_another.call(*writes[3]).status == 409
    Membership.objects.filter(user=owner, shop=shop).update(role="cs_manager")
    for method, path, content in writes:
        assert erp.call(method, path, content).status == 403
    assert erp.get("/strategies").content == before
