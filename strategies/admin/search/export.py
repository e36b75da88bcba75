"""Export of the decision search (SPEC M1): the same filters, all rows."""

from collections.abc import Iterator

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from aftersale.admin.kit import access
from aftersale.admin.kit.change_list import CountedOnce
from aftersale.admin.kit.exports import exported
from aftersale.admin.kit.pages import desk_page
from aftersale.services.access.rights import Right
from aftersale.services.shared.errors import NotAllowed
from aftersale.services.sheets.write_file import MOST_ROWS, XLSX, csv_lines, xlsx
from strategies.models import Decision

from .filters import FROM, TO, read_time, zone_of
from .rows import headers, rows

_WHAT = gettext_lazy("Decisions")


@desk_page
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Only of the user's shops: the list's own queryset, with its filters and search."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    if not access.has_somewhere(request, Right.SEE_BUYERS):
        raise NotAllowed(_("Your role in this shop does not allow this."))
    back = reverse("admin:strategies_decision_changelist")
    try:
        found = _found(request)
    except IncorrectLookupParameters:
        return redirect(back)
    disposition = {"Content-Disposition": f'attachment; filename="{_name(request)}.{kind}"'}
    if kind == "csv":
        lines: Iterator[str] = csv_lines(headers(), exported(request, rows(found), _WHAT))
        return StreamingHttpResponse(
            lines, content_type="text/csv; charset=utf-8", headers=disposition
        )
    # One row is the head.
    if found.order_by().values("pk")[:MOST_ROWS].count() > MOST_ROWS - 1:
        said = _("Excel holds at most %(most)s rows: narrow the search down, or take the CSV file.")
        messages.error(request, said % {"most": f"{MOST_ROWS - 1:,}"})
        return redirect(f"{back}?{request.GET.urlencode()}")
    pieces = xlsx(headers(), exported(request, rows(found), _WHAT))
    return StreamingHttpResponse(pieces, content_type=XLSX, headers=disposition)


def _found(request: HttpRequest) -> QuerySet:
    """The columns of the list, in its order."""
    site = admin.site._registry[Decision]
    changelist = site.get_changelist_instance(request)
    assert isinstance(changelist, CountedOnce)
    found = changelist.all_found(request).select_related(None)
    # Of the shops where the role allows it.
    own = [shop.pk for shop in access.shops(request)]
    allowed = [pk for pk in own if access.may(request, pk, Right.SEE_BUYERS)]
    return found if allowed == own else found.filter(shop__in=allowed)


def _name(request: HttpRequest) -> str:
    """afterdesk-decisions-SHOP-DATES: which shop and times it is of."""
    shops, wanted = access.shops(request), request.GET.get("shop", "")
    listed = [shop for shop in shops if not wanted or str(shop.pk) == wanted]
    shop = slugify(listed[0].code) if len(listed) == 1 else "all"
    zone = zone_of(request)
    times = [read_time(request.GET.get(name, ""), zone) for name in (FROM, TO)]
    days = [f"{at:%Y%m%d}" for at in times if at is not None]
    days = days or [f"{timezone.localtime(timezone.now(), zone):%Y%m%d}"]
    return "-".join(["afterdesk-decisions", shop or "shop", *days])
