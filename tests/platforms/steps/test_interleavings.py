"""Any sequence of acts by people, the platform's staff, the buyer and the network: once all is
quiet, both sides agree on the ticket and on every fen."""

import random

import pytest

from aftersale.models import OPEN_STATES, PlatformStep, Refund, TicketType
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotCarriedOut, Throttled
from aftersale.services.desk import replies
from aftersale.services.ingest import save_tickets
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused
from aftersale.services.shops.shops import known
from tests.aftersale.refunds.conftest import audit

pytestmark = pytest.mark.django_db

METHODS = ["approve", "approve_return", "confirm_receipt", "reject", "negotiate"]
QUESTIONS = ["ticket", "refund_status"]


class Play:
    """One ticket, and all that may happen to it."""

    def __init__(self, case, seed: int) -> None:
        self.case, self.there = case, case.there
        self.choose = random.Random(seed)
        self.told: list[str] = []

    def play(self, steps: int) -> None:
        acts = [self.desk, self.desk, self.staff, self.buyer, self.fault, self.pull, self.go]
        for _ in range(steps):
            self.choose.choice(acts)()
        self.there.before, self.there.after = {}, {}
        for _ in range(8):
            self.go(hours=2)
        self.pull()
        self.go(hours=1)

    def say(self, what: str) -> None:
        self.told.append(what)

    def desk(self) -> None:
        ticket, user, now = self.case.ticket.pk, self.case.user, self.case.clock.now
        name = self.choose.choice(["approve", "reject", "negotiate", "confirm", "retry"])
        try:
            match name:
                case "approve":
                    approvals.approve(ticket_id=ticket, user=user, now=now)
                case "reject":
                    replies.reject(
                        ticket_id=ticket,
                        reason="reason_mismatch",
                        explanation="No.",
                        user=user,
                        now=now,
                    )
                case "negotiate":
                    replies.negotiate(
                        ticket_id=ticket, amount=3_000, message="30?", user=user, now=now
                    )
                case "confirm":
                    approvals.confirm_return(ticket_id=ticket, user=user, now=now)
                case "retry":
                    approvals.retry(ticket_id=ticket, user=user, now=now)
            self.say(f"desk {name}")
        except Refused:
            pass

    def staff(self) -> None:
        status = self.there.tickets[self.case.number].status
        can = {
            "pending_review": ["refunded", "rejected", "awaiting_return", "negotiating"],
            "negotiating": ["rejected"],
            "awaiting_return": ["refunded"],
            "returning": ["refunded", "rejected"],
            "refunding": ["refunded"],
        }.get(status, [])
        if can:
            self.happen(self.choose.choice(can), "staff")

    def buyer(self) -> None:
        status = self.there.tickets[self.case.number].status
        can = {
            "pending_review": ["note", "cancelled", "arbitration"],
            "negotiating": ["pending_review", "cancelled"],
            "awaiting_return": ["returning", "note"],
            "rejected": ["pending_review", "arbitration"],
            "refunding": ["refunded"],
        }.get(status, [])
        if can:
            self.happen(self.choose.choice(can), "buyer")

    def happen(self, what: str, who: str) -> None:
        # The platform's clock stands but for a second a change: no rule may go by it.
        number = self.case.number
        self.say(f"{who} {what}")
        if what == "note":
            self.there.change(number, note=f"{len(self.told)}")
        elif what == "refunded":
            self.there.refunds(number)
        else:
            self.there.change(number, status=what)

    def fault(self) -> None:
        error = self.choose.choice(
            [TimedOut(), Throttled("too fast", 20), NotCarriedOut("down"), ValueError("broken")]
        )
        method = self.choose.choice(METHODS + QUESTIONS)
        certain = isinstance(error, NotCarriedOut)
        script = self.there.before if certain or self.choose.random() < 0.5 else self.there.after
        script.setdefault(method, []).append(error)
        self.say(f"fault {type(error).__name__} {method}")

    def pull(self) -> None:
        record = self.there.tickets[self.case.number]
        save_tickets([record], shops=known([record.shop]), now=self.case.clock.now)
        self.say(f"pull {record.status}")

    def go(self, **step: float) -> None:
        self.case.clock.turn(**(step or {"seconds": self.choose.choice([1, 15, 70])}))
        self.case.go()
        self.say("go")


@pytest.mark.parametrize("kind", [TicketType.REFUND_ONLY, TicketType.RETURN_REFUND])
def test_both_sides_agree_in_the_end(make_case, there, kind):
    for seed in range(10):
        case = make_case(type=kind)
        there.instant = seed % 2 == 0
        play = Play(case, seed)
        play.play(12)
        told = (seed, play.told)
        record = there.tickets[case.number]
        if record.status == "refunding":
            there.refunds(case.number)
            play.go(hours=1)
            record = there.tickets[case.number]
        ticket = case.now()
        assert not PlatformStep.objects.filter(ticket=ticket, state__in=OPEN_STATES).exists(), told
        paid = [amount for number, amount in there.paid if number == case.number]
        assert len(paid) <= 1, told
        assert (ticket.status == "refunded") == (record.status == "refunded"), told
        if paid:
            refund = Refund.objects.get(ticket=ticket)
            assert [refund.amount] == paid and case.order.committed == paid[0], told
        elif ticket.status != "refund_failed" or record.status != "pending_review":
            assert ticket.status == record.status, told
        assert audit() == [], told
