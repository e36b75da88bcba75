"""Trial runs: past tickets decided by strategies as they might be (SPEC M3). Amounts in fen."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from aftersale.models import Shop, Ticket
from aftersale.models.money import FenField
from aftersale.models.token_of_step import TokenOfStep
from config import acting


class TrialKind(models.TextChoices):
    """Kinds of trial runs."""

    STRATEGY = "strategy", _("A strategy")
    PRIORITIES = "priorities", _("An order of priorities")
    PAUSE = "pause", _("A pause")
    PRESENT = "present", _("The strategies as they are")


class TrialStatus(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", pgettext_lazy("trial run", "Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


NOT_ASKED = "-"
UNDER_WAY = [TrialStatus.QUEUED, TrialStatus.RUNNING]


class TrialRun(models.Model):
    """A replay of a shop's past evaluations in [starts_at, ends_at), whole days of the shop.

    `present` and `proposed` are rulebook contents as they were when it began. `summary` is
    written when it is done; `estimated` says how many of the evaluations were worked out from
    imported history.
    """

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="trial_runs", db_index=False, verbose_name=_("shop")
    )
    kind = models.CharField(_("what is tried"), max_length=16, choices=TrialKind)
    title = models.CharField(_("title"), max_length=200)
    created_at = models.DateTimeField(_("started at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    created_token = TokenOfStep(default=acting.token)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    present = models.JSONField(_("present strategies"))
    proposed = models.JSONField(_("proposed strategies"))
    paused = models.BooleanField(_("paused"), default=False)
    status = models.CharField(
        _("status"), max_length=16, choices=TrialStatus, default=TrialStatus.QUEUED
    )
    total = models.PositiveIntegerField(_("evaluations"), default=0)
    done = models.PositiveIntegerField(_("replayed"), default=0)
    estimated = models.PositiveIntegerField(_("estimated"), default=0)
    seen_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    summary = models.JSONField(_("summary"), default=dict)
    error = models.CharField(_("error"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("trial run")
        verbose_name_plural = _("trial runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="trial_period_not_empty"
            ),
        ]
        indexes = [models.Index(fields=["shop", "-id"], name="trial_newest")]

    def __str__(self) -> str:
        return self.title


class TrialEvaluation(models.Model):
    """One evaluation of a trial run whose three answers differ, or of an order with several. `real`
    is the actual decision, `present` that of the present strategies, `proposed` that of the
    proposed ones: a strategy's key, "fast_refund", "" for people, or NOT_ASKED, where the ticket
    was approved earlier in that replay and so not evaluated again.
    """

    trial = models.ForeignKey(TrialRun, models.CASCADE, related_name="evaluations", db_index=False)
    # Null where it is estimated from imported history.
    decision_id = models.BigIntegerField(_("decision"), null=True)
    ticket = models.ForeignKey(
        Ticket,
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("ticket"),
    )
    at = models.DateTimeField(_("at"))
    amount = FenField(_("amount"))
    buyer = models.CharField(_("buyer"), max_length=64)
    real = models.CharField(_("what happened"), max_length=24)
    present = models.CharField(_("present strategies"), max_length=24)
    proposed = models.CharField(_("proposed strategies"), max_length=24)

    class Meta:
        verbose_name = _("evaluation of a trial run")
        verbose_name_plural = _("evaluations of trial runs")
        indexes = [models.Index(fields=["trial", "ticket"], name="trial_evaluation_of_ticket")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.at:%Y-%m-%d %H:%M}"
