"""What the records of one unit share: the transaction, the keys and the picture files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from auth_service.storage.photos import PhotoFiles
from auth_service.storage.sealing import BlindIndexes, Keys


@dataclass(frozen=True, slots=True)
class Work:
    """One open transaction and what belongs to it. `writes` is False in a reading unit."""

    connection: Connection
    keys: Keys
    indexes: BlindIndexes
    photo_files: PhotoFiles
    writes: bool


def to_json(value: Any) -> str:
    """Compact JSON text with sorted keys; kept as text because databases rewrite numbers in their own JSON types."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
