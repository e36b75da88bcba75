"""Erased buyers who are sent again stay erased, and blocked ones blocked (SPEC P7)."""

import io
from datetime import timedelta

import pytest
from django.test import override_settings

from aftersale.models import (
    AuditEntry,
    BlockedBuyer,
    ErasedBuyer,
    ImportRow,
    Order,
    PlatformFacts,
    Shop,
    Ticket,
    TicketEvent,
)
from aftersale.platforms.protocol import Fact
from aftersale.records.schemas import ShopRecord
from aftersale.services.buyers import erased
from aftersale.services.exports import bring, run
from aftersale.services.exports.write import name_buyers
from aftersale.services.privacy.erase import erase
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.shops import shops
from aftersale.services.syncing import facts
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket
from tests.factories import make_shop, make_strategy, make_user

from .everywhere import traces
from .scene import BUYER, NOTE, PICTURE

pytestmark = pytest.mark.django_db
# Requests of the records are of noon.
LATER = NOON + timedelta(hours=6)


@pytest.fixture
def shop() -> Shop:
    return make_shop(code="s1", platform="kuaishou")


def erase_them(shop: Shop) -> str:
    return erase(shop_id=shop.pk, buyer=BUYER, user=make_user(shop), now=LATER).stand_in


def test_the_same_version_again(shop: Shop) -> None:
    """It changes nothing and raises no difference."""
    records = order(buyer=BUYER), ticket(note=NOTE, evidence=[PICTURE])
    save_order(records[0])
    save_ticket(records[1])
    stand_in = erase_them(shop)
    events = TicketEvent.objects.count()
    for _time in range(2):
        assert [one.outcome for one in save_order(records[0])] == [Outcome.UNCHANGED]
        assert [one.outcome for one in save_ticket(records[1])] == [Outcome.UNCHANGED]
    stored = Ticket.objects.get()
    assert (stored.buyer, stored.order.buyer) == (stand_in, stand_in)
    assert (stored.note, stored.evidence, stored.flags) == ("", [], [])
    assert not stored.order.in_doubt and TicketEvent.objects.count() == events
    assert not traces(BUYER) and not traces(NOTE)


def test_a_newer_version(shop: Shop) -> None:
    save_order(order(buyer=BUYER))
    save_ticket(ticket(note=NOTE))
    stand_in = erase_them(shop)
    save_order(order(buyer=BUYER, status="shipped", updated_at=at(7)), hour=7)
    save_ticket(ticket(note=f"{NOTE}!", evidence=[PICTURE], amount="50", updated_at=at(7)), hour=7)
    stored = Ticket.objects.get()
    assert (stored.buyer, stored.note, stored.evidence) == (stand_in, "", [])
    assert (stored.amount, stored.order.status) == (5_000, "shipped")
    assert not traces(BUYER) and not traces(NOTE)
    # From now on its digest is known.
    assert (
        save_ticket(
            ticket(note=f"{NOTE}!", evidence=[PICTURE], amount="50", updated_at=at(7)), hour=7
        )[0].outcome
        == Outcome.UNCHANGED
    )


def test_new_orders_are_of_the_same_stand_in(shop: Shop) -> None:
    """Limits go on counting; what the buyer writes in a new request is theirs to write."""
    save_order(order(buyer=BUYER))
    stand_in = erase_them(shop)
    save_order(order(order_no="O2", buyer=BUYER, updated_at=at(7)), order(order_no="O3"), hour=7)
    save_ticket(
        ticket(order_no="O2", note="new words", applied_at=at(7), updated_at=at(7)),
        ticket(ticket_no="T2", order_no="O2", line_no=1, note=NOTE, updated_at=at(7)),
        hour=7,
    )
    assert Order.objects.get(order_no="O2").buyer == stand_in
    assert Order.objects.get(order_no="O3").buyer == "b1"
    assert Ticket.objects.get(ticket_no="T1").note == "new words"
    assert Ticket.objects.get(ticket_no="T2").note == ""


def test_a_ticket_that_waited_for_its_order(shop: Shop) -> None:
    save_order(order(buyer=BUYER))
    erase_them(shop)
    save_ticket(ticket(order_no="O2", note=NOTE, evidence=[PICTURE]))
    save_order(order(order_no="O2", buyer=BUYER))
    stored = Ticket.objects.get()
    assert stored.buyer.startswith(erased.PREFIX)
    assert (stored.note, stored.evidence) == ("", [])
    assert not traces(NOTE)


def test_a_blocked_buyer_stays_blocked(shop: Shop) -> None:
    """SPEC G1: for the automation, in forms, calls and files alike."""
    make_strategy(shop)
    save_order(order(buyer=BUYER))
    owner = make_user(shop)
    shops.block_buyer(shop_id=shop.pk, buyer=BUYER, user=owner, now=NOON)
    stand_in = erase_them(shop)
    save_order(order(order_no="O2", buyer=BUYER, updated_at=at(7)), hour=7)
    save_ticket(ticket(order_no="O2", applied_at=at(7), updated_at=at(7)), hour=7)
    decide_shop(shop.pk, tally=Tally())
    assert Decision.objects.get().buyer_blocked
    assert not shops.block_buyer(shop_id=shop.pk, buyer=BUYER, user=owner, now=LATER)
    record = ShopRecord(code="s1", name=shop.name, blocked_buyers=[BUYER, "b9"])
    shops.upsert(record, now=LATER)
    blocked = BlockedBuyer.objects.order_by("pk").values_list("buyer", flat=True)
    assert list(blocked) == [stand_in, "b9"]
    shops.unblock_buyer(shop_id=shop.pk, buyer=BUYER, user=owner, now=LATER)
    assert BlockedBuyer.objects.get().buyer == "b9"
    assert AuditEntry.objects.get(kind="buyer_unblocked").filters == {"buyer": stand_in}
    assert shops.block_buyers(
        shop_id=shop.pk, notes={BUYER: "", stand_in: "", "b10": ""}, user=owner, now=LATER
    ) in ({BUYER, "b10"}, {stand_in, "b10"})
    assert not traces(BUYER)


def test_files_of_back_offices(shop: Shop) -> None:
    """SPEC O11: in the rows that are kept, and where a file names the buyer of a stand-in."""
    save_order(order(buyer=BUYER))
    stand_in = erase_them(shop)
    heads = "order no,status,paid,buyer,product,title,paid for it,pieces"
    content = f"{heads}\nO7,paid,12.00,{BUYER},p1,t,12.00,1\nO8,paid,12.00,b8,p1,t,12.00,1\n"
    mapping = {
        "kind": "orders",
        "columns": {
            "order_no": "order no", "status": "status", "paid": "paid", "buyer": "buyer",
            "product": "product", "title": "title", "line_paid": "paid for it",
            "quantity": "pieces",
        },
        "statuses": {"paid": "pending_shipment"},
        "types": {},
        "head_row": 1,
    }  # fmt: skip
    brought = bring.bring(
        shop=shop, files=[("a.csv", io.BytesIO(content.encode()))], user=make_user(shop),
        now=LATER, mapping=mapping,
    )  # fmt: skip
    run.work(brought.pk, clock=lambda: LATER)
    kept = ImportRow.objects.order_by("row").values_list("cells__buyer", flat=True)
    assert list(kept) == [stand_in, "b8"]
    Order.objects.filter(order_no="O1").update(buyer="?O1")
    name_buyers(shop, {"O1": BUYER})
    assert Order.objects.get(order_no="O1").buyer == stand_in
    assert not traces(BUYER)


def test_what_the_platform_says_of_old_requests(shop: Shop) -> None:
    """Its facts hold texts and pictures: those of a later request are kept."""
    save_order(order(buyer=BUYER))
    save_ticket(ticket())
    erase_them(shop)
    later = {"ticket_no": "T2", "applied_at": at(7), "updated_at": at(7)}
    save_ticket(ticket(**later), hour=7)
    told = {number: [Fact("history", NOTE)] for number in ("T1", "T2", "T3")}
    facts.keep(shop.pk, "ticket", told, now=LATER)
    facts.keep(shop.pk, "order", {"O1": [Fact("seller_note", NOTE)]}, now=LATER)
    kept = PlatformFacts.objects.order_by("number").values_list("number", flat=True)
    assert list(kept) == ["T2", "T3"]


def test_another_secret_key_goes_on_recognising(shop: Shop) -> None:
    save_order(order(buyer=BUYER))
    stand_in = erase_them(shop)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=["not-it"]):
        answer = save_order(order(order_no="O2", buyer=BUYER))
        assert answer[0].outcome == Outcome.REFUSED
        assert "SECRET_KEY_FALLBACKS" in answer[0].errors[0].message
        assert erased.seal_keys_anew() == 0
    assert not Order.objects.filter(order_no="O2").exists()
    earlier = _secret_key()
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[earlier]):
        save_order(order(order_no="O2", buyer=BUYER))
        assert [erased.seal_keys_anew(), erased.seal_keys_anew()] == [1, 0]
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        save_order(order(order_no="O3", buyer=BUYER))
    found = Order.objects.filter(order_no__in=["O2", "O3"]).values_list("buyer", flat=True)
    assert list(found) == [stand_in, stand_in]


def _secret_key() -> str:
    from django.conf import settings

    return settings.SECRET_KEY


def test_a_hash_says_nothing_without_the_key(shop: Shop) -> None:
    """Two shops' hashes of one number differ, and the key stands in the database sealed."""
    save_order(order(buyer=BUYER))
    erase_them(shop)
    other = make_shop(code="s2")
    save_order(order(shop="s2", buyer=BUYER))
    erase(shop_id=other.pk, buyer=BUYER, user=make_user(other), now=LATER)
    hashes = set(ErasedBuyer.objects.values_list("digest", flat=True))
    keys = set(Shop.objects.values_list("erasure_key", flat=True))
    assert len(hashes) == 2 and len(keys) == 2
    assert all(key.startswith("gAAAA") for key in keys)
