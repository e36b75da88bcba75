"""`simulate` against a second, slow reading of SPEC sections 3 to 6, over whole files."""

import json
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.services.simulation import read, simulate
from tests.each import each
from tests.strategies.engine.generate_files import a_file
from tests.strategies.engine.reference_simulation import simulation_of

CASES = sorted((Path(__file__).resolve().parents[2] / "cases").glob("*.json"))


@each("path", CASES)
def test_the_reading_agrees_with_the_decision_cases(path):
    case = json.loads(path.read_bytes())
    assert simulation_of(case["input"]) == (case["expected"], 0)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_simulate_agrees_with_the_reading(seed):
    """INTERFACES `simulate`: the same lines, and an error where a record is wrong."""
    document = a_file(Random(seed))
    lines, errors = simulate(read(json.dumps(document).encode()))
    expected, wrong = simulation_of(document)
    assert lines == expected
    assert bool(errors) == bool(wrong), errors


def test_files_have_all_that_can_be_decided():
    """The comparison says nothing about answers that no file brings up."""
    found = set()
    for seed in range(400):
        for line in simulation_of(a_file(Random(seed)))[0]:
            found |= {(line["outcome"], line["source"]), line["scenario"]}
            found |= {step["failed"] for step in line["trace"]}
    assert found == {
        ("refund", "strategy"), ("refund", "fast_refund"), ("approve_return", "strategy"),
        ("manual", None), None, "enabled", "validity", "execution_time", "paid_time",
        "order_status", "single_amount", "time_limit", "label_printed", "risk", "product",
        "buyer_reason", "buyer_guard", "daily_cap", "pre_ship_refund", "post_ship_refund",
        "post_ship_waive_return", "post_ship_return", "post_ship_keep_goods",
    }  # fmt: skip
