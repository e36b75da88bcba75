"""Strategies are made, changed, switched on and off, and deleted here (SPEC section 4).

Every call holds the shop's lane, so that no ticket is decided half-way, and ends in a revision, a
new rulebook and an entry of the audit trail. `user` None is the program itself: a file, the circuit
breaker.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import joined, said
from aftersale.domain.punctuation import COLON
from aftersale.models import AuditKind, Shop
from aftersale.services.access.rights import Right, require
from aftersale.services.shared import trail
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.signals import to_be_told
from strategies.models import MOST_PER_SCENARIO, ExecutionTime, Scenario, Strategy, StrategyRevision
from strategies.services.rulebook_content import strategy_content
from strategies.strategy_record import StrategyRecord

from .lanes import hold_lane, publish

_SWITCHED_OFF = gettext_lazy("Switched off")


@transaction.atomic
def create(*, shop_id: int, record: StrategyRecord, user: User | None, now: datetime) -> Strategy:
    """Adds a strategy, not enabled (SPEC T2), at its priority or last.

    Raises Refused for the eleventh of a scenario (SPEC T3) or a name that is taken (SPEC T1).
    """
    _enter(shop_id, user=user, now=now)
    order = priorities(shop_id, record.scenario)
    if len(order) >= MOST_PER_SCENARIO:
        raise Refused(
            _("“%(scenario)s” has %(most)d strategies already; delete one first.")
            % {"scenario": Scenario(record.scenario).label, "most": MOST_PER_SCENARIO},
            pointer="scenario",
        )
    _refuse_taken_name(shop_id, record.scenario, record.name)
    place = min(record.priority or len(order) + 1, len(order) + 1)
    _live(shop_id, record.scenario).filter(priority__gte=place).update(priority=F("priority") + 1)
    strategy = Strategy.objects.create(
        shop_id=shop_id, scenario=record.scenario, priority=place, **record_fields(record)
    )
    keep_revision(strategy, user=user, now=now)
    publish(shop_id, user=user, now=now)
    write_entry(strategy, said(gettext_lazy("Made")), user=user, now=now)
    return strategy


@transaction.atomic
def change(
    *,
    strategy_id: int,
    record: StrategyRecord,
    revision: int,
    user: User | None,
    now: datetime,
) -> Strategy:
    """Gives a strategy the record's content; whether it is enabled and its priority stay.

    Raises Stale where `revision`, the one that the person saw, is not the present one.
    """
    strategy = _enter_strategy(strategy_id, user=user, now=now)
    refuse_stale(strategy, revision)
    if record.name != strategy.name:
        _refuse_taken_name(strategy.shop_id, strategy.scenario, record.name)
    for name, value in record_fields(record).items():
        setattr(strategy, name, value)
    if strategy.enabled:
        _refuse_without_hours(strategy)
    _save_change(strategy, user=user, now=now)
    write_entry(strategy, said(gettext_lazy("Changed")), user=user, now=now)
    return strategy


@transaction.atomic
def enable(*, strategy_id: int, user: User, now: datetime, revision: int | None = None) -> Strategy:
    """Switches a strategy on, a closed circuit breaker with it (SPEC T2, T7, G3).

    Raises Stale where `revision`, the one whose risks the person read, is not the present one.
    """
    strategy = _enter_strategy(strategy_id, user=user, now=now)
    if strategy.enabled:
        return strategy
    if revision is not None:
        refuse_stale(strategy, revision)
    _refuse_without_hours(strategy)
    strategy.enabled = True
    strategy.enabled_at = now
    strategy.breaker_opened_at = None
    strategy.breaker_opened_by = None
    _save_change(strategy, user=user, now=now)
    write_entry(strategy, "", user=user, now=now, kind=AuditKind.STRATEGY_ENABLED)
    return strategy


@transaction.atomic
def disable(
    *, strategy_id: int, user: User, now: datetime, revision: int | None = None
) -> Strategy:
    """Switches a strategy off; its decisions stand. Raises Stale if `revision` is given and
    outdated.
    """
    strategy = _enter_strategy(strategy_id, user=user, now=now)
    if revision is not None:
        refuse_stale(strategy, revision)
    if strategy.enabled:
        strategy.enabled = False
        _save_change(strategy, user=user, now=now)
        write_entry(strategy, said(_SWITCHED_OFF), user=user, now=now)
    return strategy


@transaction.atomic
def delete(*, strategy_id: int, user: User, now: datetime) -> None:
    """Takes a strategy out of use; its decisions and revisions stay readable (SPEC T8)."""
    strategy = _enter_strategy(strategy_id, user=user, now=now)
    left = [pk for pk in priorities(strategy.shop_id, strategy.scenario) if pk != strategy.pk]
    strategy.enabled = False
    strategy.priority = None
    strategy.deleted_at = now
    _save_change(strategy, user=user, now=now, republish=False)
    set_priorities(left)
    publish(strategy.shop_id, user=user, now=now)
    write_entry(strategy, said(gettext_lazy("Deleted")), user=user, now=now)


@transaction.atomic
def reorder(
    *,
    shop_id: int,
    scenario: str,
    ids: Sequence[int],
    seen: Sequence[int],
    user: User,
    now: datetime,
) -> None:
    """Sets the whole order of a scenario at once (SPEC T5).

    `seen` is the order that the person's new one was made from: raises Stale where it is no
    longer the present one, Refused where `ids` are not the same strategies.
    """
    _enter(shop_id, user=user, now=now)
    present = priorities(shop_id, scenario)
    if list(seen) != present:
        raise Stale(_("The order of priorities was changed meanwhile. Look at it again."))
    if sorted(ids) != sorted(present):
        raise Refused(_("The new order must name each strategy of the scenario once."))
    set_priorities(ids)
    publish(shop_id, user=user, now=now)
    names = dict(_live(shop_id, scenario).values_list("pk", "name"))
    write_order(shop_id, scenario, [names[pk] for pk in ids], user=user, now=now)


def trip(strategy_id: int, *, hits: int, amount: int, now: datetime) -> None:
    """Switches a strategy off because its circuit breaker opened at so many hits and fen (SPEC G3).

    For the evaluator, which holds the lane, in the transaction of the hit.
    """
    strategy = Strategy.objects.get(pk=strategy_id)
    strategy.enabled = False
    strategy.breaker_opened_at = now
    strategy.breaker_opened_by = {
        "hits": hits,
        "amount": amount,
        "minutes": strategy.breaker_minutes,
    }
    _save_change(strategy, user=None, now=now)
    reason = gettext_lazy("Switched off by its circuit breaker")
    write_entry(strategy, said(reason), user=None, now=now)
    to_be_told.send(sender=trip, shop_ids=[strategy.shop_id])


def has_working_hours(shop: Shop) -> bool:
    """True if the shop has a working interval; without one there are no off-hours (SPEC T7)."""
    return any([*shop.working_hours.values(), *shop.special_days.values()])


def priorities(shop_id: int, scenario: str) -> list[int]:
    """The keys of a scenario's strategies in the order of their priorities."""
    return list(_live(shop_id, scenario).order_by("priority").values_list("pk", flat=True))


def set_priorities(ids: Sequence[int]) -> None:
    """One statement sets priorities 1..n; the constraint is checked at the commit."""
    if ids:
        Strategy.objects.filter(pk__in=ids).update(
            priority=Case(*(When(pk=pk, then=Value(n)) for n, pk in enumerate(ids, start=1)))
        )


def record_fields(record: StrategyRecord) -> dict[str, Any]:
    """The columns of a record that are content: not its key, switch and priority."""
    breaker = record.breaker
    columns = record.model_dump(exclude=_NOT_CONTENT)
    return {
        **columns,
        "windows": [list(window) for window in record.windows],
        "breaker_hits": breaker.hits if breaker else None,
        "breaker_amount": breaker.amount if breaker else None,
        "breaker_minutes": breaker.minutes if breaker else None,
    }


_NOT_CONTENT = {"shop", "scenario", "enabled", "priority", "breaker"}


def _live(shop_id: int, scenario: str) -> Any:
    return Strategy.objects.filter(shop=shop_id, scenario=scenario, deleted_at=None)


def _enter(shop_id: int, *, user: User | None, now: datetime) -> None:
    if user is not None:
        require(user, shop_id, Right.CHANGE_STRATEGIES)
    hold_lane(shop_id, user=user, now=now)


def _enter_strategy(strategy_id: int, *, user: User | None, now: datetime) -> Strategy:
    found = Strategy.objects.filter(pk=strategy_id, deleted_at=None)
    shop_id = found.values_list("shop", flat=True).first()
    if shop_id is None:
        raise NotFound(_("There is no such strategy."))
    _enter(shop_id, user=user, now=now)
    strategy = found.select_for_update(of=("self",), no_key=True).first()
    if strategy is None:  # deleted while this call waited for the lane
        raise NotFound(_("There is no such strategy."))
    return strategy


def _save_change(
    strategy: Strategy, *, user: User | None, now: datetime, republish: bool = True
) -> None:
    strategy.revision += 1
    strategy.save()
    keep_revision(strategy, user=user, now=now)
    if republish:
        publish(strategy.shop_id, user=user, now=now)


def keep_revision(strategy: Strategy, *, user: User | None, now: datetime) -> None:
    """Keeps the strategy as it is now under its revision number (SPEC T6)."""
    StrategyRevision.objects.create(
        strategy=strategy,
        number=strategy.revision,
        content=strategy_content(strategy),
        created_at=now,
        created_by=user,
    )


def write_entry(
    strategy: Strategy,
    done: str,
    *,
    user: User | None,
    now: datetime,
    kind: AuditKind = AuditKind.STRATEGY,
) -> None:
    """Writes the entry of a step on the strategy, whose revision has the content."""
    revision = said(gettext_lazy("revision %d")) % strategy.revision
    trail.record(
        kind,
        shop_id=strategy.shop_id,
        user=user,
        now=now,
        subject=strategy.name,
        note=joined(" · ", [Scenario(strategy.scenario).label, *[done] * bool(done), revision]),
    )


def write_order(
    shop_id: int, scenario: str, names: Sequence[str], *, user: User | None, now: datetime
) -> None:
    """Writes the entry of a scenario's new order of priorities."""
    label = gettext_lazy("Priorities")
    note = joined(COLON, [Scenario(scenario).label, label, " › ".join(names)])
    trail.record(AuditKind.STRATEGY, shop_id=shop_id, user=user, now=now, note=note)


def refuse_stale(strategy: Strategy, revision: int) -> None:
    """Raises Stale where the person saw another revision."""
    if strategy.revision != revision:
        raise Stale(
            _("“%(name)s” was changed meanwhile (revision %(revision)d). Look at it again.")
            % {"name": strategy.name, "revision": strategy.revision}
        )


def _refuse_taken_name(shop_id: int, scenario: str, name: str) -> None:
    if _live(shop_id, scenario).filter(name=name).exists():
        raise Refused(
            _("“%(scenario)s” has a strategy named “%(name)s” already.")
            % {"scenario": Scenario(scenario).label, "name": name},
            pointer="name",
        )


def _refuse_without_hours(strategy: Strategy) -> None:
    """SPEC T7: off-hours need working hours."""
    if strategy.execution_time != ExecutionTime.OFF_HOURS:
        return
    shop = Shop.objects.get(pk=strategy.shop_id)
    if not has_working_hours(shop):
        raise Refused(
            _(
                "“%(name)s” works in off-hours, but shop “%(shop)s” has no working hours. "
                "Set them first: Shop settings › %(shop)s › Working hours."
            )
            % {"name": strategy.name, "shop": shop.name},
            pointer="execution_time",
        )
