"""Which tickets a strategy could take, as regions that can be subtracted from each other.

Only what needs no state: the conditions of SPEC E3 up to `buyer_reason`. The strategies of
scenarios that are asked one after the other cut each fact of a ticket into classes whose members
none of them tells apart: amounts between two caps, ages between two limits, moments with the same
strategies running, and so on.
A region is a set of classes of each fact, kept as bits. Whether a class passes is asked of the
conditions themselves, with one member of the class, so that no rule is written twice.

Facts are taken as independent of each other. In truth an unshipped order's time of payment has
both an age and a place in the working hours, so a region may hold combinations that no ticket has:
a region that is covered is covered in truth, and what stands in for a region is tried first
(`member`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from itertools import product as combinations
from typing import Any, NamedTuple

from strategies.engine.conditions import BY_TIME, CHECKS, Strategy
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.rulebook import Rulebook
from strategies.engine.running import running
from strategies.engine.vocabulary import (
    DELIVERED,
    PENDING_SHIPMENT,
    SCENARIO_INDEX,
    SCENARIOS,
    SHIPPED,
    Condition,
    Scenario,
)

_ALL = tuple(condition for condition in CHECKS if condition != Condition.ENABLED)
# Stands for whatever no strategy names.
OTHER = "*"
# Of what stands in for a region: the first is mostly right, none of many hardly ever comes.
MOST_TRIED = 200


class Products(NamedTuple):
    """Sets of products that lie within `within`, and within none of `beyond`.

    Bits are classes of (product, category) pairs. A set that is within none of several has a
    member outside each.
    """

    within: int
    beyond: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.within or any(not self.within & ~inner for inner in self.beyond)


class Region(NamedTuple):
    """Bits of the classes of each fact, in the order of Space.FACTS, and the products."""

    classes: tuple[int, ...]
    products: Products

    @property
    def empty(self) -> bool:
        return not all(self.classes) or self.products.empty

    def common(self, other: "Region") -> "Region":
        return Region(
            tuple(a & b for a, b in zip(self.classes, other.classes, strict=True)),
            Products(
                self.products.within & other.products.within,
                self.products.beyond + other.products.beyond,
            ),
        )

    def less(self, strategy: "Region") -> list["Region"]:
        """What of the region a strategy's own leaves, in pieces that do not overlap.

        The strategy's region has no `beyond`: that comes of subtracting alone.
        """
        if self.common(strategy).empty:
            return [self]
        pieces = []
        inner = self.classes
        for place, bits in enumerate(strategy.classes):
            outside = inner[place] & ~bits
            if outside:
                pieces.append(self._replace(classes=_put(inner, place, outside)))
            inner = _put(inner, place, inner[place] & bits)
        last = Region(
            inner,
            Products(self.products.within, (*self.products.beyond, strategy.products.within)),
        )
        return [*pieces, last] if not last.empty else pieces


def asked_together() -> list[tuple[Scenario, ...]]:
    """The scenarios, those together that a ticket may be open for one after the other (SPEC S1)."""
    groups: list[tuple[Scenario, ...]] = []
    for scenario in SCENARIOS:
        for place, group in enumerate(groups):
            if any(
                set(scenario.ticket_types) & set(other.ticket_types)
                and set(scenario.order_statuses) & set(other.order_statuses)
                for other in group
            ):
                groups[place] = (*group, scenario)
                break
        else:
            groups.append((scenario,))
    return groups


class Space:
    """The classes into which the strategies of scenarios that are asked together cut the tickets
    applied for from `since` on (microseconds since the epoch)."""

    FACTS = ("moment", "type", "status", "amount", "age", "paid_off_hours", "printed", "reason")

    def __init__(self, rulebook: Rulebook, scenarios: Sequence[Scenario], since: int) -> None:
        self.rulebook = rulebook
        names = {scenario.name for scenario in scenarios}
        self.members = [index for index, s in enumerate(rulebook.strategies) if s.scenario in names]
        own = [rulebook.strategies[index] for index in self.members]
        caps = sorted({strategy.single_amount_cap for strategy in own})
        limits = sorted({s.time_limit for s in own if s.time_limit is not None})
        reasons = sorted(set().union(*(strategy.buyer_reasons for strategy in own)))
        together = running(rulebook, own, since)
        self._running, self.moments = list(together), list(together.values())
        self.types = list(dict.fromkeys(kind for s in scenarios for kind in s.ticket_types))
        self.statuses = scenarios[0].order_statuses
        self.labels = tuple({s.label for s in scenarios if s.label})
        self.amounts = [*caps, (caps or [0])[-1] + 1]
        # The first of each class of ages; no time at all is a class of its own.
        self.ages: list[int | None] = [0, *(limit + 1 for limit in limits), None]
        self.reasons = [*reasons, OTHER]
        self._product_names, product_kinds = _kinds([s.products for s in own])
        self._category_names, category_kinds = _kinds([s.categories for s in own])
        self._pairs = list(combinations(product_kinds, category_kinds))

    def region(self, index: int) -> Region:
        """The tickets that the strategy takes, if its guard and cap allow."""
        strategy = self.rulebook.strategies[index]

        def hold(facts: Facts, *conditions: Condition) -> bool:
            return _hold(strategy, facts, self.rulebook, conditions)

        place = self.members.index(index)
        kinds = SCENARIOS[SCENARIO_INDEX[strategy.scenario]].ticket_types
        classes = (
            _bits(bool(together >> place & 1) for together in self._running),
            _bits(kind in kinds for kind in self.types),
            _bits(
                hold(at, Condition.ORDER_STATUS) for at in self._with("order_status", self.statuses)
            ),
            _bits(hold(at, Condition.SINGLE_AMOUNT) for at in self._with("amount", self.amounts)),
            _bits(
                hold(
                    NO_FACTS._replace(
                        order_status=PENDING_SHIPMENT,
                        applied_at=age or 0,
                        paid_at=None if age is None else 0,
                    ),
                    Condition.TIME_LIMIT,
                )
                for age in self.ages
            ),
            # Paid in working hours (or nobody knows when), paid in off-hours.
            _bits([hold(NO_FACTS, Condition.PAID_TIME), True]),
            _bits(
                [True, hold(NO_FACTS._replace(label_printed_at=0), Condition.LABEL_PRINTED)],
            ),
            _bits(hold(at, Condition.BUYER_REASON) for at in self._with("reason", self.reasons)),
        )
        within = _bits(
            self._passes(strategy, (products | categories) >> place & 1)
            for products, categories in self._pairs
        )
        return Region(classes, Products(within))

    def member(self, region: Region, *takers: int) -> Facts | None:
        """A ticket of the region that these strategies would each take; None where the facts,
        being tied to each other, allow none that was tried."""
        moment, kind, status, amount, age, paid_off, printed, reason = (
            _places(bits) for bits in region.classes
        )
        tried = combinations(moment, age, reversed(paid_off))
        for at, when, paid in islice(tried, MOST_TRIED):
            facts = self._facts(
                region,
                at=self.moments[at],
                kind=self.types[kind[0]],
                status=self.statuses[status[0]],
                amount=self.amounts[amount[-1]],
                age=self.ages[when],
                paid_off=bool(paid),
                printed=bool(printed[0]),
                reason=self.reasons[reason[0]],
            )
            if all(could_take(self.rulebook, index, facts) for index in takers):
                return facts
        return None

    def _facts(
        self,
        region: Region,
        *,
        at: int,
        kind: str,
        status: str,
        amount: int,
        age: int | None,
        paid_off: bool,
        printed: bool,
        reason: str,
    ) -> Facts:
        entered = None if age is None else at - age
        if status == PENDING_SHIPMENT and age is None and paid_off:
            entered = at
        products, categories = self._goods(region.products)
        return NO_FACTS._replace(
            type=kind,
            order_status=status,
            amount=amount,
            refundable=amount,
            paid_amount=amount,
            applied_at=at,
            decided_at=at,
            reason=reason,
            paid_at=entered if status == PENDING_SHIPMENT else at,
            shipped_at=entered if status == SHIPPED else at if status == DELIVERED else None,
            delivered_at=entered if status == DELIVERED else None,
            label_printed_at=at if printed else None,
            labels=self.labels,
            products=products,
            categories=categories,
        )

    def _goods(self, products: Products) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Goods that lie within, with one outside each of those they must not lie within."""
        wanted = [products.within & ~inner for inner in products.beyond] or [products.within]
        pairs = [self._pairs[_places(bits)[0]] for bits in wanted]
        return (
            tuple(self._product_names[product] for product, _ in pairs),
            tuple(self._category_names[category] for _, category in pairs),
        )

    @staticmethod
    def _with(name: str, values: Sequence[Any]) -> Iterator[Facts]:
        for value in values:
            yield NO_FACTS._replace(**{name: value})

    @staticmethod
    def _passes(strategy: Strategy, listed: int) -> bool:
        """The product condition, of one product that is listed (itself or its category) or not."""
        if strategy.product_condition == "all":
            return True
        return bool(listed) == (strategy.product_condition == "include")


def runs(rulebook: Rulebook, strategy: Strategy, at: int) -> bool:
    """Whether a ticket applied for at the moment is at the right time for the strategy."""
    return _hold(strategy, NO_FACTS._replace(applied_at=at), rulebook, BY_TIME)


def could_take(rulebook: Rulebook, index: int, facts: Facts) -> bool:
    """Whether the strategy takes the ticket, if it is enabled and its guard and cap allow."""
    strategy = rulebook.strategies[index]
    kinds = SCENARIOS[SCENARIO_INDEX[strategy.scenario]].ticket_types
    return facts.type in kinds and _hold(strategy, facts, rulebook, _ALL)


def _hold(
    strategy: Strategy, facts: Facts, rulebook: Rulebook, conditions: Iterable[Condition]
) -> bool:
    return all(CHECKS[name](strategy, facts, rulebook) for name in conditions)


def _kinds(lists: Sequence[frozenset[str]]) -> tuple[dict[int, str], list[int]]:
    """Names by the strategies that list them, as bits: one name of each kind, and the kinds."""
    names: dict[int, str] = {0: OTHER}
    for name in sorted(set().union(*lists)):
        names.setdefault(_bits(name in own for own in lists), name)
    return names, list(names)


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _places(bits: int) -> list[int]:
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


def _put(values: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    return (*values[:place], value, *values[place + 1 :])
