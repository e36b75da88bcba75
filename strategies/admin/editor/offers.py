"""The picker's entries in the merchant's words: the scenarios in SPEC S1's order, then two that
come filled in (SPEC T7, and small amounts)."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from aftersale.models import Shop
from strategies.models import MOST_PER_SCENARIO, Scenario, Strategy
from strategies.services.risks import scenario_risks


@dataclass(frozen=True)
class Offer:
    """A strategy to start from; `filled` holds fields of the form."""

    key: str
    scenario: Scenario
    icon: str
    title: Any
    does: Any
    leaves: Any
    fits: Any = ""
    filled: dict[str, Any] = field(default_factory=dict)

    @property
    def risks(self) -> list[str]:
        """The risks of the scenario, without the first, which every strategy has."""
        return scenario_risks(self.scenario)[1:]

    @property
    def off_hours(self) -> bool:
        return self.filled.get("execution_time") == "off_hours"


_AT_ONCE = _("At once, when the buyer applies.")
_SMALL = {"single_amount_cap": "20.00", "daily_cap": "1000.00"}

PLAIN = [
    Offer(
        Scenario.PRE_SHIP_REFUND,
        Scenario.PRE_SHIP_REFUND,
        "inventory_2",
        Scenario.PRE_SHIP_REFUND.label,
        _("A buyer who has paid wants the money back, and nothing was shipped yet."),
        _AT_ONCE,
    ),
    Offer(
        Scenario.POST_SHIP_REFUND,
        Scenario.POST_SHIP_REFUND,
        "local_shipping",
        Scenario.POST_SHIP_REFUND.label,
        _("A buyer asks for the money only, with the goods on their way or received."),
        _AT_ONCE,
        _("For low-priced goods, for which a return costs more than they are worth."),
    ),
    Offer(
        Scenario.POST_SHIP_WAIVE_RETURN,
        Scenario.POST_SHIP_WAIVE_RETURN,
        "assignment_returned",
        Scenario.POST_SHIP_WAIVE_RETURN.label,
        _("A buyer wants to send goods back; the money is returned and the goods are left there."),
        _AT_ONCE,
        _("For low-priced goods, for which a return costs more than they are worth."),
    ),
    Offer(
        Scenario.POST_SHIP_RETURN,
        Scenario.POST_SHIP_RETURN,
        "undo",
        Scenario.POST_SHIP_RETURN.label,
        _("A buyer wants to send goods back, and is told at once that this is all right."),
        _("Not before somebody has confirmed that the goods are back."),
    ),
    Offer(
        Scenario.POST_SHIP_KEEP_GOODS,
        Scenario.POST_SHIP_KEEP_GOODS,
        "volunteer_activism",
        Scenario.POST_SHIP_KEEP_GOODS.label,
        _("A buyer of an order that was sold as “refund without return” asks for the money."),
        _AT_ONCE,
    ),
]
READY = [
    Offer(
        "off_hours",
        Scenario.PRE_SHIP_REFUND,
        "bedtime",
        _("Off-hours auto refund"),
        _("Refunds unshipped orders while nobody is at work, so that no buyer waits overnight."),
        _("At once, outside the shop's working hours."),
        filled={"name": _("Off-hours auto refund"), "execution_time": "off_hours"},
    ),
    Offer(
        "small_amount",
        Scenario.PRE_SHIP_REFUND,
        "savings",
        pgettext_lazy("offer", "Small amounts, before shipping"),
        _("Refunds unshipped orders up to ¥20; you set the amount."),
        _AT_ONCE,
        filled={"name": _("Small-amount refund"), **_SMALL},
    ),
    Offer(
        "small_amount_shipped",
        Scenario.POST_SHIP_REFUND,
        "savings",
        pgettext_lazy("offer", "Small amounts, after shipping"),
        _("Refunds shipped orders up to ¥20 without asking for the goods; you set the amount."),
        _AT_ONCE,
        filled={
            "name": _("Small-amount refund"),
            **_SMALL,
            # Buyers find out about easy refunds, so it must not be open all day.
            "breaker_hits": "20",
            "breaker_minutes": "60",
        },
    ),
]
OFFERS = {offer.key: offer for offer in [*PLAIN, *READY]}


def places_left(shop: Shop) -> dict[str, int]:
    """Scenario -> how many more strategies the shop may have in it (SPEC T3)."""
    live = Strategy.objects.filter(shop=shop, deleted_at=None)
    used = dict(live.values_list("scenario").annotate(Count("pk")).order_by())
    return {scenario: MOST_PER_SCENARIO - used.get(scenario, 0) for scenario in Scenario.values}
