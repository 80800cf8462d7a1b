"""Coverage-guided fuzzing of what strangers' files meet first; a process of its own, because libFuzzer ends with it.

    python -m tests.acceptance.fuzz image|table CORPUS_DIR SECONDS

Exit status 0: time is over and nothing but refusals with a code came. The input of anything else lies in CORPUS_DIR.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["auth_service.engines", "auth_service.connectors", "auth_service.beneficiaries"]
):
    from auth_service.beneficiaries.ledger import LEDGER_COLUMNS, LEDGER_REQUIRED, check_ledger_row
    from auth_service.connectors.tables import open_table
    from auth_service.engines.decoding import IntakePolicy, decode

from auth_service.core.errors import ImageRefused, ServiceError
from tests.engines import hostile

_POLICY = IntakePolicy(max_bytes=64 * 1024, max_pixels=512 * 512)
_SCRATCH = Path("/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()) / f"fuzz-{os.getpid()}"
_HEADER = "证件号码,姓名,险种,行政区划,手机号,联系电话\n"
_ROW = "130202194805121223,王秀英,城乡居民养老,130202,13977712345,\n"


def image(data: bytes) -> None:
    """The whole intake in this process; in the service it runs in a fenced child."""
    try:
        decode(data, _POLICY)
    except ImageRefused:
        return


def table(data: bytes) -> None:
    """A ledger file to its last row."""
    _SCRATCH.write_bytes(data)
    try:
        opened = open_table(_SCRATCH, LEDGER_COLUMNS, required=LEDGER_REQUIRED)
        for _, values in opened.rows():
            try:
                check_ledger_row(values, date(2026, 11, 24))
            except ServiceError:
                continue
    except ServiceError:
        return


def _images() -> list[bytes]:
    small = hostile.PLAIN.resize((24, 18))
    return [
        *(hostile.saved(kind, small, **more) for kind, more in (
            ("JPEG", {"quality": 50}), ("JPEG", {"progressive": True}),
            ("JPEG", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
            ("PNG", {}), ("PNG", {"optimize": True}), ("WEBP", {}), ("WEBP", {"lossless": True}),
        )),
        hostile.saved("PNG", small.convert("P")), hostile.saved("PNG", small.convert("LA")),
        hostile.saved("JPEG", small.convert("L")), hostile.saved("JPEG", small.convert("CMYK")),
        hostile.saved("PNG", small) + hostile.HTML, hostile.zipped(),
    ]  # fmt: skip


def _tables() -> list[bytes]:
    import openpyxl  # noqa: PLC0415 - not for images

    book, made = openpyxl.Workbook(), io.BytesIO()
    for line in (_HEADER, _ROW):
        book.active.append(line.strip().split(","))
    book.save(made)
    text = _HEADER + _ROW * 2
    return [
        text.encode(), text.encode("utf-8-sig"), text.encode("gb18030"), text.encode("utf-16"), made.getvalue(),
        text.replace(",", "\t").encode(), text.replace(",", ";").encode(), text.replace("\n", "\r\n").encode(),
        b'id_number,name,benefit_kind\n"13020219480512122""3","=cmd|x","resident_pension"\n',
    ]  # fmt: skip


def main() -> None:
    what, corpus, seconds = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    target: Callable[[bytes], None] = {"image": image, "table": table}[what]
    corpus.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate(_images() if what == "image" else _tables()):
        (corpus / f"seed-{place}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-print_final_stats=1", "-timeout=30", "-rss_limit_mb=3000"]
    options += ["-max_len=16384", f"-artifact_prefix={corpus}/found-", "-verbosity=1"]
    atheris.Setup([sys.argv[0], str(corpus), *options], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
