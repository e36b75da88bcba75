"""A buyer who asks again and again for just under a cap is looked for (SPEC M6)."""

from dataclasses import replace

from strategies.advice.cases import Cases
from strategies.services.advice.figures import _just_under
from tests.strategies.advice import planted

CAP = 1_000


def asked(*amounts: int) -> Cases:
    """One buyer's requests among those of others, each once just under the cap."""
    cases = planted.shop(1, 50, bad=0.0)
    buyer, amount = cases.ticket + 100, cases.amount * 0 + 950
    buyer[: len(amounts)] = 7
    amount[: len(amounts)] = amounts
    return replace(cases, buyer=buyer, amount=amount)


def test_three_requests_just_under_the_cap_are_said() -> None:
    found = _just_under(asked(810, 1_000, 999, 200), CAP)
    assert found == {"ticket": 0, "tickets": 3, "amount": 2_809}


def test_fewer_smaller_and_larger_ones_are_not() -> None:
    assert _just_under(asked(900, 1_000, 800, 1_001, 300), CAP) is None
    assert _just_under(asked().take(asked().amount > CAP), CAP) is None
