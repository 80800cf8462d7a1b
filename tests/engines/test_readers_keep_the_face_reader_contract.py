"""One contract, every engine: the same photo gives the same sample, and people are told apart."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from auth_service.core.errors import EngineUnknown, TemplatesIncomparable, WeightsDigestWrong, WeightsMissing
from auth_service.engines.catalogue import ReaderSpec, engine_calibration, engine_metric, engine_names
from auth_service.faces.copies import CopyPolicy, cosine, is_copy
from auth_service.faces.ports import FaceReader

ENGINES = ("dlib-resnet", "mobilefacenet")
pytestmark = pytest.mark.data

_AUDIT = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from pathlib import Path
from auth_service.engines.catalogue import ReaderSpec
from auth_service.engines.weights import list_weights
models, cache, photo = map(Path, sys.argv[1:])
for engine in ("dlib-resnet", "mobilefacenet"):
    ReaderSpec(engine, models, cache).build().read(photo.read_bytes())
list_weights(models)
assert any("face_recognition_resnet" in path for path in opened), "the audit hook saw nothing"
assert "face_recognition_models" not in sys.modules
forbidden = [path for path in opened if "68_face_landmarks" in path or "mmod" in path]
assert not forbidden, forbidden
with open("/proc/self/maps") as maps:
    assert "68_face" not in maps.read()
"""


@pytest.fixture(scope="module", params=ENGINES)
def reader(request: pytest.FixtureRequest, spec: Callable[[str], ReaderSpec]) -> FaceReader:
    return spec(request.param).build()


def test_reading_twice_gives_the_same_bits(reader: FaceReader, lfw: list[Path]) -> None:
    first, second = (reader.read(lfw[0].read_bytes()) for _ in range(2))
    assert first.template.vector.tobytes() == second.template.vector.tobytes()
    assert first.photo_hash == second.photo_hash
    assert first.quality == second.quality


def test_a_sample_is_complete_and_names_its_engine(reader: FaceReader, lfw: list[Path]) -> None:
    sample = reader.read(lfw[0].read_bytes())
    assert (sample.width, sample.height) == (250, 250)
    assert sample.template.vector.shape == (128,)
    assert sample.template.vector.dtype == np.float32
    assert sample.template.mirrored
    assert sample.template.identity == reader.identity
    assert len(reader.identity.weights_digest) == 64
    assert sample.face.points.shape == (5, 2)
    assert sample.face.box.area > 2500
    assert sample.quality.components["eye_distance"] > 20


def test_one_persons_photos_are_more_alike_than_two_peoples(reader: FaceReader, lfw: list[Path]) -> None:
    people: dict[str, list[Path]] = {}
    for path in lfw:
        people.setdefault(path.parent.name, []).append(path)
    chosen = [paths[:2] for paths in people.values() if len(paths) >= 2][:12]
    templates = [[reader.read(path.read_bytes()).template for path in pair] for pair in chosen]
    mated = [cosine(a, b) for a, b in templates]
    non_mated = [cosine(templates[i][0], templates[j][1]) for i in range(12) for j in range(12) if i != j]
    assert np.median(mated) > np.quantile(non_mated, 0.99)


def test_the_kept_photo_is_a_jpeg_that_counts_as_a_copy(reader: FaceReader, lfw: list[Path]) -> None:
    kept = reader.reencode(lfw[0].read_bytes())
    assert kept[:3] == b"\xff\xd8\xff"
    a, b = reader.read(lfw[0].read_bytes()), reader.read(kept)
    assert is_copy(a.photo_hash, a.template, b.photo_hash, b.template, CopyPolicy())


def test_without_mirroring_the_template_differs_and_says_so(spec: Callable[[str], ReaderSpec], lfw: list[Path]) -> None:
    plain = replace(spec("dlib-resnet"), mirrored=False).build().read(lfw[0].read_bytes()).template
    mirrored = spec("dlib-resnet").build().read(lfw[0].read_bytes()).template
    assert not plain.mirrored
    assert 0.98 < cosine(plain, mirrored) < 1.0 - 1e-6


def test_templates_of_two_engines_never_give_a_number(spec: Callable[[str], ReaderSpec], lfw: list[Path]) -> None:
    a, b = (spec(engine).build().read(lfw[0].read_bytes()).template for engine in ENGINES)
    with pytest.raises(TemplatesIncomparable):
        cosine(a, b)


def test_an_onnx_engine_without_its_detector_is_refused_not_given_another(tmp_path: Path, models_dir: Path) -> None:
    name = "mobilefacenet_foamliu_112_128d.onnx"
    (tmp_path / name).write_bytes((models_dir / name).read_bytes())
    with pytest.raises(WeightsMissing, match="yunet"):
        ReaderSpec("mobilefacenet", tmp_path, tmp_path).build()


def test_an_engine_with_changed_weights_is_refused(tmp_path: Path, models_dir: Path) -> None:
    for path in models_dir.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = tmp_path / "mobilefacenet_foamliu_112_128d.onnx"
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsDigestWrong):
        ReaderSpec("mobilefacenet", tmp_path, tmp_path).build()


def test_engines_are_known_by_name(models_dir: Path) -> None:
    assert engine_names(models_dir) == engine_names() == ("dlib-resnet", "sface", "mobilefacenet")
    assert engine_metric("dlib-resnet") == "cosine"
    assert engine_calibration("sface") == "sface"
    for wrong in ("yunet", "no-such"):
        with pytest.raises(EngineUnknown):
            engine_metric(wrong)


def test_the_68_point_file_is_never_opened(models_dir: Path, tmp_path: Path, lfw: list[Path]) -> None:
    arguments = [sys.executable, "-c", _AUDIT, str(models_dir), str(tmp_path), str(lfw[0])]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_nearly_every_photo_of_a_sample_is_acquired(reader: FaceReader, lfw: list[Path]) -> None:
    chosen = lfw[::12]
    missed = sum(not reader._detector.detect(_pixels(path)) for path in chosen)  # type: ignore[attr-defined]
    assert missed <= 0.01 * len(chosen)


@pytest.mark.slow
def test_at_most_half_a_percent_of_all_photos_is_not_acquired(reader: FaceReader, lfw: list[Path]) -> None:
    missed = sum(not reader._detector.detect(_pixels(path)) for path in lfw)  # type: ignore[attr-defined]
    assert missed <= 0.005 * len(lfw)


def _pixels(path: Path) -> np.ndarray:
    from auth_service.engines.decoding import IntakePolicy, decode  # noqa: PLC0415

    return decode(path.read_bytes(), IntakePolicy()).pixels
