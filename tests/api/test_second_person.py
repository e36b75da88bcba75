"""A program's step above what its token's maker approves alone: 202, and what then (SPEC G4)."""

import pytest
from django.contrib.auth.models import User

from aftersale.models import ApprovalLimit, Refund, Shop, Ticket
from aftersale.services.refunds import second_person
from tests.factories import NOON, make_order, make_ticket, make_user

from .program import Program


@pytest.fixture
def ticket(shop: Shop, owner: User) -> Ticket:
    """The token's maker, an owner, approves 50 yuan alone."""
    ApprovalLimit.objects.create(shop=shop, role="owner", amount=5_000)
    return make_ticket(make_order(shop, order_no="O1"), ticket_no="T1", amount=8_000)


def test_it_waits_and_says_so(erp: Program, owner: User, ticket: Ticket) -> None:
    status, content, _response = erp.post("/tickets/T1/approve", key="k1")
    assert (status, content["status"], content["approved_amount"]) == (
        202,
        "pending_review",
        "80.00",
    )
    assert content["flags"] == ["second_person"] and content["refund"] is None
    asked = content["second_person"]
    assert asked["requested_at"] and asked | {"requested_at": None} == {
        "state": "waiting",
        "step": "approve",
        "amount": "80.00",
        "requested_by": owner.username,
        "requested_at": None,
        "settled_by": None,
        "settled_at": None,
        "note": "",
    }
    # Once for its key; any other step is refused while it waits.
    again = erp.post("/tickets/T1/approve", key="k1")
    assert (again.status, again.content) == (202, content)
    for step, body in (("approve", None), ("reject", {"reason": "already_shipped"})):
        refused = erp.post(f"/tickets/T1/{step}", body)
        assert (refused.status, refused.content["code"]) == (409, "second_person")
    assert not Refund.objects.exists()


def test_what_becomes_of_it(erp: Program, shop: Shop, owner: User, ticket: Ticket) -> None:
    erp.post("/tickets/T1/approve")
    admin = make_user(shop, "admin")
    second_person.confirm(request_id=ticket.approval_requests.get().pk, user=admin, now=NOON)
    content = erp.get("/tickets/T1").content
    assert content["status"] == "refunding" and content["flags"] == []
    assert content["second_person"]["state"] == "confirmed"
    assert content["second_person"]["settled_by"] == admin.username
    assert content["refund"]["requested_by"] == owner.username


def test_no_program_confirms_or_declines(erp: Program, ticket: Ticket) -> None:
    """SPEC P5: the second person is one."""
    erp.post("/tickets/T1/approve")
    for step in ("confirm-approval", "decline-approval"):
        found = erp.post(f"/tickets/T1/{step}")
        assert (found.status, found.content["code"]) == (403, "needs_person")
        assert erp.post(f"/tickets/none/{step}").status == 404
    assert ticket.approval_requests.get().state == "waiting"


def test_lists_tell_those_that_wait(erp: Program, shop: Shop, ticket: Ticket) -> None:
    make_ticket(make_order(shop), ticket_no="T2")
    erp.post("/tickets/T1/approve")
    for asked, numbers in (("true", ["T1"]), ("false", ["T2"])):
        found = erp.get(f"/tickets?second_person={asked}").content["results"]
        assert [row["ticket_no"] for row in found] == numbers


def test_many_at_once(erp: Program, shop: Shop, ticket: Ticket) -> None:
    make_ticket(make_order(shop), ticket_no="T2", amount=1_000)
    sent = {"tickets": [{"ticket_no": "T1"}, {"ticket_no": "T2"}]}
    results = erp.post("/tickets/approve", sent).content["results"]
    assert [(one["result"], one["status"]) for one in results] == [
        ("waiting", "pending_review"),
        ("approved", "refunding"),
    ]


@pytest.mark.parametrize(
    ("status", "path", "body"),
    [
        ("pending_review", "negotiate", {"amount": "70", "message": "less"}),
        ("awaiting_return", "confirm-return", None),
        ("refund_failed", "retry-refund", None),
    ],
)
def test_other_steps_that_move_money(
    erp: Program, ticket: Ticket, status: str, path: str, body: dict[str, str] | None
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(
        status=status, type="return_refund", awaiting_evaluation=False
    )
    found = erp.post(f"/tickets/T1/{path}", body)
    assert (found.status, found.content["status"]) == (202, status)


def test_a_payment_recorded_as_made(erp: Program, shop: Shop, ticket: Ticket) -> None:
    ApprovalLimit.objects.all().delete()
    number = erp.post("/tickets/T1/approve").content["refund"]["id"]
    ApprovalLimit.objects.create(shop=shop, role="owner", amount=0)
    found = erp.post(f"/refunds/{number}/result", {"status": "succeeded", "reference": "b-1"})
    assert (found.status, found.content["status"]) == (202, "refunding")
    assert found.content["second_person"]["step"] == "paid"
