"""Advice: a search for strategies in a shop's past (SPEC M6). Amounts in fen."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aftersale.models import Shop
from aftersale.models.money import FenField

from .choices import Scenario
from .trial import TrialStatus


class AdviceRun(models.Model):
    """A search over the evaluations in [starts_at, ends_at), within the owner's limits.

    `present` is the rulebook as it was when the search began; `summary` is written when it is done
    (strategies/services/advice/run.py makes it). `drafts` are the strategies that
    were made of it.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="advice_runs", db_index=False, verbose_name=_("shop")
    )
    created_at = models.DateTimeField(_("started at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    may_lose = FenField(_("may go wrong a month"))
    scenarios = ArrayField(
        models.CharField(max_length=32, choices=Scenario), default=list, verbose_name=_("scenarios")
    )
    products_left_out = ArrayField(
        models.CharField(max_length=64), default=list, verbose_name=_("products left out")
    )
    present = models.JSONField(_("present strategies"))
    status = models.CharField(
        _("status"), max_length=16, choices=TrialStatus, default=TrialStatus.QUEUED
    )
    total = models.PositiveIntegerField(_("evaluations"), default=0)
    done = models.PositiveIntegerField(_("read"), default=0)
    seen_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    summary = models.JSONField(_("summary"), default=dict)
    drafts = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("drafts"))
    error = models.CharField(_("error"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("advice")
        verbose_name_plural = _("advice")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="advice_period_not_empty"
            ),
            models.CheckConstraint(condition=Q(may_lose__gte=0), name="advice_limit_not_negative"),
        ]
        indexes = [models.Index(fields=["shop", "-id"], name="advice_newest")]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.created_at:%Y-%m-%d}"
