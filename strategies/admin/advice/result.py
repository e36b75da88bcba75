"""The result of a search, as the page shows it (SPEC M6). Amounts in fen."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.domain.money import format_yuan
from aftersale.models import Ticket
from strategies.admin.wording.sentence import sentence
from strategies.models import AdviceRun, Scenario, Strategy
from strategies.services.advice.drafts import named
from strategies.wording.advice import end_in_words, hours, missing_in_words

from .curve import curve
from .existing import existing


def days_of(run: AdviceRun) -> tuple[date, date]:
    """The first and the last day, on the shop's clock."""
    zone = ZoneInfo(run.shop.timezone)
    return run.starts_at.astimezone(zone).date(), (
        run.ends_at.astimezone(zone) - timedelta(seconds=1)
    ).date()


def result(run: AdviceRun, wanted: int | None) -> dict[str, Any]:
    summary = run.summary
    points = summary["points"]
    if wanted is None or not 0 <= wanted < len(points):
        wanted = next((n for n, point in enumerate(points) if point["within_limit"]), None)
    point = None if wanted is None else points[wanted]
    return {
        "point": wanted,
        "curve": curve(points, wanted),
        "points": [_choice(place, each) for place, each in enumerate(points)],
        "proposals": _proposals(run, point) if point else [],
        "together": _together(point) if point and point["figures"] else [],
        "missing": [
            (Scenario(each["scenario"]).label, missing_in_words(each))
            for each in summary["missing"]
        ],
        "ends": [
            {"name": name, "rule": rule, **summary["ends"][end]}
            for end in summary["ends"]
            for name, rule in [end_in_words(end)]
        ],
        "basis": _basis(summary),
        "existing": existing(run),
        "drafts": Strategy.objects.filter(
            shop=run.shop_id, pk__in=run.drafts, deleted_at=None
        ).order_by("scenario", "priority"),
    }


def _choice(place: int, point: Mapping[str, Any]) -> dict[str, Any]:
    month = (point["figures"] or {"month": {"minutes_a_month": 0, "loss_a_month": 0}})["month"]
    return {
        "place": place,
        "within_limit": point["within_limit"],
        "hours": hours(month["minutes_a_month"]),
        "loss": format_yuan(month["loss_a_month"]),
    }


def _together(point: Mapping[str, Any]) -> list[str]:
    """The whole set, in sentences."""
    figures = point["figures"]
    month, unseen = figures["month"], figures["unseen"]
    low, high = unseen["loss_interval"]
    return [
        ngettext(
            "With this strategy %(hours)s of work a month would have been taken over, and"
            " %(loss)s a month would have gone wrong.",
            "With these %(count)d strategies %(hours)s of work a month would have been taken over,"
            " and %(loss)s a month would have gone wrong.",
            len(point["proposals"]),
        )
        % {
            "count": len(point["proposals"]),
            "hours": hours(month["minutes_a_month"]),
            "loss": format_yuan(month["loss_a_month"]),
        },
        _(
            "In the last third, which the search did not see: %(hours)s of work a month, and"
            " %(loss)s a month gone wrong. Of other months like it, 95 of 100 would lie between"
            " %(low)s and %(high)s."
        )
        % {
            "hours": hours(unseen["minutes_a_month"]),
            "loss": format_yuan(unseen["loss_a_month"]),
            "low": format_yuan(low),
            "high": format_yuan(high),
        },
    ]


def _proposals(run: AdviceRun, point: Mapping[str, Any]) -> list[dict[str, Any]]:
    tickets = _tickets(run, point["proposals"])
    shown = []
    for (own, name), each in zip(named(run, point), point["proposals"], strict=True):
        content = own.content(run.shop.code, 1)
        buyer = tickets.get(each["buyer"]["ticket"])
        shown.append(
            {
                "name": name,
                "scenario": Scenario(each["scenario"]).label,
                "sentence": sentence(content, zone=run.shop.timezone),
                "figures": each,
                "hours": hours(each["all"]["minutes"]),
                "unseen_hours": hours(each["unseen"]["minutes"]),
                "unknown": each["all"]["tickets"] - each["all"]["known"],
                "interval": list(map(format_yuan, each["unseen"]["loss_interval"])),
                "right": [tickets[pk] for pk in each["right"] if pk in tickets],
                "wrong": [tickets[pk] for pk in each["wrong"] if pk in tickets],
                "buyer": _buyer(run, each, buyer),
            }
        )
    return shown


def _tickets(run: AdviceRun, proposals: Sequence[Mapping[str, Any]]) -> dict[int, Ticket]:
    wanted = {
        pk for each in proposals for pk in (*each["right"], *each["wrong"], each["buyer"]["ticket"])
    }
    return Ticket.objects.filter(shop=run.shop_id).in_bulk(wanted)


def _buyer(run: AdviceRun, proposal: Mapping[str, Any], ticket: Ticket | None) -> str:
    """The buyer with most of it, and what bounds somebody who knows the conditions."""
    one = proposal["buyer"]
    said = ngettext(
        "Most went to %(buyer)s: %(count)d request, %(amount)s (%(share)d %%).",
        "Most went to %(buyer)s: %(count)d requests, %(amount)s (%(share)d %%).",
        one["tickets"],
    ) % {
        "buyer": ticket.buyer if ticket else _("one buyer"),
        "count": one["tickets"],
        "amount": format_yuan(one["amount"]),
        "share": one["share"],
    }
    near = proposal.get("under_cap")
    if near:
        said += " " + ngettext(
            "One buyer asked %(count)d time for just under the cap of ¥%(cap)s, %(amount)s"
            " together: look whether somebody knows it.",
            "One buyer asked %(count)d times for just under the cap of ¥%(cap)s, %(amount)s"
            " together: look whether somebody knows it.",
            near["tickets"],
        ) % {
            "count": near["tickets"],
            "cap": proposal["keys"]["single_amount_cap"],
            "amount": format_yuan(near["amount"]),
        }
    if run.present.get("buyer_limit"):
        return said
    return (
        said
        + " "
        + _(
            "The shop has no limit for each buyer: one who learns the conditions could take up to"
            " ¥%(cap)s a day. Set a limit before you enable it."
        )
        % {"cap": proposal["keys"]["daily_cap"]}
    )


def _basis(summary: Mapping[str, Any]) -> list[str]:
    """The past that the search rests on."""
    tickets, timed = summary["tickets"], summary["timed"]
    said = []
    if tickets:
        said.append(
            _("%(timed)d of %(tickets)d requests have steps of people that can be timed.")
            % {"timed": timed, "tickets": tickets}
        )
        if not timed:
            said.append(_("3 minutes each are assumed."))
        elif timed < tickets:
            said.append(_("The others count with the median of their type."))
    if summary["estimated"]:
        said.append(
            _(
                "%d evaluations are worked out from imported history; where the file had no end,"
                " it is not known."
            )
            % summary["estimated"]
        )
    return said
