"""The files of `evaluate pad`: which of them are presentations, of whom, and what lies beside them.

    ROOT/bona_fide/SUBJECT/...          living people
    ROOT/attacks/SPECIES/SUBJECT/...    attacks with that subject's face
    ROOT/references/SUBJECT/...         enrolled photos, where the matcher is to be asked as well

A picture right in SUBJECT is one by itself; a folder below SUBJECT that holds pictures is a film, each picture named by
its instant in ms (`0.jpg`, `166.jpg`). `challenge.json` in a film's folder, or `FILM.challenge.json`
beside it, says what was asked (capture/recorded.py). A CSV `path,label[,subject]` does instead of the folders' names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from auth_service.capture.recorded import Recorded, read_recorded
from auth_service.capture.steps import CapturedFrame
from auth_service.core.errors import FieldInvalid, FileUnreadable, ServiceError
from auth_service.liveness.metrics import LIVE
from auth_service.matching.manifests import read_labelled


class Form(StrEnum):
    """What the files of a presentation are."""

    PICTURE = "picture"
    FILM = "film"
    FRAMES = "frames"
    """A folder of pictures, which are one film."""


PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
FILMS = frozenset({".mp4", ".mov", ".webm", ".mkv", ".avi", ".mjpeg", ".y4m"})
_FORMS = dict.fromkeys(PICTURES, Form.PICTURE) | dict.fromkeys(FILMS, Form.FILM)
CHALLENGE = "challenge.json"
REFERENCE = "reference"
_LARGEST_CHALLENGE = 100_000


@dataclass(frozen=True, slots=True)
class Presented:
    """path     below the root, as it is reported
    files    one picture, one film, or the frames of one
    label    LIVE, REFERENCE or the species of attack
    """

    path: str
    form: Form
    files: tuple[Path, ...]
    label: str
    subject: str

    @property
    def challenge_file(self) -> Path | None:
        """raises FieldInvalid: one challenge for several films"""
        if self.form is Form.PICTURE:
            return None
        folder = self.files[0].parent
        own = folder / f"{self.files[0].stem}.{CHALLENGE}"
        if own.is_file():
            return own
        if not (folder / CHALLENGE).is_file():
            return None
        if sum(path.suffix.lower() in FILMS for path in folder.iterdir()) > (self.form is Form.FILM):
            raise FieldInvalid(f"{CHALLENGE} lies beside several films: name it FILM.{CHALLENGE}", field="challenge")
        return folder / CHALLENGE

    def recorded(self) -> Recorded | None:
        """What was asked; None where nobody wrote it down. raises FieldInvalid, FileUnreadable"""
        path = self.challenge_file
        return None if path is None else read_recorded(content(path, _LARGEST_CHALLENGE))

    def frames(self) -> list[CapturedFrame]:
        """Of a folder. raises FieldInvalid: names that are no instants; FileUnreadable"""
        wrong = [path.name for path in self.files if not path.stem.isascii() or not path.stem.isdecimal()]
        if wrong:
            raise FieldInvalid(f"frames are named by their instant in ms, such as 166.jpg; {wrong[0]}", field="path")
        return sorted((CapturedFrame(content(path), int(path.stem)) for path in self.files), key=lambda one: one.at_ms)

    def digest(self) -> str:
        """Of all that was shown and asked, with the names. raises FieldInvalid, FileUnreadable"""
        total = hashlib.sha256()
        asked = self.challenge_file
        for path in [*self.files, *([] if asked is None else [asked])]:
            total.update(path.name.encode() + b"\0" + hashlib.sha256(content(path)).digest())
        return total.hexdigest()


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file that tells nothing, and why."""

    path: str
    error: ServiceError


def found_below(root: Path) -> list[Presented | Unusable]:
    """Everything below the folders of the layout, by path. raises FileUnreadable: nothing lies there"""
    found = [*_of_people(root, root / "bona_fide", LIVE), *_of_people(root, root / "references", REFERENCE)]
    for species in _folders(root / "attacks"):
        if species.name in {LIVE, REFERENCE}:
            found.append(Unusable(f"attacks/{species.name}", FieldInvalid("no species has this name", field="label")))
        else:
            found += _of_people(root, species, species.name)
    if not found:
        raise FileUnreadable("nothing in bona_fide/SUBJECT or attacks/SPECIES/SUBJECT")
    return sorted(found, key=lambda one: one.path)


def named_in(root: Path, manifest: bytes) -> list[Presented | Unusable]:
    """The rows of a CSV. raises as manifests.read_labelled; a file that is not there is Unusable"""
    found: list[Presented | Unusable] = []
    for row in read_labelled(manifest):
        path = root / row.path
        files = tuple(_pictures(path)) if path.is_dir() else (path,)
        form = Form.FRAMES if path.is_dir() else _FORMS.get(path.suffix.lower())
        if form is not None and files and all(one.is_file() for one in files):
            found.append(Presented(row.path, form, files, row.label, row.subject or path.parent.name))
        else:
            found.append(Unusable(row.path, FileUnreadable("no picture, film or folder of frames")))
    return found


def content(path: Path, most: int = 1 << 30) -> bytes:
    """raises FileUnreadable"""
    try:
        if path.stat().st_size > most:
            raise FileUnreadable(f"{path.name} is too large")
        return path.read_bytes()
    except OSError as absent:
        raise FileUnreadable(f"{path.name}: {type(absent).__name__}") from absent


def _of_people(root: Path, folder: Path, label: str) -> list[Presented | Unusable]:
    found: list[Presented | Unusable] = [
        Unusable(path.relative_to(root).as_posix(), FileUnreadable("lies in no subject's folder"))
        for path in _files(folder)
    ]
    for subject in _folders(folder):
        found += _inside(root, subject, label, subject.name, Form.PICTURE)
        for below in sorted(path for path in subject.rglob("*") if path.is_dir()):
            found += _inside(root, below, label, subject.name, Form.FRAMES)
    return found


def _inside(root: Path, folder: Path, label: str, subject: str, pictures: Form) -> Iterator[Presented | Unusable]:
    """What lies right in this folder. pictures: what the pictures in it are"""
    frames = tuple(_pictures(folder))
    if pictures is Form.FRAMES and frames:
        yield Presented(folder.relative_to(root).as_posix(), Form.FRAMES, frames, label, subject)
    for path in _files(folder):
        name, form = path.relative_to(root).as_posix(), _FORMS.get(path.suffix.lower())
        if form is None and not path.name.endswith(CHALLENGE):
            yield Unusable(name, FileUnreadable("no picture, film or challenge.json"))
        elif form is Form.FILM or (form is Form.PICTURE and pictures is Form.PICTURE):
            yield Presented(name, form, (path,), label, subject)


def _files(folder: Path) -> list[Path]:
    return _listed(folder, directories=False)


def _folders(folder: Path) -> list[Path]:
    return _listed(folder, directories=True)


def _pictures(folder: Path) -> list[Path]:
    return [path for path in _files(folder) if path.suffix.lower() in PICTURES]


def _listed(folder: Path, *, directories: bool) -> list[Path]:
    """In the order of their names; hidden ones are the system's."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() is directories and not path.name.startswith("."))
