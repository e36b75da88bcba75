"""Pages of a shop's settings: their addresses, and a shop with hours and two days of its own."""

from datetime import date

import pytest
from django.urls import reverse

from aftersale.models import Shop

from .scene import Scene

HTMX = {"HTTP_HX_REQUEST": "true"}
MON = {"mon": [["09:00", "18:00"]]}


def address(name: str, shop: Shop, *args: object) -> str:
    return reverse(f"desk:{name}", args=[shop.pk, *args])


def prepare(own: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "aftersale.admin.shop_settings.offered_holidays.shop_today", lambda shop: date(2026, 1, 4)
    )
    own.shop.special_days = {"2026-10-01": [], "2026-10-02": []}
    own.shop.working_hours = MON
    own.shop.save()
