"""Steps that wait for a second person, and what each role approves alone (SPEC G4)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import SaidField
from config import acting

from .choices import ApprovalKind, ApprovalState, Role
from .money import FenField
from .shop import Shop
from .ticket import Ticket
from .token_of_step import TokenOfStep


class ApprovalLimit(models.Model):
    """The amount, in fen, up to which a role approves alone; a role without a row has no limit."""

    shop = models.ForeignKey(
        Shop,
        models.CASCADE,
        related_name="approval_limits",
        db_index=False,
        verbose_name=_("shop"),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role)
    amount = FenField(_("approves alone up to"))

    class Meta:
        verbose_name = _("limit of approvals")
        verbose_name_plural = _("limits of approvals")
        constraints = [
            models.UniqueConstraint(fields=["shop", "role"], name="approval_limit_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="approval_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.amount}"


class ApprovalRequest(models.Model):
    """A person's step above what they approve alone, until a second person settles it.

    Belongs to the lock of its ticket's order. Amounts in fen: `amount` is what the step moves, and
    is held in the ticket's `committed` meanwhile; `committed_before` is what the ticket had taken.
    `arguments` are those of the step, `seen` the facts that the person saw (SPEC O10); arguments
    are emptied when the request is settled, since they may hold words to the buyer.
    """

    # No foreign key to the shop: the ticket's key, which is checked, implies it.
    shop = models.ForeignKey(
        Shop,
        models.PROTECT,
        related_name="approval_requests",
        db_index=False,
        db_constraint=False,
        verbose_name=_("shop"),
    )
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="approval_requests", verbose_name=_("ticket")
    )
    kind = models.CharField(_("what"), max_length=16, choices=ApprovalKind)
    amount = FenField(_("amount"))
    # Fen that the step comes to with the person's other ones on the order, and their limit then.
    together = FenField(_("with earlier ones on the order"))
    alone_up_to = FenField(_("approves alone up to"))
    committed_before = FenField(default=0)
    arguments = models.JSONField(default=dict)
    seen = models.TextField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("asked by"),
    )
    requested_token = TokenOfStep(default=acting.token)
    requested_at = models.DateTimeField(_("asked at"))
    state = models.CharField(
        _("state"), max_length=16, choices=ApprovalState, default=ApprovalState.WAITING
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("settled by"),
    )
    settled_at = models.DateTimeField(_("settled at"), null=True)
    note = SaidField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("request for a second person")
        verbose_name_plural = _("requests for a second person")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state=ApprovalState.WAITING),
                name="approval_request_one_waiting",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="approval_request_above_zero"),
            models.CheckConstraint(
                condition=Q(state=ApprovalState.WAITING, settled_at=None, settled_by=None)
                | ~Q(state=ApprovalState.WAITING) & Q(settled_at__isnull=False),
                name="approval_request_settled_at_a_time",
            ),
            # Nobody is their own second person.
            models.CheckConstraint(
                condition=~Q(state=ApprovalState.CONFIRMED)
                | Q(settled_by__isnull=False) & ~Q(settled_by=F("requested_by")),
                name="approval_request_confirmed_by_another",
            ),
        ]
        indexes = [
            # The queue, those that have waited longest first.
            models.Index(
                fields=["shop", "state", "requested_at", "id"],
                include=["ticket"],
                condition=Q(state=ApprovalState.WAITING),
                name="approval_request_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.ticket_id}"
