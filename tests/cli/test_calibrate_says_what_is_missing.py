"""The first calibration of an agency: one photo of each person, and fewer people than the usual aim takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from auth_service.accounts.roles import Role
from auth_service.cli.main import app
from auth_service.faces.template import Template
from auth_service.matching.own_thresholds import least_people
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.storage.samples import enrol, reference_photo, row

PEOPLE, PASSWORD = least_people(1e-3) + 2, "wang-password-1234"


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def say(*arguments: str, expect: int = 0, stdin: str | None = None) -> str:
    done = CliRunner().invoke(app, list(arguments), input=stdin)
    assert done.exit_code == expect, (done.stdout, done.stderr, done.exception)
    return done.stdout + done.stderr


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """Everybody has one photo and a number of the agency's own; the last two are nearly the same face."""
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    wiring = Wiring(load_settings())
    now, generator = datetime(2026, 3, 10, tzinfo=UTC), np.random.default_rng(4)
    common = generator.normal(size=128) * 2.2  # so that similarities lie about where those of the engine do
    vector = common
    with wiring.store.unit() as unit:
        for place in range(PEOPLE):
            person = unit.people.apply(row(place + 1, person_key=f"TS-{place:04d}"), now, "batch").person_id
            if place < PEOPLE - 1:
                vector = common + generator.normal(size=128)
            else:
                vector = vector + generator.normal(size=128) * 0.05
            template = Template(wiring.identity, vector.astype(np.float32), 1, mirrored=True)
            enrol(unit, person, reference_photo(place, template=template), at=now)
    wiring.keep_staff.create("wang.fang", Role.POLICY_ADMIN, PASSWORD, "cli")
    return wiring


def test_one_photo_each_gives_the_histogram_and_says_why_there_is_no_det_curve(wiring: Wiring, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "det.png").write_bytes(b"of an earlier measurement")
    made = run("calibrate", "--no-normalisation", "--out", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["record.json", "scores.png"]
    assert made["pictures"] == [str(out / "scores.png")]
    assert (out / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert "FNMR" in made["no_det"]["zh"]
    told = say("calibrate", "--no-normalisation", "--out", str(out))
    assert "没有 det.png" in told
    assert "No det.png: nobody has two photos" in told


def test_people_to_look_at_are_named_as_the_ledger_names_them(wiring: Wiring) -> None:
    look = run("calibrate", "--no-normalisation")["look"]
    first = look["most_alike"][0]
    assert {first["one"], first["other"]} == {f"TS-{PEOPLE - 2:04d}", f"TS-{PEOPLE - 1:04d}"}
    told = say("calibrate", "--no-normalisation")
    assert f"TS-{PEOPLE - 1:04d}" in told
    assert "人员编号" in told


def test_production_refuses_at_the_proposal_and_names_the_people_lacking(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wiring, "strict", True)
    wanted = f"takes {least_people(1e-4)} people, {PEOPLE} were compared: enrol more, or use --fmr 0.001"
    refused = run("calibrate", "--name", "own", "--no-normalisation", "--by", "wang.fang", expect=1)["error"]
    assert refused["code"] == "calibration_too_few_people"
    assert wanted in refused["detail"]
    assert f"需要 {least_people(1e-4)} 人" in refused["detail"]
    assert run("calibrate", "list")["calibrations"] == [], "no password was asked for and nothing was kept"
    told = say("calibrate", "--no-normalisation")
    assert wanted in told
    assert "To propose it" not in told
    measured = ("calibrate", "--fmr", "1e-3", "--name", "own", "--by", "wang.fang", "--password-stdin")
    assert run(*measured, "--no-normalisation", stdin=f"{PASSWORD}\n")["proposed"]


def test_the_hint_repeats_the_measurement_that_was_made(wiring: Wiring) -> None:
    given = ("--name", "own 2026", "--fmr", "1e-3", "--people", "900", "--no-normalisation")
    told = say("calibrate", *given)
    again = "auth-service calibrate --name 'own 2026' --fmr 0.001 --people 900 --no-normalisation --by WHO"
    assert f"Nothing was kept. To propose it: {again}" in told
    assert f"未保存任何内容。提议它：{again}" in told
