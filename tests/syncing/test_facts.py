"""A platform's facts beyond the record: kept beside it, shown to people, no part of decisions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import (
    Order,
    PlatformFacts,
    PlatformProblem,
    Ticket,
    TicketEvent,
    TicketFlag,
)
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Fact, Picture, RecordUnreadable
from aftersale.services.syncing import reads
from tests import factories
from tests.admin.clients import client_of, english_client
from tests.platforms.double import Double

from .conftest import Connected
from .test_messages import body_of, send

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 3, 4, 5, tzinfo=UTC)


def kept() -> dict[tuple[str, str], list]:
    return {(row.subject, row.number): row.facts for row in PlatformFacts.objects.all()}


def urged() -> dict[str, int]:
    return dict(Ticket.objects.values_list("ticket_no", "urged"))


def test_they_are_kept_as_they_are_now(connected: Connected):
    connected.order("O1", ago=2, facts=(Fact("sold_by", "带货人"),))
    connected.ticket("T1", ago=2, facts=(Fact("urged", "1"), Fact("history", "申请", AT)))
    connected.ticket("T2", ago=2)
    connected.read()
    assert kept() == {
        ("order", "O1"): [["sold_by", "带货人", None]],
        ("ticket", "T1"): [["urged", "1", None], ["history", "申请", "2026-11-03T04:05:00+00:00"]],
    }
    # Queues show first what buyers urge (SPEC O5).
    assert urged() == {"T1": 1, "T2": 0}
    written = PlatformFacts.objects.get(subject="ticket").at
    # The same again writes nothing; more urging is no new version of what is decided on.
    connected.read_later(minutes=1)
    assert PlatformFacts.objects.get(subject="ticket").at == written
    events = TicketEvent.objects.count()
    connected.ticket("T1", ago=3, facts=(Fact("urged", "2"),))
    connected.place.put_order(connected.place.orders["O1"].model_copy(update={"facts": ()}))
    connected.read_later(minutes=1)
    assert kept() == {("ticket", "T1"): [["urged", "2", None]]}
    assert TicketEvent.objects.count() == events
    assert urged() == {"T1": 2, "T2": 0}


def test_what_is_not_known_here_is_for_people(connected: Connected):
    """SPEC O4: kept by its own name, no arbitration, and never decided by the automation."""
    connected.read()
    connected.clock.turn(minutes=1)
    connected.order("O1", ago=1)
    connected.ticket("T1", ago=1, unknown=True, facts=(Fact("status_there", "33"),))
    connected.ticket("T2", ago=1)
    connected.read_later(minutes=1)
    unknown, plain = Ticket.objects.order_by("ticket_no")
    assert (unknown.status, unknown.flags) == ("pending_review", [TicketFlag.UNKNOWN_THERE])
    assert (unknown.awaiting_evaluation, plain.awaiting_evaluation) == (False, True)
    assert plain.flags == []


def test_what_is_not_known_any_more_stops_the_automation(connected: Connected):
    connected.read()
    connected.clock.turn(minutes=1)
    connected.order("O1", ago=1)
    connected.ticket("T1", ago=1)
    connected.read_later(minutes=1)
    assert Ticket.objects.get().awaiting_evaluation
    connected.ticket("T1", unknown=True)
    connected.read_later(minutes=1)
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.flags) == ("pending_review", [TicketFlag.UNKNOWN_THERE])
    assert not ticket.awaiting_evaluation
    told = [event.note for event in ticket.events.filter(kind="flag")]
    assert len(told) == 1
    # Once it is known again, people have it still: a flag is raised for good.
    connected.clock.turn(minutes=1)
    connected.ticket("T1")
    connected.read_later(minutes=1)
    ticket.refresh_from_db()
    assert not ticket.awaiting_evaluation


def unreadable(connected: Connected, *calls: tuple) -> None:
    def fail(call: tuple) -> None:
        if call in calls:
            raise RecordUnreadable("Not as expected: buyer.")

    connected.place.before = fail


def test_an_order_that_can_not_be_read_delays_nobody(connected: Connected):
    """SPEC O6: a problem of its own, at once; its ticket is there and waits for it."""
    connected.ticket("T1", ago=2)
    connected.order("O2", ago=1)
    connected.ticket("T2", ago=1, order_no="O2")
    unreadable(connected, ("order", "O1"))
    connected.read()
    assert connected.account.last_read_at is not None
    assert connected.account.failures == 0
    assert {t.ticket_no: t.order and t.order.order_no for t in Ticket.objects.all()} == {
        "T1": None,
        "T2": "O2",
    }
    assert [(p.subject, p.number, str(p.reason)) for p in PlatformProblem.objects.all()] == [
        ("order", "O1", "Not as expected: buyer.")
    ]
    assert connected.place.calls.count(("order", "O1")) == 1


def test_a_message_about_what_can_not_be_read_is_followed_once(connected: Connected):
    connected.read()
    connected.ticket("T1")
    connected.order("O2")
    unreadable(connected, ("order", "O1"), ("ticket", "T9"))
    send(body_of(("ticket", "T9", "m1"), ("ticket", "T1", "m2"), ("order", "O2", "m3")))
    connected.read()
    assert connected.account.failures == 0
    assert [order.order_no for order in Order.objects.all()] == ["O2"]
    assert [ticket.ticket_no for ticket in Ticket.objects.all()] == ["T1"]
    assert {(p.subject, p.number) for p in PlatformProblem.objects.all()} == {
        ("ticket", "T9"),
        ("order", "O1"),
    }
    assert not connected.account.messages.filter(followed_at=None).exists()


# On the case's page.


def case(client: Client) -> str:
    ticket = Ticket.objects.get()
    return client.get(reverse("desk:case", args=[ticket.pk])).content.decode()


@pytest.fixture
def agent(connected: Connected) -> Client:
    connected.order("O1", ago=2, facts=(Fact("seller_flag", "red", AT),))
    facts = (Fact("goods_received", "no"), Fact("history", "<b>申请</b>"), Fact("picture", "m-1"))
    connected.ticket("T1", ago=2, facts=facts)
    connected.read()
    return english_client(factories.make_user(connected.shop, role="cs_agent"))


def test_people_read_them_in_words(agent: Client):
    page = case(agent)
    for words in ("Goods received, the buyer says", "No", "Red", "&lt;b&gt;申请&lt;/b&gt;"):
        assert words in page
    assert "2026-11-03" in page


def test_a_picture_of_the_platform_is_shown_to_members_alone(
    connected: Connected, agent: Client, django_user_model: type
):
    connected.place.pictures["m-1"] = Picture("m-1", "image/png", b"\x89PNG")
    connected.place.pictures["m-2"] = Picture("m-2", "image/png", b"another ticket's")
    pk = Ticket.objects.get().pk
    url = reverse("desk:platform-picture", args=[pk, "m-1"])
    assert url in case(agent)
    shown = agent.get(url)
    assert (shown.status_code, shown["Content-Type"], shown.content) == (
        200,
        "image/png",
        b"\x89PNG",
    )
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    # Only what this ticket's facts name.
    assert agent.get(reverse("desk:platform-picture", args=[pk, "m-2"])).status_code == 404
    stranger = client_of(factories.make_user(factories.make_shop(code="other")))
    assert stranger.get(url).status_code in (403, 404)


def test_a_platform_that_does_not_answer_shows_no_picture(connected: Connected, agent: Client):
    unreadable(connected, ("picture", "m-1"))
    url = reverse("desk:platform-picture", args=[Ticket.objects.get().pk, "m-1"])
    assert agent.get(url).status_code == 404


def test_a_picture_whose_address_ends_soon_is_asked_for_anew(
    connected: Connected, agent: Client, monkeypatch: pytest.MonkeyPatch
):
    old = ["https://pic.example/1?x-expires=1", "https://pic.example/2?x-expires=1"]
    connected.order("O9", ago=1)
    record = connected.ticket("T9", ago=1, order_no="O9", evidence=old)
    connected.read_later(minutes=1)
    ticket = Ticket.objects.get(ticket_no="T9")
    page = reverse("desk:case", args=[ticket.pk])
    url = reverse("desk:fresh-picture", args=[ticket.pk, 1])
    assert old[1] in agent.get(page).content.decode()
    assert agent.get(url).status_code == 404
    monkeypatch.setattr(Double, "evidence_expires", True, raising=False)
    shown = agent.get(page).content.decode()
    assert url in shown and old[1] not in shown
    new = [address.replace("=1", "=2") for address in old]
    connected.place.tickets["T9"] = replace(
        connected.place.tickets["T9"], record=record.model_copy(update={"evidence": new})
    )
    assert agent.get(url)["Location"] == new[1]

    # Where the platform does not answer, or has others now, the stored one has to do.
    def silent(call: tuple[Any, ...]) -> None:
        raise TimedOut

    connected.place.before = silent
    assert agent.get(url)["Location"] == old[1]
    assert agent.get(reverse("desk:fresh-picture", args=[ticket.pk, 2])).status_code == 404
    stranger = client_of(factories.make_user(factories.make_shop(code="other")))
    assert stranger.get(url).status_code in (403, 404)


def test_a_request_of_several_tickets_is_over_once_all_of_them_are(connected: Connected):
    """Group gifts are listed by when they began: those that are over are not fetched again."""
    for number, status in (("G1-1", "refunded"), ("G1-2", "refunding"), ("G2-1", "closed")):
        connected.ticket(number, ago=1, status=status)
    connected.order("O1", ago=2)
    connected.read()
    known = reads.known(connected.account, "ticket", since=connected.clock.now)
    assert [known.are_over(one) for one in ("G1-", "G2-", "G3-")] == [False, True, False]
    Ticket.objects.filter(ticket_no="G1-2").update(status="cancelled")
    assert known.are_over("G1-")
