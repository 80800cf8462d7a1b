"""Which weights there are, where they lie, and whether they are the right ones: models/manifest.toml, read.

Nothing is fetched at run time. A file is opened for use only after its whole content had the pinned sha256.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from auth_service.core.errors import EngineFault, EngineUnknown, WeightsDigestWrong, WeightsMissing
from auth_service.engines.dlib_weights import wheel_file

MANIFEST = "manifest.toml"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class WeightsEntry:
    """One entry of the manifest; encoders fill the lower half.

    role         `encoder`, `detector` or `pad` (tells a living face from a picture of one)
    origin       `wheel` (face-recognition-models) or `file` (in the models directory)
    optional     true: never a default, installed on purpose
    detector     name of the detector entry that this encoder needs; no other is taken instead
    size         side of the aligned face in pixels
    colour       `rgb` or `bgr`
    mean, deviation  per channel in that order: (value - mean) / deviation of 0..255
    alignment    layout of points that the encoder needs, or that the detector gives: `dlib5` or `arcface5`; empty for
                 `pad`, which needs none
    metric       how templates compare: `cosine`
    calibration  name of the calibration record that may decide with it
    margin       of a `pad` net: sides of its crop over those of the face box
    """

    name: str
    role: Literal["encoder", "detector", "pad"]
    origin: Literal["wheel", "file"]
    file: str
    sha256: str
    licence: str
    source: str
    optional: bool
    alignment: Literal["dlib5", "arcface5", ""] = ""
    detector: str = ""
    size: int = 0
    colour: Literal["rgb", "bgr"] = "rgb"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    metric: str = ""
    calibration: str = ""
    margin: float = 0.0


class WeightsState(StrEnum):
    """Whether an entry can be used here."""

    PRESENT = "present"
    MISSING = "missing"
    WRONG = "wrong_digest"


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """An entry and its file. path: where it lies or would lie (None: the wheel is not installed)."""

    entry: WeightsEntry
    state: WeightsState
    path: Path | None


def read_manifest(models_dir: Path | None) -> dict[str, WeightsEntry]:
    """Entries by name: the release's, then those that the models directory's own manifest adds.

    A name of the release means what the release says: the directory outlives releases, and what an earlier one left
    there must not hold an engine at what it was.

    raises  EngineFault: not readable, or an entry not well formed
    """
    entries = _entries(_shipped())
    added = models_dir / MANIFEST if models_dir is not None else None
    return entries if added is None or not added.is_file() else entries | _entries(added) | entries


def _entries(path: Path) -> dict[str, WeightsEntry]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))["weights"]
        return {name: _entry(name, fields) for name, fields in table.items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as broken:
        raise EngineFault(f"{path.name} of the weights cannot be read: {broken}") from broken


def _shipped() -> Path:
    packaged = Path(__file__).with_name(MANIFEST)
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "models" / MANIFEST


def _entry(name: str, fields: dict[str, Any]) -> WeightsEntry:
    """raises ValueError, TypeError: unknown or missing keys, or values that would be read wrongly later"""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    entry = WeightsEntry(name=name, **values)
    allowed = (
        entry.role in ("encoder", "detector", "pad"),
        entry.origin in ("wheel", "file"),
        entry.alignment in (("",) if entry.role == "pad" else ("dlib5", "arcface5")),
        entry.colour in ("rgb", "bgr"),
        len(entry.sha256) == 64 and set(entry.sha256) <= set("0123456789abcdef"),
        Path(entry.file).name == entry.file,
        len(entry.mean) == len(entry.deviation) == 3 and 0.0 not in entry.deviation,
        entry.role != "encoder" or bool(entry.detector and entry.size > 0 and entry.metric and entry.calibration),
        entry.role != "pad" or bool(entry.size > 0 and entry.margin >= 1.0 and entry.colour == "bgr"),
    )
    if not all(allowed):
        raise ValueError(f"entry {name} is not well formed")
    return entry


def find_entry(models_dir: Path | None, name: str) -> WeightsEntry:
    """raises EngineUnknown"""
    entry = read_manifest(models_dir).get(name)
    if entry is None:
        raise EngineUnknown(name)
    return entry


def locate(entry: WeightsEntry, models_dir: Path) -> Path:
    """Where the entry's file lies or would lie. raises WeightsMissing: the wheel is not there"""
    return wheel_file(entry.file) if entry.origin == "wheel" else models_dir / entry.file


def load(entry: WeightsEntry, models_dir: Path) -> bytes:
    """Content of the entry's file, its digest checked on the very bytes returned.

    raises  WeightsMissing, WeightsDigestWrong
    """
    try:
        data = locate(entry, models_dir).read_bytes()
    except FileNotFoundError as absent:
        raise WeightsMissing(f"{entry.name}: {entry.file} ({entry.source})") from absent
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise WeightsDigestWrong(entry.name)
    return data


def is_there(entry: WeightsEntry, models_dir: Path) -> bool:
    """Whether the entry's file is in its place, right or wrong: `load` tells."""
    try:
        return locate(entry, models_dir).is_file()
    except WeightsMissing:
        return False


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_weights(models_dir: Path) -> list[WeightsStatus]:
    """Every entry of the manifest with the state of its file, the release's first. raises EngineFault"""
    return [_status(entry, models_dir) for entry in read_manifest(models_dir).values()]


def verify(models_dir: Path) -> list[WeightsStatus]:
    """As `list_weights`, for those that must be right.

    raises  WeightsDigestWrong (any file), WeightsMissing (a default)
    """
    found = list_weights(models_dir)
    for status in found:
        if status.state is WeightsState.WRONG:
            raise WeightsDigestWrong(status.entry.name)
        if status.state is WeightsState.MISSING and not status.entry.optional:
            raise WeightsMissing(status.entry.name)
    return found


def _status(entry: WeightsEntry, models_dir: Path) -> WeightsStatus:
    try:
        path = locate(entry, models_dir)
    except WeightsMissing:
        return WeightsStatus(entry, WeightsState.MISSING, None)
    if not path.is_file():
        return WeightsStatus(entry, WeightsState.MISSING, path)
    right = file_digest(path) == entry.sha256
    return WeightsStatus(entry, WeightsState.PRESENT if right else WeightsState.WRONG, path)
