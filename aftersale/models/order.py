"""Orders as the platform reports them, and how much of their money is taken (SPEC O1, O2)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .changed_at import ChangedAtField, changed_index
from .choices import Beneficiary, OrderLabel, OrderStatus, OrderType
from .money import FenField
from .shop import Shop


class Order(models.Model):
    """A buyer's purchase. All amounts in fen.

    `committed` is the order's money that its tickets have taken in Afterdesk: the sum of its
    tickets' `committed`. It changes only under this row's lock (docs/locking.md).
    `refunded_reported` is the platform's own figure of what was refunded, Afterdesk's refunds
    included; null where the source sends `refunded_amount` itself.
    `in_doubt` says that a version contradicts what is stored (SPEC O6), or repeats Afterdesk's own
    refunds (O2): the order's open tickets are for people until a newer version comes.
    `over_refunded` says that the platform reported figures that exceed what was paid; such an
    order is stored, flagged, and nothing more is approved on it (SPEC O2).
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="orders", db_index=False, verbose_name=_("shop")
    )
    order_no = models.CharField(_("order number"), max_length=64)
    type = models.CharField(_("type"), max_length=16, choices=OrderType, default=OrderType.ORDINARY)
    status = models.CharField(_("status"), max_length=24, choices=OrderStatus)
    buyer = models.CharField(_("buyer"), max_length=64)
    created_at = models.DateTimeField(_("created at"), null=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    label_printed_at = models.DateTimeField(_("label printed at"), null=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    completed_at = models.DateTimeField(_("completed at"), null=True)
    updated_at = models.DateTimeField(_("updated by the platform at"))
    # The moment of a back office's export; NO_MOMENT where the file does not say (SPEC O11).
    exported_at = models.DateTimeField(_("exported at"), null=True)
    paid_amount = FenField(_("paid"))
    refunded_amount = FenField(_("refunded outside Afterdesk"), default=0)
    refunded_reported = FenField(_("refunded, as the platform says"), null=True)
    committed = FenField(_("refunded or approved here"), default=0)
    over_refunded = models.BooleanField(_("more refunded than paid"), default=False)
    in_doubt = models.BooleanField(_("facts in doubt"), default=False, db_default=False)
    labels = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, verbose_name=_("labels")
    )
    has_virtual = models.BooleanField(_("has virtual goods"), default=False)
    digest = models.BinaryField(editable=False, default=b"")

    changed_at = ChangedAtField()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["shop", "order_no"], name="order_once"),
            models.CheckConstraint(
                condition=Q(committed__gte=0) & Q(paid_amount__gte=0) & Q(refunded_amount__gte=0),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(over_refunded=True)
                | Q(paid_amount__gte=F("committed") + F("refunded_amount")),
                name="order_not_over_refunded",
            ),
        ]
        indexes = [
            changed_index("order_changed"),
            # Partial, so few rows: the workbench's tab of fast refunds reads it (SPEC F1, F2).
            models.Index(
                fields=["shop", "id"],
                condition=Q(
                    labels__contains=[OrderLabel.FAST_REFUND], status=OrderStatus.PENDING_SHIPMENT
                ),
                name="order_to_refund_fast",
            ),
            # A buyer's history across the shop, and the search for buyers.
            models.Index(
                fields=["shop", "buyer"],
                opclasses=["int8_ops", "varchar_pattern_ops"],  # to search by its beginning
                name="order_of_buyer",
            ),
            # For the list, newest first: without this index PostgreSQL would scan the rows of all
            # shops.
            models.Index(fields=["shop", "id"], name="order_newest"),
            # A day's paid orders (SPEC M2).
            models.Index(
                fields=["shop", "paid_at"], condition=Q(paid_at__isnull=False), name="order_paid"
            ),
        ]

    def __str__(self) -> str:
        return self.order_no

    @property
    def refundable_amount(self) -> int:
        """The amount that may still be approved on this order, in fen (SPEC O2); 0 if flagged."""
        if self.over_refunded:
            return 0
        return self.paid_amount - self.refunded_amount - self.committed


class OrderLine(models.Model):
    """One product of an order, with quantity and paid amount in fen.

    `taken` is what tickets on this line have taken: the sum of their `committed` (SPEC E2). It
    changes only under the order's lock, together with the order's own `committed`. A person may
    go above the line, and a platform's fact may, so nothing bounds it from above.
    """

    order = models.ForeignKey(
        Order, models.CASCADE, related_name="lines", db_index=False, verbose_name=_("order")
    )
    line_no = models.PositiveIntegerField(_("line"))
    product = models.CharField(_("product"), max_length=64)
    category = models.CharField(_("category"), max_length=64, blank=True)
    title = models.CharField(_("title"), max_length=256, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    paid_amount = FenField(_("paid"))
    taken = FenField(_("refunded or approved here"), default=0, db_default=0)
    virtual = models.BooleanField(_("virtual"), default=False)
    # For people alone: no decision reads them.
    sku = models.CharField(_("variant"), max_length=256, blank=True, default="", db_default="")
    picture = models.CharField(
        _("product picture"), max_length=1000, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["line_no"]
        constraints = [
            models.UniqueConstraint(fields=["order", "line_no"], name="order_line_once"),
            models.CheckConstraint(
                condition=Q(paid_amount__gte=0), name="order_line_paid_not_negative"
            ),
            models.CheckConstraint(condition=Q(taken__gte=0), name="order_line_taken_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.line_no} {self.title}"


class CommissionSplit(models.Model):
    """The share of an order that a talent, team leader, promoter or the platform got, in fen."""

    order = models.ForeignKey(
        Order,
        models.CASCADE,
        related_name="commission_splits",
        db_index=False,
        verbose_name=_("order"),
    )
    position = models.PositiveSmallIntegerField(_("position"))
    beneficiary = models.CharField(_("beneficiary"), max_length=16, choices=Beneficiary)
    account = models.CharField(_("account"), max_length=64, blank=True)
    amount = FenField(_("amount"))

    class Meta:
        verbose_name = _("commission split")
        verbose_name_plural = _("commission splits")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="commission_split_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="commission_split_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_beneficiary_display()} {self.account}"
