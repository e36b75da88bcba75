"""Buyers' personal data, for owners: given out, erased, and for how long they are kept (SPEC P7);
and when old tickets leave the database (O12).

Numbers are sent in forms, never in addresses, which stand in histories and logs.
"""

from typing import Any

from django import forms
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, attempt, caller
from aftersale.admin.kit.pages import UNPROCESSABLE, desk_page, dialog, done
from aftersale.models import ArchiveState, Shop
from aftersale.services.privacy.erase import erase
from aftersale.services.privacy.give_out import give_out
from aftersale.services.privacy.held import Held, held
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shops import settings

from .frame import SettingsForm, owned_shop, seal, section, unseal


class BuyerForm(SettingsForm):
    buyer = forms.CharField(
        label=gettext_lazy("Buyer's number"),
        max_length=64,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class RetentionForm(SettingsForm):
    months = forms.IntegerField(
        label=gettext_lazy("Months"),
        min_value=settings.SHORTEST_RETENTION,
        max_value=settings.LONGEST_RETENTION,
    )


class ArchiveForm(SettingsForm):
    archive_months = forms.IntegerField(
        label=gettext_lazy("Months"),
        min_value=settings.SHORTEST_ARCHIVE,
        max_value=settings.LONGEST_ARCHIVE,
        required=False,
        help_text=gettext_lazy("Empty: all of them stay."),
    )


@desk_page
def personal_data(request: HttpRequest, pk: int) -> HttpResponse:
    """A number that is sent is looked for."""
    shop = owned_shop(request, pk)
    if request.method != "POST":
        return _section(request, shop)
    form = BuyerForm(request.POST)

    def look() -> HttpResponse:
        found = _held(request, shop, form.cleaned_data["buyer"])
        return _section(request, shop, form=form, found=found)

    return attempt(
        look, lambda refused: _section(request, shop, form=form, refused=refused), form=form
    )


@require_POST
@desk_page
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    form = RetentionForm(request.POST)

    def act() -> HttpResponse:
        settings.set_retention(
            shop_id=shop.pk,
            months=form.cleaned_data["months"],
            seen=unseal(request.POST.get("seen")),
            **caller(request),
        )
        return done(_("The time is saved."))

    return attempt(
        act, lambda refused: _section(request, shop, keeping=form, refused=refused), form=form
    )


@require_POST
@desk_page
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    form = ArchiveForm(request.POST)

    def act() -> HttpResponse:
        settings.set_archive(
            shop_id=shop.pk,
            months=form.cleaned_data["archive_months"],
            seen=unseal(request.POST.get("seen")),
            **caller(request),
        )
        return done(_("The time is saved."))

    return attempt(
        act, lambda refused: _section(request, shop, archiving=form, refused=refused), form=form
    )


@require_POST
@desk_page
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """The file; a dangerous step (SPEC P5)."""
    shop = owned_shop(request, pk)
    form = BuyerForm(request.POST)

    def act() -> HttpResponse:
        content = give_out(shop_id=shop.pk, buyer=form.cleaned_data["buyer"], **caller(request))
        day = timezone.localtime(timezone.now())
        # Without the number: files lie about.
        name = f"afterdesk-buyer-{slugify(shop.code) or 'shop'}-{day:%Y%m%d-%H%M%S}.json"
        return HttpResponse(
            content,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def again(refused: Refused) -> HttpResponse:
        page = _section(request, shop, form=form, refused=refused)
        page.status_code = UNPROCESSABLE
        return page

    return attempt(act, again, form=form)


@require_POST
@desk_page
def erase_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Says what goes and what stays, then erases; a dangerous step (SPEC P5)."""
    shop = owned_shop(request, pk)
    title = _("Erase this buyer's data")
    try:
        found = _held(request, shop, request.POST.get("buyer", ""))
    except Refused as refused:
        return dialog(request, "aftersale/kit/dialog.html", refused=refused, title=title)

    def act() -> HttpResponse:
        gone = erase(shop_id=shop.pk, buyer=found.buyer, **caller(request))
        return done(
            _("Erased. The buyer is %(stand_in)s from now on.") % {"stand_in": gone.stand_in}
        )

    return ask(
        request,
        "aftersale/shop_settings/erase_buyer.html",
        act=act if "sure" in request.POST else None,
        title=title,
        submit=_("Erase for good"),
        submit_kind="danger",
        found=found,
    )


def _held(request: HttpRequest, shop: Shop, buyer: str) -> Held:
    try:
        return held(shop_id=shop.pk, buyer=buyer, user=access.person(request))
    except NotFound as nothing:
        raise Refused(nothing.message, pointer="buyer") from None


def _section(
    request: HttpRequest,
    shop: Shop,
    *,
    form: BuyerForm | None = None,
    keeping: RetentionForm | None = None,
    archiving: ArchiveForm | None = None,
    found: Held | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    kept: dict[str, Any] = settings.retention_of(shop)
    archived: dict[str, Any] = settings.archive_of(shop)
    return section(
        request,
        shop,
        "shop-personal-data",
        refused=refused,
        form=form or BuyerForm(),
        keeping=keeping or RetentionForm(initial=kept),
        archiving=archiving or ArchiveForm(initial=archived),
        seen=(not archiving and request.POST.get("seen")) or seal(kept),
        archive_seen=(archiving and request.POST.get("seen")) or seal(archived),
        archives=shop.archives.filter(state=ArchiveState.DONE).aggregate(
            orders=Sum("orders") - Sum("kept"), newest=Max("done_at")
        ),
        found=found,
    )
