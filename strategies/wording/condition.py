"""The parts of a condition in words: label, sentence, distance (SPEC E3, E8).

Each condition is a module of `strategies.wording.conditions`, which names `WORDS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from strategies.engine import Facts
from strategies.engine.condition import Checked
from strategies.engine.edges import Edge
from strategies.engine.hours import DAY, EPOCH, HOUR, MINUTE
from strategies.engine.strategy import Strategy

MOST_NAMED = 3


@dataclass(frozen=True)
class Ground:
    """Context for putting one strategy's answers into words."""

    strategy: Strategy
    facts: Facts
    zone: ZoneInfo

    def at(self, micros: int | None) -> str:
        """A moment on the shop's clock."""
        if micros is None:
            return pgettext("end of a period", "open")
        return f"{(EPOCH + timedelta(microseconds=micros)).astimezone(self.zone):%Y-%m-%d %H:%M}"


class AnswerTexts(NamedTuple):
    detail: str
    """The value and the limit it was compared with."""
    distance: str = ""
    """By how much it failed, or what was left; empty where there is no near or far."""
    needed: str = ""
    """The change that would make a failed condition hold."""


# The same three texts, as the conditions' modules return them.
Texts = tuple[str, str, str]


class Switch(NamedTuple):
    """A yes or no of a strategy that turns its condition on, in the form's card "Safety"."""

    key: str
    """The same key in records, model and form."""
    label: Any
    help_text: Any
    danger: Any
    """The warning where it is off (SPEC T2)."""


def no_clause(content: Mapping[str, Any], zone: str | None) -> str:
    return ""


@dataclass(frozen=True)
class ConditionWords:
    """Texts have no tense: they describe last year's decisions and waiting tickets alike."""

    name: str
    """As the engine has it."""
    label: Any
    answer_texts: Callable[[Checked, Ground], Texts]
    clause: Callable[[Mapping[str, Any], str | None], str] = no_clause
    """Its part of the strategy's sentence, made from the content and the shop's time zone; empty
    where nothing is set."""
    switch: Switch | None = None


def span(micros: int) -> str:
    """A length of time in its two largest units."""
    if micros < MINUTE:
        return _("less than a minute")
    days, hours, minutes = micros // DAY, micros // HOUR % 24, micros // MINUTE % 60
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes) % {"minutes": minutes}


def listed(names: Sequence[str]) -> str:
    """The first few names, and the number of the rest."""
    return _first(list(names), pgettext("between the names of goods", ", "))


def quoted(names: Sequence[str]) -> str:
    """The same, each name in quotes."""
    quotes = [_("“%(name)s”") % {"name": name} for name in names]
    return _first(quotes, pgettext("between the names of goods", ", "))


def _first(names: list[str], comma: str) -> str:
    named = comma.join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more <= 0:
        return named
    return ngettext("%(named)s and %(more)d more", "%(named)s and %(more)d more", more) % {
        "named": named,
        "more": more,
    }


def either(parts: Sequence[str]) -> str:
    return pgettext("one of several", " or ").join(parts)


def within_working_hours(edge: Edge | None) -> str:
    """The distance to the nearer edge of working hours, in words."""
    if edge is None:
        return ""
    if edge.since is None or edge.until is None:
        return _("the shop has no working hours")
    if edge.until < edge.since:
        return _("%(span)s before working hours end") % {"span": span(edge.until)}
    return _("%(span)s after working hours began") % {"span": span(edge.since)}
