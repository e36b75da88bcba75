"""An hour of platform time with faults, of the whole desk: what buyers, the platform's staff, the
desk's people and its strategies do at once. In the end both sides agree on every ticket and every
fen. The real connectors talk to the fake platforms over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone

from aftersale.models import Order, PlatformAccount, PlatformStep, Refund, Shop, Ticket
from aftersale.platforms.protocol import OWN_REASON
from aftersale.services.desk import platform_reasons, replies
from aftersale.services.ingest import dated_ahead
from aftersale.services.outgoing import pay_refunds, send_steps
from aftersale.services.refunds import approvals, money_audit
from aftersale.services.shared.errors import Refused
from aftersale.services.syncing import accounts, health, read_changes
from strategies.models import Decision
from tests import factories

from .douyin.fake import DouyinFake
from .fakes import Fake, Fault
from .kuaishou.fake import KuaishouFake
from .wechat.fake import WeChatFake
from .xiaohongshu.fake import XiaohongshuFake

pytestmark = pytest.mark.django_db

WRITING = [
    Fault.THROTTLED,
    Fault.SERVER_ERROR,
    Fault.LOST_CALL,
    Fault.LOST_ANSWER,
    Fault.GARBLED,
]
# Final states that desk and platform may name differently.
OVER = {"rejected", "cancelled", "closed"}
# States in which neither buyer nor shop can act.
DONE = {"refunded", "cancelled", "closed", "arbitration"}


# Hours that are over: a request filed ahead of the machine's clock is for people (SPEC E2).
FAKES = {
    "kuaishou": lambda: KuaishouFake(datetime(2026, 3, 2, 2, 0, tzinfo=UTC)),
    "wechat": WeChatFake,
    "douyin": DouyinFake,
    "xiaohongshu": lambda: XiaohongshuFake(datetime(2026, 3, 2, 2, 0, tzinfo=UTC)),
}


@pytest.fixture(params=FAKES)
def fake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Its clock, which the test sets forward, is the database's too."""
    monkeypatch.setattr(health, "FIRST_LOOK", timedelta(hours=6))
    fake: Fake = FAKES[request.param]()
    fake.start()
    monkeypatch.setattr(dated_ahead, "database_moment", fake.now)
    yield fake
    fake.stop()


class Hour:
    """The shop's desk and its platform, two minutes at a time."""

    def __init__(self, fake: Fake, seed: int) -> None:
        self.fake, self.chance, self.began = fake, Random(seed), fake.now()
        given = fake.account()
        self.shop: Shop = factories.make_shop(code=given.shop_code)
        self.owner = factories.make_user(self.shop)
        self.account: PlatformAccount = accounts.connect(
            shop_id=self.shop.pk,
            platform=fake.code,
            secrets=given.secrets,
            address=given.address,
            pays_fast_refunds=False,
            user=self.owner,
            now=fake.now(),
        )
        self.work()
        for scenario in ("pre_ship_refund", "post_ship_return"):
            factories.make_strategy(
                self.shop, scenario=scenario, single_amount_cap="80.00", daily_cap="1500.00"
            )

    def work(self) -> None:
        """The clusters' work: read, decide, tell the platform, pay."""
        clock = self.fake.now
        while read_changes.run(account_pk=self.account.pk, clock=clock):
            pass
        call_command("evaluate", shop=self.shop.code, verbosity=0, stdout=StringIO())
        while send_steps.run(clock=self.desk_clock):
            pass
        while pay_refunds.run(clock=self.desk_clock):
            pass

    def desk_clock(self) -> datetime:
        """The machine's, by which the evaluator says what is due, sped up as the platform's is."""
        return timezone.now() + (self.fake.now() - self.began)

    def two_minutes(self) -> None:
        self.fake.advance(120)
        self.file()
        if self.chance.random() < 0.7:
            self.fake.fail(self.chance.choice(WRITING), reading=self.chance.random() < 0.3)
        if self.chance.random() < 0.2:
            self.fake.fail(Fault.DUPLICATES, 2)
        there = {number: self.fake.ticket(number).status for number in self.fake.tickets()}
        for number in self.some(there, 2):
            with suppress(ValueError):
                self.there(number)
        tickets = Ticket.objects.filter(shop=self.shop).order_by("pk")
        for ticket in self.some({ticket: ticket.status for ticket in tickets}, 4):
            with suppress(Refused):
                self.here(ticket)
        self.work()

    def some(self, statuses: Mapping[Any, str], most: int) -> list[Any]:
        """Some of those that something can be done about."""
        going_on = [one for one, status in statuses.items() if status not in DONE]
        return self.chance.sample(going_on, min(most, len(going_on)))

    def file(self) -> None:
        paid = self.chance.randrange(1_000, 12_000)
        order = self.fake.places(paid)
        kind = "refund_only"
        if self.chance.random() < 0.5:
            self.fake.ships(order)
            kind = self.chance.choice(["refund_only", "return_refund", "return_refund"])
        # A third of them are more than the strategies may pay: they are for people.
        self.fake.buyer_applies(order, kind, paid)

    def there(self, number: str) -> None:
        """Something that a buyer, the platform or the shop's staff does over there."""
        match self.chance.randrange(9):
            case 0:
                self.fake.buyer_cancels(number)
            case 8 if self.fake.ticket(number).status == "refunding":
                self.fake.payout_fails(number)
            case 1:
                self.fake.staff_refunds_on_platform(number)
            case 2 if self.fake.ticket(number).status in ("pending_review", "rejected"):
                # One that begins while goods are on their way WeChat's tickets do not tell.
                self.fake.platform_steps_in(number)
            case 3:
                self.fake.buyer_accepts(number)
            case _:
                self.fake.buyer_ships_back(number, carrier="4", tracking_no=f"SF{number}")

    def here(self, ticket: Ticket) -> None:
        """Something that a person of the desk does."""
        call = {"ticket_id": ticket.pk, "user": self.owner, "now": self.desk_clock()}
        match self.chance.randrange(6):
            case _ if ticket.status == "returning":
                approvals.confirm_return(**call)
            case 0:
                approvals.approve(**call)
            case 1 | 4 if ticket.status == "pending_review":
                # As the dialog offers: the platform's own reasons, where it has any for the ticket.
                own = [one for one in platform_reasons.of_ticket(ticket) if not one.needs_pictures]
                reason = OWN_REASON + own[0].code if own else "reason_mismatch"
                replies.reject(reason=reason, explanation="不符。", **call)
            case 2:
                approvals.retry(**call)
            case 3:
                # WeChat wants a picture with it and declines: the ticket goes back.
                replies.negotiate(message="请补充照片。", **call)
            case _:
                approvals.confirm_return(**call)

    def until_quiet(self) -> None:
        """Faults that nothing has met yet are used up, and all that falls due is done."""
        for _ in range(14):
            self.fake.advance(600)
            self.work()


def test_both_sides_agree_on_every_ticket_and_every_fen(fake: Fake) -> None:
    hour = Hour(fake, seed=15)
    for _ in range(30):
        hour.two_minutes()
    hour.until_quiet()

    there = {number: fake.ticket(number) for number in fake.tickets()}
    here = {ticket.ticket_no: ticket for ticket in Ticket.objects.filter(shop=hour.shop)}
    assert here.keys() == there.keys()
    differing = {
        number: (ticket.status, there[number].status, ticket.flags)
        for number, ticket in here.items()
        if ticket.status != there[number].status
        and not {ticket.status, there[number].status} <= OVER
        # It was not paid, on neither side, and people see that a try failed.
        and (ticket.status, there[number].refunded) != ("refund_failed", 0)
    }
    assert differing == {}
    paid = Refund.objects.filter(status="succeeded")
    assert {refund.ticket.ticket_no: refund.amount for refund in paid} == {
        number: state.refunded for number, state in there.items() if state.refunded
    }
    total = paid.aggregate(total=Sum("amount"))["total"]
    assert total == sum(state.refunded for state in there.values())
    assert Order.objects.filter(shop=hour.shop, over_refunded=True).count() == 0
    due = PlatformStep.objects.filter(next_step_at__lt=hour.desk_clock())
    assert not due.exists()
    assert list(money_audit.differences()) == []
    # A quiet hour would show nothing.
    steps = ("approve", "approve_return", "confirm_receipt", "reject")
    assert [step for step in steps if fake.calls(step) < 2] == []
    assert len(there) > 25
    assert paid.count() > 10
    assert Decision.objects.filter(outcome__in=["refund", "approve_return"]).count() > 5
    assert len({state.status for state in there.values()}) > 2
