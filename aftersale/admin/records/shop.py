"""Shops, their members, their block list and what happened to them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from aftersale.admin.kit import access, colours, columns, hours
from aftersale.admin.kit.filters import ShopFilter
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.sections import Section
from aftersale.domain.identifiers import clean_identifier
from aftersale.models import AuditEntry, BlockedBuyer, Membership, Shop
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.buyers import erased
from aftersale.services.shared.shown import EMPTY, done_by, format_time, who
from aftersale.services.shops import shops

ENTRIES_SHOWN = 20


def members(request: HttpRequest, shop: Shop) -> Section:
    rows = shop.memberships.select_related("user").order_by("role", "user__username")
    return Section(
        _("Members"),
        [_("user"), _("role")],
        [[columns.name(member.user), member.get_role_display()] for member in rows],
    )


def fast_refund_periods(request: HttpRequest, shop: Shop) -> Section:
    return Section(
        _("Opted into fast refund"),
        [_("starts at"), _("ends at")],
        [
            [
                format_time(period.starts_at, shop),
                format_time(period.ends_at, shop) if period.ends_at else _("now"),
            ]
            for period in shop.fast_refund_periods.all()
        ],
    )


def latest_entries(request: HttpRequest, shop: Shop) -> Section:
    """Of the audit trail, for those who may read it (SPEC P6)."""
    owner = access.may(request, shop.pk, Right.CHANGE_SHOP)
    entries = AuditEntry.objects.filter(scope=shop.pk).select_related("user", "token")
    return Section(
        _("What happened last"),
        [_("at"), _("what"), _("user"), _("note")],
        [
            [
                format_time(entry.at, shop),
                entry.get_kind_display(),
                done_by(entry) or EMPTY,
                entry.note or EMPTY,
            ]
            for entry in entries[: ENTRIES_SHOWN if owner else 0]
        ],
    )


@admin.register(Shop)
class ShopAdmin(ScopedAdmin):
    shop_path = "pk"
    list_before_template = "aftersale/shop_settings/make_button.html"
    related = ("automation_paused_by", "automation_paused_token")
    colours = {"status": colours.SHOP_STATUS}
    list_display = ("name", "code", "platform", "status", "automation", "connector", "timezone")
    list_filter = ("status", "connector", "is_demo")
    ordering = ("name", "pk")
    sortable_by = ()
    search_fields = ("code", "name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "code"),
                    ("platform", "status"),
                    ("automation", "connector"),
                    ("timezone", "is_demo"),
                    "settings",
                )
            },
        ),
        (_("Hours"), {"fields": (("hours", "special"),)}),
        (
            _("Guards"),
            {"fields": (("buyer_limit_days", "buyer_limit_count"), "buyer_limit_amount")},
        ),
        (
            _("Commission return"),
            {"fields": (("wallet_opened_at", "commission_days"), "commission_categories")},
        ),
    )
    sections = [members, fast_refund_periods, latest_entries]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = rights.may_make_shops(access.person(request))
        return super().changelist_view(request, {**(extra_context or {}), "may_make_shops": may})

    @display(description=_("automation"))
    def automation(self, shop: Shop) -> Any:
        if not shop.automation_paused:
            return columns.badge(_("Running"), "success")
        return format_html(
            "{} {}",
            columns.badge(_("Paused"), "danger"),
            _("%(at)s by %(user)s")
            % {
                "at": format_time(shop.automation_paused_at, shop),
                "user": who(shop, "automation_paused_by"),
            },
        )

    @display(description=_("settings"))
    def settings(self, shop: Shop) -> Any:
        return format_html(
            '<a class="text-link" href="{}">{}</a>',
            reverse("desk:shop-settings", args=[shop.pk]),
            _("Change hours, special days, guards, members …"),
        )

    @display(description=_("working hours"))
    def hours(self, shop: Shop) -> Any:
        return hours.working_hours(shop.working_hours)

    @display(description=_("special days"))
    def special(self, shop: Shop) -> Any:
        return hours.special_days(shop.special_days)


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    related = ("shop", "user")
    list_display = ("member", "username", "role", "shop")
    list_filter = (ShopFilter, "role")
    sortable_by = ()
    search_fields = ("user__username",)
    search_help_text = _("User name")
    fieldsets = ((None, {"fields": ("member", "username", "shop", "role", "settings")}),)

    @display(description=_("member"))
    def member(self, membership: Membership) -> str:
        return columns.name(membership.user)

    @display(description=_("User name"))
    def username(self, membership: Membership) -> str:
        return membership.user.get_username()

    @display(description=_("settings"))
    def settings(self, membership: Membership) -> Any:
        return format_html(
            '<a class="text-link" href="{}">{}</a>',
            reverse("desk:shop-members", args=[membership.shop_id]),
            _("Add, change and remove members"),
        )


@admin.register(BlockedBuyer)
class BlockedBuyerAdmin(ScopedAdmin):
    add_right = delete_right = Right.CHANGE_STRATEGIES
    editable = ("shop", "buyer", "note")
    related = ("shop", "created_by", "created_token")
    list_display = ("buyer", "note", "created_by", "created_at", "shop")
    list_filter = (ShopFilter,)
    sortable_by = ()
    search_fields = ("buyer__startswith",)
    search_help_text = _("The beginning of the buyer's name")
    fieldsets = ((None, {"fields": ("shop", "buyer", "note", "created_at", "created_by")}),)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """No search by buyer for people who see numbers masked: it would tell them letter by letter
        (SPEC P1)."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        if search_term:
            own = [shop.pk for shop in access.shops(request)]
            seen = [pk for pk in own if access.may(request, pk, Right.SEE_BUYERS)]
            found = found if seen == own else found.filter(shop__in=seen)
        return found, distinct

    def save_model(self, request: HttpRequest, obj: BlockedBuyer, form: Any, change: bool) -> None:
        shops.block_buyer(
            shop_id=obj.shop_id,
            buyer=obj.buyer,
            note=obj.note,
            user=access.person(request),
            now=timezone.now(),
        )
        # The admin continues with the row that the service made.
        buyer = erased.here(obj.shop_id, clean_identifier(obj.buyer))
        obj.pk = BlockedBuyer.objects.get(shop=obj.shop_id, buyer=buyer).pk

    def delete_model(self, request: HttpRequest, obj: BlockedBuyer) -> None:
        shops.unblock_buyer(
            shop_id=obj.shop_id, buyer=obj.buyer, user=access.person(request), now=timezone.now()
        )
