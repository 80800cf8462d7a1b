"""What else somebody may ask for instead of a capture. A request changes nothing by itself; staff see it."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """source: domain.md 2.1 (counter, home visit); contract.md section 4, `other_way`"""

    COUNTER = "counter"
    """The person comes to a counter."""
    HOME_VISIT = "home_visit"
    """Somebody comes to the person."""
    PHONE_CALL = "phone_call"
    """The agency calls, and both find a way."""
    RELATIVE = "relative"
    """A relative helps on another day; staff know that somebody is on it."""
    PHOTO = "photo"
    """A photo was left within a session, for an officer to check against papers (flows/leave_photo.py)."""


BY_WORDS = tuple(way for way in Way if way is not Way.PHOTO)
"""What can be asked for without a picture."""
