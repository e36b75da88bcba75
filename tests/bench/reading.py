"""A busy minute of a shop on each platform, read by the real connectors from the fakes over HTTP.

A shop of 5,000 tickets a day has 3.5 a minute, and ten in its busiest hours; three times as many
orders are placed beside. What counts are the calls: a platform answers one in some 80 ms, a fake at
once. In the end the desk has every ticket as the platform has it.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db.models import Sum

from aftersale.models import PlatformAccount, PlatformCalls, Ticket
from aftersale.services.ingest import dated_ahead
from aftersale.services.syncing import accounts, read_changes
from tests.factories import make_shop, make_user
from tests.platforms.contract import FAKES
from tests.platforms.fakes import Fake

from .database import bench_database
from .report import Row, show

MINUTES = 12
ORDERS, TICKETS = 20, 10
CALL_SECONDS = 0.08


def rows() -> Iterator[Row]:
    for make in FAKES:
        yield _row(make)


def _row(make: Callable[[], Fake]) -> Row:
    fake = make()
    fake.start()
    moment = dated_ahead.database_moment
    dated_ahead.database_moment = fake.now
    try:
        account = _connected(fake)
        quiet, _seconds = _minutes(account, fake, 3)
        for _minute in range(MINUTES):
            _busy(fake)
            calls, seconds = _minutes(account, fake, 1)
        # Changes in the round's own moment are in the next one.
        _minutes(account, fake, 2)
        there = {number: fake.ticket(number).status for number in fake.tickets()}
        here = dict(Ticket.objects.filter(shop=account.shop_id).values_list("ticket_no", "status"))
        differing = {number for number in there if here.get(number) != there[number]}
        assert not differing, differing
    finally:
        dated_ahead.database_moment = moment
        fake.stop()
    return Row(
        f"a minute of {ORDERS + TICKETS} new orders, {TICKETS} new tickets and {TICKETS} refunds"
        f" under way, read from {fake.code}",
        f"{calls} calls ({quiet // 3} in a quiet minute), {seconds:.1f} s from the fake",
        f"the minute, at {CALL_SECONDS * 1000:.0f} ms a call",
        f"{calls * CALL_SECONDS / 60:.2f}",
        "<= 0.50",
        calls * CALL_SECONDS / 60 <= 0.5,
    )


def _connected(fake: Fake) -> PlatformAccount:
    given = fake.account()
    shop = make_shop(code=given.shop_code)
    account = accounts.connect(
        shop_id=shop.pk,
        platform=fake.code,
        secrets=given.secrets,
        address=given.address,
        pays_fast_refunds=False,
        user=make_user(shop),
        now=fake.now(),
    )
    hour_ago = fake.now() - timedelta(hours=1)
    PlatformAccount.objects.filter(pk=account.pk).update(
        orders_until=hour_ago, tickets_until=hour_ago
    )
    _minutes(account, fake, 1)
    return account


def _busy(fake: Fake) -> None:
    for _order in range(ORDERS):
        fake.places(5_000)
    before = [number for number in fake.tickets() if fake.ticket(number).status == "pending_review"]
    for number in before:
        fake.staff_refunds_on_platform(number)
    for _ticket in range(TICKETS):
        fake.buyer_applies(fake.places(5_000), "refund_only", 2_000)


def _minutes(account: PlatformAccount, fake: Fake, minutes: int) -> tuple[int, float]:
    """Calls, and seconds of the last minute."""
    before, began = _calls(account), time.perf_counter()
    for _minute in range(minutes):
        fake.advance(60)
        began = time.perf_counter()
        while read_changes.run(account_pk=account.pk, clock=fake.now):
            pass
    return _calls(account) - before, time.perf_counter() - began


def _calls(account: PlatformAccount) -> int:
    found = PlatformCalls.objects.filter(shop=account.shop_id).aggregate(calls=Sum("calls"))
    return found["calls"] or 0


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
