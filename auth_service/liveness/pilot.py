"""What a member of staff says of one session of a pilot: a living person, or which attack, and under which number.

A pilot's sessions authenticate nobody. They are filmed to measure how often living people are refused and attacks pass
(`evaluate pad`), with a consent of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from auth_service.core.errors import FieldInvalid
from auth_service.liveness.metrics import LIVE

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_NO_SPECIES = frozenset({LIVE, "reference"})


@dataclass(frozen=True, slots=True)
class PilotTag:
    """label    LIVE or a species of attack, as the member of staff saw it
    subject  whose face it shows: a number of the pilot's own list, never a name
    by       staff id of whoever stands there
    """

    label: str
    subject: str
    by: str

    @property
    def place(self) -> tuple[str, ...]:
        """Folders below the pilot's, as `evaluate pad` reads them."""
        return ("bona_fide", self.subject) if self.label == LIVE else ("attacks", self.label, self.subject)


def tag_of(label: str, subject: str, by: str) -> PilotTag:
    """raises FieldInvalid: no plain word, or a subject that could be somebody's ID number"""
    if not _WORD.fullmatch(subject) or len(re.sub(r"\D", "", subject)) > _MOST_DIGITS:
        raise FieldInvalid(
            "a short number of the pilot's own list, such as p017; no name and no ID number", field="subject"
        )
    if label != LIVE and (not _WORD.fullmatch(label) or label in _NO_SPECIES):
        raise FieldInvalid("`live`, or a species of attack such as print or screen", field="label")
    return PilotTag(label, subject, by)


_MOST_DIGITS = 8
"""A telephone number has 11 digits, an ID number 15 or 18. source: GB 11643; own decision for the rest"""
