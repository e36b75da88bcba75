"""A list of wrong records costs what is told of it, not what is wrong with it (SPEC O6)."""

import pytest

from aftersale.records import errors
from tests.api.program import program
from tests.factories import make_shop, make_user


@pytest.mark.django_db
def test_errors_are_cut_before_they_are_worded(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 kB of lines that are no lines: 20 errors of a record, one of each once 500 are told."""
    shop = make_shop()
    erp = program(shop, make_user(shop))
    worded = []
    message = errors._message
    monkeypatch.setattr(errors, "_message", lambda problem: worded.append(1) or message(problem))
    status, content, _response = erp.post("/orders", [{"lines": [0] * 30}] * 1000)
    assert status == 200
    told = [len(result["errors"]) for result in content["results"]]
    assert told == [20] * 25 + [1] * 975
    assert len(worded) == sum(told)

    worded.clear()
    status, content, _response = erp.post("/orders", {"lines": [0] * 900})
    assert (status, len(content["errors"]), len(worded)) == (422, 20, 20)
