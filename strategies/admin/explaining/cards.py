"""An explanation as its page shows it: one sentence, then every strategy as a card (SPEC E8)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from aftersale.domain.money import format_yuan
from strategies.engine.condition import Checked
from strategies.engine.conditions import enabled
from strategies.engine.explanation import Line
from strategies.models import Outcome, Scenario, Why
from strategies.services.explanations import Explained
from strategies.wording.condition import AnswerTexts, Ground
from strategies.wording.conditions import WORDS

from .why import why_in_words

_MOST_REASONS = 2


@dataclass(frozen=True)
class Answer:
    """A condition on a card."""

    label: Any
    ok: bool
    sets: bool
    words: AnswerTexts

    @property
    def short(self) -> str:
        """The distance by which it failed, else the reason in words."""
        return self.words.distance or self.words.detail


@dataclass(frozen=True)
class Card:
    line: Line
    place: int
    scenario: Any
    answers: list[Answer]
    open: bool

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in self.answers if not answer.ok]

    @property
    def hit(self) -> bool:
        return self.line.asked and not self.line.failed

    @property
    def first(self) -> Any:
        """The condition that the decision's trace names, as a failure: its label alone ("Enabled")
        would say the opposite."""
        if not self.failed:
            return ""
        if _is_off(self.line):
            return _("Not enabled")
        return self.failed[0].label

    @property
    def held(self) -> str:
        """The number of set conditions that hold."""
        own = [answer for answer in self.answers if answer.sets]
        held = sum(answer.ok for answer in own)
        return ngettext(
            "%(held)d of %(count)d condition holds",
            "%(held)d of %(count)d conditions hold",
            len(own),
        ) % {"held": held, "count": len(own)}


class Shown:
    """An explanation as a page or a panel shows it."""

    def __init__(self, explained: Explained) -> None:
        self.explained = explained
        self.explanation = explained.explanation
        self.decision = explained.decision
        self.revision = explained.revision
        self.zone = ZoneInfo(explained.revision.content.get("timezone") or explained.shop.timezone)

    @cached_property
    def closest(self) -> Line | None:
        """The strategy that came closest: failed by the fewest conditions, then by the smallest
        part of a limit. A disabled one only where all are: nobody expects a hit of it."""
        missed = [line for line in self.explanation.asked if line.failed]
        return min(missed, key=_missed_by, default=None)

    @cached_property
    def cards(self) -> list[Card]:
        labels = dict(Scenario.choices)
        opened = self.explanation.hit or self.closest
        return [
            Card(
                line,
                place,
                labels[line.strategy.scenario],
                [self._answer(line, check) for check in line.checks],
                line is opened,
            )
            for place, line in enumerate(self.explanation.lines, 1)
        ]

    def _answer(self, line: Line, check: Checked) -> Answer:
        words = WORDS[check.condition.name]
        ground = Ground(line.strategy, self.explained.facts, self.zone)
        return Answer(words.label, check.ok, check.sets, answer_texts(check, ground))

    @property
    def asked(self) -> list[Card]:
        return [card for card in self.cards if card.line.asked]

    @property
    def summary(self) -> str:
        """The one sentence that answers "why"."""
        explanation, decision = self.explanation, self.decision
        if decision is not None and decision.why == Why.ERROR:
            return _("Evaluating it failed: no strategy was asked.")
        if decision is not None and decision.why == Why.SUGGESTED:
            return self._suggested()
        if explanation.fast_refund:
            return _("It is for fast refund, before any strategy is asked.")
        if explanation.hit is not None:
            return self._taken(explanation.hit)
        if explanation.why == Why.NONE_HIT:
            return self._missed()
        return why_in_words(
            explanation.why or "", self.explained.facts, self.zone, made=decision is not None
        )

    def _suggested(self) -> str:
        """A hit on facts of a file: nothing was done by it (SPEC O11)."""
        hit = self.explanation.hit
        given = {
            "strategy": hit.strategy.name if hit else "",
            "amount": format_yuan(self.explained.facts.amount),
        }
        if hit is None:
            text = _("Suggested: fast refund of %(amount)s.")
        elif hit.strategy.scenario == Scenario.POST_SHIP_RETURN:
            text = _("Suggested by “%(strategy)s”: approve the return of %(amount)s.")
        else:
            text = _("Suggested by “%(strategy)s”: refund %(amount)s.")
        age = _("Its facts are as old as the file that they come from.")
        return f"{text % given} {age}"

    def _taken(self, line: Line) -> str:
        given = {"strategy": line.strategy.name, "amount": format_yuan(self.explained.facts.amount)}
        returns = line.strategy.scenario == Scenario.POST_SHIP_RETURN
        if self.decision is None and self.explained.exported:
            if returns:
                text = _("“%(strategy)s” would suggest to approve the return of %(amount)s now.")
            else:
                text = _("“%(strategy)s” would suggest to refund %(amount)s now.")
            return text % given
        if self.decision is None:
            if returns:
                return _("“%(strategy)s” would approve the return of %(amount)s now.") % given
            return _("“%(strategy)s” would refund %(amount)s now.") % given
        if returns or self.decision.outcome == Outcome.APPROVE_RETURN:
            return _("“%(strategy)s” approved the return of %(amount)s.") % given
        return _("“%(strategy)s” approved the refund of %(amount)s.") % given

    def _missed(self) -> str:
        if not self.explanation.lines:
            return _("No strategy took it: the shop has none for such tickets.")
        if self.closest is None:
            return _("No strategy was asked: the ticket had its automatic approval before.")
        card = next(card for card in self.cards if card.line is self.closest)
        shorts = [answer.short for answer in card.failed]
        reasons = pgettext("between reasons", "; ").join(shorts[:_MOST_REASONS])
        more = len(shorts) - _MOST_REASONS
        if more > 0:
            reasons = ngettext(
                "%(reasons)s; and %(more)d more condition",
                "%(reasons)s; and %(more)d more conditions",
                more,
            ) % {"reasons": reasons, "more": more}
        given = {"strategy": card.line.strategy.name, "reasons": reasons}
        if self.decision is None:
            return _(
                "No strategy would take it now: the closest is “%(strategy)s”, %(reasons)s."
            ) % (given)
        return _("No strategy took it: the closest was “%(strategy)s”, %(reasons)s.") % given


def _missed_by(line: Line) -> tuple[bool, int, float, int]:
    parts = [_part(check) for check in line.failed]
    return _is_off(line), len(parts), max(parts), line.index


def _is_off(line: Line) -> bool:
    return bool(line.failed) and line.failed[0].condition is enabled.CONDITION


def _part(check: Checked) -> float:
    """How large a part of its limit a condition failed by; 1 where there is no near or far."""
    return min(check.over / check.scale, 1.0) if check.over and check.scale else 1.0


def answer_texts(check: Checked, ground: Ground) -> AnswerTexts:
    """A condition's answer in words."""
    if not check.sets:
        return AnswerTexts(_("nothing set"))
    texts = AnswerTexts(*WORDS[check.condition.name].answer_texts(check, ground))
    return texts._replace(needed="") if check.ok else texts
