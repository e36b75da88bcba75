"""Rulebook revisions: all that a shop's decisions depended on, as of one change (SPEC T6)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from aftersale.admin.kit import columns
from aftersale.admin.kit.filters import ShopFilter
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.sections import Section
from strategies.admin.wording.revision import shown, surroundings
from strategies.models import RulebookRevision


def strategies(request: HttpRequest, revision: RulebookRevision) -> Section:
    return Section(
        _("Strategies"),
        [
            _("scenario"),
            _("priority"),
            _("strategy"),
            _("enabled"),
            _("single-amount cap"),
            _("daily refund cap"),
            _("execution time"),
            _("revision"),
        ],
        [
            [
                shown("scenario", entry["scenario"]),
                entry["priority"],
                columns.link_to("strategies_strategy", entry["id"], entry["name"]),
                columns.badge(_("Enabled"), "success")
                if entry["enabled"]
                else columns.badge(_("Not enabled")),
                columns.money(entry["single_amount_cap"]),
                columns.money(entry["daily_cap"]),
                shown("execution_time", entry["execution_time"]),
                entry["revision"],
            ]
            for entry in revision.content.get("strategies", [])
        ],
    )


def others(request: HttpRequest, revision: RulebookRevision) -> Section:
    rows = [[label, value] for label, value in surroundings(revision.content).items()]
    return Section(_("What else decisions depended on"), ["", _("value")], rows)


@admin.register(RulebookRevision)
class RulebookRevisionAdmin(ScopedAdmin):
    related = ("shop", "created_by", "created_token")
    list_display = ("revision", "created_at", "created_by", "shop")
    list_filter = (ShopFilter, "created_at")
    sortable_by = ()
    fieldsets = ((None, {"fields": (("revision", "shop"), ("created_at", "created_by"))}),)
    sections = [strategies, others]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("content")

    @display(description=_("revision"))
    def revision(self, revision: RulebookRevision) -> Any:
        return revision.number
