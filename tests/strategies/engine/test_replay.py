"""A replay by the same strategies decides what was decided, to the fen (SPEC M3)."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from strategies.engine import Facts, State, Verdict, compile_rulebook, decide
from strategies.engine.hours import EPOCH
from strategies.engine.replay import Past, Replay
from strategies.engine.vocabulary import FAST_REFUND_BIT, MANUAL, SCENARIO_BIT
from tests.strategies.engine.generate import scenes
from tests.strategies.engine.test_properties import quick
from tests.strategies.engine.test_review import HOUR, NOW, content

FIELDS = ("outcome", "why", "source", "scenario", "strategy", "trace", "refundable", "tripped")


def seen(verdict):
    return verdict and tuple(getattr(verdict, name) for name in FIELDS)


def live(rulebook, facts, *, batch: int) -> list[tuple[Past, Verdict]]:
    """Decided as the evaluator would: in batches, each on the facts as they were left."""
    state, result = State(), []
    scenarios_hit: dict = {}
    for start in range(0, len(facts), batch):
        for fact in facts[start : start + batch]:
            fact = fact._replace(scenarios_hit=scenarios_hit.get(fact.ticket, fact.scenarios_hit))
            (verdict,) = decide(rulebook, state, [fact])
            kept = fact._replace(refundable=verdict.refundable)
            hit = verdict.outcome != MANUAL
            if hit:
                bit = SCENARIO_BIT[verdict.scenario] if verdict.scenario else FAST_REFUND_BIT
                scenarios_hit[fact.ticket] = fact.scenarios_hit | bit
            result.append((Past(kept, hit, verdict.why == "paused"), verdict))
    return result


def repeated(past) -> set:
    orders = [one.facts.order for one in past]
    return {order for order in orders if orders.count(order) > 1}


@quick
@given(scenes(), st.integers(1, 5))
def test_the_same_strategies_decide_the_same(scene, piece) -> None:
    rules, facts = scene
    facts = sorted(facts, key=lambda fact: (fact.decided_at, fact.ticket_no))
    happened = live(compile_rulebook(rules), facts, batch=3)
    past = [one for one, _ in happened]
    replay = Replay(compile_rulebook(rules), State(), repeated=repeated(past))
    verdicts: list = []
    for start in range(0, len(past), piece):
        verdicts += replay.run(past[start : start + piece])
    assert [seen(v) for v in verdicts] == [seen(v) for _, v in happened]


@quick
@given(scenes())
def test_plain_tuples_and_pieces_change_nothing(scene) -> None:
    rules, facts = scene
    past = [one for one, _ in live(compile_rulebook(rules), facts, batch=3)]
    whole = Replay(compile_rulebook(rules), State(), repeated=repeated(past)).run(past)
    plain = [(tuple(one.facts), one.hit, one.paused) for one in past]
    again = Replay(compile_rulebook(rules), State(), repeated=repeated(past)).run(plain)
    assert [seen(v) for v in again] == [seen(v) for v in whole]


def ticket(number: int, order: str = "", **facts) -> Facts:
    plain = Facts(
        ticket=number, ticket_no=str(number), order=order or f"o{number}", buyer="b",
        type="refund_only", order_status="pending_shipment", amount=5_000, refundable=10_000,
        applied_at=NOW + number, decided_at=NOW + number, reason="a", paid_at=NOW - HOUR,
        shipped_at=None, delivered_at=None, label_printed_at=None, paid_amount=10_000, labels=(),
        products=("p",), categories=("c",), virtual=False, blocked=False,
    )  # fmt: skip
    return plain._replace(**facts)


def outcomes(replay: Replay, *past: Past) -> list[str | None]:
    return [verdict and verdict.outcome for verdict in replay.run(past)]


def test_a_ticket_that_is_approved_here_is_not_looked_at_again() -> None:
    """Then it went to people, changed and was evaluated again; here it is gone (SPEC S3)."""
    past = [Past(ticket(1), False, False), Past(ticket(1, decided_at=NOW + 9), False, False)]
    assert outcomes(Replay(content({}), State(), repeated={"o1"}), *past) == ["refund", None]


def test_what_is_not_approved_here_leaves_the_orders_money_to_others() -> None:
    """Then a strategy took all of it; here that one is off, and the second ticket fits (O2)."""
    first = ticket(1, "o", amount=10_000)
    second = ticket(2, "o", amount=4_000, refundable=0)
    small = content({"single_amount_cap": 5_000})
    replay = Replay(small, State(), repeated={"o"})
    assert outcomes(replay, Past(first, True, False), Past(second, False, False)) == [
        "manual", "refund",
    ]  # fmt: skip


def test_what_is_approved_here_takes_the_orders_money() -> None:
    first, second = ticket(1, "o", amount=6_000), ticket(2, "o", amount=6_000)
    replay = Replay(content({}), State(), repeated={"o"})
    assert outcomes(replay, Past(first, False, False), Past(second, False, False)) == [
        "refund", "manual",
    ]  # fmt: skip


def on_line(number: int, line: int, amount: int, left: int, freight: int = 0) -> Facts:
    return ticket(
        number, "o", amount=amount, refundable=50_000, paid_amount=50_000, line=line,
        line_paid=10_000, line_left=left, freight_left=freight,
    )  # fmt: skip


def test_e2_what_is_approved_here_takes_the_lines_money() -> None:
    past = [Past(on_line(1, 1, 8_000, 10_000), False, False),
            Past(on_line(2, 1, 3_000, 10_000), False, False),
            Past(on_line(3, 2, 3_000, 10_000), False, False)]  # fmt: skip
    replay = Replay(content({}), State(), repeated={"o"})
    assert outcomes(replay, *past) == ["refund", "manual", "refund"]


def test_e2_what_is_not_approved_here_leaves_the_lines_money_to_others() -> None:
    past = [Past(on_line(1, 1, 10_000, 10_000), True, False),
            Past(on_line(2, 1, 4_000, 0), False, False)]  # fmt: skip
    small = content({"single_amount_cap": 5_000})
    assert outcomes(Replay(small, State(), repeated={"o"}), *past) == ["manual", "refund"]


def test_e2_freight_is_shared_in_a_replay_as_it_was_then() -> None:
    """Then the first line took all of the freight; here it does not, and the second may."""
    past = [Past(on_line(1, 1, 10_500, 10_000, 500), True, False),
            Past(on_line(2, 2, 10_500, 10_000, 0), False, False)]  # fmt: skip
    replay = Replay(content({"single_amount_cap": 10_600}), State(), repeated={"o"})
    assert outcomes(replay, *past) == ["refund", "manual"]
    stricter = content({"single_amount_cap": 10_600, "valid_from": _after(NOW + 1)})
    replay = Replay(stricter, State(), repeated={"o"})
    assert outcomes(replay, *past) == ["manual", "refund"]


def _after(at: int) -> str:
    return (EPOCH + timedelta(microseconds=at + 1)).isoformat()


def test_caps_are_kept() -> None:
    replay = Replay(content({"daily_cap": 10_000}), State(), repeated=())
    past = [Past(ticket(number), False, False) for number in range(3)]
    assert outcomes(replay, *past) == ["refund", "refund", "manual"]


def test_a_pause_that_was_stays_and_one_can_be_tried() -> None:
    past = [Past(ticket(1), False, True), Past(ticket(2), True, False)]
    assert outcomes(Replay(content({}), State(), repeated=()), *past) == ["manual", "refund"]
    paused = Replay(content({}), State(), repeated=(), paused=True)
    assert outcomes(paused, *past) == ["manual", "manual"]
