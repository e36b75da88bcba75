"""Messages of platforms: believed with the right signature only, kept once, followed by a task."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django_q.models import OrmQ

from aftersale.models import Order, PlatformMessage, PlatformProblem, Ticket
from aftersale.platforms.payments import TimedOut
from aftersale.services.syncing import health, messages, read_changes
from tests.concurrency.threads import at_once, meeting
from tests.factories import NOON
from tests.platforms import double
from tests.platforms.double import Clock

from .conftest import Connected

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes_at_once")]
URL = "/platforms/double/s1/messages"


def body_of(*changes: tuple[str, str, str]) -> bytes:
    return json.dumps(changes).encode()


def send(body: bytes, *, url: str = URL, sign: str | None = None):
    sign = double.signature(body, double.GIVEN["token"]) if sign is None else sign
    return Client(enforce_csrf_checks=True).post(
        f"{url}?sign={sign}", body, content_type="application/json"
    )


def kept() -> list[tuple[str, str, str]]:
    rows = PlatformMessage.objects.order_by("pk")
    return list(rows.values_list("message_id", "subject", "number"))


def test_a_message_is_kept_once_and_followed_by_a_task(connected: Connected):
    connected.read()
    connected.order("O1")
    connected.ticket("T1")
    OrmQ.objects.all().delete()
    connected.place.calls.clear()
    body = body_of(("ticket", "T1", "m1"))
    assert [send(body).content for _again in range(2)] == [b"success"] * 2
    assert kept() == [("m1", "ticket", "T1")]
    # Nothing is asked of the platform while it waits for the answer.
    assert connected.place.calls == []
    tasks = [(task.key, task.task["func"]) for task in OrmQ.objects.all()]
    assert tasks[0] == ("pull", "aftersale.tasks.read_platform")
    connected.read()
    # The order first, so that the ticket is evaluated at once.
    assert connected.place.calls == [("renewed",), ("ticket", "T1"), ("order", "O1")]
    ticket = Ticket.objects.get()
    assert (ticket.order and ticket.order.order_no, ticket.awaiting_evaluation) == ("O1", True)
    assert PlatformMessage.objects.get().followed_at == NOON
    connected.place.calls.clear()
    connected.read()
    assert connected.place.calls == []


def test_several_messages_about_one_ticket_are_one_fetch(connected: Connected):
    connected.read()
    connected.order("O1")
    connected.ticket("T1")
    connected.place.calls.clear()
    send(body_of(("ticket", "T1", "m1"), ("ticket", "T1", "m2"), ("order", "O1", "m3")))
    connected.read()
    fetched = [call for call in connected.place.calls if call[0] in ("ticket", "order")]
    assert fetched == [("ticket", "T1"), ("order", "O1"), ("order", "O1")]


@pytest.mark.parametrize(
    "send_it",
    [
        lambda body: send(body, sign="0" * 64),
        lambda body: send(body, sign=""),
        lambda body: send(body + b" ", sign=double.signature(body, double.GIVEN["token"])),
        # Whether a shop is there, and on which platform, is nobody's business.
        lambda body: send(body, url="/platforms/double/s9/messages"),
        lambda body: send(body, url="/platforms/kuaishou/s1/messages"),
        lambda body: send(body, url="/platforms/double/s%00/messages"),
        # Signed, and not readable.
        lambda body: send(b"[1"),
        lambda body: send(b'[["ticket", "T1"]]'),
    ],
)
def test_what_can_not_be_believed_is_refused_and_nothing_written(connected: Connected, send_it):
    OrmQ.objects.all().delete()
    answer = send_it(body_of(("ticket", "T1", "m1")))
    assert (answer.status_code, answer.content) == (403, b"")
    assert (kept(), OrmQ.objects.count()) == ([], 0)


def test_too_large_a_message_is_refused_unread(connected: Connected):
    answer = send(b" " * (256 * 1024 + 1))
    assert (answer.status_code, kept()) == (413, [])


def test_numbers_that_no_record_can_have_are_left_out(connected: Connected):
    send(body_of(("ticket", "x" * 65, "m1"), ("ticket", "", "m2"), ("ticket", "\0", "m3")))
    assert kept() == []


def test_a_long_message_id_is_kept_by_its_hash(connected: Connected):
    for _again in range(2):
        send(body_of(("ticket", "T1", "m" * 500), ("ticket", "T1", "m" * 501)))
    assert [len(row[0]) for row in kept()] == [64, 64]


def test_the_platform_may_try_the_address_first(connected: Connected):
    client = Client()
    answer = client.get(URL, {"token": double.GIVEN["token"], "echo": "4711"})
    assert (answer.status_code, answer.content) == (200, b"4711")
    for url, query in [(URL, {"token": "x", "echo": "1"}), ("/platforms/double/s9/messages", {})]:
        assert client.get(url, query).status_code == 403
    assert client.put(URL).status_code == 405


def test_a_message_that_was_missed_is_found_by_the_round(connected: Connected):
    connected.read()
    connected.order("O1")
    connected.ticket("T1")
    connected.read_later(minutes=1)
    assert (Ticket.objects.get().awaiting_evaluation, kept()) == (True, [])


def test_a_message_during_a_round_is_followed_before_the_round_goes_on(connected: Connected):
    connected.clock.turn(minutes=1)

    def tell(call: tuple) -> None:
        if call[0] == "orders" and not kept():
            connected.place.put_order(connected.order("O1"))
            send(body_of(("order", "O1", "m1")))

    connected.place.before = tell
    connected.read()
    calls = [call[0] for call in connected.place.calls]
    assert calls.index("order") == calls.index("orders") + 1


def test_what_can_not_be_fetched_holds_up_no_other(connected: Connected):
    """SPEC O6."""
    connected.read()

    def fail(call: tuple) -> None:
        if call == ("ticket", "T1"):
            raise TimedOut

    connected.place.before = fail
    send(body_of(("ticket", "T1", "m1"), ("order", "O2", "m2")))
    connected.order("O2")
    connected.read()
    assert not PlatformMessage.objects.filter(followed_at=None).exists()
    [problem] = PlatformProblem.objects.all()
    assert (problem.subject, problem.number, problem.ask_again) == ("ticket", "T1", True)
    assert Order.objects.get().order_no == "O2"
    assert connected.account.failures == 0


def test_where_nothing_is_fetched_messages_wait_and_are_passed_by_in_the_end(connected: Connected):
    connected.read()

    def fail(call: tuple) -> None:
        if call[0] == "ticket":
            raise TimedOut

    connected.place.before = fail
    send(body_of(*(("ticket", f"T{number}", f"m{number}") for number in range(3))))
    connected.read()
    assert [
        (one.number, one.tries) for one in PlatformMessage.objects.filter(followed_at=None)
    ] == [
        ("T1", 1),
        ("T2", 0),
    ]
    assert connected.account.failures == 1
    for _try in range(2 * read_changes.MOST_TRIES):
        connected.clock.turn(minutes=15)
        connected.read()
    assert not PlatformMessage.objects.filter(followed_at=None).exists()
    assert {problem.ask_again for problem in PlatformProblem.objects.all()} == {True}


def test_pauses_do_not_grow_where_messages_are_followed_in_between(connected: Connected):
    connected.read()
    count = iter(range(1000))

    def fail(call: tuple) -> None:
        if call[0] == "ticket" and next(count) % 5 > 2:
            raise TimedOut

    connected.place.before = fail
    connected.order("O1")
    for number in range(20):
        connected.ticket(f"T{number}")
    send(body_of(*(("ticket", f"T{number}", f"m{number}") for number in range(20))))
    pauses = []
    while PlatformMessage.objects.filter(followed_at=None).exists():
        read_changes.run(account_pk=connected.account.pk, clock=connected.clock)
        paused_until = connected.account.paused_until
        if paused_until is None:
            break
        pauses.append(paused_until - connected.clock.now)
        connected.clock.now = paused_until
    assert pauses == [health.PAUSES[0]] * 4
    connected.place.before = lambda call: None
    connected.read_later(minutes=6)
    assert Ticket.objects.count() == 20
    assert not PlatformProblem.objects.exists()


def test_what_is_not_there_any_more_is_no_problem(connected: Connected):
    connected.read()
    send(body_of(("ticket", "T9", "m1"), ("order", "O9", "m2")))
    connected.read()
    assert not PlatformMessage.objects.filter(followed_at=None).exists()
    assert not PlatformProblem.objects.exists()


def test_followed_messages_are_forgotten_after_a_week(connected: Connected):
    connected.read()
    send(body_of(("ticket", "T9", "m1")))
    PlatformMessage.objects.update(received_at=NOON)
    messages.forget(now=NOON + messages.KEPT + timedelta(seconds=1))
    assert len(kept()) == 1
    connected.read()
    messages.forget(now=NOON + messages.KEPT)
    assert len(kept()) == 1
    messages.forget(now=NOON + messages.KEPT + timedelta(seconds=1))
    assert kept() == []


@pytest.mark.django_db(transaction=True)
def test_one_message_that_comes_twice_at_once(
    offered: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    Connected(clock)
    body = body_of(("ticket", "T1", "m1"))

    def receive(meet) -> list[str]:
        def one() -> str:
            read = double.Double.messages

            def then_meet(self, **given):
                found = read(self, **given)
                meet()
                return found

            monkeypatch.setattr(double.Double, "messages", then_meet)
            return messages.receive(
                platform="double",
                shop_code="s1",
                body=body,
                headers={},
                query={"sign": double.signature(body, double.GIVEN["token"])},
                now=NOON,
            )

        return at_once(one, one)

    # Without the key both are kept: this is what it guards against.
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE aftersale_platformmessage DROP CONSTRAINT platform_message_once"
        )
        try:
            receive(meeting(2))
            assert len(kept()) == 2
        finally:
            cursor.execute("DELETE FROM aftersale_platformmessage")
            cursor.execute(
                "ALTER TABLE aftersale_platformmessage ADD CONSTRAINT platform_message_once"
                " UNIQUE (account_id, message_id)"
            )
    assert receive(meeting(2)) == ["success", "success"]
    assert kept() == [("m1", "ticket", "T1")]


# An app that has one address for all its shops.

APP = "/platforms/double/messages"


def test_a_message_to_the_apps_address_reaches_the_shops_that_it_is_about(
    connected: Connected, clock: Clock
):
    """Each shop's own secrets and the seller inside the message say whose it is."""
    Connected(clock, "s2")
    double.places["s2"].about_others = True
    assert send(body_of(("ticket", "T1", "m1")), url=APP).content == b"success"
    rows = PlatformMessage.objects.values_list("account__shop__code", "number")
    assert list(rows) == [("s1", "T1")]


def test_a_message_to_the_apps_address_that_no_shop_believes_is_forged(connected: Connected):
    for url, sign in [(APP, "x"), ("/platforms/other/messages", None)]:
        answer = send(body_of(("ticket", "T1", "m1")), url=url, sign=sign)
        assert (answer.status_code, answer.content) == (403, b"")
    assert kept() == []


def test_a_shop_that_can_not_be_opened_does_not_keep_messages_from_others(
    connected: Connected, clock: Clock
):
    first = Connected(clock, "s0")
    first.account.__class__.objects.filter(pk=first.account.pk).update(sealed="not readable")
    assert send(body_of(("ticket", "T1", "m1")), url=APP).status_code == 200
    assert kept() == [("m1", "ticket", "T1")]


def test_the_platform_may_try_the_apps_address_first(connected: Connected):
    client = Client()
    answer = client.get(APP, {"token": double.GIVEN["token"], "echo": "4711"})
    assert (answer.status_code, answer.content) == (200, b"4711")
    assert client.get(APP, {"token": "x", "echo": "1"}).status_code == 403


def test_a_platform_is_answered_in_its_own_words(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
):
    """Kuaishou sends again and again what is not answered so."""
    monkeypatch.setattr(double.Double, "reply", '{"result":1}', raising=False)
    for url in (URL, APP):
        assert send(body_of(), url=url).content == b'{"result":1}'
