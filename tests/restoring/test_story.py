"""A night's story: a backup is brought back, and nothing is paid twice (SPEC G6).

With a real dump, and a payer outside who knows numbers, tickets, attempts and amounts only.
"""

import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from aftersale.models import Refund, Shop, Ticket, WebhookMessage, WebhookType
from aftersale.services.refunds import money_audit
from aftersale.services.webhooks import endpoints, signing
from strategies.models import Decision, StrategyUsage
from strategies.services.evaluator import Tally, decide_shop
from tests.aftersale.ingest.record_factories import order, ticket
from tests.api.program import Answer, Program, program
from tests.factories import make_shop, make_strategy, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Payer:
    """Pays each attempt of a ticket once, and says so; remembers what it was told and did."""

    erp: Program
    known: set[str] = field(default_factory=set)
    paid: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    def hear(self) -> None:
        for message in WebhookMessage.objects.filter(type="refund.requested").order_by("pk"):
            about = (message.data["ticket_no"], message.data["attempt"])
            if message.name in self.known or about in self.paid:
                continue
            self.known.add(message.name)
            self.paid[about] = message.data
            assert self.tell(about).status == 200

    def tell(self, about: tuple[str, int]) -> Answer:
        data = self.paid[about]
        return self.erp.post(
            f"/refunds/{data['refund_id']}/result",
            {
                "status": "succeeded",
                "ticket_no": about[0],
                "attempt": about[1],
                "amount": data["amount"],
            },
        )


def alone() -> None:
    """Ends connections that tests before this one have left behind in threads of theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )


def test_a_backup_is_brought_back_and_nothing_is_paid_twice(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "picture").write_bytes(b"evidence")
    shop = make_shop(code="s1")
    owner = make_user(shop, username="olga")
    make_strategy(shop, name="small orders", single_amount_cap="60.00", daily_cap="120.00")
    erp = program(shop, owner)
    endpoints.create(
        shop_id=shop.pk,
        url="https://payer.example/",
        description="",
        types=[WebhookType.REFUND_REQUESTED],
        user=owner,
        now=timezone.now(),
    )
    payer = Payer(erp)
    arrive(erp, "AS1", "AS2", "AS3", amounts={"AS3": "99.00"})
    arrive(erp, "AS4", amounts={"AS4": "98.00"})
    erp.post("/tickets/AS1/approve")
    payer.hear()
    erp.post("/tickets/AS2/approve")  # asked for, and not paid yet
    call("backup", tmp_path / "afterdesk.backup")

    # The time that will be lost: two are approved and paid, one comes in and automation takes it.
    payer.hear()
    erp.post("/tickets/AS3/approve")
    payer.hear()
    arrive(erp, "AS5")
    decide_shop(shop.pk, tally=Tally())
    payer.hear()
    assert set(payer.paid) == {("AS1", 1), ("AS2", 1), ("AS3", 1), ("AS5", 1)}
    (tmp_path / "media" / "picture").unlink()

    alone()
    with pytest.raises(CommandError, match="which would be gone: say --replace"):
        call("restore", tmp_path / "afterdesk.backup")
    said = call("restore", tmp_path / "afterdesk.backup", "--replace")
    assert "All shops are on hold." in said
    assert "3 open tickets may have been paid since." in said
    assert (tmp_path / "media" / "picture").read_bytes() == b"evidence"
    assert statuses() == {
        "AS1": "refunded", "AS2": "refunding", "AS3": "pending_review", "AS4": "pending_review",
    }  # fmt: skip

    # On hold: the ERP sends again what changed; nothing is decided, approved or paid.
    arrive(erp, "AS5")
    decide_shop(shop.pk, tally=Tally())
    payer.hear()
    assert erp.post("/tickets/AS4/approve").status == 422
    assert {row.ticket_no for row in in_doubt()} == {"AS2", "AS3", "AS4", "AS5"}
    assert not Decision.objects.filter(ticket__ticket_no="AS5").exists()
    with pytest.raises(CommandError, match="stays on hold: 4 tickets may have been paid already"):
        call("after_restore", "--resume=s1", "--as=olga")

    # A result that names no payment is of nobody; those that do are known again.
    lost = payer.paid["AS3", 1]["refund_id"]
    assert erp.post(f"/refunds/{lost}/result", {"status": "succeeded"}).status == 404
    told = [payer.tell(about).status for about in payer.paid]
    assert told == [409, 200, 200, 200]  # of AS1 it is known
    assert [payer.tell(about).status for about in payer.paid] == [409] * 4
    assert Refund.objects.get(public_number=lost).ticket.ticket_no == "AS3"
    assert {row.ticket_no for row in in_doubt()} == {"AS4"}
    out = call("after_restore", "--resume=s1", "--as=olga", "--rest-not-paid")
    assert "1 tickets were taken as not paid." in out

    # Work goes on. The cap of the lost days counts as used up.
    arrive(erp, "AS6")
    decide_shop(shop.pk, tally=Tally())
    erp.post("/tickets/AS4/approve")
    payer.hear()
    assert not audit(payer, shop)
    assert not list(money_audit.differences())
    usage = StrategyUsage.objects.get(day=restored(shop).date())
    assert (usage.used, usage.taken) == (12_000, 12_000)

    (message,) = WebhookMessage.objects.filter(type="history.restored")
    shop.refresh_from_db()
    assert message.data == {
        "shop": "s1",
        "since": shop.lost_since.isoformat(),
        "until": shop.lost_until.isoformat(),
    }
    assert '"type":"history.restored"' in signing.body_of(message)
    planted(payer, shop)


def arrive(erp: Program, *numbers: str, amounts: dict[str, str] | None = None) -> None:
    """An order and a ticket each, as the ERP sends them: again, they change nothing."""
    for number in numbers:
        amount = (amounts or {}).get(number, "59.90")
        made = order(shop="s1", order_no=f"O-{number}")
        asked = ticket(shop="s1", order_no=f"O-{number}", ticket_no=number, amount=amount)
        for path, record in (("/orders", made), ("/tickets", asked)):
            del record["kind"], record["shop"]
            assert erp.post(path, record).status in (200, 201)


def call(*arguments: Any) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def statuses() -> dict[str, str]:
    return dict(Ticket.objects.order_by("ticket_no").values_list("ticket_no", "status"))


def in_doubt() -> list[Ticket]:
    return list(Ticket.objects.filter(flags__contains=["may_be_paid"]))


def restored(shop: Shop) -> datetime:
    shop.refresh_from_db()
    assert shop.lost_until is not None
    return timezone.localtime(shop.lost_until)


def audit(payer: Payer, shop: Shop) -> list[str]:
    """The payer's books against the rows, by statements of this test's own."""
    found = []
    money = Counter[str]()
    times = Counter[str]()
    for (ticket_no, _attempt), data in payer.paid.items():
        money[ticket_no] += round(float(data["amount"]) * 100)
        times[ticket_no] += 1
    found += [f"{ticket_no} was paid twice" for ticket_no, count in times.items() if count > 1]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.ticket_no, r.amount FROM aftersale_refund r"
            " JOIN aftersale_ticket t ON t.id = r.ticket_id"
            " WHERE r.status = 'succeeded' AND t.status = 'refunded' ORDER BY 1"
        )
        if (rows := dict(cursor.fetchall())) != dict(sorted(money.items())):
            found.append(f"paid {dict(money)}, written down {rows}")
        cursor.execute(
            "SELECT u.day FROM strategies_strategyusage u LEFT JOIN ("
            "  SELECT strategy_id, (decided_at AT TIME ZONE 'Asia/Shanghai')::date AS day,"
            "         sum(amount) AS hits"
            "    FROM strategies_decision WHERE outcome <> 'manual' GROUP BY 1, 2) d"
            " USING (strategy_id, day)"
            " WHERE u.used <> coalesce(d.hits, 0) + u.taken OR u.used > u.cap"
        )
        found += [f"cap of {day}" for (day,) in cursor.fetchall()]
        cursor.execute(
            "SELECT o.order_no FROM aftersale_order o JOIN aftersale_refund r ON r.order_id = o.id"
            " WHERE r.status = 'succeeded' GROUP BY o.id HAVING sum(r.amount) > o.paid_amount"
        )
        found += [f"more than paid of {order_no}" for (order_no,) in cursor.fetchall()]
        cursor.execute(
            "SELECT t.ticket_no FROM strategies_decision d JOIN aftersale_ticket t"
            " ON t.id = d.ticket_id JOIN aftersale_shop s ON s.id = d.shop_id"
            " WHERE d.outcome <> 'manual' AND d.decided_at >= s.lost_until"
            " AND (d.decided_at AT TIME ZONE s.timezone)::date"
            "     <= (s.lost_until AT TIME ZONE s.timezone)::date"
        )
        found += [f"{ticket_no} on a lost day" for (ticket_no,) in cursor.fetchall()]
    return found


def planted(payer: Payer, shop: Shop) -> None:
    """The audit finds what is wrong on purpose."""
    payer.paid["AS3", 2] = payer.paid["AS3", 1]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE strategies_strategyusage SET taken = taken - 1")
    found = audit(payer, shop)
    assert (len(found), found[0]) == (3, "AS3 was paid twice")
