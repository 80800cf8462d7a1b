"""Bulk photos as agencies hand them over: a folder, or a manifest beside it (enrollment_photos/README.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from auth_service.beneficiaries.dates import parse_date
from auth_service.connectors.tables import open_table
from auth_service.core.errors import FieldMissing, FileUnreadable, ServiceError
from auth_service.enrollment.photo_file import PhotoFile
from auth_service.enrollment.sources import PhotoSource, parse_photo_source

MANIFEST = "manifest.csv"
MANIFEST_COLUMNS: dict[str, tuple[str, ...]] = {
    "path": ("文件",),
    "id_number": ("证件号码", "身份证号", "身份证号码"),
    "taken_on": ("拍摄日期",),
    "photo_source": ("照片来源",),
}
DEFAULT_SOURCE = PhotoSource.REGISTER
"""A folder without a manifest is what an agency exports from its register; say otherwise in the manifest."""
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""Only to pass over READMEs and system files; what a file is, its content decides."""

RefuseRow = Callable[[int, Mapping[str, str], ServiceError], None]


def find_photos(folder: Path, refuse: RefuseRow) -> list[PhotoFile]:
    """All photos to enrol, in a stable order; rows of a manifest that cannot be used go to `refuse`.

    raises   FileUnreadable: no such folder, or an unreadable manifest
    """
    if not folder.is_dir():
        raise FileUnreadable(f"no folder {folder.name!r}")
    manifest = folder / MANIFEST
    if manifest.is_file():
        return list(_from_manifest(folder, manifest, refuse))
    return list(_from_names(folder))


def _from_names(folder: Path) -> Iterator[PhotoFile]:
    """`<id_number>.jpg` or `<id_number>/<any>.jpg`."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    for row, path in enumerate(found, start=1):
        relative = path.relative_to(folder)
        number = relative.parts[0] if len(relative.parts) > 1 else path.stem
        yield PhotoFile(row, path, number, DEFAULT_SOURCE)


def _from_manifest(folder: Path, manifest: Path, refuse: RefuseRow) -> Iterator[PhotoFile]:
    root = folder.resolve()
    for row, values in open_table(manifest, MANIFEST_COLUMNS, required=("path", "id_number")).rows():
        try:
            yield _photo_file(root, row, values)
        except ServiceError as error:
            refuse(row, values, error)


def _photo_file(root: Path, row: int, values: Mapping[str, str]) -> PhotoFile:
    name = values.get("path", "").strip()
    if not name:
        raise FieldMissing(field="path")
    try:
        path = (root / name).resolve()
        if not path.is_relative_to(root):  # a manifest must not read files elsewhere on the machine
            raise FileUnreadable("the path leaves the folder", field="path")
        if not path.is_file():
            raise FileUnreadable("no such file", field="path")
    except (OSError, ValueError) as error:
        raise FileUnreadable("no file can have this name", field="path") from error
    taken = values.get("taken_on", "").strip()
    source = values.get("photo_source", "").strip()
    return PhotoFile(
        row,
        path,
        values.get("id_number", ""),
        parse_photo_source(source) if source else DEFAULT_SOURCE,
        parse_date(taken, "taken_on") if taken else None,
    )
