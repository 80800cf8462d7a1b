"""What compares rows with people, as the flow asks for it. Real: engines/linkage.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from auth_service.crosscheck.linkage import LinkFinding
from auth_service.crosscheck.records import PersonFacts, RegistryFacts


class Comparer(Protocol):
    """Everybody of the ledger, loaded once; nothing of them is written to a disk."""

    def each(self, records: Sequence[RegistryFacts], disproved: Collection[tuple[str, str]] = ()) -> list[LinkFinding]:
        """Whom each record means, by itself. disproved: (person, record). raises LinkageRoomExceeded"""

    def close(self) -> None:
        """Forgets everybody."""


Comparing = Callable[[Iterable[PersonFacts]], Comparer]
"""Loads everybody. raises LinkageRoomExceeded"""
