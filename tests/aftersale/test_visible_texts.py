"""A text that people must give has something that can be seen (SPEC O9, P2), at every door."""

from collections.abc import Callable
from typing import Any

import pytest

from aftersale.models import Fund, Refund, Rejection, ShippingAlert, Shop, Ticket, TicketEvent
from aftersale.services.desk import reject_templates, replies
from aftersale.services.refunds import approvals, refund_results
from aftersale.services.shared.errors import Refused
from aftersale.services.shipping import alerts
from aftersale.services.windows import funds, opening
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db

# Blanks, zero-width characters, a filler that Unicode calls a letter, the blank Braille pattern.
UNSEEN = [" \t\n", "\u200b\u2060\ufeff", "\u3164\u115f", "\u2800", "\u00ad\u3000"]
Call = Callable[[str], Any]


def _ticket(**fields: Any) -> tuple[Ticket, dict[str, Any]]:
    shop = make_shop(connector="manual")
    status = fields.pop("order_status", "pending_shipment")
    ticket = make_ticket(make_order(shop, status=status), awaiting_evaluation=False, **fields)
    return ticket, {"user": make_user(shop), "now": NOON}


def explanation() -> Call:
    ticket, who = _ticket(order_status="shipped")
    call = {"ticket_id": ticket.pk, "reason": "shipped_on_time", **who}
    return lambda text: replies.reject(**call, explanation=text)


def message() -> Call:
    ticket, who = _ticket()
    return lambda text: replies.negotiate(ticket_id=ticket.pk, message=text, **who)


def reject_text() -> Call:
    ticket, who = _ticket()
    call = {"shop_id": ticket.shop_id, "reason": "shipped_on_time", **who}
    return lambda text: reject_templates.save(**call, text=text)


def how_it_was_settled() -> Call:
    ticket, who = _ticket(status="refund_failed")
    return lambda text: approvals.close(ticket_id=ticket.pk, note=text, **who)


def why_a_refund_failed() -> Call:
    ticket, who = _ticket()
    approvals.approve(ticket_id=ticket.pk, **who)
    call = {"refund_id": Refund.objects.get(ticket=ticket).pk, "succeeded": False, **who}
    return lambda text: refund_results.record_result(**call, reason=text)


def why_a_fund_is_corrected() -> Call:
    ticket, who = _ticket()
    fund = Fund.objects.filter(shop=ticket.shop_id)[0]
    return lambda text: funds.correct(fund_id=fund.pk, amount=100, note=text, **who)


def agreement_on_a_window() -> Call:
    ticket, who = _ticket()
    return lambda text: opening.open_window(order_id=ticket.order_id, agreement=text, **who)


def why_an_alert_is_put_right() -> Call:
    ticket, who = _ticket()
    alert = ShippingAlert.objects.create(
        shop=ticket.shop,
        order=ticket.order,
        ticket=ticket,
        kind="shipped_after_refund",
        state="lost",
        raised_at=NOON,
        changed_at=NOON,
    )
    return lambda text: alerts.advance(alert_id=alert.pk, state="intercepted", note=text, **who)


DOORS = [
    explanation,
    message,
    reject_text,
    how_it_was_settled,
    why_a_refund_failed,
    why_a_fund_is_corrected,
    agreement_on_a_window,
    why_an_alert_is_put_right,
]


def everything() -> list[list[Any]]:
    models = (Shop, Ticket, TicketEvent, Refund, Rejection, ShippingAlert, Fund)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("door", DOORS)
def test_a_text_that_nobody_can_see_is_refused(door: Callable[[], Call]) -> None:
    give = door()
    before = everything()
    for text in UNSEEN:
        with pytest.raises(Refused) as refused:
            give(text)
        assert refused.value.pointer
    assert everything() == before


@pytest.mark.parametrize("door", [door for door in DOORS if door is not agreement_on_a_window])
def test_a_text_that_can_be_seen_is_taken(door: Callable[[], Call]) -> None:
    """The control. A window has conditions of its own (SPEC W1)."""
    door()("说明")
