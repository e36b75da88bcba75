"""A backup is one file: the database by pg_dump, the files of MEDIA_ROOT, and what it is of.

`manage.py backup` and `manage.py restore` are its commands (docs/operations.md).
"""

import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from config.postgres import client_program
from config.version import VERSION

_ABOUT, _DUMP, _MEDIA = "backup.json", "database.dump", "media"


class BackupError(Exception):
    """The text says what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class About:
    """`at` is the last moment that the backup knows, by the database's clock."""

    at: str
    version: str

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def write(file: Path) -> About:
    """Writes the backup under another name first, so that one half written is never used."""
    with connection.cursor() as cursor:
        # Before the dump begins: what is done while it runs may be missing.
        cursor.execute("SELECT clock_timestamp()")
        about = About(cursor.fetchone()[0].isoformat(), VERSION)
    unfinished = file.with_name(file.name + ".unfinished")
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        dump = Path(folder) / _DUMP
        run_program("pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
        notes = Path(folder) / _ABOUT
        notes.write_text(json.dumps(asdict(about)), encoding="utf-8")
        with tarfile.open(unfinished, "w") as archive:
            unfinished.chmod(0o600)
            archive.add(notes, _ABOUT)
            archive.add(dump, _DUMP)
            media = Path(settings.MEDIA_ROOT)
            if media.is_dir():
                # The dump first: a picture that it names is there by now.
                archive.add(media, _MEDIA)
    unfinished.replace(file)
    return about


def read_about(file: Path) -> About:
    """Reads the description in the backup; raises BackupError where the file is none."""
    try:
        with tarfile.open(file) as archive:
            found = archive.extractfile(_ABOUT)
            assert found is not None
            return About(**json.load(found))
    except (OSError, tarfile.TarError, KeyError, ValueError, TypeError, AssertionError) as error:
        raise BackupError(_("%s is no backup that can be read.") % file) from error


def require_free(*, replace: bool) -> None:
    """Nobody else may use the database, nor may one with shops be overwritten unasked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
        cursor.execute("SELECT to_regclass('aftersale_shop') IS NOT NULL")
        filled = cursor.fetchone()[0]
        if filled:
            cursor.execute("SELECT EXISTS (SELECT FROM aftersale_shop)")
            filled = cursor.fetchone()[0]
    if others:
        raise BackupError(
            _("%d connections use the database: stop all programs on all machines first.") % others
        )
    if filled and not replace:
        raise BackupError(
            _("The database has shops, which would be gone: say --replace if that is meant.")
        )


def bring_back(file: Path) -> None:
    """Replaces the database and the files of MEDIA_ROOT; one that broke off is begun again."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        connection.close()
        run_program("pg_restore", "--no-owner", "--exit-on-error", str(Path(folder) / _DUMP))
        kept = Path(folder) / _MEDIA
        if kept.is_dir():
            shutil.copytree(kept, settings.MEDIA_ROOT, dirs_exist_ok=True)


def run_program(name: str, *arguments: str) -> str:
    """A program of PostgreSQL on the database in use; returns what it printed."""
    # No password among the arguments, which everybody on the machine can read.
    values = connection.settings_dict
    options = values["OPTIONS"]
    environment = {
        **os.environ,
        "PGHOST": str(values["HOST"] or options.get("host", "")),
        "PGPORT": str(values["PORT"] or ""),
        "PGUSER": str(values["USER"] or ""),
        "PGPASSWORD": str(values["PASSWORD"] or ""),
        "PGTARGETSESSIONATTRS": str(options.get("target_session_attrs", "")),
        "PGSSLMODE": str(options.get("sslmode", "")),
        "PGSSLROOTCERT": str(options.get("sslrootcert", "")),
    }
    done = subprocess.run(  # noqa: S603 - its own programs
        [str(_program(name)), *arguments, f"--dbname={values['NAME']}"],
        env={key: value for key, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{name}: {done.stderr.strip()[:2000]}")
    return done.stdout


def _program(name: str) -> Path:
    """The program of the server's version where it is installed, else the one of the packages."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        wanted = cursor.fetchone()[0]
    own = shutil.which(name)
    if own and _version(Path(own)) == wanted:
        return Path(own)
    packaged = client_program(name)
    # A newer pg_restore sets what servers before 17 do not know.
    if 17 <= wanted <= _version(packaged):
        return packaged
    raise BackupError(
        _("%(name)s of PostgreSQL %(version)d is needed: install PostgreSQL's client programs.")
        % {"name": name, "version": wanted}
    )


def _version(program: Path) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\d+", done.stdout)
    return int(found[0]) if found else 0
