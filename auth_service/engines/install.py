"""Putting weights in place: from a folder, a file or a URL that the operator names; resumable; pinned digest only.

While it runs the file is called `<name>.part`. It gets its name by an atomic rename after its digest was right; with a
wrong digest it is deleted. A broken download keeps its part and goes on from there next time.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from auth_service.core.errors import DownloadFailed, SettingInvalid, WeightsDigestWrong, WeightsMissing
from auth_service.engines.weights import WeightsEntry, file_digest, find_entry, load, locate

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes expected (None: not told)."""

_BLOCK = 1 << 18
_TIMEOUT_SECONDS = 30.0
_MOST_BYTES = 1 << 30
"""A source that never ends is cut here; the largest weights known to the manifest have 38 MB."""


def install(name: str, source: Path | str | None, *, models_dir: Path, progress: Progress | None = None) -> Path:
    """Path of the entry's file once it is there with the right digest; nothing is done when it was already.

    source  a folder that holds the file, the file itself, or an http, https or file URL of either (a URL that ends
            in `/` is a folder). No address is built in: the manifest names the project to get it from
    raises  EngineUnknown, WeightsMissing (no source, or not in it), WeightsDigestWrong (nothing is left behind),
            DownloadFailed (the part is kept), SettingInvalid (another kind of URL)
    """
    entry = find_entry(models_dir, name)
    target = locate(entry, models_dir)
    if entry.origin == "wheel":
        load(entry, models_dir)
        return target
    if target.is_file() and file_digest(target) == entry.sha256:
        return target
    if source is None:
        raise WeightsMissing(
            f"{name}: name a source with --from DIR or URL; the file {entry.file} is in {entry.source}"
        )
    models_dir.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with _locked(part) as file:
        _fill(file, entry, source, progress or _silent)
        _settle(file, part, target, entry)
    return target


def _silent(_done: int, _expected: int | None) -> None:
    """Nobody watches."""


@contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    """The part, open for appending, for one installer at a time. raises DownloadFailed: another one has it"""
    with part.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise DownloadFailed("another installation of this file is running") from taken
        yield file


def _settle(file: BinaryIO, part: Path, target: Path, entry: WeightsEntry) -> None:
    file.flush()
    if file_digest(part) != entry.sha256:
        part.unlink()
        raise WeightsDigestWrong(entry.name)
    os.fsync(file.fileno())
    part.replace(target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _fill(file: BinaryIO, entry: WeightsEntry, source: Path | str, progress: Progress) -> None:
    url = urllib.parse.urlsplit(source) if isinstance(source, str) else None
    if url is not None and url.scheme in ("http", "https"):
        path = url.path + entry.file if url.path.endswith("/") else url.path or f"/{entry.file}"
        _download(file, url._replace(path=path).geturl(), progress)
        return
    if url is not None and "://" in str(source) and url.scheme != "file":
        raise SettingInvalid(f"weights come from a folder or by http, https or file, not {url.scheme}")
    folder = Path(urllib.parse.unquote(url.path)) if url is not None and url.scheme == "file" else Path(source)
    _copy(file, folder / entry.file if folder.is_dir() else folder, entry, progress)


def _copy(file: BinaryIO, origin: Path, entry: WeightsEntry, progress: Progress) -> None:
    try:
        with origin.open("rb") as given:
            file.truncate(0)
            _pour(given, file, 0, origin.stat().st_size, progress)
    except OSError as absent:
        _drop_if_empty(file)
        raise WeightsMissing(f"{entry.name}: {entry.file} is not in the source given") from absent


def _drop_if_empty(file: BinaryIO) -> None:
    if os.fstat(file.fileno()).st_size == 0:
        Path(file.name).unlink(missing_ok=True)


def _download(file: BinaryIO, url: str, progress: Progress) -> None:
    """Asks for what is missing; a server that sends all of it again is taken from the start."""
    have = os.fstat(file.fileno()).st_size
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - only http and https get here
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            if not _continues(answer, have):
                file.truncate(0)
                have = 0
            length = answer.headers.get("Content-Length", "")
            expected = have + int(length) if length.isdigit() else None
            _pour(answer, file, have, expected, progress)
    except urllib.error.HTTPError as refused:
        with refused:
            if refused.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                _drop_if_empty(file)
                raise DownloadFailed(f"the source answered {refused.code}") from refused
    except (OSError, http.client.HTTPException) as broken:
        file.flush()
        _drop_if_empty(file)
        raise DownloadFailed(f"the line broke: {type(broken).__name__}") from broken


def _continues(answer: http.client.HTTPResponse, have: int) -> bool:
    return bool(
        have
        and answer.status == http.HTTPStatus.PARTIAL_CONTENT
        and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    )


def _pour(
    given: BinaryIO | http.client.HTTPResponse, file: BinaryIO, have: int, expected: int | None, progress: Progress
) -> None:
    """raises ConnectionError: it ended early or does not end"""
    while block := given.read(_BLOCK):
        file.write(block)
        have += len(block)
        progress(have, expected)
        if have > _MOST_BYTES:
            raise ConnectionError("the source does not end")
    if expected is not None and have < expected:
        raise ConnectionError("the source ended early")
