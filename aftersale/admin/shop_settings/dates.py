"""A first and a last date as people type them; and today, on the shop's clock."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.models import Shop

from .frame import SettingsForm

MOST_DAYS = 366


class DatesForm(SettingsForm):
    first = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: that one day."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last") or cleaned.get("first")
        if first and last and not 0 <= (last - first).days < MOST_DAYS:
            self.add_error("last", _("The last day comes after the first, within a year."))
        return {**cleaned, "last": last}


def shop_today(shop: Shop) -> date:
    return timezone.localdate(timezone=ZoneInfo(shop.timezone))
