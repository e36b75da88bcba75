"""The pause switch, the block list, fund entries (SPEC G1, G2, W3)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import AuditEntry, BlockedBuyer, Fund, FundEntry, Membership, Shop
from tests.factories import make_order, make_shop, make_ticket, make_user

from .program import Program, program


def test_a_program_pauses_and_a_person_resumes(erp: Program, shop: Shop, owner: User) -> None:
    """SPEC G2, P5: who threw the switch and when; no token lifts the pause."""
    ticket = make_ticket(make_order(shop), awaiting_evaluation=False)
    first = erp.post("/shop/pause").content
    assert first == {
        "automation_paused": True,
        "paused_at": first["paused_at"],
        "paused_by": owner.username,
    }
    assert erp.post("/shop/pause")[:2] == (200, first)
    refused = erp.post("/shop/resume", key="k")
    assert (refused.status, refused.content["code"]) == (403, "needs_person")
    ticket.refresh_from_db()
    shop.refresh_from_db()
    assert (ticket.awaiting_evaluation, shop.automation_paused) == (False, True)
    kinds = AuditEntry.objects.filter(shop=shop).exclude(kind="token").order_by("pk")
    assert list(kinds.values_list("kind", "user", "token__name")) == [
        ("paused", owner.pk, "ERP"),
        ("refused", owner.pk, "ERP"),
    ]


def test_the_block_list(erp: Program, shop: Shop, owner: User) -> None:
    BlockedBuyer.objects.create(shop=make_shop(), buyer="theirs")
    status, blocked, _response = erp.call("PUT", "/blocked-buyers/b-77", {"note": "n"})
    assert (status, blocked) == (
        201,
        {
            "buyer": "b-77",
            "note": "n",
            "blocked_at": blocked["blocked_at"],
            "blocked_by": owner.username,
        },
    )
    # An entry that is there stays as it is.
    assert erp.call("PUT", "/blocked-buyers/b-77", {"note": "m"})[:2] == (200, blocked)
    assert erp.call("PUT", "/blocked-buyers/b-77")[:2] == (200, blocked)
    assert erp.get("/blocked-buyers/b-77")[:2] == (200, blocked)
    for buyer in ("a%2Fb", "%E4%B9%B0"):
        assert erp.call("PUT", f"/blocked-buyers/{buyer}").status == 201
    found = erp.get("/blocked-buyers").content
    assert [row["buyer"] for row in found["results"]] == ["买", "a/b", "b-77"]
    assert (found["next"], found["previous"]) == (None, None)
    page = erp.get("/blocked-buyers?page_size=2").content
    rest = erp.get(page["next"].removeprefix("http://testserver/api/v1")).content
    assert [row["buyer"] for row in rest["results"]] == ["b-77"]
    assert erp.get("/blocked-buyers/theirs").status == 404
    gone = erp.call("DELETE", "/blocked-buyers/b-77")
    assert gone[:2] == (204, None)
    assert "Content-Type" not in gone.response
    assert erp.call("DELETE", "/blocked-buyers/b-77").status == 204
    assert erp.call("DELETE", "/blocked-buyers/theirs").status == 204
    assert erp.get("/blocked-buyers/b-77").status == 404
    assert BlockedBuyer.objects.filter(buyer="theirs").exists()


@pytest.mark.parametrize(
    ("buyer", "content", "pointer"),
    [
        ("%20", None, "#/buyer"),
        ("%00%E2%80%8B", None, "#/buyer"),
        ("b" * 65, None, "#/buyer"),
        ("b", {"note": "n" * 501}, "#/note"),
        ("b", {"note": "\0"}, "#/note"),
        ("b", {"note": None}, "#/note"),
        ("b", {"other": ""}, "#/other"),
        ("b", [], "#"),
    ],
)
def test_blocks_that_are_refused(
    erp: Program, shop: Shop, buyer: str, content: Any, pointer: str
) -> None:
    found = erp.call("PUT", f"/blocked-buyers/{buyer}", content)
    assert found.status == 422
    assert [error["pointer"] for error in found.content["errors"]] == [pointer]
    assert not BlockedBuyer.objects.exists()


ENTRY = {
    "fund": "wallet",
    "entry_no": "f-1",
    "amount": "1000.00",
    "at": "2026-11-01T00:00:00+08:00",
    "note": "n",
}


def balance(shop: Shop, kind: str = "wallet") -> int:
    return Fund.objects.get(shop=shop, kind=kind).balance


def test_fund_entries(erp: Program, shop: Shop) -> None:
    """SPEC W3: an entry is never changed; the same again changes nothing."""
    made = {"entry_no": "f-1", "result": "created", "errors": [], "note": ""}
    assert erp.post("/fund-entries", ENTRY)[:2] == (201, made)
    again = {**ENTRY, "shop": "ks-1"}
    assert erp.post("/fund-entries", again)[:2] == (200, {**made, "result": "unchanged"})
    status, content, _response = erp.post("/fund-entries", {**ENTRY, "amount": "1.00"})
    assert (status, [error["pointer"] for error in content["errors"]]) == (422, ["#/entry_no"])
    sent = [
        {**ENTRY, "entry_no": "f-2", "amount": "-0.50"},
        ENTRY,
        {**ENTRY, "entry_no": "f-2", "amount": "7.00"},
        {**ENTRY, "entry_no": "f-3", "shop": "ks-2"},
        {**ENTRY, "entry_no": "f-4", "amount": 1, "other": 1},
        {**ENTRY, "entry_no": "f-5", "fund": "deposit"},
        7,
    ]
    status, content, _response = erp.post("/fund-entries", sent)
    assert status == 200
    assert [
        (row["entry_no"], row["result"], [error["pointer"] for error in row["errors"]])
        for row in content["results"]
    ] == [
        ("f-2", "created", []),
        ("f-1", "unchanged", []),
        ("f-2", "refused", ["#/entry_no"]),
        ("f-3", "refused", ["#/shop"]),
        ("f-4", "refused", ["#/amount", "#/other"]),
        ("f-5", "created", []),
        (None, "refused", ["#"]),
    ]
    assert (balance(shop), balance(shop, "deposit")) == (99_950, 100_000)
    found = erp.get("/fund-entries").content["results"]
    assert [(row["fund"], row["entry_no"], row["balance_after"]) for row in found] == [
        ("deposit", "f-5", "1000.00"),
        ("wallet", "f-2", "999.50"),
        ("wallet", "f-1", "1000.00"),
    ]
    assert found[2] == {**ENTRY, "kind": "reported", "balance_after": "1000.00"}
    deposit = erp.get("/fund-entries?fund=deposit").content["results"]
    assert [row["entry_no"] for row in deposit] == ["f-5"]
    assert erp.get("/fund-entries?fund=x").status == 422


def test_a_list_under_a_key_and_what_is_too_much(erp: Program, shop: Shop) -> None:
    first = erp.post("/fund-entries", [ENTRY], key="k")
    assert erp.post("/fund-entries", [ENTRY], key="k").content == first.content
    assert erp.post("/fund-entries", [])[:2] == (200, {"results": []})
    assert erp.post("/fund-entries", [ENTRY] * 1_001).status == 413
    for wrong in (1, None, "x", {**ENTRY, "at": "2026-11-01"}, {**ENTRY, "entry_no": "\0"}):
        assert erp.post("/fund-entries", wrong).status == 422
    assert (balance(shop), FundEntry.objects.count()) == (100_000, 1)


def test_who_may(erp: Program, shop: Shop, owner: User) -> None:
    """SPEC P1: scopes, and the maker's role at the moment of the call."""
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/shop/pause", None),
        ("POST", "/shop/resume", None),
        ("PUT", "/blocked-buyers/b", None),
        ("DELETE", "/blocked-buyers/b", None),
        ("POST", "/fund-entries", ENTRY),
    ]
    reads = ["/blocked-buyers", "/blocked-buyers/b", "/fund-entries"]
    reader = program(shop, owner, "read", "tickets", "windows")
    writer = program(shop, owner, "orders", "strategies")
    for method, path, content in writes:
        assert Program("").call(method, path, content).status == 401
        assert reader.call(method, path, content).status == 403
    for path in reads:
        assert writer.get(path).status == 403
    # Fund entries are for owners, whatever the scope; the rest is for whoever changes strategies.
    Membership.objects.filter(user=owner).update(role="admin")
    assert erp.post("/fund-entries", ENTRY).status == 403
    assert erp.call("PUT", "/blocked-buyers/a").status == 201
    Membership.objects.filter(user=owner).update(role="cs_manager")
    for method, path, content in writes:
        assert erp.call(method, path, content).status == 403
    assert erp.get("/blocked-buyers").status == 200
    assert not FundEntry.objects.exists()
    assert list(BlockedBuyer.objects.values_list("buyer", flat=True)) == ["a"]
    shop.refresh_from_db()
    assert not shop.automation_paused
    elsewhere = make_shop()
    other = program(elsewhere, make_user(elsewhere))
    assert other.get("/blocked-buyers").content["results"] == []
    assert other.post("/shop/pause").status == 200
    shop.refresh_from_db()
    assert not shop.automation_paused
