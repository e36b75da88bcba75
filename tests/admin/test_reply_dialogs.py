"""The dialogs that reject and negotiate, pictures, and the page of reject texts: for whom, and
what they say (SPEC P1, P2, P3)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import (
    AuditEntry,
    EvidenceFile,
    Negotiation,
    Order,
    Rejection,
    RejectReasonTemplate,
    Ticket,
    TicketEvent,
)
from aftersale.reject_reasons import REASONS
from aftersale.services.desk import evidence
from aftersale.services.tickets.cases import seen_now
from tests.aftersale.pictures import picture
from tests.factories import make_order, make_ticket
from tests.queries import counted_queries

from .clients import chinese_client, client_of, english_client, url
from .scene import AT, Scene
from .test_languages import english


@pytest.fixture
def ticket(own: Scene) -> Ticket:
    order = make_order(
        own.shop, order_no="mine-o", buyer="mine-b", status="delivered", paid_amount=9_990,
        lines=[{"title": "mine-cup"}],
    )  # fmt: skip
    return make_ticket(order, ticket_no="mine-t", applied_at=AT, awaiting_evaluation=False)


@pytest.fixture
def agent(own: Scene) -> Client:
    return english_client(own.people["cs_agent"])


def dialogs(ticket: Ticket) -> list[str]:
    return [reverse(f"desk:{name}", args=[ticket.pk]) for name in ("reject", "negotiate")]


SENT = {"reason": "reason_mismatch", "explanation": "No.", "message": "Half?", "amount": "50"}


def test_who_gets_in(own: Scene, foreign: Scene, ticket: Ticket) -> None:
    """SPEC P1: of a foreign shop's case nobody learns that it exists."""
    expected = {own.people["viewer"]: 403, foreign.people["owner"]: 404}
    expected |= {User.objects.create_user("nobody", is_staff=True): 403}
    addresses = [*dialogs(ticket), reverse("desk:negotiate-outcome", args=[ticket.pk])]
    for user, status in expected.items():
        client = client_of(user)
        for address in addresses:
            assert client.get(address).status_code == status, (user, address)
        for address in dialogs(ticket):
            assert client.post(address, SENT).status_code == status, (user, address)
    for address in dialogs(ticket):
        assert Client().post(address, SENT).status_code == 302
    for role in ("owner", "admin", "cs_manager", "cs_agent"):
        for address in addresses:
            assert client_of(own.people[role]).get(address).status_code == 200
    assert not Rejection.objects.exists() and not Negotiation.objects.exists()
    ticket.refresh_from_db()
    assert ticket.status == "pending_review"


def test_a_dialog_names_whom_and_offers_to_negotiate(agent: Client, ticket: Ticket) -> None:
    page = agent.get(dialogs(ticket)[0]).content.decode()
    assert page.count("Reject mine-t of buyer mine-b") == 1  # the title
    assert page.count(">Reject the request</button>") == 1
    assert "Careless rejections count against the shop" in page
    assert f'hx-get="{dialogs(ticket)[1]}?seen=' in page
    assert 'hx-encoding="multipart/form-data"' in page
    assert "Hello mine-b, sorry for the trouble. As agreed with you, request mine-t for" in page
    assert "mine-cup" in page and "{" not in page.replace("{}", "")
    assert page.count('name="reason"') == 8 and page.count("Negotiate first<") == 4


def test_opening_writes_nothing_and_reads_little(agent: Client, ticket: Ticket) -> None:
    """PERFORMANCE: a dialog opens within a few queries, however many reasons there are."""
    agent.get(dialogs(ticket)[0])
    for address in dialogs(ticket):
        with counted_queries() as asked:
            assert agent.get(address).status_code == 200
        assert len(asked) <= 13
    assert TicketEvent.objects.filter(ticket=ticket).count() == 0


def test_a_rejection(agent: Client, own: Scene, ticket: Ticket) -> None:
    seen = seen_now(ticket, ticket.order)
    files = [picture("one.png"), picture("two.png")]
    sent = {**SENT, "seen": seen, "explanation": "Typed by me", "evidence": files}
    response = agent.post(dialogs(ticket)[0], sent)
    assert response.status_code == 204
    assert "Rejected: mine-t of buyer mine-b." in response.headers["HX-Trigger"]
    row = Rejection.objects.get()
    assert (row.explanation, row.user) == ("Typed by me", own.people["cs_agent"])
    page = client_of(own.people["viewer"]).get(url(Ticket, "change", ticket.pk)).content.decode()
    assert "Typed by me" in page
    for file in EvidenceFile.objects.filter(rejection=row):
        assert reverse("desk:evidence", args=[file.pk]) in page
    assert reverse("desk:reject", args=[ticket.pk]) not in page


@pytest.mark.parametrize(
    ("place", "fields", "said"),
    [
        (0, {"explanation": " "}, "Write what the buyer is told."),
        (0, {"reason": ""}, "Choose a reason that fits"),
        (0, {"reason": "agreed_to_cancel"}, "needs pictures"),
        (1, {"amount": "1000"}, "at most what was asked for: ¥99.90"),
        (1, {"amount": "12.345"}, "an amount in yuan, such as 59.90"),
        (1, {"amount": "abc"}, "an amount in yuan, such as 59.90"),
        (1, {"message": ""}, "Write what the buyer is told."),
        (1, {"type": "gift"}, "can&#x27;t be offered"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    agent: Client, ticket: Ticket, place: int, fields: dict, said: str
) -> None:
    """Nothing typed is lost."""
    kept = {"explanation": "kept <words>", "message": "kept <words>", "amount": "12.50"}
    sent = {**SENT, "seen": seen_now(ticket, ticket.order), **kept, **fields}
    response = agent.post(dialogs(ticket)[place], sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page and "Nothing was sent yet" in page and "desk:done" not in page
    assert "aria-invalid" in page or fields.get("reason") == "agreed_to_cancel"
    if not {"explanation", "message"} & set(fields):
        assert "kept &lt;words&gt;" in page
    if place == 1:
        assert f'value="{sent["amount"]}"' in page
    ticket.refresh_from_db()
    assert ticket.status == "pending_review"
    assert not Rejection.objects.exists() and not Negotiation.objects.exists()


def test_a_case_that_changed_is_told(agent: Client, ticket: Ticket) -> None:
    """409 with what changed; whoever has read it may send it again as it stands."""
    seen = seen_now(ticket, ticket.order)
    Order.objects.filter(pk=ticket.order_id).update(refunded_amount=490)
    changed = "mine-t has changed meanwhile: refunded of its order outside Afterdesk"
    for address in dialogs(ticket):
        opened, sent = (
            agent.get(f"{address}?seen={seen}"),
            agent.post(address, SENT | {"seen": seen}),
        )
        unseen = agent.post(address, SENT)
        assert [one.status_code for one in (opened, sent, unseen)] == [409] * 3
        assert "compared with what you saw" in unseen.content.decode()
        page = sent.content.decode()
        assert changed in page and changed in opened.content.decode()
        ticket.order.refresh_from_db()
        assert f'name="seen" value="{seen_now(ticket, ticket.order)}"' in page
    Ticket.objects.filter(pk=ticket.pk).update(status="refunding")
    for address in dialogs(ticket):
        seen = seen_now(Ticket.objects.get(pk=ticket.pk), ticket.order)
        for response in (agent.get(address), agent.post(address, SENT | {"seen": seen})):
            page = response.content.decode()
            assert response.status_code == 409
            assert "go from “Refunding”" in page and 'type="submit"' not in page


def test_a_negotiation(agent: Client, own: Scene, ticket: Ticket) -> None:
    """SPEC P3: rounds so far, deadline, and what happens if the buyer accepts."""
    address = dialogs(ticket)[1]
    seen = seen_now(ticket, ticket.order)
    page = agent.get(f"{address}?seen={seen}").content.decode()
    assert "Round 1 of 2" in page and f'name="seen" value="{seen}"' in page
    assert "Send the offer: mine-t of buyer mine-b" in page
    sent = SENT | {"seen": seen, "type": "return_refund", "message": "Send it back?"}
    response = agent.post(address, sent)
    assert response.status_code == 204
    row = Negotiation.objects.get()
    assert (row.type, row.amount, row.user) == (
        "return_refund",
        5_000,
        own.people["cs_agent"],
    )
    assert "has yet to answer" in agent.get(address).content.decode()
    Ticket.objects.filter(pk=ticket.pk).update(due_at=timezone.now() - timedelta(hours=1))
    page = agent.get(address).content.decode()
    assert "Round 2 of 2" in page and "Return and refund · ¥50.00" in page
    assert "Send it back?" in page and "Not answered yet" in page
    shown = client_of(own.people["viewer"]).get(url(Ticket, "change", ticket.pk))
    assert "Send it back?" in shown.content.decode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "refund_only", "amount": "50"}, "¥50.00 is refunded at once"),
        ({"type": "return_refund", "amount": ""}, "come back first, then ¥99.90 is refunded"),
        ({"type": "exchange", "amount": ""}, "No money moves"),
        ({"type": "refund_only", "amount": ""}, "Nothing else is offered"),
        ({"type": "refund_only", "amount": "x"}, "an amount in yuan, such as 59.90"),
    ],
)
def test_what_acceptance_means(agent: Client, ticket: Ticket, fields: dict, said: str) -> None:
    address = reverse("desk:negotiate-outcome", args=[ticket.pk])
    assert said in agent.get(address, fields).content.decode()


def test_an_offer_above_the_line_is_warned_of_and_must_be_meant(
    agent: Client, ticket: Ticket
) -> None:
    """SPEC O2: the warning names the line, what was paid for it and what it has given back."""
    line = ticket.order.lines.get()
    line.title, line.paid_amount, line.taken = "socks", 2_000, 1_500
    line.save()
    ticket.order.lines.create(line_no=99, product="p", paid_amount=ticket.order.paid_amount - 2_000)
    Ticket.objects.filter(pk=ticket.pk).update(line_no=line.line_no)
    warning = f"is more than is left of line {line.line_no} (socks): ¥5.00. ¥20.00 was paid for it"
    outcome = reverse("desk:negotiate-outcome", args=[ticket.pk])
    for amount, warned in (("5.01", True), ("5.00", False), ("", False), ("x", False)):
        page = agent.get(outcome, {"type": ticket.type, "amount": amount}).content.decode()
        assert (warning in page, 'name="above_line"' in page) == (warned, warned)
    address = dialogs(ticket)[1]
    sent = {
        "seen": seen_now(Ticket.objects.get(pk=ticket.pk), ticket.order),
        "message": "?",
        "amount": "5.01",
    }
    refused = agent.post(address, sent)
    page = refused.content.decode()
    assert (refused.status_code, warning in page, 'name="above_line"' in page) == (422, True, True)
    assert not Negotiation.objects.exists()
    assert agent.post(address, sent | {"above_line": "yes"}).status_code == 204
    assert Negotiation.objects.get().amount == 501


def test_only_who_may_answer_has_the_buttons(own: Scene, ticket: Ticket) -> None:
    for role, there in (("cs_agent", True), ("viewer", False)):
        page = client_of(own.people[role]).get(url(Ticket, "change", ticket.pk)).content.decode()
        for address in dialogs(ticket):
            assert (address in page) == there, role


# Pictures.


def test_a_picture_is_shown_to_members_as_what_it_is(
    own: Scene, foreign: Scene, ticket: Ticket
) -> None:
    """Neither sniffed nor run, under a harmless name, to nobody else."""
    upload = picture('破损"; x="\r\n.html.png', "WEBP")
    row = evidence.store(ticket=ticket, upload=upload, user=own.people["owner"], now=AT)
    address = reverse("desk:evidence", args=[row.pk])
    response = client_of(own.people["viewer"]).get(address)
    assert response.status_code == 200
    assert response.content == row.file.open().read()
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("inline; filename*=utf-8''") and disposition.endswith(".webp")
    assert '"' not in disposition and "private" in response.headers["Cache-Control"]
    assert client_of(foreign.people["owner"]).get(address).status_code == 404
    nobody = User.objects.create_user("nobody", is_staff=True)
    assert client_of(nobody).get(address).status_code == 403
    assert Client().get(address).status_code == 302
    for guessed in (f"/{row.file.name}", f"/media/{row.file.name}", f"/static/{row.file.name}"):
        assert Client().get(guessed).status_code == 404
    row.file.delete(save=False)
    assert client_of(own.people["viewer"]).get(address).status_code == 404


# Texts.


def text_url(scene: Scene, reason: str = "return_first") -> str:
    return reverse("desk:reject-text", args=[scene.shop.pk, reason])


def test_all_texts_are_shown_to_every_member(own: Scene, foreign: Scene) -> None:
    for role, may in (("viewer", False), ("cs_agent", False), ("cs_manager", True)):
        client = english_client(own.people[role])
        page = client.get(reverse("desk:reject-texts")).content.decode()
        assert page.count('class="reply-example"') == len(REASONS)
        assert "Hello Xiaolin" in page and "mine-shop" in page and "theirs" not in page
        assert (text_url(own) in page) == may, role
    client = client_of(own.people["owner"])
    address = reverse("desk:reject-texts") + f"?shop={foreign.shop.pk}"
    assert client.get(address).status_code == 404
    nobody = client_of(User.objects.create_user("nobody", is_staff=True))
    assert nobody.get(reverse("desk:reject-texts")).status_code == 403


def test_a_manager_edits_and_resets(own: Scene) -> None:
    """SPEC P1, P2."""
    client = english_client(own.people["cs_manager"])
    asked = client.get(text_url(own)).content.decode()
    assert "Save for mine-shop" in asked and "{ticket_no}" in asked
    assert "Back to the default text" not in asked
    assert client.post(text_url(own), {"text": "Dear {buyer}"}).status_code == 204
    assert RejectReasonTemplate.objects.get().text == "Dear {buyer}"
    page = client.get(reverse("desk:reject-texts")).content.decode()
    assert "Dear Xiaolin" in page and "Your own text" in page and "mine-cs_manager" in page
    wrong = client.post(text_url(own), {"text": "Dear {byer} & co"})
    assert wrong.status_code == 422
    assert "There is no placeholder {byer}" in wrong.content.decode()
    assert "Dear {byer} &amp; co</textarea>" in wrong.content.decode()
    assert RejectReasonTemplate.objects.get().text == "Dear {buyer}"
    assert client.post(text_url(own), {"text": "ignored", "reset": "1"}).status_code == 204
    assert not RejectReasonTemplate.objects.exists()
    assert AuditEntry.objects.filter(kind="template").count() == 2


def test_a_text_is_previewed_as_it_is_typed(own: Scene) -> None:
    client = english_client(own.people["owner"])
    preview = reverse("desk:text-preview", args=[own.shop.pk])
    page = client.post(preview, {"text": "<b> {buyer} {nobody}"}).content.decode()
    assert "There is no placeholder {nobody}" in page and "&lt;b&gt; Xiaolin" in page
    assert not RejectReasonTemplate.objects.exists()


def test_others_do_not_edit(own: Scene, foreign: Scene) -> None:
    for user, status in (
        (own.people["viewer"], 403),
        (own.people["cs_agent"], 403),
        (foreign.people["owner"], 404),
    ):
        client = client_of(user)
        assert client.get(text_url(own)).status_code == status
        for address in (text_url(own), reverse("desk:text-preview", args=[own.shop.pk])):
            assert client.post(address, {"text": "x"}).status_code == status
        assert client.post(text_url(own), {"reset": "1"}).status_code == status
    assert client_of(own.people["owner"]).get(text_url(own, reason="nope")).status_code == 404
    assert not RejectReasonTemplate.objects.exists() and not AuditEntry.objects.filter(
        kind="template"
    )


def test_all_of_it_is_chinese(own: Scene, ticket: Ticket) -> None:
    client = chinese_client(own.people["owner"])
    known = {"JPEG", "PNG", "WebP", "Ctrl", "Enter", "Esc"}
    placeholders = {"ticket", "order", "amount", "product", "shop", "buyer", "applied", "reason"}
    addresses = [*dialogs(ticket), reverse("desk:reject-texts"), text_url(own)]
    seen = {"seen": seen_now(ticket, ticket.order)}
    client.post(dialogs(ticket)[1], SENT | seen | {"message": "少退一些可以吗"})
    Ticket.objects.filter(pk=ticket.pk).update(due_at=AT)
    for address in [*addresses, dialogs(ticket)[0], url(Ticket, "change", ticket.pk)]:
        response = client.get(address)
        assert response.status_code == 200
        assert english(response.content.decode()) - known - placeholders == set(), address
    wrong = client.post(dialogs(ticket)[0], {"reason": "return_first"})
    assert english(wrong.content.decode()) - known == set()
