"""SPEC P4 on screen: the preview with its button, and a result for each ticket."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Negotiation, OfferText, Order, Refund, Rejection, Ticket
from tests.factories import make_order, make_shop, make_ticket

from .clients import client_of, english_client, url
from .scene import Scene

APPROVE = "approve"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def tickets(own: Scene) -> list[Ticket]:
    """Two to refund and a return, beside the scene's, which is being refunded already."""
    return [
        make_ticket(make_order(own.shop, order_no=f"o-{kind}", paid_amount=amount), type=kind)
        for kind, amount in (("refund_only", 123_450), ("refund_keep_goods", 50))
    ]


def ask(client: Client, tickets: list[Ticket], step: str = APPROVE, **headers: str) -> Any:
    client.cookies["django_language"] = "en"
    keys = [ticket.pk for ticket in tickets]
    return client.get(reverse("desk:batch", args=[step]), {"ids": keys}, headers=headers)


def hidden(response: Any) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text(response)
    ):
        data.setdefault(name, []).append(value)
    return data


def press(
    client: Client,
    asked: Any,
    step: str = APPROVE,
    typed: dict[str, str] | None = None,
    **headers: str,
) -> Any:
    """Sends the form as it was shown, with what somebody typed."""
    data = hidden(asked) | (typed or {})
    return client.post(reverse("desk:batch", args=[step]), data, headers=headers)


def text(response: Any) -> str:
    return response.content.decode()


def buttons(response: Any) -> list[str]:
    found = re.findall(r'<button type="submit" class="d-button[^>]*>([^<]*)<', text(response))
    return [label.strip() for label in found]


def test_the_button_says_whom_and_how_much(own: Scene, tickets: list[Ticket]) -> None:
    agent = client_of(own.people["cs_agent"])
    assert buttons(ask(agent, tickets, **HTMX)) == ["Refund ¥1,235.00 to 2 buyers"]
    back = make_ticket(make_order(own.shop), type="return_refund")
    assert buttons(ask(agent, [back], **HTMX)) == ["Approve 1 return"]
    assert buttons(ask(agent, [tickets[1], back], **HTMX)) == [
        "Refund ¥0.50 to 1 buyer; Approve 1 return"
    ]
    assert buttons(ask(agent, [own.row(Ticket)], **HTMX)) == []
    assert buttons(ask(agent, [], **HTMX)) == []
    Order.objects.update(buyer="the same")
    Ticket.objects.update(buyer="the same")
    assert buttons(ask(agent, tickets, **HTMX)) == ["Refund ¥1,235.00 to 1 buyer"]


def test_from_the_preview_to_the_results(own: Scene, tickets: list[Ticket]) -> None:
    agent = client_of(own.people["cs_agent"])
    asked = ask(agent, [tickets[0], own.row(Ticket), tickets[1]], **HTMX)
    assert "<html" not in text(asked) and "data-wide" in text(asked)
    assert "go from “Refunding” to “Refunding”" in text(asked)
    Order.objects.filter(pk=tickets[0].order_id).update(status="shipped", refunded_amount=100)
    answer = press(agent, asked, **HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "desk:refresh")
    assert "Done with 1 of 2 tickets." in text(answer)
    assert "has changed meanwhile" in text(answer)
    assert "¥0.50 is on its way to the buyer." in text(answer)
    statuses = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).order_by("pk")
    assert [ticket.status for ticket in statuses] == ["pending_review", "refunding"]
    again = press(agent, asked, **HTMX)
    assert "Done with 0 of 2 tickets." in text(again)
    assert Refund.objects.filter(ticket__in=tickets).count() == 1


def test_from_the_list_to_a_page(own: Scene, tickets: list[Ticket]) -> None:
    """The list's action leads to the same question, as a page of its own."""
    agent = english_client(own.people["cs_agent"])
    chosen = {"action": "approve_many", "_selected_action": [ticket.pk for ticket in tickets]}
    asked = agent.post(url(Ticket, "changelist"), chosen, follow=True)
    assert asked.redirect_chain[0][0].startswith(reverse("desk:batch", args=[APPROVE]))
    assert "<html" in text(asked)
    assert buttons(asked) == ["Refund ¥1,235.00 to 2 buyers"]
    answer = press(agent, asked)
    assert "<html" in text(answer) and "Done with 2 of 2 tickets." in text(answer)


def test_too_many_are_refused(own: Scene, tickets: list[Ticket]) -> None:
    agent = english_client(own.people["cs_agent"])
    address = reverse("desk:batch", args=[APPROVE])
    keys = list(range(1, 202))
    for send, data in (
        (agent.get, {"ids": keys}),
        (agent.post, {"ids": keys} | {f"seen-{key}": "1" for key in keys}),
    ):
        response = send(address, data, headers=HTMX)
        assert response.status_code == 422
        assert "At most 200 tickets at once: choose fewer." in text(response)


@pytest.mark.parametrize("who", ["viewer", "stranger", "outsider"])
def test_nobody_else(own: Scene, foreign: Scene, tickets: list[Ticket], who: str) -> None:
    """SPEC P1: a reader, the owner of another shop, a member of none."""
    users = {
        "viewer": own.people["viewer"],
        "stranger": foreign.people["owner"],
        "outsider": User.objects.create_user("outsider", is_staff=True),
    }
    client = client_of(users[who])
    asked = ask(client, tickets, **HTMX)
    assert asked.status_code == (200 if who == "stranger" else 403)
    assert buttons(asked) == [] and "o-refund" not in text(asked)
    shown = ask(client_of(own.people["owner"]), tickets, **HTMX)
    answer = press(client, shown, **HTMX)
    assert answer.status_code == (200 if who == "stranger" else 403)
    assert tickets[0].ticket_no not in text(asked) + text(answer)
    assert not Refund.objects.filter(ticket__in=tickets).exists()
    page = text(client.get(url(Ticket, "changelist")))
    assert ("approve_many" in page) == (who == "stranger")


def test_what_is_no_key_names_no_ticket(own: Scene) -> None:
    agent = client_of(own.people["cs_agent"])
    for ids in ("x", "-1", "1 OR 1", "9" * 30, "²"):
        response = agent.get(reverse("desk:batch", args=[APPROVE]), {"ids": ids}, headers=HTMX)
        assert response.status_code == 200 and buttons(response) == []
    assert agent.get(reverse("desk:batch", args=["nothing"])).status_code == 404


def test_rejecting_asks_for_the_reason_first(own: Scene, tickets: list[Ticket]) -> None:
    """SPEC P2, P3: what each reason fits, the text as a buyer will read it, and a warning."""
    agent = client_of(own.people["cs_agent"])
    asked = ask(agent, tickets, "reject", **HTMX)
    assert buttons(asked) == [] and "count against the shop" in text(asked)
    assert "The buyer&#x27;s reason does not fit the facts (fits 2)" in text(asked)
    address = reverse("desk:batch", args=["reject"])
    data = {"ids": [ticket.pk for ticket in tickets], "reason": "reason_mismatch"}
    asked = agent.get(address, data, headers=HTMX)
    assert buttons(asked) == ["Reject the 2 tickets"]
    assert f"Request {tickets[0].ticket_no} is closed for now" in text(asked)
    typed = {"reason": "reason_mismatch", "text": "{nobody}"}
    refused = press(agent, asked, "reject", typed, **HTMX)
    assert refused.status_code == 422 and "There is no placeholder {nobody}" in text(refused)
    assert ">{nobody}</textarea>" in text(refused) and buttons(refused) == ["Reject the 2 tickets"]
    answer = press(agent, refused, "reject", typed | {"text": "No: {order_no}"}, **HTMX)
    assert "Done with 2 of 2 tickets." in text(answer)
    said = Rejection.objects.order_by("pk").values_list("explanation", flat=True)
    assert list(said) == ["No: o-refund_only", "No: o-refund_keep_goods"]


def test_negotiating_sends_one_message(own: Scene, tickets: list[Ticket]) -> None:
    agent = client_of(own.people["cs_agent"])
    asked = ask(agent, tickets, "negotiate", **HTMX)
    assert buttons(asked) == ["Send the message to 2 buyers"]
    refused = press(agent, asked, "negotiate", {"message": " "}, **HTMX)
    assert refused.status_code == 422 and "Write what the buyer is told." in text(refused)
    answer = press(agent, asked, "negotiate", {"message": "Would you wait?"}, **HTMX)
    assert "Done with 2 of 2 tickets." in text(answer)
    assert Negotiation.objects.filter(message="Would you wait?").count() == 2


def test_a_text_of_the_shop_is_filled_for_each_buyer(own: Scene, tickets: list[Ticket]) -> None:
    """SPEC P3, P4: as in the single dialog; with tickets of another shop the default texts."""
    OfferText.objects.create(
        shop=own.shop, name="Stock", text="{order_no} is back", updated_at=timezone.now()
    )
    agent = client_of(own.people["cs_agent"])
    asked = ask(agent, tickets, "negotiate", **HTMX)
    assert 'data-text="{order_no} is back"' in text(asked)
    reading = reverse("desk:batch-reading", args=[tickets[0].pk])
    for message, shown in (
        ("{order_no} is back", "o-refund_only is back"),
        ("{nobody}", "There is no placeholder {nobody}"),
    ):
        assert shown in text(agent.post(reading, {"message": message}))
    assert client_of(own.people["viewer"]).post(reading).status_code == 403
    refused = press(agent, asked, "negotiate", {"message": "{nobody}"}, **HTMX)
    assert refused.status_code == 422 and "There is no placeholder {nobody}" in text(refused)
    assert not Negotiation.objects.filter(ticket__in=tickets).exists()
    press(agent, asked, "negotiate", {"message": "{order_no} is back"}, **HTMX)
    said = Negotiation.objects.filter(ticket__in=tickets).order_by("ticket")
    assert [one.message for one in said] == ["o-refund_only is back", "o-refund_keep_goods is back"]
    other = make_shop()
    other.memberships.create(user=own.people["cs_agent"], role="cs_agent")
    mixed = [make_ticket(make_order(shop)) for shop in (own.shop, other)]
    asked = text(ask(agent, mixed, "negotiate", **HTMX))
    assert "the texts are the default ones" in asked and "{order_no} is back" not in asked


def test_the_batch_pays_what_the_person_saw(own: Scene, tickets: list[Ticket]) -> None:
    """SPEC O10: the buyer raised the amount after the preview; that ticket alone is left."""
    agent = english_client(own.people["cs_agent"])
    asked = ask(agent, tickets, **HTMX)
    Ticket.objects.filter(pk=tickets[1].pk).update(amount=48_000)
    answer = press(agent, asked, **HTMX)
    assert "Done with 1 of 2 tickets." in text(answer)
    assert "amount: ¥0.50 is now ¥480.00" in text(answer)
    approved = Ticket.objects.filter(status="refunding", pk__in=[one.pk for one in tickets])
    assert list(approved) == tickets[:1]


def test_where_no_reason_fits_any_of_them_it_says_why(own: Scene, tickets: list[Ticket]) -> None:
    """SPEC P2: their platform has its own reasons, which are chosen ticket by ticket."""
    client = client_of(own.people["cs_agent"])
    assert "Left out, and why" not in text(ask(client, tickets, "reject", **HTMX))
    own.shop.connector = "platform"
    own.shop.save()
    page = text(ask(client, tickets, "reject", **HTMX))
    assert page.count("Its platform has its own reasons for rejecting it") == len(tickets)
    assert "Nothing can be done with any of these tickets." in page
    assert 'value="reason_mismatch"' not in page
