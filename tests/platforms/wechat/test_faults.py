"""Faults on the way, none of them mistaken for an answer."""

import socket
import threading
from dataclasses import replace

import pytest

from aftersale.platforms import connection, payments
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import (
    Accepted,
    Account,
    NotAuthorised,
    NotCarriedOut,
    RecordUnreadable,
    Throttled,
)
from aftersale.platforms.wechat import WeChatShop
from aftersale.platforms.wechat import shop as shop_module
from tests.each import each
from tests.platforms.fakes import Fault
from tests.platforms.wechat.scene import picture, step_of


def a_step(fake, shop):
    return step_of(shop, fake.buyer_applies(fake.places(5000), "refund_only", 5000))


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.GARBLED])
def test_an_answer_that_does_not_come_leaves_it_open(fake, shop, fault):
    step = a_step(fake, shop)
    fake.fail(fault)
    with pytest.raises(TimedOut):
        shop.approve(step)
    # It was carried out, and asking says so; sent again, it is not paid again.
    assert fake.ticket(step.ticket_no).status == "refunding"
    assert shop.approve(step) != Accepted()
    fake.advance(60)
    assert fake.ticket(step.ticket_no).refunded == 5000
    assert fake.calls("approve") == 1


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.LOST_CALL, Fault.LOST_ANSWER, Fault.GARBLED]
)
def test_a_call_that_breaks_before_anything_is_sent(fake, shop, fault):
    step = a_step(fake, shop)
    fake.fail(fault, reading=True)
    with pytest.raises(NotCarriedOut):
        shop.approve(step)
    assert fake.calls("approve") == 0
    assert shop.approve(step) == Accepted()


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.LOST_CALL])
def test_a_step_that_breaks_is_open(fake, shop, fault):
    step = a_step(fake, shop)
    fake.fail(fault)
    with pytest.raises(TimedOut):
        shop.approve(step)
    assert fake.ticket(step.ticket_no).status == "pending_review"
    assert fake.calls("approve") == 1


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.LOST_CALL, Fault.LOST_ANSWER, Fault.GARBLED]
)
def test_a_list_that_breaks(fake, shop, fault):
    a_step(fake, shop)
    fake.fail(fault, reading=True)
    with pytest.raises(TimedOut):
        list(shop.changed_tickets(since=fake.now(), until=fake.now().replace(year=2027)))


def test_throttled(fake, shop):
    step = a_step(fake, shop)
    fake.fail(Fault.THROTTLED)
    with pytest.raises(Throttled) as caught:
        shop.approve(step)
    assert caught.value.after == 60
    assert shop.approve(step) == Accepted()


def test_a_token_that_ran_out(fake, shop):
    step = a_step(fake, shop)
    fake.fail(Fault.TOKEN_EXPIRED)
    with pytest.raises(NotAuthorised):
        shop.approve(step)
    fake.token = "token-2"
    with pytest.raises(NotAuthorised):
        shop.approve(step)
    assert WeChatShop(fake.account()).approve(step) == Accepted()


def test_pictures_that_do_not_arrive_send_no_offer(fake, shop):
    step = a_step(fake, shop)
    reads = fake._ticket_detail

    def then_breaks(body):
        fake.fail(Fault.SERVER_ERROR, reading=True)
        return reads(body)

    fake.answers["/channels/ec/aftersale/getaftersaleorder"] = then_breaks
    with pytest.raises(NotCarriedOut):
        shop.negotiate(step, type="refund_only", amount=1, text="x", pictures=[picture()])
    assert (fake.received, fake.calls("negotiate")) == ([], 0)


def test_a_platform_that_is_not_there(fake, shop):
    step = a_step(fake, shop)
    fake.stop()
    gone = WeChatShop(replace(fake_account(shop, step), address="http://127.0.0.1:1"))
    for call in (lambda: gone.approve(step), lambda: gone.ticket("1"), gone.test):
        with pytest.raises(NotCarriedOut):
            call()
    fake.start()


def fake_account(shop, step):
    return Account("s", {"access_token": "t", "app_id": "a", "app_secret": "b"})


@each("address", ["ftp://127.0.0.1", "http://[", "nonsense", "http://127.0.0.1:99999"])
def test_an_address_that_is_none(address):
    lost = WeChatShop(Account("s", {"access_token": "t"}, address))
    with pytest.raises(NotCarriedOut):
        lost.ticket("1")


@pytest.fixture
def hanging():
    """Takes connections and says as little as it is told."""
    says: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            kept.append(connection)
            connection.recv(65536)
            for part in says:
                connection.sendall(part)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    yield says, f"http://127.0.0.1:{listener.getsockname()[1]}"
    # Not closed while it is waited at: its number could be the next listener's already.
    listener.shutdown(socket.SHUT_RDWR)
    serving.join()
    listener.close()
    for one in kept:
        one.close()


@pytest.mark.parametrize(
    "says",
    [
        [],
        [b"HTTP/1.1 200 OK\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"],
        [b"nonsense\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"],
        [b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"errcode": "x"}'],
    ],
)
def test_an_answer_that_never_ends_or_is_none(hanging, monkeypatch, says):
    """A platform that hangs is given up, after CALL_TIMEOUT_SECONDS."""
    monkeypatch.setattr(payments, "CALL_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(shop_module, "CALL_TIMEOUT_SECONDS", 0.2)
    answers, address = hanging
    answers.extend(says)
    with pytest.raises(TimedOut):
        WeChatShop(Account("s", {"access_token": "t"}, address)).ticket("1")


def test_an_answer_without_what_was_asked_for_is_that_records_problem(hanging):
    answers, address = hanging
    answers.append(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    with pytest.raises(RecordUnreadable):
        WeChatShop(Account("s", {"access_token": "t"}, address)).ticket("1")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, NotAuthorised),
        (301, NotCarriedOut),
        (404, NotCarriedOut),
        (413, NotCarriedOut),
        (429, Throttled),
    ],
)
def test_other_answers_of_http(hanging, status, error):
    answers, address = hanging
    answers.append(
        b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" % status
    )
    with pytest.raises(error):
        WeChatShop(Account("s", {"access_token": "t"}, address)).ticket("1")


def test_an_answer_that_is_too_long(hanging, monkeypatch):
    monkeypatch.setattr(connection, "LONGEST_ANSWER", 10)
    answers, address = hanging
    answers.append(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"errcode": 0      }')
    with pytest.raises(TimedOut):
        WeChatShop(Account("s", {"access_token": "t"}, address)).ticket("1")
