"""Advice as programs read it: the command, `GET /advice` (INTERFACES). Money in yuan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aftersale.domain.money import plain_yuan
from strategies.advice.ends import UNKNOWN, End
from strategies.models import AdviceRun
from strategies.wording.advice import missing_in_words

from .change_drafts import in_yuan
from .drafts import chosen_point, documents


def shown(run: AdviceRun, point: int | None = None) -> dict[str, Any]:
    """The strategies of the point within the limit, or of the one asked for, as apply_strategies
    takes them, and beside each its figures. Raises NotFound for a point that is not there."""
    summary = run.summary
    zone = ZoneInfo(run.shop.timezone)
    chosen = chosen_point(run, point)
    strategies = documents(run, chosen) if chosen else []
    proposals = chosen["proposals"] if chosen else []
    names = {str(each["id"]): each["name"] for each in run.present["strategies"]}
    return {
        "id": run.pk,
        "status": run.status,
        "created_at": _at(run.created_at, zone),
        "finished_at": _at(run.finished_at, zone),
        "first": run.starts_at.astimezone(zone).date().isoformat(),
        "last": (run.ends_at.astimezone(zone).date() - timedelta(days=1)).isoformat(),
        "may_lose": plain_yuan(run.may_lose),
        "tickets": summary.get("tickets", 0),
        "estimated": summary.get("estimated", 0),
        "curve": [_curve(place, each) for place, each in enumerate(summary.get("points", []))],
        "strategies": strategies,
        "figures": [
            _proposal(document["name"], each)
            for document, each in zip(strategies, proposals, strict=True)
        ],
        "existing": [
            _existing(each, names) for each in summary.get("existing", []) if "advice" in each
        ],
        "missing": [
            {"scenario": each["scenario"], "why": each["why"], "text": missing_in_words(each)}
            for each in summary.get("missing", [])
        ],
        "ends": [
            {
                "end": end,
                "tickets": told["tickets"],
                "amount": plain_yuan(told["amount"]),
                "went_wrong": plain_yuan(told["loss"]),
                "known": End(end) not in UNKNOWN,
            }
            for end, told in summary.get("ends", {}).items()
        ],
    }


def _at(moment: Any, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


def _curve(place: int, point: Mapping[str, Any]) -> dict[str, Any]:
    month = (point["figures"] or {}).get("month", {})
    return {
        "point": place,
        "within_limit": point["within_limit"],
        "strategies": len(point["proposals"]),
        "minutes_a_month": month.get("minutes_a_month", 0),
        "went_wrong_a_month": plain_yuan(month.get("loss_a_month", 0)),
    }


def _existing(each: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    advice = each["advice"]
    return {
        "strategy": int(each["strategy"]),
        "name": names[each["strategy"]],
        "advice": advice["kind"],
        "changes": in_yuan(advice.get("keys", {})),
        "order": [names[str(pk)] for pk in advice.get("order", [])],
        "more_approved": advice.get("gained", 0),
        "more_approved_wrong": advice.get("gained_bad", 0),
        "more_to_people": advice.get("lost", 0),
        "more_to_people_wrong": advice.get("lost_bad", 0),
        "minutes": advice.get("minutes", 0),
    }


def _proposal(name: str, proposal: Mapping[str, Any]) -> dict[str, Any]:
    unseen = proposal["unseen"]
    return {
        "name": name,
        "hits": proposal["hits"],
        "amount": plain_yuan(proposal["amount"]),
        "taken_from_others": proposal["from_others"],
        "all": _figures(proposal["all"]),
        "unseen": _figures(unseen)
        | {
            "went_wrong_a_month": list(map(plain_yuan, unseen["loss_interval"])),
            "minutes_a_month": unseen["minutes_interval"],
        },
        "largest_buyer": {
            "tickets": proposal["buyer"]["tickets"],
            "amount": plain_yuan(proposal["buyer"]["amount"]),
        },
    }


def _figures(sums: Mapping[str, int]) -> dict[str, Any]:
    return {
        **{name: sums[name] for name in ("tickets", "buyers", "minutes", "known")},
        "wrong": sums["bad"],
        "went_wrong": plain_yuan(sums["loss"]),
    }
