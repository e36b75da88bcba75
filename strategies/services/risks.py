"""What somebody should have read before a strategy is switched on (SPEC T2)."""

from django.utils.translation import gettext as _

from strategies.models import ProductCondition, Scenario, Strategy

_LOW_PRICED = {Scenario.POST_SHIP_REFUND, Scenario.POST_SHIP_WAIVE_RETURN}


def risks_of(strategy: Strategy) -> list[str]:
    """The risks of a strategy's scenario, and those of its own settings, in plain words."""
    risks = [_("Money is refunded without anybody looking; a mistake is the merchant's loss.")]
    if strategy.scenario == Scenario.PRE_SHIP_REFUND:
        risks.append(
            _(
                "What counts is the shipping status here, not where the parcel is: an order that "
                "was shipped but not yet reported is refunded all the same."
            )
        )
        if not strategy.skip_label_printed:
            risks.append(_("Orders whose shipping label is printed are refunded, too."))
    elif strategy.scenario == Scenario.POST_SHIP_RETURN:
        risks.append(_("The refund follows when the goods are confirmed received."))
    else:
        risks.append(_("The buyer has, or will get, the goods and keeps them."))
    if strategy.scenario in _LOW_PRICED and strategy.product_condition == ProductCondition.ALL:
        risks.append(
            _("It is meant for low-priced goods, but no products are chosen: it takes all of them.")
        )
    return risks
