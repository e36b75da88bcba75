"""The catalogue of reject reasons, and the shops' own texts over it (SPEC P2)."""

from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from aftersale.domain.placeholders import PLACEHOLDERS, fill, problem
from aftersale.models import (
    AuditEntry,
    RejectReasonTemplate,
    Role,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.reject_reasons import BY_CODE, REASONS, Stage, fitting
from aftersale.services.desk import reject_templates
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from tests.each import each
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user


def codes(ticket: Ticket) -> list[str]:
    return [reason.code for reason in fitting(ticket)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type", "order_status", "status", "expected"),
    [
        (
            "refund_only", "pending_shipment", "pending_review",
            ["already_shipped", "agreed_to_cancel", "reason_mismatch", "made_to_order"],
        ),
        (
            "refund_only", "shipped", "negotiating",
            ["already_shipped", "agreed_to_cancel", "shipped_on_time", "reason_mismatch",
             "made_to_order", "no_defect_shown", "missing_item_unproven", "return_first"],
        ),
        (
            "return_refund", "delivered", "pending_review",
            ["agreed_to_cancel", "reason_mismatch", "made_to_order", "no_defect_shown"],
        ),
        (
            "return_refund", "delivered", "returning",
            ["bad_return_tracking", "not_resaleable", "wrong_item_returned", "incomplete_return"],
        ),
        (
            "refund_keep_goods", "delivered", "pending_review",
            ["agreed_to_cancel", "reason_mismatch", "no_defect_shown", "missing_item_unproven",
             "return_first"],
        ),
        (
            "exchange", "completed", "pending_review",
            ["agreed_to_cancel", "reason_mismatch", "made_to_order", "no_defect_shown",
             "missing_item_unproven", "exchange_sold_out"],
        ),
    ],
)  # fmt: skip
def test_what_fits(type: str, order_status: str, status: str, expected: list[str]) -> None:
    order = make_order(make_shop(), status=order_status)
    ticket = make_ticket(order, type=type, status=status, awaiting_evaluation=False)
    assert codes(ticket) == expected


def test_every_reason_can_be_shown_and_stored() -> None:
    assert len(REASONS) == len(BY_CODE)
    for reason in REASONS:
        assert len(reason.code) <= 32 and reason.types and reason.stages
        for language in ("en", "zh-hans"):
            with translation.override(language):
                assert problem(str(reason.text)) == ""
                assert len(str(reason.text)) <= reject_templates.LONGEST
                assert "{ticket_no}" in str(reason.text)


def test_every_type_and_stage_has_a_reason_to_begin_with() -> None:
    """Without pictures and without a negotiation before it, unless goods came back."""
    for kind in TicketType:
        for stage in (Stage.BEFORE_SHIPPING, Stage.AFTER_SHIPPING):
            assert any(
                kind in reason.types
                and stage in reason.stages
                and not reason.negotiate_first
                and not reason.needs_evidence
                for reason in REASONS
            )


@each(
    "text, said",
    [
        ("Hello {buyer}, {ticket_no}", ""),
        ("no placeholder at all", ""),
        ("{ticket}", "{ticket}"),
        ("{}", "{}"),
        ("{ buyer }", "{ buyer }"),
        ("{buyer.password}", "{buyer.password}"),
        ("{shop!r}", "{shop!r}"),
        ("{amount:>99999999}", "{amount:>99999999}"),
        ("{{buyer}}", "without its partner: {"),
        ("{buyer", "without its partner: {"),
        ("buyer}", "without its partner: }"),
        ("{buyer}}", "without its partner: }"),
    ],
)
def test_placeholders_are_checked_and_named(text: str, said: str) -> None:
    found = problem(text)
    assert said in found if said else found == ""


def test_a_value_is_never_filled_in_again() -> None:
    """A buyer may call themselves whatever they like."""
    facts = {"buyer": "{shop}{", "shop": "Afterdesk", "ticket_no": "%s {amount}"}
    assert fill("{buyer} {ticket_no} {shop}", facts) == "{shop}{ %s {amount} Afterdesk"


def test_a_missing_fact_gets_a_neutral_word() -> None:
    assert fill("{buyer}: {product}, {reason}, {order_no}.", {}) == (
        "customer: the goods, the reason given, ."
    )


@given(st.text(alphabet="{}abuyer_ shop\n", max_size=40))
def test_syntax_never_reaches_a_buyer(text: str) -> None:
    """All stored rows, also those stored past the check."""
    filled = fill(text, dict.fromkeys(PLACEHOLDERS, "x"))
    assert "{" not in filled and "}" not in filled
    if "{" not in text and "}" not in text:
        assert filled == text


@pytest.mark.django_db
def test_a_text_is_filled_with_the_tickets_facts() -> None:
    shop = make_shop(name="Lantern")
    order = make_order(
        shop, order_no="o-7", buyer="b-7", lines=[{"title": "Cup"}, {"title": "Pot"}]
    )
    ticket = make_ticket(order, ticket_no="t-7", amount=5_990, reason="quality_issue")
    facts = reject_templates.facts_of(ticket)
    assert facts == {
        "ticket_no": "t-7",
        "order_no": "o-7",
        "amount": "59.90",
        "product": "Cup, Pot",
        "shop": "Lantern",
        "buyer": "b-7",
        "applied_at": "2026-03-11 12:00",
        "reason": "Quality issue",
    }
    assert set(facts) == set(PLACEHOLDERS)
    ticket.line_no = 2
    assert reject_templates.facts_of(ticket)["product"] == "Pot"
    reason = BY_CODE["reason_mismatch"]
    assert "you gave “Quality issue” as the reason" in reject_templates.filled(reason, ticket)
    RejectReasonTemplate.objects.create(
        shop=shop, reason=reason.code, text="{shop}: {ticket_no}", updated_at=NOON
    )
    assert reject_templates.filled(reason, ticket) == "Lantern: t-7"


@pytest.fixture
def shop(db: None) -> Any:
    return make_shop()


def test_a_shop_has_texts_of_its_own_and_resets_them(shop: Any) -> None:
    manager = make_user(shop, Role.CS_MANAGER)
    call = {"shop_id": shop.pk, "reason": "return_first", "user": manager, "now": NOON}
    reject_templates.save(text=" Hi {buyer}\r\nbye ", **call)
    assert reject_templates.own_texts(shop) == {"return_first": "Hi {buyer}\nbye"}
    reject_templates.save(text="Hi {buyer}\nbye", **call)
    reject_templates.reset(**call)
    reject_templates.reset(**call)
    assert reject_templates.own_texts(shop) == {}
    label = BY_CODE["return_first"].label
    events = AuditEntry.objects.filter(shop=shop, kind="template").order_by("pk")
    assert [(event.user, event.note) for event in events] == [
        (manager, f"{label}\n(default text)\n→\nHi {{buyer}}\nbye"),
        (manager, f"{label}\nHi {{buyer}}\nbye\n→\n(default text)"),
    ]


@pytest.mark.parametrize("text", ["", "  \n", "{nobody}", "{buyer", "x" * 1_001])
def test_a_wrong_text_is_refused(shop: Any, text: str) -> None:
    with pytest.raises(Refused) as refused:
        reject_templates.save(
            shop_id=shop.pk, reason="return_first", text=text, user=make_user(shop), now=NOON
        )
    assert refused.value.pointer == "text"
    assert not RejectReasonTemplate.objects.exists() and not AuditEntry.objects.exists()


def test_who_may_edit_them(shop: Any) -> None:
    """SPEC P1: owners, administrators and managers; of a foreign shop nobody knows."""
    for role, error in (
        (Role.CS_AGENT, NotAllowed), (Role.VIEWER, NotAllowed), (None, NotFound),
    ):  # fmt: skip
        user = make_user(make_shop()) if role is None else make_user(shop, role)
        for call in (
            lambda user=user: reject_templates.save(
                shop_id=shop.pk, reason="return_first", text="x", user=user, now=NOON
            ),
            lambda user=user: reject_templates.reset(
                shop_id=shop.pk, reason="return_first", user=user, now=NOON
            ),
        ):
            with pytest.raises(error):
                call()
    with pytest.raises(NotFound):
        reject_templates.save(
            shop_id=shop.pk, reason="no_such", text="x", user=make_user(shop), now=NOON
        )
    assert not RejectReasonTemplate.objects.exists() and not AuditEntry.objects.exists()


def test_a_ticket_without_its_order_has_a_stage(shop: Any) -> None:
    ticket = make_ticket(make_order(shop))
    ticket.order = None
    assert codes(ticket)[0] == "already_shipped"
    assert ticket.status == TicketStatus.PENDING_REVIEW
