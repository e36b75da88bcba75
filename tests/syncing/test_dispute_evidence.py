"""Evidence in a dispute: sent by a person, at once, to a platform that takes it (SPEC O4)."""

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import EvidenceFile, Ticket, TicketEvent
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, NotCarriedOut, Why
from tests import factories
from tests.admin.clients import client_of, english_client
from tests.aftersale.pictures import picture

from .conftest import Connected

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def ticket(connected: Connected) -> Ticket:
    connected.order("O1", ago=2)
    connected.ticket("T1", ago=2, status="arbitration")
    connected.read()
    connected.place.calls.clear()
    return Ticket.objects.get()


@pytest.fixture
def agent(connected: Connected) -> Client:
    return english_client(factories.make_user(connected.shop, role="cs_agent"))


def address(ticket: Ticket) -> str:
    return reverse("desk:dispute-evidence", args=[ticket.pk])


def send(client: Client, ticket: Ticket, text: str = "面单在此", pictures: int = 1):
    data = {"text": text, "evidence": [picture() for _ in range(pictures)]}
    return client.post(address(ticket), data)


def asked(connected: Connected) -> list[tuple]:
    return [call for call in connected.place.calls if call[0] == "send_evidence"]


def test_it_goes_to_the_platform_and_is_kept(connected: Connected, agent: Client, ticket: Ticket):
    assert address(ticket) in agent.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert "Send the evidence" in agent.get(address(ticket)).content.decode()
    assert send(agent, ticket, pictures=2).status_code == 204
    assert asked(connected) == [("send_evidence", "T1", "面单在此", ["image/png"] * 2)]
    assert EvidenceFile.objects.filter(ticket=ticket).count() == 2
    note = TicketEvent.objects.filter(ticket=ticket, kind="note").get()
    assert "面单在此" in note.note and note.user is not None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Declined(Why.CHANGED, "nothing is asked for"), "nothing is asked for"),
        (NotCarriedOut("too slow"), "Nothing was sent: too slow"),
        (TimedOut(), "Look there before"),
    ],
)
def test_what_did_not_go_is_said_and_leaves_nothing_here(
    connected: Connected, agent: Client, ticket: Ticket, files, answer: object, words: str
):
    def fail(call: tuple) -> None:
        if call[0] == "send_evidence" and isinstance(answer, Exception):
            raise answer

    connected.place.before = fail
    if isinstance(answer, Declined):
        connected.place.evidence_answer = answer
    response = send(agent, ticket)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert len(asked(connected)) == 1
    assert not EvidenceFile.objects.exists()
    assert [path for path in files.rglob("*") if path.is_file()] == []
    assert not TicketEvent.objects.filter(kind="note").exists()


@pytest.mark.parametrize("text", ["", " ", "\u200b", "x" * 501])
def test_text_that_says_nothing_or_too_much(
    connected: Connected, agent: Client, ticket: Ticket, text: str
):
    assert send(agent, ticket, text).status_code == 422
    assert asked(connected) == []


def test_only_in_a_dispute_and_only_who_handles_tickets(
    connected: Connected, agent: Client, ticket: Ticket
):
    viewer = client_of(factories.make_user(connected.shop, role="viewer"))
    assert viewer.get(address(ticket)).status_code == 403
    assert send(viewer, ticket).status_code == 403
    case = viewer.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert address(ticket) not in case
    Ticket.objects.update(status="rejected")
    assert send(agent, ticket).status_code == 422
    assert "Send the evidence" not in agent.get(address(ticket)).content.decode()
    assert asked(connected) == []
