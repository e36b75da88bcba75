"""Approve, reject, negotiate, confirm a return, retry, and say what became of a refund: the
desk's own services, by program (SPEC O2, O4, P2, P3)."""

import base64
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from aftersale.models import (
    AuditEntry,
    EvidenceFile,
    Negotiation,
    Refund,
    Rejection,
    Shop,
    Ticket,
    TicketEvent,
)
from tests.admin.digest import digest
from tests.aftersale.pictures import bytes_of
from tests.factories import make_order, make_shop, make_ticket, make_user

from .program import Program, program


@pytest.fixture
def english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def ticket(shop: Shop) -> Ticket:
    return make_ticket(make_order(shop, order_no="O1"), ticket_no="T1")


def rows() -> dict[str, str]:
    """All tables but the token's count of its calls."""
    return {table: figure for table, figure in digest().items() if table != "aftersale_apitoken"}


def status_of(ticket: Ticket) -> str:
    return Ticket.objects.values_list("status", flat=True).get(pk=ticket.pk)


def test_approve(erp: Program, ticket: Ticket, owner: User) -> None:
    status, content, response = erp.post("/tickets/T1/approve", {"amount": "59.90"}, key="k1")
    assert (status, content["status"], content["approved_amount"]) == (200, "refunding", "59.90")
    refund = Refund.objects.get(ticket=ticket)
    assert (refund.amount, refund.source, refund.requested_by) == (5990, "person", owner)
    assert content["refund"]["id"] == refund.public_number
    last = content["events"][-1]
    assert (last["from"], last["to"], last["actor"]) == ("pending_review", "refunding", "person")
    # The token is named, and not its maker; whose rights it was is in the refund (SPEC P6).
    assert (last["user"], last["token"]) == (None, "ERP")
    entry = AuditEntry.objects.get(kind="call")
    assert last["request"] == entry.request_id == response["Request-Id"]
    assert (entry.subject, entry.shop) == ("POST /api/v1/tickets/T1/approve", ticket.shop)
    assert entry.token is not None and entry.token.name == "ERP"
    # Once for its key, and no second time without.
    assert erp.post("/tickets/T1/approve", {"amount": "59.90"}, key="k1").content == content
    before = rows()
    found = erp.post("/tickets/T1/approve")
    assert (found.status, found.content["from"], found.content["to"]) == (
        409,
        "refunding",
        "refunding",
    )
    assert rows() == before


def test_a_return_is_approved_without_a_body(erp: Program, shop: Shop) -> None:
    make_ticket(make_order(shop), ticket_no="T2", type="return_refund")
    assert erp.post("/tickets/T2/approve").content["status"] == "awaiting_return"
    status, content, _response = erp.post("/tickets/T2/confirm-return")
    assert (status, content["status"], content["refund"]["amount"]) == (200, "refunding", "100.00")


@pytest.mark.parametrize(
    ("amount", "pointer"),
    [("100.01", "#/amount"), ("0", "#/amount"), ("-1", "#/amount"), (1, "#/amount")],
)
def test_amounts_that_are_refused(
    erp: Program, ticket: Ticket, amount: object, pointer: str
) -> None:
    before = rows()
    found = erp.post("/tickets/T1/approve", {"amount": amount})
    assert (found.status, found.content["errors"][0]["pointer"]) == (422, pointer)
    assert rows() == before


def test_never_more_than_the_order_has_left(erp: Program, shop: Shop, ticket: Ticket) -> None:
    assert ticket.order is not None
    make_ticket(ticket.order, ticket_no="T2")
    assert erp.post("/tickets/T1/approve", {"amount": "50"}).status == 200
    before = rows()
    found = erp.post("/tickets/T2/approve")
    assert (found.status, found.content["errors"][0]["pointer"]) == (422, "#/amount")
    assert rows() == before
    assert erp.post("/tickets/T2/approve", {"amount": "50.00"}).status == 200


def test_above_the_line_only_where_it_is_meant(
    erp: Program, shop: Shop, ticket: Ticket, english: None
) -> None:
    """SPEC O2: refused with the line's figures, until the caller says so."""
    line = {"title": "socks", "paid_amount": 5_000}
    order = make_order(shop, lines=[line, line])
    for number in ("L1", "L2"):
        make_ticket(order, ticket_no=number, amount=5_000, line_no=1)
    assert erp.post("/tickets/L1/approve").status == 200
    before = rows()
    found = erp.post("/tickets/L2/approve")
    assert (found.status, found.content["errors"]) == (
        422,
        [
            {
                "pointer": "#/above_line",
                "detail": "¥50.00 is more than is left of line 1 (socks): ¥0.00. ¥50.00 was paid "
                "for it, and other tickets have taken ¥50.00.",
            }
        ],
    )
    assert rows() == before
    status, content, _response = erp.post("/tickets/L2/approve", {"above_line": True})
    assert (status, content["approved_amount"]) == (200, "50.00")


def test_a_return_of_nothing_is_approved_and_ends_as_closed(erp: Program, shop: Shop) -> None:
    """SPEC O4."""
    make_ticket(make_order(shop, paid_amount=0), ticket_no="T2", type="return_refund", amount=0)
    assert erp.post("/tickets/T2/approve").content["status"] == "awaiting_return"
    status, content, _response = erp.post("/tickets/T2/confirm-return")
    assert (status, content["status"], content["refund"]) == (200, "closed", None)


@pytest.mark.parametrize(
    ("state", "step", "body", "to"),
    [
        ("refunded", "approve", None, "refunding"),
        ("rejected", "approve", None, "refunding"),
        ("awaiting_return", "reject", {"reason": "already_shipped"}, "rejected"),
        ("cancelled", "negotiate", {"message": "?"}, "negotiating"),
        ("pending_review", "confirm-return", None, "refunding"),
        ("refunding", "retry-refund", None, "refunding"),
    ],
)
def test_a_step_that_there_is_not_names_both_states(
    erp: Program, ticket: Ticket, state: str, step: str, body: Any, to: str, english: None
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(status=state, awaiting_evaluation=False)
    before = rows()
    status, content, _response = erp.post(f"/tickets/T1/{step}", body)
    assert (status, content["from"], content["to"]) == (409, state, to)
    assert content["errors"] == [] and "T1" in content["detail"]
    assert rows() == before


def test_what_was_seen_must_still_be_so(erp: Program, ticket: Ticket) -> None:
    seen = erp.get("/tickets/T1").content["seen"]
    TicketEvent.objects.create(ticket=ticket, at=ticket.applied_at, kind="note", actor="platform")
    before = rows()
    for step, body in (("approve", {}), ("negotiate", {"message": "hello"})):
        found = erp.post(f"/tickets/T1/{step}", {**body, "seen": seen})
        assert (found.status, found.content["from"], found.content["to"]) == (409, None, None)
    assert rows() == before
    seen = erp.get("/tickets/T1").content["seen"]
    Ticket.objects.filter(pk=ticket.pk).update(amount=480_00)
    before = rows()
    found = erp.post("/tickets/T1/approve", {"seen": seen})
    assert found.status == 409 and "amount: ¥100.00 is now ¥480.00" in found.content["detail"]
    assert erp.post("/tickets/T1/approve", {"seen": "7"}).status == 409
    assert rows() == before
    Ticket.objects.filter(pk=ticket.pk).update(amount=100_00)
    assert erp.post("/tickets/T1/approve", {"seen": seen}).status == 200
    # A refund that is paid elsewhere is settled on what was seen of it, too.
    refund = Refund.objects.get(ticket=ticket)
    settled = {"status": "succeeded", "seen": seen}
    assert erp.post(f"/refunds/{refund.public_number}/result", settled).status == 409
    settled["seen"] = erp.get("/tickets/T1").content["seen"]
    assert erp.post(f"/refunds/{refund.public_number}/result", settled).status == 200


def test_reject_with_the_shops_own_text(erp: Program, shop: Shop, owner: User) -> None:
    ticket = make_ticket(make_order(shop, order_no="O1", status="shipped"), ticket_no="T1")
    found = erp.post("/tickets/T1/reject", {"reason": "shipped_on_time"}, key="k1")
    assert (found.status, found.content["status"]) == (200, "rejected")
    rejection = Rejection.objects.get(ticket=ticket)
    assert (rejection.reason, rejection.user) == ("shipped_on_time", owner)
    assert "O1" in rejection.explanation and "{" not in rejection.explanation
    assert erp.post("/tickets/T1/reject", {"reason": "shipped_on_time"}, key="k1").status == 200


def picture(content: bytes, name: str = "a.png") -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


def test_reject_with_pictures(erp: Program, ticket: Ticket) -> None:
    body = {
        "reason": "already_shipped",
        "explanation": "It had left.",
        "evidence": [picture(bytes_of("PNG"), "../x.gif"), picture(bytes_of("JPEG"))],
    }
    assert erp.post("/tickets/T1/reject", body).status == 200
    kept = EvidenceFile.objects.filter(rejection__ticket=ticket)
    assert list(kept.values_list("name", "content_type")) == [
        ("x.png", "image/png"),
        ("a.jpg", "image/jpeg"),
    ]
    assert kept[0].file.read() == bytes_of("PNG")
    assert Rejection.objects.get().explanation == "It had left."


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reason": "nothing"}, "#/reason"),
        ({"reason": "goods_not_as_sent"}, "#/reason"),
        ({"reason": "nothing", "explanation": None}, "#/reason"),
        ({"explanation": " "}, "#/explanation"),
        ({"explanation": "\u200b\u3164"}, "#/explanation"),
        ({"explanation": "a\0"}, "#/explanation"),
        ({"explanation": "a" * 1001}, "#/explanation"),
        ({"explanation": "Dear {buyer}"}, "#/explanation"),
        ({"evidence": [picture(b"GIF89a")]}, "#/evidence"),
        ({"evidence": [picture(bytes_of()), {"name": "x", "content": "*"}]},
         "#/evidence/1/content"),
        ({"evidence": [picture(bytes_of())] * 7}, "#/evidence"),
        ({"evidence": [{"name": "x"}]}, "#/evidence/0/content"),
        ({"evidence": []}, "#/evidence"),
    ],
)  # fmt: skip
def test_rejections_that_are_refused(
    erp: Program, ticket: Ticket, change: dict[str, Any], pointer: str
) -> None:
    before = rows()
    body = {
        "reason": "already_shipped",
        "explanation": "It had left.",
        "evidence": [picture(bytes_of())],
    } | change
    found = erp.post("/tickets/T1/reject", body)
    assert (found.status, found.content["errors"][0]["pointer"]) == (422, pointer)
    assert rows() == before


def test_negotiate(erp: Program, ticket: Ticket) -> None:
    offer = {"amount": "30.00", "message": "Half of it?"}
    found = erp.post("/tickets/T1/negotiate", offer, key="k1")
    assert (found.status, found.content["status"]) == (200, "negotiating")
    kept = Negotiation.objects.get(ticket=ticket)
    assert (kept.amount, kept.type, kept.message) == (3000, "", "Half of it?")
    assert erp.post("/tickets/T1/negotiate", offer, key="k1").content == found.content
    before = rows()
    # The buyer has yet to answer.
    assert erp.post("/tickets/T1/negotiate", offer).status == 422
    assert erp.post("/tickets/T1/negotiate", {"message": "?", "type": "gift"}).status == 422
    assert erp.post("/tickets/T1/negotiate", {"amount": "1.00"}).status == 422
    assert rows() == before


def test_an_offer_above_the_line_only_where_it_is_meant(
    erp: Program, shop: Shop, english: None
) -> None:
    """SPEC O2: as an approval."""
    line = {"title": "socks", "paid_amount": 5_000}
    order = make_order(shop, lines=[line, line])
    for number in ("L1", "L2"):
        make_ticket(order, ticket_no=number, amount=5_000, line_no=1)
    assert erp.post("/tickets/L1/approve", {"amount": "40.00"}).status == 200
    offer = {"amount": "10.01", "message": "A part of it?"}
    before = rows()
    found = erp.post("/tickets/L2/negotiate", offer)
    assert (found.status, found.content["errors"]) == (
        422,
        [
            {
                "pointer": "#/above_line",
                "detail": "¥10.01 is more than is left of line 1 (socks): ¥10.00. ¥50.00 was paid "
                "for it, and other tickets have taken ¥40.00.",
            }
        ],
    )
    assert rows() == before
    assert erp.post("/tickets/L2/negotiate", offer | {"above_line": True}).status == 200
    assert Negotiation.objects.get().amount == 1_001


def test_results_of_refunds_that_are_paid_elsewhere(erp: Program, ticket: Ticket) -> None:
    refund = erp.post("/tickets/T1/approve").content["refund"]
    address = f"/refunds/{refund['id']}/result"
    assert erp.post(address, {"status": "failed"}).content["errors"][0]["pointer"] == "#/reason"
    assert erp.post(address, {"status": "paid"}).status == 422
    failed = erp.post(address, {"status": "failed", "reason": "no money"}, key="k1")
    assert (failed.status, failed.content["status"]) == (200, "refund_failed")
    assert failed.content["refund"]["failure"] == "no money"
    assert erp.post(address, {"status": "failed", "reason": "no money"}, key="k1").status == 200
    before = rows()
    again = erp.post(address, {"status": "succeeded"})
    assert (again.status, again.content["from"], again.content["to"]) == (
        409,
        "failed",
        "succeeded",
    )
    assert rows() == before
    assert erp.post("/tickets/T1/retry-refund").content["status"] == "refunding"
    long = erp.post(address, {"status": "succeeded", "reference": "9" * 65})
    assert long.content["errors"][0]["pointer"] == "#/reference"
    paid = erp.post(address, {"status": "succeeded", "reference": " BANK-\u200b77 "})
    assert (paid.status, paid.content["status"]) == (200, "refunded")
    assert paid.content["refund"]["reference"] == "BANK-77"
    assert [one["state"] for one in paid.content["refund"]["attempts"]] == ["failed", "succeeded"]


def test_a_result_counts_for_the_payment_that_it_names_alone(erp: Program, ticket: Ticket) -> None:
    """SPEC G5."""
    refund = erp.post("/tickets/T1/approve").content["refund"]
    number = refund["id"]
    assert (len(number), refund["attempt"]) == (36, 1)
    failed = {"status": "failed", "reason": "account closed", "attempt": 1}
    assert erp.post(f"/refunds/{number}/result", failed).status == 200
    erp.post("/tickets/T1/retry-refund")
    payment = {"ticket_no": "T1", "attempt": 2, "amount": "100.00"}
    before = rows()
    for key, value, told in (
        ("ticket_no", "T2", "This refund is of ticket T1, not of T2: nothing was recorded."),
        (
            "attempt",
            1,
            "The refund of ticket T1 is at attempt 2, and the result is of attempt 1: nothing was"
            " recorded.",
        ),
        (
            "amount",
            "100.01",
            "The refund of ticket T1 is of ¥100.00, and the result is of ¥100.01: nothing was"
            " recorded.",
        ),
    ):
        answer = erp.post(
            f"/refunds/{number}/result", {"status": "succeeded", **payment, key: value}
        )
        assert (answer.status, answer.content["code"]) == (409, "other_payment")
        assert answer.content["errors"] == [{"pointer": f"#/{key}", "detail": told}]
    assert rows() == before
    # A refund from before the random numbers is known by its row id, and by nothing else.
    pk = Refund.objects.get().pk
    assert erp.post(f"/refunds/{pk}/result", {"status": "succeeded"}).status == 404
    Refund.objects.update(public_number=str(pk))
    paid = erp.post(f"/refunds/{pk}/result", {"status": "succeeded", **payment})
    assert (paid.status, paid.content["refund"]["attempt"]) == (200, 2)


def test_a_ticket_that_waits_for_its_order(erp: Program, ticket: Ticket) -> None:
    Ticket.objects.update(order=None, awaiting_evaluation=False)
    before = rows()
    assert erp.post("/tickets/T1/approve").status == 422
    assert rows() == before


def test_nothing_of_another_shop(erp: Program, ticket: Ticket, owner: User) -> None:
    """Although the token's maker is a member there, too."""
    other = make_shop()
    owner.memberships.create(shop=other, role="owner")
    made = make_ticket(make_order(other), ticket_no="T2")
    theirs = program(other, owner).post("/tickets/T2/approve").content["refund"]["id"]
    Ticket.objects.filter(pk=made.pk).update(status="awaiting_return")
    before = rows()
    for step, body in (
        ("approve", None),
        ("reject", {"reason": "already_shipped"}),
        ("negotiate", {"message": "?"}),
        ("confirm-return", None),
        ("retry-refund", None),
    ):
        assert erp.post(f"/tickets/T2/{step}", body).status == 404
        assert erp.post(f"/tickets/none/{step}", body).status == 404
        assert erp.post(f"/tickets/a%00b/{step}", body).status == 404
    assert erp.post(f"/refunds/{theirs}/result", {"status": "succeeded"}).status == 404
    assert erp.post(f"/refunds/{10**30}/result", {"status": "succeeded"}).status == 404
    assert rows() == before


def test_the_scope_that_it_takes(shop: Shop, ticket: Ticket) -> None:
    others = program(shop, make_user(shop), "read", "orders", "strategies", "windows")
    assert others.post("/tickets/T1/approve").status == 403
    assert status_of(ticket) == "pending_review"
