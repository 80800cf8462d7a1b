"""Image intake: from bytes that a stranger sent to upright pixels, or a refusal that says why.

Order of defence: size in bytes, structure (containers.py), size in pixels, and only then a decoder, which sees the
picture without metadata. JPEG pixels are decoded by OpenCV (0.84 ms for 640x480 against Pillow's 1.06), PNG and
WebP by Pillow, which is strict about incomplete ones. Every JPEG decoder here fills a cut picture with grey without a
word; `_is_cut` finds that.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import PIL.Image

from auth_service.core.errors import ImageDamaged, ImageEmpty, ImageTooManyBytes, ImageTooManyPixels
from auth_service.engines.containers import Container, walk
from auth_service.faces.image import Image, Pixels

_FILLED = 128
"""The grey that libjpeg leaves where a scan's data ran out (all coefficients zero)."""
_BAND = 256
"""Rows turned into RGB at a time: whole copies in between would cost 12 MP four times 48 MB."""
_PROBE = bytes(range(1, 128)) * 2


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """What photo is taken in.

    max_bytes     contract: 4 MB
    max_pixels    contract: 12 MP; 4032 x 3024 is what phones sold as 12 MP give
    jpeg_quality  of kept photos; source: measured on LFW, even 75 leaves the template's cosine above 0.99
    pixels_at_once  of large photos in one process; each 12 MP cost it about 80 MB while they are looked at (measured)
    """

    max_bytes: int = 4 * 1024 * 1024
    max_pixels: int = 4032 * 3024
    jpeg_quality: int = 92
    pixels_at_once: int = 4 * 4032 * 3024


def decode(data: bytes, policy: IntakePolicy) -> Image:
    """The photo as upright RGB pixels, metadata and tail dropped, transparency laid over white.

    For pictures of our own; strangers' go through decoder.py, which does the same in another process.
    raises  ImageEmpty, ImageTooManyBytes, ImageTooManyPixels, ImageFormatUnsupported, ImageColourUnsupported,
            ImageAnimated, ImageDamaged, ImagePolyglot
    """
    return drawn(inspected(data, policy))


def inspected(data: bytes, policy: IntakePolicy) -> Container:
    """What the file is and how large its picture, before any pixel is decoded. raises as `decode`"""
    if not data:
        raise ImageEmpty
    if len(data) > policy.max_bytes:
        raise ImageTooManyBytes(f"{len(data)} bytes")
    container = walk(data)
    if container.width * container.height > policy.max_pixels:
        raise ImageTooManyPixels(f"{container.width}x{container.height}")
    return container


def drawn(container: Container) -> Image:
    """The picture of an inspected file. raises ImageDamaged"""
    pixels = _jpeg_pixels(container) if container.format == "jpeg" else _pillow_pixels(container)
    if pixels.shape[:2] != (container.height, container.width):
        raise ImageDamaged("the picture has another size than its header says")
    return Image(_upright(pixels, container.orientation), container.format)


def reencode(image: Image, policy: IntakePolicy) -> bytes:
    """A fresh JPEG made from pixels alone, for keeping. raises ImageDamaged"""
    options = [cv2.IMWRITE_JPEG_QUALITY, policy.jpeg_quality]
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(image.pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ImageDamaged("the picture cannot be written as JPEG")
    return encoded.tobytes()


def _jpeg_pixels(container: Container) -> Pixels:
    pixels = _imdecode(container.stripped)
    if _ends_grey(pixels) and _is_cut(container.stripped, pixels):
        raise ImageDamaged("the JPEG's picture is incomplete")
    return pixels


def _imdecode(jpeg: bytes) -> Pixels:
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), flags)
    except cv2.error as broken:
        raise ImageDamaged("the JPEG cannot be decoded") from broken
    if pixels is None:
        raise ImageDamaged("the JPEG cannot be decoded")
    return cast("Pixels", pixels)


def _ends_grey(pixels: Pixels) -> bool:
    """Whether the last corner is the flat grey of a scan that ran out: cheap suspicion, seldom true of a real photo."""
    return bool(np.all(pixels[-4:, -4:] == _FILLED))


def _is_cut(jpeg: bytes, pixels: Pixels) -> bool:
    """Whether the decoder was still hungry at the end: bytes added there change the picture only if it was."""
    return not np.array_equal(_imdecode(jpeg[:-2] + _PROBE + jpeg[-2:]), pixels)


def _pillow_pixels(container: Container) -> Pixels:
    try:
        with PIL.Image.open(io.BytesIO(container.stripped), formats=(container.format.upper(),)) as picture:
            if picture.size != (container.width, container.height):
                raise ImageDamaged("the picture has another size than its header says")
            picture.load()
            pixels = np.empty((container.height, container.width, 3), np.uint8)
            for top in range(0, container.height, _BAND):
                box = (0, top, container.width, min(top + _BAND, container.height))
                pixels[top : box[3]] = np.asarray(_over_white(picture.crop(box)))
            return pixels
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as broken:
        raise ImageDamaged("the picture cannot be decoded") from broken


def _over_white(picture: PIL.Image.Image) -> PIL.Image.Image:
    """As RGB, with transparency laid over white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = PIL.Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return PIL.Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """source: JEITA CP-3451, tag 0x0112. Turning numbers: 2 and 4 are mirrored, 5 to 8 stand on their side."""
    if orientation == 1:
        return pixels
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    flip_rows = orientation in (3, 4, 7, 8)
    flip_columns = orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(pixels[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1])
