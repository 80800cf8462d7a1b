"""Finding the same photo among all enrolled ones."""

from __future__ import annotations

import numpy as np

from auth_service.enrollment.copy_index import CopyIndex
from auth_service.faces.copies import MIRROR, CopyPolicy
from auth_service.faces.sample import PhotoHash

POLICY = CopyPolicy(max_face_bits=12, max_frame_bits=10)


def flipped(value: int, bits: int) -> int:
    return value ^ ((1 << bits) - 1)


def filled(count: int) -> tuple[CopyIndex, list[PhotoHash]]:
    rng = np.random.default_rng(7)
    hashes = [PhotoHash(b"", int(f), int(w)) for f, w in rng.integers(0, 2**63, (count, 2), dtype=np.uint64)]
    index = CopyIndex()
    for sequence, photo_hash in enumerate(hashes, start=1):
        index.add(sequence, f"person{sequence}", f"photo{sequence}", photo_hash)
    return index, hashes


def test_an_empty_index_finds_nothing() -> None:
    assert CopyIndex().near(PhotoHash(b"", 1, 1), POLICY) == []


def test_a_photo_is_found_by_either_hash_up_to_the_limit_and_not_beyond() -> None:
    index, hashes = filled(3000)
    wanted = hashes[2222]
    for face_bits, frame_bits, found in ((12, 40, True), (40, 10, True), (13, 40, False), (40, 11, False)):
        changed = PhotoHash(b"", flipped(wanted.face_hash, face_bits), flipped(wanted.frame_hash, frame_bits))
        names = [candidate.photo_id for candidate in index.near(changed, POLICY)]
        assert ("photo2223" in names) is found, (face_bits, frame_bits)


def test_a_mirrored_photo_is_found_too() -> None:
    index, hashes = filled(100)
    mirrored = PhotoHash(b"", hashes[5].face_hash ^ MIRROR, hashes[5].frame_hash ^ MIRROR)
    assert index.near(mirrored, POLICY)[0].photo_id == "photo6"


def test_the_nearest_comes_first_and_the_watermark_follows_the_last_sequence() -> None:
    index, hashes = filled(50)
    index.add(99, "twin", "near", PhotoHash(b"", flipped(hashes[0].face_hash, 3), 0))
    found = index.near(hashes[0], POLICY)
    assert [candidate.distance for candidate in found[:2]] == [0, 3]
    assert (index.watermark, len(index)) == (99, 51)
