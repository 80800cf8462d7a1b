"""Style sheet and icon, served by ourselves: read once, named with their digest, so browsers may keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response

from auth_service.core.errors import NotFound

_FOLDER = Path(__file__).parent / "static"
_TYPES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
"""Every file that is served."""


@cache
def _content(name: str) -> tuple[bytes, str]:
    content = (_FOLDER / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def static_url(name: str) -> str:
    """The address of a file in its present version."""
    return f"/static/{name}?v={_content(name)[1]}"


def static_file(name: str) -> Response:
    """One of the known files. raises NotFound"""
    if name not in _TYPES:
        raise NotFound
    content, digest = _content(name)
    return Response(
        content,
        media_type=_TYPES[name],
        headers={"Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{digest}"'},
    )
