"""The decoder's own process: takes a photo from shared memory, puts its pixels there, and can do nothing else.

Started by decoder.py, which also takes the form of jobs and answers from here. The process loads only what decoding
needs (numpy, OpenCV, Pillow), tries each format once so that nothing is left to load, fences itself in, and then
answers one job after the other.
"""

from __future__ import annotations

import io
import mmap
import os
import struct
import sys

import cv2
import numpy as np
import PIL.Image

from auth_service.core.errors import ImageRefused
from auth_service.core.fences import forbid_opening, forbid_system_calls, set_limits
from auth_service.engines.decoding import IntakePolicy, decode, drawn, inspected

JOB = struct.Struct("<I")
"""Bytes of the photo; they lie at the start of the shared memory. After LARGE any job means: go on."""
ANSWER = struct.Struct("<BBIIH")
"""Outcome, place in FORMATS, width, height, bytes of text that follow. Pixels lie behind the photo's place."""
READY, PIXELS, REFUSED, TOO_COSTLY, FAULT, LARGE = range(6)
"""Outcomes. Text: what fences hold; none; code, a line feed and detail; none; the fault's type; none."""
LARGE_PIXELS = 2_000_000
"""A picture of more waits, before it costs memory, until the parent has room for it."""
FORMATS = ("jpeg", "png", "webp")
LONGEST_TEXT = 300


def main(memory_at: int, policy: IntakePolicy, data_bytes: int) -> None:
    """The child's life, until the parent closes the pipe."""
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not pass for an answer
    memory = mmap.mmap(memory_at, 0)
    os.close(memory_at)
    try:
        _quieten()
        _try_each_format(policy)
        set_limits(data_bytes)
        forbid_opening()
        fenced = forbid_system_calls()
    except Exception as fault:  # noqa: BLE001 - the parent is told why, and does without this child
        _say(answers, FAULT, text=f"{type(fault).__name__}: {fault}")
        return
    _say(answers, READY, text="system calls" if fenced else "limits only")
    while job := os.read(0, JOB.size):
        (size,) = JOB.unpack(job)
        _serve(memory, size, policy, answers)


def _serve(memory: mmap.mmap, size: int, policy: IntakePolicy, answers: int) -> None:
    try:
        container = inspected(memory[:size], policy)
        if container.width * container.height > LARGE_PIXELS:
            _say(answers, LARGE, FORMATS.index(container.format), container.width, container.height)
            if not os.read(0, JOB.size):
                sys.exit(0)
        image = drawn(container)
        place = np.frombuffer(memory, np.uint8, image.pixels.size, policy.max_bytes)
        place.reshape(image.pixels.shape)[:] = image.pixels
    except ImageRefused as refused:
        _say(answers, REFUSED, text=f"{refused.code}\n{refused.detail}")
    except MemoryError:
        _say(answers, TOO_COSTLY)
    except Exception as fault:  # noqa: BLE001 - the parent, who can log, is told
        _say(answers, FAULT, text=type(fault).__name__)
    else:
        _say(answers, PIXELS, FORMATS.index(image.format), image.width, image.height)


def _say(answers: int, outcome: int, form: int = 0, width: int = 0, height: int = 0, *, text: str = "") -> None:
    line = text.encode(errors="replace")[:LONGEST_TEXT]
    os.write(answers, ANSWER.pack(outcome, form, width, height, len(line)) + line)


def _quieten() -> None:
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def _try_each_format(policy: IntakePolicy) -> None:
    """Loads every codec and the code behind refusals, which the fences forbid to load later."""
    for mode in ("L", "P", "RGB", "RGBA"):
        picture = PIL.Image.new(mode, (32, 32))
        for form in ("PNG", "WEBP") if mode in {"P", "RGBA"} else ("PNG", "WEBP", "JPEG"):
            file = io.BytesIO()
            picture.save(file, form)
            _tried(file.getvalue(), policy)
            _tried(file.getvalue()[:-9] + b"\xff\xd9", policy)


def _tried(data: bytes, policy: IntakePolicy) -> None:
    try:
        decode(data, policy)
    except ImageRefused as refused:
        str(refused.__cause__)


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        IntakePolicy(max_bytes=int(sys.argv[2]), max_pixels=int(sys.argv[3])),
        int(sys.argv[4]),
    )
