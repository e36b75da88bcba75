"""The simulated platform of demo shops: its instructions and its payments."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField

from .money import FenField
from .shop import Shop


class SandboxBehaviour(models.TextChoices):
    PAY = "pay", _("Pay at once")
    REFUSE = "refuse", _("Refuse for good")
    FAIL = "fail", _("Fail, can be tried again")
    SLOW = "slow", _("Be slow, then pay")
    TIMEOUT_AFTER_PAYING = "timeout_after_paying", _("Time out after paying")
    TIMEOUT_BEFORE_PAYING = "timeout_before_paying", _("Time out without paying")


class SandboxInstruction(models.Model):
    """An instruction for the next payments of a shop, or of one of its tickets."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="sandbox_instructions", verbose_name=_("shop")
    )
    ticket_no = models.CharField(_("only for ticket"), max_length=64, blank=True)
    behaviour = models.CharField(_("behaviour"), max_length=24, choices=SandboxBehaviour)
    # For how many more payments; null: all.
    remaining = models.PositiveIntegerField(_("remaining"), null=True, blank=True)

    class Meta:
        verbose_name = _("sandbox instruction")
        verbose_name_plural = _("sandbox instructions")

    def __str__(self) -> str:
        return self.get_behaviour_display()


class SandboxPayment(models.Model):
    """A payment that the simulated platform has seen, with its outcome; one row a key."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", verbose_name=_("shop"))
    key = models.CharField(_("idempotency key"), max_length=64)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    ticket_no = models.CharField(_("ticket number"), max_length=64)
    amount = FenField(_("amount"))
    paid = models.BooleanField(_("paid"))
    permanent = models.BooleanField(_("refused for good"), default=False)
    reason = SaidField(_("reason"), blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("sandbox payment")
        verbose_name_plural = _("sandbox payments")
        constraints = [models.UniqueConstraint(fields=["key"], name="sandbox_payment_key_once")]

    def __str__(self) -> str:
        return self.key
