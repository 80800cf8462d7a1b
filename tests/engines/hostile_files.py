"""All hostile files: those to refuse, each with its code, and those to take for what they show."""

from __future__ import annotations

from collections.abc import Callable

from tests.engines import hostile, hostile_jpeg, hostile_png_webp

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    **hostile.REFUSED,
    **hostile_jpeg.JPEG_REFUSED,
    **hostile_png_webp.PNG_REFUSED,
    **hostile_png_webp.WEBP_REFUSED,
}
TAKEN: dict[str, Callable[[], bytes]] = {**hostile_jpeg.JPEG_TAKEN, **hostile_png_webp.PNG_WEBP_TAKEN}
"""Strange, but pictures: what is strange about them is dropped."""
