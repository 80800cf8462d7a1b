"""The report by which an operator shows that the colours were measured on their own people (`evaluate pad --json`)."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from auth_service.core.errors import SettingInvalid

FILE = "pad-report.json"
FEWEST = 30
"""Of people, of their sessions and of attacks. source: rule of three, ISO/IEC 19795-1: none wrong of 30 leaves 10 %"""


def flash_is_measured(folder: Path, digest: str) -> bool:
    """Whether the report in this folder, and no other than the setting names, lets the colours count.

    digest  sha256 of the file in hex, as the setting gives it; empty: nothing was measured
    raises  SettingInvalid: there is another file or none, or it does not measure the colours on FEWEST
    """
    if not digest:
        return False
    path = folder / FILE
    try:
        data = path.read_bytes()
    except OSError as missing:
        raise SettingInvalid(f"AUTH_SERVICE_FLASH_REPORT names a report, and {path} cannot be read") from missing
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), digest.strip().lower()):
        raise SettingInvalid(f"AUTH_SERVICE_FLASH_REPORT names another report than {path}")
    if not _measures_flash(data):
        raise SettingInvalid(f"{path} does not measure the colours on {FEWEST} people, {FEWEST} sessions and attacks")
    return True


def _measures_flash(data: bytes) -> bool:
    try:
        told = json.loads(data)
    except ValueError:
        return False
    flash: Any = told.get("flash") if isinstance(told, dict) and told.get("kind") == "pad" else None
    if not isinstance(flash, dict):
        return False
    counts = (told.get("subjects"), flash.get("bona_fide"), flash.get("attacks"))
    return all(isinstance(count, int) and count >= FEWEST for count in counts)
