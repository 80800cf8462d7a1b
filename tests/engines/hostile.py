"""Pictures that nobody should send, made from a harmless one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import PIL.Image

_random = np.random.default_rng(7)
PLAIN = PIL.Image.fromarray(
    np.clip(np.cumsum(_random.integers(-6, 7, (120, 160, 3)), axis=1) + 128, 0, 255).astype(np.uint8)
)


def saved(kind: str, picture: PIL.Image.Image = PLAIN, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


JPEG = saved("JPEG", quality=90)
PNG = saved("PNG")
WEBP = saved("WEBP", quality=90)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, raw: bytes, *extra: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(raw))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + pixels + chunk(b"IEND", b"")


def frames(kind: str) -> bytes:
    other = PIL.Image.eval(PLAIN, lambda value: 255 - value)
    return saved(kind, save_all=True, append_images=[other], duration=100)


def with_segment(marker: int, body: bytes) -> bytes:
    return JPEG[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + JPEG[2:]


def with_frame_header(precision: int | None = None, size: tuple[int, int] | None = None, kind: int = 0xC0) -> bytes:
    at = JPEG.index(b"\xff\xc0")
    head = bytearray(JPEG)
    head[at + 1] = kind
    if precision is not None:
        head[at + 4] = precision
    if size is not None:
        struct.pack_into(">HH", head, at + 5, *size)
    return bytes(head)


def webp_bomb() -> bytes:
    data = bytearray(saved("WEBP", lossless=True))
    at = data.index(b"VP8L") + 9
    bits = struct.unpack_from("<I", data, at)[0] & ~0x0FFFFFFF
    struct.pack_into("<I", data, at, bits | 16382 | 16382 << 14)
    return bytes(data)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


FILM = (
    box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"mdat", b"PK\x03\x04\x14\0 chance bytes of a film") + box(b"moov", b"")
)
SCAN_START = JPEG.index(b"\xff\xda")


def scan_bomb(scans: int) -> bytes:
    """A progressive JPEG of 12 MP whose every scan costs a pass over all pixels: little to send, long to decode."""
    picture = PIL.Image.new("RGB", (4032, 3024), (90, 120, 150))
    data = saved("JPEG", picture, quality=30, progressive=True, subsampling=0)
    starts = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    last = data[starts[-1] : -2]
    return data[:-2] + last * (scans - len(starts)) + b"\xff\xd9"


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "image_empty"),
    "five megabytes": (lambda: JPEG + bytes(5 * 1024 * 1024), "image_too_many_bytes"),
    "png bomb": (lambda: png(30000, 30000, 1, 0, bytes(50_000)), "image_too_many_pixels"),
    "png larger than any memory": (lambda: png(2**31 - 1, 2**31 - 1, 8, 2, b""), "image_too_many_pixels"),
    "jpeg bomb": (lambda: with_frame_header(size=(65535, 65535)), "image_too_many_pixels"),
    "webp bomb": (webp_bomb, "image_too_many_pixels"),
    "gif": (lambda: saved("GIF"), "image_format_unsupported"),
    "bmp": (lambda: saved("BMP"), "image_format_unsupported"),
    "tiff": (lambda: saved("TIFF"), "image_format_unsupported"),
    "html instead": (lambda: HTML, "image_format_unsupported"),
    "pdf instead": (lambda: PDF, "image_format_unsupported"),
    "zip instead": (zipped, "image_format_unsupported"),
    "svg instead": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_format_unsupported"),
    "random bytes": (lambda: _random.bytes(4000), "image_format_unsupported"),
    "lossless jpeg": (lambda: with_frame_header(kind=0xC3), "image_format_unsupported"),
    "cmyk jpeg": (lambda: saved("JPEG", PLAIN.convert("CMYK")), "image_colour_unsupported"),
    "12-bit jpeg": (lambda: with_frame_header(precision=12), "image_colour_unsupported"),
    "16-bit grey png": (lambda: png(8, 8, 16, 0, (b"\0" + bytes(16)) * 8), "image_colour_unsupported"),
    "16-bit colour png": (lambda: png(8, 8, 16, 2, (b"\0" + bytes(48)) * 8), "image_colour_unsupported"),
    "animated png": (lambda: frames("PNG"), "image_animated"),
    "animated webp": (lambda: frames("WEBP"), "image_animated"),
    "cut jpeg": (lambda: JPEG[: len(JPEG) // 2], "image_damaged"),
    "cut jpeg with an end mark": (lambda: JPEG[: len(JPEG) // 2] + b"\xff\xd9", "image_damaged"),
    "jpeg cut in its header": (lambda: JPEG[:100], "image_damaged"),
    "jpeg of magic alone": (lambda: b"\xff\xd8\xff", "image_damaged"),
    "jpeg without a scan": (lambda: JPEG[:SCAN_START] + b"\xff\xd9", "image_damaged"),
    "jpeg of no height": (lambda: with_frame_header(size=(0, 160)), "image_damaged"),
    "jpeg larger than its scan": (lambda: with_frame_header(size=(900, 900)), "image_damaged"),
    "jpeg of sixty scans": (lambda: JPEG[:-2] + JPEG[SCAN_START:-2] * 60 + b"\xff\xd9", "image_damaged"),
    "cut png": (lambda: PNG[: len(PNG) // 2], "image_damaged"),
    "png with a changed byte": (lambda: PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:], "image_damaged"),
    "png with too few pixels": (lambda: png(64, 64, 8, 2, bytes(100)), "image_damaged"),
    "png of magic alone": (lambda: PNG[:8], "image_damaged"),
    "cut webp": (lambda: WEBP[: len(WEBP) // 2], "image_damaged"),
    "webp with a broken start": (lambda: WEBP[:23] + b"\0\0\0" + WEBP[26:], "image_damaged"),
    "jpeg then html": (lambda: JPEG + HTML, "image_polyglot"),
    "jpeg then zip": (lambda: JPEG + zipped(), "image_polyglot"),
    "jpeg then pdf": (lambda: JPEG + PDF, "image_polyglot"),
    "jpeg then php": (lambda: JPEG + b"<?php system('id');", "image_polyglot"),
    "jpeg with a script in its comment": (lambda: with_segment(0xFE, b"<script>1</script>"), "image_polyglot"),
    "jpeg with a pdf in a segment": (lambda: with_segment(0xE5, PDF), "image_polyglot"),
    "jpeg magic then html": (lambda: b"\xff\xd8\xff\xe0" + HTML, "image_polyglot"),
    "film with a zip behind": (lambda: JPEG + FILM + zipped(), "image_polyglot"),
    "png then html": (lambda: PNG + HTML, "image_polyglot"),
    "png with html in a text chunk": (
        lambda: PNG[:33] + chunk(b"tEXt", b"Comment\0" + HTML) + PNG[33:],
        "image_polyglot",
    ),
    "webp then zip": (lambda: WEBP + zipped(), "image_polyglot"),
}
"""name -> (how it is made, the code that it must get)"""
