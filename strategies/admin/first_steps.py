"""The automation's part of a shop's first steps (aftersale/admin/shop_settings/steps.py)."""

from django.urls import reverse
from django.utils.translation import gettext as _

from aftersale.admin.shop_settings.steps import STEPS, Step
from aftersale.models import Shop
from strategies.models import Strategy, TrialRun


def first_steps(shop: Shop) -> list[Step]:
    own = Strategy.objects.filter(shop=shop, deleted_at=None)
    first = own.order_by("-enabled", "pk").first()
    there = reverse("admin:strategies_strategy_change", args=[first.pk]) if first else ""
    return [
        Step(
            _("First strategy"),
            _("Take a ready one, or write your own. It does nothing until it is enabled."),
            first is not None,
            ((_("Add a strategy"), f"{reverse('automation:strategy-new')}?shop={shop.pk}"),),
        ),
        Step(
            _("Trial run"),
            _("See on past tickets what the strategy would have done, before it touches money."),
            TrialRun.objects.filter(shop=shop).exists(),
            ((_("Try the strategy"), there),) if first else (),
            is_needed=False,
        ),
        Step(
            _("Enable the strategy"),
            _("From then on it approves what fits, up to its caps; all else comes to people."),
            first is not None and first.enabled,
            ((_("Enable it"), there),) if first else (),
        ),
    ]


STEPS.append(first_steps)
