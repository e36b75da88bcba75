"""Deciding a file of tickets without a database (INTERFACES, simulate)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from django.utils.translation import gettext as _
from pydantic import Field, ValidationError

from aftersale.domain.identifiers import show_invisible
from aftersale.records.as_read import with_value
from aftersale.records.errors import Repeated, mark_repeated
from aftersale.records.schemas import LineRecord, OrderRecord, ShopRecord, TicketRecord, explain
from aftersale.records.values import Code, Identifier, Time
from strategies.engine import Facts, State, Verdict, compile_rulebook, decide, expand_trace
from strategies.engine import sort_key as ticket_order
from strategies.engine.hours import micros
from strategies.engine.line_money import freight_left
from strategies.engine.rulebook import Rulebook
from strategies.services.rulebook_content import content_of_records
from strategies.strategy_record import StrategyRecord

MOST_STRATEGIES = 10  # SPEC T3, in a scenario
_SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class SimulationFileError(Exception):
    """The file as a whole cannot be read; the message is for people."""


class SimulatedShop(ShopRecord):
    name: str = ""


class SimulatedLine(LineRecord):
    quantity: int = Field(default=1, ge=1)


class SimulatedOrder(OrderRecord):
    shop: Code | None = None  # type: ignore[assignment]
    updated_at: Time = _SOME_TIME
    lines: list[SimulatedLine] = Field(max_length=1000)  # type: ignore[assignment]


class SimulatedTicket(TicketRecord):
    shop: Code | None = None  # type: ignore[assignment]
    updated_at: Time = _SOME_TIME
    decided_at: Time | None = None


class SimulatedStrategy(StrategyRecord):
    shop: Code | None = None  # type: ignore[assignment]
    name: Annotated[str, Identifier(128, optional=True)] = ""


AnyRecord = TypeVar("AnyRecord", SimulatedOrder, SimulatedTicket, SimulatedStrategy)


def read(raw: bytes) -> dict[str, Any]:
    """A simulation file's JSON object; raises SimulationFileError for any other content."""
    try:
        document = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=mark_repeated)
    except UnicodeDecodeError as error:
        raise SimulationFileError(
            _("The file is not UTF-8 text (byte %(place)s).") % {"place": error.start}
        ) from None
    except json.JSONDecodeError as error:
        raise SimulationFileError(
            _("The file is not JSON (line %(line)s, column %(column)s).")
            % {"line": error.lineno, "column": error.colno}
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, endless nesting
        raise SimulationFileError(_("The file is not JSON that can be read.")) from None
    if not isinstance(document, dict):
        raise SimulationFileError(
            _("The file is not a JSON object with shop, strategies, orders and tickets.")
        )
    return document


def simulate(document: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """Decide the tickets of a simulation file; returns the lines to print and the errors of
    records. A wrong record is left out and the rest is decided. Without a valid shop nothing is
    automatic.
    """
    errors: list[str] = [
        f"{show_invisible(key)}: {_('unknown key')}"
        for key in document
        if key not in ("shop", "strategies", "orders", "tickets")
    ]
    shop = _shop(document.get("shop"), errors)
    strategies = _strategies(document, shop, errors)
    orders = {
        order.order_no: order for order in _records(document, "order", SimulatedOrder, shop, errors)
    }
    facts = []
    not_decided = []
    for ticket in _records(document, "ticket", SimulatedTicket, shop, errors):
        order = orders.get(ticket.order_no)
        if shop is None or order is None:
            not_decided.append(ticket)
            continue
        lines = [line for line in order.lines if ticket.line_no in (None, line.line_no)]
        if not lines and ticket.line_no is not None:
            problem = _("order %(order)s has no such line") % {"order": ticket.order_no}
            problem = with_value(problem, ticket.line_no)
            errors.append(f"{_name('ticket', ticket.ticket_no)}: line_no: {problem}")
            continue
        facts.append(_facts(shop, order, lines, ticket))
    facts.sort(key=ticket_order)
    rulebook = compile_rulebook(content_of_records(shop, strategies) if shop else {})
    verdicts = decide(rulebook, State(paused=bool(shop and shop.automation_paused)), facts)
    decided = [
        (ticket_order(fact), _line(rulebook, fact, verdict))
        for fact, verdict in zip(facts, verdicts, strict=True)
    ]
    decided += [
        ((micros(ticket.applied_at), ticket.ticket_no), _manual(ticket.ticket_no))
        for ticket in not_decided
    ]
    decided.sort(key=lambda line: line[0])
    return [line for _, line in decided], errors


def _shop(raw: Any, errors: list[str]) -> SimulatedShop | None:
    try:
        return SimulatedShop.model_validate(raw)
    except ValidationError as error:
        code = raw.get("code") if isinstance(raw, dict) else None
        errors += [f"{_name('shop', code)}: {problem}" for problem in explain(error)]
        return None


_KEYS = {"order": "order_no", "ticket": "ticket_no", "strategy": "name"}
_LISTS = {"order": "orders", "ticket": "tickets", "strategy": "strategies"}


def _records(
    document: dict[str, Any],
    kind: str,
    form: type[AnyRecord],
    shop: SimulatedShop | None,
    errors: list[str],
) -> Iterable[AnyRecord]:
    """The right records of one kind, in file order, each key once and all of the file's shop."""
    number = _KEYS[kind]
    rows = document.get(_LISTS[kind], [])
    if not isinstance(rows, list):
        problem = with_value(_("expected a list"), rows)
        if isinstance(rows, Repeated):
            problem = _("the key is given more than once")
        errors.append(f"{_LISTS[kind]}: {problem}")
        return
    seen = set()
    for place, raw in enumerate(rows, start=1):
        given = raw.get(number) if isinstance(raw, dict) else None
        name = _name(kind, given if isinstance(given, str) else f"#{place}")
        try:
            record = form.model_validate(raw)
        except ValidationError as error:
            errors += [f"{name}: {problem}" for problem in explain(error)]
            continue
        if isinstance(record, SimulatedStrategy):
            if not record.name:
                record = record.model_copy(update={"name": f"#{place}"})
            key: Any = (record.scenario, record.name)
        else:
            key = getattr(record, number)
        if shop is not None and record.shop not in (None, shop.code):
            problem = with_value(_("expected %(shop)s") % {"shop": shop.code}, record.shop)
            errors.append(f"{name}: shop: {problem}")
        elif key in seen:
            errors.append(f"{name}: {number}: {_('the file has it already')}")
        else:
            seen.add(key)
            yield record


def _strategies(
    document: dict[str, Any], shop: SimulatedShop | None, errors: list[str]
) -> list[SimulatedStrategy]:
    """The strategies sorted by priority: those without one last, equal ones in file order."""
    taken: dict[str, int] = {}
    kept: list[tuple[float, SimulatedStrategy]] = []
    for record in _records(document, "strategy", SimulatedStrategy, shop, errors):
        taken[record.scenario] = taken.get(record.scenario, 0) + 1
        if taken[record.scenario] > MOST_STRATEGIES:
            problem = _("expected at most %(number)s strategies in a scenario") % {
                "number": MOST_STRATEGIES
            }
            errors.append(f"{_name('strategy', record.name)}: {problem}")
        else:
            kept.append((float("inf") if record.priority is None else record.priority, record))
    kept.sort(key=lambda entry: entry[0])
    return [
        record.model_copy(update={"priority": place})
        for place, (_, record) in enumerate(kept, start=1)
    ]


def _facts(
    shop: SimulatedShop,
    order: SimulatedOrder,
    lines: list[SimulatedLine],
    ticket: SimulatedTicket,
) -> Facts:
    # Gifts do not count, unless the ticket is about nothing else (SPEC E3 `product`).
    counted = [line for line in lines if line.paid_amount] or lines
    line_paid = None if ticket.line_no is None else lines[0].paid_amount
    return Facts(
        ticket=ticket.ticket_no,
        ticket_no=ticket.ticket_no,
        order=order.order_no,
        buyer=order.buyer,
        type=ticket.type,
        order_status=order.status,
        amount=ticket.amount,
        refundable=order.paid_amount - order.refunded_amount,
        applied_at=micros(ticket.applied_at),
        decided_at=micros(ticket.decided_at or ticket.applied_at),
        reason=ticket.reason,
        paid_at=_micros(order.paid_at),
        shipped_at=_micros(order.shipped_at),
        delivered_at=_micros(order.delivered_at),
        label_printed_at=_micros(order.label_printed_at),
        paid_amount=order.paid_amount,
        labels=tuple(order.labels),
        products=tuple(line.product for line in counted),
        categories=tuple(line.category for line in counted),
        virtual=any(line.virtual for line in order.lines),
        blocked=order.buyer in shop.blocked_buyers,
        order_type=order.type,
        ticket_labels=tuple(ticket.labels),
        line=ticket.line_no,
        line_paid=line_paid,
        line_left=line_paid,
        freight_left=freight_left(
            order.paid_amount, ((line.paid_amount, 0) for line in order.lines)
        ),
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def _line(rulebook: Rulebook, facts: Facts, verdict: Verdict) -> dict[str, Any]:
    hit = verdict.strategy
    return {
        "ticket_no": facts.ticket_no,
        "outcome": verdict.outcome,
        "source": verdict.source,
        "scenario": verdict.scenario,
        "strategy": None if hit is None else rulebook.strategies[hit].name,
        "trace": [
            {"scenario": scenario, "strategy": name, "failed": failed}
            for scenario, name, failed in expand_trace(
                rulebook,
                ticket_type=facts.type,
                order_status=facts.order_status,
                labels=facts.labels,
                scenarios_hit=facts.scenarios_hit,
                trace=verdict.trace,
            )
        ],
    }


def _manual(ticket_no: str) -> dict[str, Any]:
    return {
        "ticket_no": ticket_no,
        "outcome": "manual",
        "source": None,
        "scenario": None,
        "strategy": None,
        "trace": [],
    }


def _name(kind: str, key: Any) -> str:
    """A record as errors name it: its kind and its number, code or name."""
    kinds = {
        "shop": _("shop"),
        "order": _("order"),
        "ticket": _("ticket"),
        "strategy": _("strategy"),
    }
    return f"{kinds[kind]} {show_invisible(key)}" if isinstance(key, str) else kinds[kind]
