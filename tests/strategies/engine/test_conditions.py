"""Each condition of SPEC E3 at its edges, one strategy at a time."""

from datetime import datetime

from strategies.engine import FAST_REFUND_BIT, Facts, State, Verdict, compile_rulebook, decide
from strategies.engine.conditions import BY_NUMBER, HIT
from strategies.engine.hours import micros
from strategies.engine.vocabulary import SCENARIO_BIT
from tests.each import each

NOON = "2026-03-04T12:00:00+08:00"  # a Wednesday
SECOND = 1_000_000
HOUR = 3600 * SECOND

STRATEGY = {
    "id": 1, "revision": 1, "scenario": "pre_ship_refund", "name": "one", "enabled": True,
    "priority": 1, "valid_from": None, "valid_until": None, "execution_time": "all_day",
    "windows": [], "paid_time": "off_hours", "order_statuses": ["shipped", "delivered"],
    "buyer_reasons": [], "single_amount_cap": 10_000, "daily_cap": 5_000_000,
    "time_limit_hours": None, "skip_label_printed": True, "skip_risky": True,
    "product_condition": "all",
    "products": [], "categories": [], "breaker": None,
}  # fmt: skip


def at(text):
    return micros(datetime.fromisoformat(text))


def ticket(**changes):
    applied = changes.pop("applied_at", at(NOON))
    facts = {
        "ticket": "t", "ticket_no": "t", "order": "o", "buyer": "b", "type": "refund_only",
        "order_status": "pending_shipment", "amount": 5_000, "refundable": 100_000,
        "applied_at": applied, "decided_at": applied, "reason": "other", "paid_at": applied - HOUR,
        "shipped_at": None, "delivered_at": None, "label_printed_at": None,
        "paid_amount": 100_000, "labels": (), "products": ("p1",), "categories": ("c1",),
        "virtual": False, "blocked": False, "scenarios_hit": 0,
    }  # fmt: skip
    return Facts(**{**facts, **changes})


def run(strategy, *facts, state=None, **content):
    strategies = strategy if isinstance(strategy, list) else [strategy]
    rulebook = compile_rulebook(
        {"version": 2, "strategies": [{**STRATEGY, **given} for given in strategies], **content}
    )
    return [Verdict._make(v) for v in decide(rulebook, state or State(), facts)]


def failed(strategy, fact, **content):
    """The condition that stopped one strategy on one ticket; None: it hit."""
    [verdict] = run(strategy, fact, **content)
    code = verdict.trace[-1]
    return None if code == HIT else BY_NUMBER[code].name


POST = {"scenario": "post_ship_refund"}
OFF = {"execution_time": "off_hours", "paid_time": "any"}
HOURS = {"working_hours": {"wed": [["09:00", "12:00"]], "tue": [["22:00", "02:00"]]}}
INCLUDE = {"product_condition": "include", "products": ["p1"], "categories": ["c2"]}
EXCLUDE = {**INCLUDE, "product_condition": "exclude"}


@each(
    "strategy, changes, expected",
    [
        ({"enabled": False, "single_amount_cap": 1}, {}, "enabled"),
        ({"valid_from": NOON}, {}, None),
        ({"valid_from": NOON}, {"applied_at": at(NOON) - 1}, "validity"),
        ({"valid_until": NOON}, {}, "validity"),
        ({"valid_until": NOON}, {"applied_at": at(NOON) - 1}, None),
        ({"execution_time": "windows", "windows": [["12:00", "13:00"]]}, {}, None),
        ({"execution_time": "windows", "windows": [["11:00", "12:00"]]}, {}, "execution_time"),
        ({"execution_time": "windows", "windows": [["22:00", "12:01"]]}, {}, None),
        ({"execution_time": "windows", "windows": [["12:00", "12:00"]]}, {}, None),
        ({"execution_time": "windows", "windows": [["13:00", "24:00"]]}, {}, "execution_time"),
        ({"windows": [["01:00", "02:00"]]}, {}, None),  # matters only with `windows`
        ({**POST, "order_statuses": ["delivered"]}, {"order_status": "shipped"}, "order_status"),
        ({**POST, "order_statuses": ["shipped"]}, {"order_status": "shipped"}, None),
        ({"order_statuses": ["shipped"]}, {}, None),  # matters only after shipping
        ({"single_amount_cap": 5_000}, {}, None),
        ({"single_amount_cap": 4_999}, {}, "single_amount"),
        ({"time_limit_hours": 1}, {}, None),
        ({"time_limit_hours": 1}, {"paid_at": at(NOON) - HOUR - 1}, "time_limit"),
        ({"time_limit_hours": 1}, {"paid_at": None}, "time_limit"),
        ({}, {"paid_at": None}, None),
        (
            {**POST, "time_limit_hours": 1},
            {"order_status": "shipped", "shipped_at": at(NOON) - HOUR, "paid_at": 0},
            None,
        ),
        (
            {**POST, "time_limit_hours": 1},
            {"order_status": "delivered", "shipped_at": at(NOON)},
            "time_limit",
        ),
        ({}, {"label_printed_at": at(NOON)}, "label_printed"),
        ({}, {"label_printed_at": at(NOON) + 1}, None),
        ({}, {"label_printed_at": at(NOON) + 1, "decided_at": at(NOON) + 1}, "label_printed"),
        ({"skip_label_printed": False}, {"label_printed_at": 0}, None),
        (POST, {"order_status": "shipped", "label_printed_at": 0}, None),
        ({}, {"labels": ("risk",)}, "risk"),
        ({}, {"ticket_labels": ("risk",)}, "risk"),
        ({}, {"labels": ["campaign", "risk"], "ticket_labels": []}, "risk"),
        ({"skip_risky": False}, {"labels": ("risk",), "ticket_labels": ("risk",)}, None),
        ({}, {"labels": ("risk",), "label_printed_at": 0}, "label_printed"),
        ({**INCLUDE, "products": ["x"]}, {"labels": ("risk",)}, "risk"),
        ({**POST, "skip_risky": True}, {"order_status": "shipped", "labels": ("risk",)}, "risk"),
        (INCLUDE, {}, None),
        (INCLUDE, {"products": ("p9",), "categories": ("c2",)}, None),
        (INCLUDE, {"products": ("p1", "p9"), "categories": ("c1", "c1")}, "product"),
        (EXCLUDE, {"products": ("p9",), "categories": ("c1",)}, None),
        (EXCLUDE, {"products": ("p9",), "categories": ("c2",)}, "product"),
        (EXCLUDE, {"products": ("p9", "p1"), "categories": ("c1", "c1")}, "product"),
        # Goods that are not known, and orders without lines.
        ({}, {"products": ("?",), "categories": ("",)}, None),
        ({}, {"products": (), "categories": ()}, None),
        (INCLUDE, {"products": ("?",), "categories": ("c2",)}, "product"),
        (INCLUDE, {"products": (), "categories": ()}, "product"),
        (INCLUDE, {"products": ("p1",), "categories": ("",)}, None),
        (EXCLUDE, {"products": ("?",), "categories": ("c1",)}, "product"),
        (EXCLUDE, {"products": (), "categories": ()}, "product"),
        (EXCLUDE, {"products": ("p9",), "categories": ("",)}, "product"),
        ({**EXCLUDE, "categories": []}, {"products": ("p9",), "categories": ("",)}, None),
        ({"buyer_reasons": ["other"]}, {}, None),
        ({"buyer_reasons": ["quality_issue"]}, {}, "buyer_reason"),
        ({}, {"blocked": True}, "buyer_guard"),
        ({"daily_cap": 5_000, "single_amount_cap": 5_000}, {}, None),
        ({"daily_cap": 4_999}, {}, "daily_cap"),
    ],
)
def test_e3_condition_at_its_edge(strategy, changes, expected):
    assert failed(strategy, ticket(**changes)) == expected


@each(
    "time, expected",
    [
        ("2026-03-04T08:59:59.999999+08:00", None),
        ("2026-03-04T09:00:00+08:00", "execution_time"),
        ("2026-03-04T11:59:59+08:00", "execution_time"),
        ("2026-03-04T12:00:00+08:00", None),
        ("2026-03-04T01:59:59+08:00", "execution_time"),  # of Tuesday's interval
        ("2026-03-04T02:00:00+08:00", None),
        ("2026-03-05T01:00:00+08:00", None),  # Wednesday has none past midnight
    ],
)
def test_t7_off_hours(time, expected):
    assert failed(OFF, ticket(applied_at=at(time)), **HOURS) == expected


def test_t7_a_special_date_replaces_the_weekday_but_not_the_night_before():
    special = {**HOURS, "special_days": {"2026-03-04": [["15:00", "16:00"]]}}
    for time, expected in (
        ("10:00", None),
        ("15:00", "execution_time"),
        ("01:00", "execution_time"),
    ):
        fact = ticket(applied_at=at(f"2026-03-04T{time}:00+08:00"))
        assert failed(OFF, fact, **special) == expected
    assert failed(OFF, ticket(), working_hours={"wed": []}, special_days={}) == "execution_time"


def test_paid_time_needs_payment_in_off_hours():
    own = {"execution_time": "off_hours", "paid_time": "off_hours"}
    open_ = at("2026-03-04T09:00:00+08:00")
    assert failed(own, ticket(paid_at=open_), **HOURS) == "paid_time"
    assert failed(own, ticket(paid_at=open_ - 1), **HOURS) is None
    assert failed(own, ticket(paid_at=None), **HOURS) == "paid_time"
    assert failed(OFF, ticket(paid_at=open_), **HOURS) is None


@each(
    "time, expected",
    [
        ("2026-11-01T01:30:00-04:00", None),  # the hour that comes twice, both times
        ("2026-11-01T01:30:00-05:00", None),
        ("2026-11-01T02:00:00-05:00", "execution_time"),
        ("2026-03-08T01:59:59-05:00", None),
        ("2026-03-08T03:00:00-04:00", "execution_time"),  # the hour that never was
    ],
)
def test_e3_windows_are_on_the_wall_clock_when_it_changes(time, expected):
    strategy = {"execution_time": "windows", "windows": [["01:00", "02:00"]]}
    fact = ticket(applied_at=at(time))
    assert failed(strategy, fact, timezone="America/New_York") == expected


def test_e4_the_day_is_the_shop_local_date_of_the_decision():
    cap = {"daily_cap": 5_000, "single_amount_cap": 5_000}
    late = at("2026-03-04T23:59:59+08:00")
    facts = [
        ticket(order=n, applied_at=0, decided_at=moment, paid_at=None)
        for n, moment in enumerate((late, late, late + SECOND))
    ]
    assert [v.outcome for v in run(cap, *facts)] == ["refund", "manual", "refund"]


def test_e5_a_smaller_ticket_still_fits_and_a_capped_one_goes_on():
    first = {"daily_cap": 6_000, "id": 1}
    facts = [ticket(order=n, amount=amount) for n, amount in enumerate((5_000, 2_000, 1_000))]
    assert [v.strategy for v in run([first, {"priority": 2}], *facts)] == [0, 1, 0]


def test_e2_amounts_and_two_tickets_on_one_order():
    verdicts = run({}, ticket(refundable=6_000), ticket(refundable=6_000), ticket(amount=0))
    assert [v.why for v in verdicts] == [None, "over_refundable", "no_amount"]
    assert verdicts[1].refundable == 1_000 and verdicts[1].trace == ()


MINUTE = 60 * SECOND


@each(
    "changes, why",
    [
        ({"amount": 0, "refundable": -1}, "no_amount"),
        ({"refundable": 4_999, "line": 1, "line_left": 0, "freight_left": 0}, "over_refundable"),
        ({"line": 1, "line_left": 5_000, "freight_left": 0}, None),
        ({"line": 1, "line_left": 4_999, "freight_left": 1}, None),
        ({"line": 1, "line_left": 4_999, "freight_left": 0, "paid_at": at(NOON) + 1}, "over_line"),
        ({"line": 1, "line_left": -300, "freight_left": 4_999}, "over_line"),
        ({"line": 1, "line_left": -300, "freight_left": 5_000}, None),
        ({"line": 1, "line_left": 5_000, "freight_left": -800}, None),
        ({"paid_at": at(NOON)}, None),
        ({"paid_at": at(NOON) + 1, "held_back": "taken_back"}, "impossible_times"),
        ({"paid_at": None}, None),
        ({"decided_at": at(NOON) - 10 * MINUTE}, None),
        ({"decided_at": at(NOON) - 10 * MINUTE - 1}, "impossible_times"),
        ({"held_back": "rejected_before"}, "rejected_before"),
        ({"held_back": "taken_back"}, "taken_back"),
        ({"held_back": "open_difference"}, "open_difference"),
        ({"held_back": "platform_excess"}, "platform_excess"),
    ],
)
def test_e2_what_goes_to_people_in_its_order(changes, why):
    """For fast refund and while automation is paused as well."""
    fast = {"labels": ("fast_refund",), "paid_amount": 29_999}
    content = {"fast_refund_periods": [["2026-01-01T00:00:00+08:00", None]]}
    [verdict] = run({}, ticket(**changes))
    assert (verdict.why, verdict.outcome) == (why, "manual" if why else "refund")
    if changes.get("paid_at", 0) is not None:
        [verdict] = run({}, ticket(**fast, **changes), state=State(paused=True), **content)
        assert (verdict.why, verdict.source) == (why, None if why else "fast_refund")


def test_facts_of_before_are_decided_by_the_rules_of_then():
    """A decision of before kept no reason to hold it back: times were not asked either."""
    assert run({}, ticket(held_back=None, paid_at=at(NOON) + 1))[0].outcome == "refund"
    before = ticket(products=("?",), categories=("",))
    assert run({**EXCLUDE, "products": ["p1"]}, before, version=1)[0].outcome == "refund"
    assert run({**EXCLUDE, "products": ["p1"]}, before)[0].outcome == "manual"


def test_e2_a_hit_lowers_what_is_left_of_its_line_and_of_the_freight():
    on_first = {"line": 1, "line_paid": 6_000, "line_left": 6_000, "freight_left": 1_000}
    on_second = {"line": 2, "line_paid": 6_000, "line_left": 6_000, "freight_left": 1_000}
    facts = [
        ticket(amount=6_000, **on_first),
        ticket(amount=1_001, **on_first),
        ticket(amount=1_000, **on_first),
        ticket(amount=6_001, **on_second),
        ticket(amount=6_000, **on_second),
        ticket(amount=1, **on_second),
    ]
    verdicts = run({}, *facts)
    assert [v.why for v in verdicts] == [None, "over_line", None, "over_line", None, "over_line"]
    assert [(v.line_left, v.freight_left) for v in verdicts] == [
        (6_000, 1_000), (0, 1_000), (0, 1_000), (6_000, 0), (6_000, 0), (0, 0),
    ]  # fmt: skip


def test_e2_tickets_on_the_whole_order_lower_the_order_alone():
    line = {"line": 1, "line_paid": 5_000, "line_left": 5_000, "freight_left": 0}
    facts = [
        ticket(amount=4_000, refundable=9_000),
        ticket(amount=5_000, refundable=9_000, **line),
        ticket(amount=1, refundable=9_000),
    ]
    verdicts = run({}, *facts)
    assert [v.why for v in verdicts] == [None, None, "over_refundable"]
    assert (verdicts[0].line_left, verdicts[0].freight_left) == (None, None)


def test_a_revision_of_before_did_not_ask_for_risk():
    old = {key: value for key, value in STRATEGY.items() if key != "skip_risky"}
    rulebook = compile_rulebook({"version": 2, "strategies": [old]})
    assert decide(rulebook, State(), [ticket(labels=("risk",))])[0].outcome == "refund"


def test_f1_risk_does_not_stop_fast_refund():
    content = {"fast_refund_periods": [["2026-01-01T00:00:00+08:00", None]]}
    fact = ticket(
        labels=("fast_refund", "risk"), ticket_labels=("risk",), paid_amount=29_999, blocked=True
    )
    assert run({}, fact, **content)[0].source == "fast_refund"


def test_s2_f1_a_deposit_order_is_for_people():
    content = {"fast_refund_periods": [["2026-01-01T00:00:00+08:00", None]]}
    fact = ticket(order_type="deposit", labels=("fast_refund",), paid_amount=29_999)
    for given in (fact, fact._replace(order_status="shipped")):
        [verdict] = run([{}, {**POST, "id": 2}], given, **content)
        assert (verdict.outcome, verdict.why, verdict.trace) == ("manual", "no_scenario", ())
    [verdict] = run({}, fact._replace(order_type="cross_border"), **content)
    assert verdict.source == "fast_refund"


LIMIT = {"buyer_limit": {"days": 1, "count": 1, "amount": None}}
DAY = 24 * HOUR


def test_g1_the_window_is_open_at_its_start_and_closed_at_its_end():
    facts = [
        ticket(order=n, decided_at=at(NOON) + shift) for n, shift in enumerate((0, DAY - 1, DAY))
    ]
    assert [v.outcome for v in run({}, *facts, **LIMIT)] == ["refund", "manual", "refund"]
    assert [v.buyer_count for v in run({}, *facts, **LIMIT)] == [0, 1, 0]


def test_g1_later_decisions_do_not_count_and_no_limit_is_off():
    facts = [ticket(order=n, decided_at=at(NOON) + shift) for n, shift in enumerate((5, 0))]
    assert [v.outcome for v in run({}, *facts, **LIMIT)] == ["refund", "refund"]
    [verdict] = run({}, ticket(), buyer_limit={"days": 2})
    assert (verdict.outcome, verdict.buyer_count) == ("refund", None)


def test_g1_the_amount_limit_may_be_met_exactly():
    limit = {"buyer_limit": {"days": 1, "count": None, "amount": 10_000}}
    facts = [ticket(order=n, amount=a) for n, a in enumerate((5_000, 5_000, 1))]
    assert [v.outcome for v in run({}, *facts, **limit)] == ["refund", "refund", "manual"]


def test_g3_the_hit_above_the_limit_stands_and_the_next_fails_enabled():
    strategy = {"breaker": {"hits": 1, "amount": None, "minutes": 10}}
    facts = [ticket(order=n) for n in range(3)]
    assert [(v.outcome, v.tripped) for v in run(strategy, *facts)] == [
        ("refund", False),
        ("refund", True),
        ("manual", False),
    ]
    spread = [ticket(order=n, decided_at=at(NOON) + n * 600 * SECOND) for n in range(3)]
    assert not any(v.tripped for v in run(strategy, *spread))
    amounts = {"breaker": {"hits": None, "amount": 10_000, "minutes": 10}}
    assert [v.tripped for v in run(amounts, *facts)] == [False, False, True]


def test_g2_pause_stops_strategies_but_not_fast_refund():
    content = {"fast_refund_periods": [["2026-01-01T00:00:00+08:00", None]]}
    fast = ticket(labels=("fast_refund",), paid_amount=29_999, blocked=True, label_printed_at=0)
    verdicts = run({}, fast, ticket(order="p"), state=State(paused=True), **content)
    assert [(v.source, v.why) for v in verdicts] == [("fast_refund", None), (None, "paused")]


CHANGE = at("2023-09-13T00:00:00+08:00")


@each(
    "changes, holds",
    [
        ({"paid_at": CHANGE - 1, "applied_at": CHANGE - 1 + 6 * HOUR}, True),
        ({"paid_at": CHANGE - 1, "applied_at": CHANGE + 6 * HOUR}, False),
        ({"paid_at": CHANGE, "applied_at": CHANGE + 9 * HOUR, "paid_amount": 29_999}, True),
        ({"paid_at": CHANGE, "applied_at": CHANGE, "paid_amount": 30_000}, False),
        ({"paid_at": CHANGE - 30 * DAY, "applied_at": CHANGE - 30 * DAY}, True),
        ({"paid_at": CHANGE - 30 * DAY - 1, "applied_at": CHANGE - 30 * DAY}, False),
        ({"paid_at": CHANGE + DAY, "paid_amount": 1}, False),  # opted out again
        ({"paid_at": None, "paid_amount": 1}, False),
        ({"paid_at": CHANGE, "paid_amount": 1, "virtual": True}, False),
        ({"paid_at": CHANGE, "paid_amount": 1, "labels": ()}, False),
        ({"paid_at": CHANGE, "paid_amount": 1, "scenarios_hit": FAST_REFUND_BIT}, False),
        ({"paid_at": CHANGE, "paid_amount": 1, "order_status": "shipped"}, False),
        ({"paid_at": CHANGE, "paid_amount": 1, "type": "return_refund"}, False),
    ],
)
def test_f1_fast_refund(changes, holds):
    periods = [["2023-08-14T00:00:00+08:00", "2023-09-14T00:00:00+08:00"]]
    [verdict] = run(
        [], ticket(**{"labels": ("fast_refund",), **changes}), fast_refund_periods=periods
    )
    assert (verdict.source == "fast_refund") is holds


@each("status", ["partially_shipped", "completed", "closed", None, "unheard of"])
def test_s2_no_scenario(status):
    assert run({}, ticket(order_status=status))[0].why == "no_scenario"


def test_s2_a_missing_label_and_an_exchange():
    keep = {"scenario": "post_ship_keep_goods"}
    fact = ticket(type="refund_keep_goods", order_status="shipped")
    assert run(keep, fact)[0].why == "no_scenario"
    assert run(keep, fact._replace(labels=("refund_keep_goods",)))[0].outcome == "refund"
    assert run(keep, fact._replace(type="exchange"))[0].why == "no_scenario"


def test_s3_a_scenario_is_spent_for_good_but_others_are_asked():
    both = [{**POST, "id": 1}, {"scenario": "post_ship_waive_return", "id": 2}]
    fact = ticket(order_status="shipped", scenarios_hit=SCENARIO_BIT["post_ship_refund"])
    assert run(both, fact)[0].scenario == "post_ship_waive_return"
    [verdict] = run(both[:1], fact)
    assert (verdict.why, verdict.trace) == ("none_hit", ())


def test_facts_may_hold_lists_as_a_database_gives_them():
    fact = ticket(labels=[], products=["p1"], categories=["c1"])
    assert run(INCLUDE, fact)[0].outcome == "refund"


def test_time_zone_with_a_half_hour():
    strategy = {"execution_time": "windows", "windows": [["17:30", "17:31"]]}
    fact = ticket(applied_at=at("2026-03-04T12:00:00+00:00"))
    assert failed(strategy, fact, timezone="Asia/Kolkata") is None
    later = fact._replace(applied_at=fact.applied_at + 60 * SECOND)
    assert failed(strategy, later, timezone="Asia/Kolkata") == "execution_time"
