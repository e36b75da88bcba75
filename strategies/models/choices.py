"""The labels of the automation's vocabulary (SPEC section 1, S1, T1, E3, E8).

The values are the engine's (`strategies.engine.vocabulary`); a test holds the two together.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Scenario(models.TextChoices):
    PRE_SHIP_REFUND = "pre_ship_refund", _("Before shipping: refund")
    POST_SHIP_REFUND = "post_ship_refund", _("After shipping: refund")
    POST_SHIP_WAIVE_RETURN = (
        "post_ship_waive_return",
        _("After shipping: refund without the return"),
    )
    POST_SHIP_RETURN = "post_ship_return", _("After shipping: return and refund")
    POST_SHIP_KEEP_GOODS = "post_ship_keep_goods", _("After shipping: refund, goods kept")


class ExecutionTime(models.TextChoices):
    ALL_DAY = "all_day", _("All day")
    WINDOWS = "windows", _("Daily windows")
    OFF_HOURS = "off_hours", pgettext_lazy("execution time", "Off-hours")


class PaidTime(models.TextChoices):
    OFF_HOURS = "off_hours", pgettext_lazy("paid time", "Paid in off-hours")
    ANY = "any", _("Paid at any time")


class ProductCondition(models.TextChoices):
    ALL = "all", _("All products")
    INCLUDE = "include", _("Only the listed")
    EXCLUDE = "exclude", _("All but the listed")


class Outcome(models.TextChoices):
    REFUND = "refund", _("Refund")
    APPROVE_RETURN = "approve_return", _("Return approved")
    MANUAL = "manual", _("For people")


class Source(models.TextChoices):
    STRATEGY = "strategy", _("Strategy")
    FAST_REFUND = "fast_refund", _("Fast refund")


class Why(models.TextChoices):
    """Why a ticket went to people (SPEC E8)."""

    NONE_HIT = "none_hit", _("No strategy took it")
    NO_SCENARIO = "no_scenario", _("Fits no scenario")
    PAUSED = "paused", _("Automation was paused")
    NO_AMOUNT = "no_amount", _("No amount")
    OVER_REFUNDABLE = "over_refundable", _("More than can be refunded")
    OVER_LINE = "over_line", _("More than is left of its line")
    IMPOSSIBLE_TIMES = "impossible_times", _("Times that can't be")
    REJECTED_BEFORE = "rejected_before", _("Rejected before")
    TAKEN_BACK = "taken_back", _("Refund taken back by a person")
    OPEN_DIFFERENCE = "open_difference", _("Differs from the platform")
    PLATFORM_EXCESS = "platform_excess", _("Platform refunded more than was paid")
    SUGGESTED = "suggested", _("Only suggested: the facts come from a file")
    ERROR = "error", _("Evaluation failed")


class FastRefundRuleKind(models.TextChoices):
    APPLIED_WITHIN_HOURS = "applied_within_hours", _("Applied within hours of payment")
    PAID_AMOUNT_BELOW = "paid_amount_below", _("Paid amount below (fen)")
