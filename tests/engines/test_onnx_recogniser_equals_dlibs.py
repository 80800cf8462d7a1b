"""The converted net gives the numbers of dlib's own, and the cached file is trusted only with its digest."""

from __future__ import annotations

from pathlib import Path

import dlib
import numpy as np
import pytest

from auth_service.core.errors import WeightsDigestWrong, WeightsMissing
from auth_service.engines import dlib_weights
from auth_service.engines.decoding import IntakePolicy, decode
from auth_service.engines.detectors import HogDetector
from auth_service.engines.encoders import DlibEncoder, open_session
from auth_service.faces.template import EngineIdentity

CHIPS = 110


@pytest.mark.data
def test_on_a_hundred_faces_the_largest_difference_is_below_1e_5(lfw: list[Path], cache_dir: Path) -> None:
    reference = dlib.face_recognition_model_v1(str(dlib_weights.wheel_file(dlib_weights.RECOGNISER_FILE)))
    session = open_session(dlib_weights.recogniser_onnx(cache_dir))
    encoder = DlibEncoder(EngineIdentity("dlib-resnet", dlib_weights.RECOGNISER_SHA256), session)
    detector = HogDetector()
    worst, chips = 0.0, 0
    for path in lfw[:: len(lfw) // (CHIPS + 5)]:
        pixels = decode(path.read_bytes(), IntakePolicy()).pixels
        faces = detector.detect(pixels)
        if not faces or chips == CHIPS:
            continue
        chip = encoder.align(pixels, faces[0])
        theirs = np.array(reference.compute_face_descriptor(chip))
        worst = max(worst, float(np.abs(encoder.encode([chip])[0] - theirs).max()))
        chips += 1
    assert chips >= 100
    assert worst < 1e-5


def test_a_cached_net_that_was_changed_is_written_anew(tmp_path: Path) -> None:
    built = dlib_weights.recogniser_onnx(tmp_path)
    cached = tmp_path / f"dlib-resnet-{dlib_weights.RECOGNISER_SHA256}.onnx"
    cached.write_bytes(built[:-4] + b"\0\0\0\0")
    assert dlib_weights.recogniser_onnx(tmp_path) == built
    assert cached.read_bytes() == built
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".onnx", ".sha256"]


def test_weights_of_another_digest_build_nothing(tmp_path: Path) -> None:
    with pytest.raises(WeightsDigestWrong):
        dlib_weights.recogniser_onnx(tmp_path, b"\x01\x02 no such tensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["shape_predictor_68_face_landmarks.dat", "mmod_human_face_detector.dat", "../x"])
def test_restricted_files_of_the_wheel_cannot_be_named(name: str) -> None:
    with pytest.raises(WeightsMissing):
        dlib_weights.wheel_file(name)
