"""A copy needs both: a near hash, mirrored or not, and nearly the same template."""

from __future__ import annotations

import numpy as np
import pytest

from auth_service.core.errors import ScoreInvalid, TemplatesIncomparable
from auth_service.faces.copies import CopyPolicy, cosine, is_copy, looks_copied, mirrored_distance
from auth_service.faces.sample import PhotoHash
from auth_service.faces.template import EngineIdentity, Template

POLICY = CopyPolicy()
FACE, FRAME = 0x0123456789ABCDEF, 0xFEDCBA9876543210
FAR = 0x3333333333333333
MIRROR = 0x5555555555555555


def template(cosine_to_axis: float = 1.0, engine: str = "dlib-resnet") -> Template:
    vector = np.array([cosine_to_axis, (1 - cosine_to_axis**2) ** 0.5], np.float32) * 3
    return Template(EngineIdentity(engine, "0" * 64), vector, images=1, mirrored=True)


def photo(face: int = FACE, frame: int = FRAME, digest: bytes = b"a") -> PhotoHash:
    return PhotoHash(digest, face, frame)


ORIGINAL = photo()


@pytest.mark.parametrize(
    ("other", "cosine_to_it", "expected"),
    [
        (photo(FACE ^ 0xFFF, FRAME ^ FAR, b"b"), 0.995, True),
        (photo(FACE ^ 0x1FFF, FRAME ^ FAR, b"b"), 0.995, False),
        (photo(FACE ^ FAR, FRAME ^ 0x3FF, b"b"), 0.995, True),
        (photo(FACE ^ FAR, FRAME ^ 0x7FF, b"b"), 0.995, False),
        (photo(FACE ^ MIRROR ^ 0xFF, FRAME ^ FAR, b"b"), 0.995, True),
        (photo(FACE, FRAME, b"b"), 0.98, False),
        (photo(FACE ^ FAR, FRAME ^ FAR, b"b"), 1.0, False),
        (photo(digest=b"a"), 0.0, True),
    ],
    ids=[
        "face near",
        "face too far",
        "frame near",
        "frame too far",
        "mirrored",
        "other template",
        "far",
        "same pixels",
    ],
)
def test_hash_and_template_must_agree(other: PhotoHash, cosine_to_it: float, expected: bool) -> None:
    assert is_copy(ORIGINAL, template(), other, template(cosine_to_it), POLICY) is expected
    assert is_copy(other, template(cosine_to_it), ORIGINAL, template(), POLICY) is expected


def test_the_limit_on_the_template_belongs_to_its_engine() -> None:
    near = photo(FACE, FRAME, b"b")
    pair = [template(1.0, "mobilefacenet"), template(0.93, "mobilefacenet")]
    assert is_copy(ORIGINAL, pair[0], near, pair[1], POLICY)
    assert not is_copy(ORIGINAL, template(), near, template(0.93), POLICY)


def test_templates_of_two_engines_are_an_error() -> None:
    with pytest.raises(TemplatesIncomparable):
        is_copy(ORIGINAL, template(), photo(digest=b"b"), template(engine="sface"), POLICY)


@pytest.mark.parametrize("vector", [[0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_a_template_without_direction_gives_no_score(vector: list[float]) -> None:
    broken = Template(template().identity, np.array(vector, np.float32), 1, mirrored=True)
    with pytest.raises(ScoreInvalid):
        cosine(template(), broken)


def test_the_mirror_is_its_own_inverse() -> None:
    assert mirrored_distance(FACE, FACE ^ MIRROR) == 0
    assert mirrored_distance(FACE, FACE) == 0
    assert looks_copied(ORIGINAL, photo(FACE ^ MIRROR, FRAME ^ MIRROR, b"b"), POLICY)
