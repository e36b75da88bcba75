"""Rulebook revisions, the shop's lane and the operator's fast-refund rules."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from aftersale.models import Shop
from aftersale.models.token_of_step import TokenOfStep
from config import acting

from .choices import FastRefundRuleKind


class RulebookRevision(models.Model):
    """All that a shop's decisions depend on, as of one change (ARCHITECTURE idea 1, SPEC T6).

    `content` is what `strategies.engine.compile_rulebook` reads.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="+", db_index=False, verbose_name=_("shop")
    )
    number = models.PositiveIntegerField(_("revision"))
    content = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("since"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    created_token = TokenOfStep(default=acting.token)

    class Meta:
        verbose_name = _("rulebook revision")
        verbose_name_plural = _("rulebook revisions")
        constraints = [
            models.UniqueConstraint(fields=["shop", "number"], name="rulebook_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.shop} · {self.number}"


class EvaluatorLane(models.Model):
    """The row that an evaluator of a shop holds while it decides (docs/locking.md).

    Every change of settings that decisions depend on takes it too, so that caps, buyer limits,
    breakers and revisions are exact. `decided_until` is the latest decision moment: time never runs
    backwards in a shop, whatever a machine's clock does.
    """

    shop = models.OneToOneField(
        Shop, models.CASCADE, primary_key=True, related_name="lane", verbose_name=_("shop")
    )
    rulebook = models.ForeignKey(
        RulebookRevision, models.PROTECT, related_name="+", verbose_name=_("rulebook")
    )
    decided_until = models.DateTimeField(_("latest decision"), null=True)

    class Meta:
        verbose_name = _("evaluator lane")
        verbose_name_plural = _("evaluator lanes")

    def __str__(self) -> str:
        return str(self.shop)


class FastRefundRule(models.Model):
    """A dated rule of fast refund: in force for orders paid from `starts_at` on (SPEC F1)."""

    starts_at = models.DateTimeField(_("in force from"), null=True, blank=True)
    kind = models.CharField(_("rule"), max_length=24, choices=FastRefundRuleKind)
    # Hours or fen, as the kind says.
    value = models.BigIntegerField(_("hours or fen"))

    class Meta:
        verbose_name = _("fast-refund rule")
        verbose_name_plural = _("fast-refund rules")
        ordering = [models.F("starts_at").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(
                fields=["starts_at"], nulls_distinct=False, name="fast_refund_rule_once"
            ),
            models.CheckConstraint(
                condition=models.Q(value__gt=0), name="fast_refund_rule_value_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"
