"""SPEC O6: group gifts that nobody took, a ticket here for each of their orders. None is lost, late
as the platform may say so."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from aftersale.models import PlatformAccount, PlatformProblem, Ticket
from aftersale.services.ingest import dated_ahead
from aftersale.services.syncing import reads
from tests import factories
from tests.admin.clients import english_client
from tests.platforms.wechat.fake import WeChatFake
from tests.platforms.wechat.wire import Body, Error

from .test_on_a_fake_platform import connect, read, read_now

pytestmark = pytest.mark.django_db

DETAIL = "/channels/ec/aftersale/getpresentaftersaleorder"
LIST = "/channels/ec/aftersale/getpresentaftersalelist"
HTMX = {"HTTP_HX_REQUEST": "true"}
DAY = 60 * 60 * 24


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[WeChatFake]:
    fake = WeChatFake()
    fake.start()
    monkeypatch.setattr(dated_ahead, "database_moment", fake.now)
    yield fake
    fake.stop()


def refuse(fake: WeChatFake, path: str, code: int, only: str = "") -> Callable[[], None]:
    """The call answers with an error, for one number alone where it is given, until it is ended."""
    works = fake.answers[path]

    def answer(body: Body) -> Body:
        if only in ("", body.get("after_sale_order_id")):
            raise Error(code, "原因 rid: 1")
        return works(body)

    fake.answers[path] = answer

    def end() -> None:
        fake.answers[path] = works

    return end


def gift(fake: WeChatFake, *amounts: int) -> str:
    return fake.gift_expires(**{f"order_{fake.places(amount)}": amount for amount in amounts})


def tickets() -> dict[str, tuple[str, int]]:
    """Status and amount of each, by the gift's number."""
    found = Ticket.objects.order_by("amount").values_list("ticket_no", "status", "amount")
    return {
        f"{number.partition('-')[0]} {amount}": (status, amount) for number, status, amount in found
    }


def problems() -> list[tuple[str, bool]]:
    return list(PlatformProblem.objects.order_by("number").values_list("number", "ask_again"))


def test_a_gift_that_answers_late_is_caught_up_after_a_stop(fake: WeChatFake) -> None:
    account_pk = connect(fake)
    read(fake, account_pk)
    # Nothing is read for three days, in which gifts end; of one the platform then says nothing.
    fake.advance(DAY)
    late, other = gift(fake, 500, 700), gift(fake, 900)
    fake.advance(2 * DAY)
    end = refuse(fake, DETAIL, -1, late)
    read(fake, account_pk)
    assert problems() == [(late, True)]
    assert tickets() == {f"{other} 900": ("refunding", 900)}
    end()
    read(fake, account_pk, 6)
    assert tickets() == {
        f"{late} 500": ("refunding", 500),
        f"{late} 700": ("refunding", 700),
        f"{other} 900": ("refunding", 900),
    }
    assert problems() == []
    # The list does not show them any more, and yet their ends are seen.
    for number in (late, other):
        fake.gift_is_paid(number)
    read(fake, account_pk)
    assert {status for status, _amount in tickets().values()} == {"refunded"}
    asked: list[Body] = []
    works = fake.answers[DETAIL]
    fake.answers[DETAIL] = lambda body: asked.append(body) or works(body)
    read(fake, account_pk)
    assert asked == []


def test_one_that_is_not_shown_for_now_is_here_with_the_next_round(fake: WeChatFake) -> None:
    """The list shows it again before it is asked for by itself, and its problem goes."""
    account_pk = connect(fake)
    read(fake, account_pk)
    number = gift(fake, 500)
    end = refuse(fake, DETAIL, -1, number)
    read(fake, account_pk)
    assert problems() == [(number, True)]
    end()
    read(fake, account_pk)
    assert (problems(), tickets()) == ([], {f"{number} 500": ("refunding", 500)})


def test_an_owner_has_all_of_it_asked_for_again(fake: WeChatFake) -> None:
    account_pk = connect(fake)
    read(fake, account_pk)
    number = gift(fake, 500, 700)
    end = refuse(fake, DETAIL, 9700224)
    read(fake, account_pk)
    end()
    account = PlatformAccount.objects.get()
    problem = PlatformProblem.objects.get()
    assert (problem.number, problem.ask_again) == (number, False)
    url = reverse("desk:shop-platform-again", args=[account.shop_id, problem.pk])
    page = english_client(account.connected_by)
    assert page.post(url, **HTMX).status_code == 204
    assert (problems(), len(tickets())) == ([], 2)


def test_a_list_that_was_refused_is_made_up_for(fake: WeChatFake) -> None:
    account_pk = connect(fake)
    read(fake, account_pk)
    end = refuse(fake, LIST, 48001)
    read(fake, account_pk)
    since = PlatformProblem.objects.get().unread_since
    assert since is not None and fake.now() - since > timedelta(hours=23)
    for amount in (500, 700):
        fake.advance(DAY)
        gift(fake, amount)
        read(fake, account_pk)
    assert PlatformProblem.objects.get().unread_since == since
    fake.advance(2 * DAY)
    assert tickets() == {}
    end()
    read(fake, account_pk)
    assert sorted(amount for _status, amount in tickets().values()) == [500, 700]
    assert problems() == []


def test_a_list_has_no_button(fake: WeChatFake) -> None:
    account_pk = connect(fake)
    read(fake, account_pk)
    end = refuse(fake, LIST, 48001)
    read(fake, account_pk)
    account, problem = PlatformAccount.objects.get(), PlatformProblem.objects.get()
    client = english_client(account.connected_by)
    page = client.get(reverse("desk:shop-platform", args=[account.shop_id]), **HTMX)
    text = page.content.decode()
    assert "Refunds of group gifts are not shown: The app has no right to this" in text
    assert "It is asked for with every round" in text
    url = reverse("desk:shop-platform-again", args=[account.shop_id, problem.pk])
    assert url not in text
    asked = len(fake.received)
    answer = client.post(url, **HTMX)
    assert (answer.status_code, len(fake.received)) == (422, asked)
    assert "It is a whole list, which is asked for with every round." in answer.content.decode()
    end()


def test_gifts_that_may_not_be_asked_for_stop_no_shop(fake: WeChatFake) -> None:
    """A push names one, or a ticket that the platform has forgotten is asked for again."""
    account_pk = connect(fake)
    read(fake, account_pk)
    account = PlatformAccount.objects.get()
    refuse(fake, DETAIL, 48001)
    for number in ("404", "405", "404-1"):
        account.messages.create(
            message_id=number, subject="ticket", number=number, received_at=fake.now()
        )
    fake.buyer_applies(fake.places(500), "refund_only", 500)
    read(fake, account_pk)
    account.refresh_from_db()
    assert (account.stopped, account.failures, len(tickets())) == (False, 0, 1)


def test_a_push_brings_all_of_it(fake: WeChatFake) -> None:
    account_pk = connect(fake)
    read(fake, account_pk)
    number = gift(fake, 500, 700)
    message = fake.push(
        {
            "Event": "channels_ec_present_aftersale_update",
            "CreateTime": 5,
            "finder_shop_present_aftersale_status_update": {
                "status": "PLATFORM_REFUNDING",
                "after_sale_order_id": number,
                "order_id": "4200",
            },
        }
    )
    answer = Client(enforce_csrf_checks=True).post(
        f"/platforms/{fake.code}/{fake.account().shop_code}/messages",
        message.body,
        content_type="application/json",
        query_params=dict(message.query),
    )
    assert answer.status_code == 200
    read_now(fake, account_pk)
    assert len(tickets()) == 2


def test_only_those_under_way_are_looked_after(fake: WeChatFake) -> None:
    connect(fake)
    account = PlatformAccount.objects.get()
    now = fake.now()
    for number, status, days in (
        ("G1-1", "refunding", 2),
        ("G1-2", "refunded", 2),
        ("G2-1", "refunded", 2),
        ("G3-1", "refunding", 40),
        ("44", "refunding", 2),
    ):
        factories.make_ticket(
            factories.make_order(account.shop),
            ticket_no=number,
            status=status,
            applied_at=now - timedelta(days=days),
            awaiting_evaluation=False,
        )
    strange = factories.make_order(factories.make_shop(code="other"))
    factories.make_ticket(strange, ticket_no="G5-1", applied_at=now)
    assert reads.known(account, "ticket", since=now).under_way() == {"G1"}
