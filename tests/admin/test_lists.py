"""PERFORMANCE, Lists: few queries, however many rows; counts that stop; searches by number."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from aftersale.admin.kit import change_list
from aftersale.admin.kit import filters as offered
from aftersale.admin.kit.columns import money
from aftersale.models import Membership, Order, Refund, Ticket, TicketEvent
from aftersale.services.shared.shown import EMPTY, format_time
from strategies.models import Decision, Strategy
from tests.factories import make_shop, make_strategy
from tests.queries import queries_of

from .clients import client_of, english_client, url
from .scene import AT, Scene, more_tickets
from .test_scope import SCOPED

MOST_QUERIES = 8


def test_lists_take_few_queries(own: Scene) -> None:
    more_tickets(own, 10)
    client = client_of(own.people["owner"])
    for model in SCOPED:
        assert queries_of(client, url(model, "changelist")) <= MOST_QUERIES, model
    for model in (Ticket, Order, Refund, Decision):
        for term in ("mine-ticket", "mine-order", "mine-b", "nobody"):
            assert queries_of(client, url(model, "changelist"), data={"q": term}) <= MOST_QUERIES


def test_filtered_lists_take_few_queries(own: Scene) -> None:
    more_tickets(own, 60)
    client = client_of(own.people["owner"])
    for model, filters in (
        (Ticket, {"type__exact": "refund_only"}),
        (Ticket, {"due": "overdue"}),
        (Ticket, {"flag": "differs"}),
        (Order, {"status__exact": "pending_shipment"}),
        (Refund, {"source__exact": "person"}),
        (Decision, {"why__exact": "none_hit"}),
        (Decision, {"why__exact": "none_hit", "p": "2"}),
        (Decision, {"strategy": str(own.row(Strategy).pk)}),
    ):
        found = queries_of(client, url(model, "changelist"), data=filters)
        assert found <= MOST_QUERIES, (model, filters)


def found_in(client: Client, model: Any, **query: str) -> int:
    return client.get(url(model, "changelist"), query).context["cl"].result_count


def test_filters_look_through_the_newest(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no index leads to what is asked for; the page says so."""
    more_tickets(own, 9)
    monkeypatch.setattr(change_list, "MOST_READ", 4)
    client = english_client(own.people["owner"])
    for model, filters in (
        (Ticket, {"type__exact": "refund_only"}),
        (Ticket, {"o": "4"}),
        (Ticket, {"type__exact": "refund_only", "shop": str(own.shop.pk)}),
        (Order, {"status__exact": "pending_shipment"}),
        (Decision, {"why__exact": "none_hit"}),
    ):
        response = client.get(url(model, "changelist"), filters)
        assert response.context["cl"].result_count == 4, (model, filters)
        newest = model.objects.order_by("-pk")[:4]
        assert {row.pk for row in response.context["cl"].result_list} == {row.pk for row in newest}
        assert "Looked through 4 of each shop; there are more." in response.content.decode()
        assert response.context["cl"].further in response.content.decode().replace("&amp;", "&")
        further = client.get(url(model, "changelist") + response.context["cl"].further)
        assert further.context["cl"].result_count == model.objects.count() > 4
        assert "Looked through" not in further.content.decode()
    whole = client.get(url(Ticket, "changelist"))
    assert whole.context["cl"].result_count == 10
    assert "Looked through" not in whole.content.decode()


def test_what_must_be_done_is_found_however_old(
    own: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    more_tickets(own, 9)
    monkeypatch.setattr(change_list, "MOST_READ", 1)
    client = client_of(own.people["owner"])
    assert found_in(client, Ticket, q="mine-b", type__exact="refund_only") == 10
    # A time of decision is where the list begins; it is all there is to find by then.
    assert found_in(client, Decision, **{"from": "2020-01-01T00:00"}) == 10
    # Money that is under way, or that people have to look at.
    for values, filters in (
        ({"status": "unknown", "next_step_at": None}, {"status__exact": "unknown"}),
        ({"status": "taken_back"}, {"status__exact": "taken_back"}),
        ({"status": "failed"}, {"status__exact": "failed"}),
        ({"needs_people": True}, {"needs_people__exact": "1"}),
    ):
        Refund.objects.update(**values)
        assert found_in(client, Refund, **filters) == 10, filters
    Ticket.objects.update(status="arbitration", flags=["differs"])
    for filters in (
        {"status__exact": "arbitration"},
        {"due": "overdue"},
    ):
        assert found_in(client, Ticket, **filters) == 10, filters
    monkeypatch.setattr(change_list, "MOST_READ", 10)
    Ticket.objects.exclude(pk=own.row(Ticket).pk).update(flags=[])
    assert found_in(client, Ticket, flag="differs") == 1
    monkeypatch.setattr(change_list, "MOST_READ", 1)
    Ticket.objects.update(order=None, status="pending_review")
    assert found_in(client, Ticket, order_there="no") == 10
    # Nobody waits for what is done.
    Ticket.objects.update(status="refunded")
    assert found_in(client, Ticket, due="overdue") == 0


def test_nothing_among_the_newest_is_not_nothing(
    own: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    more_tickets(own, 3)
    oldest = Ticket.objects.order_by("pk").values_list("pk", flat=True)[0]
    Ticket.objects.filter(pk=oldest).update(type="exchange")
    monkeypatch.setattr(change_list, "MOST_READ", 2)
    client = english_client(own.people["owner"])
    page = client.get(url(Ticket, "changelist"), {"type__exact": "exchange"})
    assert page.context["cl"].result_count == 0
    assert "Nothing among the newest 2 of each shop." in page.content.decode()
    assert page.content.decode().count("Look further") == 2
    further = client.get(url(Ticket, "changelist") + page.context["cl"].further)
    assert further.context["cl"].result_count == 1
    assert "Nothing among" not in further.content.decode()
    none = client.get(url(Ticket, "changelist"), {"type__exact": "refund_keep_goods", "far": "1"})
    assert "Nothing fits the search and the filters." in none.content.decode()


def test_one_strategy_of_more_than_are_offered(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a strategy's hits leads to them, and still to nobody else's."""
    monkeypatch.setattr(offered, "MOST_CHOICES", 1)
    first, last = Strategy.objects.filter(shop=own.shop).first(), make_strategy(own.shop)
    assert first is not None
    decision = own.row(Decision)
    Decision.objects.filter(pk=decision.pk).update(strategy=last)
    client = client_of(own.people["owner"])
    assert found_in(client, Decision, strategy=str(last.pk)) == 1
    assert found_in(client, Decision, strategy=str(first.pk)) == 0
    theirs = make_strategy(make_shop())
    Decision.objects.filter(pk=decision.pk).update(strategy=theirs)
    for key in (str(theirs.pk), "x", "9" * 30, "9" * 5_000):
        assert found_in(client, Decision, strategy=key) == 0


def test_pages_that_are_not_there(own: Scene) -> None:
    """As Django does: back to the list, said to be wrong."""
    client = client_of(own.people["owner"])
    for page in ("0", "2", str(10**30)):
        response = client.get(url(Ticket, "changelist"), {"p": page})
        assert (response.status_code, response["Location"][-3:]) == (302, "e=1"), page


def test_each_shop_has_its_own_newest(
    own: Scene, foreign: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer rows of other members or shops hide no row."""
    more_tickets(foreign, 5)
    monkeypatch.setattr(change_list, "MOST_READ", 1)
    ours = client_of(own.people["owner"])
    assert found_in(ours, Ticket, type__exact="refund_only") == 1
    Membership.objects.create(shop=foreign.shop, user=own.people["owner"], role="viewer")
    both = client_of(own.people["owner"])
    assert found_in(both, Ticket, type__exact="refund_only", shop=str(own.shop.pk)) == 1


def test_queries_do_not_grow_with_rows(own: Scene) -> None:
    client = client_of(own.people["owner"])
    grown = [Ticket, Order, Decision, Refund, TicketEvent]
    before = {model: queries_of(client, url(model, "changelist")) for model in grown}
    more_tickets(own, 10)
    after = {model: queries_of(client, url(model, "changelist")) for model in grown}
    assert after == before


def test_no_list_asks_for_more_than_it_needs() -> None:
    for model in SCOPED:
        site = admin.site._registry[model]
        assert not site.show_full_result_count and site.date_hierarchy is None
        assert issubclass(site.paginator, change_list.CappedPaginator)


def test_counts_stop(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_list, "MOST", 3)
    more_tickets(own, 10)
    paginator = change_list.CappedPaginator(Ticket.objects.order_by("pk"), 2)
    assert paginator.count == 4
    client = english_client(own.people["owner"])
    assert "more than 3" in client.get(url(Ticket, "changelist")).content.decode()


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("mine-ticket", ["mine-ticket"]),
        ("mine-order", ["mine-ticket"]),
        ("mine-b", ["mine-0", "mine-1", "mine-ticket"]),
        ("ine-ticket", []),
        ("  mine-ticket ", ["mine-ticket"]),
    ],
)
def test_searching_tickets(own: Scene, term: str, found: list[str]) -> None:
    """A number is found whole, a buyer by its beginning."""
    ticket = own.row(Ticket)
    more_tickets(own, 2)
    Ticket.objects.exclude(ticket_no="mine-ticket").update(order_no="another")
    assert Ticket.objects.filter(ticket_no="mine-ticket").count() == 1 and ticket
    client = client_of(own.people["cs_agent"])
    for model, number in ((Ticket, "ticket_no"), (Decision, "ticket")):
        result = client.get(url(model, "changelist"), {"q": term}).context["cl"].result_list
        assert sorted(str(getattr(row, number)) for row in result) == found


def test_amounts_and_times_as_people_read_them(own: Scene) -> None:
    """Fen become yuan; times are on the shop's clock."""
    assert "¥1,234.50" in money(123_450)
    assert "-¥0.05" in money(-5)
    assert money(None) == EMPTY
    assert format_time(AT, own.shop) == "2026-11-20 10:00"
    own.shop.timezone = "Europe/London"
    assert format_time(AT, own.shop) == "2026-11-20 02:00"
    own.shop.save()
    client = client_of(own.people["viewer"])
    page = client.get(url(Order, "changelist")).content.decode()
    assert "¥123.45" in page and "12345" not in page and "2026-11-20 02:00" in page


def test_the_shop_is_a_column_where_there_is_more_than_one(
    own: Scene, operator: Any, foreign: Scene
) -> None:
    assert "column-shop" in client_of(operator).get(url(Ticket, "changelist")).content.decode()
    alone = client_of(own.people["viewer"]).get(url(Ticket, "changelist")).content.decode()
    assert "column-shop" not in alone
