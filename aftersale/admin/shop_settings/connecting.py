"""Connecting a shop by its platform's own page: the way there, the answer, the question (SPEC P1).

The answer comes to one address for all shops; its state says whose it is.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, attempt, caller, posted
from aftersale.admin.kit.pages import desk_page, done, show
from aftersale.models import PlatformAccount, Shop
from aftersale.platforms import registry
from aftersale.platforms.authorisation import Authorisation
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from aftersale.services.syncing import authorising

from .frame import SettingsForm, owned_shop
from .platform import address_field, secret_field, shown_section


class AppForm(SettingsForm):
    """The app's own credentials, where the installation has no app or the shop has one of its."""

    def __init__(self, how: Authorisation, *args: Any, asks: bool, at: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = [secret.name for secret in how.app] if asks else []
        for secret in how.app if asks else ():
            self.fields[secret.name] = secret_field(secret)
        if not settings.PRODUCTION and not at:
            self.fields["address"] = address_field()


def redirect_address(request: HttpRequest, platform: str) -> str:
    """Where the platform leads back to: under SITE_URL. A trial without one is at its own address;
    elsewhere a browser's word on it is not believed."""
    path = reverse("desk:platform-authorised", args=[platform])
    if settings.SITE_URL:
        return f"{settings.SITE_URL}{path}"
    return "" if settings.PRODUCTION else request.build_absolute_uri(path)


@desk_page
def authorise(request: HttpRequest, pk: int, platform: str) -> HttpResponse:
    """Instructions for the platform's side, and the button that leads there."""
    shop = owned_shop(request, pk)
    how = registry.authorisation(platform) if platform in registry.PLATFORMS else None
    if how is None:
        raise NotFound(_("There is no such platform."))
    account = PlatformAccount.objects.filter(shop=shop).first()
    ours = bool(registry.installations_app(platform))
    asks = account is None and not ours
    at = account.address if account else ""
    form = AppForm(how, posted(request), asks=asks or "own" in request.GET, at=at)

    def act() -> HttpResponse:
        data = form.cleaned_data
        page = authorising.begin(
            shop_id=shop.pk,
            platform=platform,
            app={name: data[name] for name in form.app},
            address=data.get("address", ""),
            redirect=redirect_address(request, platform),
            **caller(request),
        )
        return HttpResponse(status=204, headers={"HX-Redirect": page})

    name = registry.name_of(platform)
    return ask(
        request,
        "aftersale/shop_settings/authorise.html",
        act=act,
        form=form,
        title=_("Authorise again: %(platform)s") % {"platform": name}
        if account
        else _("Connect to: %(platform)s") % {"platform": name},
        submit=_("Go to %(platform)s") % {"platform": name},
        shop=shop,
        platform=platform,
        platform_name=name,
        connected=account,
        ours=ours,
        asks=bool(form.app),
        # The app of the shop's own stays asked for.
        action=request.get_full_path(),
        redirect_address=redirect_address(request, platform),
    )


@never_cache
@require_GET
@desk_page
def authorised(request: HttpRequest, platform: str) -> HttpResponse:
    """The platform leads back to here, with a code and our state; nothing else is believed."""
    now = timezone.now()
    user = access.person(request)
    try:
        row = authorising.come_back(
            platform=platform, state=request.GET.get("state", ""), user=user, now=now
        )
    except NotFound as unknown:
        return _nothing(request, unknown.message)
    name = registry.name_of(platform)
    try:
        goes_on = authorising.finish(row, code=request.GET.get("code", ""), user=user, now=now)
    except NotAllowed as refused:
        return _nothing(request, refused.message)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        if goes_on:
            messages.success(request, _("The access to %s is authorised anew.") % name)
    return redirect("desk:shop-platform", row.shop_id)


@require_POST
@desk_page
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Connects the shop, which the person confirmed."""
    shop = owned_shop(request, pk)

    def act() -> HttpResponse:
        authorising.confirm(
            shop_id=shop.pk,
            pays_fast_refunds="pays_fast_refunds" in request.POST,
            **caller(request),
        )
        return done(_("The shop is connected; its orders and tickets are being read."))

    return attempt(act, lambda refused: shown_section(request, shop, refused=refused))


@require_POST
@desk_page
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forgets the access granted for another shop by mistake."""
    shop: Shop = owned_shop(request, pk)
    authorising.drop(shop_id=shop.pk, user=access.person(request))
    return done(_("Forgotten. Log in on the platform as the right shop, then begin again."))


def _nothing(request: HttpRequest, reason: str) -> HttpResponse:
    """An answer that belongs to nothing here, or to somebody who may not."""
    page = show(
        request,
        "aftersale/shop_settings/authorised_nothing.html",
        _("Nothing was connected"),
        reason=reason,
    )
    page.status_code = 403
    return page
