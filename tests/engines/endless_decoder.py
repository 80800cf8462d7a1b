"""The decoder's process, with a decoder that never comes to the end of a large photo."""

from __future__ import annotations

import sys

from auth_service.engines import decode_child
from auth_service.engines.containers import Container
from auth_service.engines.decoding import IntakePolicy, drawn
from auth_service.faces.image import Image


def endless(container: Container) -> Image:
    image = drawn(container)
    while image.width * image.height > decode_child.LARGE_PIXELS:
        image = drawn(container)
    return image


if __name__ == "__main__":
    decode_child.drawn = endless  # type: ignore[attr-defined]
    decode_child.main(
        int(sys.argv[1]),
        IntakePolicy(max_bytes=int(sys.argv[2]), max_pixels=int(sys.argv[3])),
        int(sys.argv[4]),
    )
