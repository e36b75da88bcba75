"""The sandbox as a platform, end to end (SPEC promise 1)."""

import pytest
from django.db import IntegrityError, transaction

from aftersale.models import SandboxBehaviour, SandboxInstruction, SandboxPayment, Shop
from aftersale.platforms import sandbox_payments
from aftersale.platforms.payments import KeyReused, NeverSeen, Paid, PayRequest
from aftersale.platforms.sandbox_payments import Sandbox
from tests.factories import NOON

from .conftest import audit, decided, make_order, make_shop, pay_until_done

pytestmark = pytest.mark.django_db


def request(shop: Shop, **values: object) -> PayRequest:
    defaults = {
        "shop_id": shop.pk,
        "shop_code": shop.code,
        "ticket_no": "t",
        "order_no": "o",
        "amount": 100,
        "reason": "",
        "key": "k-1",
        "fingerprint": "f",
        "type": "refund_only",
        "asked": 100,
        "version": NOON,
        "goods_back": False,
    }
    return PayRequest(**{**defaults, **values})


@pytest.mark.parametrize(
    ("behaviour", "steps", "end", "payments"),
    [
        (None, [], "refunded", [True]),
        (SandboxBehaviour.PAY, [], "refunded", [True]),
        (SandboxBehaviour.SLOW, [], "refunded", [True]),
        (SandboxBehaviour.REFUSE, [], "refund_failed", [False]),
        (SandboxBehaviour.FAIL, [60], "refunded", [False, True]),
        (SandboxBehaviour.TIMEOUT_AFTER_PAYING, [10], "refunded", [True]),
        (SandboxBehaviour.TIMEOUT_BEFORE_PAYING, [10], "refunded", [True]),
    ],
)
def test_behaviours(clock, monkeypatch, behaviour, steps, end, payments):
    monkeypatch.setattr(sandbox_payments, "SLOW_SECONDS", 0.01)
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    if behaviour is not None:
        SandboxInstruction.objects.create(shop=refund.shop, behaviour=behaviour, remaining=1)
    pay_until_done(clock)
    for seconds in steps:
        refund.ticket.refresh_from_db()
        assert refund.ticket.status == "refunding"
        clock.turn(seconds=seconds)
        pay_until_done(clock)
    refund.ticket.refresh_from_db()
    assert refund.ticket.status == end
    assert list(SandboxPayment.objects.order_by("pk").values_list("paid", flat=True)) == payments
    assert audit() == []


def test_a_refusal_found_out_by_asking_is_still_for_good(clock):
    shop = make_shop()
    SandboxInstruction.objects.create(shop=shop, behaviour=SandboxBehaviour.REFUSE)
    answer = Sandbox().pay(request(shop))
    assert Sandbox().status(request(shop)) == answer
    assert answer.permanent


def test_one_key_pays_once_and_only_for_the_same_content():
    shop = make_shop()
    assert Sandbox().status(request(shop)) == NeverSeen()
    assert Sandbox().pay(request(shop)) == Paid()
    assert Sandbox().pay(request(shop)) == Paid()
    with pytest.raises(KeyReused):
        Sandbox().pay(request(shop, amount=101, fingerprint="g"))
    assert SandboxPayment.objects.get().amount == 100


def test_an_instruction_for_one_ticket_goes_before_the_shops_and_wears_off():
    shop = make_shop()
    for ticket_no, behaviour in (("", SandboxBehaviour.REFUSE), ("t", SandboxBehaviour.PAY)):
        SandboxInstruction.objects.create(
            shop=shop, ticket_no=ticket_no, behaviour=behaviour, remaining=1
        )
    assert Sandbox().pay(request(shop)) == Paid()
    assert Sandbox().pay(request(shop, ticket_no="u", key="k-2")).permanent
    assert Sandbox().pay(request(shop, key="k-3")) == Paid()


def test_the_sandbox_is_for_demo_shops_only():
    with pytest.raises(IntegrityError, match="shop_sandbox_only_for_demo"), transaction.atomic():
        make_shop(is_demo=False)
