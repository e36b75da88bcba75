"""Wallets and deposits with their ledgers (SPEC W3)."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftersale.models import Fund, FundEntry

from . import columns
from .filters import ShopFilter
from .scoped import ScopedAdmin
from .sections import Section

SHOWN = 100


def entries(request: HttpRequest, fund: Fund) -> Section:
    rows = list(fund.entries.order_by("-pk")[: SHOWN + 1])
    return Section(
        _("Entries"),
        [_("at"), _("kind"), _("amount"), _("balance after"), _("note"), _("entry number")],
        [
            [
                columns.moment(entry.at, fund.shop, seconds=True),
                entry.get_kind_display(),
                columns.money(entry.amount),
                columns.money(entry.balance_after),
                entry.note or columns.EMPTY,
                entry.entry_no,
            ]
            for entry in rows[:SHOWN]
        ],
        note=_("Older entries are in the list of fund entries.") if len(rows) > SHOWN else "",
    )


@admin.register(Fund)
class FundAdmin(ScopedAdmin):
    related = ("shop",)
    list_display = ("kind", "shop", "balance")
    list_filter = (ShopFilter, "kind")
    sortable_by = ()
    fieldsets = ((None, {"fields": (("kind", "shop"), "balance")}),)
    sections = [entries]


@admin.register(FundEntry)
class FundEntryAdmin(ScopedAdmin):
    shop_path = "fund__shop"
    related = ("fund__shop", "user", "attempt")
    list_display = ("entry_no", "fund", "kind", "amount", "balance_after", "at", "note")
    list_filter = (ShopFilter, "fund__kind", "kind", "at")
    sortable_by = ()
    search_fields = ("=entry_no",)
    search_help_text = _("Entry number")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("entry_no", "fund"),
                    ("kind", "at"),
                    ("amount", "balance_after"),
                    ("attempt", "user"),
                    "note",
                )
            },
        ),
    )
