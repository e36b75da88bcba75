"""Import and export of sheets: a preview shows each row's effect before anything is written."""

import base64
import binascii
from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import attempt, caller
from aftersale.admin.kit.exports import exported
from aftersale.domain.punctuation import COLON
from aftersale.models import Shop
from aftersale.records.errors import FieldError
from aftersale.services.access import rights
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets import kinds
from aftersale.services.sheets.kinds import RowResult, SheetKind
from aftersale.services.sheets.read_file import LARGEST
from aftersale.services.sheets.write_file import XLSX, csv_lines, xlsx

_WRITTEN = (Outcome.NEW, Outcome.CHANGED)
_BADGES = {
    Outcome.NEW: "success",
    Outcome.CHANGED: "info",
    Outcome.UNCHANGED: "",
    Outcome.REFUSED: "danger",
}


@pages.desk_page
@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, shop: int, code: str) -> HttpResponse:
    """GET offers export and import; POST previews a file, or writes it."""
    its_shop, kind = _found(request, shop, code)
    if request.method == "GET":
        return _page(request, its_shop, kind)
    name, content = _sent(request)
    call = {"shop_id": its_shop.pk, "name": name, "content": content, **caller(request)}

    def act() -> HttpResponse:
        if "write" not in request.POST:
            results = kinds.preview(kind, **call)
            return _page(request, its_shop, kind, name=name, content=content, results=results)
        results = kinds.write(kind, seen=request.POST.get("seen", ""), **call)
        written = sum(result.outcome in _WRITTEN for result in results)
        said = ngettext("%(number)d row is written.", "%(number)d rows are written.", written)
        messages.success(request, said % {"number": written})
        return redirect(_here(its_shop, kind))

    def again(refused: Refused) -> HttpResponse:
        status = pages.UNPROCESSABLE if refused.pointer else pages.CONFLICT
        return _page(request, its_shop, kind, refusal=refused.message, status=status)

    return attempt(act, again)


@pages.desk_page
@require_GET
def export(request: HttpRequest, shop: int, code: str, form: str) -> HttpResponseBase:
    """All of the shop's rows, in the shape that an import takes."""
    its_shop, kind = _found(request, shop, code)
    if form not in ("csv", "xlsx"):
        raise Http404
    head = [str(column.label) for column in kind.columns]
    found = kinds.rows_of(kind, shop_id=its_shop.pk, user=access.person(request))
    rows = exported(request, found, kind.label, shop=its_shop)
    day = timezone.localdate()
    name = f"afterdesk-{kind.code}-{slugify(its_shop.code) or 'shop'}-{day:%Y%m%d}.{form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "xlsx":
        return HttpResponse(b"".join(xlsx(head, rows)), content_type=XLSX, headers=disposition)
    return HttpResponse(
        "".join(csv_lines(head, rows)),
        content_type="text/csv; charset=utf-8",
        headers=disposition,
    )


def _found(request: HttpRequest, shop: int, code: str) -> tuple[Shop, SheetKind]:
    its_shop = kinds.shop_of(shop_id=shop, user=access.person(request))
    kind = kinds.kind_of(code)
    rights.require(access.person(request), shop, kind.right)
    return its_shop, kind


def _sent(request: HttpRequest) -> tuple[str, bytes]:
    """The uploaded file, or the copy of it that its preview sends back."""
    file = request.FILES.get("file")
    if file is not None:
        # One byte over the limit, enough to see that the file is too large.
        return (file.name or "")[:200], file.read(LARGEST + 1)
    try:
        content = base64.b64decode(request.POST.get("content", ""), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    return request.POST.get("name", "")[:200], content


def _page(
    request: HttpRequest,
    shop: Shop,
    kind: SheetKind,
    *,
    name: str = "",
    content: bytes = b"",
    results: list[RowResult] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    counts = Counter(result.outcome for result in results or [])
    written = counts[Outcome.NEW] + counts[Outcome.CHANGED]
    response = pages.show(
        request,
        "aftersale/desk/sheet.html",
        _("Import and export: %(shop)s") % {"shop": shop.name},
        shop=shop,
        kind=kind,
        tabs=[
            {"title": one.label, "link": _here(shop, one), "here": one.code == kind.code}
            for one in kinds.kinds()
            if access.may(request, shop.pk, one.right)
        ],
        refusal=refusal,
        name=name,
        content=base64.b64encode(content).decode(),
        seen=kinds.fingerprint(results) if results is not None else "",
        results=None if results is None else [_result_row(result, kind) for result in results],
        counts=[(_outcomes()[outcome], counts[outcome]) for outcome in Outcome if counts[outcome]],
        refused=counts[Outcome.REFUSED],
        submit=ngettext("Write %(number)d row", "Write %(number)d rows", written)
        % {"number": written}
        if written
        else "",
    )
    response.status_code = status
    return response


def _outcomes() -> dict[Outcome, str]:
    return {
        Outcome.NEW: _("new"),
        Outcome.CHANGED: _("changed"),
        Outcome.UNCHANGED: _("unchanged"),
        Outcome.OLDER: _("older"),
        Outcome.REFUSED: _("not taken"),
    }


def _result_row(result: RowResult, kind: SheetKind) -> dict[str, Any]:
    labels = {column.key: column.label for column in kind.columns}
    return {
        "line": result.line,
        "name": result.name,
        "outcome": _outcomes()[result.outcome],
        "badge": _BADGES.get(result.outcome, ""),
        "changes": result.changes,
        "errors": [_error(error, labels) for error in result.errors],
    }


def _error(error: FieldError, labels: dict[str, Any]) -> str:
    label = labels.get(error.pointer, error.pointer)
    return f"{label}{COLON}{error.message}" if label else error.message


def _here(shop: Shop, kind: SheetKind) -> str:
    return reverse("desk:sheet", args=[shop.pk, kind.code])
