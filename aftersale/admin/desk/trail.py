"""The audit trail's page: searching it, and its export (SPEC P6). For owners and operators."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from aftersale.admin.kit import access
from aftersale.admin.kit.exports import exported
from aftersale.admin.kit.pages import desk_page, show
from aftersale.admin.shop_settings.frame import SettingsForm
from aftersale.domain.digits import whole_number
from aftersale.domain.punctuation import COLON, SEMICOLON
from aftersale.models import AuditEntry, AuditKind
from aftersale.services.access import audit_trail
from aftersale.services.access.rights import Right
from aftersale.services.shared.shown import done_by, format_time
from aftersale.services.sheets.write_file import Cell, csv_lines, xlsx

from .sheets import XLSX

A_PAGE = 50
COLOURS = {
    AuditKind.LOG_IN_FAILED: "warning",
    AuditKind.REFUSED: "warning",
    AuditKind.EXPORTED: "info",
    AuditKind.CALL: "info",
    AuditKind.PAYMENTS_STOPPED: "danger",
    AuditKind.PAUSED: "danger",
}


class TrailForm(SettingsForm):
    """Only what fits is searched for: a wrong value finds nothing, and the form says why."""

    who = forms.CharField(label=gettext_lazy("Person or token"), max_length=150, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Step"), required=False)
    shop = forms.ChoiceField(label=gettext_lazy("Shop"), required=False)
    since = forms.DateTimeField(
        label=gettext_lazy("Not before"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Before"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    address = forms.GenericIPAddressField(label=gettext_lazy("From the address"), required=False)
    request_id = forms.CharField(label=gettext_lazy("Request"), max_length=32, required=False)

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET)
        every = ("", _("All"))
        self.fields["kind"].choices = [every, *AuditKind.choices]  # type: ignore[attr-defined]
        shops = [
            shop
            for shop in access.shops(request)
            if access.may(request, shop.pk, Right.CHANGE_SHOP)
        ]
        self.fields["shop"].choices = [  # type: ignore[attr-defined]
            every,
            *((str(shop.pk), shop.name) for shop in shops),
        ]

    def wanted(self) -> audit_trail.Wanted | None:
        """None where something is wrong."""
        if not self.is_valid():
            return None
        found = dict(self.cleaned_data)
        shop = found.pop("shop")
        return audit_trail.Wanted(shop_id=int(shop) if shop else None, **found)

    def filled(self) -> dict[str, str]:
        """The filters that were filled in, for the entry of an export."""
        return {name: value for name in self.fields if (value := self.data.get(name, ""))}


@desk_page
def page(request: HttpRequest) -> HttpResponse:
    form = TrailForm(request)
    _require_reader(request)
    user, wanted = access.person(request), form.wanted()
    entries: list[AuditEntry] = []
    if wanted is not None:
        before = _before(request.GET.get("before", ""))
        entries = audit_trail.find(user=user, wanted=wanted, most=A_PAGE + 1, before=before)
    shown = entries[:A_PAGE]
    last = shown[-1] if len(entries) > A_PAGE else None
    address = request.GET.copy()
    address.pop("before", None)
    return show(
        request,
        "aftersale/desk/trail.html",
        _("Audit trail"),
        form=form,
        filtered=bool(form.filled()),
        several=len(form.fields["shop"].choices) > 2,  # type: ignore[attr-defined]
        rows=[_row(entry) for entry in shown],
        address=address.urlencode(),
        older=f"{last.at.isoformat()}_{last.pk}" if last else "",
        newest="before" not in request.GET,
    )


@desk_page
@require_GET
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """All that the page's filters find; the export is an entry itself."""
    if form not in ("csv", "xlsx"):
        raise Http404
    filters = TrailForm(request)
    _require_reader(request)
    user, wanted = access.person(request), filters.wanted()
    if wanted is None:
        return redirect("desk:trail")
    entries = audit_trail.every(user=user, wanted=wanted)
    cells = _cells(entries, dict(AuditKind.choices))
    rows = exported(request, cells, gettext_lazy("Audit trail"))
    head = [
        _("At"), _("Step"), _("By"), _("API token"), _("Shop"), _("Account"), _("On"), _("Note"),
        _("Filters"), _("Rows"), _("From the address"), _("Request"),
    ]  # fmt: skip
    name = f"afterdesk-audit-trail-{timezone.localdate():%Y%m%d}.{form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "csv":
        return StreamingHttpResponse(
            csv_lines(head, rows), content_type="text/csv; charset=utf-8", headers=disposition
        )
    return StreamingHttpResponse(xlsx(head, rows), content_type=XLSX, headers=disposition)


def _require_reader(request: HttpRequest) -> None:
    """Before the form is judged: who may not read is told that, and nothing of the filters."""
    if not access.reads_trail(request):
        raise PermissionDenied


def _before(text: str) -> tuple[datetime, int] | None:
    at, _mark, pk = text.rpartition("_")
    key = whole_number(pk)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return None if key is None or moment.tzinfo is None else (moment, key)


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "at": format_time(entry.at, entry.shop, seconds=True),
        "kind": entry.get_kind_display(),
        "colour": COLOURS.get(AuditKind(entry.kind), ""),
        "by": done_by(entry),
        "whom": entry.whom if entry.whom_id != entry.user_id else None,
        "filters": _filters(entry),
        "told": entry.subject or entry.note or entry.filters or entry.whom_id != entry.user_id,
    }


def _filters(entry: AuditEntry) -> str:
    words = {"buyer": _("Buyer")}
    told = (f"{words.get(name, name)}{COLON}{value}" for name, value in entry.filters.items())
    return str(SEMICOLON).join(told)


def _cells(entries: Iterator[AuditEntry], kinds: dict[str, Any]) -> Iterator[list[Cell]]:
    for entry in entries:
        zone = ZoneInfo(entry.shop.timezone) if entry.shop else None
        yield [
            timezone.localtime(entry.at, zone).replace(tzinfo=None),
            str(kinds[entry.kind]),
            entry.user.get_username() if entry.user else "",
            entry.token.name if entry.token else "",
            entry.shop.name if entry.shop else "",
            entry.whom.get_username() if entry.whom else "",
            entry.subject,
            str(entry.note),
            _filters(entry),
            "" if entry.rows is None else str(entry.rows),
            entry.address,
            entry.request_id,
        ]
