"""Who is a member in which role, beside what each role may do (SPEC P1)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.models import Membership, Role, Shop
from aftersale.services.access import members as service
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound, Refused

from .frame import SettingsForm, owned_shop, section, the_shop

RIGHTS = {
    Right.SEE: gettext_lazy("See orders, tickets and monitoring"),
    Right.HANDLE_TICKETS: gettext_lazy(
        "Approve, reject, negotiate, confirm returns, try refunds again, handle shipping alerts"
    ),
    Right.EDIT_TEMPLATES: gettext_lazy("Edit reject-reason templates"),
    Right.OPEN_WINDOWS: gettext_lazy("Re-open an after-sale window"),
    Right.CHANGE_STRATEGIES: gettext_lazy("Change strategies, priorities and guards"),
    Right.CHANGE_SHOP: gettext_lazy("Change shop settings, members and access of other programs"),
}


class RoleForm(SettingsForm):
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=Role.choices, initial=Role.CS_AGENT
    )


class AddForm(RoleForm):
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        help_text=gettext_lazy("The user must exist already; an operator makes new ones."),
    )
    field_order = ("username", "role")


@desk_page
def members(request: HttpRequest, pk: int) -> HttpResponse:
    shop = the_shop(request, pk)
    found = shop.memberships.select_related("user").order_by("user__username")
    order = list(Role.values)
    return section(
        request,
        shop,
        "shop-members",
        members=sorted(found, key=lambda member: order.index(member.role)),
        me=access.person(request).pk,
        roles=Role.labels,
        table=[
            (text, [(Role(role).label, role in rights.ROLES[right]) for role in Role.values])
            for right, text in RIGHTS.items()
        ],
    )


@desk_page
def add(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    form = AddForm(request.POST if request.method == "POST" else None)
    refused: Refused | None = None
    if request.method == "POST":
        refused = Refused(_("Something is missing or wrong below."))
        if form.is_valid():
            try:
                service.add(
                    shop_id=shop.pk,
                    username=form.cleaned_data["username"],
                    role=form.cleaned_data["role"],
                    user=access.person(request),
                    now=timezone.now(),
                )
            except Refused as error:
                refused = error
            else:
                return done(
                    _("%(name)s is a member of %(shop)s now.")
                    % {"name": form.cleaned_data["username"], "shop": shop.name}
                )
    return dialog(
        request,
        "aftersale/shop_settings/member.html",
        refused=refused,
        title=_("Add a member"),
        action=request.path,
        submit=_("Add to %(shop)s") % {"shop": shop.name},
        form=form,
    )


@desk_page
def change_role(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    row = _member(shop, member)
    posted = request.method == "POST"
    form = RoleForm(request.POST if posted else None, initial={"role": row.role})
    refused: Refused | None = None
    if posted:
        refused = Refused(_("Something is missing or wrong below."))
        if form.is_valid():
            try:
                service.change_role(
                    membership_id=row.pk,
                    role=form.cleaned_data["role"],
                    seen=request.POST.get("seen", ""),
                    user=access.person(request),
                    now=timezone.now(),
                )
            except Refused as error:
                refused = error
            else:
                return done(_("The role is changed."))
    return dialog(
        request,
        "aftersale/shop_settings/member.html",
        refused=refused,
        title=_("Role of %(name)s") % {"name": columns.name(row.user)},
        action=request.path,
        submit=_("Change the role"),
        form=form,
        seen=request.POST.get("seen", row.role),
    )


@desk_page
def remove(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    row = _member(shop, member)
    name = columns.name(row.user)
    refused: Refused | None = None
    if request.method == "POST":
        try:
            service.remove(membership_id=row.pk, user=access.person(request), now=timezone.now())
        except Refused as error:
            refused = error
        else:
            return done(_("%(name)s is no member any more.") % {"name": name})
    context: dict[str, Any] = {"name": name, "shop": shop}
    return dialog(
        request,
        "aftersale/shop_settings/member_remove.html",
        refused=refused,
        title=_("Remove from the shop"),
        action=request.path,
        submit=_("Remove %(name)s from %(shop)s") % {"name": name, "shop": shop.name},
        submit_kind="danger",
        **context,
    )


def _member(shop: Shop, pk: int) -> Membership:
    row = shop.memberships.select_related("user").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such member."))
    return row
