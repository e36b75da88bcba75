"""`manage.py upgrade_plan`: which migrations need a stop (docs/installing.md, "Upgrading")."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from psycopg.errors import LockNotAvailable

from aftersale import upgrade_plan
from aftersale.management.commands import upgrade_plan as command
from aftersale.upgrade_plan import _Judge
from tests.each import each

pytestmark = pytest.mark.django_db
INDEX = models.Index(fields=["kind"], name="thing_kind")
CHECK = models.CheckConstraint(condition=models.Q(kind__gt=""), name="thing_has_kind")
ONCE = models.UniqueConstraint(fields=["kind"], name="thing_once")


def thing() -> operations.CreateModel:
    return operations.CreateModel(
        "Thing",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("kind", models.CharField(max_length=10)),
        ],
        options={"indexes": [INDEX], "constraints": [CHECK, ONCE]},
    )


def before() -> ProjectState:
    state = ProjectState()
    thing().state_forwards("aftersale", state)
    return state


def stops(*wanted: operations.base.Operation, while_serving: bool = False) -> list[str]:
    migration: Any = Migration("0099_later", "aftersale")
    migration.while_serving = while_serving
    state, judge, found = before(), _Judge(connection), []
    for operation in wanted:
        found += judge.stops(migration, operation, state)
        operation.state_forwards("aftersale", state)
    return found


def column(**options: Any) -> operations.AddField:
    return operations.AddField("thing", "more", models.CharField(max_length=5, **options))


@each(
    "operation",
    [
        operations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),
        column(null=True),
        column(db_default=""),
        operations.AlterModelOptions("thing", {"verbose_name": "a thing"}),
        # Only choices and names change, which no database knows.
        operations.AlterField("thing", "kind", models.CharField("kind", max_length=10)),
        operations.AddIndex("thing", models.Index(fields=["id"], name="small_table")),
        AddIndexConcurrently("thing", models.Index(fields=["id"], name="beside")),
        operations.RemoveIndex("thing", "thing_kind"),
        operations.RemoveConstraint("thing", "thing_has_kind"),
        operations.RunSQL(operations.RunSQL.noop, "DELETE FROM aftersale_thing"),
        operations.RunPython(operations.RunPython.noop),
    ],
)
def test_while_the_programs_run(operation: Any) -> None:
    assert stops(operation) == []


@each(
    "operation, why",
    [
        (column(), "the running version writes no thing.more, which may not be left out"),
        (column(default=""), "the running version writes no thing.more, which may not be left out"),
        (
            operations.RemoveField("thing", "kind"),
            "the running version relies on what changes: Remove field kind from thing",
        ),
        (
            operations.DeleteModel("Thing"),
            "the running version relies on what changes: Delete model Thing",
        ),
        (
            operations.RenameField("thing", "kind", "sort"),
            "the running version relies on what changes: Rename field kind on thing to sort",
        ),
        (
            operations.AlterField("thing", "kind", models.CharField(max_length=20)),
            "the column thing.kind changes",
        ),
        (
            operations.AddConstraint("thing", models.CheckConstraint(
                condition=models.Q(kind__lt="z"), name="small")),
            "the constraint small may refuse what the running version writes",
        ),
        (
            operations.RemoveConstraint("thing", "thing_once"),
            "the running version relies on the constraint thing_once",
        ),
        (operations.RunSQL("DELETE FROM aftersale_thing"), "it runs statements of its own"),
        (operations.RunPython(lambda *_: None), "it runs statements of its own"),
        (
            operations.SeparateDatabaseAndState([operations.RunSQL("SELECT 1")]),
            "it runs statements of its own",
        ),
    ],
)  # fmt: skip
def test_needs_a_stop(operation: Any, why: str) -> None:
    assert stops(operation) == [why]


def test_the_author_may_answer_for_statements_of_a_migration() -> None:
    assert stops(operations.RunSQL("SELECT 1"), while_serving=True) == []
    assert len(stops(operations.DeleteModel("Thing"), while_serving=True)) == 1


def test_a_new_table_is_nobodys_yet() -> None:
    new = operations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])
    check = models.CheckConstraint(condition=models.Q(id__gt=0), name="new_has_id")
    assert stops(new, operations.AddConstraint("new", check)) == []


def test_a_large_table_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimate of the database's own says how many rows there are."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE aftersale_thing AS SELECT generate_series(1, 20) AS id")
        cursor.execute("ANALYZE aftersale_thing")
    index = operations.AddIndex("thing", models.Index(fields=["id"], name="slow"))
    indexed = column(null=True, db_index=True)
    monkeypatch.setattr(upgrade_plan, "MANY_ROWS", 21)
    assert stops(index) == stops(indexed) == []
    monkeypatch.setattr(upgrade_plan, "MANY_ROWS", 20)
    said = ["nothing can be written to aftersale_thing while it looks through it"]
    assert stops(index) == stops(indexed) == said


def said() -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("upgrade_plan", stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def test_nothing_is_to_run() -> None:
    assert said() == (
        "No migration is to run: start the new version's programs one after the other.\n",
        0,
    )


def test_what_is_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The records of migrations are taken back, with those of all that build on one of them, and
    the tables stay: the plan reads the records, and changes nothing."""
    monkeypatch.setattr(command, "why_not", lambda _: "")
    graph = MigrationLoader(connection).graph
    taken_back = graph.backwards_plan(("strategies", "0016_past_edition"))
    for app, name in taken_back:
        MigrationRecorder(connection).record_unapplied(app, name)
    before = MigrationRecorder(connection).applied_migrations().keys()
    first, *planned, _last = said()[0].splitlines()
    assert first == f"{len(taken_back)} migrations are to run."
    assert planned[0] == "strategies.0016_past_edition: while they run"
    assert {line.partition(":")[0] for line in planned} == {".".join(key) for key in taken_back}
    assert MigrationRecorder(connection).applied_migrations().keys() == before


def test_where_none_needs_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = [upgrade_plan.Planned("aftersale.0099_more")]
    monkeypatch.setattr(command, "plan", lambda _: planned)
    text, status = said()
    assert (text.splitlines(), status) == (
        [
            "1 migration is to run.",
            "aftersale.0099_more: while they run",
            "Migrate while the programs run, then start the new version's one after the other.",
        ],
        0,
    )


def test_one_that_needs_a_stop_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = [
        upgrade_plan.Planned("aftersale.0099_more"),
        upgrade_plan.Planned("aftersale.0100_less", ["it runs statements of its own"]),
    ]
    monkeypatch.setattr(command, "plan", lambda _: planned)
    text, status = said()
    assert (text.splitlines(), status) == (
        [
            "2 migrations are to run.",
            "aftersale.0099_more: while they run",
            "aftersale.0100_less: needs a stop: it runs statements of its own",
            "Stop all programs on all machines, then migrate.",
        ],
        1,
    )


def test_a_table_in_use_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: Any, **__: Any) -> None:
        raise OperationalError("canceling statement due to lock timeout") from LockNotAvailable()

    monkeypatch.setattr("django.core.management.commands.migrate.Command.handle", locked)
    with pytest.raises(CommandError, match="A table was in use for longer than lock_timeout"):
        call_command("migrate")


def test_a_database_of_another_version_is_refused() -> None:
    MigrationRecorder(connection).record_applied("aftersale", "9999_from_tomorrow")
    with pytest.raises(CommandError, match=r"aftersale\.9999_from_tomorrow"):
        call_command("upgrade_plan")
