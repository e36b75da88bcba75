"""A trial run as the API shows it: its progress, its figures, its tickets (SPEC M3)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.urls import reverse
from pydantic import BaseModel, Field
from rest_framework.request import Request

from aftersale.api.values import Buyer, Moment, Yuan, username
from aftersale.records.schemas import TicketStatus
from aftersale.services.access.masks import shown_text
from strategies.models import TrialRun, TrialStatus
from strategies.services.trials import AffectedTicket, Named, named


class Taker(BaseModel):
    """The approver of a ticket: a strategy, by its name at that time, or fast refund."""

    source: Literal["strategy", "fast_refund"]
    strategy_id: int | None
    strategy: str | None


class Part(BaseModel):
    by: Taker
    tickets: int
    amount: Yuan


class Change(BaseModel):
    """Tickets that would have been approved and were not, or the other way round."""

    tickets: int
    amount: Yuan
    buyers: int
    likely_losses: int
    likely_loss_amount: Yuan
    arbitrations: int
    parts: list[Part]


class Compared(BaseModel):
    gained: Change
    lost: Change


class Hits(BaseModel):
    by: Taker
    hits: int
    amount: Yuan


class Day(Hits):
    """`daily_cap` is null for what has none (SPEC E4)."""

    day: date
    daily_cap: Yuan | None


class Hour(BaseModel):
    """Of the day, on the shop's clock."""

    hour: int
    hits: int
    amount: Yuan


class OpenedBreaker(BaseModel):
    by: Taker
    at: Moment


class Side(BaseModel):
    """Approvals of one set of strategies, by day and strategy, and by hour."""

    hits: int
    amount: Yuan
    days: list[Day]
    hours: list[Hour]
    breakers: list[OpenedBreaker] = Field(description="That would have opened (SPEC G3)")


class TrialResult(BaseModel):
    against_present: Compared = Field(description="With the strategies as they were")
    against_real: Compared = Field(description="With what really happened")
    present: Side
    proposed: Side
    real: list[Hits]


class ShownTrial(BaseModel):
    """`estimated`: how many evaluations were worked out from imported history."""

    id: int
    address: str
    kind: Literal["strategy", "priorities", "pause", "present"]
    title: str
    status: Literal["queued", "running", "done", "cancelled", "failed"]
    created_at: Moment
    created_by: str | None
    first: date
    last: date
    evaluations: int
    replayed: int
    estimated: int
    finished_at: Moment | None
    result: TrialResult | None


class TrialTicket(BaseModel):
    """The approver in reality, by the present and by the proposed strategies; null: people."""

    ticket_no: str
    decision_id: int | None = Field(description="Null where it is estimated")
    amount: Yuan
    buyer: Buyer
    at: Moment
    status: TicketStatus
    likely_loss: bool
    arbitration: bool
    real: Taker | None
    present: Taker | None
    proposed: Taker | None


Names = Mapping[str, Named]


def shown_trial(trial: TrialRun, request: Request) -> ShownTrial:
    zone = ZoneInfo(trial.shop.timezone)
    last = trial.ends_at.astimezone(zone).date() - timedelta(days=1)
    address = reverse("automation-api:trial", args=[trial.pk])
    return ShownTrial(
        id=trial.pk,
        address=request.build_absolute_uri(address),
        kind=trial.kind,  # type: ignore[arg-type]
        title=shown_text(trial.title, ""),
        status=trial.status,  # type: ignore[arg-type]
        created_at=trial.created_at,
        created_by=username(trial.created_by),
        first=trial.starts_at.astimezone(zone).date(),
        last=last,
        evaluations=trial.total,
        replayed=trial.done,
        estimated=trial.estimated,
        finished_at=trial.finished_at,
        result=_result(trial) if trial.status == TrialStatus.DONE else None,
    )


def shown_ticket(found: AffectedTicket, names: Names) -> TrialTicket:
    return TrialTicket.model_validate(
        {
            **{name: getattr(found, name) for name in ("ticket_no", "amount", "buyer", "at")},
            **{name: getattr(found, name) for name in ("status", "likely_loss", "arbitration")},
            **{
                name: None if (key := getattr(found, name)) is None else _taker(key, names)
                for name in ("real", "present", "proposed")
            },
            "decision_id": found.decision,
        }
    )


def _result(trial: TrialRun) -> TrialResult:
    summary, names = trial.summary, named(trial)
    return TrialResult(
        against_present=_compared(summary, "present", names),
        against_real=_compared(summary, "real", names),
        present=_side(summary["present"], names),
        proposed=_side(summary["proposed"], names),
        real=[
            Hits(by=_taker(key, names), hits=each["hits"], amount=each["amount"])
            for key, each in sorted(summary["real"].items())
        ],
    )


def _compared(summary: Mapping[str, Any], against: str, names: Names) -> Compared:
    return Compared.model_validate(
        {
            change: {
                **figures,
                "parts": [
                    Part(by=_taker(key, names), tickets=each["tickets"], amount=each["amount"])
                    for key, each in sorted(summary["by_strategy"][against][change].items())
                ],
            }
            for change, figures in summary["changes"][against].items()
        }
    )


def _side(side: Mapping[str, Any], names: Names) -> Side:
    return Side(
        hits=side["hits"],
        amount=side["amount"],
        days=[
            Day(
                by=_taker(each["strategy"], names),
                hits=each["hits"],
                amount=each["amount"],
                day=date.fromisoformat(each["day"]),
                daily_cap=known.daily_cap if (known := names.get(each["strategy"])) else None,
            )
            for each in side["days"]
        ],
        hours=[Hour.model_validate(each) for each in side["hours"]],
        breakers=[
            OpenedBreaker.model_validate({"by": _taker(key, names), "at": at})
            for key, at in sorted(side["tripped"].items())
        ],
    )


def _taker(key: str, names: Names) -> Taker:
    if key == "fast_refund":
        return Taker(source="fast_refund", strategy_id=None, strategy=None)
    known = names.get(key)
    return Taker(source="strategy", strategy_id=int(key), strategy=known and known.name)
