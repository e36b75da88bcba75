"""Answers to buyers: rejections, negotiations, and their pictures (SPEC P2, P3)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config import acting

from .choices import NegotiationResult, TicketStatus, TicketType
from .money import FenField
from .shop import Shop
from .ticket import Ticket
from .token_of_step import TokenOfStep


class RejectReasonTemplate(models.Model):
    """A shop's own text for a reason of the catalogue, instead of the default (SPEC P2)."""

    shop = models.ForeignKey(
        Shop,
        models.CASCADE,
        related_name="reject_templates",
        db_index=False,
        verbose_name=_("shop"),
    )
    reason = models.CharField(_("reject reason"), max_length=32)
    text = models.TextField(_("text"), max_length=1000)
    updated_at = models.DateTimeField(_("changed at"))
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )

    class Meta:
        verbose_name = _("reject text")
        verbose_name_plural = _("reject texts")
        constraints = [
            models.UniqueConstraint(fields=["shop", "reason"], name="reject_template_once"),
        ]

    def __str__(self) -> str:
        return self.reason


class OfferText(models.Model):
    """A shop's own text for negotiating: in place of one of the catalogue, or added (SPEC P3)."""

    shop = models.ForeignKey(
        Shop, models.CASCADE, related_name="offer_texts", verbose_name=_("shop")
    )
    # Of the catalogue; empty for one that the shop added, which has a name.
    code = models.CharField(_("code"), max_length=32, blank=True, default="")
    name = models.CharField(_("name"), max_length=40, blank=True, default="")
    text = models.TextField(_("text"), max_length=1000)
    updated_at = models.DateTimeField(_("changed at"))
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("changed by"),
    )

    class Meta:
        verbose_name = _("text for negotiating")
        verbose_name_plural = _("texts for negotiating")
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "code"], condition=~Q(code=""), name="offer_text_once"
            ),
            models.CheckConstraint(
                condition=Q(code="") & ~Q(name="") | ~Q(code="") & Q(name=""),
                name="offer_text_has_code_or_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Rejection(models.Model):
    """A rejection as it was sent; later changes of its template don't change it (SPEC P2)."""

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="rejections", verbose_name=_("ticket")
    )
    reason = models.CharField(_("reject reason"), max_length=32)
    # A platform's own reason, in its words at that time.
    label = models.CharField(_("reason on the platform"), max_length=128, blank=True, default="")
    explanation = models.TextField(_("explanation sent"))
    from_status = models.CharField(_("from"), max_length=24, choices=TicketStatus)
    at = models.DateTimeField(_("at"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    token = TokenOfStep(default=acting.token)

    class Meta:
        verbose_name = _("rejection")
        verbose_name_plural = _("rejections")
        ordering = ["id"]
        indexes = [models.Index(fields=["at"], name="rejection_at")]  # SPEC P3: counted by day

    def __str__(self) -> str:
        return f"{self.ticket} {self.reason}"


class Negotiation(models.Model):
    """One round of negotiation: another type, another amount (fen), or a message (SPEC P3)."""

    ticket = models.ForeignKey(
        Ticket,
        models.PROTECT,
        related_name="negotiations",
        db_index=False,
        verbose_name=_("ticket"),
    )
    round = models.PositiveSmallIntegerField(_("round"))
    type = models.CharField(_("type offered"), max_length=24, choices=TicketType, blank=True)
    amount = FenField(_("amount offered"), null=True)
    message = models.TextField(_("message sent"))
    at = models.DateTimeField(_("at"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    token = TokenOfStep(default=acting.token)
    answer_due_at = models.DateTimeField(_("answer due at"))
    result = models.CharField(
        _("result"), max_length=16, choices=NegotiationResult, blank=True, default=""
    )
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("negotiation")
        verbose_name_plural = _("negotiations")
        ordering = ["round"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "round"], name="negotiation_round_once"),
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(ended_at=None), name="negotiation_one_open"
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0), name="negotiation_amount_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} {self.round}"


class ReturnFreight(models.Model):
    """The shop's answer to the freight that a buyer asks for with a return (SPEC P3): paid as
    asked, in fen, or refused with a text. It goes to the platform with the receipt of the goods,
    and is no part of the order's money."""

    ticket = models.OneToOneField(
        Ticket, models.PROTECT, related_name="return_freight", verbose_name=_("ticket")
    )
    amount = FenField(_("amount"))
    pays = models.BooleanField(_("is paid"))
    text = models.CharField(_("explanation"), max_length=300, blank=True, default="")
    at = models.DateTimeField(_("at"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )

    class Meta:
        verbose_name = _("return freight")
        verbose_name_plural = _("return freights")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="return_freight_amount_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket}"


class EvidenceFile(models.Model):
    """A picture that a person of the desk attached to a case; no public folder serves it.

    `sha256` and `content_type` are those of the stored bytes, found from their content.
    """

    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="evidence_files", verbose_name=_("ticket")
    )
    rejection = models.ForeignKey(
        Rejection,
        models.PROTECT,
        null=True,
        related_name="evidence_files",
        verbose_name=_("rejection"),
    )
    negotiation = models.ForeignKey(
        Negotiation,
        models.PROTECT,
        null=True,
        related_name="evidence_files",
        verbose_name=_("negotiation"),
    )
    return_freight = models.ForeignKey(
        ReturnFreight,
        models.PROTECT,
        null=True,
        related_name="evidence_files",
        verbose_name=_("return freight"),
    )
    file = models.FileField(_("file"), upload_to="evidence/%Y/%m", max_length=200)
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("content type"), max_length=32)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    # Encoded anew here, so without metadata; False for those from before that was done (SPEC P7).
    encoded_anew = models.BooleanField(default=False, db_default=False, editable=False)
    uploaded_at = models.DateTimeField(_("uploaded at"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
