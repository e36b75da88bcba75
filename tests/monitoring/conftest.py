import pytest

from monitoring.services.figures import rollup


@pytest.fixture(autouse=True)
def few_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the 400 counted days costs the planner 2 ms; no story here needs more than 31."""
    monkeypatch.setattr(rollup, "DAYS_BACK", 45)
