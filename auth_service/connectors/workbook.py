"""Rows of the first sheet of an XLSX workbook. No macro runs, no formula is computed, no outside part is fetched."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from auth_service.core.cells import LostDigits
from auth_service.core.errors import FileUnreadable

_MOST_UNPACKED = 2_000_000_000
"""A workbook of 100 MB unpacks to about ten times its size; far more is a bomb."""
_KEPT_DIGITS = 15
"""source: IEEE 754 double as spreadsheets use it"""
_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    NotImplementedError,
)
"""What openpyxl and zipfile let through for damaged workbooks; all of it means: this is no workbook we can read."""


def workbook_rows(path: Path) -> Iterator[list[str]]:
    """Every row of the first sheet as text. raises FileUnreadable: damaged, hostile, or without a sheet"""
    _refuse_hostile(path)
    try:
        with path.open("rb") as file, closing(_loaded(file)) as book:
            yield from _sheet_rows(book)
    except _BROKEN as error:
        raise FileUnreadable(f"damaged workbook: {type(error).__name__}") from error


def _loaded(file: BinaryIO) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that we do not read
        return load_workbook(file, read_only=True, data_only=True, keep_links=False)


def _sheet_rows(book: Any) -> Iterator[list[str]]:
    if not book.worksheets:
        raise FileUnreadable("the workbook has no sheet")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # the size that a file states for itself may be wrong
    for row in sheet.iter_rows(values_only=True):
        yield [_text(value) for value in row]


def _refuse_hostile(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MOST_UNPACKED:
                raise FileUnreadable("the workbook unpacks to more than 2 GB")
            for part in packed.infolist():
                if part.filename.lower().endswith("vbaproject.bin"):
                    raise FileUnreadable("the workbook carries macros; save it as .xlsx")
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as file:
                        if b"<!" in file.read(4096).replace(b"<!--", b""):
                            raise FileUnreadable("the workbook carries a document type declaration")
            damaged = packed.testzip()
    except _BROKEN as error:
        raise FileUnreadable(f"damaged workbook: {type(error).__name__}") from error
    if damaged is not None:
        raise FileUnreadable("damaged workbook: a part fails its checksum")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number_text(value: float) -> str:
    """Digits without an exponent; beyond what a number cell keeps, as the spreadsheet shows it, and marked."""
    digits = format(Decimal(repr(value)), "f")
    whole = digits.partition(".")[0].lstrip("-")
    if len(whole) > _KEPT_DIGITS:
        return LostDigits(f"{value:.14E}")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
