"""`auth-service calibrate`: from stored templates to a record in force, with two people's passwords."""

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
from auth_service.core.audit import AuditEvent
from auth_service.core.audit_facts import DECIDED
from auth_service.core.errors import CalibrationMissing
from auth_service.faces.template import Template
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.qualification.evidence import FaceEvidence
from auth_service.settings import PREFIX, load_settings
from auth_service.wiring import Wiring
from tests.storage.samples import PASSED, direct_sql, enrol, evidence, number, reference_photo, row

PEOPLE, LI, ZHOU = 260, "li-password-1234", "zhou-password-1234"


def run(*arguments: str, expect: int = 0, stdin: str | None = None) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*arguments, "--json"], input=stdin)
    assert done.exit_code == expect, (done.exit_code, done.stdout, done.stderr, done.exception)
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


def say(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    assert done.exit_code == 0, (done.stdout, done.stderr, done.exception)
    return done.stdout + done.stderr


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """A deployment with 260 people of two photos each, whose templates are drawn; nothing is read."""
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    run("init")
    wiring = Wiring(load_settings())
    now, generator = datetime(2026, 3, 10, tzinfo=UTC), np.random.default_rng(4)
    common = generator.normal(size=128) * 2.2  # so that similarities lie about where those of the engine do
    with wiring.store.unit() as unit:
        for place in range(PEOPLE):
            person = unit.people.apply(row(place + 1), now, "batch").person_id
            middle = common + generator.normal(size=128)
            made = [middle + generator.normal(size=128) * 0.2 for _ in range(2)]
            vectors = [Template(wiring.identity, vector.astype(np.float32), 1, mirrored=True) for vector in made]
            photos = [reference_photo(place * 2 + side, template=vectors[side]) for side in range(2)]
            enrol(unit, person, *photos, at=now)
            if place < 40:
                decided = ComparisonDecision(0.95, Zone.MATCH, wiring.identity.engine, "dlib-resnet-lfw@1", 0.9, 0.8)
                proof = evidence(person, 1, comparison=decided, probe_images=1)
                unit.evidence.add(proof, PASSED)
                unit.audit.append(told_of(proof), proof.taken_at)
    for name, password in (("li", LI), ("zhou", ZHOU)):
        wiring.keep_staff.create(name, Role.POLICY_ADMIN, password, "cli")
    return wiring


def told_of(proof: FaceEvidence) -> AuditEvent:
    """The audit row of a pass, without which nobody believes it."""
    zone = PASSED.zone.value if PASSED.zone else None
    details = {"evidence": proof.id, "outcome": PASSED.outcome.value, "zone": zone, "channel": proof.channel.value}
    return AuditEvent("cli", DECIDED, f"person:{proof.person_id}", {**details, "attested_by": proof.attested_by})


def test_a_record_is_measured_shown_proposed_and_put_in_force_by_another(wiring: Wiring, tmp_path: Path) -> None:
    measured = ("calibrate", "--fmr", "1e-3", "--name", "own", "--out", str(tmp_path / "out"))
    proposed = run(*measured, "--by", "li", "--password-stdin", stdin=f"{LI}\n")
    assert proposed["proposed"]
    assert proposed["report"]["measured"]
    assert proposed["calibration"]["cells"]["1x1"]["basis"] == "measured"
    assert proposed["effect"]["comparisons"] == 40
    assert proposed["present"] == "dlib-resnet-lfw@1"
    for picture in proposed["pictures"]:
        assert Path(picture).read_bytes().startswith(b"\x89PNG")
    assert len(proposed["pictures"]) == 2
    assert run("calibrate", "list")["calibrations"][0]["state"] == "proposed"
    wrong = ("calibrate", "activate", "own", "--password-stdin", "--by")
    assert run(*wrong, "zhou", expect=1, stdin="guess\n")["error"]["code"] == "credentials_invalid"
    assert run(*wrong, "li", expect=1, stdin=f"{LI}\n")["error"]["code"] == "second_person_needed"
    activated = run("calibrate", "activate", "own", "--by", "zhou", "--password-stdin", stdin=f"{ZHOU}\n")
    assert (activated["state"], activated["activated_by"]) == ("in force", "zhou")
    shown = say("calibrate", "show", "own")
    assert "in force; proposed by li, activated by zhou" in shown
    assert "It is not: FNMR without a bias" in shown
    fresh = Wiring(load_settings()).calibration
    assert fresh is not None
    assert fresh.label == "own@1"
    assert fresh.cells["1x1"].accept_at == proposed["calibration"]["cells"]["1x1"]["accept"]["threshold"]
    assert run("audit", "verify")["ok"]


def test_a_record_slipped_in_is_listed_as_tampered_and_one_is_put_in_force_anew(wiring: Wiring) -> None:
    measured = ("calibrate", "--fmr", "1e-3", "--name", "own", "--by", "li", "--password-stdin")
    run(*measured, stdin=f"{LI}\n")
    activate = ("calibrate", "activate", "own", "--by", "zhou", "--password-stdin")
    run(*activate, stdin=f"{ZHOU}\n")
    columns = "engine, weights_digest, record, record_digest, report, proposed_by, proposed_at"
    direct_sql(
        wiring.settings.url,
        f"INSERT INTO calibrations (id, name, {columns}) SELECT 'x', 'evil', {columns} FROM calibrations",
        "INSERT INTO calibration_activations (calibration_id, proposed_by, activated_by, activated_at) "
        "SELECT 'x', proposed_by, activated_by, activated_at FROM calibration_activations",
    )
    states = {one["name"]: one["state"] for one in run("calibrate", "list")["calibrations"]}
    assert states == {"own": "retired", "evil": "tampered"}
    findings = {finding["name"]: finding for finding in run("doctor", expect=1)["findings"]}
    assert findings["calibration"]["detail"] == "calibration_tampered"
    assert run("calibrate", "show", "own")["state"] == "retired"
    assert run(*activate, stdin=f"{ZHOU}\n")["state"] == "in force"
    assert Wiring(load_settings()).check_calibration() is None


def test_without_by_nothing_is_kept_and_a_wrong_target_is_refused(wiring: Wiring) -> None:
    told = say("calibrate", "--people", "100", "--no-normalisation")
    assert "Too few people for FMR 0.0001: that takes 776" in told
    assert "Nothing was kept" in told
    assert run("calibrate", "list")["calibrations"] == []
    refused = run("calibrate", "--fmr", "1e-3", "--grey-fmr", "1e-4", expect=1)["error"]
    assert refused["code"] == "field_invalid"
    assert run("calibrate", "show", "none", expect=1)["error"]["code"] == "not_found"


def test_production_decides_nothing_until_then(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wiring, "strict", True)
    assert wiring.calibration is None
    with pytest.raises(CalibrationMissing):
        wiring.check_calibration()
    error = run("verify", "--id-number", number(1), __file__, expect=1)["error"]
    assert error["code"] == "calibration_missing"
    assert "auth-service calibrate" in error["titles"]["en"]
    retired = run("references", "retire", "mobilefacenet", expect=1)["error"]
    assert retired["code"] == "calibration_missing", "no template is destroyed for an engine that may not decide"
    assert run("serve", "--port", "18473", expect=78)["error"]["code"] == "calibration_missing"
    findings = {finding["name"]: finding for finding in run("doctor", expect=1)["findings"]}
    assert findings["calibration"]["mend"] == "auth-service calibrate --help"
