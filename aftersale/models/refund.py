"""Refunds: at most one for a ticket, carried out in attempts (SPEC promise 1; O2, G2)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField
from config import acting

from .changed_at import ChangedAtField, changed_index
from .choices import AttemptState, ConnectorKind, FundKind, RefundSource, RefundStatus
from .money import FenField
from .order import Order
from .public_number import PublicNumberField
from .shop import Shop
from .ticket import Ticket
from .token_of_step import TokenOfStep


class Refund(models.Model):
    """The payment back to the buyer that a decision or a person caused. Amount in fen.

    One row per ticket for good: a refund that was taken back or failed and is approved again
    uses the same row. `next_step_at` says when the payer has to look at it again: rows, not
    tasks, say what is due (docs/adr/0004).
    """

    public_number = PublicNumberField(_("public number"))
    # No foreign key to the shop: the order's key, which is checked, implies it.
    shop = models.ForeignKey(
        Shop,
        models.PROTECT,
        related_name="refunds",
        db_index=False,
        db_constraint=False,
        verbose_name=_("shop"),
    )
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="refunds", verbose_name=_("order")
    )
    ticket = models.OneToOneField(
        Ticket, models.PROTECT, related_name="refund", verbose_name=_("ticket")
    )
    amount = FenField(_("amount"))
    source = models.CharField(_("source"), max_length=16, choices=RefundSource)
    # The decision's id where the automation caused it; decisions live in another app.
    decision_id = models.BigIntegerField(_("decision"), null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("approved by"),
    )
    requested_token = TokenOfStep(default=acting.token)
    requested_at = models.DateTimeField(_("approved at"))
    # The platform's update time of the ticket that was decided on (docs/adr/0006).
    version = models.DateTimeField(_("version decided on"), null=True)
    # Fen of the order refunded outside Afterdesk, as known at the approval; null: not a platform's
    # shop. If it is more when the payment is due, people decide (SPEC O2).
    refunded_elsewhere = FenField(null=True, editable=False)
    reason = models.CharField(_("filed under"), max_length=128, blank=True, default="")
    status = models.CharField(
        _("status"), max_length=16, choices=RefundStatus, default=RefundStatus.REQUESTED
    )
    # Set once the first attempt is leased or a result recorded: from then on the refund can't be
    # taken back (SPEC O4, G2).
    ever_sent = models.BooleanField(_("was sent"), default=False)
    # A strategy's refund that people released although the shop is paused (SPEC G2).
    released = models.BooleanField(_("released while paused"), default=False)
    needs_people = models.BooleanField(_("for people"), default=False)
    next_step_at = models.DateTimeField(_("next step at"), null=True)
    failure = SaidField(_("reason of failure"), blank=True, default="")
    settled_at = models.DateTimeField(_("settled at"), null=True)
    # The number of the payment where it was made by hand.
    reference = models.CharField(
        _("payment reference"), max_length=64, blank=True, default="", db_default=""
    )

    changed_at = ChangedAtField()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(fields=["public_number"], name="refund_public_number_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_above_zero"),
            models.CheckConstraint(
                condition=Q(next_step_at=None)
                | Q(
                    status__in=[
                        RefundStatus.REQUESTED,
                        RefundStatus.SENDING,
                        RefundStatus.UNKNOWN,
                    ]
                ),
                name="refund_settled_has_no_next_step",
            ),
        ]
        indexes = [
            changed_index("refund_changed"),
            # For the payer, shop by shop, so that no shop waits behind another.
            models.Index(
                fields=["shop", "next_step_at"],
                condition=Q(next_step_at__isnull=False),
                name="refund_due",
            ),
            # The workbench's queue of fast refunds (SPEC F2).
            models.Index(
                fields=["shop", "requested_at"],
                condition=Q(source=RefundSource.FAST_REFUND),
                name="refund_fast",
            ),
            # For alerts (SPEC M4) and the counts of failed refunds.
            models.Index(
                fields=["shop", "settled_at"],
                condition=Q(status=RefundStatus.FAILED),
                name="refund_failed",
            ),
            # The list, newest first; refunds for people, which must be found however old they are.
            models.Index(fields=["shop", "id"], name="refund_newest"),
            models.Index(
                fields=["shop", "id"], condition=Q(needs_people=True), name="refund_for_people"
            ),
            models.Index(
                fields=["shop", "status", "id"],
                condition=Q(
                    status__in=[
                        RefundStatus.SENDING,
                        RefundStatus.UNKNOWN,
                        RefundStatus.TAKEN_BACK,
                    ]
                ),
                name="refund_not_settled",
            ),
            models.Index(
                fields=["shop", "id"],
                condition=Q(status=RefundStatus.REQUESTED, next_step_at=None),
                name="refund_not_due",
            ),
            # A day's settled refunds (SPEC M2).
            models.Index(
                fields=["shop", "settled_at"],
                condition=Q(settled_at__isnull=False),
                name="refund_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket.ticket_no}"


class RefundAttempt(models.Model):
    """One try at paying a refund through the platform, known there by `key`.

    `fingerprint` is a hash of the request: a platform that sees the same key with another
    fingerprint must refuse. `amount` (fen) and `connector` are kept here because a late "paid" is
    about them, even if refund or shop have changed since. `leased_until` is also the lease's
    token: a new lease of the attempt has a later one.
    """

    refund = models.ForeignKey(
        Refund, models.PROTECT, related_name="attempts", db_index=False, verbose_name=_("refund")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    key = models.CharField(_("idempotency key"), max_length=64)
    amount = FenField(_("amount"))
    connector = models.CharField(_("sent through"), max_length=16, choices=ConnectorKind)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    # Which of the shop's funds this attempt debited; empty for refunds outside windows (SPEC W3).
    fund = models.CharField(_("paid from"), max_length=16, choices=FundKind, blank=True, default="")
    state = models.CharField(_("state"), max_length=16, choices=AttemptState)
    leased_until = models.DateTimeField(_("leased until"), null=True)
    # Until then a call that pays may still reach the platform, whatever it answers meanwhile.
    # Empty: every call was answered.
    call_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    settled_at = models.DateTimeField(_("settled at"), null=True)
    questions = models.PositiveSmallIntegerField(_("times asked about"), default=0)
    reason = SaidField(_("reason"), blank=True, default="")

    class Meta:
        verbose_name = _("refund attempt")
        verbose_name_plural = _("refund attempts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "number"], name="refund_attempt_once"),
            models.UniqueConstraint(fields=["key"], name="refund_attempt_key_once"),
            models.UniqueConstraint(
                fields=["refund"],
                condition=Q(state__in=["leased", "accepted", "unknown", "succeeded"]),
                name="refund_attempt_one_alive",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="refund_attempt_amount_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return self.key
