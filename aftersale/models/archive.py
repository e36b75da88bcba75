"""Old tickets in files beside the database (SPEC O12): which files, and the numbers in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .money import FenField
from .shop import Shop


class ArchiveState(models.TextChoices):
    # Nothing was taken out of the database: what there is of its files is worthless.
    WRITING = "writing", pgettext_lazy("archive", "Being written")
    # Its files are whole and verified; orders are being taken out of the database.
    WRITTEN = "written", pgettext_lazy("archive", "Verified")
    DONE = "done", pgettext_lazy("archive", "Done")


class Archive(models.Model):
    """Files with a shop's orders and all that belongs to them; amounts in fen.

    `before`: all of it is older than that. `orders`, `tickets`, `paid` and `refunded` are what the
    files hold; `kept` counts those of its orders that stayed in the database after all, because
    something about them had changed since they were written. `digests` has each file's SHA-256.
    """

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="archives", verbose_name=_("shop"))
    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(
        _("state"), max_length=16, choices=ArchiveState, default=ArchiveState.WRITING
    )
    before = models.DateTimeField(_("older than"))
    began_at = models.DateTimeField(_("begun at"))
    done_at = models.DateTimeField(_("done at"), null=True)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    tickets = models.PositiveIntegerField(_("tickets"), default=0)
    kept = models.PositiveIntegerField(_("orders that stayed"), default=0)
    paid = FenField(_("paid"), default=0)
    refunded = FenField(_("refunded"), default=0)
    digests = models.JSONField(_("checksums"), default=dict)

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="archive_name_once")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class ArchivedOrder(models.Model):
    """The number of an order that is in an archive: it is never taken for a new one.

    A trigger refuses an order or ticket of such a number, whoever inserts it (migration 0060).
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="+", db_index=False, verbose_name=_("shop")
    )
    order_no = models.CharField(_("order number"), max_length=64)
    # Of the version that was archived: a later one has something to say.
    updated_at = models.DateTimeField(_("updated by the platform at"))
    archive = models.ForeignKey(
        Archive, models.PROTECT, related_name="+", db_index=False, verbose_name=_("archive")
    )

    class Meta:
        verbose_name = _("archived order")
        verbose_name_plural = _("archived orders")
        constraints = [
            models.UniqueConstraint(fields=["shop", "order_no"], name="archived_order_once")
        ]

    def __str__(self) -> str:
        return self.order_no


class ArchivedTicket(models.Model):
    """The number of a ticket that is in an archive, as of orders."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="+", db_index=False, verbose_name=_("shop")
    )
    ticket_no = models.CharField(_("ticket number"), max_length=64)
    updated_at = models.DateTimeField(_("updated by the platform at"))
    archive = models.ForeignKey(
        Archive, models.PROTECT, related_name="+", db_index=False, verbose_name=_("archive")
    )

    class Meta:
        verbose_name = _("archived ticket")
        verbose_name_plural = _("archived tickets")
        constraints = [
            models.UniqueConstraint(fields=["shop", "ticket_no"], name="archived_ticket_once")
        ]

    def __str__(self) -> str:
        return self.ticket_no
