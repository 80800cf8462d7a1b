"""The page's scripts, pictures and style sheet, served by ourselves under one digest of them all.

Script files name each other by relative addresses, so the digest stands in the path: browsers may keep what they have,
and a new release brings a new path with every file in it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response

from auth_service.core.errors import NotFound

FOLDER = Path(__file__).parent / "assets"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def _files() -> dict[str, bytes]:
    """Read once: name -> content."""
    return {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in _TYPES}


@cache
def digest() -> str:
    """One name for the present content of all files."""
    total = hashlib.sha256()
    for name, content in _files().items():
        total.update(f"{name} {len(content)} ".encode())
        total.update(content)
    return total.hexdigest()[:16]


def asset_url(name: str) -> str:
    """The address of a file in its present version. raises KeyError: no such file"""
    _ = _files()[name]
    return f"/verify/assets/{digest()}/{name}"


def asset(version: str, name: str) -> Response:
    """One of the known files. Of another version only the present content can be given, which nobody may keep: while
    two releases stand side by side, a page of one may ask the other. raises NotFound
    """
    content = _files().get(name)
    if content is None:
        raise NotFound
    kept = "public, max-age=31536000, immutable" if version == digest() else "no-store"
    return Response(content, media_type=_TYPES[Path(name).suffix], headers={"Cache-Control": kept})
