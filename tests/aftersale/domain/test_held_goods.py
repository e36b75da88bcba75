"""SPEC H1: which lines of an order stay, by a table and against a slow reading of the rule."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from aftersale.domain.held_goods import Claim, Line, OrderMoney, Stage
from tests.each import each

GIVEN, WAITS, RETURNS = Stage.GIVEN, Stage.WAITS, Stage.RETURNS
ONE = [Line(1, 1, 60)]
TWO = [Line(1, 1, 60), Line(2, 1, 60)]
PAIR = [Line(1, 2, 60)]
GIFT = [Line(1, 1, 60), Line(2, 3, 0)]
WHOLE = None


def money(
    lines: list[Line],
    *claims: tuple[int | None, int, Stage],
    outside: int = 0,
    freight: int = 0,
) -> OrderMoney:
    """Tickets T1, T2, … in the sequence given."""
    paid = sum(line.paid for line in lines) + freight
    named = [Claim(f"T{place}", *claim) for place, claim in enumerate(claims, start=1)]
    return OrderMoney(paid, outside, lines, named)


@each(
    "order, held, adjustments",
    [
        # A ticket on a line of quantity 1: held from what was paid for it.
        (money(TWO, (1, 59, GIVEN)), {}, {"T1"}),
        (money(TWO, (1, 60, GIVEN)), {"T1": {1}}, set()),
        (money(TWO, (1, 59, WAITS)), {}, {"T1"}),
        (money(TWO, (1, 60, WAITS)), {"T1": {1}}, set()),
        # Refunded and requested amounts together.
        (money(TWO, (1, 30, GIVEN), (1, 29, WAITS)), {}, {"T1", "T2"}),
        (money(TWO, (1, 30, GIVEN), (1, 30, WAITS)), {"T1": {1}, "T2": {1}}, set()),
        (money(TWO, (1, 30, GIVEN), (2, 30, WAITS)), {}, {"T1", "T2"}),
        # A return holds nothing; what it asks for counts.
        (money(TWO, (1, 60, RETURNS)), {}, set()),
        (money(TWO, (1, 5, GIVEN), (1, 54, RETURNS)), {}, {"T1"}),
        (money(TWO, (1, 5, GIVEN), (1, 55, RETURNS)), {"T1": {1}}, set()),
        # More than one piece: nobody knows for which the money is.
        (money(PAIR, (1, 1, GIVEN)), {"T1": {1}}, set()),
        (money(PAIR, (WHOLE, 1, WAITS)), {"T1": WHOLE}, set()),
        # The whole order: one line of quantity 1, gifts aside.
        (money(ONE, (WHOLE, 59, GIVEN)), {}, {"T1"}),
        (money(ONE, (WHOLE, 60, GIVEN)), {"T1": WHOLE}, set()),
        (money(GIFT, (WHOLE, 59, WAITS)), {}, {"T1"}),
        (money(GIFT, (WHOLE, 60, WAITS)), {"T1": WHOLE}, set()),
        (money(TWO, (WHOLE, 1, GIVEN)), {"T1": WHOLE}, set()),
        (money(TWO, (WHOLE, 1, GIVEN), (1, 1, GIVEN)), {"T1": WHOLE}, {"T2"}),
        (money(ONE, (WHOLE, 30, GIVEN), (1, 29, GIVEN)), {}, {"T1", "T2"}),
        (money(ONE, (WHOLE, 30, GIVEN), (1, 30, GIVEN)), {"T1": WHOLE, "T2": {1}}, set()),
        # Freight counts as not given back.
        (money(ONE, (WHOLE, 59, GIVEN), freight=6), {}, {"T1"}),
        (money(ONE, (WHOLE, 60, GIVEN), freight=6), {"T1": WHOLE}, set()),
        (money(TWO, (1, 66, GIVEN), freight=6), {"T1": {1}}, set()),
        # A gift has no price that could be adjusted.
        (money(GIFT, (2, 0, WAITS)), {"T1": {2}}, set()),
        (money(GIFT, (2, 5, GIVEN)), {"T1": {2}}, set()),
        # Two refunds on one line: the money of the other is gone as well.
        (money(TWO, (1, 60, GIVEN), (1, 60, GIVEN)), {"T1": {1, 2}, "T2": {1, 2}}, set()),
        (money(TWO, (1, 60, GIVEN), (1, 59, GIVEN)), {"T1": {1}, "T2": {1}}, set()),
        (money(TWO, (1, 60, GIVEN), (1, 60, WAITS)), {"T1": {1}, "T2": {1}}, set()),
        (
            money(TWO, (1, 90, GIVEN), (2, 29, GIVEN)),
            {"T1": {1}},
            {"T2"},
        ),
        (
            money(TWO, (1, 90, GIVEN), (2, 30, GIVEN)),
            {"T1": {1, 2}, "T2": {2}},
            set(),
        ),
        # Of three lines, each that may be the one.
        (
            money([*TWO, Line(3, 2, 30)], (1, 90, GIVEN)),
            {"T1": {1, 3}},
            set(),
        ),
        # Refunded elsewhere, without a line.
        (money(TWO, (1, 5, GIVEN), outside=54), {}, {"T1"}),
        (money(TWO, (1, 5, GIVEN), outside=55), {"T1": {1}}, set()),
        (money(TWO, outside=60), {}, set()),
        # A line that the order does not have.
        (money(ONE, (9, 5, WAITS)), {"T1": WHOLE}, set()),
        (money(TWO, (9, 55, RETURNS), (1, 5, GIVEN)), {"T2": {1}}, set()),
        # Nothing was paid, or nothing is asked for.
        (money([Line(1, 1, 0)], (WHOLE, 0, WAITS)), {"T1": WHOLE}, set()),
        (money([], (WHOLE, 5, GIVEN), freight=60), {"T1": WHOLE}, set()),
        (money(ONE, (WHOLE, 0, WAITS)), {}, {"T1"}),
        (money(TWO), {}, set()),
    ],
)
def test_who_holds_which_lines(
    order: OrderMoney, held: dict[str, set[int] | None], adjustments: set[str]
) -> None:
    assert (order.held, order.adjustments) == (held, adjustments)


@each(
    "order, all_given",
    [
        (money(TWO, (1, 60, GIVEN), (2, 60, GIVEN)), True),
        (money(TWO, (1, 60, GIVEN), (2, 60, WAITS)), False),
        (money(TWO, (1, 60, GIVEN), outside=60), True),
        (money(TWO, (1, 60, GIVEN), outside=59), False),
        (money(ONE, outside=60, freight=6), True),
        (money([Line(1, 1, 0)], (1, 0, GIVEN)), False),
        # A discount that the lines do not show.
        (replace(money(TWO, (1, 60, GIVEN), (2, 40, GIVEN)), paid=100), True),
    ],
)
def test_when_all_was_given_back(order: OrderMoney, all_given: bool) -> None:
    assert order.all_given is all_given


_amounts = st.integers(0, 7)
_lines = st.lists(st.tuples(st.integers(1, 2), st.integers(0, 4)), min_size=1, max_size=3)
_claims = st.lists(
    st.tuples(st.none() | st.integers(1, 4), _amounts, st.sampled_from(Stage)), max_size=4
)


@st.composite
def _orders(draw: st.DrawFn) -> OrderMoney:
    lines = [Line(number, *line) for number, line in enumerate(draw(_lines), start=1)]
    discount = draw(st.integers(0, 2))
    order = money(
        lines,
        *draw(_claims),
        outside=draw(st.just(0) | _amounts),
        freight=draw(st.integers(0, 2)),
    )
    return replace(order, paid=max(0, order.paid - discount))


def _most_on(order: OrderMoney, line: Line, *, asked: bool) -> tuple[int, int]:
    """Yuan by yuan, with whatever nobody places going to this line: all of it, and what came
    from refunds on other lines."""
    known = {one.number for one in order.lines}
    freight = max(0, order.paid - sum(one.paid for one in order.lines))
    room = {one.number: one.paid for one in order.lines}
    here, strayed = order.outside, 0
    for claim in order.claims:
        if claim.stage is not GIVEN and not asked:
            continue
        if claim.line == line.number or claim.line not in known:
            here += claim.amount
        elif claim.stage is GIVEN:
            for _yuan in range(claim.amount):
                if room[claim.line] > 0:
                    room[claim.line] -= 1
                elif freight > 0:
                    freight -= 1
                else:
                    here, strayed = here + 1, strayed + 1
    return here, strayed


def _slow(order: OrderMoney) -> tuple[dict[str, set[int] | None], set[str]]:
    sold = [line for line in order.lines if line.paid > 0]
    held: dict[str, set[int] | None] = {}
    adjustments = set()
    for claim in order.claims:
        if claim.stage is RETURNS:
            continue
        about = [line for line in order.lines if line.number == claim.line]
        priced = sold if claim.line is None else about
        if len(priced) == 1 and priced[0].quantity == 1:
            most, _strayed = _most_on(order, priced[0], asked=True)
            if most < priced[0].paid and most < order.paid:
                adjustments.add(claim.ticket)
                continue
        if not about:
            held[claim.ticket] = None
            continue
        lines = {claim.line}
        on_it = sum(c.amount for c in order.claims if c.line == claim.line and c.stage is GIVEN)
        if claim.stage is GIVEN and on_it > about[0].paid:
            for line in sold:
                given_on, strayed = _most_on(_without_whole(order), line, asked=False)
                if order.all_given or (strayed and given_on >= line.paid):
                    lines.add(line.number)
        held[claim.ticket] = lines  # type: ignore[assignment]
    return held, adjustments


def _without_whole(order: OrderMoney) -> OrderMoney:
    """A refund of the whole order holds all of it by itself."""
    known = {line.number for line in order.lines}
    return replace(order, claims=[claim for claim in order.claims if claim.line in known])


@given(_orders())
def test_the_rule_read_slowly(order: OrderMoney) -> None:
    assert (order.held, order.adjustments) == _slow(order)


def _stopped(order: OrderMoney) -> set[int]:
    numbers = {line.number for line in order.lines}
    return set().union(*(numbers if lines is None else lines for lines in order.held.values()))


@given(_orders(), st.none() | st.integers(1, 3), _amounts, st.sampled_from(Stage))
def test_one_more_claim_frees_nothing(
    order: OrderMoney, line: int | None, amount: int, stage: Stage
) -> None:
    more = replace(order, claims=[*order.claims, Claim("more", line, amount, stage)])
    assert _stopped(order) <= _stopped(more)


@given(_orders())
def test_a_line_that_may_leave_has_money_left(order: OrderMoney) -> None:
    """By tickets alone: the lines that are free have got back less than was paid for them."""
    assume(order.outside == 0 and not order.all_given)
    for line in order.sold:
        if line.number not in _stopped(order):
            given_on, _strayed = _most_on(order, line, asked=False)
            assert given_on < line.paid
