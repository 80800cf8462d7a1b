"""The folder of a pilot: frames as the phone sent them, in clear, in the layout that `evaluate pad --root` reads.

    FOLDER/bona_fide/SUBJECT/SESSION/0.jpg, 166.jpg, ..., challenge.json
    FOLDER/attacks/SPECIES/SUBJECT/SESSION/...

Readable by the service's user alone. A session goes after RetentionPolicy.pilot_days (flows/retain.py).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from auth_service.capture.challenge import Challenge
from auth_service.capture.recorded import written
from auth_service.capture.steps import CapturedStep
from auth_service.connectors.secret_files import private_folder
from auth_service.core.errors import StorageFault
from auth_service.liveness.metrics import LIVE
from auth_service.liveness.pilot import PilotTag

_UNFINISHED = ".unfinished-"
"""Beside bona_fide and attacks, where `evaluate pad` does not look."""


@dataclass(frozen=True, slots=True)
class PilotSession:
    """One session that lies there. at: when it was handed in"""

    id: str
    label: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PilotFolder:
    """fulfils flows/collect_pilot.py PilotShelf and flows/retain.py OldFiles"""

    folder: Path

    def put(self, tag: PilotTag, session_id: str, challenge: Challenge, steps: Sequence[CapturedStep]) -> None:
        """Whole or not at all. raises StorageFault"""
        unfinished = self.folder / f"{_UNFINISHED}{session_id}"
        place = self.folder.joinpath(*tag.place, session_id)
        try:
            private_folder(unfinished)
            for step in steps:
                for frame in step.frames:
                    _write(unfinished / f"{frame.at_ms}.jpg", frame.data)
            _write(unfinished / "challenge.json", written(challenge, steps))
            private_folder(place.parent)
            unfinished.rename(place)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise StorageFault(f"the pilot's folder cannot be written: {type(error).__name__}") from error

    def remove(self, session_id: str) -> bool:
        """False: it is not there. raises StorageFault"""
        found = [path for path in self._places() if path.name == session_id]
        for path in found:
            _remove(path)
        return bool(found)

    def of_subject(self, subject: str) -> list[str]:
        return [one.id for one in self.sessions() if one.subject == subject]

    def sessions(self) -> list[PilotSession]:
        """Everything that lies there, the oldest first."""
        found = []
        for path in self._places():
            label = LIVE if path.parent.parent.name == "bona_fide" else path.parent.parent.name
            found.append(PilotSession(path.name, label, path.parent.name, _at(path)))
        return sorted(found, key=lambda one: (one.at, one.id))

    def count(self, before: datetime) -> int:
        return len(self._old(before))

    def due(self, before: datetime) -> list[Callable[[], None]]:
        return [partial(_remove, path) for path in self._old(before)]

    def _old(self, before: datetime) -> list[Path]:
        """Unfinished ones too, which a killed process left."""
        unfinished = self.folder.glob(f"{_UNFINISHED}*")
        return [path for path in (*self._places(), *unfinished) if _at(path) < before]

    def _places(self) -> Iterator[Path]:
        for pattern in ("bona_fide/*/*", "attacks/*/*/*"):
            yield from (path for path in sorted(self.folder.glob(pattern)) if path.is_dir())


def _at(path: Path) -> datetime:
    """Of challenge.json, which is written last and never again."""
    marker = path / "challenge.json"
    return datetime.fromtimestamp((marker if marker.exists() else path).stat().st_mtime, UTC)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _remove(path: Path) -> None:
    """raises StorageFault"""
    try:
        shutil.rmtree(path)
        for above in (path.parent, path.parent.parent):  # a number or a species under which nothing is left
            if above.name not in {"bona_fide", "attacks"} and not any(above.iterdir()):
                above.rmdir()
    except FileNotFoundError:
        return  # another process was faster
    except OSError as error:
        raise StorageFault(f"the pilot's folder cannot be written: {type(error).__name__}") from error
