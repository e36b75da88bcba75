"""Buttons on a ticket's page: the same dialogs as on the workbench."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from aftersale.admin.kit import access
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.workbench.case import steps
from aftersale.admin.workbench.consequences import buyer, to_pay
from aftersale.domain.money import format_yuan
from aftersale.models import Ticket
from aftersale.services.access.rights import Right
from aftersale.services.tickets.cases import seen_now


class CaseButtons(ScopedAdmin):
    """For the ticket's admin."""

    change_form_outer_before_template = "aftersale/records/case_buttons.html"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> Any:
        if isinstance(obj, Ticket) and access.may(request, obj.shop_id, Right.HANDLE_TICKETS):
            context |= {
                "ticket": obj,
                "steps": steps(obj, access.person(request), now=timezone.now()),
                "seen": seen_now(obj, obj.order),
                "shown": format_yuan(to_pay(obj)),
                "buyer": buyer(obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)
