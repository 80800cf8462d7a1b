"""Small files that hold secrets: made once, whole or not at all, readable by their owner only."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from auth_service.core.errors import KeyMissing, SettingInvalid

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 1_000_000


def create_once(path: Path, content: bytes) -> bool:
    """Writes the file if there is none; False when somebody else's stands there already. Safe among processes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)  # unlike a rename, a link never replaces what is there
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def read_private(path: Path) -> bytes:
    """raises KeyMissing (no such file), SettingInvalid (others may read or change it)"""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise SettingInvalid(f"{path.name} must be readable by its owner only (chmod 600)", field="key_file")
            return file.read(_MAX_BYTES)
    except FileNotFoundError as error:
        raise KeyMissing(f"{path.name} does not exist") from error
    except PermissionError as error:
        raise KeyMissing(f"{path.name} cannot be read") from error
