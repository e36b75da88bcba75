"""Saved filters of the workbench: the list of links, saving the filter shown, deleting one.

The workbench includes desk/workbench/saved_filters.html with `saved_filters`.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import attempt
from aftersale.admin.kit.pages import UNPROCESSABLE, desk_page
from aftersale.services.desk import saved_filters
from aftersale.services.shared.errors import NotFound, Refused


@desk_page
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    # The address as it is now: the list may have changed it since the page was loaded.
    query = urlsplit(request.headers.get("HX-Current-URL", "")).query

    def act() -> HttpResponse:
        name = request.POST.get("name", "")
        saved_filters.save(name=name, query=query, user=access.person(request))
        return _render_filters(request)

    return attempt(act, lambda refused: _render_filters(request, refused))


@desk_page
@require_POST
def delete(request: HttpRequest, filter_id: int) -> HttpResponse:
    try:
        saved_filters.delete(filter_id=filter_id, user=access.person(request))
    except NotFound as missing:
        # Deleted in another tab: the list shows those that are left.
        return _render_filters(request, missing)
    return _render_filters(request)


def _render_filters(request: HttpRequest, refused: Refused | None = None) -> HttpResponse:
    context = {
        "saved_filters": saved_filters.saved_by(access.person(request)),
        "filter_refusal": refused.message if refused else "",
        "filter_name": request.POST.get("name", "") if refused else "",
    }
    status = UNPROCESSABLE if refused else 200
    return render(request, "aftersale/workbench/saved_filters.html", context, status=status)
