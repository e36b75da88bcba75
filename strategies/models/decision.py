"""Decisions, each with the facts it was made on (SPEC E8, O8, promise 3)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftersale.models import Order, OrderStatus, OrderType, Shop, Ticket, TicketType
from aftersale.models.money import FenField

from .choices import Outcome, Scenario, Source, Why
from .rulebook import RulebookRevision
from .strategy import Strategy


class Decision(models.Model):
    """The evaluator's decision on a ticket, with its facts. Written once, never changed.

    `trace` has the first condition that failed, as the engine's code, for each strategy asked
    (0: it hit), in the order of the rulebook revision. The facts are columns copied from the
    locked rows as the decision was written; explanations and trial runs read these.

    Only the key to the ticket is checked by the database: each further one costs a look-up for
    every row of a batch, and those rows are never deleted.
    """

    shop = models.ForeignKey(
        Shop,
        models.DO_NOTHING,
        related_name="decisions",
        db_constraint=False,
        db_index=False,
        verbose_name=_("shop"),
    )
    ticket = models.ForeignKey(
        Ticket, models.PROTECT, related_name="decisions", verbose_name=_("ticket")
    )
    order = models.ForeignKey(
        Order,
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("order"),
    )
    rulebook = models.ForeignKey(
        RulebookRevision,
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("rulebook"),
    )
    decided_at = models.DateTimeField(_("decided at"))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    why = models.CharField(_("why for people"), max_length=16, choices=Why, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source, blank=True)
    scenario = models.CharField(_("scenario"), max_length=32, choices=Scenario, blank=True)
    strategy = models.ForeignKey(
        Strategy,
        models.DO_NOTHING,
        null=True,
        related_name="decisions",
        db_constraint=False,
        db_index=False,
        verbose_name=_("strategy"),
    )
    trace = ArrayField(models.SmallIntegerField(), default=list, verbose_name=_("trace"))
    error = models.TextField(_("error"), blank=True, default="")
    # The outcome that was only suggested (SPEC O11), and the person who took a suggestion over in
    # this decision. A suggestion is no hit.
    suggested_outcome = models.CharField(
        _("suggested"), max_length=16, choices=Outcome, blank=True, db_default=""
    )
    suggested_source = models.CharField(max_length=16, choices=Source, blank=True, db_default="")
    suggested_scenario = models.CharField(
        max_length=32, choices=Scenario, blank=True, db_default=""
    )
    suggested_strategy = models.ForeignKey(
        Strategy,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("suggested by"),
    )
    taken_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("taken over by"),
    )

    # The facts (SPEC O8).
    type = models.CharField(_("type"), max_length=24, choices=TicketType)
    amount = FenField(_("amount"))
    reason = models.CharField(_("reason"), max_length=64)
    applied_at = models.DateTimeField(_("applied at"))
    buyer = models.CharField(_("buyer"), max_length=64)
    order_status = models.CharField(_("order status"), max_length=24, choices=OrderStatus)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    label_printed_at = models.DateTimeField(_("label printed at"), null=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    paid_amount = FenField(_("paid"))
    refundable_amount = FenField(_("refundable"))
    labels = ArrayField(models.CharField(max_length=32), verbose_name=_("labels"))
    products = ArrayField(models.CharField(max_length=64), verbose_name=_("products"))
    categories = ArrayField(models.CharField(max_length=64), verbose_name=_("categories"))
    has_virtual = models.BooleanField(_("has virtual goods"))
    buyer_blocked = models.BooleanField(_("buyer was blocked"))
    # Null where the shop had no buyer limit.
    buyer_count = models.IntegerField(_("buyer's automatic refunds"), null=True)
    buyer_sum = FenField(_("buyer's automatic refunds: amount"), null=True)
    scenarios_hit = models.SmallIntegerField(default=0)
    # Null in decisions from before these facts were kept: explained and tried by the rules of that
    # time.
    order_type = models.CharField(  # noqa: DJ001 - null is another thing than empty
        _("order type"), max_length=16, choices=OrderType, null=True
    )
    ticket_labels = ArrayField(
        models.CharField(max_length=32), null=True, verbose_name=_("ticket's labels")
    )
    # The first of SPEC E2's reasons from `rejected_before` on that the ticket met; empty: none.
    held_back = models.CharField(  # noqa: DJ001
        _("held back"), max_length=16, choices=Why, null=True
    )
    # The ticket's line, where it is on one: fen, before this decision.
    line_no = models.PositiveIntegerField(_("line"), null=True)
    line_paid = FenField(_("paid for the line"), null=True)
    line_left = FenField(_("left of the line"), null=True)
    freight_left = FenField(_("left of the freight"), null=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            # One hit per ticket and scenario, for good (SPEC S3); fast refund has scenario "".
            models.UniqueConstraint(
                fields=["ticket", "scenario"],
                condition=~Q(outcome=Outcome.MANUAL),
                name="decision_one_hit_per_scenario",
            ),
        ]
        indexes = [
            # The decision search, and the periods that trial runs read.
            models.Index(fields=["shop", "decided_at"], name="decision_of_shop"),
            # The buyer guard's sums (SPEC E3, G1).
            models.Index(
                fields=["shop", "buyer", "decided_at"],
                include=["amount"],
                condition=~Q(outcome=Outcome.MANUAL),
                name="decision_buyer_hits",
            ),
            # Suggestions that wait for a person (SPEC O11).
            models.Index(
                fields=["shop", "ticket", "id"],
                condition=Q(why=Why.SUGGESTED),
                name="decision_suggested",
            ),
            # The circuit breakers' sums (SPEC G3), and a strategy's hits.
            models.Index(
                fields=["strategy", "decided_at"],
                include=["amount"],
                condition=Q(strategy__isnull=False),
                name="decision_strategy_hits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} · {self.get_outcome_display()}"
