"""SPEC O6: a record that can't be read is shown with the platform's answer, and asked for again by
a button."""

import pytest
from django.urls import reverse

from aftersale.models import PlatformProblem, Ticket
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import RecordUnreadable, Unreadable
from tests import factories
from tests.admin.clients import client_of, english_client

from .conftest import Connected

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
ANSWER = {"status": 35, "type": "REFUND", "desc": "13800138000", "openid": "oBuyer"}


@pytest.fixture
def problem(connected: Connected) -> PlatformProblem:
    connected.order("O1")
    connected.place.tickets["T1"] = Unreadable("T1", "It has no type.", ANSWER)
    connected.place.listed.append((connected.clock.now, "tickets", "T1"))
    connected.read_later(seconds=1)
    return PlatformProblem.objects.get()


def again(connected: Connected, problem_pk: int) -> str:
    return reverse("desk:shop-platform-again", args=[connected.shop.pk, problem_pk])


def test_the_answer_is_shown_without_the_buyer(
    connected: Connected, problem: PlatformProblem
) -> None:
    page = english_client(connected.owner).get(
        reverse("desk:shop-platform", args=[connected.shop.pk]), **HTMX
    )
    text = page.content.decode()
    assert "It has no type." in text
    assert "&quot;status&quot;: 35" in text
    assert "&quot;type&quot;: &quot;REFUND&quot;" in text
    assert "…×11" in text
    for buyers in ("13800138000", "oBuyer"):
        assert buyers not in text + problem.raw
    assert text.count(again(connected, problem.pk)) == 1


def test_it_is_taken_over_once_it_can_be_read(
    connected: Connected, problem: PlatformProblem
) -> None:
    client = english_client(connected.owner)
    connected.ticket("T1")
    answer = client.post(again(connected, problem.pk), **HTMX)
    assert (answer.status_code, "The record is here now." in answer.headers["HX-Trigger"]) == (
        204,
        True,
    )
    assert Ticket.objects.get().order.order_no == "O1"
    assert not PlatformProblem.objects.exists()
    assert client.post(again(connected, problem.pk), **HTMX).status_code == 404


@pytest.mark.parametrize(
    ("error", "words", "raw"),
    [
        (
            RecordUnreadable("It has no amount.", {"status": 36}),
            "It has no amount.",
            '"status": 36',
        ),
        (TimedOut(), "The platform did not answer in time", ""),
    ],
)
def test_it_stays_with_what_is_wrong_now(
    connected: Connected, problem: PlatformProblem, error: Exception, words: str, raw: str
) -> None:
    def fail(call: tuple) -> None:
        if call == ("ticket", "T1"):
            raise error

    connected.place.before = fail
    answer = english_client(connected.owner).post(again(connected, problem.pk), **HTMX)
    assert answer.status_code == 422
    assert f"It can&#x27;t be taken over yet: {words}" in answer.content.decode()
    problem.refresh_from_db()
    assert str(problem.reason).startswith(words)
    assert raw in problem.raw
    assert not Ticket.objects.exists()


def test_one_that_is_refused_again_stays(connected: Connected, problem: PlatformProblem) -> None:
    connected.ticket("T1", line_no=7)
    answer = english_client(connected.owner).post(again(connected, problem.pk), **HTMX)
    assert answer.status_code == 422
    assert "line_no: expected a line of order O1" in answer.content.decode()
    assert PlatformProblem.objects.count() == 1


def test_one_that_the_platform_does_not_know_any_more_stays(
    connected: Connected, problem: PlatformProblem
) -> None:
    del connected.place.tickets["T1"]
    answer = english_client(connected.owner).post(again(connected, problem.pk), **HTMX)
    assert answer.status_code == 422
    assert "The platform does not know it any more." in answer.content.decode()


def test_only_owners_of_the_shop_ask_again(connected: Connected, problem: PlatformProblem) -> None:
    connected.ticket("T1")
    member = factories.make_user(connected.shop, role="admin", username="admin-1")
    stranger = factories.make_user(factories.make_shop(code="other"), username="stranger")
    asked = len(connected.place.calls)
    for user, status in ((member, 403), (stranger, 404)):
        assert client_of(user).post(again(connected, problem.pk), **HTMX).status_code == status
    assert len(connected.place.calls) == asked
    assert PlatformProblem.objects.count() == 1
