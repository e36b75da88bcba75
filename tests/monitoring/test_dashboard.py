"""SPEC M2: every figure of the dashboard equals the number of rows in the list that it leads to."""

import random
import re
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.admin.kit import change_list
from aftersale.models import Refund, Rejection, Shop, Ticket
from monitoring.admin.dashboard import caps, charts, choice, tables, tiles, wording
from monitoring.admin.dashboard.links import Cell
from monitoring.admin.dashboard.sums import Sums
from monitoring.services.figures import Figure, roll_up
from monitoring.services.figures.days import today
from strategies.models import Decision, DecisionTally, StrategyUsage
from strategies.services.evaluator import Tally, decide_shop
from tests.admin.clients import english_client
from tests.factories import make_order, make_shop, make_strategy, make_ticket, make_user
from tests.queries import queries_of

from .test_figures import something

pytestmark = pytest.mark.django_db
LINK = re.compile(r'href="([^"]+)" data-figure="([\d,]+)"')
INDEX = reverse("admin:index")


def history(shop: Shop, seed: int = 1, things: int = 40) -> None:
    rng, now = random.Random(seed), timezone.now()
    for _ in range(things):
        something(shop, rng, now)
    make_strategy(shop, single_amount_cap="100.00", daily_cap="500.00")
    for number in range(6):
        make_ticket(make_order(shop, paid_amount=9_000 + 500 * number))
    decide_shop(shop.pk, tally=Tally())
    late = {"awaiting_evaluation": False, "due_at": now - timedelta(hours=1)}
    make_ticket(make_order(shop), **late)
    make_ticket(make_order(shop), status="awaiting_return", **late)
    make_ticket(make_order(shop), status="refund_failed", **late)
    shipped = Ticket.objects.filter(shop=shop, status="refunding", shipping_alert=None).first()
    shop.shipping_alerts.create(
        ticket=shipped, order=shipped.order, kind="likely_loss", raised_at=now, changed_at=now
    )


def listed(client: Client, address: str) -> int:
    """The number of rows in the list behind a figure."""
    response = client.get(address)
    assert response.status_code == 200, address
    if "cl" in response.context:
        found = response.context["cl"]
        number = int(found.paginator.shown_count.replace(",", ""))
        shown = len(found.result_list)
        assert min(number, found.list_per_page, change_list.MOST) <= shown <= number, address
        return number
    if "total" in response.context:
        return response.context["total"]
    return len(set(re.findall(r'data-pk="(\d+)"', response.content.decode())))


@pytest.mark.parametrize(
    ("shops", "query"), [(1, ""), (1, "?period=today"), (2, "?period=30"), (2, "?shop={shop}")]
)
def test_each_figure_equals_its_list(
    query: str, shops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hits are found however old and however many they are."""
    monkeypatch.setattr(change_list, "MOST_READ", 1)
    monkeypatch.setattr(change_list, "MOST", 2)
    user = make_user()
    for number in range(shops):
        shop = make_shop(timezone=("Asia/Shanghai", "America/New_York")[number])
        shop.memberships.create(user=user, role="viewer")
        history(shop, number)
    roll_up(now=timezone.now())
    history(make_shop(), 9)  # somebody else's
    client = english_client(user)
    page = client.get(INDEX + query.format(shop=shop.pk)).content.decode()
    found = [(unescape(url), int(n.replace(",", ""))) for url, n in LINK.findall(page)]
    assert len(found) > 15
    assert sum(number for _url, number in found) > 10  # soon after midnight today has few
    for url, number in found:
        if "workbench" in url:
            continue  # by the queue's own count, below
        assert listed(client, url if url.startswith("/") else INDEX + url) == number, url


def test_what_waits_now_equals_the_workbench() -> None:
    shop = make_shop()
    history(shop)
    client = english_client(make_user(shop, "cs_agent"))
    page = client.get(INDEX).content.decode()
    found = {unescape(url): int(n) for url, n in LINK.findall(page) if "workbench" in url}
    to_pay = Refund.objects.filter(shop=shop, status="requested").count()
    assert to_pay > 0
    # Overdue: not the one that the buyer is to send.
    assert sorted(found.values()) == sorted([1, 2, 4, to_pay])
    for url, number in found.items():
        queue = client.get(url).content.decode()
        count = re.search(
            r'd-tab"[^>]*aria-current="page"[^>]*>.*?d-count[^>]*>\s*([\d+]+)', queue, re.S
        )
        assert count is not None, url
        assert int(count[1]) == number, url


def test_nothing_of_another_shop() -> None:
    mine, theirs = make_shop(name="mine"), make_shop(name="theirs")
    history(theirs)
    user = make_user(mine, "viewer")
    client = english_client(user)
    for query in ("", f"?shop={theirs.pk}", f"?shop={theirs.pk}&period=30"):
        page = client.get(INDEX + query).content.decode()
        assert "theirs" not in page
        assert {int(n) for _url, n in LINK.findall(page)} == {0}
    rows = client.get(reverse("monitoring:drilldown"), {"source": "refund", "shop": theirs.pk})
    assert rows.context["total"] == 0


@pytest.mark.parametrize("role", ["owner", "admin", "cs_manager", "cs_agent", "viewer"])
def test_every_role_sees_it(role: str) -> None:
    """SPEC P1: monitoring is for all members."""
    client = english_client(make_user(make_shop(), role))
    assert "Today's caps" in client.get(INDEX).content.decode()
    assert client.get(reverse("monitoring:drilldown")).status_code == 200


def test_a_stranger_sees_an_empty_state() -> None:
    history(make_shop())
    client = english_client(make_user())
    page = client.get(INDEX).content.decode()
    assert "You are not a member of any shop yet." in page
    assert "data-figure" not in page
    assert client.get(reverse("monitoring:drilldown")).status_code == 403


def test_queries_do_not_grow() -> None:
    """The same number for two busy shops as for one quiet shop, besides those of the frame."""
    user = make_user()

    def queries(address: str) -> int:
        client = english_client(user)
        client.get(address)
        return queries_of(client, address)

    shop = make_shop()
    shop.memberships.create(user=user, role="owner")
    frame = queries(reverse("monitoring:alert-mails"))
    history(shop, things=5)
    few = queries(INDEX + "?period=30")
    history(shop, 2, things=40)
    other = make_shop()
    other.memberships.create(user=user, role="owner")
    history(other, 3, things=40)
    roll_up(now=timezone.now())
    assert queries(INDEX + "?period=30") <= few
    assert few - frame <= 14


def test_periods_and_the_one_before() -> None:
    shop = Shop(pk=1, timezone="Asia/Shanghai")
    now = datetime.fromisoformat("2026-03-10T18:00:00+00:00")  # the 11th in Shanghai

    def days(name: str, before: bool = False) -> tuple[date, date]:
        period = choice.Period(name, choice.AGO[name], None)
        return (period.before() if before else period).days(shop, now)

    assert days("today") == (date(2026, 3, 11), date(2026, 3, 11))
    assert days("today", before=True) == days("yesterday") == (date(2026, 3, 10),) * 2
    assert days("7") == (date(2026, 3, 5), date(2026, 3, 11))
    assert days("7", before=True) == (date(2026, 2, 26), date(2026, 3, 4))
    dates = choice.Period(choice.DATES, None, (date(2026, 3, 1), date(2026, 3, 3)))
    assert dates.before().dates == (date(2026, 2, 26), date(2026, 2, 28))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("period=dates&from=2026-03-03&to=2026-03-01", "2026-03-01"),  # the other way round
        ("period=dates&from=2020-01-01&to=2026-03-31", "2025-12-30"),  # 92 days at most
        ("period=dates&from=x&to=2026-03-01", None),
        ("period=dates&from=0001-01-01&to=0001-01-02", None),
        ("period=nonsense&shop=x", None),
    ],
)
def test_addresses_that_make_no_sense(query: str, first: str | None) -> None:
    shop = make_shop()
    page = english_client(make_user(shop)).get(f"{INDEX}?{query}")
    assert page.status_code == 200
    usual = today(shop, timezone.now()) - timedelta(days=6)
    assert str(page.context["dashboard"]["dates"][0]) == (first or str(usual))
    assert page.context["dashboard"]["cut_to"] == (92 if "2020" in query else 0)


@pytest.mark.parametrize(
    "query",
    [
        "source=refund&kind=%00&key=%00", "page=999999", "page=x", "source=order&page=0",
        "source=regret&kind=x",
    ],
)  # fmt: skip
def test_the_list_takes_any_address(query: str) -> None:
    client = english_client(make_user(make_shop()))
    assert client.get(f"{reverse('monitoring:drilldown')}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("orders", "before", "shown", "change"),
    [
        (1, 25, "over 100%", False),  # an early morning
        (20, 25, "65.0%", True),
        (20, 19, "65.0%", False),
        (20, 12, "65.0%", False),
    ],
)
def test_a_refund_rate_is_said_and_compared_where_there_are_orders(
    orders: int, before: int, shown: str, change: bool
) -> None:
    """SPEC M2: no 1300 % of the one order of a morning."""
    shop = make_shop()
    day = date(2026, 3, 11)
    period = choice.Choice([shop], [shop], shop, choice.Period("yesterday", (1, 1), None))

    def sums(number: int) -> Sums:
        return Sums(
            [
                Figure(shop.pk, day, source, "", "", count, 0, 0, 0)
                for source, count in (("refund", 13), ("order", number))
            ],
            {},
        )

    rate = tiles.tiles(period, sums(orders), sums(before), timezone.now())[1]
    assert (rate.title, rate.value, rate.change is not None) == ("Refund rate", shown, change)
    (row,) = tables.shops(
        period, sums(orders), tiles.backlog_of(period, timezone.now()), timezone.now()
    )
    assert row["cells"][-1] == Cell("Refund rate", shown)


def test_when_a_cap_will_be_used_up() -> None:
    """The forecast uses the rate of the last hour, on the shop's clock."""
    shop = make_shop()
    strategy = make_strategy(shop, single_amount_cap="100.00", daily_cap="400.00")
    make_ticket(make_order(shop, paid_amount=10_000))
    decide_shop(shop.pk, tally=Tally())
    at = datetime.fromisoformat("2026-03-11T06:00:00+00:00")  # 14:00 in Shanghai
    Decision.objects.update(decided_at=at)
    StrategyUsage.objects.update(day=at.date())

    def forecast(now: datetime) -> str:
        chosen = choice.Choice([shop], [shop], shop, caps.TODAY)
        (cap,) = caps.caps(chosen, caps.used_today(chosen, now), now)
        assert (cap.used, cap.left, cap.percent, cap.hits) == (used, 40_000 - used, share, 1)
        return cap.forecast

    used, share = 10_000, 25
    # ¥100 in an hour, ¥300 left: three hours.
    assert forecast(at + timedelta(minutes=40)) == "At this rate used up at about 17:40."
    assert forecast(at + timedelta(hours=9)) == "No hit in the last hour."
    Decision.objects.update(decided_at=at + timedelta(hours=9))
    assert forecast(at + timedelta(hours=9, minutes=30)) == "At this rate it lasts for today."
    type(strategy).objects.update(enabled=False)
    assert forecast(at) == "Not enabled now."
    StrategyUsage.objects.update(used=40_000)
    used, share = 40_000, 100
    assert forecast(at) == "Used up."


def test_changes_are_said_in_words() -> None:
    def change(now: int, before: int) -> tuple[str, str]:
        found = wording.change(now, before, str(before), "the day before")
        return found.sign, found.text

    assert change(6, 4) == ("▲", "50% more than the day before (4)")
    assert change(3, 4) == ("▼", "25% less than the day before (4)")
    assert change(4, 4) == ("", "the same as the day before")
    assert change(4, 0) == ("▲", "the day before: none")
    than = "the day before"
    for now, before, sign, text in [
        ((3, 100), (2, 100), "▲", "1.0 points more than the day before (2.0%)"),
        ((2, 100), (5, 200), "▼", "0.5 points less than the day before (2.5%)"),
        ((20, 1000), (2, 100), "", "the same as the day before"),
        ((2, 100), (0, 0), "", "the day before: none"),
        ((0, 0), (2, 100), "", "the day before: 2.0%"),
    ]:
        assert wording.change_of_share(now, before, than) == wording.Change(sign, text)
    assert [wording.rate(*of) for of in ((0, 0), (3, 100), (1, 1), (13, 1), (13, 0))] == [
        "–", "3.0%", "100.0%", "over 100%", "–",
    ]  # fmt: skip
    assert [wording.length(s) for s in (None, 8, 720, 15_000, 183_600)] == [
        "–", "8 s", "12 min", "4 h 10 min", "2 days 3 h",
    ]  # fmt: skip


def test_bars_stack_to_the_top() -> None:
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    chart = charts.Chart("x", "X", "", ("a", "b"), days, [[1, 3], [2, 0]])
    assert [(bar.x, bar.y, bar.height, bar.place) for bar in chart.bars] == [
        (1, 75.0, 25.0, 0), (1, 0.0, 75.0, 1), (11, 50.0, 50.0, 0),
    ]  # fmt: skip
    assert chart.rows == [
        (days[1], [("a", "2"), ("b", "0")]), (days[0], [("a", "1"), ("b", "3")]),
    ]  # fmt: skip


def test_reject_reasons_show_what_became_of_them() -> None:
    """SPEC P3."""
    shop, now = make_shop(), timezone.now()
    for fate in ("", "pending_review", "arbitration", "refunding"):
        ticket = make_ticket(make_order(shop), awaiting_evaluation=False, status="rejected")
        Rejection.objects.create(
            ticket=ticket, reason="already_shipped", explanation=f"said {fate}",
            from_status="pending_review", at=now,
        )  # fmt: skip
        if fate:
            before = "arbitration" if fate == "refunding" else "rejected"
            ticket.events.create(
                at=now, kind="status", actor="platform", from_status=before, to_status=fate
            )
    client = english_client(make_user(shop))
    (row,) = client.get(INDEX).context["dashboard"]["rejections"]
    assert row["total"] == 4
    assert [(fate["number"], fate["share"]) for fate in row["fates"]] == [(1, "25.0%")] * 3
    said = client.get(row["fates"][2]["url"]).content.decode()
    assert "said refunding" in said
    assert "said arbitration" not in said
    assert not DecisionTally.objects.exists()
