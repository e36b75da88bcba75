"""Findings of the review of a shop's strategies, in a merchant's words (SPEC M5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from aftersale.domain.labels import REASONS
from aftersale.domain.working_week import spans_in_words, spans_of_the_week
from aftersale.models import OrderStatus, TicketType
from strategies.admin.wording.sentence import money
from strategies.engine.facts import Facts
from strategies.engine.hours import EPOCH
from strategies.engine.regions import OTHER, could_take
from strategies.engine.review import Finding, Shadowing
from strategies.engine.rulebook import Rulebook
from strategies.engine.strategy import Strategy
from strategies.models import Scenario
from strategies.services.review import IDLE_DAYS, Never, Reading, why_never

# Overlapping strategies named by a finding; the rest are counted.
_MOST_NAMED = 2


@dataclass(frozen=True)
class Note:
    """A thing that is pointed out of a strategy; `details` are read when they are unfolded."""

    text: str
    icon: str
    warning: bool = False
    details: list[str] = field(default_factory=list)


def notes(reading: Reading, key: object, *, zone: str, now: datetime) -> list[Note]:
    """All findings about the strategy with this key; times are on the shop's clock."""
    index = reading.index_of(key)
    if index is None:
        return []
    by_finding: dict[Finding, list[Shadowing]] = {}
    for found in reading.of(index):
        by_finding.setdefault(found.finding, []).append(found)
    made = []
    for finding, several in by_finding.items():
        if finding is Finding.NEVER:
            made.append(_never(reading.rulebook, index, zone=zone, now=now))
        elif finding is Finding.SHADOWED:
            made.append(_shadowed(reading.rulebook, several[0], zone=zone))
        elif finding is Finding.OVERLAPS:
            made.append(_overlaps(reading.rulebook, several, zone=zone))
        else:
            made.append(_not_determined(reading.rulebook, several[0]))
    if key in reading.idle and Finding.NEVER not in by_finding:
        text = ngettext(
            "It has taken no ticket in the last %d day.",
            "It has taken no ticket in the last %d days.",
            IDLE_DAYS,
        )
        made.append(Note(text % IDLE_DAYS, "hourglass_empty"))
    return made


def notes_of_typed(reading: Reading, key: object, *, zone: str) -> list[Note]:
    """Findings about the strategy being typed and those that it would shadow."""
    index = reading.index_of(key)
    made = []
    for found in reading.found:
        if found.finding is not Finding.SHADOWED:
            continue
        if found.strategy == index:
            made.append(_shadowed(reading.rulebook, found, zone=zone))
        elif index in found.others and reading.rulebook.strategies[found.strategy].enabled:
            made.append(_would_shadow(reading.rulebook, found, index))
    return made


def gaps_in_words(reading: Reading) -> str:
    """When, in the coming week, the shop is off and no strategy before shipping runs."""
    clock = reading.rulebook.clock
    walls = [(clock.wall(start), clock.wall(end)) for start, end in reading.gaps]
    return spans_in_words(spans_of_the_week(walls)) if walls else ""


def _never(rulebook: Rulebook, index: int, *, zone: str, now: datetime) -> Note:
    strategy = rulebook.strategies[index]
    why = why_never(rulebook, index, now=now)
    reason = {
        Never.EMPTY_VALIDITY: _("its validity ends before it begins."),
        Never.NO_GOODS: _("it is for listed goods only, and none are listed."),
        Never.NO_WORKING_HOURS: _(
            "it runs in off-hours, and the shop has no working hours that would say when those are."
        ),
        Never.NO_OFF_HOURS: _("it runs in off-hours, and no off-hours come while it is valid."),
        Never.NO_TIME: _("its validity leaves no time at which it would run."),
    }.get(why)
    if reason is None:
        assert strategy.valid_until is not None
        reason = _("its validity ended on %(end)s.") % {"end": _at(strategy.valid_until, zone)}
    text = _("Takes no new tickets: %(reason)s") % {"reason": reason}
    return Note(text, "block", warning=strategy.enabled)


def _shadowed(rulebook: Rulebook, found: Shadowing, *, zone: str) -> Note:
    others = [rulebook.strategies[other] for other in found.others]
    mine = rulebook.strategies[found.strategy]
    names = {"names": _names(others, mine)}
    if len(others) == 1:
        text = _("Only runs while today's cap of %(names)s has too little left for a ticket.")
        why = _("%(names)s comes first and takes everything that this one could take.")
    else:
        text = _(
            "Only runs while today's caps of %(names)s have too little left for a ticket: together"
            " they take everything that this one could take."
        )
        why = ""
    details = [why % names] if why else []
    if any(other.breaker for other in others):
        details.append(_("The same goes for when a circuit breaker has switched one of them off."))
    details += _example(rulebook, found, zone)
    return Note(_if_enabled(mine, text % names), "filter_none", mine.enabled, details)


def _would_shadow(rulebook: Rulebook, found: Shadowing, index: int) -> Note:
    mine = rulebook.strategies[index]
    behind = rulebook.strategies[found.strategy]
    names = {"behind": _name(behind, mine)}
    others = [rulebook.strategies[other] for other in found.others if other != index]
    if not others:
        text = _(
            "With this, %(behind)s would only run while today's cap of this one has too little left"
            " for a ticket."
        )
    else:
        names["names"] = _names(others, mine)
        text = _(
            "With this and %(names)s, %(behind)s would only run while their caps of today have too"
            " little left for a ticket."
        )
    return Note(text % names, "filter_none", warning=True)


def _overlaps(rulebook: Rulebook, several: Sequence[Shadowing], *, zone: str) -> Note:
    mine = rulebook.strategies[several[0].strategy]
    others = [rulebook.strategies[found.others[0]] for found in several]
    text = _("Shares tickets with %(names)s, which comes first.")
    if len(others) > 1:
        text = _("Shares tickets with %(names)s, which come first.")
    details = [line for found in several for line in _example(rulebook, found, zone)]
    return Note(text % {"names": _names(others, mine)}, "join_inner", details=details)


def _not_determined(rulebook: Rulebook, found: Shadowing) -> Note:
    others = [rulebook.strategies[other] for other in found.others]
    text = _(
        "Whether %(names)s together leave anything for it is not determined: there are too many"
        " combinations."
    )
    names = _names(others, rulebook.strategies[found.strategy])
    return Note(text % {"names": names}, "help")


def _if_enabled(strategy: Strategy, text: str) -> str:
    return text if strategy.enabled else _("Once enabled: %(what)s") % {"what": text}


def _example(rulebook: Rulebook, found: Shadowing, zone: str) -> list[str]:
    """An example ticket that both could take, and which of them gets it."""
    if found.example is None:
        return []
    mine = rulebook.strategies[found.strategy]
    first = next(
        rulebook.strategies[other]
        for other in found.others
        if could_take(rulebook, other, found.example)
    )
    text = _(
        "For example %(ticket)s: it fits this strategy and also %(first)s, which is asked first."
    )
    ticket = _ticket(found.example, (first, mine), zone)
    return [text % {"ticket": ticket, "first": _name(first, mine)}]


def _ticket(facts: Facts, takers: Sequence[Strategy], zone: str) -> str:
    """The example in words, with the facts that one of the two strategies asks about."""
    parts = [
        _("a ticket of %(amount)s (%(kind)s)")
        % {"amount": money(facts.amount), "kind": TicketType(facts.type).label},
        _("applied for on %(at)s") % {"at": _at(facts.applied_at, zone)},
        _("order status “%(status)s”") % {"status": OrderStatus(facts.order_status or "").label},
    ]
    if any(s.time_limit is not None or _asks_paid_time(s) for s in takers):
        parts.append(_entered(facts, zone))
    if facts.label_printed_at is not None:
        parts.append(_("the shipping label printed"))
    if any(s.buyer_reasons for s in takers):
        parts.append(_reason(facts.reason))
    if any(s.product_condition != "all" for s in takers):
        pairs = zip(facts.products, facts.categories, strict=True)
        goods = pgettext("between the names of goods", ", ").join(_good(*pair) for pair in pairs)
        parts.append(_("goods: %(goods)s") % {"goods": goods})
    return pgettext("between the facts of a ticket", ", ").join(parts)


def _entered(facts: Facts, zone: str) -> str:
    """Since when the order has its status."""
    at, known, unknown = {
        "pending_shipment": (
            facts.paid_at, _("paid on %(at)s"), _("with an unknown time of payment")
        ),
        "shipped": (facts.shipped_at, _("shipped on %(at)s"), _("shipped at an unknown time")),
        "delivered": (
            facts.delivered_at, _("delivered on %(at)s"), _("delivered at an unknown time")
        ),
    }[facts.order_status or ""]  # fmt: skip
    return unknown if at is None else known % {"at": _at(at, zone)}


def _reason(reason: str) -> str:
    if reason == OTHER:
        return _("for a reason that neither of them lists")
    return _("for the reason %(reasons)s") % {
        "reasons": _("“%(reason)s”") % {"reason": REASONS.get(reason, reason)}
    }


def _good(product: str, category: str) -> str:
    if product == OTHER and category == OTHER:
        return _("some that neither of them lists")
    if product == OTHER:
        return _("of the category “%(category)s”") % {"category": category}
    if category == OTHER:
        return product
    return _("%(product)s of the category “%(category)s”") % {
        "product": product,
        "category": category,
    }


def _asks_paid_time(strategy: Strategy) -> bool:
    return strategy.execution_time == "off_hours" and not strategy.paid_any_time


def _name(strategy: Strategy, beside: Strategy) -> str:
    """The strategy's name, with its scenario where that differs."""
    name = _("“%(name)s”") % {"name": strategy.name}
    if strategy.scenario == beside.scenario:
        return name
    return _("%(name)s (%(scenario)s)") % {
        "name": name,
        "scenario": Scenario(strategy.scenario).label,
    }


def _names(strategies: Sequence[Strategy], beside: Strategy) -> str:
    names = [_name(strategy, beside) for strategy in strategies]
    if len(names) > _MOST_NAMED + 1:
        more = len(names) - _MOST_NAMED
        named = pgettext("between the names of strategies", ", ").join(names[:_MOST_NAMED])
        text = ngettext(
            "%(named)s and %(more)d other strategy", "%(named)s and %(more)d other strategies", more
        )
        return text % {"named": named, "more": more}
    if len(names) == 1:
        return names[0]
    first = pgettext("between the names of strategies", ", ").join(names[:-1])
    return _("%(first)s and %(last)s") % {"first": first, "last": names[-1]}


def _at(moment: int, zone: str) -> str:
    at = (EPOCH + timedelta(microseconds=moment)).astimezone(ZoneInfo(zone))
    return f"{at:%Y-%m-%d %H:%M}"
