"""A shop's texts for negotiating: the list of them as buyers read them, and the dialog that adds
or edits one (SPEC P1, P3)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from aftersale.admin.desk.reject_texts import chosen_shop, example, placeholders
from aftersale.admin.kit import access, columns, pages
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.models import Shop
from aftersale.services.access.rights import Right
from aftersale.services.desk import offer_texts, reject_templates
from aftersale.services.desk.offer_texts import NEW, ShopText
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import format_time


@pages.desk_page
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Every text of one shop (`?shop=`, else the first)."""
    shop = chosen_shop(request)
    if shop is None:
        raise Http404
    texts = offer_texts.texts_of(shop)
    return pages.show(
        request,
        "aftersale/desk/replies/offer_texts.html",
        _("Texts for negotiating"),
        shop=shop,
        shops=access.shops(request),
        may_edit=access.may(request, shop.pk, Right.EDIT_TEMPLATES),
        may_add=sum(text.is_added for text in texts) < offer_texts.MOST_OWN,
        texts=[_row(text, shop) for text in texts],
    )


@pages.desk_page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, shop: int, key: str) -> HttpResponse:
    """GET opens the editor of a text (`new`: of one to be added); POST saves it, or goes back to
    the default, or removes an added one."""
    known = offer_texts.find(shop_id=shop, key=key, user=access.person(request))
    its_shop = Shop.objects.get(pk=shop)
    name, text = (request.POST.get(part, getattr(known, part)) for part in ("name", "text"))

    def act() -> HttpResponse:
        call = {"shop_id": shop, "key": key, **caller(request)}
        if "reset" in request.POST:
            offer_texts.reset(**call)
        else:
            offer_texts.save(name=name, text=text, **call)
        return pages.done(_("Saved. The next offer has it."))

    def look(refused: Refused | None) -> dict[str, Any]:
        if refused is None or refused.pointer not in ("text", "name"):
            return {"error": "", "name_error": ""}
        at_name = refused.pointer == "name"
        return {
            "refused": Refused(_("Nothing was saved yet. See what is marked below.")),
            "error": "" if at_name else refused.message,
            "name_error": refused.message if at_name else "",
        }

    return ask(
        request,
        "aftersale/desk/replies/text.html",
        act=act,
        look=look,
        title=_("Add a text") if key == NEW else known.name,
        submit=_("Save for %s") % its_shop.name,
        shop=its_shop,
        text=text,
        name=name,
        named=known.is_added,
        is_own=known.row is not None,
        reset_label=_("Remove the text") if known.is_added else _("Back to the default text"),
        longest=reject_templates.LONGEST,
        longest_name=offer_texts.LONGEST_NAME,
        words=placeholders(),
        example=example(text, its_shop),
    )


def _row(text: ShopText, shop: Shop) -> dict[str, Any]:
    return {
        "key": text.key,
        "name": text.name,
        "is_added": text.is_added,
        "own": text.row is not None,
        "changed_at": format_time(text.row.updated_at, shop) if text.row else "",
        "changed_by": columns.name(text.row.updated_by) if text.row else "",
        "example": example(text.text, shop),
    }
