"""Is a database one that this version can migrate? Asked before any migration runs.

Migrations that were thrown together into one before the first release, and databases of newer
versions, leave records that mean something else here: migrating would end in a schema that fits
nothing, found out much later.
"""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

_APPS = ("aftersale", "strategies", "monitoring")
_MOST_NAMED = 3


def why_not(connection: BaseDatabaseWrapper) -> str:
    """A sentence that says why the database can't be migrated; "" where it can. Writes nothing."""
    applied = {key for key in MigrationRecorder(connection).applied_migrations() if key[0] in _APPS}
    if not applied:
        return ""
    loader = MigrationLoader(connection)
    if unknown := sorted(applied - set(loader.graph.nodes) - set(loader.disk_migrations)):
        return _(
            "This database is newer than this program, or from before the first release: it has"
            " migrations that this version does not know (%(names)s). Nothing was changed. Start"
            " the version that made it, or restore a backup of a released version."
        ) % {"names": _named([f"{app}.{name}" for app, name in unknown])}
    if missing := sorted(_columns_of_state(loader, applied) - _columns_of(connection)):
        return _(
            "This database is from before the first release: by its record of migrations it should"
            " have %(names)s, and it has not. Nothing was changed. It can't be upgraded; begin"
            " with an empty database, and bring orders and tickets in from files or the platform."
        ) % {"names": _named([f"{table}.{column}" for table, column in missing])}
    return ""


def _columns_of_state(loader: MigrationLoader, applied: set[tuple[str, str]]) -> set:
    """Tables' columns as the recorded migrations leave them."""
    nodes = [key for key in applied if key in loader.graph.nodes]
    models = loader.project_state(nodes).apps.get_models()
    return {
        (model._meta.db_table, field.column)
        for model in models
        if model._meta.app_label in _APPS and model._meta.managed
        for field in model._meta.local_concrete_fields
    }


def _columns_of(connection: BaseDatabaseWrapper) -> set:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = ANY (current_schemas(false))"
        )
        return set(cursor.fetchall())


def _named(names: list[str]) -> str:
    more = ", …" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
