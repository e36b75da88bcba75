"""The conditions of SPEC E3, each a module of this package: to add one, add its module.

`CONDITIONS` are in the order of asking. The numbers of decisions' traces are their own, so that a
condition can come between two others.
"""

from importlib import import_module
from pkgutil import iter_modules

from strategies.engine.condition import Condition, Looks

CONDITIONS: tuple[Condition, ...] = tuple(
    sorted(
        (import_module(f"{__name__}.{found.name}").CONDITION for found in iter_modules(__path__)),
        key=lambda condition: condition.place,
    )
)
BY_NAME = {condition.name: condition for condition in CONDITIONS}
BY_NUMBER = {condition.number: condition for condition in CONDITIONS}
assert len(BY_NAME) == len(BY_NUMBER) == len(CONDITIONS)

# In a trace: the strategy hit.
HIT = 0
assert HIT not in BY_NUMBER

STATELESS = tuple(condition for condition in CONDITIONS if condition.looks_at is not Looks.STATE)


def looking_at(looks: Looks) -> tuple[Condition, ...]:
    return tuple(condition for condition in CONDITIONS if condition.looks_at is looks)
