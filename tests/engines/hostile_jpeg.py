"""JPEGs that nobody should send: structure cut and twisted marker by marker."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import PIL.Image

from tests.engines.hostile import (
    HTML,
    JPEG,
    PDF,
    PLAIN,
    SCAN_START,
    box,
    saved,
    with_frame_header,
    with_segment,
    zipped,
)

Cases = dict[str, tuple[Callable[[], bytes], str]]
FRAME = JPEG.index(b"\xff\xc0")
PROGRESSIVE = saved("JPEG", PLAIN, quality=80, progressive=True)


def segments(data: bytes) -> list[tuple[int, int]]:
    """(marker, where it starts) from SOI to EOI."""
    found, at = [(0xD8, 0)], 2
    while data[at + 1] != 0xD9:
        marker = data[at + 1]
        found.append((marker, at))
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            while not (data[at] == 0xFF and data[at + 1] not in {0, *range(0xD0, 0xD8)}):
                at += 1
    return [*found, (0xD9, at)]


def cut_at_every_marker() -> Cases:
    """Before the marker, after it, and inside what follows it."""
    cases: Cases = {}
    for data, kind in ((JPEG, "jpeg"), (PROGRESSIVE, "progressive jpeg")):
        for number, (marker, at) in enumerate(segments(data)):
            for where, end in (("before", at), ("after", at + 2), ("inside", at + 3)):
                if 4 <= end < len(data):
                    cases[f"{kind} cut {where} marker {number} ({marker:02x})"] = (
                        lambda data=data, end=end: data[:end],  # type: ignore[misc]
                        "image_damaged",
                    )
    return cases


def changed(*changes: tuple[int, int], data: bytes = JPEG) -> bytes:
    out = bytearray(data)
    for at, value in changes:
        out[at] = value
    return bytes(out)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def without(marker: int) -> bytes:
    """The JPEG without its segments of one kind."""
    places = segments(JPEG)
    parts = [
        JPEG[at:end]
        for (kind, at), (_, end) in zip(places, [*places[1:], (0, len(JPEG))], strict=True)
        if kind != marker
    ]
    return b"".join(parts)


def many_scans(count: int) -> bytes:
    """Valid progressive refinement, again and again: libjpeg passes over all pixels for each."""
    starts = [at for kind, at in segments(PROGRESSIVE) if kind == 0xDA]
    return PROGRESSIVE[:-2] + PROGRESSIVE[starts[-1] : -2] * count + b"\xff\xd9"


def exif(entries: bytes, order: bytes = b"II*\0") -> bytes:
    return with_segment(0xE1, b"Exif\0\0" + order + struct.pack("<I", 8) + entries)


LOOPING_EXIF = struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
MANY_TAGS = struct.pack("<H", 65535) + struct.pack("<HHII", 0x010F, 2, 2**31, 2**31) * 4000
ISO_MEDIA = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(40))

JPEG_REFUSED: Cases = {
    **cut_at_every_marker(),
    "arithmetic jpeg": (lambda: with_frame_header(kind=0xC9), "image_format_unsupported"),
    "arithmetic progressive jpeg": (lambda: with_frame_header(kind=0xCA), "image_format_unsupported"),
    "differential jpeg": (lambda: with_frame_header(kind=0xC5), "image_format_unsupported"),
    "jpeg of no width": (lambda: with_frame_header(size=(120, 0)), "image_damaged"),
    "jpeg of no lines, told afterwards": (
        lambda: with_frame_header(size=(0, 160))[:-2] + segment(0xDC, b"\0\x78") + b"\xff\xd9",
        "image_damaged",
    ),
    "jpeg 65535 wide and one high": (lambda: with_frame_header(size=(1, 65535)), "image_damaged"),
    "jpeg of 16 bits": (lambda: with_frame_header(precision=16), "image_colour_unsupported"),
    "jpeg of two components": (lambda: changed((FRAME + 9, 2)), "image_colour_unsupported"),
    "jpeg of no component": (lambda: changed((FRAME + 9, 0)), "image_colour_unsupported"),
    "jpeg of 255 components": (lambda: changed((FRAME + 9, 255)), "image_colour_unsupported"),
    "jpeg starting twice": (lambda: JPEG[:2] + JPEG, "image_damaged"),
    "jpeg with two frame headers": (
        lambda: JPEG[:SCAN_START] + JPEG[FRAME : FRAME + 19] + JPEG[SCAN_START:],
        "image_damaged",
    ),
    "jpeg sampled by thirds": (lambda: changed((FRAME + 11, 0x33), (FRAME + 14, 0x22)), "image_damaged"),
    "jpeg sampled by zero": (lambda: changed((FRAME + 11, 0x00)), "image_damaged"),
    "jpeg sampled by fifteen": (lambda: changed((FRAME + 11, 0xFF)), "image_damaged"),
    "jpeg with a table number out of range": (lambda: changed((FRAME + 12, 9)), "image_damaged"),
    "jpeg without quantisation tables": (lambda: without(0xDB), "image_damaged"),
    "jpeg with an overfull code table": (
        lambda: JPEG[:SCAN_START] + segment(0xC4, b"\0" + b"\xff" * 16 + bytes(4080)) + JPEG[SCAN_START:],
        "image_damaged",
    ),
    "jpeg whose scan names a stranger": (lambda: changed((SCAN_START + 5, 77)), "image_damaged"),
    "jpeg with a segment of length zero": (
        lambda: JPEG[:2] + b"\xff\xe0\0\0" + JPEG[2:],
        "image_damaged",
    ),
    "jpeg with a segment of length one": (lambda: JPEG[:2] + b"\xff\xe0\0\1" + JPEG[2:], "image_damaged"),
    "jpeg that is all fill": (lambda: b"\xff\xd8" + b"\xff" * 100_000, "image_damaged"),
    "progressive jpeg of 3,000 scans": (lambda: many_scans(3000), "image_damaged"),
    "jpeg then a rar": (lambda: JPEG + b"Rar!\x1a\x07\x01\0 rest", "image_polyglot"),
    "jpeg then a 7z": (lambda: JPEG + b"7z\xbc\xaf\x27\x1c rest", "image_polyglot"),
    "jpeg then a program": (lambda: JPEG + b"\x7fELF\x02\x01\x01" + bytes(40), "image_polyglot"),
    "jpeg then nulls then html": (lambda: JPEG + bytes(100_000) + HTML, "image_polyglot"),
    "jpeg with a jar in its profile": (lambda: with_segment(0xE2, b"ICC_PROFILE\0\1\1" + zipped()), "image_polyglot"),
    "jpeg with html in its exif": (lambda: exif(LOOPING_EXIF + HTML), "image_polyglot"),
    "jpeg with a pdf after its exif": (lambda: exif(LOOPING_EXIF + PDF), "image_polyglot"),
    "heic named jpg": (lambda: ISO_MEDIA, "image_format_unsupported"),
    "avif named jpg": (lambda: ISO_MEDIA.replace(b"heic", b"avif"), "image_format_unsupported"),
    "jpeg 2000": (lambda: saved("JPEG2000"), "image_format_unsupported"),
    "jpeg xl": (lambda: b"\xff\x0a" + bytes(64), "image_format_unsupported"),
    "photoshop": (lambda: b"8BPS\0\1" + bytes(64), "image_format_unsupported"),
    "portable pixmap": (lambda: saved("PPM"), "image_format_unsupported"),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "image_format_unsupported"),
    "icon": (lambda: saved("ICO", PLAIN.resize((32, 32))), "image_format_unsupported"),
    "text before a jpeg": (lambda: b"\r\n" + JPEG, "image_format_unsupported"),
}

JPEG_TAKEN: dict[str, Callable[[], bytes]] = {
    "progressive": lambda: PROGRESSIVE,
    "with restarts": lambda: saved("JPEG", PLAIN, restart_marker_blocks=1),
    "three megabytes of profile": lambda: (
        JPEG[:2] + segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000)) * 45 + JPEG[2:]
    ),
    "exif that points at itself": lambda: exif(LOOPING_EXIF),
    "exif of 65535 tags": lambda: exif(MANY_TAGS),
    "exif that points beyond its end": lambda: with_segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
    "a megabyte of nulls behind": lambda: JPEG + bytes(1024 * 1024),
    "fill before a marker": lambda: JPEG[:2] + b"\xff" * 5000 + JPEG[2:],
    "4:1:1": lambda: saved("JPEG", PLAIN, subsampling="4:2:0"),
    "one pixel": lambda: saved("JPEG", PIL.Image.new("RGB", (1, 1))),
    "one row": lambda: saved("JPEG", PIL.Image.fromarray(np.zeros((1, 4000, 3), np.uint8))),
}
