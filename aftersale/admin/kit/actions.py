"""Steps that people take on a page: a dialog that asks, one service call, its answer.

Unfold's actions are links that act on GET and are open to everyone unless they have both
`permissions` and `dialog`; `step` gives both to every one of them.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from aftersale.admin.kit.dialogs import caller
from aftersale.services.shared.errors import Refused


class StepForm(BaseDialogForm):
    """Form of the dialog; its prefix keeps the fields apart from those of the page under it."""

    prefix = "step"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label)


def step(
    *,
    title: Any,
    question: Any,
    permission: str,
    icon: str,
    form_class: type[StepForm] = StepForm,
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Callable[[Any], Any]:
    return action(
        description=title,
        permissions=[permission],
        icon=icon,
        variant=variant,
        dialog={
            "title": title,
            "description": question,
            "form_class": form_class,
            "form_submit_text": title,
        },
    )


def carry_out(
    model_admin: Any,
    request: HttpRequest,
    object_id: Any,
    call: Callable[..., Any],
    done: Any,
    **arguments: Any,
) -> HttpResponse:
    """Calls the service as this person, now, and shows its answer on the object's page.

    The object is fetched again within the user's shops: Unfold checks none.
    """
    if model_admin.found(request, object_id) is None:
        raise Http404
    report(request, call, done, **arguments)
    return to_page(model_admin, object_id)


def report(request: HttpRequest, call: Callable[..., Any], done: Any, **arguments: Any) -> None:
    """Calls the service as this person, now; a message says `done`, or why it was refused. `done`
    may be a function of what the service answers."""
    try:
        answer = call(**caller(request), **arguments)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, done(answer) if callable(done) else done)


def to_page(model_admin: Any, object_id: Any) -> HttpResponse:
    """Dialogs are answered to htmx: it follows this header, not a redirect."""
    return _redirect(model_admin, "change", object_id)


def to_list(model_admin: Any) -> HttpResponse:
    return _redirect(model_admin, "changelist")


def _redirect(model_admin: Any, page: str, *args: Any) -> HttpResponse:
    options = model_admin.opts
    url = reverse(f"admin:{options.app_label}_{options.model_name}_{page}", args=args)
    return HttpResponse(headers={"HX-Redirect": url})
