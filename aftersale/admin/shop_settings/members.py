"""Members of a shop and their roles, beside the rights of each role (SPEC P1)."""

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page, done
from aftersale.models import AccountLink, Membership, Role, Shop
from aftersale.services.access import members as memberships
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound

from .frame import SettingsForm, owned_shop, section, the_shop
from .invitations import roles_to_give

RIGHTS = {
    Right.SEE: gettext_lazy("See orders, tickets and monitoring"),
    Right.HANDLE_TICKETS: gettext_lazy(
        "Approve, reject, negotiate, confirm returns, try refunds again, handle shipping alerts"
    ),
    Right.EDIT_TEMPLATES: gettext_lazy("Edit reject-reason templates"),
    Right.OPEN_WINDOWS: gettext_lazy("Re-open an after-sale window"),
    Right.CHANGE_STRATEGIES: gettext_lazy("Change strategies, priorities and guards"),
    Right.INVITE: gettext_lazy(
        "Invite staff, change their roles and take them out, up to one's own role"
    ),
    Right.CHANGE_SHOP: gettext_lazy("Change shop settings and access of other programs"),
}


class RoleForm(SettingsForm):
    role = forms.ChoiceField(label=gettext_lazy("Role"))


@desk_page
def members(request: HttpRequest, pk: int) -> HttpResponse:
    shop = the_shop(request, pk)
    found = shop.memberships.select_related("user").order_by("user__username")
    order = list(Role.values)
    given = rights.roles_to_give(access.person(request), shop.pk)
    return section(
        request,
        shop,
        "shop-members",
        right=Right.INVITE,
        members=[
            (member, member.role in given)
            for member in sorted(found, key=lambda member: order.index(member.role))
        ],
        invitations=[(link, link.role in given) for link in _open_invitations(shop)],
        me=access.person(request).pk,
        roles=Role.labels,
        table=[
            (text, [(Role(role).label, role in rights.ROLES[right]) for role in Role.values])
            for right, text in RIGHTS.items()
        ],
    )


@desk_page
def change_role(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    shop = owned_shop(request, pk, Right.INVITE)
    row = _member(shop, member)
    form = RoleForm(posted(request), initial={"role": row.role})
    form.fields["role"].choices = roles_to_give(request, shop)  # type: ignore[attr-defined]

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
    shop = owned_shop(request, pk, Right.INVITE)
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


def _open_invitations(shop: Shop) -> QuerySet[AccountLink]:
    over = {"used_at": None, "withdrawn_at": None, "expires_at__gt": timezone.now()}
    return shop.invitations.filter(**over).select_related("made_by").order_by("-pk")
