"""Parcels to be stopped because their money has left (SPEC H1, H2)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField

from .choices import AlertKind, AlertState
from .order import Order
from .shop import Shop
from .ticket import Ticket
from .token_of_step import TokenOfStep

OPEN_ALERTS = [AlertState.TO_STOP, AlertState.ASKED_CARRIER]
ENDED_ALERTS = [AlertState.INTERCEPTED, AlertState.RETURNED, AlertState.LOST]


class ShippingAlert(models.Model):
    """A shipment of goods whose refund is under way or done, and the state of its interception."""

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="shipping_alerts", db_index=False, verbose_name=_("shop")
    )
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="shipping_alerts", verbose_name=_("order")
    )
    ticket = models.OneToOneField(
        Ticket, models.PROTECT, related_name="shipping_alert", verbose_name=_("ticket")
    )
    kind = models.CharField(_("kind"), max_length=24, choices=AlertKind)
    state = models.CharField(
        _("state"), max_length=16, choices=AlertState, default=AlertState.TO_STOP
    )
    raised_at = models.DateTimeField(_("raised at"))
    changed_at = models.DateTimeField(_("changed at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("changed by"),
    )
    changed_token = TokenOfStep()
    note = SaidField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("shipping alert")
        verbose_name_plural = _("shipping alerts")
        indexes = [
            # The tabs of the page: open alerts oldest first, ended ones by their latest end.
            models.Index(
                fields=["shop", "state", "raised_at", "id"],
                condition=Q(state__in=OPEN_ALERTS),
                name="shipping_alert_on_its_way",
            ),
            models.Index(
                fields=["shop", "state", "changed_at", "id"],
                condition=Q(state__in=ENDED_ALERTS),
                name="shipping_alert_ended",
            ),
            models.Index(fields=["shop", "-raised_at"], name="shipping_alert_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.order}"
