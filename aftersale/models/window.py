"""Re-opened after-sale windows, and the commission that comes back through them (section 10)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config import acting

from .changed_at import ChangedAtField, changed_index
from .money import FenField
from .order import CommissionSplit, Order
from .refund import Refund
from .shop import Shop
from .token_of_step import TokenOfStep


class AfterSaleWindow(models.Model):
    """An after-sale entry that the merchant re-opened for an order past its period (SPEC W1, W2).

    The window is open from `opened_at` until before `closes_at`, even if the task that writes
    `closed_at` runs late.
    """

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="windows", verbose_name=_("shop"))
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="windows", verbose_name=_("order")
    )
    opened_at = models.DateTimeField(_("opened at"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("opened by"),
    )
    opened_token = TokenOfStep(default=acting.token)
    agreement = models.CharField(_("agreed with the buyer"), max_length=500)
    closes_at = models.DateTimeField(_("closes at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)

    changed_at = ChangedAtField()

    class Meta:
        verbose_name = _("re-opened window")
        verbose_name_plural = _("re-opened windows")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(closed_at=None), name="window_one_open_an_order"
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opened_at")), name="window_closes_after_it_opened"
            ),
        ]
        indexes = [
            changed_index("window_changed"),
            models.Index(
                fields=["closes_at"], condition=Q(closed_at=None), name="window_to_be_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.opened_at:%Y-%m-%d %H:%M}"


class CommissionReturn(models.Model):
    """The part of a commission split that came back with a refund, in fen (SPEC W4)."""

    refund = models.ForeignKey(
        Refund,
        models.PROTECT,
        related_name="commission_returns",
        db_index=False,
        verbose_name=_("refund"),
    )
    split = models.ForeignKey(
        CommissionSplit,
        models.PROTECT,
        related_name="returns",
        verbose_name=_("commission split"),
    )
    amount = FenField(_("amount"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("commission return")
        verbose_name_plural = _("commission returns")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "split"], name="commission_return_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="commission_return_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.refund} {self.split}"
