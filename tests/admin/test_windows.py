"""Pages of windows and ledgers: who sees them, who may act (SPEC P1, W1, W3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import AfterSaleWindow, Fund, FundEntry, Order, Ticket
from tests.queries import counted_queries

from .clients import chinese_client, client_of, english_client, url
from .scene import Scene
from .test_languages import english

ROLES = {"owner": True, "admin": True, "cs_manager": True, "cs_agent": False, "viewer": False}
CONDITIONS = 8


def completed(scene: Scene, **fields: Any) -> Order:
    """An order whose window may be opened; the wallet holds exactly what it needs."""
    wallet = Fund.objects.get(shop=scene.shop, kind="wallet")
    Fund.objects.get_or_create(shop=scene.shop, kind="deposit")
    Fund.objects.filter(pk=wallet.pk).update(balance=8_000)
    return Order.objects.create(
        shop=scene.shop,
        **{
            "order_no": f"{scene.mark}-done",
            "status": "completed",
            "buyer": f"{scene.mark}-buyer",
            "completed_at": timezone.now() - timedelta(days=3),
            "updated_at": timezone.now(),
            "paid_amount": 8_000,
        }
        | fields,
    )


def window(order: Order, *, hours_ago: float = 1) -> AfterSaleWindow:
    opened_at = timezone.now() - timedelta(hours=hours_ago)
    return AfterSaleWindow.objects.create(
        shop=order.shop,
        order=order,
        opened_at=opened_at,
        closes_at=opened_at + timedelta(hours=72),
        agreement=f"{order.shop.code} agreed",
    )


def page(client: Client, name: str, *args: object, status: int = 200, **query: object) -> str:
    client.cookies["django_language"] = "en"
    response = client.get(reverse(f"desk:{name}", args=args), query)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_the_checklist_is_shown_before_anything_is_opened(own: Scene, role: str) -> None:
    order = completed(own)
    shown = page(client_of(own.people[role]), "window-open", order.pk)
    assert shown.count("data-condition=") == CONDITIONS
    assert shown.count('data-holds="no"') == (0 if ROLES[role] else 1)
    button = "Open for 72 hours for order mine-done (buyer mine-buyer)"
    assert (button in shown) is ROLES[role]
    assert not AfterSaleWindow.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_who_opens_it(own: Scene, role: str) -> None:
    order = completed(own)
    address = reverse("desk:window-open", args=[order.pk])
    response = client_of(own.people[role]).post(address, {"agreement": "as agreed"})
    if not ROLES[role]:
        assert response.status_code == 403
        assert not AfterSaleWindow.objects.exists()
        return
    assert response.headers["Location"] == reverse("desk:windows")
    found = AfterSaleWindow.objects.get()
    assert (found.order, found.opened_by) == (order, own.people[role])
    assert found.agreement == "as agreed"


def test_a_refusal_keeps_what_was_typed_and_says_why(own: Scene) -> None:
    order = completed(own)
    client = english_client(own.people["cs_manager"])
    address = reverse("desk:window-open", args=[order.pk])
    response = client.post(address, {"agreement": " "})
    assert response.status_code == 422
    assert "Write down what was agreed" in response.content.decode()
    own.shop.status = "suspended"
    own.shop.save()
    response = client.post(address, {"agreement": "kept"})
    assert response.status_code == 422
    shown = response.content.decode()
    assert "The shop is open for business (Suspended)" in shown
    assert "What you had written: kept" in shown
    assert not AfterSaleWindow.objects.exists()


def test_nothing_of_another_shop(own: Scene, foreign: Scene) -> None:
    theirs = completed(foreign)
    window(theirs)
    window(completed(foreign, order_no="theirs-old"), hours_ago=100)
    fund = Fund.objects.get(shop=foreign.shop, kind="wallet")
    entries = FundEntry.objects.count()
    client = client_of(own.people["owner"])
    for shown in (
        page(client, "windows"),
        page(client, "windows", tab="closed"),
        page(client, "funds", shop=foreign.shop.pk),
    ):
        assert "theirs" not in shown
    assert "There is no order theirs-done in your shops." in page(
        client, "windows", order_no="theirs-done"
    )
    page(client, "window-open", theirs.pk, status=404)
    page(client, "fund-correct", fund.pk, status=404)
    sent = {"agreement": "a", "direction": "in", "amount": "1", "note": "n"}
    for name, pk in (("window-open", theirs.pk), ("fund-correct", fund.pk)):
        assert client.post(reverse(f"desk:{name}", args=[pk]), sent).status_code == 404
    assert theirs.windows.count() == 1 and FundEntry.objects.count() == entries


def test_no_member_gets_in(own: Scene) -> None:
    order = completed(own)
    for name, args in (("windows", []), ("funds", []), ("window-open", [order.pk])):
        assert Client().get(reverse(f"desk:{name}", args=args)).status_code == 302


def test_an_order_is_found_by_its_number(own: Scene) -> None:
    order = completed(own)
    response = client_of(own.people["cs_manager"]).get(
        reverse("desk:windows"), {"order_no": " mine-done "}
    )
    assert response.headers["Location"] == reverse("desk:window-open", args=[order.pk])


def test_the_list_shows_time_left_and_the_tickets(own: Scene) -> None:
    open_ = window(completed(own), hours_ago=50)
    window(completed(own, order_no="mine-old"), hours_ago=72)
    Ticket.objects.filter(pk=own.row(Ticket).pk).update(window=open_)
    client = client_of(own.people["viewer"])
    shown = page(client, "windows")
    assert "21 h 59 min left" in shown and "mine-ticket" in shown
    assert "mine-done" in shown and "mine-old" not in shown
    shown = page(client, "windows", tab="closed")
    assert "mine-old" in shown and "mine-done" not in shown


def test_the_list_asks_the_same_however_many_there_are(own: Scene) -> None:
    client = client_of(own.people["viewer"])
    for number in range(5):
        window(completed(own, order_no=f"mine-{number}"))
    client.get(reverse("desk:windows"))
    with counted_queries() as asked:
        client.get(reverse("desk:windows"))
    assert len(asked) <= 9


@pytest.mark.parametrize("role", ROLES)
def test_only_an_owner_corrects(own: Scene, role: str) -> None:
    fund = Fund.objects.get(shop=own.shop, kind="wallet")
    client = english_client(own.people[role])
    address = reverse("desk:fund-correct", args=[fund.pk])
    sent = {"direction": "out", "amount": "1.50", "note": "bank fee"}
    assert ("Correct the ledger (Wallet)" in page(client, "funds")) is (role == "owner")
    response = client.post(address, sent)
    fund.refresh_from_db()
    if role != "owner":
        assert (response.status_code, fund.balance) == (403, 100)
        return
    assert (response.status_code, fund.balance) == (204, -50)
    assert "balance is -\\u00a50.50 now" in response.headers["HX-Trigger"]
    shown = page(client, "funds")
    assert "Overdrawn" in shown and "bank fee" in shown and "Correction by an owner" in shown


def test_a_correction_needs_amount_and_note(own: Scene) -> None:
    fund = Fund.objects.get(shop=own.shop, kind="wallet")
    client = client_of(own.people["owner"])
    address = reverse("desk:fund-correct", args=[fund.pk])
    for sent in ({"amount": "0", "note": "n"}, {"amount": "1", "note": ""}, {"amount": "x"}):
        assert client.post(address, {"direction": "in", **sent}).status_code == 422
    assert FundEntry.objects.filter(fund=fund).count() == 1


def test_pages_are_chinese(own: Scene) -> None:
    order = completed(own)
    window(order)
    window(completed(own, order_no="mine-old"), hours_ago=100)
    client = chinese_client(own.people["owner"])
    for address in (
        reverse("desk:windows"),
        reverse("desk:windows") + "?tab=closed",
        reverse("desk:windows") + "?order_no=9",
        reverse("desk:window-open", args=[order.pk]),
        reverse("desk:funds"),
        reverse("desk:funds") + "?fund=deposit",
        reverse("desk:fund-correct", args=[Fund.objects.get(shop=own.shop, kind="wallet").pk]),
        url(Order, "change", order.pk),
    ):
        assert english(client.get(address).content.decode()) - {"agreed", "code"} == set(), address


def test_pages_of_orders_lead_there(own: Scene) -> None:
    order = completed(own)
    address = reverse("desk:window-open", args=[order.pk])
    client = client_of(own.people["viewer"])
    assert address in client.get(url(Order, "change", order.pk)).content.decode()
    unfinished = client.get(url(Order, "change", own.row(Order).pk)).content.decode()
    assert "windows/open" not in unfinished
