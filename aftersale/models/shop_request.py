"""Requests that a shop opens itself on its platform: in the buyer's name, or a price difference."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .money import FenField
from .order import Order
from .shop import Shop


class ShopRequestKind(models.TextChoices):
    # The buyer has to agree before money moves.
    REFUND = "refund", pgettext_lazy("shop request", "Refund in the buyer's name")
    RETURN_REFUND = "return_refund", pgettext_lazy("shop request", "Return in the buyer's name")
    # Paid at once.
    PRICE_DIFFERENCE = "price_difference", _("Refund of a price difference")


class ShopRequest(models.Model):
    """One request of the shop's about a line of an order; amounts in fen.

    The platform makes a ticket of it, `ticket_no`, which is read like any other. Until that one is
    here, `held` is what a price difference has taken of the order's money: it is part of
    `order.committed` and of the line's `taken`, and changes under the order's lock alone.
    `key` is the platform's too: the same key is carried out once, however often it is sent.
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="+", db_index=False, verbose_name=_("shop")
    )
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="shop_requests", verbose_name=_("order")
    )
    key = models.CharField(_("idempotency key"), max_length=36, unique=True)
    kind = models.CharField(_("what"), max_length=16, choices=ShopRequestKind)
    line_no = models.PositiveIntegerField(_("line"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    amount = FenField(_("amount"))
    held = FenField(_("held of the order"), default=0)
    # A word of aftersale.platforms.desk_steps.Because.
    because = models.CharField(_("reason"), max_length=16)
    text = models.CharField(_("explanation"), max_length=200, blank=True, default="")
    # Refunded outside Afterdesk as far as was known when it was decided (SPEC O2).
    refunded_elsewhere = FenField(default=0, editable=False)
    ticket_no = models.CharField(_("ticket number"), max_length=64, blank=True, default="")
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
        verbose_name = _("request of the shop")
        verbose_name_plural = _("requests of the shop")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="shop_request_amount_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(held=0) | Q(held=F("amount"), kind="price_difference"),
                name="shop_request_holds_its_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_kind_display()}"
