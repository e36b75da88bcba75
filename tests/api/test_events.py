"""`GET /events`: the feed, in the order of commit, without gaps (INTERFACES)."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from aftersale.models import FeedEvent, Shop, WebhookMessage
from aftersale.services.access import tokens
from aftersale.services.webhooks import endpoints, feed
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

from .feed import settle
from .program import MADE_AT, Program, program


@pytest.mark.django_db(transaction=True)
def test_what_happened_is_read_once_and_in_order() -> None:
    """Bodies as webhooks have them; another shop's are not there."""
    shop, other = make_shop(code="s1"), make_shop(code="s2")
    owner = make_user(shop)
    erp, theirs = program(shop, owner, "read"), program(other, make_user(other), "read")
    nothing = erp.get("/events").content
    assert nothing == {"results": [], "next": None, "more": False}
    make_strategy(shop, name="small")
    make_ticket(make_order(shop, order_no="O1"), ticket_no="AS1")
    decide_shop(shop.pk, tally=Tally())
    settle()
    first = erp.get("/events?page_size=1").content
    assert (first["more"], first["next"]) == (True, first["results"][0]["cursor"])
    assert first["results"][0] == {
        "cursor": first["next"],
        "type": "ticket.decided",
        "timestamp": first["results"][0]["timestamp"],
        "data": {**first["results"][0]["data"], "shop": "s1", "ticket_no": "AS1"},
    }
    rest = erp.get(f"/events?after={first['next']}").content
    assert [event["type"] for event in rest["results"]] == ["refund.requested", "ticket.updated"]
    end = erp.get(f"/events?after={rest['next']}").content
    assert end == {"results": [], "next": rest["next"], "more": False}
    assert theirs.get("/events").content["results"] == []
    gone = theirs.get(f"/events?after={first['next']}")
    assert (gone.status, gone.content["code"]) == (410, "cursor_gone")


def late_writer(shop: Shop, between: Callable[[], None]) -> None:
    """Writes an event, lets `between` happen in other transactions, and commits."""
    begun, done = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            tell(shop, "late")
            begun.set()
            assert done.wait(10)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(10)
    between()
    done.set()
    writer.join(10)


def tell(shop: Shop, about: str) -> None:
    with connection.cursor() as cur:
        cur.execute(
            "SELECT aftersale_tell(%s, 'ticket.updated', %s, now(), '{}')", [shop.pk, about]
        )


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_puts_nothing_behind_the_cursor() -> None:
    shop = make_shop()
    program(shop, make_user(shop), "read")
    tell(shop, "before")
    settle()
    (before,) = feed.events_after(shop_id=shop.pk, cursor=None, most=9)
    by_id: list[str] = []
    in_order: list[str] = []

    def between() -> None:
        tell(shop, "quick")
        kept = FeedEvent.objects.filter(shop=shop, pk__gt=before.pk).order_by("pk")
        # Read by id alone, the late one, whose id is smaller, would be behind the reader's place.
        by_id.extend(kept.values_list("subject", flat=True))
        in_order.extend(subjects(shop, feed.Cursor.of(before)))

    late_writer(shop, between)
    assert (by_id, in_order) == (["quick"], [])
    late, quick = FeedEvent.objects.filter(pk__gt=before.pk).order_by("pk")
    assert (late.subject, quick.subject) == ("late", "quick")
    settle()
    assert subjects(shop, feed.Cursor.of(before)) == ["late", "quick"]


def subjects(shop: Shop, cursor: feed.Cursor) -> list[str]:
    return [one.subject for one in feed.events_after(shop_id=shop.pk, cursor=cursor, most=9)]


def test_nothing_is_kept_where_nobody_listens(shop: Shop, owner: User) -> None:
    make_ticket(make_order(shop))
    tell(shop, "a")
    tokens.create(shop_id=shop.pk, name="in", scopes=["orders"], user=owner, now=MADE_AT)
    tell(shop, "b")
    token, _text = tokens.create(
        shop_id=shop.pk, name="out", scopes=["read"], user=owner, now=MADE_AT
    )
    tell(shop, "c")
    tokens.revoke(token_id=token.pk, user=owner, now=NOON)
    tell(shop, "d")
    endpoints.create(
        shop_id=shop.pk,
        url="http://127.0.0.1:9/",
        description="",
        types=["refund.sent"],
        user=owner,
        now=NOON,
    )
    tell(shop, "e")
    assert list(FeedEvent.objects.values_list("subject", flat=True)) == ["c", "e"]
    # The endpoint has not chosen this type.
    assert not WebhookMessage.objects.exists()


def test_old_events_go_and_a_shops_last_stays(erp: Program, shop: Shop) -> None:
    for about in "abc":
        tell(shop, about)
    a, b, c = FeedEvent.objects.order_by("pk")
    old = NOON - feed.KEPT - timedelta(seconds=1)
    FeedEvent.objects.exclude(pk=b.pk).update(at=old)
    FeedEvent.objects.filter(pk=b.pk).update(at=NOON - feed.KEPT)
    assert feed.clear(now=NOON) == 1
    assert list(FeedEvent.objects.order_by("pk")) == [b, c]
    FeedEvent.objects.update(at=old)
    assert (feed.clear(now=NOON), FeedEvent.objects.get()) == (1, c)
    assert erp.get(f"/events?after={feed.Cursor.of(a)}").status == 410


@pytest.mark.parametrize("after", ["", "x", "1", "1-2-3", "-1-2", "9" * 20 + "-1", "1-" + "9" * 20])
def test_a_wrong_cursor(erp: Program, after: str) -> None:
    found = erp.get(f"/events?after={after}")
    assert (found.status, found.content["errors"][0]["pointer"]) == (422, "#/after")
