"""Steps on pages: only for whom the role allows it (SPEC P1), only by POST, within one's shops."""

import html
import re
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from aftersale.models import AuditEntry, BlockedBuyer, PaymentStop, Refund, Ticket
from aftersale.services.tickets.cases import seen_now

from .clients import client_of, english_client, url
from .digest import digest
from .scene import Scene

SENT = {"step-_form_submitted": "on"}
REGISTERED = [
    (model, step.path)
    for model, site in admin.site._registry.items()
    for step in getattr(site, "_get_base_actions_detail", list)()
]


def step_url(row: Any, step: str) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{step}"
    return reverse(name, args=[row.pk])


def take(client: Client, row: Any, step: str, **fields: str) -> Any:
    """From the page as it is at this moment (SPEC O10)."""
    data = {**SENT, **{f"step-{name}": value for name, value in fields.items()}}
    ticket = Ticket.objects.select_related("order").get(refund=row)
    return client.post(f"{step_url(row, step)}?seen={seen_now(ticket, ticket.order)}", data)


def test_every_step_asks_for_right_and_confirmation() -> None:
    """Unfold's actions are links that act on GET, for everyone, unless they have both."""
    for model, site in admin.site._registry.items():
        for kind in ("detail", "list", "row", "submit_line"):
            for step in getattr(site, f"_get_base_actions_{kind}", list)():
                assert step.dialog and getattr(step.method, "allowed_permissions", None), (
                    model,
                    step,
                )


def test_a_manual_refund_is_recorded(own: Scene) -> None:
    client = client_of(own.people["cs_agent"])
    refund = own.row(Refund)
    missing = take(client, refund, "record_failed")
    assert "HX-Redirect" not in missing.headers
    take(client, refund, "record_failed", reason="account closed")
    refund.refresh_from_db()
    assert (refund.status, refund.failure) == ("failed", "account closed")
    take(client, refund, "try_again")
    refund.refresh_from_db()
    assert refund.status == "requested"
    take(client, refund, "record_paid")
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert Ticket.objects.get(pk=refund.ticket_id).status == "refunded"


def test_a_failed_refund_is_settled_otherwise(own: Scene) -> None:
    """SPEC O4: with a note; then there is nothing to try again."""
    client = client_of(own.people["cs_agent"])
    refund = own.row(Refund)
    take(client, refund, "record_failed", reason="account closed")
    offered = {step_url(refund, name) for name in ("try_again", "settled")}
    page = client.get(url(Refund, "change", refund.pk)).content.decode()
    assert all(address in page for address in offered)
    assert "HX-Redirect" not in take(client, refund, "settled").headers
    take(client, refund, "settled", note="bank transfer")
    ticket = Ticket.objects.get(pk=refund.ticket_id)
    assert ticket.status == "closed" and ticket.events.latest("pk").note == "bank transfer"
    page = client.get(url(Refund, "change", refund.pk)).content.decode()
    assert not any(address in page for address in offered)


def test_a_refusal_is_shown(own: Scene) -> None:
    """The service's own sentence, and nothing moved."""
    client = english_client(own.people["owner"])
    refund = own.row(Refund)
    before = digest()
    take(client, refund, "try_again")
    page = client.get(url(Refund, "change", refund.pk)).content.decode()
    assert "can’t go from" in page or "can&#x27;t go from" in page
    assert digest() == before


def test_a_step_is_taken_on_what_the_page_showed(own: Scene) -> None:
    """SPEC O10: the page's steps carry what it shows; a case that changed since is not decided."""
    client = english_client(own.people["cs_agent"])
    refund = own.row(Refund)
    page = client.get(url(Refund, "change", refund.pk)).content.decode()
    found = re.search(rf'hx-get="({step_url(refund, "record_paid")}\?seen=[^"]+)"', page)
    assert found
    given = html.unescape(found[1])
    dialog = client.get(given).content.decode()
    assert f'hx-post="http://testserver{found[1]}"' in dialog
    Ticket.objects.filter(pk=refund.ticket_id).update(amount=48_000)
    before = digest()
    for address in (given, step_url(refund, "record_paid")):
        assert "HX-Redirect" in client.post(address, SENT).headers
    assert digest() == before
    page = client.get(url(Refund, "change", refund.pk)).content.decode()
    assert "amount: ¥123.45 is now ¥480.00" in page
    assert "it can’t be compared with what you saw" in page.replace("&#x27;", "’")
    found = re.search(rf'hx-get="({step_url(refund, "record_paid")}\?seen=[^"]+)"', page)
    assert found
    client.post(found[1], SENT)
    refund.refresh_from_db()
    assert refund.status == "succeeded"


def test_payments_are_stopped_by_operators_alone(own: Scene, operator: Any) -> None:
    """SPEC G2."""
    stop = reverse("admin:aftersale_paymentstop_stop")
    lift = reverse("admin:aftersale_paymentstop_lift")
    owner = client_of(own.people["owner"])
    for address in (stop, lift):
        assert owner.post(address, {**SENT, "step-reason": "x"}).status_code == 403
    assert not PaymentStop.objects.exists()
    client = client_of(operator)
    client.post(stop, {**SENT, "step-reason": "fraud"})
    assert PaymentStop.objects.get().ended_at is None
    assert "fraud" in owner.get(url(Ticket, "changelist")).content.decode()
    client.post(lift, SENT)
    assert PaymentStop.objects.get().ended_by == operator


def test_buyers_are_blocked_through_the_service(own: Scene, foreign: Scene) -> None:
    """SPEC G1; the audit trail says who did it."""
    client = client_of(own.people["admin"])
    add = url(BlockedBuyer, "add")
    client.post(add, {"shop": own.shop.pk, "buyer": "b-9", "note": ""})
    blocked = BlockedBuyer.objects.get(buyer="b-9")
    assert blocked.created_by == own.people["admin"]
    client.post(url(BlockedBuyer, "delete", blocked.pk), {"post": "yes"})
    assert not BlockedBuyer.objects.filter(buyer="b-9").exists()
    kinds = AuditEntry.objects.filter(shop=own.shop, filters={"buyer": "b-9"}).order_by("pk")
    assert [entry.kind for entry in kinds] == ["buyer_blocked", "buyer_unblocked"]
    client.post(add, {"shop": foreign.shop.pk, "buyer": "b-9", "note": ""})
    assert not BlockedBuyer.objects.filter(buyer="b-9").exists()
    agent = client_of(own.people["cs_agent"])
    assert agent.post(add, {"shop": own.shop.pk, "buyer": "b-9"}).status_code == 403
