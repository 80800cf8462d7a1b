"""An erasure as it is remembered after everything else about the person is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Requester(StrEnum):
    """Who asked for the erasure."""

    PERSON = "person"
    PROXY = "proxy"
    RELATIVES = "relatives"
    AUTHORITY = "authority"
    SERVICE = "service"
    """Nobody asked: the time for which the data may be kept is over."""


class ErasureReason(StrEnum):
    """On what ground. Codes, so that no free text about a person outlives them."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    ASKED_FOR = "asked_for"
    DECEASED = "deceased"
    MISTAKEN_RECORD = "mistaken_record"
    RETENTION_OVER = "retention_over"
    COURT_ORDER = "court_order"


OVERRIDING = frozenset({ErasureReason.COURT_ORDER})
"""Grounds on which a person is erased although a flag about them is open (docs/decisions/0016-erasure.md)."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That somebody was erased. `person_id` is the random internal id, `confirmed_by` a staff id; nothing else.

    guard  keyed, over all the rest: who does not hold the key store cannot make it. Empty: of a release before it
    """

    person_id: str
    requested_by: Requester
    reason: ErasureReason
    confirmed_by: str
    decided_at: datetime
    guard: bytes = b""


class Tombstones(Protocol):
    """The list outside the database that an older backup cannot take back."""

    def append(self, tombstone: Tombstone) -> None:
        """Returns when it is on the disk; the very same is not written twice. raises StorageFault"""
        ...

    def all(self) -> Sequence[Tombstone]:
        """Oldest first, the guards not looked at. raises StorageFault: a line is damaged"""
        ...
