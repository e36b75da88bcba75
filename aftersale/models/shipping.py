"""Reports of warehouses and couriers on an order's parcels, beside the platform's reports."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .choices import OrderStatus
from .order import Order


class Shipment(models.Model):
    """A parcel that left, as an ERP or a warehouse reports it (SPEC H1); `lines` empty: all."""

    order = models.ForeignKey(
        Order, models.CASCADE, related_name="shipments", verbose_name=_("order")
    )
    shipped_at = models.DateTimeField(_("shipped at"))
    carrier = models.CharField(_("carrier"), max_length=64, blank=True)
    tracking_no = models.CharField(_("tracking number"), max_length=64, blank=True)
    lines = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    reported_at = models.DateTimeField(_("reported at"))
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("reported by"),
    )
    # Set when the shipment turned out not to have happened.
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "carrier", "tracking_no", "lines"],
                condition=Q(cancelled_at=None),
                name="shipment_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_no}".strip() or f"{self.shipped_at:%Y-%m-%d}"


class OrderShipping(models.Model):
    """The platform's view of an order on which a warehouse or courier has reported something.

    The order's own status and times combine both sources; the platform's alone are kept here, in
    case a report is withdrawn.
    """

    order = models.OneToOneField(
        Order,
        models.CASCADE,
        primary_key=True,
        related_name="shipping",
        verbose_name=_("order"),
    )
    platform_status = models.CharField(_("status"), max_length=24, choices=OrderStatus)
    platform_label_printed_at = models.DateTimeField(_("label printed at"), null=True)
    platform_shipped_at = models.DateTimeField(_("shipped at"), null=True)
    # The latest report of each; the events of the order's tickets say who and when.
    cancelled_at = models.DateTimeField(_("shipping cancelled at"), null=True)
    intercepted_at = models.DateTimeField(_("parcel intercepted at"), null=True)
    refused_at = models.DateTimeField(_("delivery refused at"), null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("reported by"),
    )

    class Meta:
        verbose_name = _("shipping of an order")
        verbose_name_plural = _("shipping of orders")

    def __str__(self) -> str:
        return str(self.order)
