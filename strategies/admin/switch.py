"""Switching a strategy on, after its risks were read, and off (SPEC T2, G3)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from aftersale.admin.steps import StepForm, carry_out, step
from strategies.models import Strategy
from strategies.services import strategies
from strategies.services.risks import risks_of


class EnableForm(StepForm):
    """Shows the risks of the strategy's scenario and settings before it is switched on."""

    form_before_template = "strategies/admin/risks.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: Any = None
    ) -> dict[str, Any]:
        # The step's permission was checked: the strategy is of a shop of this user.
        strategy = Strategy.objects.filter(pk=object_id).first()
        return {"risks": risks_of(strategy) if strategy else []}


class SwitchSteps:
    """For the strategy's admin."""

    actions_detail = ("enable", "disable")

    @step(
        title=_("Enable"),
        question=_("From now on it approves tickets without anybody looking."),
        permission="change_strategies",
        icon="toggle_on",
        variant=ActionVariant.PRIMARY,
        form_class=EnableForm,
    )
    def enable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            strategies.enable,
            _("The strategy is enabled."),
            strategy_id=int(object_id),
        )

    @step(
        title=_("Disable"),
        question=_("It takes no more tickets; what it decided stands."),
        permission="change_strategies",
        icon="toggle_off",
        variant=ActionVariant.WARNING,
    )
    def disable(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            strategies.disable,
            _("The strategy is not enabled any more."),
            strategy_id=int(object_id),
        )


def _may_go_on(strategy: Strategy) -> bool:
    return not strategy.enabled and strategy.deleted_at is None


def _is_on(strategy: Strategy) -> bool:
    return strategy.enabled


FITS = {"enable": _may_go_on, "disable": _is_on}
