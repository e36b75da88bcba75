"""OpenTelemetry traces, where OTEL_EXPORTER_OTLP_ENDPOINT says who takes them (docs/operations.md).

A span says what ran, for how long and how it ended: the pattern of an address, the name of a task,
the host of a call. Nothing of anybody's data: no addresses as they were asked for, no query
strings, no statements, no texts of errors. Without the variable nothing of this is imported or
done.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.request_id import HEADER
from config.version import VERSION

Kind = Literal["SERVER", "CONSUMER", "CLIENT"]
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_exporter: Callable[[], Any] | None = None
"""Makes what takes the spans; None without traces."""
_tracer: tuple[int, Any] | None = None
"""With the process that made it: its thread, which sends, does not live on in a forked one."""
_task: Any = None
"""The span of the task under way, and what makes it the parent of its calls: a worker carries out
one at a time."""


def begin(exporter: Callable[[], Any] | None = None) -> None:
    """Traces from now on; to `exporter`, else to the endpoint. Needs the packages of the extra
    `traces`, which the settings have checked."""
    global _exporter
    _exporter = exporter or _to_endpoint


def end() -> None:
    """No traces any more."""
    global _exporter, _tracer, _task
    _exporter = _tracer = _task = None


def _to_endpoint() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())


def _own_tracer() -> Any:
    """This process's; made with its first span."""
    global _tracer
    if _tracer is None or _tracer[0] != os.getpid():
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        assert _exporter is not None
        about = {"service.name": "afterdesk", "service.version": VERSION}
        provider = TracerProvider(resource=Resource.create(about))
        provider.add_span_processor(_exporter())
        _tracer = os.getpid(), provider.get_tracer("afterdesk", VERSION)
    return _tracer[1]


@contextmanager
def span(name: str, kind: Kind, about: dict[str, str | int]) -> Iterator[Any]:
    """A span of the work inside; yields it, or None without traces."""
    if _exporter is None:
        yield None
        return
    from opentelemetry.trace import use_span

    begun = _started(name, kind, about)
    # The text of an error may quote a buyer's data: its type is all that is kept.
    with use_span(begun, True, record_exception=False, set_status_on_exception=False):
        try:
            yield begun
        except BaseException as error:
            _failed(begun, type(error).__name__)
            raise


def call(host: str, method: str) -> Any:
    """A call to a platform or a receiver of webhooks. Its path is left out: it may hold numbers."""
    about: dict[str, str | int] = {"server.address": host, "http.request.method": method}
    return span(f"{method} {host}", "CLIENT", about)


def _started(name: str, kind: Kind, about: dict[str, str | int]) -> Any:
    from opentelemetry.trace import SpanKind

    return _own_tracer().start_span(name, kind=SpanKind[kind], attributes=about)


def _failed(begun: Any, why: str) -> None:
    from opentelemetry.trace import StatusCode

    begun.set_attribute("error.type", why)
    begun.set_status(StatusCode.ERROR)


class Traced:
    """Middleware: a span for each request, named by the pattern of its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        method = str(request.method) if request.method in METHODS else "_OTHER"
        with span(method, "SERVER", {"http.request.method": method}) as begun:
            response = self.get_response(request)
            if begun is not None:
                match = request.resolver_match
                if match is not None:
                    begun.update_name(f"{method} {match.route}")
                    begun.set_attribute("http.route", match.route)
                begun.set_attribute("http.response.status_code", response.status_code)
                begun.set_attribute("afterdesk.request_id", response.get(HEADER, ""))
                if response.status_code >= 500:
                    _failed(begun, str(response.status_code))
            return response


def task_begins(task: dict[str, Any], **_signal: Any) -> None:
    """Receiver of the queue's signal before each task. Its arguments are left out."""
    global _task
    if _exporter is None:
        return
    func = task["func"]
    name = func if isinstance(func, str) else getattr(func, "__qualname__", "?")
    about: dict[str, str | int] = {"afterdesk.task": name, "afterdesk.request_id": task["id"]}
    from opentelemetry import context, trace

    begun = _started(name, "CONSUMER", about)
    _task = begun, context.attach(trace.set_span_in_context(begun))


def task_ends(task: dict[str, Any], **_signal: Any) -> None:
    global _task
    if _task is None:
        return
    from opentelemetry import context

    begun, attached = _task
    _task = None
    context.detach(attached)
    if not task.get("success", True):
        _failed(begun, "task")
    begun.end()
