"""PNGs and WebPs that nobody should send."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import PIL.Image

from tests.engines.hostile import HTML, PDF, PLAIN, PNG, WEBP, chunk, png, saved, zipped

Cases = dict[str, tuple[Callable[[], bytes], str]]
ROW = b"\0" + bytes(3 * 8)
ZEROS = zlib.compress(bytes(60 * 1024 * 1024), 9)
"""60 MB in 60 KB."""
LOSSLESS = saved("WEBP", PLAIN, lossless=True)


def header(*, depth: int = 8, colour: int = 2, packing: int = 0, filters: int = 0, lacing: int = 0) -> bytes:
    start = struct.pack(">IIBBBBB", 8, 8, depth, colour, packing, filters, lacing)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", start) + chunk(b"IDAT", zlib.compress(ROW * 8)) + chunk(b"IEND", b"")


def with_chunk(kind: bytes, body: bytes) -> bytes:
    return PNG[:33] + chunk(kind, body) + PNG[33:]


def interlaced() -> bytes:
    """8x8 in seven passes, written by hand because Pillow does not write them."""
    sizes = ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
    raw = b"".join((b"\0" + bytes([60, 90, 120]) * width) * height for width, height in sizes)
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def palette_png(colours: int) -> bytes:
    """Pixels 0 to 255 over a palette of so many colours."""
    palette = chunk(b"PLTE", bytes(3 * colours)) if colours else b""
    return png(16, 16, 8, 3, b"".join(b"\0" + bytes(range(16 * row, 16 * row + 16)) for row in range(16)), palette)


def webp_with(kind: bytes, body: bytes, data: bytes = WEBP) -> bytes:
    part = kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)
    return b"RIFF" + struct.pack("<I", len(data) - 8 + len(part)) + data[8:] + part


def webp_changed(at: int, *values: int, data: bytes = WEBP) -> bytes:
    out = bytearray(data)
    out[at : at + len(values)] = bytes(values)
    return bytes(out)


PNG_REFUSED: Cases = {
    "png of no width": (lambda: png(0, 8, 8, 2, ROW * 8), "image_damaged"),
    "png of negative height": (lambda: png(8, 2**32 - 8, 8, 2, ROW * 8), "image_too_many_pixels"),
    "png of three bits": (lambda: header(depth=3), "image_damaged"),
    "png of an unknown colour kind": (lambda: header(colour=5), "image_damaged"),
    "png of an unknown packing": (lambda: header(packing=7), "image_damaged"),
    "png of an unknown lacing": (lambda: header(lacing=9), "image_damaged"),
    "png of an unknown row filter": (lambda: png(8, 8, 8, 2, (b"\x09" + bytes(24)) * 8), "image_damaged"),
    "png with two headers": (lambda: PNG[:33] + PNG[8:33] + PNG[33:], "image_damaged"),
    "png without a palette": (lambda: palette_png(0), "image_damaged"),
    "png with a chunk of 4 GB": (lambda: PNG[:33] + b"\xff\xff\xff\xffzTXt" + PNG[33:], "image_damaged"),
    "png with a wrong checksum in its text": (
        lambda: PNG[:33] + chunk(b"tEXt", b"a\0b")[:-1] + b"!" + PNG[33:],
        "image_damaged",
    ),
    "png whose picture is no zlib": (
        lambda: PNG[:33] + chunk(b"IDAT", b"not zlib at all") + chunk(b"IEND", b""),
        "image_damaged",
    ),
    "png without an end": (lambda: PNG[:-12], "image_damaged"),
    "png cut in its first chunk": (lambda: PNG[:20], "image_damaged"),
    "png cut between chunks": (lambda: PNG[:33], "image_damaged"),
    "png then a pdf": (lambda: PNG + PDF, "image_polyglot"),
    "png then a jar": (lambda: PNG + zipped(), "image_polyglot"),
    "png with a zip in a private chunk": (lambda: with_chunk(b"prVt", zipped()), "image_polyglot"),
    "png of 1-bit 40000 x 400": (lambda: png(40000, 400, 1, 0, bytes(5001 * 400)), "image_too_many_pixels"),
}

WEBP_REFUSED: Cases = {
    "webp of no width": (lambda: webp_changed(26, 0, 0), "image_damaged"),
    "webp of a size that its data lacks": (lambda: webp_changed(26, 0xFF, 0x0F, 0xFF, 0x03), "image_damaged"),
    "webp with the picture twice": (lambda: webp_with(WEBP[12:16], WEBP[20:]), "image_damaged"),
    "webp with two kinds of picture": (lambda: webp_with(LOSSLESS[12:16], LOSSLESS[20:]), "image_damaged"),
    "webp whose parts pass its end": (lambda: webp_changed(16, 0xFF, 0xFF, 0xFF, 0x7F), "image_damaged"),
    "webp of magic alone": (lambda: WEBP[:12], "image_damaged"),
    "webp that says it is 4 GB": (lambda: webp_changed(4, 0xFF, 0xFF, 0xFF, 0xFF), "image_damaged"),
    "webp canvas of another size": (
        lambda: webp_with(b"VP8X", b"\0\0\0\0" + bytes([99, 0, 0, 99, 0, 0])),
        "image_damaged",
    ),
    "webp that says it moves": (
        lambda: webp_with(b"VP8X", b"\x02\0\0\0" + bytes([159, 0, 0, 119, 0, 0])),
        "image_animated",
    ),
    "lossless webp with a broken start": (lambda: webp_changed(20, 0x30, data=LOSSLESS), "image_damaged"),
    "lossless webp cut, with its length mended": (
        lambda: b"RIFF" + struct.pack("<I", 92) + b"WEBPVP8L" + struct.pack("<I", 80) + LOSSLESS[20:100],
        "image_damaged",
    ),
    "webp with html in its exif": (lambda: webp_with(b"EXIF", HTML), "image_polyglot"),
    "webp then a pdf": (lambda: WEBP + PDF, "image_polyglot"),
    "sound instead of webp": (lambda: b"RIFF" + WEBP[4:8] + b"WAVE" + WEBP[12:], "image_format_unsupported"),
}

PNG_WEBP_TAKEN: dict[str, Callable[[], bytes]] = {
    "interlaced png": interlaced,
    "png with a profile of 60 MB": lambda: with_chunk(b"iCCP", b"x\0\0" + ZEROS),
    "png with a text of 60 MB": lambda: with_chunk(b"zTXt", b"x\0\0" + ZEROS),
    "png with international text of 60 MB": lambda: with_chunk(b"iTXt", b"x\0\1\0\0\0" + ZEROS),
    "png with a palette too short": lambda: palette_png(4),
    "png that unpacks to more than its picture": lambda: png(8, 8, 8, 2, ROW * 8 + bytes(60 * 1024 * 1024)),
    "png in one-byte pieces": lambda: (
        PNG[:33]
        + b"".join(chunk(b"IDAT", zlib.compress(ROW * 8)[n : n + 1]) for n in range(len(zlib.compress(ROW * 8))))
        + PNG[-12:]
    ).replace(PNG[8:33], chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))),
    "png of one bit": lambda: saved("PNG", PLAIN.convert("1")),
    "webp with a megabyte of profile": lambda: webp_with(b"ICCP", bytes(1024 * 1024)),
    "webp with an unknown part": lambda: webp_with(b"JUNK", bytes(300_000)),
    "lossless webp of one colour, 12 MP in 50 bytes": lambda: saved(
        "WEBP", PIL.Image.new("RGB", (4032, 3024), (9, 9, 9)), lossless=True
    ),
    "webp with transparency": lambda: saved("WEBP", PLAIN.convert("RGBA"), quality=80),
}
