"""Advice in words: how past tickets ended, and what a scenario lacks for a proposal (SPEC M6)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from strategies.advice.cases import LEAST_BUYERS, LEAST_CASES
from strategies.advice.ends import UPHELD_AFTER_DAYS, End
from strategies.advice.worth import MOST_WRONG


def end_in_words(end: str) -> tuple[str, str]:
    """The name of an end, and its rule: what automation would have cost."""
    return {
        End.LIKELY_LOSS: (
            _("Likely loss"),
            _("Refunded as unshipped, and had been shipped: the amount is lost."),
        ),
        End.AUTOMATIC: (
            _("Approved automatically"),
            _("Not known what people would have kept: counts as neither."),
        ),
        End.WON: (_("Won in arbitration"), _("People kept the amount.")),
        End.GOODS_BACK: (
            _("Refunded after the goods came back"),
            _(
                "A refund without the goods would have lost their worth: the amount counts, but"
                " not for strategies that only let goods be sent back."
            ),
        ),
        End.REDUCED: (_("Negotiated down"), _("People kept the difference.")),
        End.REFUNDED: (
            _("Refunded in full"),
            _("By people, or by arbitration: nothing would have been lost."),
        ),
        End.REJECTED_THEN_REFUNDED: (
            _("Rejected, and refunded on a later request"),
            _("People kept what the later request did not get."),
        ),
        End.REJECTED: (
            _("Rejected and upheld"),
            _("People kept the amount. A rejection counts after %d days without an objection.")
            % UPHELD_AFTER_DAYS,
        ),
        End.WITHDRAWN: (
            _("Withdrawn before an answer"),
            _("Not known whether it would have been refunded: counts as neither."),
        ),
        End.OPEN: (_("Not over yet"), _("Counts as neither.")),
        End.OTHER: (
            _("Settled otherwise, or end not known"),
            _("Also imported history without its end: counts as neither."),
        ),
    }[End(end)]


def missing_in_words(missing: Mapping[str, Any]) -> str:
    """Why a scenario gets no proposal, and what would be needed."""
    figures = {
        "cases": missing["cases"],
        "known": missing["known"],
        "bad": missing["bad"],
        "buyers": missing["buyers"],
        "share": missing["share"],
        "least": LEAST_CASES,
        "least_buyers": LEAST_BUYERS,
        "most_wrong": round(MOST_WRONG * 100),
    }
    cases = missing["cases"]
    texts = {
        "no_room": _("It has ten strategies already; without one of them there is room."),
        "few_cases": ngettext(
            "Too little past: %(cases)d request that no strategy takes, at least %(least)d are"
            " needed.",
            "Too little past: %(cases)d requests that no strategy takes, at least %(least)d are"
            " needed.",
            cases,
        ),
        "no_known_ends": _(
            "No known ends: of %(cases)d requests it is known of %(known)d how they ended, at least"
            " %(least)d are needed. Once people have handled more here, it is."
        ),
        "one_buyer": _(
            "One buyer makes %(share)d %% of the %(cases)d requests: that says nothing about"
            " others."
        ),
        "few_buyers": _(
            "The %(cases)d requests come from %(buyers)d buyers; at least %(least_buyers)d are"
            " needed."
        ),
        "mostly_kept": _(
            "People kept money in %(bad)d of %(known)d requests: this is work for people."
        ),
        "not_worth": _(
            "The past does not carry a strategy: no part of the %(cases)d requests is large enough"
            " to be sure that at most %(most_wrong)d %% of it would go wrong, and saves more work"
            " than it would lose. %(bad)d of the %(known)d with a known end went wrong."
        ),
    }
    return texts[missing["why"]] % figures


def hours(minutes: float) -> str:
    """With one decimal; below an hour as minutes."""
    if minutes < 60:
        count = round(minutes)
        return ngettext("%d minute", "%d minutes", count) % count
    return _("%s hours") % f"{minutes / 60:,.1f}"
