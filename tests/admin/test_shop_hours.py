"""Working hours of a shop: the calendar of holidays, the grid, and times as people type them."""

import re
from typing import Any

import pytest

from aftersale.admin.shop_settings.intervals import time_of_day
from aftersale.models import Shop

from .clients import client_of
from .scene import Scene
from .shop_pages import HTMX, MON, address, prepare


@pytest.fixture(autouse=True)
def days(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(own, monkeypatch)


def test_make_up_days_take_the_hours_of_the_chosen_weekday(own: Scene) -> None:
    client = client_of(own.people["owner"])
    where = address("shop-holidays", own.shop)
    page = client.get(where + "?year=2026").content.decode()
    assert "33 days off, 6 make-up working days" in page
    assert page.count('name="day"') == 39
    # Two dates have hours of their own, and three are past: these stay unless they are ticked.
    assert page.count(" checked") == 34
    assert page.count(">past<") == 3
    assert 'value="2026-10-01">' in page and page.count("now: closed all day") == 2
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    sent = {"seen": seen[1], "day": ["2026-10-10", "2026-10-03"], "like": "mon"}
    assert client.post(where + "?year=2026", sent, **HTMX).status_code == 204
    days = Shop.objects.get(pk=own.shop.pk).special_days
    assert days["2026-10-10"] == [["09:00", "18:00"]]
    assert days["2026-10-03"] == days["2026-10-01"] == []
    # Nothing chosen: refused.
    response = client.post(where + "?year=2026", {"seen": seen[1], "like": "mon"}, **HTMX)
    assert response.status_code == 422
    assert "Choose at least one date." in response.content.decode()


def test_a_year_that_is_not_published_is_said_plainly(own: Scene, monkeypatch: Any) -> None:
    monkeypatch.setattr("aftersale.domain.holidays.of_year", lambda year: None)
    client = client_of(own.people["owner"])
    page = client.get(address("shop-holidays", own.shop)).content.decode()
    assert "The holiday calendar of 2027 is not published yet" in page
    assert 'name="day"' not in page and 'type="submit"' not in page
    assert client.post(address("shop-holidays", own.shop), {"day": "2026-10-03"}).status_code == 200
    assert len(Shop.objects.get(pk=own.shop.pk).special_days) == 2


def test_the_grid_is_drawn_as_its_buttons_say(own: Scene) -> None:
    """Nothing of it is saved."""
    client = client_of(own.people["owner"])
    where = address("shop-hours-draft", own.shop)
    sent = {"mon-from": ["9", "14：00"], "mon-to": ["1200", "2"]}

    def drawn(do: str) -> str:
        return client.post(where, sent | {"do": do}, **HTMX).content.decode()

    assert drawn("add:mon").count('name="mon-from"') == 3
    assert drawn("remove:mon:1").count('name="mon-from"') == 1
    assert 'value="14:00"' in drawn("remove:mon:1")
    copied = drawn("copy:mon:weekdays")
    assert [copied.count(f'name="{day}-from"') for day in ("tue", "fri", "sat")] == [2, 2, 0]
    assert drawn("copy:mon:sun").count('name="sun-to"') == 2
    for nonsense in ("add:xyz", "remove:mon:99", "copy:mon:xyz", "x"):
        assert drawn(nonsense).count('name="mon-from"') == 2
    preview = client.post(where, sent, **HTMX).content.decode()
    assert "Off-hours: Mon 12:00–14:00, Tue 02:00 to Mon 09:00" in preview
    assert 'id="bar-tue" hx-swap-oob="true"' in preview
    assert '<rect class="sh-bar-on" x="0" width="120"' in preview
    assert Shop.objects.get(pk=own.shop.pk).working_hours == MON


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("9", "09:00", "09:00"),
        ("930", "09:30", "09:30"),
        ("1330", "13:30", "13:30"),
        ("9:05", "09:05", "09:05"),
        (" 9：05 ", "09:05", "09:05"),
        ("0:00", "00:00", "24:00"),
        ("24:00", None, "24:00"),
        ("24:01", None, None),
        ("9:60", None, None),
        ("nine", None, None),
        ("9:5", None, None),
        ("", None, None),
    ],
)
def test_times_are_read_as_people_type_them(typed: str, start: Any, end: Any) -> None:
    assert time_of_day(typed, end=False) == start
    assert time_of_day(typed, end=True) == end
