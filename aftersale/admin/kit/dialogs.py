"""Forms that ask and then act: refusal and answer handled in one place."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import dialog
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused

# Context of a template, read after the attempt; its `refused` replaces the refusal passed in.
Look = Callable[[Refused | None], Mapping[str, Any]]


def ask(
    request: HttpRequest,
    template: str,
    *,
    act: Callable[[], HttpResponse] | None,
    form: forms.Form | None = None,
    look: Look | None = None,
    passing: tuple[type[Refused], ...] = (),
    **shown: Any,
) -> HttpResponse:
    """GET shows the dialog; POST acts, and shows it again with the reason where that is refused.

    `act` calls the service and answers, mostly with `done`; without it POST only shows the dialog.
    The form is bound by `posted`. `look` reads context that a refused attempt may have changed.
    """

    def show(refused: Refused | None = None) -> HttpResponse:
        context = {"refused": refused, "action": request.path, "form": form, **shown}
        return dialog(request, template, **context | dict(look(refused) if look else {}))

    if request.method != "POST" or act is None:
        return show()
    return attempt(act, show, form=form, passing=passing)


def attempt(
    act: Callable[[], HttpResponse],
    again: Callable[[Refused], HttpResponse],
    *,
    form: forms.Form | None = None,
    passing: tuple[type[Refused], ...] = (),
) -> HttpResponse:
    """The answer of `act`; where it is refused, that of `again`, which shows what was sent.

    A refusal stands at the field that it names, else at the top. NotFound and NotAllowed that name
    no field become 404 and 403; the caller deals with those in `passing`.
    """
    try:
        if form is not None and not form.is_valid():
            raise incomplete()
        return act()
    except passing:
        raise
    except Refused as refused:
        if isinstance(refused, NotFound | NotAllowed) and not refused.pointer:
            raise
        return again(refused if form is None else at_field(form, refused))


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
