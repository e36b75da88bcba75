"""The pause switch of a shop (SPEC G2), and another look at what waits for people (SPEC E1)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from aftersale.models import Shop
from aftersale.services import shops

from .steps import carry_out, step


class ShopSteps:
    """For the shop's admin."""

    actions_detail = ("pause", "resume", "look_again", "add_member")

    @step(
        title=_("Pause automatic refunds"),
        question=_(
            "All automatic refunds of the shop stop at once, those that were decided but not yet"
            " sent as well. Fast refund goes on: it is owed to the buyers."
        ),
        permission="change_strategies",
        icon="pause",
        variant=ActionVariant.DANGER,
    )
    def pause(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            shops.pause,
            _("Automatic refunds are paused."),
            shop_id=int(object_id),
        )

    @step(
        title=_("Resume automatic refunds"),
        question=_("Strategies decide again, the tickets that waited meanwhile as well."),
        permission="change_strategies",
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            shops.resume,
            _("Automatic refunds go on."),
            shop_id=int(object_id),
        )

    @step(
        title=_("Evaluate again"),
        question=_(
            "The strategies as they are now look at all tickets that wait for people, and may"
            " approve some of them."
        ),
        permission="change_strategies",
        icon="replay",
    )
    def look_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            shops.look_again,
            _("The tickets are being evaluated again."),
            shop_id=int(object_id),
        )


def _running(shop: Shop) -> bool:
    return not shop.automation_paused


def _paused(shop: Shop) -> bool:
    return shop.automation_paused


FITS = {"pause": _running, "resume": _paused, "look_again": _running}
