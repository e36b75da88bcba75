"""Strategies out of a file (INTERFACES, ingest; SPEC O7).

A file never switches a strategy on: one that is new or changed is stored not enabled.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said
from aftersale.services.shared.outcomes import (
    CHANGED,
    NEW,
    UNCHANGED,
    Result,
    refused,
    unknown_shop,
)
from aftersale.services.shops.shops import KnownShop
from strategies.models import MOST_PER_SCENARIO, Scenario, Strategy
from strategies.services.lanes import hold_lane, publish
from strategies.services.strategies import (
    keep_revision,
    record_fields,
    set_priorities,
    write_entry,
    write_order,
)
from strategies.strategy_record import StrategyRecord

# Behind every priority that a scenario can have.
LAST = MOST_PER_SCENARIO + 1


def save_strategies(
    records: Sequence[StrategyRecord],
    *,
    shops: Mapping[str, KnownShop],
    now: datetime,
    user: User | None = None,
) -> list[Result]:
    """Stores strategies by shop, scenario and name, and answers for each in its place.

    A given priority inserts the strategy there; without one, a new strategy comes last. An
    unchanged record changes nothing. `user` sent the file through the admin, with the right
    checked; None stands for the console or a connector.
    """
    results: list[Result] = [UNCHANGED] * len(records)
    groups: dict[str, dict[str, list[tuple[int, StrategyRecord]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for position, record in enumerate(records):
        if record.shop in shops:
            groups[record.shop][record.scenario].append((position, record))
        else:
            results[position] = unknown_shop(record.shop)
    for code, scenarios in groups.items():
        shop_id = shops[code].id
        with transaction.atomic():
            hold_lane(shop_id, user=user, now=now)
            for scenario, filed in scenarios.items():
                for position, result in _file(shop_id, scenario, filed, user=user, now=now):
                    results[position] = result
            publish(shop_id, user=user, now=now)
    return results


def _file(
    shop_id: int,
    scenario: str,
    filed: list[tuple[int, StrategyRecord]],
    *,
    user: User | None,
    now: datetime,
) -> list[tuple[int, Result]]:
    """Files records of one scenario: those with a priority first, in its order, so that a whole
    scenario comes out as it is numbered, in whatever order its lines stand."""
    live = Strategy.objects.filter(shop=shop_id, scenario=scenario, deleted_at=None)
    strategies = {strategy.name: strategy for strategy in live.order_by("priority")}
    order = list(strategies)
    before = {name: place for place, name in enumerate(order)}
    changed: set[str] = set()
    results: list[tuple[int, Result]] = []
    accepted: list[tuple[int, StrategyRecord]] = []
    for position, record in sorted(filed, key=lambda line: line[1].priority or LAST):
        name = record.name
        if name not in strategies:
            if len(order) >= MOST_PER_SCENARIO:
                results.append((position, _eleventh(scenario)))
                continue
            strategies[name] = Strategy(shop_id=shop_id, scenario=scenario, revision=0)
        if _take_content(strategies[name], record):
            changed.add(name)
        if record.priority is not None or name not in order:
            order = [other for other in order if other != name]
            order.insert((record.priority or LAST) - 1, name)
        accepted.append((position, record))

    for name in order:
        strategy = strategies[name]
        if name in changed:
            strategy.priority = order.index(name) + 1
            strategy.revision += 1
            strategy.save()
            keep_revision(strategy, user=user, now=now)
            write_entry(strategy, said(gettext_lazy("From a file")), user=user, now=now)
    set_priorities([strategies[name].pk for name in order])
    if [name for name in order if name in before] != list(before):
        write_order(shop_id, scenario, order, user=user, now=now)

    for position, record in accepted:
        outcome = UNCHANGED.outcome
        if record.name not in before:
            outcome = NEW.outcome
        elif record.name in changed or order.index(record.name) != before[record.name]:
            outcome = CHANGED.outcome
        waits = record.enabled and not strategies[record.name].enabled
        results.append((position, Result(outcome, note=_("stored not enabled") if waits else "")))
    return results


def _take_content(strategy: Strategy, record: StrategyRecord) -> bool:
    """Gives a strategy the record's content; True if that changed anything. Enabling is a person's
    consent to the content: with another content, or where the file says so, it is disabled."""
    fields = record_fields(record)
    changed = any(getattr(strategy, field) != value for field, value in fields.items())
    switched_off = "enabled" in record.model_fields_set and not record.enabled
    if changed or (strategy.enabled and switched_off):
        strategy.enabled = False
        for field, value in fields.items():
            setattr(strategy, field, value)
        return True
    return False


def _eleventh(scenario: str) -> Result:
    message = _("“%(scenario)s” has %(most)d strategies already; delete one first.")
    values = {"scenario": Scenario(scenario).label, "most": MOST_PER_SCENARIO}
    return refused("scenario", message % values)
