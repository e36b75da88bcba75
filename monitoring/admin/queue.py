"""The queue's own pages, for operators only (django-q2 registers them for everyone)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q import admin as queue_admin
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin

from aftersale.admin.kit.lookups import OwnLookups


class OperatorsOnly(OwnLookups):
    """Operators see django-q2's pages; nobody else does, whatever Django permissions they have."""

    def _is_operator(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_operator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_operator(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScheduleAdmin(OperatorsOnly, ModelAdmin, queue_admin.ScheduleAdmin):
    pass


class SuccessAdmin(OperatorsOnly, ModelAdmin, queue_admin.TaskAdmin):
    actions = ()


class FailureAdmin(OperatorsOnly, ModelAdmin, queue_admin.FailAdmin):
    actions = ()


class QueueAdmin(OperatorsOnly, ModelAdmin, queue_admin.QueueAdmin):
    pass


for model, model_admin in (
    (Schedule, ScheduleAdmin),
    (Success, SuccessAdmin),
    (Failure, FailureAdmin),
    (OrmQ, QueueAdmin),
):
    admin.site.unregister(model)
    admin.site.register(model, model_admin)
