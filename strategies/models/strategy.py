"""Strategies, their revisions, and their cap use (SPEC section 4)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _

from aftersale.models import Shop
from aftersale.models.money import FenField
from aftersale.models.token_of_step import TokenOfStep
from config import acting

from .choices import ExecutionTime, PaidTime, ProductCondition, Scenario

LOWEST_CAP = 100  # fen: 1 yuan (SPEC T4)
HIGHEST_SINGLE_CAP = 9_999_900  # fen: 99,999 yuan (SPEC T4)
MOST_PER_SCENARIO = 10  # SPEC T3


class Strategy(models.Model):
    """A merchant's rule that approves tickets of one scenario. Caps in fen (SPEC T1).

    A deleted strategy keeps its row, without a priority, so that its decisions and revisions
    stay readable (SPEC T8). That priorities run from 1 to 10 and are unique is also what makes an
    eleventh strategy impossible (SPEC T3).
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="strategies", db_index=False, verbose_name=_("shop")
    )
    scenario = models.CharField(_("scenario"), max_length=32, choices=Scenario)
    name = models.CharField(_("name"), max_length=128)
    remark = models.TextField(_("remark"), max_length=2000, blank=True, default="")
    enabled = models.BooleanField(_("enabled"), default=False)
    # When a person last switched it on: its circuit breaker counts from there.
    enabled_at = models.DateTimeField(_("enabled at"), null=True)
    priority = models.PositiveSmallIntegerField(_("priority"), null=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    execution_time = models.CharField(
        _("execution time"), max_length=16, choices=ExecutionTime, default=ExecutionTime.ALL_DAY
    )
    windows = models.JSONField(_("daily windows"), default=list, blank=True)
    paid_time = models.CharField(
        _("order paid"), max_length=16, choices=PaidTime, default=PaidTime.OFF_HOURS
    )
    order_statuses = ArrayField(
        models.CharField(max_length=24), verbose_name=_("order statuses"), default=list
    )
    buyer_reasons = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        verbose_name=_("buyer's reasons"),
    )
    single_amount_cap = FenField(_("single-amount cap"))
    daily_cap = FenField(_("daily refund cap"))
    time_limit_hours = models.PositiveIntegerField(
        _("application time limit (hours)"), null=True, blank=True
    )
    skip_label_printed = models.BooleanField(_("pass by orders with a label"), default=True)
    skip_risky = models.BooleanField(_("pass by what is flagged as risky"), default=True)
    product_condition = models.CharField(
        _("product condition"),
        max_length=16,
        choices=ProductCondition,
        default=ProductCondition.ALL,
    )
    products = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name=_("products")
    )
    categories = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name=_("categories")
    )
    refund_reason = models.CharField(
        _("refund filed under"), max_length=128, blank=True, default=""
    )
    breaker_hits = models.PositiveIntegerField(_("breaker: hits"), null=True, blank=True)
    breaker_amount = FenField(_("breaker: amount"), null=True, blank=True)
    breaker_minutes = models.PositiveIntegerField(_("breaker: minutes"), null=True, blank=True)
    # When and by how much the circuit breaker switched it off: {"hits", "amount" in fen,
    # "minutes"} (SPEC G3); cleared when a person switches it on.
    breaker_opened_at = models.DateTimeField(_("breaker opened at"), null=True)
    breaker_opened_by = models.JSONField(_("breaker opened by"), null=True)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    deleted_at = models.DateTimeField(_("deleted at"), null=True)

    class Meta:
        verbose_name = _("strategy")
        verbose_name_plural = _("strategies")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "scenario", "name"],
                condition=Q(deleted_at=None),
                name="strategy_name_once",
            ),
            # Deferred to the end of the statement's transaction, so that one UPDATE can set a
            # whole order (SPEC T5). Deleted rows have none, and NULLs never collide.
            models.UniqueConstraint(
                fields=["shop", "scenario", "priority"],
                deferrable=Deferrable.DEFERRED,
                name="strategy_priority_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    # A NULL would make the comparison NULL, which a CHECK lets pass.
                    priority__isnull=False,
                    priority__range=(1, MOST_PER_SCENARIO),
                    deleted_at=None,
                )
                | Q(priority=None, deleted_at__isnull=False, enabled=False),
                name="strategy_ten_priorities",
            ),
            models.CheckConstraint(
                condition=Q(single_amount_cap__range=(LOWEST_CAP, HIGHEST_SINGLE_CAP)),
                name="strategy_single_amount_cap_range",
            ),
            models.CheckConstraint(
                condition=Q(daily_cap__gte=F("single_amount_cap")),
                name="strategy_daily_cap_at_least_single",
            ),
            models.CheckConstraint(
                condition=~Q(execution_time=ExecutionTime.OFF_HOURS)
                | Q(scenario=Scenario.PRE_SHIP_REFUND),
                name="strategy_off_hours_before_shipping",
            ),
            models.CheckConstraint(
                condition=Q(breaker_minutes=None, breaker_hits=None, breaker_amount=None)
                | Q(breaker_minutes__isnull=False, breaker_minutes__gt=0)
                & (Q(breaker_hits__isnull=False) | Q(breaker_amount__isnull=False)),
                name="strategy_breaker_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StrategyRevision(models.Model):
    """A strategy as it was after a change, and who made it (SPEC T6)."""

    strategy = models.ForeignKey(
        Strategy,
        models.PROTECT,
        related_name="revisions",
        db_index=False,
        verbose_name=_("strategy"),
    )
    number = models.PositiveIntegerField(_("revision"))
    content = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("changed at"))
    # Null: the circuit breaker or a file.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    created_token = TokenOfStep(default=acting.token)

    class Meta:
        verbose_name = _("strategy revision")
        verbose_name_plural = _("strategy revisions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["strategy", "number"], name="strategy_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.strategy} · {self.number}"


class StrategyUsage(models.Model):
    """Cap use of a strategy on a shop-local day, in fen (SPEC E4).

    `cap` is the daily cap in force at the day's latest hit. It is written together with a hit
    only, so that a cap lowered below what was used already breaks nothing. `taken` is the part of
    `used` that is taken as used up, because a restored backup does not know the day (SPEC G6).
    """

    strategy = models.ForeignKey(
        Strategy,
        models.PROTECT,
        related_name="usage",
        db_index=False,
        verbose_name=_("strategy"),
    )
    day = models.DateField(_("day"))
    hits = models.PositiveIntegerField(_("hits"))
    used = FenField(_("used"))
    taken = FenField(default=0, db_default=0, editable=False)
    cap = FenField(_("daily refund cap"))

    class Meta:
        verbose_name = _("cap use")
        verbose_name_plural = _("cap use")
        constraints = [
            models.UniqueConstraint(fields=["strategy", "day"], name="usage_once_a_day"),
            models.CheckConstraint(condition=Q(used__lte=F("cap")), name="usage_within_cap"),
        ]

    def __str__(self) -> str:
        return f"{self.strategy} {self.day}"
