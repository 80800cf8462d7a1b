"""`auth-service evaluate`, from CSV to JSON and pictures. Photos are text files that hold a face's numbers, read by a
fake that keeps the contract of BulkReader.map: one result per item, in no order, errors as values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from auth_service.cli import evaluate
from auth_service.core.errors import EngineUnknown, NoFaceFound, WeightsMissing
from auth_service.engines.bulk import BulkResult
from auth_service.engines.catalogue import DEFAULT_ENGINE, ReaderSpec
from auth_service.faces.landmarks import Box, DetectedFace
from auth_service.faces.quality import QualityReport
from auth_service.faces.sample import FaceSample, PhotoHash
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.calibration import Metric, parse

CAST = EngineIdentity("cast", "c0" * 32)
FACE = DetectedFace(Box(0, 0, 9, 9), np.zeros((5, 2), np.float32), "dlib5", 1.0)


@dataclass
class NumbersInFiles:
    """A reader whose photos are lines of numbers; an empty file shows no face."""

    missing_weights: bool = False

    def map(self, items: Iterable[tuple[str, Path]], *, keep_jpeg: bool) -> Iterator[BulkResult[str]]:
        if self.missing_weights:
            raise WeightsMissing("cast.onnx")
        assert not keep_jpeg
        for key, path in reversed(list(items)):
            text = path.read_text()
            if not text:
                yield BulkResult(key, error=NoFaceFound())
                continue
            vector = np.array([float(number) for number in text.split()], np.float32)
            sample = FaceSample(
                9, 9, FACE, QualityReport({}, ()), Template(CAST, vector, 1, True), PhotoHash(b"\0" * 32, 0, 0)
            )
            yield BulkResult(key, sample=sample)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Sixty people with four photos each below `faces/`; one photo shows no face."""
    generator = np.random.default_rng(2)
    for person in range(60):
        folder = tmp_path / "faces" / f"p{person:02}"
        folder.mkdir(parents=True)
        centre = generator.normal(size=16)
        for image in range(4):
            numbers = centre + 0.35 * generator.normal(size=16)
            (folder / f"{image}.jpg").write_text(" ".join(f"{number:.6f}" for number in numbers))
    (tmp_path / "faces" / "p00" / "3.jpg").write_text("")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object, reader: NumbersInFiles | None = None) -> Result:
    opened = evaluate.OpenedReader(reader or NumbersInFiles(), Metric.COSINE, True)  # type: ignore[arg-type]
    monkeypatch.setattr(evaluate, "open_bulk_reader", lambda engine, mirrored, jobs: opened)
    return CliRunner().invoke(evaluate.evaluate_app, [str(argument) for argument in arguments])


def manifest(folder: Path, monkeypatch: pytest.MonkeyPatch, references: int = 0, probes: int = 0) -> Path:
    path = folder / f"manifest{references}{probes}.csv"
    made = run(
        monkeypatch, "manifest", "--root", folder, "--under", "faces", "--out", path,
        "--references", references, "--probes", probes, "--json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["subjects"] == 60
    return path


def pairs(folder: Path) -> Path:
    rows = [f"faces/p{p:02}/0.jpg,faces/p{p:02}/3.jpg,1,{'old' if p % 3 else 'young'}" for p in range(60)]
    rows += [
        f"faces/p{p:02}/1.jpg,faces/p{q:02}/2.jpg,0,{'old' if p % 3 else 'young'}" for p in range(60) for q in range(p)
    ]
    path = folder / "pairs.csv"
    path.write_text("path_a,path_b,mated,age\n" + "\n".join(rows) + "\n")
    return path


def test_pairs_give_one_json_document_with_the_promised_keys_and_two_small_pictures(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspects = photos / "suspects.csv"
    suspects.write_text("path_a,path_b\nfaces/p05/3.jpg,faces/p05/0.jpg\n")
    done = run(
        monkeypatch, "pairs", "--root", photos, "--pairs", pairs(photos), "--stratum", "age",
        "--suspects", suspects, "--out", photos / "out", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["engine"] == "cast"
    assert (document["mated"], document["mated_lost"], document["non_mated"]) == (59, 1, 1770)
    assert document["failed_images"] == {"faces/p00/3.jpg": "no_face_found"}
    assert document["failures_to_acquire"] == 1 / 238  # images that some pair names
    assert [point["fmr"] for point in document["points"]] == [1e-2, 1e-3]
    for point in document["points"]:
        assert {"fmr", "threshold", "fnmr", "fnmr_low", "fnmr_high"} <= set(point)
    assert set(document["strata"]) == {"old", "young"}
    assert document["without_suspects"]["mated"] == 58
    for picture in document["pictures"]:
        data = Path(picture).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert 2_000 < len(data) < 100_000
    assert json.loads((photos / "out" / "result.json").read_text()) == document


def test_a_person_reads_the_same_numbers_as_a_table(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "pairs", "--root", photos, "--pairs", pairs(photos), "--stratum", "age")
    assert done.exit_code == 0, done.output
    for words in ("engine cast (cosine)", "1 failed to acquire (0.42%)", "59 mated and 1,770 non-mated", "stratum old"):
        assert words in done.stdout


def test_pairs_can_be_measured_without_mirror_images(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def open_bulk_reader(engine: str, mirrored: bool, jobs: int) -> evaluate.OpenedReader:
        asked.append(mirrored)
        return evaluate.OpenedReader(NumbersInFiles(), Metric.COSINE, mirrored)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "open_bulk_reader", open_bulk_reader)
    arguments = ["pairs", "--root", str(photos), "--pairs", str(pairs(photos)), "--no-mirrored", "--json"]
    done = CliRunner().invoke(evaluate.evaluate_app, arguments)
    assert done.exit_code == 0, done.output
    assert asked == [False]
    assert json.loads(done.stdout)["mirrored"] is False


def test_photos_are_read_under_the_limits_of_the_settings_in_every_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    built: list[ReaderSpec] = []
    monkeypatch.setattr(evaluate, "BulkReader", lambda spec, processes: built.append(spec))
    for name, value in {"HOME": tmp_path, "PROFILE": "production", "MAX_PHOTO_PIXELS": 20_000}.items():
        monkeypatch.setenv(f"AUTH_SERVICE_{name}", str(value))
    monkeypatch.setenv("AUTH_SERVICE_QUALITY__MIN_EYE_DISTANCE", "17")
    opened = evaluate.open_bulk_reader(DEFAULT_ENGINE, mirrored=False)
    assert (opened.metric, opened.mirrored, built[0].mirrored) == (Metric.COSINE, False, False)
    assert built[0].intake.max_pixels == 20_000
    assert built[0].quality.min_eye_distance == 17.0
    assert built[0].cache_dir == tmp_path / "cache"


def test_templates_average_each_side_and_meet_all_against_all(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {}
    for probes in (1, 2):
        listed = manifest(photos, monkeypatch, 2, probes)
        done = run(monkeypatch, "templates", "--root", photos, "--manifest", listed, "--json")
        assert done.exit_code == 0, done.output
        document = json.loads(done.stdout)
        assert (document["mated"], document["non_mated"]) == (60, 60 * 59)
        rates[probes] = document["points"][0]["fnmr"]
    assert rates[2] <= rates[1]


def test_split_reports_every_cell_from_both_halves(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = manifest(photos, monkeypatch)
    arguments = ("split", "--root", photos, "--manifest", listed, "--seed", 4, "--bootstrap", 100)
    done = run(monkeypatch, *arguments, "--out", photos / "split", "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert set(document["cells"]) == {"1x1", "2x1", "2x2"}
    assert [half["people"] for half in document["cells"]["2x1"]] == [30, 30]
    assert (photos / "split" / "det.png").stat().st_size < 100_000
    spoken = run(monkeypatch, *arguments)
    assert "2x2, thresholds from the second half, 30 other people" in spoken.stdout


def test_a_calibration_is_written_only_from_people_enough(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, record = manifest(photos, monkeypatch), photos / "record.json"
    arguments = ("split", "--root", photos, "--manifest", listed, "--bootstrap", 100, "--write-calibration", record)
    refused = run(monkeypatch, *arguments)
    assert refused.exit_code == 1
    assert "evaluation_set_too_small" in refused.stderr
    assert not record.exists()
    generator = np.random.default_rng(3)
    for person in range(60, 420):
        folder = photos / "faces" / f"q{person}"
        folder.mkdir()
        centre = generator.normal(size=16)
        for image in range(2):
            numbers = centre + 0.35 * generator.normal(size=16)
            (folder / f"{image}.jpg").write_text(" ".join(f"{number:.6f}" for number in numbers))
    rows = [
        f"faces/{path.parent.name}/{path.name},{path.parent.name}" for path in sorted((photos / "faces").glob("*/*"))
    ]
    listed.write_text("path,subject\n" + "\n".join(rows) + "\n")
    done = run(monkeypatch, *arguments, "--name", "county", "--data-is", "420 people", "--data-is-not", "twins")
    assert done.exit_code == 0, done.output
    written = parse(record.read_text(encoding="utf-8"))
    assert (written.label, written.identity, written.data_is_not) == ("county@1", CAST, ("twins",))
    assert written.cells["1x1"].people == 420
    assert written.cells["1x1"].accept.fmr.value <= 1e-4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "file_unreadable"),
        ("", "columns_missing"),
        ("path_a,path_b\nx,y\n", "columns_missing"),
        ("path_a,path_b,mated\nx,,1\n", "field_missing"),
        ("path_a,path_b,mated\nx,y,perhaps\n", "field_invalid"),
        ("path_a,path_b,mated\n../x,y,1\n", "field_invalid"),
        ("path_a,path_b,mated\nnobody.jpg,nowhere.jpg,1\n", "field_invalid"),
        ("path_a,path_b,mated\nfaces/p00/0.jpg,faces/p00/1.jpg,1\n", "evaluation_set_too_small"),
        (
            "path_a,path_b,mated\nfaces/p00/0.jpg,faces/p00/1.jpg,1\nfaces/p00/0.jpg,faces/p00/1.jpg,0\n",
            "field_invalid",
        ),
    ],
)
def test_a_bad_csv_gives_its_code_in_both_languages_and_exit_1(
    photos: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, code: str
) -> None:
    path = photos / "bad.csv"
    if text is not None:
        path.write_text(text)
    spoken = run(monkeypatch, "pairs", "--root", photos, "--pairs", path)
    assert (spoken.exit_code, spoken.stdout) == (1, "")
    assert code in spoken.stderr
    assert any("一" <= sign <= "鿿" for sign in spoken.stderr)
    as_json = run(monkeypatch, "pairs", "--root", photos, "--pairs", path, "--json")
    assert as_json.exit_code == 1
    error = json.loads(as_json.stdout)["error"]
    assert error["code"] == code
    assert error["titles"]["zh"] != error["titles"]["en"]


def test_a_folder_without_photos_makes_no_manifest(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(monkeypatch, "manifest", "--root", photos, "--under", "nothing", "--out", photos / "m.csv")
    assert done.exit_code == 1
    assert not (photos / "m.csv").exists()


def test_missing_weights_stop_the_measurement(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(
        monkeypatch, "pairs", "--root", photos, "--pairs", pairs(photos), "--json",
        reader=NumbersInFiles(missing_weights=True),
    )  # fmt: skip
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["code"] == WeightsMissing.code


def test_an_unknown_engine_is_refused_by_name(photos: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(tmp_path / "var"))
    done = CliRunner().invoke(
        evaluate.evaluate_app,
        ["pairs", "--root", str(photos), "--pairs", str(pairs(photos)), "--engine", "no-such-engine", "--json"],
    )
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["code"] == EngineUnknown.code
