"""The automation section of the shop settings (aftersale/admin/shop_settings/automation.py)."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.admin.shop_settings import automation
from aftersale.admin.shop_settings.automation import Rule
from aftersale.domain.money import format_yuan
from aftersale.models import Shop
from aftersale.services.shared.shown import format_time
from strategies.models import ExecutionTime, FastRefundRule, FastRefundRuleKind, Strategy


def fast_refund_rules(shop: Shop) -> list[Rule]:
    """SPEC F1's dated rules, the latest first."""
    now = timezone.now()
    rules = list(FastRefundRule.objects.all())
    said = []
    for place, rule in enumerate(rules):
        after = rules[place + 1].starts_at if place + 1 < len(rules) else None
        begun = rule.starts_at is None or rule.starts_at <= now
        said.append(Rule(_in_words(rule, after, shop), begun and (after is None or now < after)))
    return said[::-1]


def _in_words(rule: FastRefundRule, after: datetime | None, shop: Shop) -> str:
    if rule.kind == FastRefundRuleKind.APPLIED_WITHIN_HOURS:
        condition = ngettext(
            "the buyer applied within %(count)d hour of payment",
            "the buyer applied within %(count)d hours of payment",
            rule.value,
        ) % {"count": rule.value}
    else:
        condition = _("the order's paid amount is below %(amount)s") % {
            "amount": format_yuan(rule.value)
        }
    times = {
        "start": format_time(rule.starts_at, shop),
        "end": format_time(after, shop),
        "condition": condition,
    }
    if rule.starts_at is None and after is None:
        return _("All orders: %(condition)s.") % times
    if rule.starts_at is None:
        return _("Orders paid before %(end)s: %(condition)s.") % times
    if after is None:
        return _("Orders paid from %(start)s on: %(condition)s.") % times
    return _("Orders paid from %(start)s until before %(end)s: %(condition)s.") % times


def off_hours_strategies(shop: Shop) -> list[str]:
    """SPEC T7: without working hours these fail `execution_time`."""
    enabled = Strategy.objects.filter(
        shop=shop, deleted_at=None, enabled=True, execution_time=ExecutionTime.OFF_HOURS
    )
    return list(enabled.order_by("priority").values_list("name", flat=True))


automation.fast_refund_rules.append(fast_refund_rules)
automation.off_hours_strategies.append(off_hours_strategies)
