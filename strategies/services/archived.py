"""The automation's part of what leaves the database for an archive (SPEC O12)."""

from aftersale.services.archive.parts import Part
from strategies.models import Decision, TrialEvaluation

PARTS = [
    Part(
        TrialEvaluation,
        "ticket",
        written=False,
        also="x.trial_id IN (SELECT id FROM strategies_trialrun WHERE shop_id = p.shop_id)",
    ),
    Part(Decision, "ticket"),
]
KEEPS = """SELECT FROM strategies_decision d JOIN aftersale_ticket t ON t.id = d.ticket_id
    WHERE t.order_id = o.id AND d.decided_at >= %(before)s"""
