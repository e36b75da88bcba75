"""Return freight is answered before the receipt of the goods, whoever reports it (SPEC P3)."""

from typing import Any

import pytest
from django.urls import reverse

from aftersale.models import ApprovalLimit, ApprovalRequest, PlatformFacts, Refund, Role
from aftersale.services.desk import return_freight
from aftersale.services.refunds import approvals, freight_asked, second_person
from aftersale.services.shared.errors import FreightUnanswered
from aftersale.services.shipping import warehouse
from tests import factories
from tests.admin.clients import english_client

from .conftest import Case
from .test_beside import returning

pytestmark = pytest.mark.django_db


def asks(case: Case, amount: str = "12.00") -> None:
    PlatformFacts.objects.update_or_create(
        shop=case.shop,
        subject="ticket",
        number=case.number,
        defaults={
            "facts": [["return_freight_asked", amount, None], ["return_freight", "waiting", None]],
            "at": case.clock.now,
        },
    )


def call(case: Case) -> dict[str, Any]:
    return {"ticket_id": case.ticket.pk, "user": case.user, "now": case.clock.now}


def test_the_service_refuses_and_writes_nothing(make_case: Any) -> None:
    case = returning(make_case)
    asks(case)
    events = case.ticket.events.count()
    with pytest.raises(FreightUnanswered) as refused:
        approvals.confirm_return(**call(case))
    assert refused.value.code == "return_freight_unanswered"
    assert refused.value.pointer == "return_freight" and "¥12.00" in refused.value.message
    assert case.now().status == "returning" and case.ticket.events.count() == events
    assert not Refund.objects.exists()


def test_the_warehouses_report_is_kept_and_people_go_on(make_case: Any) -> None:
    case = returning(make_case)
    asks(case)
    assert warehouse.goods_received(**call(case)) == "updated"
    assert case.now().status == "returning" and not Refund.objects.exists()
    assert case.ticket.goods_received_at == case.clock.now and case.ticket.committed == 6_000
    last = case.ticket.events.order_by("-pk").first()
    assert last is not None and last.user == case.user
    assert str(last.note) == (
        "Goods received in the warehouse. · "
        "The buyer asks for ¥12.00 of return freight: answer that first."
    )
    events = case.ticket.events.count()
    assert warehouse.goods_received(**call(case)) == "unchanged"
    assert case.ticket.events.count() == events
    return_freight.answer(**call(case), amount=1_200, pays=True)
    approvals.confirm_return(**call(case))
    assert case.now().status == "refunding" and Refund.objects.get().amount == 6_000


def test_answered_before_the_report_starts_the_refund(make_case: Any) -> None:
    case = returning(make_case)
    asks(case)
    return_freight.answer(**call(case), amount=1_200, pays=True)
    assert warehouse.goods_received(**call(case)) == "updated"
    assert case.now().status == "refunding" and Refund.objects.get().amount == 6_000


def test_asked_while_a_second_person_is_waited_for(make_case: Any) -> None:
    """SPEC G4: it is answered from the case that waits, and then confirmed."""
    case = make_case(type="return_refund", status="awaiting_return")
    for role in Role:
        ApprovalLimit.objects.create(shop=case.shop, role=role, amount=3_000)
    approvals.confirm_return(**call(case))
    asks(case)
    other = factories.make_user(case.shop, Role.OWNER)
    waits = ApprovalRequest.objects.get()
    with pytest.raises(FreightUnanswered):
        second_person.confirm(request_id=waits.pk, user=other, now=case.clock.now)
    assert case.now().status == "awaiting_return" and "second_person" in case.ticket.flags
    page = english_client(other).get(reverse("desk:case", args=[case.ticket.pk]))
    assert "Answer the return freight" in page.content.decode()
    return_freight.answer(**call(case), amount=1_200, pays=True)
    second_person.confirm(request_id=waits.pk, user=other, now=case.clock.now)
    assert case.now().status == "refunding" and case.order.committed == 6_000


@pytest.mark.parametrize(
    ("amount", "fen"),
    [
        ("12.00", 1_200),
        ("0.00", 0),
        ("", 0),
        ("NaN", 0),
        ("sNaN", 0),
        ("Infinity", 0),
        ("-Infinity", 0),
        ("1e999999", 0),
        ("-12.00", 0),
        ("twelve", 0),
    ],
)
def test_an_amount_that_is_none_asks_for_nothing(make_case: Any, amount: str, fen: int) -> None:
    case = returning(make_case)
    asks(case, amount)
    assert freight_asked.asked(case.ticket) == fen
    page = english_client(case.user).get(reverse("desk:case", args=[case.ticket.pk]))
    assert page.status_code == 200
    assert ("Answer the return freight" in page.content.decode()) is bool(fen)
