"""Shops with members, settings and services opted into (SPEC section 1, P1, G1, G2)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftersale.domain.masking import masked
from aftersale.domain.multilingual import SaidField
from config import acting

from .choices import ConnectorKind, Role, ShopStatus
from .money import FenField
from .token_of_step import TokenOfStep


class Shop(models.Model):
    """One shop of a merchant on one platform."""

    code = models.CharField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=128)
    platform = models.CharField(_("platform"), max_length=32, default="other")
    status = models.CharField(
        _("status"), max_length=16, choices=ShopStatus, default=ShopStatus.NORMAL
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    # Both in the words of INTERFACES: {"mon": [["09:00", "18:00"]]}, {"2026-10-01": []}.
    working_hours = models.JSONField(_("working hours"), default=dict, blank=True)
    special_days = models.JSONField(_("special days"), default=dict, blank=True)
    buyer_limit_days = models.PositiveSmallIntegerField(_("buyer limit: days"), null=True)
    buyer_limit_count = models.PositiveIntegerField(_("buyer limit: refunds"), null=True)
    buyer_limit_amount = FenField(_("buyer limit: amount"), null=True)
    automation_paused_at = models.DateTimeField(_("automation paused at"), null=True)
    automation_paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("automation paused by"),
    )
    automation_paused_token = TokenOfStep()
    wallet_opened_at = models.DateTimeField(_("wallet opened at"), null=True)
    commission_categories = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        verbose_name=_("commission return: categories"),
    )
    commission_days = models.PositiveSmallIntegerField(_("commission return: days"), null=True)
    connector = models.CharField(
        _("refunds are paid"),
        max_length=16,
        choices=ConnectorKind,
        default=ConnectorKind.MANUAL,
    )
    # An owner's word: what young exports say is decided without a person (SPEC O11).
    approves_exports = models.BooleanField(
        _("automatic approval of fresh exports"), default=False, db_default=False
    )
    is_demo = models.BooleanField(_("demo shop"), default=False)
    # A backup was restored: what happened between the two is not known here (SPEC G6). While
    # `on_hold`, nothing is decided and nothing is sent or approved.
    lost_since = models.DateTimeField(_("history lost since"), null=True, editable=False)
    lost_until = models.DateTimeField(_("history lost until"), null=True, editable=False)
    on_hold = models.BooleanField(_("on hold"), default=False, db_default=False, editable=False)
    # Notes, pictures and buyers' numbers that are older are erased (SPEC P7).
    retention_months = models.PositiveSmallIntegerField(
        _("personal data kept, in months"), default=24, db_default=24
    )
    # Closed tickets that are older go to files, with their orders; empty: none (SPEC O12).
    archive_months = models.PositiveSmallIntegerField(_("tickets kept, in months"), null=True)
    # Older orders may be in files alone: figures of their days are not counted again.
    archived_before = models.DateTimeField(null=True, editable=False)
    archive_failure = SaidField(editable=False, blank=True, default="", db_default="")
    # The key of the hashes of erased buyers, encrypted (config.secrets); empty before the first.
    erasure_key = models.TextField(editable=False, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    digest = models.BinaryField(editable=False, default=b"")

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        constraints = [
            models.UniqueConstraint("code", name="shop_code_once"),
            models.CheckConstraint(
                condition=Q(lost_since=None, lost_until=None, on_hold=False)
                | Q(lost_since__lt=models.F("lost_until")),
                name="shop_hold_says_what_is_lost",
            ),
            models.CheckConstraint(
                condition=~Q(connector=ConnectorKind.SANDBOX) | Q(is_demo=True),
                name="shop_sandbox_only_for_demo",
            ),
            models.CheckConstraint(
                condition=Q(buyer_limit_days__isnull=False, buyer_limit_days__gt=0)
                | Q(
                    buyer_limit_days=None,
                    buyer_limit_count=None,
                    buyer_limit_amount=None,
                ),
                name="shop_buyer_limit_has_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def automation_paused(self) -> bool:
        return self.automation_paused_at is not None


class FastRefundPeriod(models.Model):
    """A period of the shop's opt-in to fast refund (SPEC F1): [starts_at, ends_at)."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="fast_refund_periods")
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)

    class Meta:
        verbose_name = _("fast-refund period")
        verbose_name_plural = _("fast-refund periods")
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop"], condition=Q(ends_at=None), name="fast_refund_one_open_period"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=models.F("starts_at")),
                name="fast_refund_period_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at or ''}"


class BlockedBuyer(models.Model):
    """A buyer that no strategy refunds (SPEC G1)."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="blocked_buyers", db_index=False, verbose_name=_("shop")
    )
    buyer = models.CharField(_("buyer"), max_length=64)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("blocked by"),
    )
    created_token = TokenOfStep(default=acting.token)
    created_at = models.DateTimeField(_("blocked at"), auto_now_add=True)

    class Meta:
        verbose_name = _("blocked buyer")
        verbose_name_plural = _("blocked buyers")
        constraints = [
            models.UniqueConstraint(fields=["shop", "buyer"], name="blocked_buyer_once"),
        ]

    def __str__(self) -> str:
        # It goes into titles, and into the admin's log.
        return masked(self.buyer)


class Membership(models.Model):
    """A user's role in a shop (SPEC P1)."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="memberships", verbose_name=_("shop")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("user"),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["user", "shop"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_role_display()}"


class PaymentStop(models.Model):
    """An operator's stop of all outgoing payments of all shops (SPEC G2)."""

    started_at = models.DateTimeField(_("stopped at"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("stopped by"),
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    ended_at = models.DateTimeField(_("lifted at"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("lifted by"),
    )

    class Meta:
        verbose_name = _("payment stop")
        verbose_name_plural = _("payment stops")
        constraints = [
            # A constant expression: at most one row may have no end.
            models.UniqueConstraint(
                models.expressions.Value(1),
                condition=Q(ended_at=None),
                name="payment_stop_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
