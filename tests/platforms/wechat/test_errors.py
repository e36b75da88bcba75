"""Each error code of the platform (PLATFORMS e2) is a result that a person understands."""

import pytest

from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Declined, NotAuthorised, NotCarriedOut, Throttled, Why
from tests.platforms.wechat.scene import step_of
from tests.platforms.wechat.wire import Error

ACCEPT = "/channels/ec/aftersale/acceptapply"
DETAIL = "/channels/ec/aftersale/getaftersaleorder"
ORDER = "/channels/ec/order/get"
CHANGED = "The request has changed on the platform."
UNKNOWN = "The platform does not know this request."
HANDLING = "The platform is handling this request."
ADDRESS = "The platform does not take the shop's return address."


def answering(fake, path, code, message="原因 rid: 1"):
    def refuse(body):
        raise Error(code, message)

    fake.answers[path] = refuse


def a_step(fake, shop):
    return step_of(shop, fake.buyer_applies(fake.places(5000), "refund_only", 5000))


@pytest.mark.parametrize(
    ("code", "why", "said"),
    [
        (10020000, Why.NOT_FOUND, UNKNOWN),
        (10020001, Why.CHANGED, CHANGED),
        (10021041, Why.CHANGED, CHANGED),
        (10021043, Why.NOT_FOUND, UNKNOWN),
        (10021045, Why.OTHER, "The platform refuses: 原因 rid: 1 (10021045)"),
        (10021046, Why.NO_FUNDS, "The shop has too little money on the platform."),
        (10021050, Why.NOT_FOUND, UNKNOWN),
        (10021051, Why.PLATFORM_HANDLING, HANDLING),
        (10021057, Why.NOT_FOUND, UNKNOWN),
        (10021058, Why.OTHER, ADDRESS),
        (10021060, Why.OTHER, ADDRESS),
        (10021062, Why.OTHER, ADDRESS),
        (10021065, Why.PLATFORM_HANDLING, HANDLING),
        (10021068, Why.NEGOTIATE_FIRST, "The platform wants a negotiation with the buyer first."),
        (10020261, Why.OTHER, "The text has characters that the platform forbids."),
        (9700224, Why.OTHER, "The platform refuses: 原因 rid: 1 (9700224)"),
        (12345, Why.OTHER, "The platform refuses: 原因 rid: 1 (12345)"),
    ],
)
def test_a_step_is_declined(fake, shop, code, why, said):
    step = a_step(fake, shop)
    answering(fake, ACCEPT, code)
    assert shop.approve(step) == Declined(why, said)


@pytest.mark.parametrize(
    ("code", "seconds"), [(10021044, 5), (10021059, 60), (45009, 600), (45011, 60)]
)
def test_fewer_calls(fake, shop, code, seconds):
    step = a_step(fake, shop)
    answering(fake, ACCEPT, code)
    with pytest.raises(Throttled) as caught:
        shop.approve(step)
    assert caught.value.after == seconds


@pytest.mark.parametrize(
    "code",
    [
        40001, 40013, 40014, 40125, 40164, 41001, 41002, 41004, 42001, 45035,
        50001, 50002, 61004,
    ],
)  # fmt: skip
def test_credentials_that_are_refused(fake, shop, code):
    step = a_step(fake, shop)
    answering(fake, ACCEPT, code, "no")
    with pytest.raises(NotAuthorised) as caught:
        shop.approve(step)
    assert str(caught.value) == f"The platform refuses the credentials: no ({code})"


@pytest.mark.parametrize("code", [48001, 48004, 61007])
def test_a_right_that_was_not_granted(fake, shop, code):
    step = a_step(fake, shop)
    answering(fake, ACCEPT, code, "no")
    with pytest.raises(NotAuthorised) as caught:
        shop.approve(step)
    assert str(caught.value) == f"The app has no right to this at the platform: no ({code})"


@pytest.mark.parametrize("code", [-1, -2, 9700223])
def test_a_system_error_may_have_carried_it_out(fake, shop, code):
    step = a_step(fake, shop)
    answering(fake, ACCEPT, code)
    with pytest.raises(TimedOut):
        shop.approve(step)
    with pytest.raises(TimedOut):
        shop.confirm_receipt(_returning(fake, shop))


def _returning(fake, shop):
    order = fake.places(100)
    fake.ships(order)
    ticket = fake.buyer_applies(order, "return_refund", 100)
    with fake._open(ticket) as found:
        fake._moves(found, "USER_WAIT_RETURN")
    return step_of(shop, ticket)


@pytest.mark.parametrize("code", [-1, 9700223])
def test_a_system_error_before_anything_was_sent(fake, shop, code):
    step = a_step(fake, shop)
    answering(fake, DETAIL, code)
    with pytest.raises(NotCarriedOut):
        shop.approve(step)
    assert fake.calls("approve") == 0


@pytest.mark.parametrize("code", [10020000, 10021043, 10021050, 10021057])
def test_a_ticket_that_is_not_there(fake, shop, code):
    answering(fake, DETAIL, code)
    assert shop.ticket("1") is None


@pytest.mark.parametrize("code", [100002, 1010011])
def test_an_order_that_is_not_there(fake, shop, code):
    answering(fake, ORDER, code)
    assert shop.order("1") is None


@pytest.mark.parametrize("code", [9700224, 10020003, 10020004, 12345])
def test_a_fetch_that_is_refused(fake, shop, code):
    answering(fake, DETAIL, code)
    answering(fake, ORDER, code)
    for fetch in (shop.ticket, shop.order, shop.refund_status, shop.reject_reasons):
        with pytest.raises(NotCarriedOut) as caught:
            fetch("1")
        assert str(caught.value) == f"The platform refuses: 原因 rid: 1 ({code})"


def test_an_address_that_is_refused_is_asked_for_anew(fake, shop):
    def step():
        order = fake.places(100)
        fake.ships(order)
        return step_of(shop, fake.buyer_applies(order, "return_refund", 100))

    shop.approve_return(step())
    fake.addresses = {"9": {"recv_addr": 1, "default_recv": 1}}
    assert shop.approve_return(step()) == Declined(Why.OTHER, ADDRESS)
    shop.approve_return(step())
    assert fake.received[-1][1]["address_id"] == "9"
