"""Reject texts of a shop: the list of them as they are sent, and the dialog that edits one
(SPEC P1, P2)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.domain.digits import whole_number
from aftersale.domain.placeholders import PLACEHOLDERS, fill
from aftersale.models import RejectReasonTemplate, Shop, TicketType
from aftersale.reject_reasons import BY_CODE, REASONS, STAGES, RejectReason
from aftersale.services.access.rights import Right, shops_of
from aftersale.services.desk import reject_templates
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from aftersale.services.shared.shown import format_time


@pages.desk_page
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Every reason with its text for one shop (`?shop=`, else the first)."""
    shop = chosen_shop(request)
    if shop is None:
        raise Http404
    own = {row.reason: row for row in _own(shop)}
    return pages.show(
        request,
        "aftersale/desk/replies/texts.html",
        _("Reject texts"),
        shop=shop,
        shops=access.shops(request),
        may_edit=access.may(request, shop.pk, Right.EDIT_TEMPLATES),
        reasons=[_reason_row(reason, own.get(reason.code), shop) for reason in REASONS],
    )


@pages.desk_page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, shop: int, reason: str) -> HttpResponse:
    """GET opens the editor of a text, POST saves it or goes back to the default."""
    its_shop, known = _found(request, shop, reason)

    def act() -> HttpResponse:
        call = {"shop_id": its_shop.pk, "reason": known.code, **caller(request)}
        if "reset" in request.POST:
            reject_templates.reset(**call)
        else:
            reject_templates.save(text=request.POST.get("text", ""), **call)
        return pages.done(_("Saved. The next rejection for “%s” has it.") % known.label)

    def look(refused: Refused | None) -> dict[str, Any]:
        if refused is None:
            return {"error": ""}
        marked = Refused(_("Nothing was saved yet. See what is marked below."))
        return {"refused": marked, "error": refused.message}

    own = reject_templates.own_texts(its_shop)
    text = request.POST.get("text", own.get(known.code) or str(known.text))
    return ask(
        request,
        "aftersale/desk/replies/text.html",
        act=act,
        look=look,
        title=known.label,
        submit=_("Save for %s") % its_shop.name,
        shop=its_shop,
        reason=known,
        text=text,
        is_own=known.code in own,
        reset_label=_("Back to the default text"),
        longest=reject_templates.LONGEST,
        words=placeholders(),
        example=example(text, its_shop),
    )


@pages.desk_page
@require_POST
def preview(request: HttpRequest, shop: int) -> HttpResponse:
    """The text that is being typed as the buyer would read it, or its mistake."""
    its_shop = _editable(request, shop)
    text = request.POST.get("text", "")
    return render(
        request,
        "aftersale/desk/replies/preview.html",
        {"problem": reject_templates.text_problem(text), "example": example(text, its_shop)},
    )


def chosen_shop(request: HttpRequest) -> Shop | None:
    """The one in `?shop=`, else the first."""
    shops, chosen = access.shops(request), whole_number(request.GET.get("shop", ""))
    if chosen is not None:
        return _shop(request, chosen)
    return shops[0] if shops else None


def placeholders() -> list[tuple[str, Any]]:
    """As they are typed, with what each stands for."""
    return [(f"{{{name}}}", label) for name, label in PLACEHOLDERS.items()]


def _shop(request: HttpRequest, pk: int) -> Shop:
    shop = shops_of(request.user).filter(pk=pk).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    return shop


def _found(request: HttpRequest, shop: int, reason: str) -> tuple[Shop, RejectReason]:
    """Shop and reason, for those who may edit the shop's texts."""
    its_shop = _editable(request, shop)
    if reason not in BY_CODE:
        raise NotFound(_("There is no such reason."))
    return its_shop, BY_CODE[reason]


def _editable(request: HttpRequest, pk: int) -> Shop:
    shop = _shop(request, pk)
    if not access.may(request, pk, Right.EDIT_TEMPLATES):
        raise NotAllowed(_("Your role in this shop does not allow this."))
    return shop


def _own(shop: Shop) -> list[RejectReasonTemplate]:
    return list(RejectReasonTemplate.objects.filter(shop=shop).select_related("updated_by"))


def _reason_row(
    reason: RejectReason, own: RejectReasonTemplate | None, shop: Shop
) -> dict[str, Any]:
    text = own.text if own else str(reason.text)
    return {
        "reason": reason,
        "types": _("All types")
        if len(reason.types) == len(TicketType)
        else " · ".join(str(kind.label) for kind in TicketType if kind in reason.types),
        "stages": " · ".join(
            str(label) for stage, label in STAGES.items() if stage in reason.stages
        ),
        "own": own,
        "changed_at": format_time(own.updated_at, shop) if own else "",
        "example": example(text, shop),
    }


def example(text: str, shop: Shop) -> str:
    """The text as a made-up buyer would read it."""
    return fill(
        text,
        {
            "ticket_no": "AS20261111001",
            "order_no": "20261111000123",
            "amount": "59.90",
            "product": _("Wool scarf, grey"),
            "shop": shop.name,
            "buyer": _("Xiaolin"),
            "applied_at": "2026-11-11 20:15",
            "reason": _("No longer wanted"),
        },
    )
