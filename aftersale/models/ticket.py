"""After-sale tickets and their history (SPEC O3 to O7)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField
from config import acting

from .changed_at import ChangedAtField, changed_index
from .choices import (
    HANDS_OFF,
    Actor,
    ArbitrationResult,
    CameBy,
    CaseMark,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from .money import FenField
from .order import Order
from .shop import Shop
from .token import ApiToken

# Somebody has work to do in these statuses, or waits for the buyer or platform.
DESK_STATUSES = [
    TicketStatus.PENDING_REVIEW,
    TicketStatus.NEGOTIATING,
    TicketStatus.AWAITING_RETURN,
    TicketStatus.RETURNING,
    TicketStatus.REFUND_FAILED,
    TicketStatus.ARBITRATION,
]


class Ticket(models.Model):
    """One after-sale request of a buyer, for a whole order or one line. Amounts in fen.

    `order` is null until the order has arrived (SPEC O6). `awaiting_evaluation` says that the
    ticket is still to be evaluated: set by arrival, by a change of the ticket or its order, by
    freed money and by resuming, cleared by the decision. `committed` is the part of its order's
    money that this ticket has taken. `products`, `categories` are those of the ticket's lines,
    copied from the order so that the evaluator reads one row: each product with its own category
    at the same place. `rejected_before` says that it was rejected once, here or in the platform's
    back office; `taken_back` that a person took its refund back.
    """

    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="tickets", db_index=False, verbose_name=_("shop")
    )
    ticket_no = models.CharField(_("ticket number"), max_length=64)
    order_no = models.CharField(_("order number"), max_length=64)
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="tickets", null=True, verbose_name=_("order")
    )
    line_no = models.PositiveIntegerField(_("line"), null=True)
    buyer = models.CharField(_("buyer"), max_length=64, blank=True)
    type = models.CharField(_("type"), max_length=24, choices=TicketType)
    requested_type = models.CharField(_("type asked for"), max_length=24, choices=TicketType)
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    amount = FenField(_("amount"))
    applied_at = models.DateTimeField(_("applied at"))
    updated_at = models.DateTimeField(_("updated by the platform at"))
    # How often the buyer has urged the shop, as its platform tells: such tickets come first.
    urged = models.PositiveSmallIntegerField(_("urged"), default=0, db_default=0)
    # The moment of a back office's export; NO_MOMENT where the file does not say (SPEC O11).
    exported_at = models.DateTimeField(_("exported at"), null=True)
    note = models.TextField(_("buyer's note"), blank=True)
    evidence = ArrayField(
        models.CharField(max_length=1000), default=list, blank=True, verbose_name=_("evidence")
    )
    labels = ArrayField(
        models.CharField(max_length=32),
        default=list,
        db_default=[],
        blank=True,
        verbose_name=_("labels"),
    )
    status = models.CharField(
        _("status"), max_length=24, choices=TicketStatus, default=TicketStatus.PENDING_REVIEW
    )
    status_at = models.DateTimeField(_("in this status since"))
    due_at = models.DateTimeField(_("due at"), null=True)
    return_carrier = models.CharField(_("return carrier"), max_length=64, blank=True)
    return_tracking_no = models.CharField(_("return tracking number"), max_length=64, blank=True)
    return_shipped_at = models.DateTimeField(_("returned at"), null=True)
    # Reported by the warehouse; empty where a person confirmed the return.
    goods_received_at = models.DateTimeField(_("goods received at"), null=True)
    arbitration_result = models.CharField(
        _("arbitration result"), max_length=16, choices=ArbitrationResult, blank=True
    )
    # The re-opened window that it was filed through (SPEC W2).
    window = models.ForeignKey(
        "aftersale.AfterSaleWindow",
        models.PROTECT,
        null=True,
        related_name="tickets",
        db_index=False,
        verbose_name=_("re-opened window"),
    )
    # The person who has taken the case; others may still decide it.
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("handled by"),
    )
    mark = models.CharField(
        _("flag of the desk"),
        max_length=8,
        choices=CaseMark,
        blank=True,
        default="",
        db_default="",
    )
    products = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    committed = FenField(_("approved"), default=0)
    # Sends a ticket to people for good: a person's no stays (SPEC E2).
    rejected_before = models.BooleanField(_("rejected before"), default=False, db_default=False)
    taken_back = models.BooleanField(
        _("its refund was taken back"), default=False, db_default=False
    )
    came_by = models.CharField(
        _("came in by"), max_length=8, choices=CameBy, blank=True, default="", db_default=""
    )
    flags = ArrayField(
        models.CharField(max_length=24, choices=TicketFlag),
        default=list,
        blank=True,
        verbose_name=_("flags"),
    )
    awaiting_evaluation = models.BooleanField(_("waits for the automation"), default=False)
    # Written by a trigger whenever the ticket begins to wait (migration 0017).
    awaiting_since = models.DateTimeField(_("waits since"), null=True, editable=False)
    # The scenarios that have hit this ticket, as the engine's bits (SPEC S3).
    scenarios_hit = models.SmallIntegerField(default=0, editable=False)
    digest = models.BinaryField(editable=False, default=b"")

    changed_at = ChangedAtField()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(fields=["shop", "ticket_no"], name="ticket_once"),
            models.CheckConstraint(
                condition=Q(committed__gte=0), name="ticket_committed_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(awaiting_evaluation=False)
                | Q(status=TicketStatus.PENDING_REVIEW, order__isnull=False)
                & ~Q(flags__overlap=[flag.value for flag in HANDS_OFF]),
                name="ticket_waits_only_for_review",
            ),
        ]
        indexes = [
            changed_index("ticket_changed"),
            # For the evaluator's claim, in the order of SPEC E7.
            models.Index(
                fields=["shop", "applied_at", "ticket_no"],
                condition=Q(awaiting_evaluation=True),
                name="ticket_waiting",
            ),
            # For an arriving order (SPEC O6).
            models.Index(
                fields=["shop", "order_no"],
                condition=Q(order=None),
                name="ticket_without_order",
            ),
            # The queues of the workbench: open tickets, nearest deadline first (SPEC O5). Leaves
            # out final and refunding tickets, which are nearly all.
            models.Index(
                fields=["shop", "status", "due_at", "id"],
                condition=Q(status__in=DESK_STATUSES),
                name="ticket_on_the_desk",
            ),
            # Those of them that buyers urge: few, and shown before the others.
            models.Index(
                fields=["shop", "status", "due_at", "id"],
                condition=Q(status__in=DESK_STATUSES, urged__gt=0),
                name="ticket_urged",
            ),
            models.Index(
                fields=["handler", "due_at"],
                condition=Q(handler__isnull=False, status__in=DESK_STATUSES),
                name="ticket_of_handler",
            ),
            # A buyer's history, and searching by the beginning of a buyer's name.
            models.Index(
                fields=["shop", "buyer"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                name="ticket_of_buyer",
            ),
            models.Index(
                fields=["shop", "return_tracking_no"],
                condition=~Q(return_tracking_no=""),
                name="ticket_return_tracking",
            ),
            # Few tickets have a flag; they must be found however old they are.
            models.Index(fields=["shop", "id"], condition=~Q(flags=[]), name="ticket_flagged"),
            # Rejected tickets, which are few, to find requests about the same goods (SPEC E2).
            models.Index(
                fields=["order"], condition=Q(rejected_before=True), name="ticket_rejected_before"
            ),
            # Requests of buyers by day (SPEC M2).
            models.Index(fields=["shop", "applied_at"], name="ticket_applied"),
            # A shop's tickets, newest first: for the list, and for programs page by page.
            models.Index(fields=["shop", "id"], name="ticket_of_shop"),
            models.Index(
                fields=["window"], condition=Q(window__isnull=False), name="ticket_of_window"
            ),
        ]

    def __str__(self) -> str:
        return self.ticket_no


class TicketEvent(models.Model):
    """One change of a ticket, written in the transaction that made it (SPEC O4).

    Events for the outside are made from these rows, in id order.
    """

    ticket = models.ForeignKey(
        Ticket, models.CASCADE, related_name="events", db_constraint=False, verbose_name=_("ticket")
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what"), max_length=16, choices=TicketEventKind)
    actor = models.CharField(_("by"), max_length=16, choices=Actor)
    # No database constraint: users are never deleted from the admin, and the key costs a
    # look-up for every row of a batch.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("user"),
    )
    # The token of a program's step: pages and programs are told its name, and not its maker's.
    token = models.ForeignKey(
        ApiToken,
        models.DO_NOTHING,
        null=True,
        default=acting.token,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("API token"),
    )
    request_id = models.CharField(
        _("request"), max_length=32, blank=True, default=acting.request_id, db_default=""
    )
    from_status = models.CharField(
        _("from"), max_length=24, choices=TicketStatus, blank=True, default=""
    )
    to_status = models.CharField(
        _("to"), max_length=24, choices=TicketStatus, blank=True, default=""
    )
    note = SaidField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        ordering = ["id"]
        indexes = [
            # A day's disputes, and their ends (SPEC M2).
            models.Index(
                fields=["at"],
                condition=Q(to_status=TicketStatus.ARBITRATION),
                name="event_dispute",
            ),
            models.Index(
                fields=["at"],
                condition=Q(from_status=TicketStatus.ARBITRATION),
                name="event_dispute_over",
            ),
            # A day's answers of people (SPEC M2).
            models.Index(fields=["at"], condition=Q(actor=Actor.PERSON), name="event_by_people"),
            # A day's rejections that were upheld, and the step of a person before a step (SPEC M6).
            models.Index(
                fields=["at"], condition=Q(to_status=TicketStatus.REJECTED), name="event_rejected"
            ),
            models.Index(
                fields=["user", "at", "id"],
                condition=Q(actor=Actor.PERSON, user__isnull=False),
                name="event_of_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"
