"""Which migrations are to run, and whether the version that runs can go on meanwhile.

Judged by what each operation does to tables that the running version uses. Statements of a
migration's own (RunSQL, RunPython) count as a stop, unless its author says otherwise by
`while_serving = True` on the migration.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.utils.translation import gettext as _

# Fewer rows are looked through, for an index or a key, before anybody notices.
MANY_ROWS = 100_000

_HARMLESS = (
    operations.CreateModel,
    operations.AlterModelManagers,
    operations.AlterModelOptions,
    operations.AlterModelTableComment,
    operations.AlterConstraint,
    operations.RemoveIndex,
    operations.RenameIndex,
    postgres.AddIndexConcurrently,
    postgres.RemoveIndexConcurrently,
    postgres.ValidateConstraint,
)


@dataclass
class Planned:
    """A migration that is to run; `stops` says why the programs have to stop for it."""

    name: str
    stops: list[str] = field(default_factory=list)


def plan(connection: BaseDatabaseWrapper) -> list[Planned]:
    """Reads only."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    wanted = executor.migration_plan(graph.leaf_nodes())
    known = [key for key in executor.loader.applied_migrations if key in graph.nodes]
    state = executor.loader.project_state(known)
    judge = _Judge(connection)
    found = []
    for migration, _backwards in wanted:
        one = Planned(f"{migration.app_label}.{migration.name}")
        for operation in migration.operations:
            one.stops += dict.fromkeys(judge.stops(migration, operation, state))
            operation.state_forwards(migration.app_label, state)
        found.append(one)
    return found


class _Judge:
    """Remembers which tables are new: whatever happens to those, nobody uses them yet."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._new: set[tuple[str, str]] = set()

    def stops(
        self, migration: Migration, operation: Operation, state: ProjectState
    ) -> Iterator[str]:
        if isinstance(operation, operations.SeparateDatabaseAndState):
            for inner in operation.database_operations:
                yield from self.stops(migration, inner, state)
            return
        app = migration.app_label
        if isinstance(operation, operations.CreateModel):
            self._new.add((app, operation.name.lower()))
        if isinstance(operation, _HARMLESS) or self._of_new_table(app, operation):
            return
        if isinstance(operation, operations.RunSQL | operations.RunPython):
            if not getattr(migration, "while_serving", False) and not _is_nothing(operation):
                yield _("it runs statements of its own")
        elif isinstance(operation, operations.AddField):
            yield from self._added(operation, state.models[app, operation.model_name_lower])
        elif isinstance(operation, operations.AlterField):
            yield from self._altered(app, operation, state)
        elif isinstance(operation, operations.AddIndex):
            table = _table(state, app, operation.model_name)
            yield from self._looks_through(table)
        elif isinstance(operation, operations.RemoveConstraint):
            yield from _constraint_gone(app, operation, state)
        elif isinstance(operation, operations.AddConstraint | postgres.AddConstraintNotValid):
            yield _("the constraint %(name)s may refuse what the running version writes") % {
                "name": operation.constraint.name
            }
        else:
            yield _("the running version relies on what changes: %(what)s") % {
                "what": operation.describe()
            }

    def _of_new_table(self, app: str, operation: Operation) -> bool:
        name = getattr(operation, "model_name", None)
        return name is not None and (app, name.lower()) in self._new

    def _added(self, operation: operations.AddField, model: Any) -> Iterator[str]:
        added = operation.field
        if added.many_to_many:
            return
        if not added.null and not added.has_db_default():
            yield _("the running version writes no %(column)s, which may not be left out") % {
                "column": f"{operation.model_name}.{operation.name}"
            }
        if added.unique or getattr(added, "db_index", False) or added.is_relation:
            table = model.options.get("db_table") or f"{model.app_label}_{model.name_lower}"
            yield from self._looks_through(table)

    def _altered(
        self, app: str, operation: operations.AlterField, state: ProjectState
    ) -> Iterator[str]:
        after = state.clone()
        operation.state_forwards(app, after)
        old, new = (
            each.apps.get_model(app, operation.model_name)._meta.get_field(operation.name)
            for each in (state, after)
        )
        editor = self._connection.schema_editor(collect_sql=True)
        if editor._field_should_be_altered(old, new):  # type: ignore[attr-defined]
            yield _("the column %(column)s changes") % {
                "column": f"{operation.model_name}.{operation.name}"
            }

    def _looks_through(self, table: str) -> Iterator[str]:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", [table])
            row = cursor.fetchone()
        if row is not None and row[0] >= MANY_ROWS:
            yield _("nothing can be written to %(table)s while it looks through it") % {
                "table": table
            }


def _is_nothing(operation: operations.RunSQL | operations.RunPython) -> bool:
    """Whether it has work only for the way back."""
    if isinstance(operation, operations.RunPython):
        return operation.code is operations.RunPython.noop
    return not operation.sql


def _table(state: ProjectState, app: str, model: str) -> str:
    found: type[models.Model] = state.apps.get_model(app, model)
    return found._meta.db_table


def _constraint_gone(
    app: str, operation: operations.RemoveConstraint, state: ProjectState
) -> Iterable[str]:
    """A check that goes is missed by nobody; a unique one may be what inserts meet at."""
    model = state.models[app, operation.model_name_lower]
    gone = model.get_constraint_by_name(operation.name)
    if isinstance(gone, models.CheckConstraint):
        return
    yield _("the running version relies on the constraint %(name)s") % {"name": operation.name}
