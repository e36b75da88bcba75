"""Logs: JSON lines in production, plain text elsewhere, and no buyers' data in either."""

import re
from typing import Any

import structlog

# PostgreSQL's errors quote the row: `DETAIL:  Key (buyer)=(b-77) already exists.`
_DATABASE_DETAILS = re.compile(r"^(DETAIL|CONTEXT|HINT|QUERY):.*\n?", re.MULTILINE)
# Errors whose messages quote the value that they are about: `KeyError: 'b-77'`.
_QUOTING = re.compile(
    r"^((?:\w+\.)*(?:KeyError|ValueError|\w*DataError|Unicode\w+Error|\w*DecodeError)): .*",
    re.MULTILINE,
)


def without_database_details(
    _logger: Any, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop the lines of messages and tracebacks where PostgreSQL quotes a row's values."""
    for key in ("event", "exception"):
        if isinstance(event.get(key), str):
            event[key] = _DATABASE_DETAILS.sub("", event[key])
    return event


def without_quoted_values(
    _logger: Any, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Of errors that quote values, which may be a buyer's, tracebacks name the type alone."""
    if isinstance(event.get("exception"), str):
        event["exception"] = _QUOTING.sub(r"\1", event["exception"])
    return event


def without_addresses(
    _logger: Any, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Name the page that failed by its pattern: addresses themselves hold buyers' numbers."""
    record = event.get("_record")
    request = getattr(record, "request", None)
    if record is not None and record.name == "django.request" and request is not None:
        match = getattr(request, "resolver_match", None)
        reason = event["event"].partition(":")[0]
        event["event"] = f"{reason}: {match.route if match else '?'}"
    return event


def logging_config(*, json: bool) -> dict[str, Any]:
    """The LOGGING setting; also tells structlog to log through it."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_database_details,
        without_quoted_values,
        without_addresses,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Its warnings name the paths of pages that were not found, buyers' numbers included.
            "django.request": {"level": "ERROR"},
            # Scanners ask for hosts that are not ours all day long; they get a 400.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Its INFO lines come with every task: two a second when the shop is busy.
            "django-q": {"level": "WARNING"},
            # Its INFO lines come with every call, with the whole address: tokens may be in it.
            "httpx": {"level": "WARNING"},
            # A collector that is away is said once a batch, not with each try.
            "opentelemetry": {"level": "ERROR"},
            # Its lines may hold a robot's key, and say nothing that the robot's page does not.
            "apprise": {"level": "CRITICAL"},
        },
    }
