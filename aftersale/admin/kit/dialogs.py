"""Dialogs that ask and then act: form, refusal and answer handled in one place."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import dialog
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused


def ask(
    request: HttpRequest,
    template: str,
    *,
    act: Callable[[], HttpResponse],
    form: forms.Form | None = None,
    **shown: Any,
) -> HttpResponse:
    """GET shows the dialog; POST acts, and shows it again with the reason where that is refused.

    `act` calls the service and answers, mostly with `done`. The form is bound by `posted`. A
    refusal stands at the field that it names, else at the top; NotFound and NotAllowed that name
    no field become 404 and 403.
    """
    refused: Refused | None = None
    if request.method == "POST":
        try:
            if form is not None and not form.is_valid():
                raise incomplete()
            return act()
        except Refused as error:
            if isinstance(error, NotFound | NotAllowed) and not error.pointer:
                raise
            refused = error if form is None else at_field(form, error)
    return dialog(request, template, refused=refused, action=request.path, form=form, **shown)


def posted(request: HttpRequest) -> Any:
    """The data of a bound form; None for one that is only shown."""
    return request.POST if request.method == "POST" else None


def caller(request: HttpRequest) -> dict[str, Any]:
    """The arguments `user` and `now` of a service."""
    return {"user": access.person(request), "now": timezone.now()}


def at_field(form: forms.Form, refused: Refused) -> Refused:
    """Puts the refusal at its field, if it names one; returns the refusal for the top."""
    name = refused.pointer.rpartition(".")[2]
    if name not in form.fields:
        return refused
    form.add_error(name, refused.message)
    return incomplete()


def incomplete() -> Refused:
    return Refused(_("Something is missing or wrong below."))
