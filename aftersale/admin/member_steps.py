"""Adding, changing and removing members, for owners (SPEC P1)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from aftersale.models import Role
from aftersale.services import members

from .steps import StepForm, carry_out, step


class RoleForm(StepForm):
    role = forms.ChoiceField(
        label=_("role"), choices=Role.choices, initial=Role.CS_AGENT, widget=UnfoldAdminSelectWidget
    )


class AddForm(RoleForm):
    username = forms.CharField(
        label=_("User name"), max_length=150, widget=UnfoldAdminTextInputWidget
    )
    field_order = ("username", "role")


class AddMemberStep:
    """For the shop's admin."""

    @step(
        title=_("Add a member"),
        question=_("The user must exist already; an operator makes new ones."),
        permission="change_shop",
        icon="person_add",
        form_class=AddForm,
    )
    def add_member(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            members.add,
            _("The member is added."),
            shop_id=int(object_id),
            username=form.cleaned_data["username"],
            role=form.cleaned_data["role"],
        )


class MemberSteps:
    """For the membership's admin."""

    actions_detail = ("change_role", "remove")

    @step(
        title=_("Change the role"),
        question=_("It holds from the next click on."),
        permission="change_shop",
        icon="badge",
        variant=ActionVariant.PRIMARY,
        form_class=RoleForm,
    )
    def change_role(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            members.change_role,
            _("The role is changed."),
            membership_id=int(object_id),
            role=form.cleaned_data["role"],
        )

    @step(
        title=_("Remove from the shop"),
        question=_("The user sees nothing of the shop any more; what they did stays written down."),
        permission="change_shop",
        icon="person_remove",
        variant=ActionVariant.DANGER,
    )
    def remove(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        response = carry_out(
            self,
            request,
            object_id,
            members.remove,
            _("The member is removed."),
            membership_id=int(object_id),
        )
        # The page of the member may be gone.
        response.headers["HX-Redirect"] = reverse("admin:aftersale_membership_changelist")
        return response
