"""Refunds paid by hand, recorded from a bank's list (SPEC O4, G4)."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from aftersale.models import ApprovalLimit, ApprovalRequest, Refund, Shop, Ticket
from aftersale.services.refunds import approvals, refund_results
from aftersale.services.shared.errors import NotAllowed, Refused, Stale
from aftersale.services.sheets import kinds, payments
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def agent(shop: Shop) -> User:
    return make_user(shop, "cs_agent")


def to_pay(shop: Shop, number: str, agent: User) -> Ticket:
    ticket = make_ticket(make_order(shop, order_no=f"O-{number}"), ticket_no=number, amount=5_990)
    return approvals.approve(ticket_id=ticket.pk, user=agent, now=NOON)


def call(shop: Shop, user: User, content: str, **more: Any) -> list[Any]:
    work = kinds.write if "seen" in more else kinds.preview
    found: list[Any] = work(
        payments.KIND, shop_id=shop.pk, name="bank.csv", content=content.encode(), user=user,
        now=NOON, **more,
    )  # fmt: skip
    return found


def statuses(shop: Shop) -> list[tuple[str, str, str]]:
    rows = Refund.objects.filter(shop=shop).order_by("ticket__ticket_no")
    return [(one.ticket.ticket_no, one.status, one.reference) for one in rows]


def test_what_was_paid_is_recorded_and_nothing_else(shop: Shop, agent: User) -> None:
    for number in ("T-1", "T-2", "T-3", "T-4"):
        to_pay(shop, number, agent)
    to_pay(make_shop(), "T-5", make_user(is_superuser=True))
    rows = kinds.rows_of(payments.KIND, shop_id=shop.pk, user=agent)
    assert [row[:4] for row in rows] == [
        [f"T-{number}", "59.90", "", f"O-T-{number}"] for number in (1, 2, 3, 4)
    ]
    sent = (
        "ticket,amount,reference\nT-1,59.90,BANK-1\nT-2,¥59.90,\nT-3,50,BANK-3\n"
        "T-1,59.90,BANK-1\nT-5,59.90,BANK-5\nT-9,59.90,\n"
    )
    shown = call(shop, agent, sent)
    assert {status for _no, status, _reference in statuses(shop)} == {"requested"}
    written = call(shop, agent, sent, seen=kinds.fingerprint(shown))
    assert [(row.line, row.name, row.outcome.value) for row in written] == [
        (2, "T-1", "changed"), (3, "T-2", "changed"), (4, "T-3", "refused"),
        (5, "T-1", "refused"), (6, "T-5", "refused"), (7, "T-9", "refused"),
    ]  # fmt: skip
    assert written[2].errors[0].message == "expected ¥59.90, found “50”"
    assert written[3].errors[0].message == "no refund of this ticket waits to be paid by hand"
    assert statuses(shop) == [
        ("T-1", "succeeded", "BANK-1"), ("T-2", "succeeded", ""),
        ("T-3", "requested", ""), ("T-4", "requested", ""),
    ]  # fmt: skip
    assert Refund.objects.get(ticket__ticket_no="T-5").status == "requested"
    assert Ticket.objects.get(ticket_no="T-1").status == "refunded"
    with pytest.raises(Stale):
        call(shop, agent, sent, seen=kinds.fingerprint(shown))


def test_above_ones_own_amount_a_second_person_is_asked(shop: Shop, agent: User) -> None:
    to_pay(shop, "T-1", agent)
    ApprovalLimit.objects.create(shop=shop, role="cs_agent", amount=1_000)
    sent = "ticket,amount\nT-1,59.90\n"
    shown = call(shop, agent, sent)
    assert "a second person is asked" in shown[0].changes[0]
    assert not ApprovalRequest.objects.exists()
    call(shop, agent, sent, seen=kinds.fingerprint(shown))
    assert ApprovalRequest.objects.get().ticket.ticket_no == "T-1"
    assert statuses(shop) == [("T-1", "requested", "")]


def test_what_waits_for_a_second_person_was_paid_and_is_not_listed_again(
    shop: Shop, agent: User
) -> None:
    for number in ("T-1", "T-2"):
        to_pay(shop, number, agent)
    ApprovalLimit.objects.create(shop=shop, role="cs_agent", amount=1_000)
    sent = "ticket,amount\nT-1,59.90\n"
    call(shop, agent, sent, seen=kinds.fingerprint(call(shop, agent, sent)))
    rows = kinds.rows_of(payments.KIND, shop_id=shop.pk, user=agent)
    assert [row[0] for row in rows] == ["T-2"]
    [again] = call(shop, agent, sent)
    assert (again.outcome.value, again.changes) == ("refused", ())
    assert ApprovalRequest.objects.count() == 1


def test_a_later_payment_of_the_same_refund_is_not_the_one_of_the_preview(
    shop: Shop, agent: User
) -> None:
    """SPEC G5: the bank returned the money, and it waits to be paid once more."""
    ticket = to_pay(shop, "T-1", agent)
    sent = "ticket,amount\nT-1,59.90\n"
    shown = call(shop, agent, sent)
    refund_results.record_result(
        refund_id=Refund.objects.get().pk, succeeded=False, reason="returned", user=agent, now=NOON
    )
    approvals.retry(ticket_id=ticket.pk, user=agent, now=NOON)
    with pytest.raises(Stale):
        call(shop, agent, sent, seen=kinds.fingerprint(shown))
    assert statuses(shop) == [("T-1", "requested", "")]


def test_who_may_not_and_too_many(shop: Shop, agent: User) -> None:
    sent = "ticket,amount\nT-1,59.90\n"
    with pytest.raises(NotAllowed):
        call(shop, make_user(shop, "viewer"), sent)
    with pytest.raises(Refused, match="At most 200 payments at once"):
        call(shop, agent, "ticket,amount\n" + "T-1,59.90\n" * 201)
