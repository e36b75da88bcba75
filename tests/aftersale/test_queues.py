"""The workbench's queues: what is in each, in which order, page by page (SPEC O5, F2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from aftersale.models import ApprovalRequest, Order, Refund, ShippingAlert, Shop, Ticket
from aftersale.services.desk import find_cases, queues
from aftersale.services.desk.filters import Filters
from aftersale.services.desk.queues import Queue, QueuePlace
from tests.each import each
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user
from tests.queries import counted_queries

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def agent(shop: Shop) -> User:
    return make_user(shop, "cs_agent")


def a_ticket(shop: Shop, name: str, **fields: Any) -> Ticket:
    order = make_order(shop, labels=fields.pop("labels", []), buyer=fields.pop("buyer", "b"))
    return make_ticket(order, ticket_no=name, **{"awaiting_evaluation": False, **fields})


def names(queue: str, shop: Shop, user: User, **how: Any) -> list[str]:
    how = {"filters": Filters(), "limit": 50, "now": NOON, **how}
    return shown(queues.page(queue=queue, shop_ids=[shop.pk], user=user, **how))


def shown(page: list[QueuePlace]) -> list[str]:
    return [ticket.ticket_no for ticket in queues.rows([one.ticket for one in page])]


@pytest.fixture
def desk(shop: Shop, agent: User) -> None:
    """One of everything; the names say what each is."""
    a_ticket(shop, "waits", awaiting_evaluation=True)
    a_ticket(shop, "none")
    a_ticket(shop, "soon", due_at=NOON + HOUR)
    a_ticket(shop, "today", due_at=NOON + 20 * HOUR, handler=agent)
    a_ticket(shop, "late", due_at=NOON - HOUR)
    a_ticket(shop, "talks", status="negotiating", due_at=NOON + 3 * HOUR)
    # The buyer's clock: nothing of the merchant's is due.
    a_ticket(shop, "awaits", status="awaiting_return", due_at=NOON + HOUR)
    a_ticket(shop, "returns", status="returning", due_at=NOON - 2 * HOUR)
    a_ticket(shop, "failed", status="refund_failed")
    a_ticket(shop, "arbitration", status="arbitration")
    a_ticket(shop, "labelled", labels=["fast_refund"])
    paid = a_ticket(shop, "paid", status="refunded", handler=agent)
    lost = a_ticket(shop, "lost", status="refunded")
    for ticket, days in ((paid, 0), (lost, 3)):
        Refund.objects.create(
            shop=shop,
            order=ticket.order,
            ticket=ticket,
            amount=1,
            status="succeeded",
            source="fast_refund",
            requested_at=NOON - timedelta(days=days),
        )
        ShippingAlert.objects.create(
            shop=shop,
            order=ticket.order,
            ticket=ticket,
            kind="likely_loss",
            state="to_stop" if ticket is paid else "lost",
            raised_at=NOON,
            changed_at=NOON,
        )
    # Paid by hand: the one that has waited longest first. One is sent, one is held by the pause.
    Shop.objects.filter(pk=shop.pk).update(automation_paused_at=NOON)
    for name, hours, fields in (
        ("to-pay", 1, {}),
        ("to-pay-long", 5, {}),
        ("to-pay-asked", 9, {}),
        ("is-sent", 2, {"next_step_at": NOON}),
        ("is-held", 2, {"source": "strategy"}),
        ("is-released", 2, {"source": "strategy", "released": True}),
    ):
        ticket = a_ticket(shop, name, status="refunding")
        Refund.objects.create(
            shop=shop,
            order=ticket.order,
            ticket=ticket,
            amount=1,
            requested_at=NOON - hours * HOUR,
            **({"source": "person"} | fields),
        )
    # For a second person: their deadlines run on, but no other queue of work has them (SPEC G4).
    for name, hours, status in (
        ("asks", 1, "pending_review"),
        ("asks-long", 2, "negotiating"),
        ("asks-again", 3, "refund_failed"),
    ):
        ticket = a_ticket(shop, name, status=status, flags=["second_person"])
        ask_for(ticket, agent, NOON - hours * HOUR)
    paid_by_hand = Ticket.objects.get(ticket_no="to-pay-asked")
    ask_for(paid_by_hand, agent, NOON - 9 * HOUR, kind="paid")
    # Of a shop that is not asked for.
    a_ticket(make_shop(), "foreign", due_at=NOON - HOUR, handler=agent)


def ask_for(ticket: Ticket, user: User, at: datetime, kind: str = "approve") -> None:
    ApprovalRequest.objects.create(
        shop=ticket.shop,
        ticket=ticket,
        kind=kind,
        amount=1,
        together=1,
        alone_up_to=0,
        requested_by=user,
        requested_at=at,
    )


HELD = {
    Queue.TO_HANDLE: ["late", "soon", "today", "none", "labelled"],
    Queue.DUE_2H: ["soon"],
    Queue.DUE_24H: ["soon", "talks", "today"],
    Queue.OVERDUE: ["returns", "late"],
    Queue.NEGOTIATING: ["talks"],
    Queue.WAITING_FOR_GOODS: ["returns", "awaits"],
    Queue.REFUND_FAILED: ["failed"],
    Queue.TO_PAY: ["to-pay-long", "is-released", "to-pay"],
    Queue.SECOND_PERSON: ["to-pay-asked", "asks-again", "asks-long", "asks"],
    Queue.SHIPPING_ALERTS: ["paid"],
    Queue.FAST_REFUND: ["labelled", "paid"],
    Queue.MINE: ["today"],
    Queue.ALL: [
        *("returns", "late", "soon", "awaits", "talks", "today"),
        *("waits", "none", "failed", "arbitration", "labelled", "asks", "asks-long", "asks-again"),
    ],
}


def test_what_each_queue_holds(shop: Shop, agent: User, desk: None) -> None:
    assert {queue: names(queue, shop, agent) for queue in Queue} == HELD


def test_counts_are_the_queues_sizes_in_one_query(shop: Shop, agent: User, desk: None) -> None:
    with counted_queries() as asked:
        counted, _waiting = queues.counts(shop_ids=[shop.pk], user=agent, now=NOON)
    assert counted == {queue: len(held) for queue, held in HELD.items()}
    assert len(asked) == 1
    nothing, _waiting = queues.counts(shop_ids=[], user=agent, now=NOON)
    assert nothing == dict.fromkeys(Queue.values, 0)


def test_counts_stop(shop: Shop, agent: User, desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "MOST_COUNTED", 20)
    ticket = Ticket.objects.get(ticket_no="none")
    copies = []
    for number in range(30):
        ticket.pk, ticket.ticket_no = None, f"copy-{number}"
        copies.append(
            Ticket(**{f.attname: getattr(ticket, f.attname) for f in ticket._meta.fields})
        )
    Ticket.objects.bulk_create(copies)
    counted, waiting = queues.counts(shop_ids=[shop.pk], user=agent, now=NOON)
    assert counted[Queue.TO_HANDLE] == counted[Queue.ALL] == 21
    assert waiting == queues.waiting(shop_ids=[shop.pk], user=agent, now=NOON)
    assert waiting.tickets == 21


def test_pages_follow_each_other_without_gap(shop: Shop, agent: User, desk: None) -> None:
    other = a_ticket(shop, "same-due", due_at=NOON + HOUR)
    Ticket.objects.filter(ticket_no="late").update(due_at=other.due_at)
    ShippingAlert.objects.update(state="to_stop")
    for queue in (
        *(Queue.TO_HANDLE, Queue.ALL, Queue.FAST_REFUND),
        *(Queue.SHIPPING_ALERTS, Queue.TO_PAY, Queue.SECOND_PERSON),
    ):
        whole = names(queue, shop, agent)
        assert page_by_page(queue, shop, agent) == whole and len(whole) > 1, queue


def page_by_page(queue: Queue, shop: Shop, agent: User) -> list[str]:
    found: list[str] = []
    after = None
    while page := queues.page(
        queue=queue,
        shop_ids=[shop.pk],
        user=agent,
        now=NOON,
        filters=Filters(),
        limit=1,
        after=after,
    ):
        found += shown(page)
        after = page[-1].place
    return found


def test_urged_tickets_come_first(shop: Shop, agent: User, desk: None) -> None:
    """SPEC O5: nearest deadline first among them, and among the others; page by page too."""
    for place, (name, due) in enumerate((("u2", 3 * HOUR), ("u1", 2 * HOUR), ("u3", None))):
        due_at = NOON + due if due else None
        a_ticket(shop, name, due_at=due_at, urged=place + 1)
    a_ticket(shop, "u4", status="returning", due_at=NOON + 30 * HOUR, urged=1)
    for queue in (Queue.TO_HANDLE, Queue.ALL, Queue.MINE):
        whole = names(queue, shop, agent)
        Ticket.objects.filter(urged__gt=0).update(urged=0)
        plain = names(queue, shop, agent)
        Ticket.objects.filter(ticket_no__startswith="u").update(urged=2)
        assert page_by_page(queue, shop, agent) == whole
        urged = [name for name in plain if name.startswith("u")]
        assert whole == urged + [name for name in plain if not name.startswith("u")]
    assert names(Queue.TO_HANDLE, shop, agent)[:3] == ["u1", "u2", "u3"]


def test_parcels_that_have_waited_longest_come_first(shop: Shop, agent: User, desk: None) -> None:
    """H1: a parcel has no deadline, and whatever its ticket still has says nothing of it."""
    ShippingAlert.objects.filter(ticket__ticket_no="lost").update(
        state="asked_carrier", raised_at=NOON - HOUR
    )
    Ticket.objects.filter(ticket_no="paid").update(due_at=NOON)
    assert names(Queue.SHIPPING_ALERTS, shop, agent) == ["lost", "paid"]
    assert names(Queue.SHIPPING_ALERTS, shop, agent, filters=Filters(type="exchange")) == []
    refunds = Filters(type="refund_only")
    assert names(Queue.SHIPPING_ALERTS, shop, agent, filters=refunds) == ["lost", "paid"]


def test_many_shops_are_read_as_one(agent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    shops = [make_shop() for _ in range(3)]
    for place, one in enumerate(shops):
        a_ticket(one, f"t{place}", due_at=NOON + (3 - place) * HOUR)
        a_ticket(one, f"u{place}", status="returning")
    how: dict[str, Any] = {
        "queue": Queue.ALL,
        "shop_ids": [one.pk for one in shops],
        "user": agent,
        "now": NOON,
        "filters": Filters(),
        "limit": 5,
    }
    apart = queues.page(**how)
    monkeypatch.setattr(queues, "MOST_READS", 1)
    assert queues.page(**how) == apart
    assert shown(apart) == ["t2", "t1", "t0", "u0", "u1"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(type="return_refund"), ["b"]),
        (Filters(reason="quality_issue"), ["c"]),
        (Filters(amount_from=500), ["b", "c"]),
        (Filters(amount_to=500), ["a", "b"]),
    ],
)
def test_filters(shop: Shop, agent: User, filters: Filters, found: list[str]) -> None:
    a_ticket(shop, "a", amount=499)
    a_ticket(shop, "b", amount=500, type="return_refund")
    a_ticket(shop, "c", amount=501, reason="quality_issue")
    assert names(Queue.TO_HANDLE, shop, agent, filters=filters) == found


def search(shop: Shop, term: str) -> list[str]:
    pks = find_cases.search(term=term, shop_ids=[shop.pk], named_in=[shop.pk], filters=Filters())
    return [ticket.ticket_no for ticket in queues.rows(pks)]


def test_a_term_is_what_its_first_match_says(shop: Shop) -> None:
    """A number that is a ticket's is no order's, no parcel's and no buyer's name."""
    order = make_order(shop, order_no="77", buyer="77-buyer")
    make_ticket(order, ticket_no="1", return_tracking_no="SF1")
    make_ticket(order, ticket_no="2", status="refunded", awaiting_evaluation=False)
    a_ticket(make_shop(), "1", buyer="77-buyer", return_tracking_no="SF1")
    assert search(shop, "1") == ["1"]
    assert search(shop, "77") == ["2", "1"]
    assert search(shop, "SF1") == ["1"]
    assert search(shop, "77-b") == ["2", "1"]
    assert search(shop, "buyer") == search(shop, "") == []


def test_a_ticket_without_its_order_is_found_by_the_orders_number(shop: Shop) -> None:
    ticket = a_ticket(shop, "early")
    Ticket.objects.filter(pk=ticket.pk).update(order=None, order_no="not-there-yet")
    assert search(shop, "not-there-yet") == ["early"]


def test_searching_is_one_query(shop: Shop) -> None:
    a_ticket(shop, "one")
    with counted_queries() as asked:
        find_cases.search(term="one", shop_ids=[shop.pk], named_in=[shop.pk], filters=Filters())
    assert len(asked) == 1


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # Behind the settings that go before a query whose plan must not depend on statistics.
        *settings, query = sql.split("; SET LOCAL enable_seqscan = DEFAULT")[0].split("; ")
        cursor.execute("; ".join([*settings, f"EXPLAIN {query}"]))
        while cursor.description is None:
            cursor.nextset()
        return "\n".join(row[0] for row in cursor.fetchall())


@each(
    "index, read",
    [
        ("ticket_on_the_desk", lambda shop, user: page_of(shop, user)),
        ("ticket_of_buyer", lambda shop, user: search(shop, "b")),
        ("ticket_return_tracking", lambda shop, user: search(shop, "b")),
        ("ticket_once", lambda shop, user: search(shop, "b")),
    ],
)
def test_reads_can_use_their_index(
    shop: Shop, agent: User, history: None, index: str, read: Any
) -> None:
    """PERFORMANCE: each kind of search and each queue has an index that fits its conditions."""
    with counted_queries() as asked:
        read(shop, agent)
    assert index in plan(asked[0]["sql"])


@pytest.fixture
def history(shop: Shop) -> None:
    """Of a few rows any index will do: the planner is shown a shop that has some."""
    ticket = a_ticket(shop, "first", status="refunded", awaiting_evaluation=False)
    values = {field.attname: getattr(ticket, field.attname) for field in ticket._meta.fields}
    Ticket.objects.bulk_create(
        Ticket(**values | {"id": None, "ticket_no": f"copy-{n}", "buyer": f"x{n}"})
        for n in range(1_500)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aftersale_ticket")


def page_of(shop: Shop, user: User, queue: Queue = Queue.TO_HANDLE) -> list[QueuePlace]:
    return queues.page(
        queue=queue,
        shop_ids=[shop.pk],
        user=user,
        now=NOON,
        filters=Filters(),
        limit=10,
    )


def test_orders_are_not_joined_to_search(shop: Shop) -> None:
    with counted_queries() as asked:
        find_cases.search(term="x", shop_ids=[shop.pk], named_in=[shop.pk], filters=Filters())
    assert Order._meta.db_table in asked[0]["sql"] and "INNER JOIN" not in asked[0]["sql"]
