"""The workbench's pages: whose cases they show, what they cost, and what they refuse."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.admin.workbench import address
from aftersale.models import CaseVisit, Order, Refund, RefundAttempt, Shop, Ticket, TicketEvent
from aftersale.services.desk import replies
from aftersale.services.refunds import approvals, refund_results
from aftersale.services.tickets.cases import seen_now
from strategies.models import Decision
from tests.queries import queries_of

from .clients import client_of, english_client, text_of
from .scene import Scene, more_tickets

MOST_QUERIES = 9
STEPS = ("approve", "confirm-return", "retry", "close", "take", "hand-back")


@pytest.fixture
def desk(own: Scene) -> Scene:
    """The shop's ticket waits for a person, and its order's money is free."""
    ticket = own.row(Ticket)
    RefundAttempt.objects.all().delete()
    Refund.objects.all().delete()
    Ticket.objects.filter(pk=ticket.pk).update(status="pending_review", committed=0)
    Order.objects.filter(pk=ticket.order_id).update(committed=0)
    ticket.refresh_from_db()
    ticket.order.refresh_from_db()
    return own


def pages(ticket: Ticket) -> list[str]:
    return [
        reverse("desk:workbench"),
        reverse("desk:workbench-rows"),
        reverse("desk:workbench-keys"),
        reverse("desk:case", args=[ticket.pk]),
        *(reverse(f"desk:{step}", args=[ticket.pk]) for step in STEPS[:4]),
    ]


def test_the_page_and_its_list_take_few_queries(desk: Scene) -> None:
    client = client_of(desk.people["cs_agent"])
    page, rows = reverse("desk:workbench"), reverse("desk:workbench-rows")
    case = reverse("desk:case", args=[desk.row(Ticket).pk])
    asked = [page, rows, page + "?queue=all", page + "?q=mine-b", page + "?queue=fast_refund", case]
    before = [queries_of(client, url) for url in asked]
    assert max(before[:-1]) <= MOST_QUERIES
    assert before[-1] <= 21
    more_tickets(desk, 10)
    Ticket.objects.filter(ticket_no__startswith="mine-").update(status="pending_review")
    for event in range(5):
        TicketEvent.objects.create(
            ticket=desk.row(Ticket), at=timezone.now(), kind="note", actor="person", note=str(event)
        )
    assert [queries_of(client, url) for url in asked] == before


def test_members_see_their_queues_and_cases(desk: Scene) -> None:
    for role in ("owner", "cs_agent", "viewer"):
        client = client_of(desk.people[role])
        buyer = "m***er" if role == "viewer" else "mine-buyer"
        page = client.get(reverse("desk:workbench")).content.decode()
        assert buyer in page and "¥123.45" in page
        case = client.get(reverse("desk:case", args=[desk.row(Ticket).pk])).content.decode()
        assert buyer in case and "mine-strategy" in case


def test_a_viewer_sees_everything_but_no_decision(desk: Scene) -> None:
    client, pk = client_of(desk.people["viewer"]), desk.row(Ticket).pk
    page = client.get(reverse("desk:workbench")).content.decode()
    case = client.get(reverse("desk:case", args=[pk])).content.decode()
    assert 'name="ids"' not in page and "wb-batch" not in page
    assert "data-key" not in case and "wb-pulse" not in case
    for step in STEPS:
        assert client.post(reverse(f"desk:{step}", args=[pk])).status_code == 403, step
    assert not CaseVisit.objects.exists() and not Refund.objects.exists()
    desk.row(Ticket).refresh_from_db()
    assert desk.row(Ticket).status == "pending_review"


def test_cases_of_another_shop_do_not_exist(desk: Scene, foreign: Scene) -> None:
    client, other = client_of(desk.people["owner"]), foreign.row(Ticket)
    for name in ("case", "case-pulse", *STEPS):
        url = reverse(f"desk:{name}", args=[other.pk])
        for send in (client.get, client.post):
            assert send(url, {"seen": "1"}).status_code in (404, 405), name
    Ticket.objects.filter(pk=other.pk).update(status="pending_review")
    for query in ("", f"?shop={foreign.shop.pk}", "?queue=all", "?q=theirs-ticket", "?q=theirs-b"):
        for name in ("workbench", "workbench-rows"):
            page = client.get(reverse(f"desk:{name}") + query).content.decode()
            # The page repeats the search term, and nothing else.
            assert f"case={other.pk}" not in page
            assert "theirs-order" not in page and "theirs-shop" not in page
    other.refresh_from_db()
    assert (other.status, other.handler) == ("pending_review", None)
    assert not CaseVisit.objects.exists()


@pytest.mark.parametrize("who", ["stranger", "outsider", "anonymous"])
def test_others_get_nowhere(desk: Scene, who: str, django_user_model: Any) -> None:
    client = Client()
    if who != "anonymous":
        client.force_login(django_user_model.objects.create_user(who, is_staff=who == "stranger"))
    for url in pages(desk.row(Ticket)):
        response = client.get(url)
        assert response.status_code in (302, 403, 404), url
        assert "mine-" not in response.content.decode()


def decide(client: Client, step: str, ticket: Ticket, **data: str) -> Any:
    data = {"seen": seen_now(ticket, ticket.order), **data}
    return client.post(reverse(f"desk:{step}", args=[ticket.pk]), data)


def test_the_button_says_whom_and_how_much_and_does_that(desk: Scene) -> None:
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    asked = client.get(reverse("desk:approve", args=[ticket.pk])).content.decode()
    assert "Refund <span data-amount-shown>¥123.45</span> to mine-buyer" in asked
    answer = decide(client, "approve", ticket, amount="100.10", meant="10010", less_because="x")
    assert answer.status_code == 204
    # The shop pays by hand: nothing is under way yet.
    assert "\\u00a5100.10 is to be paid to mine-buyer by hand." in answer.headers["HX-Trigger"]
    assert Refund.objects.get(ticket=ticket).amount == 10_010


@pytest.mark.parametrize("amount", ["0", "-1", "123.46", "1.001", "abc", ""])
def test_a_wrong_amount_is_refused_and_kept_on_the_screen(desk: Scene, amount: str) -> None:
    client, ticket = client_of(desk.people["cs_agent"]), desk.row(Ticket)
    answer = decide(client, "approve", ticket, amount=amount)
    assert answer.status_code == 422
    assert f'value="{amount}"' in answer.content.decode() or amount == ""
    assert not Refund.objects.exists() and not TicketEvent.objects.filter(actor="person").exists()


@pytest.mark.parametrize(
    ("amount", "then"),
    [
        (
            "100.10",
            "You pay ¥100.10 to mine-buyer on the platform and record it here as paid; "
            "¥23.35 of the order stays refundable.",
        ),
        ("123.46", "The amount must be above 0 and at most what was asked for: ¥123.45."),
        ("abc", "Give the amount in yuan, above 0, with at most two decimals."),
        ("", "Give the amount in yuan, above 0, with at most two decimals."),
    ],
)
def test_what_approving_does_follows_the_amount(desk: Scene, amount: str, then: str) -> None:
    """Asked while it is typed; and after a refusal the button names what stands in the field."""
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    asked = client.get(reverse("desk:approve", args=[ticket.pk]), {"amount": amount})
    assert f'<p id="decide-then" role="status">{then}</p>' in asked.content.decode()
    if amount != "100.10":
        page = decide(client, "approve", ticket, amount=amount).content.decode()
        assert f"Refund <span data-amount-shown>¥{amount}</span> to mine-buyer" in page
        assert f'<p id="decide-then" role="status">{then}</p>' in page
    assert not Refund.objects.exists()


def test_going_above_the_line_is_warned_of_and_must_be_meant(desk: Scene) -> None:
    """SPEC O2: the warning names the line, what was paid for it and what it has given back."""
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    # A line of 20.00 with 15.00 refunded, beside another.
    line = ticket.order.lines.get()
    line.title, line.paid_amount, line.taken = "socks", 2_000, 1_500
    line.save()
    ticket.order.lines.create(line_no=99, product="p", paid_amount=ticket.order.paid_amount - 2_000)
    Ticket.objects.filter(pk=ticket.pk).update(line_no=line.line_no)
    ticket.refresh_from_db()
    warning = (
        f"¥100.10 is more than is left of line {line.line_no} (socks): ¥5.00. ¥20.00 was paid for "
        "it, and other tickets have taken ¥15.00."
    )
    url = reverse("desk:approve", args=[ticket.pk])
    assert warning in client.get(url, {"amount": "100.10"}).content.decode()
    assert 'name="above_line"' not in client.get(url, {"amount": "5.00"}).content.decode()
    meant = {"amount": "100.10", "meant": "10010", "less_because": "agreed"}
    refused = decide(client, "approve", ticket, **meant)
    assert (refused.status_code, warning in refused.content.decode()) == (422, True)
    assert not Refund.objects.exists()
    assert decide(client, "approve", ticket, **meant, above_line="yes").status_code == 204
    assert Refund.objects.get(ticket=ticket).amount == 10_010


def test_a_return_of_nothing_is_approved_and_closed(desk: Scene) -> None:
    """SPEC O4: the dialog offers what the service does."""
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    Ticket.objects.filter(pk=ticket.pk).update(
        amount=0, type="return_refund", requested_type="return_refund"
    )
    ticket.refresh_from_db()
    page = client.get(reverse("desk:approve", args=[ticket.pk])).content.decode()
    assert "Nothing is paid: the ticket is closed once the goods are confirmed." in page
    assert 'name="amount"' not in page
    assert decide(client, "approve", ticket).status_code == 204
    ticket.refresh_from_db()
    page = client.get(reverse("desk:confirm-return", args=[ticket.pk])).content.decode()
    assert "Close without the goods and without a refund" in page
    assert decide(client, "confirm-return", ticket).status_code == 204
    ticket.refresh_from_db()
    assert ticket.status == "closed" and not Refund.objects.exists()


def test_what_asks_for_nothing_is_closed_with_a_note(desk: Scene) -> None:
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    assert (
        "Your note says how it ended"
        not in client.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    )
    Ticket.objects.filter(pk=ticket.pk).update(
        amount=0, type="refund_only", requested_type="refund_only"
    )
    ticket.refresh_from_db()
    case = client.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert reverse("desk:close", args=[ticket.pk]) in case
    assert reverse("desk:approve", args=[ticket.pk]) not in case
    page = client.get(reverse("desk:close", args=[ticket.pk])).content.decode()
    assert "close it there too" not in page
    assert decide(client, "close", ticket, note=" ").status_code == 422
    assert decide(client, "close", ticket, note="sent a voucher").status_code == 204
    ticket.refresh_from_db()
    assert ticket.status == "closed" and not Refund.objects.exists()


@pytest.mark.parametrize(
    ("step", "kind", "status"),
    [
        ("close", "refund_only", "pending_review"),
        ("confirm-return", "return_refund", "returning"),
    ],
)
def test_closing_says_what_is_left_to_do_on_the_platform(
    desk: Scene, step: str, kind: str, status: str
) -> None:
    """SPEC O4: the platform has no call that only closes, so people close it there."""
    client, ticket = client_of(desk.people["cs_agent"]), desk.row(Ticket)
    client.cookies["django_language"] = "en"
    Shop.objects.filter(pk=ticket.shop_id).update(connector="platform")
    Ticket.objects.filter(pk=ticket.pk).update(
        amount=0, type=kind, requested_type=kind, status=status
    )
    ticket = Ticket.objects.get(pk=ticket.pk)
    left = "The platform is not told, and has it open still: close it there too."
    assert left in client.get(reverse(f"desk:{step}", args=[ticket.pk])).content.decode()
    done = decide(client, step, ticket, note="sent a voucher")
    assert (done.status_code, Ticket.objects.get(pk=ticket.pk).status) == (204, "closed")
    assert left in ticket.events.get(to_status="closed").note


def test_a_platform_refunds_what_was_asked_for(desk: Scene) -> None:
    """No field for less is offered; where less is left, the case says that it can't be approved."""
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    ticket.shop.connector = "platform"
    ticket.shop.save()
    approve = reverse("desk:approve", args=[ticket.pk])
    asked = client.get(approve).content.decode()
    assert "data-amount-shown" in asked and 'name="amount"' not in asked
    Order.objects.filter(pk=ticket.order_id).update(refunded_amount=1)
    case = client.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert "Only ¥123.44 of the order is left" in case and approve not in case


def test_a_refund_that_the_platform_pays_is_not_offered(desk: Scene) -> None:
    """SPEC F2."""
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    Ticket.objects.filter(pk=ticket.pk).update(flags=["platform_pays"])
    case = client.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert "The platform pays this fast refund itself: nothing is sent from here." in case
    assert reverse("desk:approve", args=[ticket.pk]) not in case and "<dt>Approve</dt>" not in case


def test_a_case_says_what_can_be_done_and_no_more(desk: Scene) -> None:
    """While the buyer has yet to answer there is nothing to negotiate."""
    client, ticket = english_client(desk.people["cs_agent"]), desk.row(Ticket)
    address = reverse("desk:case", args=[ticket.pk])
    assert "<dt>Negotiate</dt>" in client.get(address).content.decode()
    replies.negotiate(
        ticket_id=ticket.pk, message="?", user=desk.people["owner"], now=timezone.now()
    )
    case = client.get(address).content.decode()
    assert "<dt>Approve</dt>" in case and "<dt>Negotiate</dt>" not in case


def test_whoever_is_logged_out_keeps_the_page(desk: Scene) -> None:
    """htmx would put the log-in page into the list, or over what was typed in a dialog."""
    ticket = desk.row(Ticket)
    for name in ("desk:workbench-rows", "desk:workbench"):
        answer = Client().get(reverse(name), headers={"HX-Request": "true"})
        assert (answer.status_code, answer.content) == (401, b"")
    reject = reverse("desk:reject", args=[ticket.pk])
    assert Client().post(reject, headers={"HX-Request": "true"}).status_code == 401
    assert Client().get(reject).status_code == 302


def test_a_case_that_changed_meanwhile_is_refused_with_what_changed(desk: Scene) -> None:
    """Nothing is written, and the answer leads back to the case as it is now."""
    ticket = desk.row(Ticket)
    seen = seen_now(ticket, ticket.order)
    approvals.approve(ticket_id=ticket.pk, user=desk.people["owner"], now=timezone.now())
    events = TicketEvent.objects.count()
    client = english_client(desk.people["cs_agent"])
    for step in STEPS:
        answer = decide(client, step, ticket, seen=seen)
        assert answer.status_code == 409, step
        text = answer.content.decode()
        assert "mine-owner moved it to “Refunding”" in text and "data-look-anew" in text
    assert (Refund.objects.count(), TicketEvent.objects.count()) == (1, events)
    pulse = client.post(reverse("desk:case-pulse", args=[ticket.pk]), {"seen": seen})
    assert "mine-owner moved it to “Refunding”" in pulse.content.decode()


def test_a_return_is_approved_confirmed_and_a_failed_refund_tried_again(desk: Scene) -> None:
    client, ticket = client_of(desk.people["cs_agent"]), desk.row(Ticket)
    Ticket.objects.filter(pk=ticket.pk).update(type="return_refund")
    for step, status in (("approve", "awaiting_return"), ("confirm-return", "refunding")):
        ticket.refresh_from_db()
        ticket.order.refresh_from_db()
        assert client.get(reverse(f"desk:{step}", args=[ticket.pk])).status_code == 200
        assert decide(client, step, ticket).status_code == 204
        ticket.refresh_from_db()
        assert ticket.status == status
    refund = Refund.objects.get(ticket=ticket)
    refund_results.record_result(
        refund_id=refund.pk,
        succeeded=False,
        reason="closed account",
        user=desk.people["owner"],
        now=timezone.now(),
    )
    ticket.refresh_from_db()
    ticket.order.refresh_from_db()
    shown = client.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert "closed account" in shown
    assert decide(client, "retry", ticket).status_code == 204
    ticket.refresh_from_db()
    assert ticket.status == "refunding"


def test_taking_a_case_marks_it_in_the_list(desk: Scene) -> None:
    client, ticket = client_of(desk.people["cs_agent"]), desk.row(Ticket)
    answer = decide(client, "take", ticket)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "workbench:kept")
    rows = client.get(reverse("desk:workbench-rows") + "?queue=mine").content.decode()
    assert "mine-cs_agent" in rows


def test_a_colleague_on_the_case_is_shown(desk: Scene) -> None:
    ticket = desk.row(Ticket)
    url = reverse("desk:case-pulse", args=[ticket.pk])
    first, second = (client_of(desk.people[role]) for role in ("cs_agent", "owner"))
    assert "mine-" not in first.post(url, {"seen": seen_now(ticket, ticket.order)}).content.decode()
    heard = second.post(url, {"seen": seen_now(ticket, ticket.order)}).content.decode()
    assert "mine-cs_agent" in heard


def test_a_list_that_has_not_changed_is_not_sent_again(desk: Scene) -> None:
    client, url = client_of(desk.people["cs_agent"]), reverse("desk:workbench-rows")
    rows = client.get(url)
    version = rows.content.decode().split('data-version="')[1][:16]
    assert client.get(url, {"version": version}).status_code == 204
    Ticket.objects.filter(pk=desk.row(Ticket).pk).update(amount=1)
    assert client.get(url, {"version": version}).status_code == 200


def test_more_follows_the_last_row(desk: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "PAGE", 4)
    more_tickets(desk, 9)
    Ticket.objects.filter(ticket_no__startswith="mine-").update(status="pending_review")
    client, url = client_of(desk.people["cs_agent"]), reverse("desk:workbench-rows")
    found: list[int] = []
    after = ""
    for _page in range(3):
        context = client.get(url, {"after": after} if after else {}).context
        found += [row["ticket"].pk for row in context["rows"]]
        after = context["after"]
    assert after == "" and len(found) == len(set(found)) == 10
    shown = client.get(url, {"shown": "8"}).context["rows"]
    assert [row["ticket"].pk for row in shown] == found[:8]


@pytest.mark.parametrize(
    "query",
    [
        "?queue=nonsense&shop=x&type=y&from=abc&to=NaN&reason=%00&q=%00",
        "?after=x_y",
        "?after=99999999999999999999_1",
        "?after=_1&shown=-5",
        "?from=1e400&to=Infinity&shop=999999999999999999999",
        "?case=abc",
    ],
)
def test_an_address_that_makes_no_sense_still_opens(desk: Scene, query: str) -> None:
    client = client_of(desk.people["cs_agent"])
    for name in ("workbench", "workbench-rows"):
        assert client.get(reverse(f"desk:{name}") + query).status_code == 200


def test_filters_stand_in_the_address(desk: Scene) -> None:
    client, url = client_of(desk.people["cs_agent"]), reverse("desk:workbench")
    for query, rows in (("from=123.45&to=123.45", 1), ("from=123.46", 0), ("type=exchange", 0)):
        response = client.get(f"{url}?{query}")
        assert len(response.context["rows"]) == rows, query
        assert query in response.context["rows_url"]


def test_why_it_came_to_a_person_with_how_far_it_missed(desk: Scene) -> None:
    """SPEC E8: every strategy asked, the condition that failed, and by how much."""
    client, ticket = english_client(desk.people["viewer"]), desk.row(Ticket)
    url = reverse("desk:case", args=[ticket.pk])
    shown = client.get(url).content.decode()
    assert (
        "No strategy took it: the closest was" in shown and "¥73.45 over the cap of ¥50.00" in shown
    )
    assert f"/admin/strategies/decision/{desk.row(Decision).pk}/change/" in shown
    Decision.objects.update(why="paused", trace=[])
    assert "Automatic refunds of the shop were paused." in client.get(url).content.decode()
    Decision.objects.all().delete()
    assert "has never looked at it" in client.get(url).content.decode()


def test_a_request_without_a_reason_says_so(desk: Scene) -> None:
    ticket = desk.row(Ticket)
    Ticket.objects.filter(pk=ticket.pk).update(reason="", note="")
    client = english_client(desk.people["owner"])
    case = reverse("desk:case", args=[ticket.pk])
    reject = reverse("desk:reject", args=[ticket.pk])
    rows = reverse("desk:workbench-rows") + "?queue=all"
    said = {
        case: "No reason given · No words of the buyer's own.",
        reject: f"{ticket.get_type_display()} · No reason given",
        rows: f"{ticket.get_type_display()} · No reason given",
    }
    for url, words in said.items():
        page = text_of(client.get(url))
        assert words in page, url
        assert "· -" not in page and "- ·" not in page, url
    assert client.get(reverse("desk:case", args=[10**30])).status_code == 404


def test_evidence_links_lead_to_pages_alone(desk: Scene) -> None:
    Ticket.objects.update(evidence=["https://pics.test/1.jpg", "javascript:alert(1)"])
    client = client_of(desk.people["viewer"])
    shown = client.get(reverse("desk:case", args=[desk.row(Ticket).pk])).content.decode()
    assert 'href="https://pics.test/1.jpg"' in shown and "javascript:" not in shown


def test_the_tickets_page_leads_to_the_case(desk: Scene) -> None:
    pk = desk.row(Ticket).pk
    page = client_of(desk.people["viewer"]).get(reverse("admin:aftersale_ticket_change", args=[pk]))
    assert f"/admin/workbench/?queue=all&amp;case={pk}" in page.content.decode()


def test_the_dialog_pays_neither_the_old_amount_nor_the_new_one(desk: Scene) -> None:
    """SPEC O10: the buyer raised the amount while the dialog was open. Nothing is paid, and the
    person reads the difference, whether the button or the dialog's own button is pressed."""
    ticket = desk.row(Ticket)
    client = english_client(desk.people["cs_agent"])
    seen = seen_now(ticket, ticket.order)
    Order.objects.filter(pk=ticket.order_id).update(paid_amount=100_000)
    ticket.order.refresh_from_db()
    seen = seen_now(ticket, ticket.order)
    Ticket.objects.filter(pk=ticket.pk).update(amount=48_000)
    address = reverse("desk:approve", args=[ticket.pk])
    for answer in (
        client.post(address, {"seen": seen, "amount": "123.45"}),
        client.post(address, {"seen": seen}),
        client.get(f"{address}?seen={seen}"),
    ):
        assert answer.status_code == 409
        assert "amount: ¥123.45 is now ¥480.00" in answer.content.decode()
    assert not Refund.objects.exists()
    assert (
        "amount: ¥123.45 is now ¥480.00"
        in client.post(
            reverse("desk:case-pulse", args=[ticket.pk]), {"seen": seen}
        ).content.decode()
    )
