"""Pages that are in nobody's way: what is beyond a person's menu, and the raw tables."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from aftersale.admin.kit import access, menu
from aftersale.admin.kit.pages import desk_page, show

TEMPLATE = "aftersale/desk/directory.html"


@desk_page
@require_GET
def more_pages(request: HttpRequest) -> HttpResponse:
    """Pages that this person may open and does not have in the menu."""
    return show(request, TEMPLATE, _("More pages"), groups=menu.more_pages(request))


@desk_page
@require_GET
def raw_tables(request: HttpRequest) -> HttpResponse:
    """For operators and owners."""
    if not access.reads_trail(request):
        raise PermissionDenied
    return show(
        request,
        TEMPLATE,
        _("Raw tables"),
        groups=menu.raw_tables(request),
        note=_("Rows as they are stored, to look things up in."),
    )
