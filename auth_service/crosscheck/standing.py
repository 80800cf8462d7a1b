"""How a finding stands: found once, taken back or renewed by the registry, disproved by a person. Nothing is edited."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class LinkAct(StrEnum):
    """What became of a finding after it was found."""

    VOIDED = "voided"
    """Its source took the row back."""
    CORRECTED = "corrected"
    """Its source says something else under the same reference."""
    DISCARDED = "discarded"
    """The whole file was taken back here."""
    RENEWED = "renewed"
    """The row holds again, because what had replaced it is gone."""
    DISPROVED = "disproved"
    """A person has looked: the row does not mean this person. For good."""


WITHDRAWING = (LinkAct.VOIDED, LinkAct.CORRECTED, LinkAct.DISCARDED)


class LinkState(StrEnum):
    """How it stands now."""

    STANDS = "stands"
    WITHDRAWN = "withdrawn"
    DISPROVED = "disproved"


def state_of(acts: Sequence[LinkAct]) -> LinkState:
    """The state after these acts, oldest first. What a person has disproved no registry renews."""
    if LinkAct.DISPROVED in acts:
        return LinkState.DISPROVED
    last = acts[-1] if acts else LinkAct.RENEWED
    return LinkState.STANDS if last is LinkAct.RENEWED else LinkState.WITHDRAWN
