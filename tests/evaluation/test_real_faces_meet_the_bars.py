"""The default engine on real photos: a small measurement in every run, the bars of docs/accuracy.md in the long one."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.evaluate import evaluate_app
from auth_service.engines.catalogue import DEFAULT_ENGINE
from auth_service.matching.calibration import load_shipped

DATA = Path(os.environ.get("AUTH_SERVICE_TEST_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")) / "faces"

pytestmark = pytest.mark.data


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation") / "var"


def evaluated(home: Path, *arguments: object) -> dict[str, Any]:
    done = CliRunner().invoke(
        evaluate_app, [str(argument) for argument in (*arguments, "--json")], env={"AUTH_SERVICE_HOME": str(home)}
    )
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def fnmr(document: dict[str, Any], fmr: float) -> float:
    return next(float(point["fnmr"]) for point in document["points"] if point["fmr"] == fmr)


def test_two_hundred_real_pairs_agree_with_the_shipped_record(home: Path, tmp_path: Path) -> None:
    with (DATA / "pairs_lfw.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    chosen = [row for row in rows if row["mated"] == "1"][:80] + [row for row in rows if row["mated"] == "0"][:120]
    listed = tmp_path / "pairs.csv"
    with listed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["path_a", "path_b", "mated"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(chosen)
    document = evaluated(home, "pairs", "--root", DATA, "--pairs", listed, "--jobs", 2)
    shipped = load_shipped(DEFAULT_ENGINE)
    assert document["weights_digest"] == shipped.identity.weights_digest
    assert document["metric"] == shipped.metric
    assert document["at_calibration"]["calibration"] == shipped.label
    assert document["at_calibration"]["points"][0]["fmr_measured"] <= 0.03  # 1e-4 of 120: four would be a wonder
    assert document["failures_to_acquire"] <= 0.02
    assert document["mated"] >= 77
    assert document["eer"] <= 0.05
    assert fnmr(document, 1e-2) <= 0.08  # 0.7 % on the whole set; seven of 80 would be a wonder


@pytest.mark.slow
def test_pairs_meet_the_bars(home: Path) -> None:
    document = evaluated(home, "pairs", "--root", DATA, "--pairs", DATA / "pairs_lfw.csv")
    assert document["failures_to_acquire"] <= 0.005
    assert fnmr(document, 1e-3) <= 0.06


@pytest.mark.slow
@pytest.mark.parametrize(("probes", "bar"), [(1, 0.065), (2, 0.015)])
def test_averaged_templates_meet_the_bars(home: Path, tmp_path: Path, probes: int, bar: float) -> None:
    listed = tmp_path / "manifest.csv"
    evaluated(
        home, "manifest", "--root", DATA, "--under", "lfw", "--references", 2, "--probes", probes, "--out", listed
    )
    document = evaluated(home, "templates", "--root", DATA, "--manifest", listed)
    assert fnmr(document, 1e-4) <= bar
