"""Where links that are used once lead: joining shops, or a new password (SPEC P1, P5)."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from unfold.widgets import BASE_INPUT_CLASSES

from aftersale.admin.kit.dialogs import at_field
from aftersale.models import AccountLink
from aftersale.services.access import first_operator as operators
from aftersale.services.access import links
from aftersale.services.shared.errors import Refused

GONE, UNPROCESSABLE = 410, 422
_LOOK = {"class": " ".join(BASE_INPUT_CLASSES)}


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput({**_LOOK, "autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "At least 10 characters. Several words that don't belong together are easy to keep and"
            " hard to guess; what everybody takes is refused."
        ),
    )


class JoinForm(NewPasswordForm):
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=150,
        widget=forms.TextInput({**_LOOK, "autocomplete": "name", "autofocus": ""}),
        help_text=gettext_lazy("Colleagues see it beside what you do."),
    )
    username = UsernameField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=forms.TextInput(_LOOK),
        help_text=gettext_lazy("With it and the password you log in."),
    )
    field_order = ("name", "username", "password")


@never_cache
def follow(request: HttpRequest, text: str) -> HttpResponseBase:
    now = timezone.now()
    try:
        link = links.find(text=text, now=now)
        if link.user is not None:
            return _new_password(request, link, text)
        return _join(request, link, text)
    except links.LinkOver as over:
        return _page(request, "link_over", _("This link is over"), GONE, message=over.message)


@never_cache
def first_operator(request: HttpRequest, text: str) -> HttpResponseBase:
    """The installation's first page: whoever has the link that the start printed."""
    form = JoinForm(request.POST if request.method == "POST" else None)
    try:
        operators.check(text)
        if form.is_valid():
            user = operators.sign_up(text=text, now=timezone.now(), **form.cleaned_data)
            return _log_in(request, user)
    except links.LinkOver as over:
        return _page(request, "link_over", _("This link is over"), GONE, message=over.message)
    except Refused as refused:
        at_field(form, refused)
    status = UNPROCESSABLE if form.is_bound else 200
    return _page(request, "first_operator", _("Welcome"), status, form=form)


def _new_password(request: HttpRequest, link: AccountLink, text: str) -> HttpResponse:
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = links.set_password(text=text, now=timezone.now(), **form.cleaned_data)
            return _log_in(request, user)
        except links.LinkOver:
            raise
        except Refused as refused:
            at_field(form, refused)
    status = UNPROCESSABLE if form.is_bound else 200
    return _page(request, "new_password", _("A new password"), status, form=form, link=link)


def _join(request: HttpRequest, link: AccountLink, text: str) -> HttpResponse:
    """With the account that is logged in, or a new one."""
    member = request.user if isinstance(request.user, User) else None
    form = JoinForm(request.POST if request.method == "POST" and member is None else None)
    refusal = ""
    try:
        if request.method == "POST" and member is not None:
            links.join(text=text, user=member, now=timezone.now())
            return redirect("admin:index")
        if form.is_valid():
            user = links.join_as_new(text=text, now=timezone.now(), **form.cleaned_data)
            return _log_in(request, user)
    except links.LinkOver:
        raise
    except Refused as refused:
        refusal = at_field(form, refused).message if form.is_bound else refused.message
    return _page(
        request,
        "join",
        _("Welcome"),
        UNPROCESSABLE if request.method == "POST" else 200,
        form=form,
        link=link,
        shops=link.shops.order_by("name"),
        member=member,
        refusal=refusal,
    )


def _log_in(request: HttpRequest, user: User) -> HttpResponse:
    """As with the password that was just set; a second factor is asked for as ever."""
    logout(request)
    return perform_password_login(request, {"username": user.get_username()}, Login(user=user))


def _page(
    request: HttpRequest, template: str, title: str, status: int, **context: Any
) -> HttpResponse:
    frame = admin.site.each_context(request) | {"title": title} | context
    return render(request, f"aftersale/accounts/{template}.html", frame, status=status)
