"""Members of a shop and their roles, beside the rights of each role (SPEC P1)."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page, done
from aftersale.models import Membership, Role, Shop
from aftersale.services.access import members as memberships
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound

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
    form = AddForm(posted(request))

    def act() -> HttpResponse:
        memberships.add(shop_id=shop.pk, **form.cleaned_data, **caller(request))
        words = {"name": form.cleaned_data["username"], "shop": shop.name}
        return done(_("%(name)s is a member of %(shop)s now.") % words)

    return ask(
        request,
        "aftersale/shop_settings/member.html",
        act=act,
        form=form,
        title=_("Add a member"),
        submit=_("Add to %(shop)s") % {"shop": shop.name},
    )


@desk_page
def change_role(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    row = _member(owned_shop(request, pk), member)
    form = RoleForm(posted(request), initial={"role": row.role})

    def act() -> HttpResponse:
        seen = request.POST.get("seen", "")
        memberships.change_role(
            membership_id=row.pk, seen=seen, **form.cleaned_data, **caller(request)
        )
        return done(_("The role is changed."))

    return ask(
        request,
        "aftersale/shop_settings/member.html",
        act=act,
        form=form,
        title=_("Role of %(name)s") % {"name": columns.name(row.user)},
        submit=_("Change the role"),
        seen=request.POST.get("seen", row.role),
    )


@desk_page
def remove(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    row = _member(shop, member)
    name = columns.name(row.user)

    def act() -> HttpResponse:
        memberships.remove(membership_id=row.pk, **caller(request))
        return done(_("%(name)s is no member any more.") % {"name": name})

    return ask(
        request,
        "aftersale/shop_settings/member_remove.html",
        act=act,
        title=_("Remove from the shop"),
        submit=_("Remove %(name)s from %(shop)s") % {"name": name, "shop": shop.name},
        submit_kind="danger",
        name=name,
        shop=shop,
    )


def _member(shop: Shop, pk: int) -> Membership:
    row = shop.memberships.select_related("user").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such member."))
    return row
