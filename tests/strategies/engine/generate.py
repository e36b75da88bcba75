"""Generated shops and tickets, full of boundaries, for the property tests."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from strategies.engine import Facts
from strategies.engine.hours import micros
from strategies.engine.vocabulary import SCENARIOS

# Each zone with a day on which its clock changes (Lord Howe by half an hour), or the day of the
# change of fast-refund rules.
SCENES = (
    ("America/New_York", datetime(2026, 3, 8)),
    ("America/New_York", datetime(2026, 11, 1)),
    ("Asia/Kolkata", datetime(2026, 3, 1)),
    ("Australia/Lord_Howe", datetime(2026, 4, 5)),
    ("Asia/Shanghai", datetime(2023, 9, 13)),
)
TIMES = ("00:00", "01:30", "02:00", "03:00", "09:00", "12:00", "18:00", "22:00", "23:59")
REASONS = ("a", "b", "c")
AMOUNTS = (1, 99, 100, 101, 199, 200, 1000)

# Making a strategy takes longer than drawing from it: what can be is made once, here, by @cache or,
# where all that it is made of is hashable, by hypothesis itself.
interval = st.tuples(st.sampled_from(TIMES), st.sampled_from((*TIMES, "24:00"))).map(list)
intervals = st.lists(interval, max_size=2)
windows = st.lists(interval, min_size=1, max_size=2)
working_hours = st.dictionaries(
    st.sampled_from(("mon", "tue", "wed", "thu", "fri", "sat", "sun")), intervals
)
reasons = st.sampled_from(([], [], ["a"], ["b", "c"]))
shipped = st.sampled_from((["shipped"], ["delivered"], ["shipped", "delivered"]))
strategy_products = st.lists(st.sampled_from(("p1", "p2")), max_size=2)
strategy_categories = st.lists(st.sampled_from(("c1", "c2")), max_size=1)
breaker_hits = st.none() | st.integers(1, 2)
breaker_amount = st.none() | st.sampled_from((100, 300))
buyer_limit = st.none() | st.fixed_dictionaries(
    {
        "days": st.integers(1, 2),
        "count": st.none() | st.integers(0, 3),
        "amount": st.none() | st.sampled_from((100, 300)),
    }
)
# (product, category, paid, left): a line may have given more than was paid for it.
order_lines = st.lists(
    st.tuples(
        st.sampled_from(("p1", "p1", "p2", "p2", "p3", "?")),
        st.sampled_from(("c1", "c2", "")),
        st.sampled_from((0, 100, 200, 10_000)),
        st.sampled_from((-50, 0, 100, 200, 10_000)),
    ),
    max_size=2,
)
labels = st.sets(
    st.sampled_from(
        ("fast_refund", "fast_refund", "refund_keep_goods", "refund_keep_goods", "risk")
    )
).map(tuple)
ticket_labels = st.sampled_from(((), (), (), ("risk",)))
order_types = st.sampled_from(("ordinary",) * 5 + ("cross_border", "deposit", None))
held_back = st.sampled_from(
    ("",) * 12 + ("rejected_before", "taken_back", "open_difference", "platform_excess", None)
)


@cache
def moments(zone: str, day: datetime):
    """Around a day: on the minutes of TIMES, give or take a second or a microsecond."""
    return st.builds(
        lambda shift, text, nudge, fold: (
            (day + timedelta(days=shift, hours=int(text[:2]), minutes=int(text[3:])))
            .replace(tzinfo=ZoneInfo(zone), fold=fold)
            .astimezone(UTC)
            + nudge
        ),
        st.integers(-1, 1),
        st.sampled_from(TIMES),
        st.sampled_from(
            [timedelta(0), timedelta(seconds=-1), timedelta(seconds=1), timedelta(microseconds=-1)]
            + [timedelta(minutes=30), timedelta(hours=6)]
        ),
        st.integers(0, 1),
    )


@cache
def in_text(zone: str, day: datetime):
    return st.none() | moments(zone, day).map(datetime.isoformat)


@cache
def in_micros(zone: str, day: datetime):
    return moments(zone, day).map(micros)


@cache
def special_days(day: datetime):
    near = st.integers(-1, 1).map(lambda shift: (day + timedelta(days=shift)).date().isoformat())
    return st.dictionaries(near, intervals, max_size=2)


@st.composite
def strategy(draw, number: int, zone: str, day: datetime, scenario: str):
    execution = draw(
        st.sampled_from(
            ("all_day", "all_day", "windows", "off_hours")
            if scenario == "pre_ship_refund"
            else ("all_day", "windows")
        )
    )
    cap = draw(st.sampled_from((100, 200, 1000)))
    text = in_text(zone, day)
    breaker = {
        "hits": draw(breaker_hits),
        "amount": draw(breaker_amount),
        "minutes": draw(st.sampled_from((10, 1440))),
    }
    return {
        "id": number,
        "revision": 1,
        "scenario": scenario,
        "name": str(number),
        "enabled": draw(st.integers(0, 5)) > 0,
        "priority": number,
        "valid_from": draw(text) if draw(st.booleans()) else None,
        "valid_until": draw(text) if draw(st.booleans()) else None,
        "execution_time": execution,
        "windows": draw(windows),
        "paid_time": draw(st.sampled_from(("off_hours", "any"))),
        "order_statuses": draw(shipped),
        "buyer_reasons": draw(reasons),
        "single_amount_cap": cap,
        "daily_cap": draw(st.sampled_from((cap, cap + 99, cap * 3, 100_000))),
        "time_limit_hours": draw(st.sampled_from((None, None, 1, 6, 24))),
        "skip_label_printed": draw(st.booleans()),
        "skip_risky": draw(st.booleans()),
        "product_condition": draw(st.sampled_from(("all", "all", "include", "exclude"))),
        "products": draw(strategy_products),
        "categories": draw(strategy_categories),
        "breaker": breaker if draw(st.integers(0, 3)) == 0 and any(
            breaker[key] for key in ("hits", "amount")
        ) else None,
    }  # fmt: skip


@st.composite
def shop(draw):
    """(zone, day, rulebook content)."""
    zone, day = draw(st.sampled_from(SCENES))
    when = moments(zone, day)
    number = 0
    strategies = []
    for scenario in SCENARIOS:
        for _ in range(draw(st.integers(0, 3))):
            number += 1
            strategies.append(draw(strategy(number, zone, day, scenario.name)))
    start, end = sorted([draw(when), draw(when)])
    periods = draw(
        st.sampled_from([[], [[start.isoformat(), None]], [[start.isoformat(), end.isoformat()]]])
    )
    return (
        zone,
        day,
        {
            "version": draw(st.sampled_from((2, 2, 2, 1))),
            "timezone": zone,
            "working_hours": draw(working_hours),
            "special_days": draw(special_days(day)),
            "fast_refund_periods": periods,
            "buyer_limit": draw(buyer_limit),
            "strategies": draw(st.permutations(strategies)),
        },
    )


@st.composite
def tickets(draw, zone: str, day: datetime, most: int = 12):
    """Facts, sorted as a shop's tickets are decided, several on one order."""
    when = in_micros(zone, day)
    maybe = st.none() | when
    orders = []
    for number in range(draw(st.integers(1, 4))):
        lines = draw(order_lines)
        orders.append(
            {
                "order": f"o{number}",
                "buyer": draw(st.sampled_from(("b1", "b2"))),
                "order_status": draw(
                    st.sampled_from(
                        ("pending_shipment", "pending_shipment", "shipped", "delivered", "closed")
                    )
                ),
                "refundable": draw(st.sampled_from((100, 300, 100_000))),
                "paid_at": draw(maybe),
                "shipped_at": draw(maybe),
                "delivered_at": draw(maybe),
                "label_printed_at": draw(maybe),
                "paid_amount": draw(st.sampled_from((29_999, 30_000))),
                "labels": draw(labels),
                "order_type": draw(order_types),
                "freight": draw(st.sampled_from((-50, 0, 0, 1, 100))),
                "lines": lines,
                "virtual": draw(st.integers(0, 4)) == 0,
                "blocked": draw(st.integers(0, 6)) == 0,
            }
        )
    found = []
    for number in range(draw(st.integers(1, most))):
        applied = draw(when)
        decided = draw(maybe)
        order = draw(st.sampled_from(orders))
        found.append(
            Facts(
                ticket=number,
                ticket_no=f"t{number:02}",
                type=draw(
                    st.sampled_from(
                        ("refund_only", "refund_only", "return_refund", "refund_keep_goods",
                         "exchange")
                    )
                ),
                amount=draw(st.sampled_from((0, *AMOUNTS))),
                applied_at=applied,
                decided_at=applied if decided is None else decided,
                reason=draw(st.sampled_from(REASONS)),
                scenarios_hit=draw(st.sampled_from((0, 0, 0, 1, 2, 4, 32))),
                held_back=draw(held_back),
                ticket_labels=draw(ticket_labels),
                **goods(order, draw(st.integers(0, 3)) - 2),
            )
        )  # fmt: skip
    found.sort(key=lambda facts: (facts.applied_at, facts.ticket_no))
    return found


def goods(order: dict, line: int) -> dict:
    """An order's facts for a ticket on a line of it; on the whole order where it has none such."""
    facts = {key: value for key, value in order.items() if key not in ("lines", "freight")}
    lines = order["lines"]
    facts |= {"freight_left": None, "line": None, "line_left": None, "line_paid": None}
    if 0 <= line < len(lines):
        lines = [lines[line]]
        facts |= {
            "line": line,
            "line_paid": lines[0][2],
            "line_left": lines[0][3],
            "freight_left": order["freight"],
        }
    return facts | {
        "products": tuple(product for product, *_ in lines),
        "categories": tuple(category for _, category, *_ in lines),
    }


@st.composite
def scenes(draw, most: int = 12):
    """(rulebook content, facts)."""
    zone, day, content = draw(shop())
    return content, draw(tickets(zone, day, most))
