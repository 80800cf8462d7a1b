"""What is looked at in an XLSX before it is read as one: its parts' sizes, whole and without anything that runs.

Reads every part once, piece by piece, and keeps none of it.

source  trust.md 2.6, size, row and cell caps for imports; ASVS 5.0 5.2.3 (packed files), 1.5.1 (XML)
"""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO

from auth_service.core.errors import FileUnreadable

MOST_UNPACKED = 2_000_000_000
"""A workbook of 100 MB unpacks to about ten times its size; far more is a bomb."""
MOST_PARTS = 2_000
"""A workbook of 200 sheets with drawings has about 1,000."""
MOST_RATIO, RATIO_FROM = 250, 20_000_000
"""A part of more than RATIO_FROM bytes unpacks to at most so many times its packed size; rows of a sheet give 10 to 30,
empty ones up to 200, and deflate's limit is 1,032."""
MOST_TEXT = 128 * 1024
"""Bytes of one tag with its attributes, or between two. source: a cell holds at most 32,767 characters (Excel
specifications and limits), in UTF-8 three bytes each"""

_PIECE = 1 << 20
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FAR_ROW = re.compile(rb'<(?:\w+:)?row\s(?:[^<>]*\s)?r="[0-9]{8}')
"""A sheet has 1,048,576 rows; a row that says it lies beyond would be led up to by as many empty ones."""
_XML = (".xml", ".rels", ".vml")
_ENCODED = (b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")


def refuse_hostile(file: BinaryIO) -> None:
    """raises FileUnreadable, zipfile.BadZipFile and others of a torn file"""
    with zipfile.ZipFile(file) as packed:
        parts = packed.infolist()
        if len(parts) > MOST_PARTS:
            raise FileUnreadable(f"the workbook has more than {MOST_PARTS} parts")
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise FileUnreadable(f"the workbook unpacks to more than {MOST_UNPACKED // 10**9} GB")
        for part in parts:
            _refuse_part(packed, part)


def _refuse_part(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if part.filename.lower().endswith("vbaproject.bin"):
        raise FileUnreadable("the workbook carries macros; save it as .xlsx")
    if part.file_size > max(RATIO_FROM, MOST_RATIO * part.compress_size):
        raise FileUnreadable("a part of the workbook is packed too tightly to be a table")
    is_xml = part.filename.lower().endswith(_XML)
    left, before = part.file_size, b""
    with packed.open(part) as content:
        while piece := content.read(_PIECE):  # to the end, where zipfile checks the sum
            left -= len(piece)
            if left < 0:
                raise FileUnreadable("damaged workbook: a part is larger than it says")
            if is_xml:
                _refuse_xml(before + piece, start=not before)
                before = piece[-MOST_TEXT:]


def _refuse_xml(piece: bytes, *, start: bool) -> None:
    if start and piece.startswith(_ENCODED):
        raise FileUnreadable("a part of the workbook is not in UTF-8")
    if _DECLARATION.search(piece):
        raise FileUnreadable("the workbook carries a document type declaration")
    if _FAR_ROW.search(piece):
        raise FileUnreadable("a row of the workbook lies beyond the last row of a sheet")
    if max(map(len, piece.replace(b">", b"<").split(b"<"))) >= MOST_TEXT:
        raise FileUnreadable("a cell of the workbook is longer than any cell may be")
