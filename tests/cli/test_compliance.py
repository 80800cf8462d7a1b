"""Stored faces are counted, the filing duty is told in time, and the pack for it names nobody."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auth_service.cli.main import app
from auth_service.enrollment.filing import DUE_AT, WARNED_AT, FaceCount, FilingDuty, Reached, duty, file_by
from auth_service.flows.count_faces import CountFaces
from auth_service.storage.unit import Store
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture
from tests.storage.conftest import *  # noqa: F403 - both databases
from tests.storage.samples import direct_sql


@pytest.mark.parametrize(
    ("people", "asked"),
    [(0, FilingDuty.NONE), (WARNED_AT - 1, FilingDuty.NONE), (WARNED_AT, FilingDuty.PREPARE),
     (DUE_AT - 1, FilingDuty.PREPARE), (DUE_AT, FilingDuty.FILE), (3_000_000, FilingDuty.FILE)],
)  # fmt: skip
def test_the_duty_follows_the_number_of_people(people: int, asked: FilingDuty) -> None:
    assert duty(people) is asked


def test_the_term_is_thirty_working_days_from_the_day_of_the_hundred_thousandth() -> None:
    late_evening = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)  # already Friday the 6th in the agency's zone
    assert file_by([Reached(DUE_AT, 100_001, late_evening)]) == date(2026, 4, 17)
    assert file_by([Reached(WARNED_AT, 80_000, late_evening)]) is None


@pytest.fixture
def counting(store: Store, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> CountFaces:
    """As if so many people were enrolled: the numbers of `stored`, one after another."""
    stored = iter([79_999, 80_000, 80_500, 100_000, 100_001, 99_000])
    counted = "auth_service.storage.records.face_counts.FaceCounts.count"
    monkeypatch.setattr(counted, lambda _self: FaceCount(next(stored), 0, 0))
    return CountFaces(store, clock)


def test_reaching_a_threshold_is_kept_and_audited_once(store: Store, clock: FixedClock, counting: CountFaces) -> None:
    seen = []
    for _ in range(6):
        counting.run()
        clock.advance(days=1)
        with store.reading() as unit:
            seen.append([(one.threshold, one.people) for one in unit.face_counts.reached()])
    at_80, at_100 = (80_000, 80_000), (100_000, 100_000)
    assert seen == [[], [at_80], [at_80], [at_80, at_100], [at_80, at_100], [at_80, at_100]]
    with store.reading() as unit:
        rows = [row.event for row in unit.audit.rows() if row.event.action == "faces.threshold_reached"]
    assert [row.details["threshold"] for row in rows if row.details] == [80_000, 100_000]


def test_the_day_cannot_be_moved_afterwards(store: Store, url: str) -> None:
    with store.unit() as unit:
        unit.face_counts.reach(DUE_AT, 100_000, datetime(2026, 3, 5, tzinfo=UTC))
    for statement in ("UPDATE face_thresholds SET people = 1", "DELETE FROM face_thresholds"):
        with pytest.raises(Exception, match="append-only"):
            direct_sql(url, statement)


def test_people_are_counted_once_and_no_longer_when_their_key_is_gone(tmp_path: Path, clock: FixedClock) -> None:
    agency = Agency(tmp_path, clock)
    wang = agency.person()
    agency.person(LI, "李建国")
    agency.enroll(WANG, picture("wang", take=1), picture("wang", take=2))
    agency.enroll(LI, picture("li", take=1))
    agency.verify(WANG, picture("wang", take=3))
    with agency.store.reading() as unit:
        assert unit.face_counts.count() == FaceCount(people=2, usable=2, photos=3)
        assert unit.face_counts.without_ground() == 0
        assert unit.face_counts.grounds() == {"separate_consent": 2}
    with agency.store.unit() as unit:
        assert unit._work.keys.destroy(wang, clock.now())
    with agency.store.reading() as unit:
        assert unit.face_counts.count().people == 1
    agency.close()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FixedClock) -> Path:
    home = tmp_path / "var"
    monkeypatch.setenv("AUTH_SERVICE_HOME", str(home))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    agency = Agency(home, clock)
    agency.person()
    agency.enroll(WANG, picture("wang", take=1))
    agency.close()
    (home / "test.sqlite3").rename(home / "auth_service.sqlite3")
    return home


def _json(*arguments: str, code: int = 0) -> dict[str, object]:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_status_counts_and_says_what_it_asks_for(installed: Path) -> None:
    found = _json("compliance", "status")
    assert (found["people"], found["usable"], found["duty"], found["file_by"]) == (1, 1, "none", None)
    assert found["unset"] == ["agency_name", "agency_contact"]
    said = CliRunner().invoke(app, ["compliance", "status"]).output
    assert "暂无备案义务" in said
    assert "nothing has to be filed" in said


def test_the_filing_pack_is_whole_and_names_nobody(installed: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    found = _json("compliance", "filing-pack", str(out))
    assert set(found["files"]) == {path.name for path in out.iterdir()}  # type: ignore[call-overload]
    assert {"filing.zh.md", "filing.en.md", "impact-assessment.zh.md", "filing.json", "SHA256SUMS"} <= {
        path.name for path in out.iterdir()
    }
    for path in out.iterdir():
        text = path.read_text("utf-8")
        assert WANG not in text
        assert "王秀英" not in text
        assert "{" not in text or path.suffix == ".json", f"a placeholder was left in {path.name}"
    assert json.loads((out / "filing.json").read_text("utf-8"))["people"] == 1
    assert _json("compliance", "filing-pack", str(out), code=1)["error"]["code"] == "already_exists"  # type: ignore[index]


def test_consent_texts_are_shown_with_the_agency_in_them(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_SERVICE_AGENCY_NAME", "唐山市社会保险服务中心")
    found = _json("compliance", "consent-text", "--lang", "zh")
    assert "唐山市社会保险服务中心" in str(found["text"])
    missing = _json("compliance", "consent-text", "--version", "1999-01-01", code=1)
    assert missing["error"]["code"] == "not_found"  # type: ignore[index]
