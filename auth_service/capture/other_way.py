"""What else somebody may ask for instead of a capture. A request changes nothing by itself; staff see it."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """source: domain.md 2.1 (counter, home visit); contract.md section 4, `other_way`"""

    COUNTER = "counter"
    """The person comes to a counter."""
    VISIT = "visit"
    """Somebody comes to the person."""
    CALL = "call"
    """The agency calls the number on file, and both find a way."""
