"""Events of accounts, for operators (SPEC P5)."""

from django.contrib import admin

from aftersale.admin.kit.model_admin import OperatorAdmin
from aftersale.models import AccountEvent


@admin.register(AccountEvent)
class AccountEventAdmin(OperatorAdmin):
    related = ("user", "by")
    list_display = ("at", "user", "kind", "note", "by", "address")
    list_filter = ("kind", "at")
    sortable_by = ()
    fieldsets = ((None, {"fields": (("at", "user"), ("kind", "by"), "note", "address")}),)
