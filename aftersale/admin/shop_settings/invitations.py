"""Invitations of a shop: made, handed over as a link, and withdrawn (SPEC P1)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.models import AccountLink, Role, Shop
from aftersale.services.access import links, rights
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotFound

from .frame import SettingsForm, owned_shop

MOST_SHOPS = 200


class InviteForm(SettingsForm):
    whom = forms.CharField(
        label=gettext_lazy("Who it is for"),
        max_length=64,
        help_text=gettext_lazy("A name or a mail address, for you to tell invitations apart."),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), initial=Role.CS_AGENT)
    shops = forms.MultipleChoiceField(
        label=gettext_lazy("Shops"), widget=forms.CheckboxSelectMultiple()
    )

    def __init__(self, *args: Any, request: HttpRequest, shop: Shop, **kwargs: Any) -> None:
        super().__init__(*args, initial={"shops": [str(shop.pk)]}, **kwargs)
        user = access.person(request)
        self.fields["role"].choices = roles_to_give(request, shop)  # type: ignore[attr-defined]
        offered = rights.shops_of(user, Right.INVITE).order_by("name", "pk")[:MOST_SHOPS]
        self.fields["shops"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), one.name) for one in offered
        ]


def roles_to_give(request: HttpRequest, shop: Shop) -> list[tuple[str, Any]]:
    given = rights.roles_to_give(access.person(request), shop.pk)
    return [(role.value, role.label) for role in given]


@desk_page
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk, Right.INVITE)
    form = InviteForm(posted(request), request=request, shop=shop)

    def act() -> HttpResponse:
        sent = form.cleaned_data
        link, text = links.invite(
            shop_ids=[int(one) for one in sent["shops"]],
            role=sent["role"],
            whom=sent["whom"],
            **caller(request),
        )
        return link_made(request, link, text, _("The invitation is made"))

    return ask(
        request,
        "aftersale/shop_settings/invite.html",
        act=act,
        form=form,
        title=_("Invite somebody"),
        submit=_("Make the invitation"),
    )


def link_made(request: HttpRequest, link: AccountLink, text: str, title: str) -> HttpResponse:
    """The dialog stays open with the link in it; the list behind it is read anew."""
    address = request.build_absolute_uri(reverse("account_link", args=[text]))
    response = dialog(
        request, "aftersale/accounts/link_made.html", title=title, link=link, address=address
    )
    response.headers["HX-Trigger-After-Settle"] = "desk:refresh"
    return response


@desk_page
def withdraw(request: HttpRequest, pk: int, invitation: int) -> HttpResponse:
    shop = owned_shop(request, pk, Right.INVITE)
    link = AccountLink.objects.filter(pk=invitation, shops=shop, user=None).first()
    if link is None:
        raise NotFound(_("There is no such invitation."))

    def act() -> HttpResponse:
        links.withdraw(link_id=link.pk, shop_id=shop.pk, **caller(request))
        return done(_("The invitation of %(whom)s is withdrawn.") % {"whom": link.whom})

    return ask(
        request,
        "aftersale/shop_settings/invitation_withdraw.html",
        act=act,
        title=_("Withdraw the invitation of %(whom)s") % {"whom": link.whom},
        submit=_("Withdraw it"),
        submit_kind="danger",
    )
