"""SPEC M2: what buyers ask for, who is behind, what waits to be paid, what automation was worth."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Refund, Shop, Ticket, TicketEvent
from monitoring.admin.dashboard import choice, wording
from monitoring.admin.dashboard.sums import sums
from monitoring.models import DeskCount, StaleMoment
from monitoring.services.figures import audit, day_span, roll_up
from monitoring.services.figures.days import day_spans, today
from monitoring.services.figures.products import most_asked
from monitoring.services.figures.sources import FigureSource, count
from strategies.models import Decision, DecisionTally, RulebookRevision
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.clients import english_client
from tests.factories import make_order, make_shop, make_strategy, make_ticket, make_user
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
INDEX = reverse("admin:index")


def ask(shop: Shop, days_ago: float, *products: str, reason: str = "other") -> Ticket:
    at = timezone.now() - timedelta(days=days_ago)
    lines = [{"product": product, "title": f"title {product}"} for product in products or ["p-1"]]
    order = make_order(shop, paid_at=at, lines=lines)
    return make_ticket(order, applied_at=at, reason=reason, awaiting_evaluation=False)


def answer(ticket: Ticket, user: Any, at: datetime, waited: timedelta, **fields: Any) -> None:
    ticket.events.create(at=at - waited, kind="arrived", actor="platform", to_status="")
    ticket.events.create(
        at=at, kind="status", actor="person", user=user,
        **({"from_status": "pending_review", "to_status": "refunding"} | fields),
    )  # fmt: skip


def board(client: Client, query: str = "?period=7") -> dict[str, Any]:
    found: dict[str, Any] = client.get(INDEX + query).context["dashboard"]
    return found


def test_reasons_and_products_with_their_change() -> None:
    shop = make_shop()
    ask(shop, 20)  # it was here for all of both weeks
    roll_up(now=timezone.now())
    for days_ago in (8, 9, 10):
        ask(shop, days_ago, "p-1", reason="wrong_item")
    for days_ago in (1, 2, 3, 4):
        ask(shop, days_ago, "p-2", reason="quality_issue")
    ask(shop, 1, "p-1", reason="wrong_item")
    both = ask(shop, 2, "p-1", "p-2", "p-2", reason="quality_issue")
    client = english_client(make_user(shop, "viewer"))
    for _counted in range(2):
        found = board(client)
        assert [
            (row["label"], row["number"], row["share"], row["change"].text)
            for row in found["reasons"]
        ] == [("Quality issue", 5, "83.3%", "+5 (0)"), ("Wrong item sent", 1, "16.7%", "-2 (3)")]
        assert [
            (row["label"], row["number"], row["reason"], row["of_reason"], row["change"].text)
            for row in found["products"]
        ] == [
            ("title p-2", 5, "Quality issue", 5, "+5 (0)"),
            ("title p-1", 2, "Quality issue", 1, "-1 (3)"),
        ]
        assert found["than"] == "the 7 days before"
        roll_up(now=timezone.now())
    listed = client.get(found["products"][1]["reason_url"])
    assert listed.context["total"] == 1
    assert both.ticket_no in listed.content.decode()
    assert list(audit.differences()) == []


def test_nothing_is_compared_with_what_was_not_there() -> None:
    """A shop that came ten days ago has a week, and no week before it."""
    shop = make_shop()
    for days_ago in (1, 2, 10):
        ask(shop, days_ago)
    client = english_client(make_user(shop, "viewer"))
    roll_up(now=timezone.now())
    found = board(client)
    assert found["than"] == ""
    assert {row["change"] for row in found["reasons"] + found["products"]} == {None}
    assert {tile.change for tile in found["tiles"]} == {None}
    assert "Against" not in client.get(INDEX).content.decode()
    ask(shop, 14)
    roll_up(now=timezone.now())
    assert board(client)["than"] == "the 7 days before"
    # Another shop's newness speaks for both only where they are shown together.
    other = make_shop()
    other.memberships.create(user=shop.memberships.get().user, role="viewer")
    ask(other, 3)
    roll_up(now=timezone.now())
    assert board(client)["than"] == ""
    assert board(client, f"?period=7&shop={shop.pk}")["than"] == "the 7 days before"


def test_a_day_that_runs_is_compared_with_as_much_of_the_one_before() -> None:
    shop = Shop(pk=1, timezone="Asia/Shanghai")
    now = datetime.fromisoformat("2026-03-10T02:30:00+00:00")  # 10:30 of the 10th in Shanghai

    def ends(name: str) -> str:
        period = choice.Period(name, choice.AGO[name], None).before()
        return period.spans([shop], now)[-1].ends.isoformat()

    assert ends("today") == "2026-03-09T02:30:00+00:00"
    assert ends("7") == "2026-03-03T02:30:00+00:00"
    assert ends("yesterday") == "2026-03-08T16:00:00+00:00"  # both are over
    # Of days that are not all gone: as many, and as much of the last one.
    for first, last, before in (
        (9, 11, ["2026-03-06T16:00:00+00:00", "2026-03-07T02:30:00+00:00"]),
        (10, 11, ["2026-03-08T02:30:00+00:00"]),
        (11, 12, []),
    ):
        dates = date(2026, 3, first), date(2026, 3, last)
        period = choice.Period(choice.DATES, None, dates).before()
        assert [span.ends.isoformat() for span in period.spans([shop], now)] == before


def test_decisions_of_today_are_compared_with_yesterdays_until_this_time() -> None:
    """A tally is of the whole day: what was decided yesterday evening is not in the comparison."""
    shop = make_shop()
    now = datetime.fromisoformat("2026-03-10T02:30:00+00:00")  # 10:30 of the 10th in Shanghai
    make_strategy(shop)
    rulebook = RulebookRevision.objects.filter(shop=shop).latest("number")
    decided: dict[int, list[int]] = {10: [9, 10], 9: [8, 9, 11, 23], 8: [10, 20]}
    for day, hours in decided.items():
        for hour in hours:
            at = datetime(2026, 3, day, hour, 15, tzinfo=ZoneInfo(shop.timezone))
            ticket = make_ticket(make_order(shop), awaiting_evaluation=False)
            outcome = "manual" if hour in (8, 11) else "refund"
            Decision.objects.create(
                shop=shop, ticket=ticket, outcome=outcome, decided_at=at, amount=1,
                applied_at=at, paid_amount=1, refundable_amount=1, has_virtual=False,
                buyer_blocked=False, order=ticket.order, rulebook=rulebook, labels=[],
                products=[], categories=[],
            )  # fmt: skip
            tally, _made = DecisionTally.objects.get_or_create(
                shop=shop, day=date(2026, 3, day), outcome=outcome,
                defaults={"decisions": 0, "amount": 0},
            )  # fmt: skip
            tally.decisions += 1
            tally.save()

    def shares(name: str) -> list[tuple[int, int]]:
        period = choice.Period(name, choice.AGO[name], None)
        found = sums(choice.Choice([shop], [shop], None, period), now)
        return [(one.automatic, one.decided) for one in found]

    assert shares("today") == [(2, 2), (1, 2)]
    assert shares("yesterday") == [(2, 4), (2, 2)]


def test_colleagues_answers_and_what_is_in_their_hands() -> None:
    shop, now = make_shop(), timezone.now()
    mei, bo = make_user(shop, "cs_agent", first_name="Mei"), make_user(shop, "cs_agent")
    answer(ask(shop, 1), mei, now - timedelta(days=1), timedelta(hours=2))
    answer(ask(shop, 1), mei, now - timedelta(days=1), timedelta(hours=4), to_status="rejected")
    answer(ask(shop, 2), bo, now - timedelta(days=2), timedelta(minutes=10))
    late = {"due_at": now - timedelta(hours=1), "awaiting_evaluation": False}
    for handler in (bo, bo, None):
        make_ticket(make_order(shop), handler=handler, **late)
    # Another shop's, and one that needs nobody any more.
    make_ticket(make_order(make_shop()), handler=mei, **late)
    make_ticket(make_order(shop), handler=mei, status="refunded", awaiting_evaluation=False)
    client = english_client(mei)
    rows = board(client)["colleagues"]
    assert [
        (
            row["name"],
            row["answers"].value if "answers" in row else None,
            row.get("mean"),
            row["in_hand"].value,
            row["overdue"].value if "overdue" in row else None,
        )
        for row in rows
    ] == [
        (bo.username, 1, "10 min", 2, 2),
        ("Mei", 2, "3 h 0 min", 0, 0),
        ("In nobody's hands", None, None, 4, None),
    ]
    assert rows[1]["replies"] == 2
    for url in (rows[1]["answers"].url, rows[1]["replies_url"]):
        listed = client.get(url)
        assert listed.context["total"] == 2
        page = listed.content.decode()
        assert "→ Refunding · after 2 h 0 min" in page
        assert "→ Rejected · after 4 h 0 min" in page
    # A confirmed return is an answer as well; its parcel's way is nobody's time.
    answer(ask(shop, 3), mei, now, timedelta(days=3), from_status="returning")
    mine = next(row for row in board(client)["colleagues"] if row["name"] == "Mei")
    assert (mine["answers"].value, mine["replies"], mine["mean"]) == (3, 2, "3 h 0 min")


def test_a_list_names_nobody_of_another_shop() -> None:
    """An address may hold any number: names are told of members, and of who took a step here."""
    shop, now = make_shop(), timezone.now()
    gone = make_user(make_shop(), "cs_agent", first_name="Gone")
    member = make_user(shop, "cs_agent", first_name="Member")
    stranger = make_user(make_shop(), "cs_agent", first_name="Stranger")
    answer(ask(shop, 1), gone, now - timedelta(days=1), timedelta(hours=1))
    client = english_client(make_user(shop, "viewer"))

    def narrowed(user: Any) -> list[Any]:
        address = f"{reverse('monitoring:drilldown')}?period=7&source=answer&kind={user.pk}"
        found: list[Any] = client.get(address).context["narrowed"]
        return found

    assert narrowed(gone) == ["Gone"]
    assert narrowed(member) == ["Member"]
    assert narrowed(stranger) == [str(stranger.pk)]


def test_a_products_number_may_have_commas() -> None:
    shop = make_shop()
    for product in ("p,1", "p", "p"):
        ask(shop, 1, product)
    client = english_client(make_user(shop, "viewer"))
    rows = {row["code"]: row for row in board(client)["products"]}
    assert (rows["p,1"]["number"], rows["p"]["number"]) == (1, 2)
    for code in ("p,1", "p"):
        for url in (rows[code]["url"], rows[code]["reason_url"]):
            assert client.get(url).context["total"] == rows[code]["number"]


def test_a_programs_step_is_not_its_makers() -> None:
    """SPEC P6."""
    shop, now = make_shop(), timezone.now()
    user = make_user(shop, "owner")
    token = shop.api_tokens.create(
        name="erp", created_by=user, created_at=now, scopes=["decide"], digest="x"
    )
    answer(ask(shop, 1), user, now - timedelta(days=1), timedelta(hours=1), token=token)
    (row,) = (
        row
        for row in board(english_client(user))["colleagues"]
        if "answers" in row and row["answers"].value
    )
    assert (row["name"], row["answers"].value) == ("Programs (API)", 1)
    # It holds no cases: a list "of it" would be everybody's.
    assert row["in_hand"][1:] == (0, "")
    assert row["overdue"][1:] == (0, "")


def test_what_waits_to_be_paid() -> None:
    shop, now = make_shop(connector="manual"), timezone.now()
    for hours, amount in ((2, 1_000), (26, 2_500)):
        order = make_order(shop)
        ticket = make_ticket(order, status="refunding", awaiting_evaluation=False)
        Refund.objects.create(
            shop=shop, order=order, ticket=ticket, amount=amount, source="person",
            requested_at=now - timedelta(hours=hours),
        )  # fmt: skip
    tile = board(english_client(make_user(shop, "viewer")))["now_tiles"][-1]
    assert (tile.title, tile.value, tile.more) == ("To pay by hand", "2", "¥35.00")
    assert tile.help == "The oldest has waited for 1 day 2 h."


def test_what_automation_saved_and_cost() -> None:
    """Work at the pace of people's steps (SPEC M6), mistakes as hits that became losses."""
    shop, now = make_shop(), timezone.now()
    make_strategy(shop)
    for _ in range(3):
        make_ticket(make_order(shop))
    decide_shop(shop.pk, tally=Tally())
    client = english_client(make_user(shop, "viewer"))
    saved, cost = board(client)["worth_tiles"]
    assert (saved.value, saved.figure) == ("9 min", 3)
    assert saved.help.startswith("Assumed: 3 min")
    assert (cost.value, cost.figure) == ("¥0.00", 0)
    user, begins = make_user(shop, "cs_agent"), now - timedelta(days=2)
    for number in range(3):  # the first step tells no time
        ticket = ask(shop, 3)
        at = begins + number * timedelta(minutes=6)
        answer(ticket, user, at, timedelta(0))
        Ticket.objects.filter(pk=ticket.pk).update(status="refunded")
        assert ticket.order is not None
        Refund.objects.create(
            shop=shop, order=ticket.order, ticket=ticket, amount=100, requested_at=at,
            settled_at=at, status="succeeded", source="person",
        )  # fmt: skip
    roll_up(now=now)
    lost = Ticket.objects.filter(status="refunding").first()
    assert lost is not None and lost.order is not None
    shop.shipping_alerts.create(
        ticket=lost, order=lost.order, kind="likely_loss", state="lost",
        raised_at=timezone.now(), changed_at=now,
    )  # fmt: skip
    saved, cost = board(client)["worth_tiles"]
    assert (saved.value, cost.value, cost.figure) == ("18 min", "¥100.00", 1)
    assert saved.help.startswith("People took 6 min a case")
    assert cost.more == "33.3% of the strategies' hits"
    assert wording.hours(5_400) == "1.5 h"


def test_what_changes_a_past_day_has_it_counted_again() -> None:
    """A ticket that comes late or changes, a person's step: nothing that the evaluator writes."""
    shop, now = make_shop(), timezone.now()
    ticket = ask(shop, 3)
    roll_up(now=now)
    assert not StaleMoment.objects.exists()
    Ticket.objects.filter(pk=ticket.pk).update(status="refunding", awaiting_evaluation=False)
    assert not StaleMoment.objects.exists()
    Ticket.objects.filter(pk=ticket.pk).update(reason="wrong_item")
    assert StaleMoment.objects.exists()
    assert list(audit.differences()) == []
    roll_up(now=now)
    answer(ticket, make_user(shop, "cs_agent"), now - timedelta(days=2), timedelta(hours=1))
    assert list(audit.differences()) == []
    roll_up(now=now)
    ask(shop, 5, "p-9")
    assert list(audit.differences()) == []
    roll_up(now=now)
    assert DeskCount.objects.filter(source="product", kind="p-9").count() == 1
    assert not StaleMoment.objects.exists()


def test_products_are_summed_in_the_database() -> None:
    """As many rows come out as are shown, of counted days and of others alike."""
    shop, now = make_shop(), timezone.now()
    for number in range(6):
        for days_ago in range(number + 1):
            ask(shop, days_ago / 2, f"p-{number}")
    day = today(shop, now)
    spans = day_spans(shop, day - timedelta(days=6), day)
    begins = {shop.pk: day - timedelta(days=6)}
    for _counted in range(2):
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE aftersale_ticket")
        found = most_asked(spans, begins=begins, limit=3)
        assert [(asked.product, asked.number) for asked in found] == [
            ("p-5", 6), ("p-4", 5), ("p-3", 4),
        ]  # fmt: skip
        roll_up(now=now)
    counted = [row for row in count([day_span(shop, day)]) if row.source == FigureSource.PRODUCT]
    assert all(row.sample for row in counted)


def test_the_queries_of_the_page() -> None:
    """Its own, besides the frame's: the same number however much there is to tell."""
    shop = make_shop()
    user = make_user(shop, "owner")
    client = english_client(user)
    client.get(INDEX)
    frame = queries_of(client, reverse("monitoring:alert-mails"))
    for number in range(12):
        answer(ask(shop, number, f"p-{number}"), user, timezone.now(), timedelta(hours=1))
    roll_up(now=timezone.now())
    assert queries_of(client, INDEX + "?period=30") - frame <= 17
    assert TicketEvent.objects.count() == 24
