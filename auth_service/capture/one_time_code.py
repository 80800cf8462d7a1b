"""A one-time code to the telephone that the ledger knows: the possession factor of a session without colours.

Whoever opened the session types no number: the code goes where the agency reached the person before, or nowhere, and
the answer is the same.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.core.errors import CodeRefused

DIGITS = 6


@dataclass(frozen=True, slots=True)
class CodePolicy:
    """minutes        for which a code holds; a newer one ends it
    tries          with one code
    sends_per_day  for one ID number on one channel and device: a person mistypes, or waits for a message that is late
    sends_to_phone_per_day  to one telephone, whoever asks: a couple shares one, and a stranger who knows name and
                   number needs four addresses to use it up; beyond it nothing is sent, and the answer stays the same

    source  NIST SP 800-63B 3.2.10 (10 minutes, 6 digits, tries limited); 5 of a million for a guess. The day's numbers:
            own decision, because 20 messages are a nuisance and no more, and 20 codes of 5 tries guess one in 10,000
    """

    minutes: int = 10
    tries: int = 5
    sends_per_day: int = 5
    sends_to_phone_per_day: int = 20


@dataclass(frozen=True, slots=True)
class CodeSent:
    """digest: keyed hash of session and code; the code itself is kept nowhere"""

    at: datetime
    digest: bytes


@dataclass(frozen=True, slots=True)
class CodeGiven:
    """The right one came back."""

    at: datetime


CodeMove = CodeSent | CodeGiven


def new_code() -> str:
    """Six digits, each code as likely as any other."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def last_sent(moves: Iterable[object]) -> CodeSent | None:
    """The code that holds, if any was sent."""
    sent = [move for move in moves if isinstance(move, CodeSent)]
    return sent[-1] if sent else None


def check_code(sent: CodeSent | None, digest: bytes, now: datetime, policy: CodePolicy) -> None:
    """raises CodeRefused: none was sent, it is old, or it is another; no more is said"""
    fits = hmac.compare_digest(digest, sent.digest if sent else secrets.token_bytes(len(digest)))
    if sent is None or not fits or now >= sent.at + timedelta(minutes=policy.minutes):
        raise CodeRefused(field="code")
