"""`evaluate pad` on all shared attacks: single pictures of printed photographs, a few screens, one filmed screen.

Pictures are no sessions: only texture and model can be asked about them. Prints that answer a challenge are counted in
test_planar_attacks_are_stopped.py and test_a_moved_print_of_the_right_person_passes_nowhere.py.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from tests.attacks.pad_files import PAD_WEIGHTS

pytestmark = [pytest.mark.data, pytest.mark.slow]

REFERENCES = 2
SPECIES = {"print": "print", "print_or_screen": "print_or_screen", "screen": "screen", "screen_replay_video": "film"}
KEPT = (
    "kind", "measured_on", "engine", "versions", "calibration", "data_sha256", "bona_fide", "subjects",
    "attacked_subjects", "intervals", "bpcer", "bpcer_n", "bpcer_low", "bpcer_high", "species", "worst",
    "model_installed", "by_kind", "flash", "matcher", "thresholds",
)  # fmt: skip


def rows_of(data: Path) -> Iterator[tuple[str, str, str]]:
    """Path, label and subject: two real pictures of each subject are references, all others are presentations."""
    enrolled: dict[str, int] = {}
    with (data / "attacks" / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path, subject = f"attacks/{row['path']}", f"{row['path'].split('/')[0]}-{row['subject'] or row['path']}"
            label = SPECIES.get(row["label"], row["label"])
            if label == "live" and row["path"].startswith("nuaa/") and enrolled.get(subject, 0) < REFERENCES:
                enrolled[subject] = enrolled.get(subject, 0) + 1
                label = "reference"
            yield path, label, subject
    for clip in sorted((data / "videos").iterdir()):
        if clip.suffix in {".mp4", ".mov"}:
            yield f"videos/{clip.name}", "live", clip.stem


def test_the_shared_attacks_with_and_without_the_model(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proof: Callable[[str, Mapping[str, Any]], None]
) -> None:
    rows = list(rows_of(data))
    listed, models = tmp_path / "rows.csv", tmp_path / "models"
    listed.write_text("path,label,subject\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    models.mkdir()
    for name in PAD_WEIGHTS:
        shutil.copyfile(data / "models" / name, models / name)
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AUTH_SERVICE_MODELS", str(models))
    arguments = ["evaluate", "pad", "--root", str(data), "--manifest", str(listed), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    counts = {name: found[name]["count"] for name in ("no_response",)} | {"unusable": len(found["unusable"])}
    silent = found["no_response"]
    proof("pad", {key: found[key] for key in KEPT} | {"no_response": silent, "unusable": found["unusable"]})

    attacks = sum(one["n"] for one in found["species"].values())
    references = sum(label == "reference" for _, label, _ in rows)
    assert found["bona_fide"] + attacks + sum(counts.values()) + references == len(rows)
    assert found["by_kind"]["film"]["with_model"]["species"]["film"]["errors"] == 0
    with_, without = (found["by_kind"]["picture"][key] for key in ("with_model", "without_model"))
    assert with_["species"]["print"]["apcer"] < without["species"]["print"]["apcer"] - 0.5
    assert with_["bpcer"] <= 0.1
    assert found["matcher"]["species"]["print"]["iapmr"]["n"] > 700
