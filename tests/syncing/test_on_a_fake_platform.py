"""A shop read over HTTP from a fake platform that throttles, breaks off and repeats itself: in
the end the desk has every ticket as the platform has it, and no more money than has gone back."""

from collections.abc import Iterator

import pytest
from django.db.models import Sum
from django.test import Client

from aftersale.models import Order, PlatformAccount, PlatformCalls, Refund, Ticket
from aftersale.services.ingest import dated_ahead
from aftersale.services.refunds import money_audit
from aftersale.services.syncing import accounts, read_changes
from tests import factories
from tests.platforms.douyin.fake import DouyinFake
from tests.platforms.fakes import Fake, Fault
from tests.platforms.kuaishou.fake import KuaishouFake
from tests.platforms.wechat.fake import WeChatFake
from tests.platforms.xiaohongshu.fake import XiaohongshuFake

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[KuaishouFake, WeChatFake, DouyinFake, XiaohongshuFake])
def fake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Its clock, which the test sets forward, is the database's too."""
    fake: Fake = request.param()
    fake.start()
    monkeypatch.setattr(dated_ahead, "database_moment", fake.now)
    yield fake
    fake.stop()


def connect(fake: Fake) -> int:
    given = fake.account()
    shop = factories.make_shop(code=given.shop_code)
    account = accounts.connect(
        shop_id=shop.pk,
        platform=fake.code,
        secrets=given.secrets,
        address=given.address,
        pays_fast_refunds=False,
        user=factories.make_user(shop),
        now=fake.now(),
    )
    return account.pk


def read(fake: Fake, account_pk: int, minutes: int = 1) -> None:
    for _minute in range(minutes):
        fake.advance(60)
        read_now(fake, account_pk)


def read_now(fake: Fake, account_pk: int) -> None:
    while read_changes.run(account_pk=account_pk, clock=fake.now):
        pass


def both_sides_agree(fake: Fake) -> None:
    there = {number: fake.ticket(number) for number in fake.tickets()}
    here = {ticket.ticket_no: ticket for ticket in Ticket.objects.all()}
    assert {number: ticket.status for number, ticket in here.items()} == {
        number: state.status for number, state in there.items()
    }
    paid = Refund.objects.filter(status="succeeded").aggregate(total=Sum("amount"))["total"] or 0
    outside = Order.objects.aggregate(total=Sum("refunded_amount"))["total"] or 0
    assert (paid, outside) == (sum(state.refunded for state in there.values()), 0)
    assert list(money_audit.differences()) == []


def test_both_sides_agree_whatever_goes_wrong(fake: Fake) -> None:
    old = fake.buyer_applies(fake.places(3_000), "refund_only", 3_000)
    account_pk = connect(fake)
    read(fake, account_pk, 2)
    assert Ticket.objects.get(ticket_no=old).flags == ["before_connection"]
    new = [fake.buyer_applies(fake.places(1_000 * n), "refund_only", 1_000 * n) for n in (1, 2, 3)]
    for fault in (Fault.THROTTLED, Fault.LOST_CALL, Fault.GARBLED, Fault.SERVER_ERROR):
        fake.fail(fault, 2, reading=True)
        read(fake, account_pk, 3)
    fake.fail(Fault.DUPLICATES, 4)
    fake.staff_refunds_on_platform(new[0])
    fake.buyer_cancels(new[1])
    read(fake, account_pk, 30)
    both_sides_agree(fake)
    waiting = Ticket.objects.filter(awaiting_evaluation=True).values_list("ticket_no", flat=True)
    assert list(waiting) == [new[2]]
    account = PlatformAccount.objects.get()
    assert (account.failing_since, account.failure) == (None, "")
    assert not account.problems.exists()
    # The platform pays requests that the merchant leaves unanswered.
    read(fake, account_pk)
    fake.advance(60 * 60 * 24 * 8)
    read(fake, account_pk, 3)
    both_sides_agree(fake)


def calls() -> int:
    return PlatformCalls.objects.aggregate(total=Sum("calls"))["total"] or 0


def calls_of(fake: Fake, account_pk: int, minutes: int = 1) -> int:
    before = calls()
    read(fake, account_pk, minutes)
    return calls() - before


def test_only_what_changed_is_fetched_again(fake: Fake) -> None:
    """The rounds look back over ten minutes, and each would fetch all of them again."""
    account_pk = connect(fake)
    PlatformAccount.objects.update(orders_until=fake.now(), tickets_until=fake.now())
    read(fake, account_pk)
    lists = max(calls_of(fake, account_pk) for _minute in range(2))
    numbers = [fake.buyer_applies(fake.places(1_000), "refund_only", 1_000) for _n in range(3)]
    # Each with its detail and its order's.
    assert 3 <= calls_of(fake, account_pk) <= lists + 2 * 3
    # A list that tells no times is asked for in two, twice; an order is read once more where its
    # list is read seldom.
    assert calls_of(fake, account_pk, 4) <= 4 * (lists + 2) + 3
    fake.buyer_cancels(numbers[1])
    assert calls_of(fake, account_pk) <= lists + 2 + 2
    # Filed, read and cancelled in one moment.
    late = fake.buyer_applies(fake.places(1_000), "refund_only", 1_000)
    read_now(fake, account_pk)
    fake.buyer_cancels(late)
    read(fake, account_pk)
    both_sides_agree(fake)


def test_its_messages_are_believed_and_followed(fake: Fake) -> None:
    account_pk = connect(fake)
    read(fake, account_pk)
    fake.messages()
    number = fake.buyer_applies(fake.places(1_000), "refund_only", 1_000)
    url = f"/platforms/{fake.code}/{fake.account().shop_code}/messages"
    client = Client(enforce_csrf_checks=True)
    pushed = fake.messages()
    assert pushed
    for message in pushed * 2:
        answer = client.post(
            url,
            message.body,
            content_type=message.headers.get("Content-Type", "application/json"),
            query_params=dict(message.query),
            headers=dict(message.headers),
        )
        assert answer.status_code == 200 and answer.content
        forged = client.post(
            url,
            message.body[::-1],
            content_type="application/json",
            query_params={**message.query, "msg_signature": "0" * 40, "signature": "0" * 40},
        )
        assert (forged.status_code, forged.content) == (403, b"")
    while read_changes.run(account_pk=account_pk, clock=fake.now):
        pass
    ticket = Ticket.objects.get(ticket_no=number)
    assert (ticket.order is not None, ticket.awaiting_evaluation) == (True, True)
