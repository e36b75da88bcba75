"""A weekly note in words, made from the figures that it keeps, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from aftersale.domain.labels import REASONS
from aftersale.domain.money import format_yuan
from strategies.wording.advice import hours

from .figures import HOURS, LOSSES, SHARE
from .looks import MISTAKES, PROPOSALS


def sentences(facts: Mapping[str, Any]) -> list[str]:
    """Changes first, then points to look at."""
    return [_change(each) for each in facts["changed"]] + [_look(each) for each in facts["look"]]


def heading(facts: Mapping[str, Any]) -> str:
    return _("%(name)s, the week from %(first)s to %(last)s:") % {
        name: facts[name] for name in ("name", "first", "last")
    }


def _change(said: Mapping[str, Any]) -> str:
    if said["what"] == SHARE:
        text = _("Decided without people: %(now)d%% of the cases, %(before)d%% the week before.")
        return text % {"now": said["now"], "before": said["before"]}
    if said["what"] == HOURS:
        return _("Work saved: %(now)s, %(before)s the week before.") % {
            "now": hours(said["now"]),
            "before": hours(said["before"]),
        }
    if said["what"] == LOSSES:
        return _("Likely losses: %(now)d (%(amount)s), %(before)d the week before.") % {
            "now": said["now"],
            "amount": format_yuan(said["amount"]),
            "before": said["before"],
        }
    given = [
        _("%(reason)s (%(count)d)")
        % {"reason": REASONS.get(each["reason"], each["reason"]), "count": each["requests"]}
        for each in said["reasons"]
    ]
    between = pgettext("between the names of strategies", ", ")
    return _("New reasons of buyers: %s.") % between.join(given)


def _look(said: Mapping[str, Any]) -> str:
    if said["what"] == PROPOSALS:
        return ngettext(
            "To look at: a strategy is proposed that would save %(hours)s a month, and %(loss)s a"
            " month would go wrong.",
            "To look at: %(count)d strategies are proposed that would save %(hours)s a month, and"
            " %(loss)s a month would go wrong.",
            said["count"],
        ) % {
            "count": said["count"],
            "hours": hours(said["minutes"]),
            "loss": format_yuan(said["loss"]),
        }
    if said["what"] == MISTAKES:
        return ngettext(
            "To look at: “%(name)s” approved %(count)d request (%(amount)s) that went wrong, more"
            " than in the weeks before.",
            "To look at: “%(name)s” approved %(count)d requests (%(amount)s) that went wrong, more"
            " than in the weeks before.",
            said["number"],
        ) % {
            "name": said["name"],
            "count": said["number"],
            "amount": format_yuan(said["amount"]),
        }
    return ngettext(
        "To look at: the daily cap of “%(name)s”, as it is now, ran out on %(count)d day.",
        "To look at: the daily cap of “%(name)s”, as it is now, ran out on %(count)d days.",
        said["days"],
    ) % {"name": said["name"], "count": said["days"]}
