"""Columns of a file mapped by hand: each field beside the file's heads and samples (SPEC O11)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import attempt, caller
from aftersale.domain.digits import whole_number
from aftersale.models import FileImport, ImportState, OrderStatus, TicketStatus, TicketType
from aftersale.services.access import rights
from aftersale.services.access.rights import Right
from aftersale.services.exports import people
from aftersale.services.exports.mapping import FIELDS, LEAVE_OUT
from aftersale.services.exports.reading.cells import word
from aftersale.services.exports.reading.layout import NEEDED, Kind
from aftersale.services.exports.reading.layouts import plain
from aftersale.services.shared.errors import Refused

_MOST_WORDS = 30


@pages.desk_page
@require_http_methods(["GET", "POST"])
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    found = people.one(pk=pk, user=access.person(request))
    rights.require(access.person(request), found.shop_id, Right.BRING_FILES)
    if request.method == "GET" or "again" in request.POST:
        return _show(request, found)

    def act() -> HttpResponse:
        people.set_mapping(pk=pk, content=_content(request), **caller(request))
        return redirect("desk:file", pk)

    def again(refused: Refused) -> HttpResponse:
        status = pages.UNPROCESSABLE if refused.pointer else pages.CONFLICT
        return _show(request, found, refusal=refused.message, status=status)

    return attempt(act, again)


def _content(request: HttpRequest) -> dict[str, Any]:
    kind = _kind(request)
    columns = {
        name: request.POST[f"column-{name}"]
        for name in FIELDS[kind]
        if request.POST.get(f"column-{name}")
    }
    words: dict[str, dict[str, str]] = {"status": {}, "type": {}}
    for name, meant in words.items():
        for place in range(_MOST_WORDS):
            said, to = (
                request.POST.get(f"{name}-word-{place}"),
                request.POST.get(f"{name}-means-{place}"),
            )
            if said and to:
                meant[said] = str(to)
    return {
        "kind": kind.value,
        "columns": columns,
        "statuses": words["status"],
        "types": words["type"],
        "head_row": whole_number(request.POST.get("head_row", ""), digits=2) or 0,
        "sums": request.POST.get("sums", "once"),
    }


def _kind(request: HttpRequest) -> Kind:
    asked = request.POST.get("kind") or request.GET.get("kind")
    return Kind.ORDERS if asked == Kind.ORDERS.value else Kind.AFTER_SALES


def _show(
    request: HttpRequest, found: FileImport, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    kind = _kind(request)
    rows = people.first_rows(found) if found.state == ImportState.MAPPING else []
    widest = max(range(len(rows)), key=lambda place: sum(map(bool, rows[place])), default=0)
    sent = whole_number(request.POST.get("head_row") or request.GET.get("head_row", ""), digits=2)
    head_row = sent if sent and sent <= len(rows) else widest + 1
    columns = people.heads_of(rows, head_row)
    chosen = _chosen(request, kind, {name for name, _head, _values in columns})
    response = pages.show(
        request,
        "aftersale/desk/file_mapping.html",
        _("Map the columns: %s") % found,
        file=found,
        shop=found.shop,
        kind=kind.value,
        head_row=head_row,
        columns=columns,
        fields=_fields(kind, chosen, columns),
        words=_words(request, kind, chosen, columns),
        is_orders=kind is Kind.ORDERS,
        sums=request.POST.get("sums", "once"),
        refusal=refusal,
    )
    response.status_code = status
    return response


def _chosen(request: HttpRequest, kind: Kind, heads: set[str]) -> dict[str, str]:
    """The head of each field: as sent, else by what other files call it."""
    known = next(one for one in plain.LAYOUTS.values() if one.kind is kind)
    chosen = {}
    for name in FIELDS[kind]:
        sent = request.POST.get(f"column-{name}")
        guess = next((head for head in known.columns.get(name, ()) if head in heads), "")
        chosen[name] = sent if sent is not None else guess
    return chosen


def _fields(kind: Kind, chosen: dict[str, str], columns: list[Any]) -> list[dict[str, Any]]:
    labels, values = _labels(), {name: values for name, _head, values in columns}
    return [
        {
            "name": name,
            "label": labels[name],
            "needed": name in NEEDED[kind],
            "chosen": chosen[name],
            "samples": values.get(chosen[name], [])[:3],
        }
        for name in sorted(FIELDS[kind], key=lambda name: name not in NEEDED[kind])
    ]


def _words(
    request: HttpRequest, kind: Kind, chosen: dict[str, str], columns: list[Any]
) -> list[dict[str, Any]]:
    """Words of the chosen columns, with what each may stand for."""
    values = {name: values for name, _head, values in columns}
    known = next(one for one in plain.LAYOUTS.values() if one.kind is kind)
    statuses: Any = OrderStatus.choices if kind is Kind.ORDERS else TicketStatus.choices
    groups: list[tuple[str, Any, dict[str, Any]]] = [("status", statuses, dict(known.statuses))]
    if kind is Kind.AFTER_SALES:
        types = [*TicketType.choices, (LEAVE_OUT, _("Leave these rows out"))]
        groups.append(("type", types, dict(known.types)))
    found = []
    for name, choices, meanings in groups:
        said = list(dict.fromkeys(map(word, values.get(chosen.get(name, ""), []))))
        for place, one in enumerate(said[:_MOST_WORDS]):
            sent = request.POST.get(f"{name}-means-{place}")
            meant = sent if sent is not None else meanings.get(one) or ""
            found.append(
                {
                    "name": name,
                    "place": place,
                    "word": one,
                    "means": meant,
                    "choices": choices,
                }
            )
    return found


def _labels() -> dict[str, str]:
    return {
        "order_no": _("Order number"),
        "ticket_no": _("Ticket number"),
        "status": _("Status"),
        "type": _("Type"),
        "paid": _("Paid for the order"),
        "paid_less": _("To be taken off from what was paid"),
        "amount": _("Amount asked for"),
        "amount_freight": _("Freight asked for besides"),
        "amount_tax": _("Tax asked for besides"),
        "amount_less": _("To be taken off from the amount"),
        "applied_at": _("Applied at"),
        "due_at": _("Deadline of the shop"),
        "buyer": _("Buyer's number"),
        "created_at": _("Ordered at"),
        "paid_at": _("Paid at"),
        "shipped_at": _("Shipped at"),
        "delivered_at": _("Delivered at"),
        "completed_at": _("Completed at"),
        "refunded": _("Refunded so far"),
        "line_key": _("Number of the line or sub order"),
        "line_product": _("Product number of the request"),
        "line_title": _("Product name of the request"),
        "product": _("Product number"),
        "title": _("Product name"),
        "spec": _("Kind of the product"),
        "quantity": _("Pieces"),
        "line_paid": _("Paid for the line"),
        "price": _("Price of a piece"),
        "reason": _("Buyer's reason"),
        "note": _("Buyer's words"),
        "carrier": _("Return carrier"),
        "tracking_no": _("Return tracking number"),
        "returned_at": _("Returned at"),
        "result_at": _("Refunded at"),
    }
