"""The CSV files that say which images to compare. Every refusal names the row and the column.

Paths are relative to the root folder and may not leave it. Rows are counted as a spreadsheet shows them: the header
is row 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from auth_service.core.errors import ColumnsMissing, FieldInvalid, FieldMissing, FileUnreadable

ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order. source: contract.md section 8"""

TRUTH = {"1": True, "true": True, "0": False, "false": False}


class Role(StrEnum):
    """Which side of a comparison an image is on."""

    REFERENCE = "reference"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two images, and whether they show one person."""

    path_a: str
    path_b: str
    mated: bool
    stratum: str

    @property
    def key(self) -> frozenset[str]:
        return frozenset((self.path_a, self.path_b))


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image of one subject; `role` is None where the file gives none."""

    path: str
    subject: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One presentation for attack detection. subject: empty where the file gives none"""

    path: str
    label: str
    subject: str


def read_pairs(data: bytes, stratum: str | None = None) -> list[PairRow]:
    """Rows of `path_a,path_b,mated[,...]`. raises FileUnreadable, ColumnsMissing, FieldMissing, FieldInvalid"""
    columns = ["path_a", "path_b", "mated", *([stratum] if stratum else [])]
    rows = []
    for number, row in _rows(data, columns):
        mated = TRUTH.get(row["mated"].lower())
        if mated is None:
            raise FieldInvalid(f"row {number}: mated is 1 or 0", field="mated")
        pair = PairRow(
            _path(row, "path_a", number), _path(row, "path_b", number), mated, row[stratum] if stratum else ""
        )
        if pair.path_a == pair.path_b:
            raise FieldInvalid(f"row {number}: an image is compared with itself", field="path_b")
        rows.append(pair)
    return rows


def people_of_pairs(rows: Sequence[PairRow]) -> dict[str, int]:
    """A number per person for every image: images joined by mated pairs are one person, whoever it is.

    raises   FieldInvalid: a non-mated pair whose images other rows join to one person
    """
    leader: dict[str, str] = {}

    def find(path: str) -> str:
        leader.setdefault(path, path)
        while leader[path] != path:
            leader[path] = leader[leader[path]]
            path = leader[path]
        return path

    for row in rows:
        a, b = find(row.path_a), find(row.path_b)
        if row.mated:
            leader[max(a, b)] = min(a, b)
    for number, row in enumerate(rows, start=2):
        if not row.mated and find(row.path_a) == find(row.path_b):
            raise FieldInvalid(f"row {number}: other rows say that these images show one person", field="mated")
    numbers = {path: number for number, path in enumerate(sorted({find(path) for path in leader}))}
    return {path: numbers[find(path)] for path in sorted(leader)}


def read_suspects(data: bytes) -> frozenset[frozenset[str]]:
    """Pairs of `path_a,path_b[,...]` whose label is doubted; order does not matter. raises as read_pairs"""
    rows = _rows(data, ["path_a", "path_b"])
    return frozenset(frozenset((_path(row, "path_a", n), _path(row, "path_b", n))) for n, row in rows)


def read_images(data: bytes, *, with_roles: bool) -> list[ImageRow]:
    """Rows of `path,subject[,role]`; no image twice. raises as read_pairs"""
    columns = ["path", "subject", *(["role"] if with_roles else [])]
    rows, seen = [], set()
    for number, row in _rows(data, columns):
        path = _path(row, "path", number)
        if path in seen:
            raise FieldInvalid(f"row {number}: this image is listed twice", field="path")
        seen.add(path)
        rows.append(ImageRow(path, row["subject"], _role(row, number) if with_roles else None))
    return rows


def read_labelled(data: bytes) -> list[LabelledRow]:
    """Rows of `path,label[,subject]`; nothing twice. raises as read_pairs"""
    rows: dict[str, LabelledRow] = {}
    for number, row in _rows(data, ["path", "label"], ["subject"]):
        path = _path(row, "path", number)
        if path in rows:
            raise FieldInvalid(f"row {number}: this path is listed twice", field="path")
        rows[path] = LabelledRow(path, row["label"], row["subject"])
    return list(rows.values())


def assign_roles(images: Sequence[ImageRow], references: int, probes: int) -> list[ImageRow]:
    """The stated simple rule: by name, a subject's first images are references and the next are probes.

    Subjects with fewer images than `references + probes` are left out; further images are not used.
    """
    chosen: list[ImageRow] = []
    for subject, paths in images_by_subject(images).items():
        if len(paths) < references + probes:
            continue
        chosen += [ImageRow(path, subject, Role.REFERENCE) for path in paths[:references]]
        chosen += [ImageRow(path, subject, Role.PROBE) for path in paths[references : references + probes]]
    return chosen


def images_by_subject(images: Sequence[ImageRow]) -> dict[str, list[str]]:
    """Subject -> its paths, both sorted by name."""
    found: dict[str, list[str]] = {}
    for image in sorted(images, key=lambda row: (row.subject, row.path)):
        found.setdefault(image.subject, []).append(image.path)
    return found


def _rows(data: bytes, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """Row number and the cells, stripped; the required ones not empty."""
    reader = csv.DictReader(io.StringIO(_decode(data), newline=""), strict=True)
    count = 0
    try:
        missing = [column for column in required if column not in (reader.fieldnames or ())]
        if missing:
            raise ColumnsMissing(", ".join(missing))
        for number, row in enumerate(reader, start=2):
            cells = {column: (row[column] or "").strip() for column in required}
            empty = [column for column, cell in cells.items() if not cell]
            if empty:
                raise FieldMissing(f"row {number}: {empty[0]} is empty", field=empty[0])
            count += 1
            yield number, cells | {column: (row.get(column) or "").strip() for column in optional}
    except csv.Error as wrong:
        raise FileUnreadable(f"after row {count + 1}: {wrong}") from wrong
    if not count:
        raise FileUnreadable("the file has no rows")


def _decode(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise FileUnreadable("neither UTF-8 nor GB18030 text")


def _path(row: dict[str, str], column: str, number: int) -> str:
    """raises FieldInvalid: absolute, or climbing out of the root"""
    path = PurePosixPath(row[column].replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise FieldInvalid(f"row {number}: the path leaves the root folder", field=column)
    return path.as_posix()


def _role(row: dict[str, str], number: int) -> Role:
    try:
        return Role(row["role"].lower())
    except ValueError:
        raise FieldInvalid(f"row {number}: role is reference or probe", field="role") from None
