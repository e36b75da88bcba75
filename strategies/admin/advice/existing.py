"""Advice about strategies that exist, as the page shows it (SPEC M6). Amounts in fen."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.domain.money import format_yuan
from strategies.admin.wording.revision import shown_content
from strategies.models import AdviceRun, Strategy
from strategies.services.advice.existing import DROP, KEEP, MOVE, NARROW, NOTHING, WIDEN
from strategies.wording.advice import hours


def existing(run: AdviceRun) -> list[dict[str, Any]]:
    """The strategies over the same days, each with what is advised."""
    contents = {str(each["id"]): each for each in run.present["strategies"]}
    # Deleted ones are not linked, and nothing is made of advice about them.
    live = set(
        Strategy.objects.filter(shop=run.shop_id, deleted_at=None).values_list("pk", flat=True)
    )
    return [
        {
            "name": contents[each["strategy"]]["name"],
            "pk": int(each["strategy"]),
            "live": int(each["strategy"]) in live,
            "hits": each["hits"],
            "amount": each["amount"],
            "bad": each["all"]["bad"],
            "loss": each["all"]["loss"],
            **_shown(run, each, contents, live),
        }
        for each in run.summary["existing"]
    ]


def _shown(
    run: AdviceRun,
    each: Mapping[str, Any],
    contents: Mapping[str, Mapping[str, Any]],
    live: set[int],
) -> dict[str, Any]:
    advice = each.get("advice", NOTHING)
    kind = advice["kind"]
    draft = advice.get("draft")
    return {
        "kind": kind,
        "advice": _what(kind, each),
        "changes": _changes(run, advice, contents[each["strategy"]], contents),
        "effect": "" if kind == KEEP else _effect(advice),
        "draft": draft if draft in live else None,
        "makes_draft": bool(advice.get("keys")) and draft not in live,
        "tried": kind in (DROP, MOVE) or draft in live,
    }


def _what(kind: str, each: Mapping[str, Any]) -> str:
    if kind == DROP and not each["hits"]:
        return _("Drop it, or look at its conditions: it took nothing in these days.")
    if kind == DROP and not each["advice"]["lost"]:
        return _(
            "Drop it, and look at those that would take the same: it costs more than it saves."
        )
    return {
        KEEP: _("Keep it."),
        NARROW: _("Narrow it: what goes wrong is in one part of what it takes."),
        WIDEN: _("Widen it: people approved nearly all of what it would take besides."),
        DROP: _("Drop it: it costs more than it saves, and no single condition mends that."),
        MOVE: _("Put it elsewhere in the order of its scenario."),
    }[kind]


def _changes(
    run: AdviceRun,
    advice: Mapping[str, Any],
    content: Mapping[str, Any],
    contents: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    if advice["kind"] == MOVE:
        names = [contents[str(pk)]["name"] for pk in advice["order"] if str(pk) in contents]
        return [_("New order: %s") % " → ".join(names)]
    if not advice.get("keys"):
        return []
    before = shown_content(content, run.shop)
    after = shown_content({**content, **advice["keys"]}, run.shop)
    return [
        _("%(label)s: %(after)s (at present %(before)s)")
        % {"label": label, "after": after.get(label, "–"), "before": before.get(label, "–")}
        for label in {**after, **before}
        if before.get(label) != after.get(label)
    ]


def _effect(advice: Mapping[str, Any]) -> str:
    """What the whole board would have done otherwise."""
    said = []
    if advice["gained"]:
        said.append(
            ngettext(
                "%(count)d request more would have been approved, of which %(bad)d is known to have"
                " gone wrong (%(loss)s)",
                "%(count)d requests more would have been approved, of which %(bad)d are known to"
                " have gone wrong (%(loss)s)",
                advice["gained"],
            )
            % {
                "count": advice["gained"],
                "bad": advice["gained_bad"],
                "loss": format_yuan(advice["gained_loss"]),
            }
        )
    if advice["lost"]:
        said.append(
            ngettext(
                "%(count)d request more would have gone to people, of which %(bad)d is known to"
                " have gone wrong (%(loss)s)",
                "%(count)d requests more would have gone to people, of which %(bad)d are known to"
                " have gone wrong (%(loss)s)",
                advice["lost"],
            )
            % {
                "count": advice["lost"],
                "bad": advice["lost_bad"],
                "loss": format_yuan(advice["lost_loss"]),
            }
        )
    if not said:
        return _("Nothing would have been decided otherwise.")
    minutes = advice["minutes"]
    work = _("%s of work less") if minutes >= 0 else _("%s of work more")
    return _("%s.") % _("; ").join([*said, work % hours(abs(minutes))])
