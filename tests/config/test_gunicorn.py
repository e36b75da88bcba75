"""A web worker lives through a request that takes longer than Gunicorn's timeout."""

import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from config.postgres import BASE_DIR

# Busy for longer than the timeout, as an export is, and says which process answered.
APPLICATION = """
import os, time

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    end = time.monotonic() + 8 * (environ["PATH_INFO"] == "/long")
    while time.monotonic() < end:
        sum(range(1000))
    yield str(os.getpid()).encode() + environ["SCRIPT_NAME"].encode()
"""


def test_a_long_request_ends_no_worker(tmp_path: Path) -> None:
    """With `worker_class = "sync"` it does: the worker is killed and the answer never comes."""
    (tmp_path / "busy.py").write_text(APPLICATION)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--timeout", "3",
        "--workers", "1", "--pythonpath", str(tmp_path), "busy:application",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=BASE_DIR, env={"BIND": address})
    try:
        first = _worker(address)
        with urllib.request.urlopen(f"http://{address}/long", timeout=300) as answer:
            assert answer.read() == first
        assert _worker(address) == first
    finally:
        server.terminate()
        server.wait(timeout=60)


def _worker(address: str) -> bytes:
    """The process that answers, as soon as one does."""
    give_up = time.monotonic() + 120
    while True:
        try:
            # Told by somebody on this machine, which changes nothing.
            moved = urllib.request.Request(f"http://{address}/", headers={"Script_Name": "/moved"})
            with urllib.request.urlopen(moved, timeout=30) as answer:
                return answer.read()
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(0.1)
