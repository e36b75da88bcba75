"""The body of each kind of event; docs/webhooks.md shows exactly these."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation

from aftersale.domain.multilingual import said as in_all
from aftersale.models import (
    TEST_TYPE,
    Order,
    Refund,
    Shop,
    Ticket,
    TicketEvent,
    WebhookMessage,
    WebhookType,
)
from aftersale.models.webhook import RESTORED_TYPE
from aftersale.platforms.payments import Failed, Paid
from aftersale.services.refunds import approvals, unsent_refunds
from aftersale.services.restoring.after_restore import hold_all
from aftersale.services.webhooks import endpoints, log, signing
from aftersale.services.windows import opening
from config.secrets import unseal
from monitoring.models import AlertKind
from monitoring.services.alerts import raise_alerts
from strategies.services.evaluator import Tally, decide_shop
from tests.aftersale.ingest.record_factories import order, save_order, save_ticket, ticket
from tests.aftersale.refunds.conftest import Clock, pay_until_done, platform
from tests.aftersale.windows.conftest import a_shop, completed
from tests.factories import make_strategy, make_user

__all__ = ["platform"]
pytestmark = pytest.mark.django_db

DOCS = settings.BASE_DIR / "docs" / "webhooks.md"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(clock) -> Shop:
    return a_shop(wallet=100_000, now=clock.now, code="s1")


@pytest.fixture
def owner(shop):
    return make_user(shop, username="olga")


def listen(shop, owner):
    endpoint, _secret = endpoints.create(
        shop_id=shop.pk,
        url="http://127.0.0.1:9/",
        description="",
        types=WebhookType.values,
        user=owner,
        now=timezone.now(),
    )
    return endpoint


def said(*types: str) -> list[dict[str, Any]]:
    """Events since the last call, in order."""
    messages = WebhookMessage.objects.order_by("pk")
    bodies = [json.loads(signing.body_of(message)) for message in messages]
    messages.delete()
    return [body for body in bodies if not types or body["type"] in types]


def arrives(number: int = 1) -> Ticket:
    save_order(order(shop="s1", order_no=f"O{number}"))
    save_ticket(ticket(shop="s1", order_no=f"O{number}", ticket_no=f"AS{number}"))
    return Ticket.objects.get(ticket_no=f"AS{number}")


def decide(shop):
    decide_shop(shop.pk, tally=Tally())


def test_each_kind_is_told_as_the_docs_show_it(shop, owner, platform, clock):
    endpoint = listen(shop, owner)
    arrives()
    make_strategy(shop, name="small orders")
    decide(shop)
    told = said()
    assert [body["type"] for body in told] == [
        "ticket.arrived", "ticket.decided", "refund.requested", "ticket.updated",
    ]  # fmt: skip

    platform.pays = [Failed("account closed", permanent=True), Paid()]
    clock.now = timezone.now() + timedelta(seconds=1)
    pay_until_done(clock)
    sent = said()
    assert [body["type"] for body in sent] == ["refund.sent", "refund.failed", "ticket.updated"]
    approvals.retry(ticket_id=Ticket.objects.get().pk, user=owner, now=clock.now)
    pay_until_done(clock)
    paid = said()
    assert [body["type"] for body in paid] == [
        "ticket.updated", "refund.requested", "refund.sent", "refund.succeeded", "ticket.updated",
    ]  # fmt: skip

    arrives(2)
    decide(shop)
    refund = Refund.objects.get(ticket__ticket_no="AS2")
    unsent_refunds.take_back(refund_id=refund.pk, user=owner, now=clock.now)
    taken = said("refund.taken_back")

    expired = completed(shop, now=clock.now)
    Order.objects.filter(pk=expired.pk).update(order_no="O9")
    opening.open_window(order_id=expired.pk, agreement="agreed", user=owner, now=clock.now)
    opening.close_due(now=clock.now + opening.LASTS)
    opened = said("window.opened", "window.closed")
    assert [body["type"] for body in opened] == ["window.opened", "window.closed"]

    Refund.objects.filter(ticket__ticket_no="AS1").update(
        status="failed", settled_at=clock.now, failure="account closed"
    )
    said()
    raise_alerts(now=clock.now)
    raised = said("alert.raised")

    log.send_test(endpoint_id=endpoint.pk, user=owner, now=clock.now)
    tried = said(TEST_TYPE)

    hold_all(backup_of=clock.now - timedelta(hours=1), now=clock.now)
    restored = said(RESTORED_TYPE)

    everything = [*told, *sent, *paid, *taken, *opened, *raised, *tried, *restored]
    by_type: dict[str, dict[str, Any]] = {}
    for body in everything:
        by_type.setdefault(body["type"], body)
    assert set(by_type) == {*WebhookType.values, TEST_TYPE, RESTORED_TYPE}
    shown = {example["type"]: plain(example) for example in examples()}
    assert shown == {name: plain(body) for name, body in by_type.items()}


def test_why_a_refund_failed_is_told_in_one_language(shop, owner, platform, clock):
    """Its row has it in all of them; the body is the same each time it is sent."""
    listen(shop, owner)
    arrives()
    make_strategy(shop)
    decide(shop)
    platform.pays = [Failed(in_all("The sandbox was told to refuse."), permanent=True)]
    clock.now = timezone.now() + timedelta(seconds=1)
    pay_until_done(clock)
    [message] = WebhookMessage.objects.filter(type="refund.failed")
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told = json.loads(signing.body_of(message))
            assert told["data"]["failure"] == "The sandbox was told to refuse."


def test_the_docs_name_each_kind_of_alert():
    text = DOCS.read_text(encoding="utf-8")
    assert [kind for kind in AlertKind.values if f"`{kind}`" not in text] == []


def examples() -> list[dict[str, Any]]:
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return [json.loads(block) for block in blocks]


def plain(value: Any, key: str = "") -> Any:
    """With the values that differ each time made the same."""
    if isinstance(value, dict):
        return {name: plain(inner, name) for name, inner in value.items()}
    if key.endswith("_id") or key == "revision":
        return type(value).__name__
    if isinstance(value, str):
        moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d"
        return re.sub(rf"{moment}|\d{{4}}-\d\d-\d\d", "(time)", value)
    return value


def test_the_receiver_of_the_docs_tells_ours_from_a_forgery(shop, owner):
    endpoint = listen(shop, owner)
    message = log.send_test(endpoint_id=endpoint.pk, user=owner, now=timezone.now())
    body, headers = signing.parcel(message, endpoint, now=timezone.now())
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    secret = unseal(endpoint.secret)
    assert names["receive"](headers, body, secret)["type"] == TEST_TYPE
    assert names["receive"](headers, body.replace(b"s1", b"s2"), secret) is None
    assert names["receive"](headers, body, signing.new_secret()) is None


def test_a_decision_for_people_is_told_too_and_moves_nothing(shop, owner):
    listen(shop, owner)
    arrives()
    decide(shop)
    arrived, decided = said()
    assert arrived["type"] == "ticket.arrived"
    data = decided["data"]
    assert (data["outcome"], data["why"], data["source"], data["strategy"]) == (
        "manual", "none_hit", None, None,
    )  # fmt: skip


def test_what_a_batch_tells_is_in_the_order_of_its_tickets(shop, owner):
    """One statement writes many tickets; each has its own messages in their order."""
    listen(shop, owner)
    make_strategy(shop)
    for number in range(5):
        arrives(number)
    decide(shop)
    told = said()
    for number in range(5):
        mine = [b["type"] for b in told if b["data"].get("ticket_no") == f"AS{number}"]
        assert mine == ["ticket.arrived", "ticket.decided", "refund.requested", "ticket.updated"]


def test_notes_of_people_stay_inside(shop, owner):
    """Nor does the buyer's name go out."""
    one = arrives()
    listen(shop, owner)
    TicketEvent.objects.create(
        ticket=one, at=timezone.now(), kind="note", actor="person", user=owner, note="inside"
    )
    assert said() == []
    TicketEvent.objects.create(
        ticket=one, at=timezone.now(), kind="reported", actor="platform", note="inside"
    )
    (body,) = said()
    assert "inside" not in json.dumps(body) and "b1" not in json.dumps(body)
    assert (body["data"]["what"], body["data"]["status"]) == ("reported", "pending_review")


@pytest.mark.parametrize(
    ("fen", "yuan"), [(0, "0.00"), (5, "0.05"), (5990, "59.90"), (9_999_900, "99999.00"),
                      (-5, "-0.05"), (2**62, "46116860184273879.04")],
)  # fmt: skip
def test_amounts_are_yuan(fen, yuan):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT aftersale_yuan(%s)", [fen])
        assert cursor.fetchone() == (yuan,)
