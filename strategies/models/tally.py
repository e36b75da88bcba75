"""Counts of decisions, kept as decisions are made, so that no page counts them all (SPEC M2)."""

from django.db import models

from aftersale.models import Shop
from aftersale.models.money import FenField

from .choices import Outcome, Scenario, Source, Why


class DecisionTally(models.Model):
    """How many decisions of a kind a shop-local day had, and their amount in fen.

    The evaluator writes it in the transaction of the decisions themselves, holding the shop's
    lane, so it equals a count of the rows at every moment. `strategy_id` is 0 where none hit.
    """

    shop = models.ForeignKey(
        Shop, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    outcome = models.CharField(max_length=16, choices=Outcome)
    why = models.CharField(max_length=16, choices=Why, blank=True)
    source = models.CharField(max_length=16, choices=Source, blank=True)
    scenario = models.CharField(max_length=32, choices=Scenario, blank=True)
    strategy_id = models.BigIntegerField(default=0)
    decisions = models.PositiveIntegerField()
    amount = FenField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "day", "outcome", "why", "source", "scenario", "strategy_id"],
                name="decision_tally_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.outcome}"
