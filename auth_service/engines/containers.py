"""What an image file is made of, read before any pixel is decoded: JPEG, PNG and WebP, by content alone.

The walk accepts only whole, single, 8-bit pictures, tells their size and orientation, and gives back the file
without metadata and without whatever follows the picture.

source  ITU-T T.81 annex B (JPEG markers), ISO/IEC 15948 (PNG), RFC 9649 (WebP), JEITA CP-3451 (EXIF orientation)
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

from auth_service.core.errors import (
    ImageAnimated,
    ImageColourUnsupported,
    ImageDamaged,
    ImageFormatUnsupported,
    ImagePolyglot,
)

_ENTROPY_END = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")
"""Inside a scan FF 00 is a stuffed byte, FF D0..D7 a restart and FF FF fill; anything else ends the scan."""

_FOREIGN = re.compile(
    rb"<\s*(?:script|html|!doctype|iframe|svg|\?php)|<\?php|%pdf-\d|javascript:|pk\x03\x04[\x00-\x3f]\x00|pk\x05\x06"
    rb"|rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x7felf[\x01\x02]",
    re.IGNORECASE,
)
"""What browsers, archivers and loaders recognise inside another file; a picture has no use for any of it."""

_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended sequential and progressive Huffman; the lossless and arithmetic kinds no phone writes."""
_JPEG_ALL_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_KEPT = frozenset({0xC4, 0xDB, 0xDD, 0xDA}) | _JPEG_FRAMES

_MOST_SCANS = 32
"""Progressive writers use 10. Every further scan costs a pass over all pixels: thousands are an attack on the CPU."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_CHANNELS = frozenset({0, 2, 3, 4, 6})

_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})

_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Container:
    """A walked file.

    format       `jpeg`, `png` or `webp`
    width, height  as stored, before orientation
    orientation  EXIF 1..8; 1 when absent or nonsense
    stripped     the same picture without metadata and tail
    """

    format: str
    width: int
    height: int
    orientation: int
    stripped: bytes


def walk(data: bytes) -> Container:
    """Reads the structure.

    raises  ImageFormatUnsupported, ImageColourUnsupported, ImageAnimated, ImageDamaged, ImagePolyglot
    """
    if data[:3] == b"\xff\xd8\xff":
        walker = _walk_jpeg
    elif data[:8] == _PNG_SIGNATURE:
        walker = _walk_png
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        walker = _walk_webp
    else:
        raise ImageFormatUnsupported
    try:
        container = walker(data)
    except (struct.error, IndexError) as broken:
        _refuse_foreign(data)
        raise ImageDamaged("the file ends inside its structure") from broken
    except ImageDamaged:
        _refuse_foreign(data)
        raise
    if container.width < 1 or container.height < 1:
        raise ImageDamaged("no size")
    return container


def _refuse_foreign(part: bytes) -> None:
    if _FOREIGN.search(part):
        raise ImagePolyglot


def _refuse_foreign_tail(tail: bytes) -> None:
    """What follows the picture is dropped: a motion photo's film, a vendor's trailer, a second picture. But a
    tail that other programs would open or run is refused. A film made of whole boxes is not searched, because
    a compressed film holds any four bytes by chance."""
    if not _is_film(tail):
        _refuse_foreign(tail)


def _is_film(tail: bytes) -> bool:
    """Whether the tail is a chain of ISO base media boxes that starts with `ftyp` and ends where the tail ends."""
    at, first = 0, True
    while at + 8 <= len(tail):
        size, kind = struct.unpack_from(">I4s", tail, at)
        if (first and kind != b"ftyp") or size < 8 or not kind.isalnum():
            return False
        at, first = at + size, False
    return not first and at == len(tail)


# --- JPEG -----------------------------------------------------------------------------------------


def _walk_jpeg(data: bytes) -> Container:
    at, orientation, size, scans = 2, 1, (0, 0), 0
    kept = [b"\xff\xd8"]
    while True:
        at, marker = _next_marker(data, at)
        if marker == 0xD9:
            break
        body, end = _jpeg_segment(data, at)
        if marker == 0xDA:
            end = _scan_end(data, end)
            scans += 1
        elif marker in _JPEG_ALL_FRAMES:
            size = _jpeg_size(marker, body, size)
        elif marker not in _JPEG_KEPT:
            _refuse_foreign(body)
            orientation = _jpeg_orientation(marker, body, orientation)
        if marker in _JPEG_KEPT or body[:5] == b"Adobe":
            kept.append(data[at - 2 : end])
        at = end
    if not 1 <= scans <= _MOST_SCANS or size == (0, 0):
        raise ImageDamaged("a JPEG without a picture, or with too many scans")
    kept.append(b"\xff\xd9")
    _refuse_foreign_tail(data[at:])
    return Container("jpeg", size[0], size[1], orientation, b"".join(kept))


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """Position after the next marker, and the marker; extra FF bytes before it are fill."""
    if data[at] != 0xFF:
        raise ImageDamaged("no JPEG marker where one must be")
    while data[at] == 0xFF:
        at += 1
    return at + 1, data[at]


def _jpeg_segment(data: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">H", data, at)
    end = at + length
    if length < 2 or end > len(data):
        raise ImageDamaged("a JPEG segment passes the end")
    return data[at + 2 : end], end


def _scan_end(data: bytes, at: int) -> int:
    found = _ENTROPY_END.search(data, at)
    if found is None or found.start() + 1 >= len(data):
        raise ImageDamaged("the JPEG ends inside its picture")
    return found.start()


def _jpeg_size(marker: int, body: bytes, before: tuple[int, int]) -> tuple[int, int]:
    precision, height, width, components = struct.unpack_from(">BHHB", body)
    if precision != 8 or components not in (1, 3):
        raise ImageColourUnsupported(f"{precision} bits, {components} components")
    if marker not in _JPEG_FRAMES:
        raise ImageFormatUnsupported("an uncommon kind of JPEG")
    if before != (0, 0) or len(body) != 6 + 3 * components:
        raise ImageDamaged("a JPEG with a broken frame header")
    return width, height


def _jpeg_orientation(marker: int, body: bytes, before: int) -> int:
    return exif_orientation(body[6:]) if marker == 0xE1 and body[:6] == b"Exif\0\0" else before


# --- PNG ------------------------------------------------------------------------------------------


def _walk_png(data: bytes) -> Container:
    at, orientation, kinds, kind = 8, 1, set[bytes](), b""
    kept = [_PNG_SIGNATURE]
    width, height, palette_needed = _png_header(data)
    while kind != b"IEND":
        kind, body, end = _png_chunk(data, at)
        if kind == b"acTL":
            raise ImageAnimated
        if kind in kinds & {b"IHDR", b"PLTE"}:
            raise ImageDamaged("a PNG with two headers or palettes")
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        else:
            _refuse_foreign(body)
        if kind == b"eXIf":
            orientation = exif_orientation(body)
        kinds.add(kind)
        at = end
    if not kinds >= {b"IDAT"} | ({b"PLTE"} if palette_needed else set()):
        raise ImageDamaged("a PNG without a picture, or without its palette")
    _refuse_foreign_tail(data[at:])
    return Container("png", width, height, orientation, b"".join(kept))


def _png_chunk(data: bytes, at: int) -> tuple[bytes, bytes, int]:
    """Kind, body, and where the chunk ends."""
    length, kind = struct.unpack_from(">I4s", data, at)
    end = at + 12 + length
    if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
        raise ImageDamaged("a PNG chunk is incomplete or altered")
    return kind, data[at + 8 : end - 4], end


def _png_header(data: bytes) -> tuple[int, int, bool]:
    """Width, height, and whether a palette must follow."""
    length, kind, width, height, depth, colour, *methods = struct.unpack_from(">I4sIIBBBBB", data, 8)
    if length != 13 or kind != b"IHDR" or colour not in _PNG_CHANNELS or methods not in ([0, 0, 0], [0, 0, 1]):
        raise ImageDamaged("a PNG with a broken header")
    if depth > 8:
        raise ImageColourUnsupported(f"{depth} bits")
    return width, height, colour == 3


# --- WebP -----------------------------------------------------------------------------------------


def _walk_webp(data: bytes) -> Container:
    (riff,) = struct.unpack_from("<I", data, 4)
    whole = riff + 8
    if whole > len(data) or riff < 12:
        raise ImageDamaged("the WebP is incomplete")
    parts = _webp_parts(data[:whole])
    if (b"VP8 " in parts) == (b"VP8L" in parts):
        raise ImageDamaged("a WebP without a picture, or with two")
    kind = b"VP8 " if b"VP8 " in parts else b"VP8L"
    size = _webp_size(kind, parts[kind])
    if b"VP8X" in parts and _webp_canvas(parts[b"VP8X"]) != size:
        raise ImageDamaged("a WebP whose sizes disagree")
    orientation = exif_orientation(parts.get(b"EXIF", b"").removeprefix(b"Exif\0\0"))
    _refuse_foreign_tail(data[whole:])
    return Container("webp", size[0], size[1], orientation, _webp_file(size, kind, parts))


def _webp_parts(data: bytes) -> dict[bytes, bytes]:
    """Chunks by kind, each once. raises ImageAnimated, ImageDamaged, ImagePolyglot"""
    parts: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length
        if kind in (b"ANIM", b"ANMF"):
            raise ImageAnimated
        if end > len(data) or kind in parts:
            raise ImageDamaged("a WebP chunk is incomplete or repeated")
        parts[kind] = data[at + 8 : end]
        if kind not in _WEBP_KEPT:
            _refuse_foreign(parts[kind])
        at = end + (length & 1)
    return parts


def _webp_canvas(body: bytes) -> tuple[int, int]:
    if body[0] & 0x02:
        raise ImageAnimated
    return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int]:
    if kind == b"VP8L":
        signature, bits = struct.unpack_from("<BI", body)
        if signature != 0x2F:
            raise ImageDamaged("a WebP with a broken header")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    start, width, height = struct.unpack_from("<3x3sHH", body)
    if start != b"\x9d\x01\x2a":
        raise ImageDamaged("a WebP with a broken header")
    return width & 0x3FFF, height & 0x3FFF


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def _webp_file(size: tuple[int, int], kind: bytes, parts: dict[bytes, bytes]) -> bytes:
    """The picture and its transparency alone, with a header that says no more than that."""
    chunks = _webp_chunk(kind, parts[kind])
    if b"ALPH" in parts:
        canvas = (size[0] - 1).to_bytes(3, "little") + (size[1] - 1).to_bytes(3, "little")
        chunks = _webp_chunk(b"VP8X", b"\x10\0\0\0" + canvas) + _webp_chunk(b"ALPH", parts[b"ALPH"]) + chunks
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


# --- EXIF -----------------------------------------------------------------------------------------


def exif_orientation(tiff: bytes) -> int:
    """The orientation of an EXIF block, 1..8; 1 for anything unreadable, because a photo is not lost over a tag."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for entry in range(min(entries, 512)):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG:
                return value if kind == 3 and count == 1 and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
