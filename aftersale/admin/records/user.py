"""Users, for operators (SPEC P1, P5). People come by invitation, and set their own passwords."""

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.model_admin import OperatorAdmin
from aftersale.admin.kit.pages import desk_page, done
from aftersale.admin.kit.sections import Section
from aftersale.admin.shop_settings.frame import SettingsForm
from aftersale.admin.shop_settings.invitations import link_made
from aftersale.models import EVERYBODYS_ENTRIES, AuditEntry
from aftersale.services.access import links, users
from aftersale.services.shared.errors import NotAllowed, NotFound
from aftersale.services.shared.shown import EMPTY, format_time, full_name

ENTRIES_SHOWN = 20

admin.site.unregister(User)
admin.site.unregister(Group)
# django-allauth's raw rows: people have their account's page, operators the steps below.
for _model in list(admin.site._registry):
    if _model.__module__.startswith("allauth."):
        admin.site.unregister(_model)


def shops(request: HttpRequest, user: User) -> Section:
    rows = user.memberships.select_related("shop").order_by("shop__name")
    return Section(
        gettext_lazy("Member of"),
        [gettext_lazy("shop"), gettext_lazy("role")],
        [[member.shop.name, member.get_role_display()] for member in rows],
    )


def latest_entries(request: HttpRequest, user: User) -> Section:
    rows = AuditEntry.objects.filter(EVERYBODYS_ENTRIES, whom=user).select_related("user")
    return Section(
        gettext_lazy("What happened last"),
        [gettext_lazy("at"), gettext_lazy("what"), gettext_lazy("by"), gettext_lazy("note")],
        [
            [
                format_time(entry.at),
                entry.get_kind_display(),
                columns.name(entry.user),
                entry.note or EMPTY,
            ]
            for entry in rows[:ENTRIES_SHOWN]
        ],
    )


@admin.register(User)
class PersonAdmin(OperatorAdmin):
    list_display = ("username", "first_name", "email", "comes_in", "operator", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    list_before_template = "aftersale/records/users_come.html"
    change_form_outer_before_template = "aftersale/records/user_buttons.html"
    sections = [shops, latest_entries]
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("username", "first_name"),
                    "email",
                    ("comes_in", "operator"),
                    ("last_login", "date_joined"),
                )
            },
        ),
    )

    @display(description=gettext_lazy("may come in"))
    def comes_in(self, user: User) -> str:
        return _("yes") if user.is_active else _("no")

    @display(description=gettext_lazy("operator"))
    def operator(self, user: User) -> str:
        return _("yes") if user.is_superuser else _("no")


class UserForm(SettingsForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    email = forms.EmailField(
        label=gettext_lazy("Mail address"),
        required=False,
        help_text=gettext_lazy("Alerts are mailed to it."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("May come in"), required=False)
    is_operator = forms.BooleanField(
        label=gettext_lazy("Operator: sees every shop and may do everything"), required=False
    )


@desk_page
def change(request: HttpRequest, pk: int) -> HttpResponse:
    whom = _user(request, pk)
    initial = {
        "name": full_name(whom),
        "email": whom.email,
        "is_active": whom.is_active,
        "is_operator": whom.is_superuser,
    }
    form = UserForm(posted(request), initial=initial)

    def act() -> HttpResponse:
        users.change(user_id=pk, **form.cleaned_data, **caller(request))
        return done(_("%(name)s is changed.") % {"name": whom.get_username()})

    return ask(
        request,
        "aftersale/records/user_change.html",
        act=act,
        form=form,
        title=_("Change %(name)s") % {"name": whom.get_username()},
        submit=_("Save"),
    )


@desk_page
def password_link(request: HttpRequest, pk: int) -> HttpResponse:
    whom = _user(request, pk)

    def act() -> HttpResponse:
        link, text = links.make_password_link(user_id=pk, **caller(request))
        return link_made(request, link, text, _("The link is made"))

    return ask(
        request,
        "aftersale/records/user_password_link.html",
        act=act,
        title=_("A new password for %(name)s") % {"name": whom.get_username()},
        submit=_("Make the link"),
    )


@desk_page
def forget_factors(request: HttpRequest, pk: int) -> HttpResponse:
    whom = _user(request, pk)

    def act() -> HttpResponse:
        users.forget_factors(user_id=pk, **caller(request))
        said = _("The second factors of %(name)s are taken away.")
        return done(said % {"name": whom.get_username()})

    return ask(
        request,
        "aftersale/records/user_forget_factors.html",
        act=act,
        title=_("Take the second factors of %(name)s away") % {"name": whom.get_username()},
        submit=_("Take them away"),
        submit_kind="danger",
    )


def _user(request: HttpRequest, pk: int) -> User:
    if not access.person(request).is_superuser:
        raise NotAllowed(_("Only operators do this."))
    whom = User.objects.filter(pk=pk).first()
    if whom is None:
        raise NotFound(_("There is no such user."))
    return whom
