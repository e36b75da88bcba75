"""A case that waits for a second person, and what each role approves alone, on their pages
(SPEC G4, P1)."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import (
    ApprovalLimit,
    ApprovalRequest,
    AuditEntry,
    Role,
    Shop,
    Ticket,
    TicketStatus,
)
from aftersale.services.refunds import approvals
from aftersale.services.tickets.cases import seen_now
from tests.factories import make_order, make_shop, make_ticket, make_user

from .clients import english_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    shop = make_shop(name="Two pairs of eyes")
    ApprovalLimit.objects.create(shop=shop, role=Role.CS_AGENT, amount=5_000)
    ApprovalLimit.objects.create(shop=shop, role=Role.CS_MANAGER, amount=7_000)
    return shop


@pytest.fixture
def asker(shop: Shop) -> Client:
    return english_client(make_user(shop, Role.CS_AGENT, username="asker"))


@pytest.fixture
def ticket(shop: Shop) -> Ticket:
    order = make_order(shop, order_no="O-1", buyer="b-1")
    return make_ticket(order, ticket_no="T-1", amount=8_000, awaiting_evaluation=False)


@pytest.fixture
def asked(shop: Shop, asker: Client, ticket: Ticket) -> Ticket:
    said = send(asker, "approve", ticket, amount="80")
    assert "Ticket T-1 waits for a second person." in said.headers["HX-Trigger"]
    return read(ticket)


def read(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("order").get(pk=ticket.pk)


def address(step: str, ticket: Ticket) -> str:
    return reverse(f"desk:{step}", args=[ticket.pk])


def send(client: Client, step: str, ticket: Ticket, **data: str) -> Any:
    now = read(ticket)
    given = {"seen": seen_now(now, now.order)} | data
    return client.post(address(step, ticket), given, headers={"HX-Request": "true"})


def text(client: Client, where: str) -> str:
    return client.get(where, headers={"HX-Request": "true"}).content.decode()


def test_before_it_is_asked_for(asker: Client, ticket: Ticket) -> None:
    """The dialog says that it will wait, for whatever amount is typed."""
    dialog = text(asker, address("approve", ticket))
    assert "Alone you approve up to ¥50.00 of an order." in dialog
    assert "Once it is confirmed:" in dialog
    assert "will wait" not in text(asker, address("approve", ticket) + "?amount=50")
    offer = f"{address('negotiate-outcome', ticket)}?type=refund_only&amount="
    assert "will wait" in text(asker, offer + "70") and "will wait" not in text(asker, offer + "20")


def test_the_case_says_who_asks_and_why(shop: Shop, asker: Client, asked: Ticket) -> None:
    case = text(asker, address("case", asked))
    assert "asker asks a second person: Approve, ¥80.00" in case
    assert "Alone asker approves up to ¥50.00 of an order." in case
    assert "You asked for it yourself" in case and "Held for a second person" in case
    assert address("second-decline", asked) in case
    for step in ("second-confirm", "approve", "reject", "negotiate"):
        assert address(step, asked) not in case, step
    manager = english_client(make_user(shop, Role.CS_MANAGER))
    case = text(manager, address("case", asked))
    assert "more than you may approve on one order" in case
    assert address("second-confirm", asked) not in case and "Decline" in case
    owner = english_client(make_user(shop))
    case = text(owner, address("case", asked))
    assert address("second-confirm", asked) in case and address("second-decline", asked) in case


def test_it_has_a_queue_of_its_own(asker: Client, asked: Ticket) -> None:
    page = asker.get(reverse("desk:workbench") + "?queue=second_person").content.decode()
    assert '<span class="d-count" id="count-second_person">1</span>' in page
    assert '<span class="d-count" id="count-to_handle">0</span>' in page
    assert f'data-case="{asked.pk}"' in page
    page = asker.get(reverse("desk:workbench")).content.decode()
    assert f'data-case="{asked.pk}"' not in page


def test_shops_that_ask_for_nobody_have_no_such_queue() -> None:
    client = english_client(make_user(make_shop()))
    assert "count-second_person" not in client.get(reverse("desk:workbench")).content.decode()


@pytest.mark.parametrize(
    ("role", "confirms", "declines"),
    [
        (Role.OWNER, 204, 204),
        (Role.ADMIN, 204, 204),
        (Role.CS_MANAGER, 403, 204),
        (Role.CS_AGENT, 403, 204),
        (Role.VIEWER, 403, 403),
        (None, 404, 404),
    ],
)
def test_who_settles_it(
    shop: Shop, asked: Ticket, role: str | None, confirms: int, declines: int
) -> None:
    client = english_client(make_user(shop if role else make_shop(), role or Role.OWNER))
    before = list(ApprovalRequest.objects.values())
    if confirms != 204:
        assert send(client, "second-confirm", asked).status_code == confirms
    if declines != 204:
        assert send(client, "second-decline", asked, note="no").status_code == declines
        assert list(ApprovalRequest.objects.values()) == before
        assert read(asked).status == TicketStatus.PENDING_REVIEW
        return
    assert list(ApprovalRequest.objects.values()) == before
    without = send(client, "second-decline", asked)
    assert "Say why it is declined." in without.content.decode()
    if confirms == 204:
        said = send(client, "second-confirm", asked)
        told = json.loads(said.headers["HX-Trigger"])["desk:done"]["message"]
        assert told == "Confirmed: Approve, ¥80.00 to b-1."
        assert read(asked).status == TicketStatus.REFUNDING
    else:
        assert send(client, "second-decline", asked, note="no").status_code == 204
        assert ApprovalRequest.objects.get().state == "declined"


def test_whoever_asked_withdraws(asker: Client, asked: Ticket) -> None:
    assert send(asker, "second-confirm", asked).status_code == 403
    said = send(asker, "second-decline", asked)
    assert "Withdrawn: ticket T-1." in said.headers["HX-Trigger"]
    assert ApprovalRequest.objects.get().state == "withdrawn"
    assert "approve" in text(asker, address("case", asked))


def test_one_who_comes_too_late_is_told(shop: Shop, asker: Client, asked: Ticket) -> None:
    """SPEC O10: nothing is done, and how it ended is said."""
    owner = english_client(make_user(shop))
    seen = seen_now(asked, asked.order)
    send(asker, "second-decline", asked)
    events = asked.events.count()
    late = owner.post(address("second-confirm", asked), {"seen": seen})
    assert "does not wait any more" in late.content.decode()
    assert (read(asked).status, asked.events.count()) == (TicketStatus.PENDING_REVIEW, events)


def test_a_batch_says_what_will_wait_and_what_waits(asker: Client, ticket: Ticket) -> None:
    ask = reverse("desk:batch", args=["approve"])
    preview = text(asker, f"{ask}?ids={ticket.pk}")
    assert "1 ticket is above what you approve alone, and will wait" in preview
    sent = {"ids": ticket.pk, f"seen-{ticket.pk}": seen_now(ticket, ticket.order)}
    results = asker.post(ask, sent, headers={"HX-Request": "true"}).content.decode()
    assert "It is above what you approve alone: a second person is asked." in results


def test_a_payment_that_was_recorded_waits(shop: Shop, asker: Client, ticket: Ticket) -> None:
    approvals.approve(ticket_id=ticket.pk, user=make_user(shop), now=timezone.now())
    assert "will wait" in text(asker, address("paid", ticket))
    said = send(asker, "paid", ticket, reference="bank-1")
    assert "waits for a second person" in said.headers["HX-Trigger"]
    case = text(asker, address("case", ticket))
    assert "asker asks a second person: Record as paid, ¥80.00" in case
    assert "Held for a second person" not in case


def test_what_each_role_approves_alone(shop: Shop) -> None:
    owner = english_client(make_user(shop))
    where = reverse("desk:shop-second-person", args=[shop.pk])
    change = reverse("desk:shop-second-person-change", args=[shop.pk])
    page = owner.get(where).content.decode()
    assert "¥50.00" in page and "any amount" in page and "Nobody could confirm" not in page
    seen = owner.get(change).context["seen"]
    given = {"seen": seen, "owner": "500", "admin": "500", "cs_manager": "500", "cs_agent": "20"}
    assert owner.post(change, given).status_code == 204
    entry = AuditEntry.objects.filter(shop=shop, kind="changed").get()
    assert str(entry.note).split("\n") == [
        "Owner approves alone up to: no limit → ¥500.00",
        "Administrator approves alone up to: no limit → ¥500.00",
        "Customer-service manager approves alone up to: ¥70.00 → ¥500.00",
        "Customer service approves alone up to: ¥50.00 → ¥20.00",
    ]
    # Above 500 an owner, an administrator or a manager confirms for another: there is but one.
    assert "Nobody could confirm the largest amounts" in owner.get(where).content.decode()
    make_user(shop, Role.ADMIN)
    assert "Nobody could confirm" not in owner.get(where).content.decode()
    # An older page, and amounts that are none, change nothing.
    for wrong in (given, given | {"cs_agent": "-1"}, given | {"cs_agent": "x"}):
        before = list(shop.approval_limits.order_by("role").values_list("role", "amount"))
        assert owner.post(change, wrong).status_code in (409, 422, 200)
        after = list(shop.approval_limits.order_by("role").values_list("role", "amount"))
        assert after == before
