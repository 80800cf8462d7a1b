"""Argon2id password hashes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError


@dataclass(frozen=True, slots=True)
class PasswordProfile:
    """Cost of one hash.

    source   RFC 9106 section 4 (64 MiB for constrained memory), passes raised to about 250 ms (trust.md 2.8)
    """

    passes: int = 6
    memory_kib: int = 65_536
    lanes: int = 1


class Argon2Passwords:
    """PasswordHasher of accounts/credentials.py. Safe to share between threads."""

    def __init__(self, profile: PasswordProfile | None = None) -> None:
        cost = profile or PasswordProfile()
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes, type=Type.ID)

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, password_hash: str, password: str) -> bool:
        """False for a wrong password and for anything that is no Argon2 hash."""
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def verify_nobody(self, password: str) -> bool:
        """Takes as long as a real check and is always False: for names that do not exist."""
        self.verify(self._nobody, password)
        return False

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")
