"""Many small cases in one test: `@each` in place of `@pytest.mark.parametrize`.

A test costs some milliseconds of pytest and of its workers beside its own; a case in a loop costs
none. All cases run, and the test fails with every one that is wrong, by its values. For cases that
leave nothing behind: functions without a database, or reads of one scene.
"""

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.utils import translation


def each(names: str, cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Names and values as `parametrize` takes them."""
    wanted = [name.strip() for name in names.split(",")]
    rows = [case if len(wanted) > 1 else (case,) for case in cases]
    assert rows, "without cases nothing is tested"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def all_cases(**fixtures: Any) -> None:
            wrong = []
            for row in rows:
                values = dict(zip(wanted, row, strict=True))
                try:
                    test(**fixtures, **values)
                except (Exception, pytest.fail.Exception) as error:
                    *_, at = traceback.extract_tb(error.__traceback__)
                    wrong.append(f"{values}, line {at.lineno}:\n{type(error).__name__}: {error}")
                finally:
                    translation.deactivate()
            assert not wrong, f"{len(wrong)} of {len(rows)}\n\n" + "\n\n".join(wrong)

        signature = inspect.signature(test)
        left = [one for name, one in signature.parameters.items() if name not in wanted]
        all_cases.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return all_cases

    return decorate
