"""F27 of the trust plan: every hostile picture gets its own code and words, and costs no memory."""

from __future__ import annotations

import resource
import tracemalloc
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from auth_service.core.errors import ImageRefused, NoFaceFound
from auth_service.engines.decoding import IntakePolicy, decode, reencode
from auth_service.engines.reader import EngineFaceReader
from tests.engines import hostile

POLICY = IntakePolicy()


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize("name", hostile.REFUSED)
def test_each_case_gets_its_code_and_texts_in_both_languages(name: str) -> None:
    make, code = hostile.REFUSED[name]
    with pytest.raises(ImageRefused) as refused:
        decode(make(), POLICY)
    assert refused.value.code == code
    assert refused.value.text("zh") != refused.value.text("en")
    assert all(refused.value.text(language) for language in ("zh", "en"))


def test_there_are_at_least_25_cases_and_every_image_code_is_among_them() -> None:
    assert len(hostile.REFUSED) >= 25
    assert {code for _, code in hostile.REFUSED.values()} == {
        "image_empty",
        "image_too_many_bytes",
        "image_too_many_pixels",
        "image_format_unsupported",
        "image_colour_unsupported",
        "image_animated",
        "image_damaged",
        "image_polyglot",
    }


@pytest.mark.asvs("5.2.6")
@pytest.mark.parametrize("name", ["png bomb", "jpeg bomb", "webp bomb", "png larger than any memory"])
def test_a_pixel_bomb_allocates_nothing(name: str) -> None:
    data = hostile.REFUSED[name][0]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    with pytest.raises(ImageRefused):
        decode(data, POLICY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


@pytest.mark.parametrize(
    "data",
    [
        hostile.JPEG + hostile.FILM,
        hostile.JPEG + hostile.JPEG,
        hostile.JPEG + b"\0" * 4096,
        hostile.JPEG + b"SEFH\x6a\0\0\0vendor trailerSEFT",
        hostile.with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
    ],
    ids=["motion photo", "second picture", "padding", "vendor trailer", "xmp"],
)
def test_what_phones_hang_on_is_dropped_without_a_word(data: bytes) -> None:
    plain = decode(hostile.JPEG, POLICY)
    taken = decode(data, POLICY)
    assert np.array_equal(taken.pixels, plain.pixels)
    assert reencode(taken, POLICY) == reencode(plain, POLICY)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "LA"])
def test_grey_palette_and_transparent_pictures_become_rgb(kind: str, mode: str) -> None:
    image = decode(hostile.saved(kind, hostile.PLAIN.convert(mode), lossless=True), POLICY)
    expected = np.asarray(hostile.PLAIN.convert(mode).convert("RGB"))
    assert image.format == kind.lower()
    assert np.array_equal(image.pixels, expected)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_laid_over_white(kind: str) -> None:
    clear = PIL.Image.new("RGBA", (40, 30), (10, 20, 30, 0))
    assert np.all(decode(hostile.saved(kind, clear, lossless=True), POLICY).pixels == 255)


def test_a_grey_jpeg_becomes_rgb() -> None:
    image = decode(hostile.saved("JPEG", hostile.PLAIN.convert("L")), POLICY)
    assert image.pixels.shape == (120, 160, 3)
    assert np.array_equal(image.pixels[..., 0], image.pixels[..., 2])


def test_a_photo_that_is_really_grey_in_its_corner_is_no_damaged_one() -> None:
    flat = PIL.Image.new("RGB", (160, 120), (128, 128, 128))
    assert decode(hostile.saved("JPEG", flat), POLICY).width == 160


@pytest.mark.asvs("5.4.3", "14.2.8")
def test_what_is_kept_carries_neither_position_nor_tail() -> None:
    exif = PIL.Image.Exif()
    exif[0x010F] = "MAKER-CANARY"
    exif.get_ifd(0x8825)[1] = "N"
    kept = reencode(decode(hostile.saved("JPEG", exif=exif) + b"TAIL-CANARY", POLICY), POLICY)
    assert b"CANARY" not in kept
    assert b"Exif" not in kept


@pytest.mark.asvs("5.2.1", "5.2.6")
def test_limits_are_inclusive() -> None:
    exact = IntakePolicy(max_bytes=len(hostile.JPEG), max_pixels=160 * 120)
    assert decode(hostile.JPEG, exact).height == 120
    with pytest.raises(ImageRefused, match="160x120"):
        decode(hostile.JPEG, IntakePolicy(max_pixels=160 * 120 - 1))


@pytest.mark.data
def test_a_photo_without_a_face_says_so(dlib_reader: EngineFaceReader) -> None:
    for data in (hostile.JPEG, hostile.saved("PNG", PIL.Image.new("RGB", (1, 1))), hostile.WEBP):
        with pytest.raises(NoFaceFound):
            dlib_reader.read(data)


@pytest.mark.data
def test_two_people_side_by_side_are_not_one_good_photo(dlib_reader: EngineFaceReader, lfw: list[Path]) -> None:
    readable = [np.asarray(PIL.Image.open(path)) for path in (lfw[5], lfw[40])]
    both = PIL.Image.fromarray(np.concatenate(readable, axis=1))
    assert "several_faces" in dlib_reader.read(hostile.saved("JPEG", both, quality=95)).quality.reasons


def test_random_changes_never_cause_anything_but_a_refusal() -> None:
    random = np.random.default_rng(11)
    for original in (hostile.JPEG, hostile.PNG, hostile.WEBP):
        for _ in range(150):
            data = bytearray(original)
            for at in random.integers(0, min(len(data), 700), 3):
                data[at] = int(random.integers(0, 256))
            try:
                image = decode(bytes(data), POLICY)
            except ImageRefused:
                continue
            assert image.pixels.ndim == 3
