"""Webhooks from the change to the receiver: signed, at least once, in order per ticket."""

import json
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override
from standardwebhooks import Webhook, WebhookVerificationError

from aftersale.models import (
    Actor,
    AuditEntry,
    Ticket,
    TicketEvent,
    TicketStatus,
    WebhookEndpoint,
    WebhookMessage,
    WebhookType,
)
from aftersale.services.shared import locks
from aftersale.services.tickets.lifecycle import move
from aftersale.services.webhooks import delivery, endpoints, log, message_lease
from tests.factories import make_order, make_shop, make_ticket, make_user

from .receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
ALL = list(WebhookType.values)


@pytest.fixture
def shop():
    return make_shop(code="ks-1")


@pytest.fixture
def owner(shop):
    return make_user(shop, username="olga")


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


def listen(receiver: Receiver, owner, shop, types=ALL):
    """An endpoint at the receiver, and its secret."""
    return endpoints.create(
        shop_id=shop.pk,
        url=receiver.url,
        description="",
        types=types,
        user=owner,
        now=timezone.now(),
    )


def deliver(now: datetime | None = None) -> bool:
    """Once through what is due at the moment; waits for nothing that becomes due later."""
    return delivery.run(clock=lambda: now or timezone.now(), seconds=2)


def cancel(ticket: Ticket) -> None:
    with transaction.atomic():
        locked = locks.lock_ticket(ticket.pk)
        move(locked, TicketStatus.CANCELLED, actor=Actor.PLATFORM, now=timezone.now())


def verified(receiver: Receiver, secret: str, number: int = -1) -> dict:
    headers, body = receiver.calls[number]
    return Webhook(secret).verify(body, headers)


def test_a_change_reaches_the_receiver_signed(shop, owner, receiver):
    endpoint, secret = listen(receiver, owner, shop)
    ticket = make_ticket(make_order(shop, order_no="O1"), ticket_no="AS1", amount=5990)
    cancel(ticket)
    deliver()
    message = WebhookMessage.objects.get()
    body = verified(receiver, secret)
    assert body == {
        "type": "ticket.updated",
        "timestamp": timezone.localtime(TicketEvent.objects.get().at).isoformat(),
        "data": {
            "shop": "ks-1",
            "ticket_no": "AS1",
            "order_no": "O1",
            "type": "refund_only",
            "reason": "no_longer_wanted",
            "amount": "59.90",
            "what": "status",
            "by": "platform",
            "from": "pending_review",
            "status": "cancelled",
        },
    }
    headers, _ = receiver.calls[0]
    assert headers["webhook-id"] == message.name
    assert headers["content-type"] == "application/json"
    assert (message.state, message.attempts, message.answer) == ("delivered", 1, 204)
    endpoint.refresh_from_db()
    assert endpoint.last_success_at is not None and endpoint.failing_since is None
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(receiver.calls[0][1], headers)


def test_the_outbox_is_written_with_the_change_or_not_at_all(shop, owner, receiver):
    listen(receiver, owner, shop)
    ticket = make_ticket(make_order(shop))
    with pytest.raises(RuntimeError), transaction.atomic():
        cancel(ticket)
        assert WebhookMessage.objects.count() == 1
        raise RuntimeError
    assert not WebhookMessage.objects.exists()


def test_only_what_was_asked_for_and_only_of_the_own_shop(shop, owner, receiver):
    other = make_shop()
    endpoint, _ = listen(receiver, owner, shop, ["ticket.arrived"])
    cancel(make_ticket(make_order(shop)))
    cancel(make_ticket(make_order(other)))
    assert not WebhookMessage.objects.exists()
    endpoints.change(
        endpoint_id=endpoint.pk,
        url=receiver.url,
        description="",
        types=["ticket.updated"],
        user=owner,
        now=timezone.now(),
    )
    cancel(make_ticket(make_order(shop)))
    cancel(make_ticket(make_order(other)))
    assert WebhookMessage.objects.count() == 1
    endpoints.switch_off(endpoint_id=endpoint.pk, user=owner, now=timezone.now())
    cancel(make_ticket(make_order(shop)))
    assert WebhookMessage.objects.count() == 1
    deliver()
    assert receiver.calls == []


def test_a_later_event_of_a_ticket_waits_for_the_earlier_one(shop, owner, receiver):
    """At least once and in order per ticket; others do not wait."""
    listen(receiver, owner, shop, ["ticket.arrived", "ticket.updated"])
    first, second = make_ticket(make_order(shop)), make_ticket(make_order(shop))
    now = timezone.now()
    for ticket in (first, second):
        TicketEvent.objects.create(ticket=ticket, at=now, kind="arrived", actor="platform")
    cancel(first)
    cancel(second)

    def answer(body):
        return 500 if body["data"]["ticket_no"] == first.ticket_no else 204

    receiver.answer = answer
    deliver(now)
    of_first = [b["type"] for b in receiver.bodies if b["data"]["ticket_no"] == first.ticket_no]
    of_second = [b["type"] for b in receiver.bodies if b["data"]["ticket_no"] == second.ticket_no]
    assert of_first == ["ticket.arrived"]
    assert of_second == ["ticket.arrived", "ticket.updated"]
    assert deliver(now + timedelta(seconds=4)) is False
    assert len(receiver.calls) == 3
    receiver.answer = lambda body: 204
    deliver(now + timedelta(seconds=6))
    assert receiver.types[3:] == ["ticket.arrived", "ticket.updated"]
    assert not WebhookMessage.objects.exclude(state="delivered").exists()


def test_pauses_grow_over_a_day_then_it_is_given_up(shop, owner, receiver):
    endpoint, secret = listen(receiver, owner, shop)
    cancel(make_ticket(make_order(shop)))
    receiver.answer = lambda body: 503
    start = now = timezone.now()
    moments = []
    while (message := WebhookMessage.objects.get()).state == "waiting":
        WebhookEndpoint.objects.update(next_try_at=None)
        now = message.next_try_at or now
        deliver(now)
        moments.append(now)
    assert len(moments) == len(message_lease.PAUSES) + 1 == len(receiver.calls)
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    for pause, wanted in zip(pauses, message_lease.PAUSES, strict=True):
        assert wanted <= pause <= wanted * 1.1
    assert timedelta(hours=23) < now - start < timedelta(hours=27)
    assert (message.state, message.attempts, message.answer) == ("failed", 11, 503)
    assert len({headers["webhook-id"] for headers, _ in receiver.calls}) == 1
    assert len({body for _, body in receiver.calls}) == 1
    receiver.answer = lambda body: 200
    assert log.send_failed_again(endpoint_id=endpoint.pk, since=start, user=owner, now=now) == 1
    deliver(now)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.answer) == ("delivered", 1, 200)


def test_an_endpoint_that_fails_again_and_again_is_asked_rarely(shop, owner, receiver):
    """A thousand messages are no thousand calls to a receiver that is down."""
    endpoint, _ = listen(receiver, owner, shop, ["ticket.updated"])
    order = make_order(shop)
    for _n in range(20):
        cancel(make_ticket(order))
    receiver.answer = lambda body: 500
    now = timezone.now()
    deliver(now)
    assert len(receiver.calls) <= message_lease.AT_ONCE + message_lease.FAILING
    tried = len(receiver.calls)
    endpoint.refresh_from_db()
    assert endpoint.failing_since == now and endpoint.next_try_at > now
    deliver(endpoint.next_try_at)
    assert len(receiver.calls) == tried + 1
    receiver.answer = lambda body: 200
    for _n in range(3):
        endpoint.refresh_from_db()
        WebhookMessage.objects.update(next_try_at=None)
        now = max(now, endpoint.next_try_at or now) + timedelta(seconds=1)
        delivery.run(clock=lambda: now, seconds=1)  # noqa: B023
    assert not WebhookMessage.objects.exclude(state="delivered").exists()
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.failures) == (None, 0)


def test_after_a_rotation_both_secrets_sign_for_a_day(shop, owner, receiver):
    endpoint, old = listen(receiver, owner, shop)
    assert old.startswith("whsec_") and old not in endpoint.secret
    now = timezone.now()
    _, new = endpoints.rotate(endpoint_id=endpoint.pk, user=owner, now=now)
    log.send_test(endpoint_id=endpoint.pk, user=owner, now=now)
    deliver()
    assert verified(receiver, old) == verified(receiver, new)
    WebhookEndpoint.objects.update(old_secret_until=now - timedelta(seconds=1))
    log.send_test(endpoint_id=endpoint.pk, user=owner, now=now)
    deliver()
    assert verified(receiver, new)["data"] == {"shop": "ks-1", "sent_by": "olga"}
    with pytest.raises(WebhookVerificationError):
        verified(receiver, old)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(shop, owner, receiver, status):
    """Only the typed address was checked, not the target of the redirect."""
    listen(receiver, owner, shop)
    receiver.headers["location"] = receiver.url + "/elsewhere"
    receiver.answer = lambda body: status
    cancel(make_ticket(make_order(shop)))
    deliver()
    message = WebhookMessage.objects.get()
    assert (message.state, message.answer) == ("waiting", status)
    assert message.failure == "redirect"
    assert len(receiver.calls) == 1


def test_gone_switches_off_at_once_and_what_waits_stays(shop, owner, receiver):
    endpoint, _ = listen(receiver, owner, shop)
    receiver.answer = lambda body: 410
    cancel(make_ticket(make_order(shop)))
    now = timezone.now()
    deliver(now)
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.off_because, endpoint.off_at) == (False, "gone", now)
    assert WebhookMessage.objects.get().state == "waiting"
    event = AuditEntry.objects.order_by("pk").last()
    assert event.kind == "webhook" and event.user is None
    notes = {}
    for language in ("en", "zh-hans"):
        with override(language):
            notes[language] = AuditEntry.objects.get(pk=event.pk).note
    assert notes == {
        "en": f"{endpoint.host}: Switched off: it answered 410 Gone",
        "zh-hans": f"{endpoint.host}：已停用：对方应答 410 Gone",
    }
    receiver.answer = lambda body: 200
    endpoints.switch_on(endpoint_id=endpoint.pk, user=owner, now=now)
    deliver(now + timedelta(seconds=10))
    assert WebhookMessage.objects.get().state == "delivered"


def test_after_three_days_of_failures_it_is_switched_off(shop, owner, receiver):
    endpoint, _ = listen(receiver, owner, shop)
    cancel(make_ticket(make_order(shop)))
    receiver.answer = lambda body: 500
    now = timezone.now()
    WebhookEndpoint.objects.update(failing_since=now - timedelta(days=3), failures=8)
    deliver(now)
    endpoint.refresh_from_db()
    assert endpoint.enabled  # nine failures are no long series
    later = WebhookMessage.objects.get().next_try_at + timedelta(hours=1)
    deliver(later)
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.off_because) == (False, "failing")
    assert WebhookMessage.objects.get().state == "waiting"


def test_one_that_hangs_holds_up_nobody_else(shop, owner, receiver):
    other = make_shop()
    other_owner = make_user(other)
    with receiving(hang=threading.Event()) as hanging:
        listen(hanging, owner, shop)
        for _n in range(message_lease.AT_ONCE + 4):
            cancel(make_ticket(make_order(shop)))
        listen(receiver, other_owner, other)
        for _n in range(20):
            cancel(make_ticket(make_order(other)))
        answered = []

        def count(body):
            answered.append(body)
            if len(answered) == 20:
                hanging.hang.set()
            return 204

        receiver.answer = count
        delivery.run(clock=timezone.now, seconds=2)
        assert len(answered) == 20
        assert len(hanging.calls) >= message_lease.AT_ONCE


def test_a_lease_that_ran_out_is_taken_by_another_and_counts_once(shop, owner, receiver):
    """A worker that died, or slept: the message goes out again, its late news count no more."""
    listen(receiver, owner, shop)
    cancel(make_ticket(make_order(shop)))
    now = timezone.now()
    (first,) = message_lease.take(limit=10, now=now)
    assert message_lease.take(limit=10, now=now + timedelta(seconds=59)) == []
    (second,) = message_lease.take(limit=10, now=now + timedelta(seconds=60))
    message_lease.settle(first, status=200, failure="", now=now)
    assert WebhookMessage.objects.get().state == "waiting"
    message_lease.settle(second, status=None, failure="no_connection", now=now)
    message = WebhookMessage.objects.get()
    assert (message.attempts, message.failure) == (1, "no_connection")
    assert json.loads(json.dumps(message.data))["shop"] == "ks-1"
    assert message.tried_at.astimezone(UTC) == now


def test_old_deliveries_leave_the_log_and_what_waits_stays(shop, owner, receiver):
    endpoint, _ = listen(receiver, owner, shop)
    for _n in range(3):
        cancel(make_ticket(make_order(shop)))
    now = timezone.now()
    old, young, waiting = WebhookMessage.objects.order_by("pk")
    WebhookMessage.objects.filter(pk=old.pk).update(
        state="delivered", finished_at=now - timedelta(days=30, seconds=1)
    )
    WebhookMessage.objects.filter(pk=young.pk).update(
        state="failed", finished_at=now - timedelta(days=29)
    )
    assert log.clear(now=now) == 1
    assert set(WebhookMessage.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}
    WebhookEndpoint.objects.filter(pk=endpoint.pk)._raw_delete("default")
    assert log.clear(now=now) == 2


def test_what_nobody_thought_of_ends_one_call_and_not_the_run(shop, owner, receiver, monkeypatch):
    listen(receiver, owner, shop)
    first, second = make_ticket(make_order(shop)), make_ticket(make_order(shop))
    cancel(first)
    cancel(second)
    real = delivery.http_post.post

    def post(url, *, body, headers):
        if first.ticket_no in body.decode():
            raise ZeroDivisionError
        return real(url, body=body, headers=headers)

    monkeypatch.setattr(delivery.http_post, "post", post)
    deliver()
    found = WebhookMessage.objects.order_by("pk").values_list("state", "failure")
    assert list(found) == [("waiting", "broken"), ("delivered", "")]
