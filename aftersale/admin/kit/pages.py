"""Pages of the desk that belong to no model, their dialogs, and the answers of these.

A page is a view under /admin/, in the admin's frame, for logged-in staff. A dialog is a fragment
that htmx loads into the one dialog of the page; desk.js shows and closes it.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse

from aftersale.admin.kit import access
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale, WrongStep

View = Callable[..., HttpResponseBase]

CONFLICT, UNPROCESSABLE = 409, 422


def desk_page(view: View) -> View:
    """For members of any shop and operators only; the view limits the rows."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not access.is_member(request):
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except NotFound as missing:
            raise Http404(missing.message) from missing
        except NotAllowed as refused:
            raise PermissionDenied(refused.message) from refused

    return admin.site.admin_view(guarded)


def show(request: HttpRequest, template: str, title: Any, **context: Any) -> HttpResponse:
    """A whole page; `template` extends desk/page.html."""
    frame = admin.site.each_context(request)
    return TemplateResponse(request, template, {**frame, "title": title, **context})


def dialog(
    request: HttpRequest, template: str, *, refused: Refused | None = None, **context: Any
) -> HttpResponse:
    """The inside of the dialog; `template` extends desk/dialog.html.

    With `refused` it shows the input and the reason: 409 where the facts have changed since the
    person saw them, else 422.
    """
    status = 200
    if refused is not None:
        context["refusal"] = refused.message
        status = CONFLICT if isinstance(refused, Stale | WrongStep) else UNPROCESSABLE
    return render(request, template, context, status=status)


def done(message: Any, *, kind: str = "", also: str = "") -> HttpResponse:
    """Closes the dialog, says what was done, and has the page's panes read themselves anew.

    `kind` is "", "warning" or "danger"; `also` names another event for the page.
    """
    said: dict[str, Any] = {"desk:done": {"message": str(message), "kind": kind}}
    if also:
        said[also] = None
    # ASCII: a header can't carry Chinese.
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(said)})
