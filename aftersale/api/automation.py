"""`POST /shop/pause` and `/shop/resume`: the switch that stops all automatic refunds (SPEC G2)."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.request import Request

from aftersale.models import Scope, Shop
from aftersale.services.shared.errors import NeedsPerson
from aftersale.services.shops import shops

from .call import Call, answer
from .values import Moment, username


class Automation(BaseModel):
    """The state of the switch, and who threw it."""

    automation_paused: bool
    paused_at: Moment | None
    paused_by: str | None


class PauseCall(Call):
    scopes = {"POST": Scope.STRATEGIES}

    @extend_schema(
        operation_id="pause_automation",
        summary="Stop all automatic refunds",
        request=None,
        responses=Automation,
        tags=["shop"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Refunds of strategies that were decided and not yet sent are held, too; fast refund
        goes on. Pausing a shop that is paused changes nothing (SPEC G2)."""

        def work() -> HttpResponse:
            shops.pause(shop_id=self.shop_id, user=self.user, now=self.now)
            return _present(self.shop_id)

        return self.once(work)


class ResumeCall(Call):
    scopes = {"POST": Scope.STRATEGIES}

    @extend_schema(
        operation_id="resume_automation",
        summary="Let automatic refunds go on",
        request=None,
        responses={204: None},
        tags=["shop"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Always 403 `needs_person`: a person lifts the pause in the admin (SPEC P5)."""
        raise NeedsPerson(_("A pause is lifted by a person, in the admin."))


def _present(shop_id: int) -> HttpResponse:
    shop = Shop.objects.select_related("automation_paused_by").get(pk=shop_id)
    return answer(
        Automation(
            automation_paused=shop.automation_paused,
            paused_at=shop.automation_paused_at,
            paused_by=username(shop.automation_paused_by),
        )
    )
