"""Steps told to a shop's platform besides refunds: an outbox (ARCHITECTURE idea 3)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField

from .choices import StepKind, StepState, TicketStatus, TicketType
from .money import FenField
from .order import Order
from .reply import Negotiation, Rejection
from .shop import Shop
from .shop_request import ShopRequest
from .ticket import Ticket
from .window import AfterSaleWindow

# Unsent, or sent with an outcome that is not known yet.
OPEN_STATES = [StepState.DUE, StepState.SENDING, StepState.UNKNOWN]


class PlatformStep(models.Model):
    """One decision on its way to the platform, written in the transaction that made it.

    `type`, `amount` (fen) and `version` are those of the ticket on the platform at that moment; the
    rest of the content is in the rejection, the negotiation, the window or the request.
    `leased_until` is also the lease's token. A step has no lock of its own: its order's lock covers
    it.
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="platform_steps", db_index=False, verbose_name=_("shop")
    )
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="+", db_index=False, verbose_name=_("order")
    )
    ticket = models.ForeignKey(
        Ticket,
        models.PROTECT,
        null=True,
        related_name="platform_steps",
        verbose_name=_("ticket"),
    )
    kind = models.CharField(_("what"), max_length=16, choices=StepKind)
    rejection = models.OneToOneField(
        Rejection,
        models.PROTECT,
        null=True,
        related_name="platform_step",
        verbose_name=_("rejection"),
    )
    negotiation = models.OneToOneField(
        Negotiation,
        models.PROTECT,
        null=True,
        related_name="platform_step",
        verbose_name=_("negotiation"),
    )
    window = models.OneToOneField(
        AfterSaleWindow,
        models.PROTECT,
        null=True,
        related_name="platform_step",
        verbose_name=_("re-opened window"),
    )
    request = models.OneToOneField(
        ShopRequest,
        models.PROTECT,
        null=True,
        related_name="platform_step",
        verbose_name=_("request of the shop"),
    )
    # The step's own data. An approved return: `address`, `address_in_words`. A note: `text`,
    # `flag`. A parcel: `carrier`, `tracking_no`. Parcels to be stopped: `parcels`, `text`.
    details = models.JSONField(_("details"), default=dict)
    type = models.CharField(_("type"), max_length=24, choices=TicketType, blank=True)
    amount = FenField(_("amount"), default=0)
    version = models.DateTimeField(_("version decided on"), null=True)
    from_status = models.CharField(_("from"), max_length=24, choices=TicketStatus, blank=True)
    to_status = models.CharField(_("to"), max_length=24, choices=TicketStatus, blank=True)
    at = models.DateTimeField(_("at"))
    # Empty: the automation.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    state = models.CharField(_("state"), max_length=16, choices=StepState, default=StepState.DUE)
    next_step_at = models.DateTimeField(_("next step at"), null=True)
    leased_until = models.DateTimeField(_("leased until"), null=True)
    # Until then the call may still reach the platform, whatever it answers meanwhile. Empty: every
    # call was answered.
    call_until = models.DateTimeField(null=True, editable=False)
    calls = models.PositiveSmallIntegerField(_("times called"), default=0)
    reason = SaidField(_("reason"), blank=True, default="")
    settled_at = models.DateTimeField(_("settled at"), null=True)

    class Meta:
        verbose_name = _("step through the platform")
        verbose_name_plural = _("steps through the platform")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_step_at=None) | Q(state__in=OPEN_STATES),
                name="platform_step_settled_has_no_next",
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state=StepState.SENDING),
                name="platform_step_one_sent_a_ticket",
            ),
        ]
        indexes = [
            models.Index(
                fields=["shop", "next_step_at"],
                condition=Q(next_step_at__isnull=False),
                name="platform_step_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket or self.order} {self.get_kind_display()}"
