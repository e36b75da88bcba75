"""Results of a trial run as texts and rows for its page (SPEC M3)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.domain.money import format_yuan
from aftersale.domain.punctuation import COLON
from aftersale.services.access import masks
from aftersale.services.shared.shown import format_time
from strategies.admin.wording.sentence import sentence
from strategies.models import Decision, Scenario, TrialKind, TrialRun
from strategies.services import trials

from .charts import pairs

FAST_REFUND = "fast_refund"


def default_against(trial: TrialRun) -> str:
    """The default baseline; the present strategies compare with reality only."""
    return "real" if trial.kind == TrialKind.PRESENT else "present"


def heading(trial: TrialRun) -> str:
    """Title of the trial run, in the reader's language."""
    if trial.kind == TrialKind.PRIORITIES and trial.title in Scenario.values:
        return f"{trial.get_kind_display()}{COLON}{Scenario(trial.title).label}"
    title = masks.shown_text(trial.title, "", trial.shop_id)
    return f"{trial.get_kind_display()}{COLON}{title}"


def days_of(trial: TrialRun) -> tuple[date, date]:
    zone = ZoneInfo(trial.shop.timezone)
    last = trial.ends_at.astimezone(zone).date() - timedelta(days=1)
    return trial.starts_at.astimezone(zone).date(), last


def in_words(trial: TrialRun, against: str) -> list[str]:
    """The figures as sentences, the most important first."""
    if not trial.total:
        return [_("No ticket was evaluated in these days."), *_evaluated_later(trial)]
    found = trial.summary["changes"][against]
    gained, lost = found["gained"], found["lost"]
    said = []

    def say(text: str, count: int, amount: int = 0) -> None:
        if count:
            said.append(text % {"count": count, "amount": format_yuan(amount)})

    # fmt: off
    say(ngettext(
        "%(count)d more ticket (%(amount)s) would have been approved automatically.",
        "%(count)d more tickets (%(amount)s) would have been approved automatically.",
        gained["tickets"]), gained["tickets"], gained["amount"])
    say(ngettext(
        "%(count)d ticket (%(amount)s) would have gone to people instead.",
        "%(count)d tickets (%(amount)s) would have gone to people instead.",
        lost["tickets"]), lost["tickets"], lost["amount"])
    say(ngettext(
        "%(count)d of the gained turned into a likely loss (%(amount)s).",
        "%(count)d of the gained turned into likely losses (%(amount)s).",
        gained["likely_losses"]), gained["likely_losses"], gained["likely_loss_amount"])
    say(ngettext(
        "%(count)d of the gained went to arbitration later.",
        "%(count)d of the gained went to arbitration later.",
        gained["arbitrations"]), gained["arbitrations"])
    # fmt: on
    return said or [_("Nothing would have been different.")]


def _evaluated_later(trial: TrialRun) -> list[str]:
    """A note where tickets applied for in these days were evaluated later: decisions are replayed
    at their own moment, which for imported tickets is the day of import."""
    later = Decision.objects.filter(
        shop=trial.shop_id,
        applied_at__gte=trial.starts_at,
        applied_at__lt=trial.ends_at,
        decided_at__gte=trial.ends_at,
    ).aggregate(
        first=Min("decided_at"), last=Max("decided_at"), tickets=Count("ticket", distinct=True)
    )
    if not later["tickets"]:
        return []
    zone = ZoneInfo(trial.shop.timezone)
    text = ngettext(
        "%(count)d ticket was applied for then and evaluated later, from %(first)s to %(last)s:"
        " choose those days.",
        "%(count)d tickets were applied for then and evaluated later, from %(first)s to %(last)s:"
        " choose those days.",
        later["tickets"],
    )
    days = {name: f"{later[name].astimezone(zone):%Y-%m-%d}" for name in ("first", "last")}
    return [text % {"count": later["tickets"], **days}]


class Names:
    """The name behind a key of the summary, as of the start of the trial run."""

    def __init__(self, trial: TrialRun) -> None:
        found = trials.named(trial)
        self.caps = {key: each.daily_cap for key, each in found.items()}
        self._names: dict[str, str] = {FAST_REFUND: _("Fast refund")}
        self._names |= {key: each.name for key, each in found.items()}

    def __call__(self, key: str | None) -> str:
        return _("People") if not key else self._names.get(key, _("A deleted strategy"))


@dataclass
class Line:
    """A strategy in the table: hits and amounts in fen of the three, and what differs."""

    key: str
    name: str
    real: tuple[int, int]
    present: tuple[int, int]
    proposed: tuple[int, int]
    gained: int
    lost: int


def lines(trial: TrialRun, names: Names, against: str) -> list[Line]:
    summary = trial.summary
    real = {key: (each["hits"], each["amount"]) for key, each in summary["real"].items()}
    present, proposed = _totals(summary["present"]), _totals(summary["proposed"])
    changed = summary["by_strategy"][against]
    keys = {*real, *present, *proposed, *changed["gained"], *changed["lost"]}
    none = (0, 0)
    found = [
        Line(
            key,
            names(key),
            real.get(key, none),
            present.get(key, none),
            proposed.get(key, none),
            changed["gained"].get(key, {}).get("tickets", 0),
            changed["lost"].get(key, {}).get("tickets", 0),
        )
        for key in keys
    ]
    return sorted(found, key=lambda line: (-line.proposed[1], -line.real[1], line.key))


def _totals(side: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    totals: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for each in side["days"]:
        hits, amount = totals[each["strategy"]]
        totals[each["strategy"]] = hits + each["hits"], amount + each["amount"]
    return dict(totals)


def most_different(found: list[Line]) -> str:
    """The side whose days are shown first."""
    if not found:
        return ""
    return max(found, key=lambda line: (abs(line.proposed[1] - line.present[1]), line.proposed)).key


def _bars(trial: TrialRun, before: int, after: int) -> tuple[int, int]:
    """Without a proposal there is nothing to compare."""
    return (0 if trial.kind == TrialKind.PRESENT else before, after)


def cap_use(trial: TrialRun, names: Names, key: str) -> dict[str, Any]:
    """A strategy's days, present beside proposed, with its daily cap (SPEC E4)."""
    first, last = days_of(trial)
    use: dict[str, dict[str, tuple[int, int]]] = {}
    for side in ("present", "proposed"):
        use[side] = {
            each["day"]: (each["hits"], each["amount"])
            for each in trial.summary[side]["days"]
            if each["strategy"] == key
        }
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    none = (0, 0)
    rows = [(day, use["present"].get(day, none), use["proposed"].get(day, none)) for day in days]
    cap = names.caps.get(key)
    highest = max(rows, key=lambda row: row[2][1], default=None)
    return {
        "name": names(key),
        "key": key,
        "cap": cap,
        "chart": pairs(
            [_bars(trial, present[1], proposed[1]) for _day, present, proposed in rows], line=cap
        ),
        "rows": [row for row in rows if row[1][0] or row[2][0]],
        "first": days[0],
        "last": days[-1],
        "highest": highest if highest and highest[2][1] else None,
        "percent": highest[2][1] * 100 // cap if highest and cap else None,
    }


def hours(trial: TrialRun) -> dict[str, Any]:
    """Approvals by the hour of the day on the shop's clock."""
    present, proposed = (
        {each["hour"]: (each["hits"], each["amount"]) for each in trial.summary[side]["hours"]}
        for side in ("present", "proposed")
    )
    none = (0, 0)
    rows = [(hour, present.get(hour, none), proposed.get(hour, none)) for hour in range(24)]
    return {
        "chart": pairs([_bars(trial, before[0], after[0]) for _hour, before, after in rows]),
        "rows": [row for row in rows if row[1][0] or row[2][0]],
    }


def breakers(trial: TrialRun, names: Names) -> list[dict[str, Any]]:
    """Circuit breakers that would have opened, and whether they do with the present ones too."""
    tripped = trial.summary["proposed"]["tripped"]
    return [
        {
            "name": names(key),
            "at": format_time(datetime.fromisoformat(at), trial.shop),
            "anyway": key in trial.summary["present"]["tripped"],
        }
        for key, at in sorted(tripped.items(), key=lambda each: each[1])
    ]


def tried(trial: TrialRun) -> list[str]:
    """How the proposed strategies differ from the present ones, in words."""
    if trial.paused:
        return [_("Automatic refunds are paused all the time; fast refund goes on.")]
    said = []
    before = {each["id"]: each for each in trial.present.get("strategies", ())}
    after = {each["id"]: each for each in trial.proposed.get("strategies", ())}
    for key, new in after.items():
        old, name = before.get(key), {"name": new["name"]}
        what = sentence(new, zone=trial.shop.timezone)
        if old is None:
            said.append(_("New: “%(name)s”.") % name + " " + what)
            continue
        # Place and revision are no settings.
        keys = {*old, *new} - {"enabled", "priority", "revision"}
        if any(old.get(each) != new.get(each) for each in keys):
            said.append(_("Changed: “%(name)s”.") % name + " " + what)
        if old["enabled"] != new["enabled"]:
            text = _("Enabled: “%(name)s”.") if new["enabled"] else _("Disabled: “%(name)s”.")
            said.append(text % name)
    said += [
        _("Deleted: “%(name)s”.") % {"name": old["name"]}
        for key, old in before.items()
        if key not in after
    ]
    for scenario in Scenario:
        orders = [
            [each["id"] for each in _in_order(side.values(), scenario) if each["id"] in kept]
            for side, kept in ((before, after), (after, before))
        ]
        if orders[0] != orders[1]:
            order = _(" → ").join(after[key]["name"] for key in orders[1])
            said.append(f"{scenario.label}{COLON}{order}")
    return said


def _in_order(strategies: Any, scenario: str) -> list[Any]:
    chosen = (each for each in strategies if each["scenario"] == scenario)
    return sorted(chosen, key=lambda each: each["priority"])
