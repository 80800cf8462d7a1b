"""One JSON line per event, with allow-listed fields. What is not listed is dropped, so that no caller can leak.

Never logged: bodies, queries, paths as asked, names, ID numbers, addresses of clients, exception messages.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

FIELDS = frozenset(
    {
        "event", "level", "timestamp", "request_id", "method", "route", "status", "duration_ms", "code",
        "error_type", "error_at", "actor", "outcome", "missing", "job", "fence", "counts",
    }
)  # fmt: skip
"""Every field that may stand in a log line."""
_LONGEST = 300
_OURS = f"{Path(__file__).parents[1]}{os.sep}"


class _StandardError:
    """Writes a finished line to standard error, looked up at each call so that redirection works."""

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    info = warning = error = msg


def keep_listed_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drops every field that is not in FIELDS, and every value that is not a short scalar."""
    return {name: _scalar(value) for name, value in event.items() if name in FIELDS}


def _scalar(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:_LONGEST]


log: structlog.BoundLogger = structlog.wrap_logger(
    _StandardError(),
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        keep_listed_fields,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ],
    wrapper_class=structlog.BoundLogger,
)


def where_it_broke(error: BaseException) -> str:
    """`web/pages.py:41 in render`: the innermost line of ours. No message, no values: they may hold a person's data."""
    # not extract_tb: it looks on the disk for every file of some fifty frames
    frames = ((frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__))
    ours = [(code, line) for code, line in frames if code.co_filename.startswith(_OURS)]
    if not ours:
        return "outside"
    code, line = ours[-1]
    return f"{code.co_filename.removeprefix(_OURS)}:{line} in {code.co_name}"


class JsonLines(logging.Formatter):
    """For uvicorn's own loggers: the message only, never a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {"event": "server", "level": record.levelname.lower(), "code": record.getMessage()}
        kept = keep_listed_fields(None, "", event)
        rendered = structlog.processors.JSONRenderer(ensure_ascii=False)(None, "info", kept)
        return rendered if isinstance(rendered, str) else rendered.decode()


UVICORN_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "auth_service.web.logging.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"level": "INFO"},
        "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
"""`log_config` for `serve`: uvicorn's access log is off, for it writes paths and addresses; ours takes its place."""
