"""Pages that people work with all day: server time and requests a second, each against a bare page
of the same session in the same run, in turns (PERFORMANCE: workbench and case under 25 ms, the
overview under 100, 60 requests/s).

`python -m tests.bench.pages`, with DATABASE_URL. Server time is processor time of the web process;
requests go through Gunicorn as `make run` starts it, by one worker and by two, from eight clients.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median

import psutil
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from aftersale.models import Ticket

from .database import bench_database, url
from .lists import FEW, fill, make_shops
from .report import Row, show
from .web_urls import BARE

ROUNDS = 40
CLIENTS, REQUESTS = 8, 400
STARTS_WITHIN = 60
LEAST_A_SECOND = 60
_IN_PANE = {"HX-Request": "true"}


def rows() -> Iterator[Row]:
    shops, people = make_shops()
    fill(shops, 1, FEW)
    client = Client()
    client.force_login(people["all"])
    case = Ticket.objects.filter(status="pending_review", shop=shops[0]).latest("pk")
    pages = {
        "workbench": (reverse("desk:workbench"), {}, 25),
        "workbench's list": (reverse("desk:workbench-rows"), {}, 25),
        "case on a page of its own": (reverse("desk:case", args=[case.pk]), {}, 25),
        "case in the workbench": (reverse("desk:case", args=[case.pk]), _IN_PANE, 25),
        "list of tickets": (reverse("admin:aftersale_ticket_changelist"), {}, 32),
        "overview": (reverse("admin:index"), {}, 100),
    }
    with override_settings(ALLOWED_HOSTS=["*"], ROOT_URLCONF="tests.bench.web_urls", DEBUG=False):
        for name, (address, headers, most) in pages.items():
            bare, taken = _server_times(client, address, headers)
            yield Row(
                f"server time of a page: {name}",
                f"{taken:.1f} ms of processor",
                f"a bare page of the same session, {bare:.1f} ms",
                f"{taken / bare:.1f} x",
                f"<= {most} ms",
                taken <= most,
            )
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    for workers in (1, 2):
        with _server(workers) as server:
            bare, _ = _requests(server, BARE, cookie)
            for name in ("workbench", "case on a page of its own"):
                a_second, each = _requests(server, pages[name][0], cookie)
                yield Row(
                    f"{name} through the web server, {workers} worker{'s' * (workers > 1)},"
                    f" {CLIENTS} clients",
                    f"{a_second:.0f} requests/s, {each:.1f} ms of processor each",
                    f"a bare page of the same session, {bare:.0f} requests/s",
                    f"{a_second / bare:.2f}",
                    f">= {LEAST_A_SECOND} requests/s" if workers > 1 else "measured",
                    workers == 1 or a_second >= LEAST_A_SECOND,
                )


def _server_times(client: Client, address: str, headers: dict[str, str]) -> tuple[float, float]:
    """Milliseconds of the bare page and of this one, medians of turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 3):
        for found, page, sent in zip(times, (BARE, address), ({}, headers), strict=True):
            start = time.process_time()
            response = client.get(page, headers=sent)
            if turn >= 3:  # warm by then
                found.append(time.process_time() - start)
            assert response.status_code == 200, page
    return median(times[0]) * 1000, median(times[1]) * 1000


class _Server:
    def __init__(self, port: int, process: psutil.Process) -> None:
        self.port, self.process = port, process

    def used(self) -> float:
        """Seconds of processor time of all its processes."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in family)


@contextmanager
def _server(workers: int) -> Iterator[_Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn",
            "--workers", str(workers), "config.wsgi",
        ],
        cwd=settings.BASE_DIR,
        env={
            **os.environ, "BIND": f"127.0.0.1:{port}", "DATABASE_URL": url(),
            "DJANGO_SETTINGS_MODULE": "tests.bench.web_settings",
        },
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert "Listening" in process.stdout.readline()
        yield _Server(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.communicate(timeout=STARTS_WITHIN)


def _requests(server: _Server, address: str, cookie: str) -> tuple[float, float]:
    """Requests a second, and milliseconds of the server's processor time for each."""

    def ask(times: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=STARTS_WITHIN)
        for _ in range(times):
            connection.request("GET", address, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, address
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(ask, [2] * CLIENTS))  # warm
        used, start = server.used(), time.perf_counter()
        list(clients.map(ask, [REQUESTS // CLIENTS] * CLIENTS))
        took = time.perf_counter() - start
    return REQUESTS / took, (server.used() - used) / REQUESTS * 1000


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
