"""A crafted XLSX is refused with its code, costs bounded memory and time, and harms no other import."""

from __future__ import annotations

import io
import os
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from auth_service.connectors import workbook, workbook_child
from auth_service.connectors.workbook import workbook_rows
from auth_service.core.errors import FileUnreadable
from auth_service.core.fenced import FencedChild, FencePolicy

MEGABYTE = 1024 * 1024
SHEET = "xl/worksheets/sheet1.xml"
START = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"


@pytest.fixture(scope="module")
def plain() -> bytes:
    book, file = Workbook(), io.BytesIO()
    book.worksheets[0].append(["id_number", "name"])
    book.save(file)
    return file.getvalue()


def with_sheet(plain: bytes, sheet: bytes, extra: int = 0) -> bytes:
    """The workbook with this first sheet, and so many parts besides."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != SHEET:
                new.writestr(part.filename, old.read(part))
        new.writestr(SHEET, sheet)
        for number in range(extra):
            new.writestr(f"xl/media/{number}.bin", b"")
    return file.getvalue()


def cell(text: bytes, place: bytes = b"A1") -> bytes:
    return b'<c r="' + place + b'" t="inlineStr"><is><t>' + text + b"</t></is></c>"


def noise(size: int) -> bytes:
    return random.Random(5).randbytes(size).hex().encode()


def lying(content: bytes) -> bytes:
    """Every part's stated size set to 10 in the directory and before the part."""
    out = bytearray(content)
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = -1
        while (place := out.find(mark, place + 1)) >= 0:
            struct.pack_into("<I", out, place + at, 10)
    return bytes(out)


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "one cell of 100 MB": (
        lambda plain: with_sheet(plain, START + b"<row>" + cell(b"A" * 100 * MEGABYTE) + b"</row>" + END),
        "too tightly",
    ),
    "one cell of 400 KB": (
        lambda plain: with_sheet(plain, START + b"<row>" + cell(noise(200_000)) + b"</row>" + END),
        "longer than any cell",
    ),
    "one tag of 400 KB": (
        lambda plain: with_sheet(plain, START + b'<row r="1" x="' + noise(200_000) + b'"/>' + END),
        "longer than any cell",
    ),
    "a row a billion rows down": (
        lambda plain: with_sheet(plain, START + b'<row r="1000000000">' + cell(b"x") + b"</row>" + END),
        "beyond the last row",
    ),
    "a cell sixteen thousand columns away": (
        lambda plain: with_sheet(plain, START + b"<row>" + cell(b"x", b"XFD1") + b"</row>" + END),
        "columns",
    ),
    "three thousand parts": (lambda plain: with_sheet(plain, START + END, extra=3000), "parts"),
    "a declaration behind a long comment": (
        lambda plain: with_sheet(
            plain, b"<!--" + b"x" * 9000 + b"-->" + b'<!DOCTYPE a [<!ENTITY b "c">]>' + START + END
        ),
        "document type",
    ),
    "a sheet in UTF-16": (
        lambda plain: with_sheet(plain, (START + END).decode().replace("?>", ' encoding="utf-16"?>').encode("utf-16")),
        "UTF-8",
    ),
    "parts larger than they say": (lying, "damaged|larger"),
    "nested a hundred thousand deep": (
        lambda plain: with_sheet(plain, START + b"<a>" * 100_000 + END),
        "damaged|memory",
    ),
    "a changed byte": (lambda plain: plain[:100] + bytes([plain[100] ^ 1]) + plain[101:], "damaged"),
}


@pytest.mark.asvs("1.5.1", "5.2.2")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.asvs("5.2.3", "1.5.1")
def test_a_hostile_workbook_is_refused_with_its_reason(tmp_path: Path, plain: bytes, name: str) -> None:
    make, why = HOSTILE[name]
    path = tmp_path / "hostile.xlsx"
    path.write_bytes(make(plain))
    with pytest.raises(FileUnreadable, match=why):
        list(workbook_rows(path))


def many_rows(plain: bytes, rows: int) -> bytes:
    """Rows of unlike cells, so that they are packed no tighter than a real table."""
    drawn = random.Random(9)
    lines = (
        b"<row>" + cell(str(drawn.getrandbits(256)).encode()) + cell(str(drawn.random()).encode()) + b"</row>"
        for _ in range(rows)
    )
    return with_sheet(plain, START + b"".join(lines) + END)


@pytest.mark.asvs("15.2.2")
def test_a_workbook_that_wants_too_much_memory_is_refused(tmp_path: Path, plain: bytes) -> None:
    strings = b"".join(b"<si><t>" + noise(40) + str(number).encode() + b"</t></si>" for number in range(100_000))
    file = io.BytesIO(plain)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "xl/sharedStrings.xml",
            b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + strings + b"</sst>",
        )
    path = tmp_path / "strings.xlsx"
    path.write_bytes(file.getvalue())
    with pytest.raises(FileUnreadable, match="memory"):
        list(workbook_rows(path, FencePolicy(data_bytes=48 * MEGABYTE)))


def test_a_workbook_that_wants_too_much_time_is_refused(tmp_path: Path, plain: bytes) -> None:
    path = tmp_path / "long.xlsx"
    path.write_bytes(many_rows(plain, 90_000))
    with pytest.raises(FileUnreadable, match="time"):
        list(workbook_rows(path, FencePolicy(cpu_seconds=1)))


def test_rows_that_nobody_reads_on_leave_no_process(tmp_path: Path, plain: bytes) -> None:
    path = tmp_path / "rows.xlsx"
    path.write_bytes(many_rows(plain, 5_000))
    others = open_children()  # decoders that earlier tests in this process have left running
    rows = workbook_rows(path)
    next(rows)
    children = open_children() - others
    assert len(children) == 1
    rows.close()  # type: ignore[attr-defined]
    assert not open_children() & children


def open_children() -> set[int]:
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text(encoding="ascii").split()}
    return found


def test_a_file_that_grows_more_rows_than_allowed_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_child, "MOST_ROWS", 10)
    rows: Iterator[list[workbook_child.Cell]] = iter([["x"]] * 11)
    with pytest.raises(FileUnreadable, match="more than"):
        list(workbook_child._batches(rows))


@pytest.mark.asvs("1.5.2", "15.2.5")
@pytest.mark.parametrize("said", [b"\x01\xff\xff\xff\xff", b"\x01\x03\0\0\0{{{", b"\x07\x02\0\0\0{}"], ids=repr)
def test_what_a_captured_reader_says_is_believed_only_within_bounds(said: bytes) -> None:
    class Captured(FencedChild):
        def __init__(self) -> None:
            self.words = io.BytesIO(workbook_child.ANSWER.pack(workbook_child.READY, 0) + said)

        def wait_anew(self) -> None: ...

        def send(self, job: bytes) -> None: ...

        def receive(self, size: int) -> bytes:
            return self.words.read(size)

    with pytest.raises(FileUnreadable):
        list(workbook._received(Captured()))


@pytest.mark.asvs("5.2.3")
@pytest.mark.slow
def test_a_gigabyte_in_one_cell_costs_less_than_512_megabytes(tmp_path: Path, plain: bytes) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(with_sheet(plain, START + b"<row>" + cell(b"A" * 1024 * MEGABYTE) + b"</row>" + END))
    before = os.times()
    with pytest.raises(FileUnreadable, match="too tightly"):
        list(workbook_rows(path))
    after = os.times()
    assert after.children_user - before.children_user < 5
