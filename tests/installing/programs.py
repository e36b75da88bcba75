"""Programs of an installation, started as its files say, each in a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from config.postgres import BASE_DIR

HOST = "desk.example.com"
# Not a bound on speed: whatever hangs for so long is broken.
HANGS = 300
RAN: set[str] = set()
"""Every command that was run, as its file has it."""


def folder_of(parent: Path, name: str) -> Path:
    """The program in a folder of its own, with an environment of packages."""
    made = parent / name
    shutil.copytree(BASE_DIR, made, ignore=_left_out)
    (made / ".venv").symlink_to(sys.prefix)
    (made / "var").mkdir()
    return made


def _left_out(folder: str, names: list[str]) -> list[str]:
    """Only from the top: apps have folders called static, too."""
    top = {".git", ".venv", ".env", "var", "static", "tests", "docs"}
    return [
        one for one in names if one == "__pycache__" or (folder == str(BASE_DIR) and one in top)
    ]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, shell: bool = False
) -> subprocess.CompletedProcess[str]:
    """To its end."""
    RAN.add(" ".join(command))
    return subprocess.run(
        " ".join(command) if shell else list(command),
        shell=shell,
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=HANGS,
    )


class Program:
    """One that goes on; its words are in `said`."""

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        RAN.add(" ".join(command))
        self.log = folder / f"{free_port()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=HANGS)

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.stop()


def wait_for(true: Callable[[], bool], *programs: Program) -> None:
    give_up = time.monotonic() + HANGS
    while not true():
        for program in programs:
            assert program.process.poll() is None, program.said()
        assert time.monotonic() < give_up, [program.said() for program in programs]
        time.sleep(0.2)


def asked(port: int, path: str, **headers: str) -> int:
    """The answer's status; 0 where none comes."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Host": HOST, **headers}
    )
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=90) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except (urllib.error.URLError, OSError):
        return 0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def base_environment() -> dict[str, str]:
    """What a container or a unit starts with."""
    inherited = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **inherited}
