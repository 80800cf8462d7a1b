"""Where the time of one piece of work went: spans, for whoever wants to collect them. Nobody does by default."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Scalar = str | int | float | bool
"""What an attribute may be."""


class Note(Protocol):
    """Adds attributes to the span that is open."""

    def __call__(self, **attributes: Scalar) -> None: ...


class Tracer(Protocol):
    """Opens spans; one opened inside another is its child.

    Names and attributes are codes, counts and route templates, never anything of a person. A tracer keeps to a list
    of its own all the same.
    """

    def span(self, name: str, **attributes: Scalar) -> AbstractContextManager[Note]: ...


class NoTracer:
    """Collects nothing."""

    @contextmanager
    def span(self, name: str, **attributes: Scalar) -> Iterator[Note]:  # noqa: ARG002
        yield _ignored


def _ignored(**_attributes: Scalar) -> None:
    """Takes a note that nobody reads."""
