"""Why a ticket is for people, in one sentence with its figures (SPEC E2, E8)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from aftersale.domain.money import format_yuan
from strategies.engine import Facts
from strategies.engine.hours import EPOCH
from strategies.models import Why


def why_in_words(why: str, facts: Facts, zone: ZoneInfo, *, made: bool) -> str:
    """`made`: about the decision that was made; else about the one that would be made now."""
    return _SENTENCES[why](facts, zone, made)


def _no_amount(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("It asks for no money.")


def _over_refundable(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("It asks for %(amount)s, and %(left)s can still be refunded of the order.") % {
        "amount": format_yuan(facts.amount),
        "left": format_yuan(facts.refundable),
    }


def _over_line(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    paid, freight = facts.line_paid or 0, max(facts.freight_left or 0, 0)
    left = facts.line_left or 0
    given = {
        "amount": format_yuan(facts.amount),
        "line": facts.line,
        "paid": format_yuan(paid),
        "gone": format_yuan(paid - left),
        "left": format_yuan(max(left, 0)),
        "freight": format_yuan(freight),
    }
    if freight:
        return (
            _(
                "It asks for %(amount)s of line %(line)s, for which %(paid)s was paid and which "
                "has given back %(gone)s: %(left)s of it and %(freight)s of the freight are left."
            )
            % given
        )
    return (
        _(
            "It asks for %(amount)s of line %(line)s, for which %(paid)s was paid and which has "
            "given back %(gone)s: %(left)s is left of it."
        )
        % given
    )


def _impossible_times(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    applied = _local_time(facts.applied_at, zone)
    if facts.paid_at is not None and facts.applied_at < facts.paid_at:
        return _("It was applied for at %(applied)s, before the order was paid at %(paid)s.") % {
            "applied": applied,
            "paid": _local_time(facts.paid_at, zone),
        }
    return _("It was applied for at %(applied)s, which lay in the future at %(decided)s.") % {
        "applied": applied,
        "decided": _local_time(facts.decided_at, zone),
    }


def _rejected_before(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("It, or another request about the same goods, was rejected before: people decide it.")


def _taken_back(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("A person took its refund back: people decide it.")


def _open_difference(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("What the platform reports differs from what is stored here: people look at it first.")


def _platform_excess(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("By the platform's figures more was refunded of the order than was paid.")


def _paused(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    if made:
        return _("Automatic refunds of the shop were paused.")
    return _("Automatic refunds of the shop are paused.")


def _no_scenario(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("There are no strategies for this type of ticket on an order in this status.")


def _suggested(facts: Facts, zone: ZoneInfo, made: bool) -> str:
    return _("Its facts come from a file and are as old as it: what is decided is only suggested.")


def _local_time(micros: int, zone: ZoneInfo) -> str:
    at: datetime = EPOCH + timedelta(microseconds=micros)
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


_SENTENCES: dict[str, Callable[[Facts, ZoneInfo, bool], str]] = {
    Why.NO_AMOUNT: _no_amount,
    Why.OVER_REFUNDABLE: _over_refundable,
    Why.OVER_LINE: _over_line,
    Why.IMPOSSIBLE_TIMES: _impossible_times,
    Why.REJECTED_BEFORE: _rejected_before,
    Why.TAKEN_BACK: _taken_back,
    Why.OPEN_DIFFERENCE: _open_difference,
    Why.PLATFORM_EXCESS: _platform_excess,
    Why.SUGGESTED: _suggested,
    Why.PAUSED: _paused,
    Why.NO_SCENARIO: _no_scenario,
}
