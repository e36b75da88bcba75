"""Files of back offices: bring them, see what they would do, take them in (SPEC O11)."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aftersale.admin.desk.sheets import XLSX
from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import attempt, caller
from aftersale.admin.kit.exports import exported
from aftersale.domain.labels import PLATFORMS
from aftersale.domain.money import NotYuan, format_yuan, parse_yuan
from aftersale.models import (
    IMPORT_UNDER_WAY,
    ConnectorKind,
    FileImport,
    ImportRow,
    ImportState,
    RowOutcome,
    Shop,
)
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.exports import people
from aftersale.services.exports.reading.limits import LARGEST
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.sheets.write_file import xlsx

A_PAGE = 50
BADGES = {
    ImportState.READY: "accent",
    ImportState.MAPPING: "warning",
    ImportState.DONE: "success",
    ImportState.FAILED: "danger",
}
_ROW_BADGES = {
    RowOutcome.NEW: "success",
    RowOutcome.CHANGED: "info",
    RowOutcome.OLDER: "warning",
    RowOutcome.REFUSED: "danger",
}
_NEVER_TAKEN = {RowOutcome.REFUSED, RowOutcome.LEFT_OUT}
# Cells of a row that tell people which it is.
_AMOUNTS = ("paid", "amount")
_TELLING = ("title", "status", "type", *_AMOUNTS)


@pages.desk_page
@require_http_methods(["GET", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """The files brought to a shop, and the form to bring more."""
    shop = _shop(request)
    if request.method == "GET":
        return _list(request, shop)
    rights.require(access.person(request), shop.pk, Right.BRING_FILES)
    sent = [(one.name or "", one.file) for one in request.FILES.getlist("files") if one.file]

    def act() -> HttpResponse:
        brought = people.bring_files(
            shop_id=shop.pk,
            files=sent,
            password=request.POST.get("password", ""),
            **caller(request),
        )
        return redirect("desk:file", brought.pk)

    return attempt(act, lambda refused: _list(request, shop, refused))


def _shop(request: HttpRequest) -> Shop:
    shops = access.shops(request)
    if not shops:
        raise NotFound(_("There is no shop yet."))
    wanted = request.POST.get("shop") or request.GET.get("shop")
    if not wanted:
        return shops[0]
    found = next((shop for shop in shops if str(shop.pk) == wanted), None)
    if found is None:
        raise NotFound(_("There is no such shop."))
    return found


def _list(request: HttpRequest, shop: Shop, refused: Refused | None = None) -> HttpResponse:
    found = FileImport.objects.filter(shop=shop).select_related("created_by")
    page = Paginator(found.order_by("-pk"), A_PAGE).get_page(request.GET.get("page"))
    response = pages.show(
        request,
        "aftersale/desk/files.html",
        _("Files from the back office"),
        shops=access.shops(request),
        shop=shop,
        page=page,
        address=f"shop={shop.pk}",
        rows=[_in_list(one) for one in page],
        may_bring=access.may(request, shop.pk, Right.BRING_FILES),
        may_approve=access.may(request, shop.pk, Right.CHANGE_SHOP),
        is_connected=shop.connector == ConnectorKind.PLATFORM,
        largest=LARGEST // 1024 // 1024,
        refusal=refused.message if refused else "",
    )
    response.status_code = pages.UNPROCESSABLE if refused else 200
    return response


def _in_list(one: FileImport) -> dict[str, Any]:
    return {
        "file": one,
        "badge": BADGES.get(ImportState(one.state), ""),
        "counts": _counts(one),
        "recognised": _recognised(one),
    }


def _counts(one: FileImport) -> list[tuple[str, str, int]]:
    """Code, label and number of each outcome, over all kinds of records."""
    total = dict.fromkeys(RowOutcome.values, 0)
    for outcomes in one.counts.values():
        for outcome, count in outcomes.items():
            total[outcome] = total.get(outcome, 0) + count
    labels = dict(RowOutcome.choices)
    return [(code, str(labels[code]), count) for code, count in total.items() if count]


def _recognised(one: FileImport) -> list[dict[str, Any]]:
    kinds = {
        "orders": _("Orders"),
        "order-lines": _("Lines of orders"),
        "after-sales": _("After-sale requests"),
    }
    sources = {
        "given": _("as somebody said"),
        "name": _("by its name"),
        "note": _("by a note in it"),
        "saved": _("when it was saved: not certain"),
        "unknown": _("it does not say when it was exported"),
    }
    return [
        {
            "file": table["file"],
            "what": kinds[table["kind"]],
            "platform": PLATFORMS.get(table["platform"], table["platform"]),
            "is_foreign": table["platform"] not in (one.shop.platform, "other"),
            "at": datetime.fromisoformat(table["at"]) if table["at"] else None,
            "source": sources[table["source"]],
            "rows": table["rows"],
            "totals": table["totals"],
            "left_out": table["left_out"],
        }
        for table in one.tables
    ]


@pages.desk_page
@require_http_methods(["GET", "POST"])
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: how far it is, what each row does, and what can be done with it."""
    found = people.one(pk=pk, user=access.person(request))
    if request.method == "GET":
        return _show(request, found)
    rights.require(access.person(request), found.shop_id, Right.BRING_FILES)

    def act() -> HttpResponse:
        call = {"pk": pk, **caller(request)}
        if "take_in" in request.POST:
            people.take_in(**call)
        elif "put_aside" in request.POST:
            people.put_aside(**call)
        elif "moment" in request.POST:
            people.set_moment(exported_at=_moment(request, found), **call)
        return redirect("desk:file", pk)

    def again(refused: Refused) -> HttpResponse:
        status = pages.UNPROCESSABLE if refused.pointer else pages.CONFLICT
        found.refresh_from_db()
        return _show(request, found, refusal=refused.message, status=status)

    return attempt(act, again)


def _moment(request: HttpRequest, found: FileImport) -> datetime | None:
    text = request.POST.get("exported_at", "")
    if not text:
        return None
    try:
        naive = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise Refused(
            _("expected a date and time, e.g. 2026/11/21 23:05"), pointer="exported_at"
        ) from None
    return naive.replace(tzinfo=ZoneInfo(found.shop.timezone))


def _show(
    request: HttpRequest, found: FileImport, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    wanted = request.GET.get("outcome", "")
    rows = ImportRow.objects.filter(file_import=found)
    if wanted in RowOutcome.values:
        rows = rows.filter(outcome=wanted)
    page = Paginator(rows.order_by("table", "row"), A_PAGE).get_page(request.GET.get("page"))
    may_bring = access.may(request, found.shop_id, Right.BRING_FILES)
    response = pages.show(
        request,
        "aftersale/desk/file.html",
        _("File %s") % found,
        **_about(request, found),
        recognised=_recognised(found),
        exported_at=_local(found),
        counts=_counts(found),
        refused=any(code == RowOutcome.REFUSED for code, _label, _count in _counts(found)),
        nothing_to_take={code for code, _label, _count in _counts(found)} <= _NEVER_TAKEN,
        # A viewer sees only the number of rows, as elsewhere.
        rows=[_row(row, found) for row in page] if may_bring else [],
        page=page,
        wanted=wanted if wanted in RowOutcome.values else "",
        may_bring=may_bring,
        may_try=access.may(request, found.shop_id, Right.CHANGE_STRATEGIES),
        refusal=refusal,
    )
    response.status_code = status
    return response


def _local(found: FileImport) -> str:
    at = found.exported_at
    if at is None:
        told = [table["at"] for table in found.tables if table["at"]]
        at = datetime.fromisoformat(min(told)) if told else found.created_at
    return f"{at.astimezone(ZoneInfo(found.shop.timezone)):%Y-%m-%dT%H:%M}"


def _about(request: HttpRequest, found: FileImport) -> dict[str, Any]:
    return {
        "file": found,
        "shop": found.shop,
        "badge": BADGES.get(ImportState(found.state), ""),
        "under_way": found.state in IMPORT_UNDER_WAY,
        "percent": found.done * 100 // found.total if found.total else 0,
    }


def _row(row: ImportRow, found: FileImport) -> dict[str, Any]:
    return {
        "where": f"{found.tables[row.table]['file']} : {row.row}"
        if len(found.tables) > 1
        else str(row.row),
        "number": row.cells.get("order_no" if row.of_order else "ticket_no", ""),
        "telling": " · ".join(_cell(row, name) for name in _TELLING if row.cells.get(name)),
        "outcome": row.get_outcome_display(),
        "badge": _ROW_BADGES.get(RowOutcome(row.outcome), "") if row.outcome else "",
        "note": people.reason(row),
        "is_wrong": row.outcome == RowOutcome.REFUSED,
    }


def _cell(row: ImportRow, name: str) -> str:
    """As the file has it; an amount as elsewhere, where it can be read as one."""
    text: str = row.cells[name]
    if name in _AMOUNTS:
        with suppress(NotYuan):
            return format_yuan(parse_yuan(text))
    return text


@pages.desk_page
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; the whole page again once it is through."""
    found = people.one(pk=pk, user=access.person(request))
    response = render(request, "aftersale/desk/file_progress.html", _about(request, found))
    if found.state not in IMPORT_UNDER_WAY:
        response.headers["HX-Refresh"] = "true"
    return response


@pages.desk_page
@require_GET
def refused(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that were not taken, as a file to mend and bring again."""
    found = people.one(pk=pk, user=access.person(request))
    rights.require(access.person(request), found.shop_id, Right.BRING_FILES)
    heads, rows = people.refused_rows(found)
    certain = [table["at"] for table in found.tables if table["source"] in ("name", "note")]
    at = datetime.fromisoformat(min(certain)) if certain else None
    # The moment stays with its facts: by the name it is read again.
    stamp = f"_{at.astimezone(ZoneInfo(found.shop.timezone)):%Y%m%d%H%M%S}" if at else ""
    what = gettext_lazy("Rows that were not taken in")
    name = f"afterdesk-to-mend-{found.pk}{stamp}.xlsx"
    return HttpResponse(
        b"".join(xlsx(heads, exported(request, ([*row] for row in rows), what, shop=found.shop))),
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@pages.desk_page
@require_POST
def approve_fresh(request: HttpRequest, shop: int) -> HttpResponse:
    """An owner switches the automatic approval of fresh exports on or off."""
    on = request.POST.get("on") == "1"
    rights.require(access.person(request), shop, Right.CHANGE_SHOP)
    people.set_approves_exports(
        shop_id=shop, on=on, user=access.person(request), now=timezone.now()
    )
    said = (
        _("Fresh exports are decided automatically.")
        if on
        else _("Exports are decided as suggestions only.")
    )
    messages.success(request, said)
    return redirect(f"{reverse('desk:files')}?shop={shop}")
