"""Amounts that each role approves alone; above them a second person is asked (SPEC G4)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from aftersale.admin.kit.dialogs import ask, caller, posted
from aftersale.admin.kit.pages import desk_page, done
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.money import format_yuan
from aftersale.models import Membership, Role, Shop
from aftersale.services.shops import settings

from .frame import SettingsForm, owned_shop, seal, section, the_shop, unseal


class LimitsForm(SettingsForm):
    """A field for each role that approves; empty: any amount."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in settings.APPROVERS:
            self.fields[role] = field = YuanField(label=role.label, least=0, required=False)
            field.widget.attrs["class"] = "d-input"


@desk_page
def second_person(request: HttpRequest, pk: int) -> HttpResponse:
    shop = the_shop(request, pk)
    limits = settings.approval_limits_of(shop)
    return section(
        request,
        shop,
        "shop-second-person",
        is_on=any(amount is not None for amount in limits.values()),
        limits=[
            (Role(role).label, None if amount is None else format_yuan(amount))
            for role, amount in limits.items()
        ],
        nobody=_nobody(shop, limits),
    )


@desk_page
def change(request: HttpRequest, pk: int) -> HttpResponse:
    shop = owned_shop(request, pk)
    limits = settings.approval_limits_of(shop)
    form = LimitsForm(posted(request), initial=limits)

    def act() -> HttpResponse:
        settings.set_approval_limits(
            shop_id=shop.pk,
            limits=form.cleaned_data,
            seen=unseal(request.POST.get("seen")),
            **caller(request),
        )
        return done(_("The amounts are saved."))

    return ask(
        request,
        "aftersale/shop_settings/second_person_change.html",
        act=act,
        form=form,
        seen=request.POST.get("seen") or seal(limits),
        title=_("Up to how much does each role approve alone?"),
        submit=_("Save the amounts"),
    )


def _nobody(shop: Shop, limits: dict[str, int | None]) -> str:
    """A warning where what somebody asks for would wait for ever: nobody else may confirm it."""
    amounts = [amount for amount in limits.values() if amount is not None]
    if not amounts:
        return ""
    # A role without a limit asks nobody; where all have one, two of the highest are needed.
    highest, needed = (max(amounts), 2) if len(amounts) == len(limits) else (None, 1)
    top = [role for role, amount in limits.items() if amount == highest]
    people = Membership.objects.filter(shop=shop, role__in=top, user__is_active=True).count()
    if people < needed:
        return _(
            "Nobody could confirm the largest amounts: a second person whose role approves as much"
            " is missing. Such cases would wait until there is one."
        )
    return ""
