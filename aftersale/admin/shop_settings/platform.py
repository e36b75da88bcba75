"""The shop's connection to its platform: credentials, progress of reading, open problems (SPEC P1,
E1). Secrets go in and are never shown again."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.dialogs import ask, attempt, caller, posted
from aftersale.admin.kit.pages import desk_page, done
from aftersale.models import PlatformAccount, Shop, Ticket, TicketFlag, TicketStatus
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.protocol import NotAuthorised, Secret
from aftersale.services.access import masks
from aftersale.services.access.rights import Right
from aftersale.services.shared import app_calls
from aftersale.services.shared.errors import NotFound, Refused
from aftersale.services.shared.shown import EMPTY, format_time
from aftersale.services.syncing import accounts, authorising, health, one_record

from .frame import SettingsForm, owned_shop, section, the_shop

PROBLEMS = 20
# The platforms' names of the permissions that a shop gives an app; others are shown as they are
# called.
SCOPES = {
    "merchant_order": gettext_lazy("Orders"),
    "merchant_refund": gettext_lazy("After-sale"),
}


class AccessForm(SettingsForm):
    """A field for each secret of the platform, and how refunds go."""

    def __init__(self, platform: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secrets = [secret.name for secret in registry.secrets_of(platform)]
        for secret in registry.secrets_of(platform):
            self.fields[secret.name] = secret_field(secret)
        if not settings.PRODUCTION:
            self.fields["address"] = address_field()
        self.fields["pays_fast_refunds"] = forms.BooleanField(
            label=_("The platform pays fast refunds itself"),
            required=False,
            help_text=_("They are recorded here and never sent."),
        )

    def chosen(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "secrets": {name: data[name] for name in self.secrets},
            "address": data.get("address", ""),
            "pays_fast_refunds": data["pays_fast_refunds"],
        }


def secret_field(secret: Secret) -> forms.CharField:
    return forms.CharField(
        label=secret.label if secret.needed else _("%s (may stay empty)") % secret.label,
        required=secret.needed,
        help_text=secret.help,
        max_length=4000,
        widget=forms.PasswordInput(attrs={"class": "d-input", "autocomplete": "new-password"}),
    )


def address_field() -> forms.CharField:
    return forms.CharField(
        label=_("Address (may stay empty)"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "d-input"}),
        help_text=_("For trying things out: where a simulated platform is reached."),
    )


@desk_page
def platform(request: HttpRequest, pk: int) -> HttpResponse:
    return shown_section(request, the_shop(request, pk))


@desk_page
def connect(request: HttpRequest, pk: int, platform: str) -> HttpResponse:
    shop = owned_shop(request, pk)
    if platform not in registry.PLATFORMS:
        raise NotFound(_("There is no such platform."))
    form = AccessForm(platform, posted(request))

    def act() -> HttpResponse:
        accounts.connect(shop_id=shop.pk, platform=platform, **form.chosen(), **caller(request))
        return done(_("The shop is connected; its orders and tickets are being read."))

    return ask(
        request,
        "aftersale/shop_settings/platform_access.html",
        act=act,
        form=form,
        title=_("Connect to: %(platform)s") % {"platform": registry.name_of(platform)},
        submit=_("Try it and connect the shop"),
        connects=True,
        platform=platform,
        by_page=registry.authorisation(platform) is not None,
    )


@desk_page
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    account = _connected(shop)
    initial = {"pays_fast_refunds": account.pays_fast_refunds, "address": account.address}
    form = AccessForm(account.platform, posted(request), initial=initial)

    def act() -> HttpResponse:
        accounts.replace(shop_id=shop.pk, **form.chosen(), **caller(request))
        return done(_("The credentials are replaced."))

    return ask(
        request,
        "aftersale/shop_settings/platform_access.html",
        act=act,
        form=form,
        title=_("Replace the credentials"),
        submit=_("Try them and replace"),
    )


@desk_page
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    account = _connected(shop)

    def act() -> HttpResponse:
        accounts.disconnect(shop_id=shop.pk, **caller(request))
        return done(_("The shop is disconnected."), kind="warning")

    return ask(
        request,
        "aftersale/shop_settings/platform_disconnect.html",
        act=act,
        title=_("Disconnect from: %(platform)s") % {"platform": registry.name_of(account.platform)},
        submit=_("Disconnect the shop"),
        submit_kind="danger",
        shop=shop,
    )


@require_POST
@desk_page
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Calls the platform now; the answer in words."""
    shop = owned_shop(request, pk)

    def act() -> HttpResponse:
        name = accounts.test(shop_id=shop.pk, user=access.person(request), clock=timezone.now)
        return done(_("The connection works. The shop's name there: %s") % name)

    def again(refused: Refused) -> HttpResponse:
        said = _("The test failed: %s") % refused.message
        return shown_section(request, shop, refused=Refused(said))

    return attempt(act, again)


@require_POST
@desk_page
def again(request: HttpRequest, pk: int, problem: int) -> HttpResponse:
    """Asks the platform once more for a record that could not be taken over."""
    shop = owned_shop(request, pk)

    def act() -> HttpResponse:
        one_record.try_again(
            shop_id=shop.pk, problem_id=problem, user=access.person(request), clock=timezone.now
        )
        return done(_("The record is here now."))

    def still(refused: Refused) -> HttpResponse:
        said = _("It can't be taken over yet: %s") % refused.message
        return shown_section(request, shop, refused=Refused(said))

    return attempt(act, still)


def _connected(shop: Shop) -> PlatformAccount:
    account = PlatformAccount.objects.filter(shop=shop).select_related("shop").first()
    if account is None:
        raise NotFound(_("The shop is not connected to a platform."))
    return account


def shown_section(
    request: HttpRequest, shop: Shop, *, refused: Refused | None = None
) -> HttpResponse:
    accounts_ = PlatformAccount.objects.select_related("shop", "connected_by")
    account = accounts_.filter(shop=shop).first()
    context: dict[str, Any] = {"account": account}
    if account is None:
        context["offered"] = [
            (code, registry.name_of(code), registry.authorisation(code) is not None)
            for code in registry.PLATFORMS
        ]
        if access.may(request, shop.pk, Right.CHANGE_SHOP):
            row = authorising.waiting(
                shop_id=shop.pk, user=access.person(request), now=timezone.now()
            )
            context["granted"] = row
            context["granted_by"] = registry.name_of(row.platform) if row else ""
    else:
        context |= _state(request, shop, account)
    return section(request, shop, "shop-platform", refused=refused, **context)


def _state(request: HttpRequest, shop: Shop, account: PlatformAccount) -> dict[str, Any]:
    word, colour = _word(account)
    waiting = Ticket.objects.filter(
        shop=shop,
        flags__contains=[TicketFlag.BEFORE_CONNECTION],
        status=TicketStatus.PENDING_REVIEW,
    )
    problems = account.problems.order_by("-at", "-pk")
    address = reverse("platforms:messages", args=[account.platform, shop.code])
    return {
        "platform_name": registry.name_of(account.platform),
        "word": word,
        "colour": colour,
        "facts": _facts(shop, account),
        "by_page": registry.authorisation(account.platform) is not None,
        "ends_soon": bool(account.warned_from and account.warned_from <= timezone.now()),
        "until": format_time(account.authorised_until, shop) if account.authorised_until else "",
        "secrets": _secrets(account),
        "can": [can.label for can in Can if can in registry.capabilities(account.platform)],
        "can_not": [can.label for can in Can if can not in registry.capabilities(account.platform)],
        "messages_address": request.build_absolute_uri(address),
        "app_address": request.build_absolute_uri(
            reverse("platforms:app-messages", args=[account.platform])
        ),
        "old_ones": waiting.count(),
        "may_evaluate": access.may(request, shop.pk, Right.CHANGE_STRATEGIES),
        "problems": [
            (problem, masks.shown_text(problem.reason, "", shop.pk), format_time(problem.at, shop))
            for problem in problems[:PROBLEMS]
        ],
        "problem_count": problems.count(),
        "since": format_time(account.failing_since, shop) if account.failing_since else "",
    }


def _word(account: PlatformAccount) -> tuple[str, str]:
    if account.stopped:
        return _("Stopped"), "danger"
    if account.failing_since:
        return _("Failing"), "warning"
    if account.first_read_at is None:
        return _("Being read for the first time"), "accent"
    return _("Connected"), "success"


def _facts(shop: Shop, account: PlatformAccount) -> list[tuple[str, Any]]:
    def moment(at: Any) -> Any:
        return format_time(at, shop) if at else EMPTY

    scopes = " · ".join(str(SCOPES.get(scope, scope)) for scope in account.scopes)
    facts = [
        (_("Shop on the platform"), account.name_there or account.shop_there or EMPTY),
        (_("Granted rights"), scopes or _("All that the app may do there")),
        (
            _("Granted until"),
            moment(account.authorised_until)
            if account.authorised_until
            else _("It does not end by itself, as far as the platform says"),
        ),
        (_("Last read"), moment(account.last_read_at)),
        (_("Orders read up to"), moment(account.orders_until)),
        (_("Tickets read up to"), moment(account.tickets_until)),
        (_("Calls today"), _calls(account)),
        (_("Connected at"), moment(account.connected_at)),
        (_("Connected by"), columns.name(account.connected_by)),
        (
            _("Fast refunds"),
            _("The platform pays them itself")
            if account.pays_fast_refunds
            else _("Paid from here"),
        ),
    ]
    percent = health.first_round(account)
    if percent is not None:
        days = health.FIRST_LOOK.days
        words = {"percent": percent, "days": days}
        facts.insert(0, (_("First reading"), _("%(percent)s%% of the last %(days)s days") % words))
    if account.paused_until and account.paused_until > timezone.now():
        facts.insert(4, (_("Asked again at"), moment(account.paused_until)))
    if account.address:
        facts.append((_("Address"), account.address))
    return facts


def _calls(account: PlatformAccount) -> str:
    calls = app_calls.today(account)
    own, every = f"{calls.own:,}", f"{calls.all:,}"
    if calls.quota is not None:
        words = {"own": own, "all": every, "quota": f"{calls.quota:,}"}
        own = _("%(own)s (the app: %(all)s of %(quota)s)") % words
    elif every != own:
        own = _("%(own)s (the app: %(all)s)") % {"own": own, "all": every}
    return _("%s; used up for today") % own if calls.spent else own


def _secrets(account: PlatformAccount) -> list[tuple[Any, bool]]:
    """The secrets' labels, and whether each is set."""
    try:
        there: Mapping[str, str] = registry.secrets_in(account)
    except NotAuthorised:
        there = {}
    return [
        (secret.label, secret.name in there) for secret in registry.secrets_of(account.platform)
    ]
