"""The programs of the group, and all that they import: once, in the process that forks them."""

import gc
import importlib
import sys
from io import BytesIO
from typing import Any

import structlog

from config.forking import share_memory

log = structlog.get_logger(__name__)

_CLUSTERS = ("config.cluster", "aftersale.tasks", "strategies.tasks", "monitoring.tasks")
_WATCH = "monitoring.management.commands.watch"
_PAGES = ("gunicorn.app.wsgiapp", "config.web_worker", "config.gunicorn", "config.wsgi")


def everything(*, pages: bool) -> None:
    """Afterwards nothing is connected; Django is set up before."""
    from django.db import connections

    gc.disable()  # what is imported stays, so that looking for what does not is in vain
    for module in (*_CLUSTERS, _WATCH, *(_PAGES if pages else ())):
        importlib.import_module(module)
    if pages:
        _answer_a_page()
    connections.close_all()
    share_memory()


def _answer_a_page() -> None:
    """The log-in page, to nobody: addresses, templates and words are loaded by the first page.

    A database that is away makes it an error page, which does as well.
    """
    from django.conf import settings
    from django.urls import reverse

    from config.wsgi import application

    host = next((name for name in settings.ALLOWED_HOSTS if name.strip("*.")), "localhost")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": reverse("admin:login"),
        "SERVER_NAME": host.lstrip("."),
        "SERVER_PORT": "443",
        "HTTP_HOST": host.lstrip("."),
        "HTTP_X_FORWARDED_PROTO": "https",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    for _part in (answer := application(environ, _begin)):
        pass
    answer.close()


def _begin(status: str, _headers: Any, _error: Any = None, /) -> Any:
    """WSGI's `start_response`; nobody reads the answer."""
    log.debug("a_page_answers", status=status)


def web() -> None:
    from gunicorn.app import wsgiapp

    sys.argv = ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    wsgiapp.run()


def cluster(name: str) -> None:
    importlib.import_module("config.cluster").run(name)


def watch() -> None:
    from django.core.management import call_command

    call_command("watch")
