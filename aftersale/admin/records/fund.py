"""Wallets and deposits with their ledgers (SPEC W3)."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftersale.admin.kit import columns
from aftersale.admin.kit.exports import ExportedList
from aftersale.admin.kit.filters import ShopFilter
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.sections import Section
from aftersale.models import Fund, FundEntry
from aftersale.services.access import masks
from aftersale.services.shared.shown import EMPTY, format_time

SHOWN = 100


def entries(request: HttpRequest, fund: Fund) -> Section:
    rows = list(fund.entries.order_by("-pk")[: SHOWN + 1])
    return Section(
        _("Entries"),
        [_("at"), _("kind"), _("amount"), _("balance after"), _("note"), _("entry number")],
        [
            [
                format_time(entry.at, fund.shop, seconds=True),
                entry.get_kind_display(),
                columns.money(entry.amount),
                columns.money(entry.balance_after),
                masks.shown_text(entry.note, "", fund.shop_id) or EMPTY,
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
class FundEntryAdmin(ExportedList, ScopedAdmin):
    exported = "fund-entries"
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
