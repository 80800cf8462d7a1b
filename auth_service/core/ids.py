"""Identifiers: random, unguessable, and sortable only where a list needs it."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """A row identifier: 48 bits of milliseconds, then 80 random bits, as 32 hex characters (layout of UUIDv7)."""
    milliseconds = time.time_ns() // 1_000_000
    return f"{milliseconds & 0xFFFFFFFFFFFF:012x}{secrets.token_hex(10)}"


def new_serial() -> str:
    """A certificate serial: 128 random bits as 32 hex characters, telling nothing of person or time."""
    return secrets.token_hex(16)


def new_person_key() -> str:
    """A pseudonymous person key for a ledger row that came without one."""
    return f"P{secrets.token_hex(10)}"
