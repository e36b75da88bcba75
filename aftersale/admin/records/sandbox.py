"""The simulated platform of demo shops: instructions to it, and the payments it was asked for."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from aftersale.admin.kit.filters import ShopFilter
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.models import SandboxInstruction, SandboxPayment
from aftersale.services.access.rights import Right


@admin.register(SandboxInstruction)
class SandboxInstructionAdmin(ScopedAdmin):
    add_right = change_right = delete_right = Right.CHANGE_SHOP
    related = ("shop",)
    list_display = ("behaviour", "ticket_no", "remaining", "shop")
    list_filter = (ShopFilter, "behaviour")
    sortable_by = ()
    editable = ("shop", "behaviour", "ticket_no", "remaining")
    fieldsets = (
        (
            None,
            {
                "fields": ("shop", "behaviour", "ticket_no", "remaining"),
                "description": _(
                    "Only demo shops have a simulated platform. Without a ticket number it is for"
                    " every payment of the shop; without a number of payments it stays."
                ),
            },
        ),
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "shop":
            field.queryset = field.queryset.filter(is_demo=True)
        return field


@admin.register(SandboxPayment)
class SandboxPaymentAdmin(ScopedAdmin):
    related = ("shop",)
    list_display = ("key", "ticket_no", "amount", "paid", "reason", "at", "shop")
    list_filter = (ShopFilter, "paid", "at")
    sortable_by = ()
    search_fields = ("=ticket_no",)
    search_help_text = _("Ticket number")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("key", "shop"),
                    ("ticket_no", "amount"),
                    ("paid", "reason"),
                    ("at", "fingerprint"),
                )
            },
        ),
    )
