"""A shop's wallet and deposit: ledgers that only ever get new entries (SPEC W3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .choices import FundKind
from .shop import Shop


class Fund(models.Model):
    """Wallet or deposit of a shop; `balance` in fen is the sum of its entries."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="funds", db_index=False, verbose_name=_("shop")
    )
    kind = models.CharField(_("fund"), max_length=16, choices=FundKind)
    balance = models.BigIntegerField(_("balance"), default=0)

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        constraints = [models.UniqueConstraint(fields=["shop", "kind"], name="fund_once")]

    def __str__(self) -> str:
        return f"{self.shop} – {self.get_kind_display()}"


class FundEntry(models.Model):
    """One movement of a fund, in fen; never changed (SPEC W3)."""

    fund = models.ForeignKey(
        Fund, models.PROTECT, related_name="entries", db_index=False, verbose_name=_("fund")
    )
    entry_no = models.CharField(_("entry number"), max_length=64)
    amount = models.BigIntegerField(_("amount"))
    at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("fund entry")
        verbose_name_plural = _("fund entries")
        constraints = [models.UniqueConstraint(fields=["fund", "entry_no"], name="fund_entry_once")]

    def __str__(self) -> str:
        return self.entry_no
