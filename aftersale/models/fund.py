"""A shop's wallet and deposit: ledgers that only ever get new entries (SPEC W3)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .choices import FundEntryKind, FundKind
from .money import FenField
from .refund import RefundAttempt
from .shop import Shop


class Fund(models.Model):
    """Wallet or deposit of a shop; `balance` in fen is the sum of its entries."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="funds", db_index=False, verbose_name=_("shop")
    )
    kind = models.CharField(_("fund"), max_length=16, choices=FundKind)
    balance = FenField(_("balance"), default=0)

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        constraints = [models.UniqueConstraint(fields=["shop", "kind"], name="fund_once")]

    def __str__(self) -> str:
        return f"{self.shop} – {self.get_kind_display()}"


class FundEntry(models.Model):
    """One movement of a fund, in fen; never changed (SPEC W3).

    `balance_after` is the fund's balance after this entry, in the order of ids; `attempt` is the
    refund attempt that a debit or its return belongs to.
    """

    fund = models.ForeignKey(
        Fund, models.PROTECT, related_name="entries", db_index=False, verbose_name=_("fund")
    )
    entry_no = models.CharField(_("entry number"), max_length=64)
    amount = FenField(_("amount"))
    at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    kind = models.CharField(
        _("kind"), max_length=16, choices=FundEntryKind, default=FundEntryKind.REPORTED
    )
    balance_after = FenField(_("balance after"))
    attempt = models.ForeignKey(
        RefundAttempt,
        models.PROTECT,
        null=True,
        related_name="fund_entries",
        db_index=False,
        verbose_name=_("refund attempt"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("entered by"),
    )

    class Meta:
        verbose_name = _("fund entry")
        verbose_name_plural = _("fund entries")
        constraints = [
            models.UniqueConstraint(fields=["fund", "entry_no"], name="fund_entry_once"),
            # One debit per attempt, and one credit back (SPEC W3).
            models.UniqueConstraint(
                fields=["attempt", "kind"],
                condition=Q(attempt__isnull=False),
                name="fund_entry_once_per_attempt",
            ),
            # By our own debits a balance is never negative (SPEC W3).
            models.CheckConstraint(
                condition=~Q(kind=FundEntryKind.REFUND) | Q(amount__lt=0, balance_after__gte=0),
                name="fund_entry_covers_our_debit",
            ),
        ]

    def __str__(self) -> str:
        return self.entry_no
