"""A condition's figures in words: what it was held against, by how much it failed or held, and
what would have been needed (SPEC E3, E8).

Texts have no tense: they are said of last year's decisions and of tickets that wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from aftersale.domain.labels import REASONS
from aftersale.domain.money import format_yuan
from aftersale.models import OrderStatus
from strategies.admin.wording.sentence import windows_in_words
from strategies.engine import Facts
from strategies.engine.conditions import Strategy
from strategies.engine.explanation import Checked, Edge
from strategies.engine.hours import DAY, DAY_MINUTES, EPOCH, HOUR, MINUTE
from strategies.engine.vocabulary import Condition

MOST_NAMED = 3


@dataclass(frozen=True)
class Ground:
    """What the answers of one strategy are told on."""

    strategy: Strategy
    facts: Facts
    zone: ZoneInfo

    def at(self, micros: int | None) -> str:
        """A moment on the shop's clock."""
        if micros is None:
            return pgettext("end of a period", "open")
        return f"{(EPOCH + timedelta(microseconds=micros)).astimezone(self.zone):%Y-%m-%d %H:%M}"


class Words(NamedTuple):
    detail: str
    """What was held against what."""
    distance: str
    """By how much it failed, or what was left; empty where there is no near or far."""
    needed: str
    """What would have made it hold, where it failed."""


def words(check: Checked, ground: Ground) -> Words:
    if not check.sets:
        return Words(_("nothing set"), "", "")
    told = Words(*_WORDS[check.condition](check, ground))
    return told._replace(needed="") if check.ok else told


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


Told = tuple[str, str, str]


def _enabled(check: Checked, ground: Ground) -> Told:
    if check.ok:
        return _("switched on"), "", ""
    return _("switched off"), "", _("to be switched on")


def _validity(check: Checked, ground: Ground) -> Told:
    start, end = check.limit
    detail = _("applied at %(at)s, valid %(from)s to %(until)s") % {
        "at": ground.at(check.value),
        "from": ground.at(start),
        "until": ground.at(end),
    }
    distance = ""
    if not check.ok:
        early = start is not None and check.value < start
        text = _("%(span)s before it began") if early else _("%(span)s after it had ended")
        distance = text % {"span": span(check.over or 0)}
    needed = _("a validity period that has %(at)s in it") % {"at": ground.at(check.value)}
    return detail, distance, needed


def _execution_time(check: Checked, ground: Ground) -> Told:
    at = ground.at(check.value)
    if ground.strategy.execution_time == "windows":
        given = [(_clock(start), _clock(end)) for start, end in ground.strategy.windows]
        detail = _("applied at %(at)s, runs %(windows)s") % {
            "at": at,
            "windows": windows_in_words(given),
        }
        distance = "" if check.ok else _outside(check.limit)
        return detail, distance, _("daily windows that have %(time)s in them") % {"time": at[-5:]}
    if check.ok:
        return _("applied at %(at)s, in off-hours") % {"at": at}, "", ""
    detail = _("applied at %(at)s, within working hours") % {"at": at}
    return detail, _inside(check.limit), _("an application in off-hours")


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= DAY_MINUTES else minutes - DAY_MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _outside(edge: Edge) -> str:
    """To the nearer edge of daily windows."""
    if edge.since is None or edge.until is None:
        return ""
    if edge.since <= edge.until:
        return _("%(span)s after the window closed") % {"span": span(edge.since)}
    return _("%(span)s before the window opens") % {"span": span(edge.until)}


def _inside(edge: Edge | None) -> str:
    """To the nearer edge of working hours."""
    if edge is None:
        return ""
    if edge.since is None or edge.until is None:
        return _("the shop has no working hours")
    if edge.until < edge.since:
        return _("%(span)s before working hours end") % {"span": span(edge.until)}
    return _("%(span)s after working hours began") % {"span": span(edge.since)}


def _paid_time(check: Checked, ground: Ground) -> Told:
    needed = _("a payment in off-hours, or “paid at any time”")
    if check.value is None:
        return _("time of payment unknown"), "", needed
    at = {"at": ground.at(check.value)}
    if check.ok:
        return _("paid at %(at)s, in off-hours") % at, "", ""
    return _("paid at %(at)s, within working hours") % at, _inside(check.limit), needed


def _order_status(check: Checked, ground: Ground) -> Told:
    labels = dict(OrderStatus.choices)
    status = labels.get(check.value, check.value)
    chosen = _listed([str(labels.get(one, one)) for one in sorted(check.limit)])
    detail = _("the order was “%(status)s”; it is for: %(chosen)s") % {
        "status": status,
        "chosen": chosen,
    }
    return detail, "", _("the order status “%(status)s” among those chosen") % {"status": status}


def _single_amount(check: Checked, ground: Ground) -> Told:
    detail = _("asked for %(amount)s, at most %(cap)s") % {
        "amount": format_yuan(check.value),
        "cap": format_yuan(check.limit),
    }
    over = check.over or 0
    text = _("%(over)s over the single-amount cap") if over > 0 else _("%(over)s below the cap")
    needed = _("a single-amount cap of %(amount)s or more") % {"amount": format_yuan(check.value)}
    return detail, text % {"over": format_yuan(abs(over))}, needed


def _time_limit(check: Checked, ground: Ground) -> Told:
    hours = check.limit // HOUR
    if check.value is None:
        unknown = _("the time from which it counts is unknown")
        return unknown, "", _("the time of payment, shipping or delivery to be known")
    took = check.limit + (check.over or 0)
    detail = ngettext(
        "applied %(took)s after %(since)s, at most %(hours)s hour",
        "applied %(took)s after %(since)s, at most %(hours)s hours",
        hours,
    ) % {"took": span(max(took, 0)), "since": ground.at(check.value), "hours": hours}
    over = check.over or 0
    text = _("%(span)s too late") if over > 0 else _("%(span)s left")
    wanted = -(-took // HOUR)
    needed = ngettext(
        "a time limit of %(hours)d hour or more", "a time limit of %(hours)d hours or more", wanted
    ) % {"hours": wanted}
    return detail, text % {"span": span(abs(over))}, needed


def _label_printed(check: Checked, ground: Ground) -> Told:
    needed = _("an order whose label is not printed, or a strategy that takes printed ones too")
    if check.value is None:
        return _("no label printed"), "", needed
    detail = _("printed at %(at)s") % {"at": ground.at(check.value)}
    if check.ok:
        return detail, _("after the decision"), ""
    return detail, _("printed %(span)s before") % {"span": span(check.over or 0)}, needed


def _product(check: Checked, ground: Ground) -> Told:
    asked, against = _listed(ground.facts.products), _listed(check.value)
    if check.limit == "include":
        if check.ok:
            return _("%(products)s: all of them are listed") % {"products": asked}, "", ""
        return (
            _("%(products)s: not all of them are listed") % {"products": asked},
            _("not listed: %(products)s") % {"products": against},
            _("%(products)s among the listed goods") % {"products": against},
        )
    if check.ok:
        return _("%(products)s: none of them is excluded") % {"products": asked}, "", ""
    return (
        _("%(products)s: one of them is excluded") % {"products": asked},
        _("excluded: %(products)s") % {"products": against},
        _("%(products)s not among the excluded goods") % {"products": against},
    )


def _buyer_reason(check: Checked, ground: Ground) -> Told:
    reason = REASONS.get(check.value, check.value)
    chosen = _listed(sorted(str(REASONS.get(one, one)) for one in check.limit))
    detail = _("the buyer's reason “%(reason)s”; it is for: %(chosen)s") % {
        "reason": reason,
        "chosen": chosen,
    }
    return detail, "", _("the reason “%(reason)s” among those chosen") % {"reason": reason}


def _buyer_guard(check: Checked, ground: Ground) -> Told:
    value, limit = check.value, check.limit
    if value.blocked:
        blocked = _("the buyer is on the block list")
        return blocked, "", _("the buyer to be off the block list")
    days = limit.span // DAY
    given = {
        "count": value.number,
        "sum": format_yuan(value.total),
        "days": days,
        "number": value.number + 1,
        "most": limit.approvals,
    }
    detail = (
        _("%(count)s automatic refunds of this buyer in %(days)s days before it, %(sum)s in all")
        % given
    )
    if limit.approvals is not None and value.number >= limit.approvals:
        text = _("automatic refund no. %(number)s of this buyer in %(days)s days, at most %(most)s")
        return detail, text % given, _("a limit of %(number)s refunds a buyer or more") % given
    if check.over is None or check.ok:
        return detail, "", ""
    distance = _("%(over)s over the buyer's limit") % {"over": format_yuan(check.over)}
    total = {"total": format_yuan(value.total + ground.facts.amount)}
    return detail, distance, _("a limit of %(total)s a buyer or more") % total


def _daily_cap(check: Checked, ground: Ground) -> Told:
    amount = ground.facts.amount
    left = {
        "left": format_yuan(max(check.limit - check.value, 0)),
        "short": format_yuan(check.over or 0),
    }
    detail = _("%(used)s used before it that day, of %(cap)s") % {
        "used": format_yuan(check.value),
        "cap": format_yuan(check.limit),
    }
    if check.ok:
        return detail, _("%(left)s of the day's cap left") % left, ""
    distance = _("%(left)s of the day's cap left, %(short)s short") % left
    needed = _("a daily cap of %(total)s or more") % {"total": format_yuan(check.value + amount)}
    return detail, distance, needed


def _listed(names: Any) -> str:
    """The first few by name, the rest by number."""
    names = list(names)
    comma = pgettext("between the names of goods", ", ")
    named = comma.join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more <= 0:
        return named
    return ngettext("%(named)s and %(more)d more", "%(named)s and %(more)d more", more) % {
        "named": named,
        "more": more,
    }


_WORDS: dict[Condition, Callable[[Checked, Ground], Told]] = {
    Condition.ENABLED: _enabled,
    Condition.VALIDITY: _validity,
    Condition.EXECUTION_TIME: _execution_time,
    Condition.PAID_TIME: _paid_time,
    Condition.ORDER_STATUS: _order_status,
    Condition.SINGLE_AMOUNT: _single_amount,
    Condition.TIME_LIMIT: _time_limit,
    Condition.LABEL_PRINTED: _label_printed,
    Condition.PRODUCT: _product,
    Condition.BUYER_REASON: _buyer_reason,
    Condition.BUYER_GUARD: _buyer_guard,
    Condition.DAILY_CAP: _daily_cap,
}
