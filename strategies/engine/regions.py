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

from collections.abc import Iterable, Sequence
from itertools import islice
from itertools import product as combinations
from typing import NamedTuple

from strategies.engine.condition import Condition, Looks
from strategies.engine.conditions import (
    CONDITIONS,
    STATELESS,
    looking_at,
    order_status,
    product,
)
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.rulebook import Rulebook
from strategies.engine.running import running
from strategies.engine.strategy import Strategy
from strategies.engine.vocabulary import (
    DELIVERED,
    PENDING_SHIPMENT,
    SCENARIO_INDEX,
    SCENARIOS,
    SHIPPED,
    UNKNOWN_PRODUCT,
    Scenario,
)

# Stands for a product or category that no strategy names.
OTHER = "*"
# Stand-ins tried for a region: mostly the first one fits, and if many do not, none is likely to.
MOST_TRIED = 200
# These look at facts that depend on each other: any of their classes may fit.
_TIED = (Looks.AGE, Looks.PAID_TIME)
_LAST_FIRST = (Looks.AMOUNT, Looks.PAID_TIME)


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
    """Bits of the classes of each fact, in the order of Space, and the products."""

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
        """The region without the strategy's own, in pieces that do not overlap.

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
    applied for from `since` on (microseconds since the epoch).

    A region's classes are, in this order: moments with the same strategies running, types of
    tickets, statuses of orders, and those of every condition that tells tickets apart by itself.
    """

    def __init__(self, rulebook: Rulebook, scenarios: Sequence[Scenario], since: int) -> None:
        self.rulebook = rulebook
        names = {scenario.name for scenario in scenarios}
        self.members = [index for index, s in enumerate(rulebook.strategies) if s.scenario in names]
        own = [rulebook.strategies[index] for index in self.members]
        together = running(rulebook, own, since)
        self._running, self.moments = list(together), list(together.values())
        self.types = list(dict.fromkeys(kind for s in scenarios for kind in s.ticket_types))
        self.statuses = scenarios[0].order_statuses
        self.labels = tuple({s.label for s in scenarios if s.label})
        self._alike = {c: c.alike(own) for c in CONDITIONS if c.alike is not None}
        # One product or category of each kind. Goods without any stand for orders without lines,
        # too: conditions on goods take neither (SPEC E3).
        products = [*_kinds([s.products for s in own]), UNKNOWN_PRODUCT]
        categories = [*_kinds([s.categories for s in own]), ""]
        self._pairs = list(combinations(products, categories))

    def region(self, index: int) -> Region:
        """The tickets that the strategy takes, if its guard and cap allow."""
        strategy = self.rulebook.strategies[index]
        place = self.members.index(index)
        kinds = SCENARIOS[SCENARIO_INDEX[strategy.scenario]].ticket_types

        def takes(condition: Condition, facts: Facts | None) -> bool:
            return facts is None or condition.holds(strategy, facts, self.rulebook)

        classes = (
            _bits(bool(together >> place & 1) for together in self._running),
            _bits(kind in kinds for kind in self.types),
            _bits(
                takes(order_status.CONDITION, NO_FACTS._replace(order_status=status))
                for status in self.statuses
            ),
            *(
                _bits(takes(condition, alike.probe) for alike in classes)
                for condition, classes in self._alike.items()
            ),
        )
        within = _bits(
            takes(product.CONDITION, NO_FACTS._replace(products=(one,), categories=(category,)))
            for one, category in self._pairs
        )
        return Region(classes, Products(within))

    def member(self, region: Region, *takers: int) -> Facts | None:
        """A ticket of the region that these strategies would each take; None where the facts,
        being tied to each other, allow none that was tried."""
        moments, kinds, statuses, *others = (_places(bits) for bits in region.classes)
        products, categories = self._goods(region.products)
        # Of classes that are asked about the same time, any may fit the others.
        choices = [
            places if condition.looks_at in _TIED else places[:1]
            for condition, places in zip(self._alike, self._ordered(others), strict=True)
        ]
        for at, *chosen in islice(combinations(moments, *choices), MOST_TRIED):
            facts = NO_FACTS._replace(
                type=self.types[kinds[0]],
                order_status=self.statuses[statuses[0]],
                labels=self.labels,
                products=products,
                categories=categories,
            )
            facts = _entering_at(facts, self.moments[at])
            # The last first: a time of payment is added only where no age has set one.
            for classes, place in reversed(list(zip(self._alike.values(), chosen, strict=True))):
                facts = classes[place].put(facts)
            if all(could_take(self.rulebook, index, facts) for index in takers):
                return facts
        return None

    def _ordered(self, others: Sequence[list[int]]) -> list[list[int]]:
        """The largest amount and the payment in off-hours first: what most strategies look for."""
        return [
            places[::-1] if condition.looks_at in _LAST_FIRST else places
            for condition, places in zip(self._alike, others, strict=True)
        ]

    def _goods(self, products: Products) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Goods that lie within, with one outside each of those they must not lie within."""
        wanted = [products.within & ~inner for inner in products.beyond] or [products.within]
        pairs = [self._pairs[_places(bits)[0]] for bits in wanted]
        return tuple(one for one, _ in pairs), tuple(category for _, category in pairs)


def _entering_at(facts: Facts, at: int) -> Facts:
    """Applied for and decided at a moment, on an order that enters its status just then. The time
    of payment of an unshipped one is left to the conditions."""
    status = facts.order_status
    return facts._replace(
        applied_at=at,
        decided_at=at,
        paid_at=None if status == PENDING_SHIPMENT else at,
        shipped_at=at if status in (SHIPPED, DELIVERED) else None,
        delivered_at=at if status == DELIVERED else None,
    )


def runs(rulebook: Rulebook, strategy: Strategy, at: int) -> bool:
    """Whether a ticket applied for at the moment is at the right time for the strategy."""
    return _hold(strategy, NO_FACTS._replace(applied_at=at), rulebook, looking_at(Looks.TIME))


def could_take(rulebook: Rulebook, index: int, facts: Facts) -> bool:
    """Whether the strategy takes the ticket, if it is enabled and its guard and cap allow."""
    strategy = rulebook.strategies[index]
    kinds = SCENARIOS[SCENARIO_INDEX[strategy.scenario]].ticket_types
    return facts.type in kinds and _hold(strategy, facts, rulebook, STATELESS)


def _hold(
    strategy: Strategy, facts: Facts, rulebook: Rulebook, conditions: Iterable[Condition]
) -> bool:
    return all(condition.holds(strategy, facts, rulebook) for condition in conditions)


def _kinds(lists: Sequence[frozenset[str]]) -> list[str]:
    """One name of each kind: names that the same strategies list are of one kind."""
    names: dict[int, str] = {0: OTHER}
    for name in sorted(set().union(*lists)):
        names.setdefault(_bits(name in own for own in lists), name)
    return list(names.values())


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << place for place, flag in enumerate(flags) if flag)


def _places(bits: int) -> list[int]:
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


def _put(values: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    return (*values[:place], value, *values[place + 1 :])
