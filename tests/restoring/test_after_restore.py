"""Facts that a restored backup does not know are found out, or left to people (SPEC G6)."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from aftersale.models import AuditEntry, Refund, Shop, Ticket, TicketEvent
from aftersale.services.outgoing import pay_refunds
from aftersale.services.refunds import approvals, lost_payments
from aftersale.services.restoring.after_restore import JUMP, OVERLAP, hold_all
from aftersale.services.restoring.resume import obstacle, resume
from aftersale.services.shared.errors import NotAllowed, Refused
from aftersale.services.tickets.cases import seen_now
from strategies.models import Decision, StrategyUsage
from strategies.services import explanations
from strategies.services.evaluator import Tally, decide_shop
from strategies.services.lost_days import lost_days, use_up
from tests.admin.clients import english_client
from tests.aftersale.refunds.conftest import Clock, audit, decided, platform, snapshot
from tests.api.program import Program, program
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user
from tests.platforms.double import offered
from tests.syncing.conftest import Connected
from tests.syncing.conftest import clock as noon

__all__ = ["noon", "offered", "platform"]
pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def shop() -> Shop:
    return make_shop(name="By hand", code="s1")


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop, username="olga")


@pytest.fixture
def ticket(shop: Shop) -> Ticket:
    return make_ticket(make_order(shop, order_no="O1"), ticket_no="T1")


@pytest.fixture
def held(ticket: Ticket, owner: User) -> Ticket:
    """T1 as it is after a backup of noon was brought back two hours later."""
    hold_all(backup_of=NOON, now=NOON + timedelta(hours=2))
    return Ticket.objects.select_related("shop", "order").get()


@pytest.fixture
def erp(shop: Shop, owner: User) -> Program:
    return program(shop, owner)


def test_nothing_goes_out_of_a_shop_on_hold(platform) -> None:
    """Neither what was due when the backup was made, nor after a question that found nothing."""
    clock = Clock()
    shop = make_shop(connector="sandbox", is_demo=True)
    refund = decided(make_order(shop), 6_000, now=clock.now)
    hold_all(backup_of=clock.now - timedelta(hours=1), now=clock.now)
    assert not Ticket.objects.filter(flags__contains=["may_be_paid"]), "its payments can be asked"
    before = snapshot(refund, refund.ticket, refund.order)
    assert not pay_refunds.run(clock=clock)
    assert (platform.calls, snapshot(refund, refund.ticket, refund.order)) == ([], before)
    person = make_user(shop)
    other = make_ticket(make_order(shop), ticket_no="T2")
    with pytest.raises(Refused, match="is on hold: a backup was restored"):
        approvals.approve(ticket_id=other.pk, user=person, now=clock.now)
    assert not decide_shop(shop.pk, tally=Tally()) and not Decision.objects.exists()
    resume(shop_id=shop.pk, user=person, now=clock.now)
    pay_refunds.run(clock=clock)
    assert [call.ticket_no for call in platform.calls] == [refund.ticket.ticket_no]
    assert not audit()


def test_a_connected_shop_waits_for_its_platform(noon, offered) -> None:
    """A refund of the lost time becomes known by reading; only then work goes on."""
    connected = Connected(noon)
    connected.order("O1", ago=30)
    connected.ticket("T1", ago=20)
    connected.read()
    backup_of = noon.now
    noon.turn(minutes=90)
    connected.ticket("T1", ago=60, status="refunded")
    hold_all(backup_of=backup_of, now=noon.now)
    account, shop = connected.account, connected.shop
    assert account.orders_until <= backup_of - OVERLAP >= account.tickets_until
    assert account.last_read_at is None
    shop.refresh_from_db()
    with pytest.raises(Refused, match="stays on hold: its platform has not been read again yet"):
        resume(shop_id=shop.pk, user=connected.owner, now=noon.now)
    connected.read()
    assert Ticket.objects.get().status == "refunded"
    assert obstacle(shop) == ""
    resume(shop_id=shop.pk, user=connected.owner, now=noon.now)
    shop.refresh_from_db()
    assert not shop.on_hold and shop.lost_since == backup_of
    assert not audit()


def test_ids_jump_and_sessions_and_tasks_are_gone(shop: Shop, ticket: Ticket) -> None:
    Client().force_login(make_user(shop))
    OrmQ.objects.create(key="decide", payload="x", lock=timezone.now())
    assert Session.objects.exists()
    hold_all(backup_of=NOON, now=NOON + timedelta(hours=1))
    assert not Session.objects.exists()
    assert not OrmQ.objects.filter(payload="x").exists()
    later = make_ticket(make_order(shop))
    assert later.pk > ticket.pk + JUMP


def test_a_second_run_keeps_the_earlier_beginning(held: Ticket) -> None:
    hold_all(backup_of=NOON + timedelta(hours=1), now=NOON + timedelta(hours=3))
    held.shop.refresh_from_db()
    assert (held.shop.lost_since, held.shop.lost_until) == (NOON, NOON + timedelta(hours=3))
    assert Ticket.objects.get().flags == ["may_be_paid"]
    with pytest.raises(Refused, match="must be in the past"):
        hold_all(backup_of=NOON, now=NOON)


def test_who_may_let_a_shop_go_on(held: Ticket, owner: User) -> None:
    now = NOON + timedelta(hours=3)
    people = [make_user(held.shop, role) for role in ("cs_manager", "viewer")]
    for person in [*people, make_user(make_shop())]:
        with pytest.raises(NotAllowed):
            resume(shop_id=held.shop_id, user=person, now=now, rest_not_paid=True)
    with pytest.raises(Refused, match="stays on hold: 1 tickets may have been paid already"):
        resume(shop_id=held.shop_id, user=owner, now=now)
    assert Ticket.objects.get().flags == ["may_be_paid"]
    assert resume(shop_id=held.shop_id, user=owner, now=now, rest_not_paid=True) == 1
    row = Ticket.objects.get()
    assert (row.flags, row.awaiting_evaluation) == ([], True)
    event = TicketEvent.objects.latest("pk")
    assert (event.user, event.note) == (owner, "Taken as not paid when the shop was resumed.")
    assert AuditEntry.objects.latest("pk").user == owner
    with pytest.raises(Refused, match="By hand is not on hold"):
        resume(shop_id=held.shop_id, user=owner, now=now)


def test_what_a_payer_says_of_a_ticket_in_doubt(held: Ticket, erp: Program, owner: User) -> None:
    gone = "/refunds/0f3c2f5e-6d0b-4a2a-9a35-51c1c3f0a6de/result"
    said = {"ticket_no": "T1", "attempt": 2, "amount": "100.00"}
    failed = {"status": "failed", "reason": "account closed"}
    assert erp.post(gone, failed | said | {"attempt": 1}).status == 200
    assert Ticket.objects.get().flags == ["may_be_paid"], "another attempt may have followed"
    before = snapshot(held, held.order)
    for change in ({"amount": "100.01"}, {"ticket_no": "T2"}, {"attempt": None}):
        answer = erp.post(gone, {"status": "succeeded"} | said | change)
        assert answer.status in (404, 409)
    assert snapshot(held, held.order) == before and not Refund.objects.exists()
    # Another shop's number stays its own.
    theirs = make_ticket(make_order(make_shop()), ticket_no="T9")
    approvals.approve(ticket_id=theirs.pk, user=make_user(theirs.shop), now=NOON)
    number = Refund.objects.get().public_number
    answer = erp.post(f"/refunds/{number}/result", {"status": "succeeded"} | said)
    assert (answer.status, answer.content["status"]) == (200, "refunded")
    assert answer.content["refund"]["id"] != number
    assert answer.content["flags"] == ["platform_step"]
    assert not audit()


def test_a_later_attempt_than_is_known_counts(ticket: Ticket, owner: User, erp: Program) -> None:
    """Attempt 1 failed before the backup; attempt 2 was asked for and paid after it."""
    approvals.approve(ticket_id=ticket.pk, user=owner, now=NOON)
    number = Refund.objects.get().public_number
    said = {"ticket_no": "T1", "amount": "100.00"}
    failed = {"status": "failed", "reason": "account closed", "attempt": 1}
    assert erp.post(f"/refunds/{number}/result", failed | said).status == 200
    hold_all(backup_of=NOON, now=NOON + timedelta(hours=2))
    answer = erp.post(f"/refunds/{number}/result", {"status": "succeeded", "attempt": 2} | said)
    assert (answer.status, answer.content["status"]) == (200, "refunded")
    assert [one["state"] for one in answer.content["refund"]["attempts"]] == ["failed", "succeeded"]
    assert not audit()


def test_the_dialog_asks_whether_it_was_paid(held: Ticket) -> None:
    client = english_client(make_user(held.shop, "cs_agent"))
    case = client.get(reverse("desk:case", args=[held.pk])).content.decode()
    assert case.count("By hand is on hold: a backup was restored") == 1
    lost = "between 2026-03-11 12:00 and 2026-03-11 14:00"
    assert f"Ticket T1 may have been paid already, {lost}" in case
    assert "Was it paid?" in case and 'data-key="a"' not in case
    address = reverse("desk:was-paid", args=[held.pk])
    dialog = client.get(address).content.decode()
    assert 'value="100.00"' in dialog and lost in dialog
    sent = {"seen": seen_now(held, held.order), "amount": "12.345"}
    assert client.post(address, sent).status_code == 422
    assert not Refund.objects.exists()
    assert client.post(address, sent | {"amount": "90", "reference": "BANK-1"}).status_code == 204
    refund = Refund.objects.select_related("ticket").get()
    assert (refund.amount, refund.reference, refund.status) == (9_000, "BANK-1", "succeeded")
    assert (refund.ticket.status, refund.settled_at) == ("refunded", held.shop.lost_until)
    assert client.get(address).status_code == 409
    assert not audit()


def test_not_paid_lets_the_ticket_go_on(held: Ticket) -> None:
    person = make_user(held.shop, "cs_agent")
    client, address = english_client(person), reverse("desk:was-paid", args=[held.pk])
    assert client.post(address, {"seen": "", "not_paid": "1"}).status_code == 409
    sent = {"seen": seen_now(held, held.order), "not_paid": "1"}
    assert client.post(address, sent).status_code == 204
    row = Ticket.objects.get()
    assert (row.flags, row.awaiting_evaluation, row.status) == ([], True, "pending_review")
    assert TicketEvent.objects.latest("pk").user == person
    with pytest.raises(Refused, match="nothing is in doubt"):
        lost_payments.was_not_paid(ticket_id=held.pk, user=person, now=NOON)


def test_the_caps_of_lost_days_are_used_up_and_the_explanation_says_so(shop: Shop) -> None:
    strategy = make_strategy(shop, single_amount_cap="200.00", daily_cap="500.00")
    now = timezone.now()
    hold_all(backup_of=now - timedelta(minutes=1), now=now + timedelta(minutes=1))
    shop.refresh_from_db()
    days = use_up(shop)
    Shop.objects.update(on_hold=False, lost_until=now)
    make_ticket(make_order(shop))
    decide_shop(shop.pk, tally=Tally())
    decision = Decision.objects.get()
    if decision.decided_at.astimezone(ZONE).date() in days:
        assert (decision.outcome, decision.why) == ("manual", "none_hit")
    explained = explanations.of_decision(decision)
    assert explained.agrees
    usages = StrategyUsage.objects.filter(strategy=strategy, day__in=days)
    assert {(one.used, one.taken, one.hits) for one in usages} == {(50_000, 50_000, 0)}


def test_lost_days_are_the_shops() -> None:
    since, until = (datetime(2026, 3, 11, hour, tzinfo=UTC) for hour in (15, 17))
    assert lost_days(since, until, ZONE) == [date(2026, 3, 11), date(2026, 3, 12)]
    assert lost_days(since, until, ZoneInfo("UTC")) == [date(2026, 3, 11)]


def test_the_command_says_what_is_wrong() -> None:
    for arguments, said in (
        (["--backup-of", "yesterday"], "expected a time with its offset"),
        (["--backup-of", "2026-11-30T03:00:00"], "expected a time with its offset"),
        (["--resume", "none", "--as", "olga"], "There is no shop “none”"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("after_restore", *arguments, stdout=io.StringIO())
    out = io.StringIO()
    call_command("after_restore", stdout=out)
    assert out.getvalue() == "No shop is on hold.\n"
    with pytest.raises(CommandError, match="is no backup that can be read"):
        call_command("restore", __file__)
