"""Dialog for a case that changed after the person had opened it (SPEC O10)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from aftersale.admin.kit.pages import dialog
from aftersale.services.shared.errors import Stale, WrongStep

CHANGED = (Stale, WrongStep)


def says_what_changed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answers with the difference where the view or its service finds one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except CHANGED as changed:
            title = _("The case has changed")
            return dialog(request, "aftersale/workbench/changed.html", refused=changed, title=title)

    return guarded
