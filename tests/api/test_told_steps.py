"""Steps that programs tell a connected shop's platform beside a ticket's course (SPEC P3)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import (
    PlatformFacts,
    PlatformStep,
    ReturnFreight,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.desk_steps import ReturnAddress
from tests.aftersale.pictures import bytes_of
from tests.factories import NOON, make_order, make_ticket, make_user
from tests.platforms.steps.double import Double

from .program import Program, program
from .test_ticket_steps import picture, rows, status_of

PARCEL = {"carrier": "4", "tracking_no": " SF1 "}


@pytest.fixture
def there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Double:
    double = Double(
        addresses=[ReturnAddress("71", "Store 1", True), ReturnAddress("72", "2", False)]
    )
    monkeypatch.setattr(registry, "platform_of", lambda shop: double)
    monkeypatch.setattr(registry, "capabilities", lambda code: frozenset(Can))
    monkeypatch.setattr(registry, "class_of", lambda code: Double)
    shop.connector = "platform"
    shop.save()
    return double


@pytest.fixture
def ticket(shop: Shop) -> Ticket:
    order = make_order(shop, order_no="O1", status="delivered")
    return make_ticket(order, ticket_no="T1", type="return_refund")


def put(ticket: Ticket, **fields: Any) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(awaiting_evaluation=False, **fields)


def test_goods_go_to_the_address_that_a_program_names(
    erp: Program, there: Double, ticket: Ticket
) -> None:
    found = erp.get("/return-addresses").content["results"]
    assert found[0] == {"number": "71", "words": "Store 1", "is_default": True}
    before = rows()
    status, content, _response = erp.post("/tickets/T1/approve", {"return_address": "9"})
    assert (status, content["errors"][0]["pointer"]) == (422, "#/return_address")
    assert rows() == before
    assert erp.post("/tickets/T1/approve", {"return_address": "72"}).status == 200
    assert PlatformStep.objects.get().details == {"address": "72", "address_in_words": "2"}


def test_a_parcel_is_entered_once_for_its_key(
    erp: Program, there: Double, ticket: Ticket, owner: User
) -> None:
    status, content, _response = erp.post("/tickets/T1/return-parcel", PARCEL)
    assert (status, content["code"]) == (422, "not_offered")
    put(ticket, status="awaiting_return")
    for wrong in ({"carrier": "4"}, {"carrier": "4", "tracking_no": "x" * 65}):
        assert erp.post("/tickets/T1/return-parcel", wrong).status == 422
    assert not PlatformStep.objects.exists()
    for _again in range(2):
        assert erp.post("/tickets/T1/return-parcel", PARCEL, key="k1").status == 200
    step = PlatformStep.objects.get()
    assert (step.kind, step.details, step.user) == (
        "enter_return",
        {"carrier": "4", "tracking_no": "SF1"},
        owner,
    )
    assert status_of(ticket) == "awaiting_return"


def test_new_goods_and_notes(erp: Program, there: Double, ticket: Ticket) -> None:
    put(ticket, type="exchange", status="returning")
    assert erp.post("/tickets/T1/new-goods", PARCEL).status == 200
    assert erp.post("/tickets/T1/new-goods", PARCEL).content["code"] == "not_offered"
    wrong = erp.post("/tickets/T1/note", {"text": "x", "flag": "gold"})
    assert (wrong.status, wrong.content["errors"][0]["pointer"]) == (422, "#/flag")
    assert erp.post("/tickets/T1/note", {"text": "called her", "flag": "red"}).status == 200
    kinds = list(PlatformStep.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["send_new_goods", "note"]
    assert "called her" in str(TicketEvent.objects.latest("pk").note)


def test_return_freight_comes_before_the_receipt(
    erp: Program, there: Double, ticket: Ticket
) -> None:
    put(ticket, status="returning")
    facts = [["return_freight_asked", "12.00", None], ["return_freight", "waiting", None]]
    PlatformFacts.objects.create(
        shop=ticket.shop, subject="ticket", number="T1", facts=facts, at=NOON
    )
    early = erp.post("/tickets/T1/confirm-return")
    assert (early.status, early.content["code"]) == (422, "return_freight_unanswered")
    assert status_of(ticket) == "returning"
    url = "/tickets/T1/return-freight"
    other = erp.post(url, {"answer": "pay", "amount": "11.00"})
    assert (other.status, other.content["code"]) == (409, "stale")
    bare = erp.post(url, {"answer": "refuse", "amount": "12.00", "explanation": "no"})
    assert (bare.status, bare.content["errors"][0]["pointer"]) == (422, "#/evidence")
    assert not ReturnFreight.objects.exists()
    refusal = {"answer": "refuse", "amount": "12.00", "explanation": "our parcel was right"}
    assert erp.post(url, refusal | {"evidence": [picture(bytes_of())]}).status == 200
    answer = ReturnFreight.objects.get()
    assert (answer.amount, answer.pays, answer.evidence_files.count()) == (1_200, False, 1)
    assert erp.post("/tickets/T1/confirm-return").status == 200
    assert status_of(ticket) == "refunding"


def test_a_shop_without_a_platform_takes_none(erp: Program, ticket: Ticket) -> None:
    assert erp.get("/return-addresses").content == {"results": []}
    before = rows()
    for name, sent in (
        ("return-parcel", PARCEL),
        ("new-goods", PARCEL),
        ("note", {"text": "x"}),
        ("return-freight", {"answer": "pay", "amount": "1.00"}),
    ):
        status, content, _response = erp.post(f"/tickets/T1/{name}", sent)
        assert (status, content["code"]) == (422, "not_offered"), name
    assert rows() == before


def test_the_scope_that_they_take(shop: Shop, there: Double, ticket: Ticket) -> None:
    others = program(shop, make_user(shop), "read", "orders", "strategies", "windows")
    for name in ("return-parcel", "new-goods", "note", "return-freight"):
        assert others.post(f"/tickets/T1/{name}", PARCEL).status == 403
    assert not PlatformStep.objects.exists()
