"""Folders to try starts in: with a space in the name, open to the account that root drops to."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.postgres import BASE_DIR, Server


@pytest.fixture
def folder() -> Iterator[Path]:
    """Pytest's own tmp_path is closed to other users, and the server may run as one."""
    made = Path(tempfile.mkdtemp(prefix="after desk ", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    made = Server(folder / "var")
    made.elsewhere = folder / "elsewhere"
    yield made
    made.stop()
    shutil.rmtree(made.sockets, ignore_errors=True)


@pytest.fixture(scope="session")
def checkout() -> Iterator[Path]:
    """A copy of the project, without an environment file, whose own server does not run."""
    folder = Path(tempfile.mkdtemp(prefix="after desk ", dir="/tmp"))
    folder.chmod(0o755)
    copy = folder / "a copy"
    ignored = shutil.ignore_patterns(".git", ".venv", ".env", "var", "static", ".*_cache")
    shutil.copytree(BASE_DIR, copy, ignore=ignored)
    yield copy
    own = Server(copy / "var")
    own.stop()
    shutil.rmtree(own.sockets, ignore_errors=True)
    shutil.rmtree(folder)


def command(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python in a copy with nothing in the environment but what is given."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
