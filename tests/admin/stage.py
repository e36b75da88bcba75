"""Scenes that are built once a module, each in a savepoint; every test sees them as built."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field

from django.db import connection, transaction

from strategies.services import review
from strategies.services.evaluator import rulebooks

from .scene import Scene


@dataclass
class Stage:
    """A stack of scenes. A test that needs others, or fewer, has the rest taken down first."""

    builders: dict[str, Callable[[], Scene]]
    _built: list[tuple[str, ExitStack, Scene]] = field(default_factory=list)

    def set_up(self, wanted: Sequence[str]) -> None:
        """Before the test opens its own savepoint: it sees the wanted scenes and no others."""
        _forget_revisions()
        names = [name for name, _savepoint, _scene in self._built]
        if names == list(wanted):
            return
        # A test with the mark django_db has opened its savepoint already.
        assert len(connection.atomic_blocks) == len(names), "use the fixture db, not the mark"
        kept = 0
        while names[: kept + 1] == list(wanted[: kept + 1]) and kept < len(names):
            kept += 1
        self.take_down(to=kept)
        for name in wanted[kept:]:
            savepoint = ExitStack()
            savepoint.enter_context(transaction.atomic())
            savepoint.callback(transaction.set_rollback, True)
            self._built.append((name, savepoint, self.builders[name]()))

    def scene(self, name: str) -> Scene:
        """A copy: tests change the rows that they hold."""
        return deepcopy(next(scene for own, _savepoint, scene in self._built if own == name))

    def take_down(self, *, to: int = 0) -> None:
        while len(self._built) > to:
            _name, savepoint, _scene = self._built.pop()
            savepoint.close()


def _forget_revisions() -> None:
    """Compiled revisions are cached by key. A scene's keep theirs, and tests rewrite contents."""
    rulebooks.load_rulebook.cache_clear()
    review._found.cache_clear()
