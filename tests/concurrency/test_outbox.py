"""The outbox of webhooks under concurrency: nothing is passed by, one ticket stays in order."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from aftersale.models import Actor, TicketStatus, WebhookMessage, WebhookType
from aftersale.services.shared import locks
from aftersale.services.tickets.lifecycle import move
from aftersale.services.webhooks import endpoints, message_lease
from tests.factories import make_order, make_shop, make_ticket, make_user

from .threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    shop = make_shop()
    endpoints.create(
        shop_id=shop.pk,
        url="http://127.0.0.1:9/",
        description="",
        types=WebhookType.values,
        user=make_user(shop),
        now=timezone.now(),
    )
    return shop


def step(ticket, status, actor=Actor.PLATFORM) -> None:
    move(locks.lock_ticket(ticket.pk), status, actor=actor, now=timezone.now())


def test_a_cursor_would_pass_by_what_commits_late_and_states_do_not(shop):
    """The lower id commits last: whoever read on from the highest id would never see it."""
    slow, quick = make_ticket(make_order(shop)), make_ticket(make_order(shop))
    written, seen = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            step(slow, TicketStatus.CANCELLED)
            written.set()
            assert seen.wait(10)

    def early() -> list[int]:
        assert written.wait(10)
        with transaction.atomic():
            step(quick, TicketStatus.CANCELLED)
        taken = message_lease.take(limit=10, now=timezone.now())
        seen.set()
        return [lease.message.pk for lease in taken]

    _, first = at_once(late, early)
    (cursor,) = first
    assert list(WebhookMessage.objects.filter(pk__gt=cursor)) == []
    (missed,) = message_lease.take(limit=10, now=timezone.now())
    assert missed.message.pk < cursor
    assert missed.message.subject == f"ticket:{slow.pk}"


def test_two_who_take_at_once_never_take_the_same_nor_two_of_one_ticket(shop):
    order = make_order(shop)
    tickets = [make_ticket(order) for _ in range(12)]
    for ticket in tickets:
        with transaction.atomic():
            step(ticket, TicketStatus.NEGOTIATING, Actor.PERSON)
            step(ticket, TicketStatus.CANCELLED)

    def take() -> list[tuple[int, str]]:
        taken = message_lease.take(limit=6, now=timezone.now())
        return [(lease.message.pk, lease.message.subject) for lease in taken]

    both = [one for result in at_once(take, take, take) for one in result]
    assert len(both) == len({pk for pk, _ in both}) == len({subject for _, subject in both})
    assert both
    first = WebhookMessage.objects.order_by("subject", "pk").distinct("subject")
    assert {pk for pk, _ in both} <= {message.pk for message in first}


def test_changes_of_one_ticket_at_once_are_told_in_the_order_of_their_commits(shop):
    """The ticket's lock gives the ids their order: each `from` is the last one's `status`."""
    ticket = make_ticket(make_order(shop))

    def back_and_forth() -> None:
        for _n in range(5):
            with transaction.atomic():
                status = locks.lock_ticket(ticket.pk).status
                if status == TicketStatus.PENDING_REVIEW:
                    step(ticket, TicketStatus.NEGOTIATING, Actor.PERSON)
                else:
                    step(ticket, TicketStatus.PENDING_REVIEW)

    assert at_once(*[back_and_forth] * 3) == [None] * 3
    told = [message.data for message in WebhookMessage.objects.order_by("pk")]
    assert len(told) == 15
    assert [data["from"] for data in told[1:]] == [data["status"] for data in told[:-1]]


def test_an_endpoint_that_is_removed_meanwhile_fails_no_change(shop):
    """No key is checked: a decision must not fail because an owner removes a webhook."""
    ticket = make_ticket(make_order(shop))
    (endpoint,) = shop.webhook_endpoints.all()
    written, removed = threading.Event(), threading.Event()

    def changes() -> None:
        with transaction.atomic():
            step(ticket, TicketStatus.CANCELLED)
            written.set()
            assert removed.wait(10)

    def removes() -> None:
        assert written.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        endpoints.remove(
            endpoint_id=endpoint.pk, user=shop.memberships.get().user, now=timezone.now()
        )
        removed.set()

    assert at_once(changes, removes) == [None, None]
    ticket.refresh_from_db()
    assert ticket.status == "cancelled"
    assert message_lease.take(limit=10, now=timezone.now()) == []
