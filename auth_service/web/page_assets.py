"""Scripts, pictures and style sheets of the pages with a camera, served by ourselves under one digest of them all.

What such pages share lies in web/capture_page, what one of them has of its own in that channel. A page's script files
name each other by relative addresses, as if they lay in one folder, so the digest stands in the path: browsers may keep
what they have, and a new release brings a new path with every file in it.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from auth_service.core.errors import NotFound
from auth_service.web.access import PUBLIC

SHARED = Path(__file__).parent / "capture_page"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class PageAssets:
    """The files of one page, read once. own: the folder of what this page alone has; place: where they are served"""

    def __init__(self, own: Path, place: str) -> None:
        self._folders = (SHARED, own)
        self._place = place

    @cached_property
    def paths(self) -> dict[str, Path]:
        """name -> file. A name stands in one of the folders only."""
        found = [path for folder in self._folders for path in sorted(folder.iterdir()) if path.suffix in _TYPES]
        return {path.name: path for path in found}

    @cached_property
    def _files(self) -> dict[str, bytes]:
        return {name: path.read_bytes() for name, path in self.paths.items()}

    @cached_property
    def _packed(self) -> dict[str, bytes]:
        """As they travel: a third of the bytes, on a line that may be a poor one. Nothing secret stands in them."""
        return {name: gzip.compress(content, mtime=0) for name, content in self._files.items()}

    @cached_property
    def digest(self) -> str:
        """One name for the present content of all files."""
        total = hashlib.sha256()
        for name, content in sorted(self._files.items()):
            total.update(f"{name} {len(content)} ".encode())
            total.update(content)
        return total.hexdigest()[:16]

    def url(self, name: str) -> str:
        """The address of a file in its present version. raises KeyError: no such file"""
        _ = self._files[name]
        return f"{self._place}/{self.digest}/{name}"

    def answer(self, request: Request, version: str, name: str) -> Response:
        """One of the known files. Of another version only the present content can be given, which nobody may keep:
        while two releases stand side by side, a page of one may ask the other. raises NotFound
        """
        content = self._files.get(name)
        if content is None:
            raise NotFound
        kept = "public, max-age=31536000, immutable" if version == self.digest else "no-store"
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = self._packed[name], "gzip"
        return Response(content, media_type=_TYPES[Path(name).suffix], headers=headers)


def add_public_pages(app: FastAPI, pages: Mapping[str, Callable[..., Response]]) -> None:
    """path -> what answers it: for anybody, and in no description of the API."""
    for path, endpoint in pages.items():
        app.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            include_in_schema=False,
            response_model=None,
            dependencies=[Depends(PUBLIC)],
        )
