"""How far a witness is stands in the database; whoever writes there must not keep checkpoints from it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from auth_service.connectors.witness_folder import FolderWitness, kept_notes
from auth_service.core.audit_check import Trouble
from auth_service.core.checkpoint import AuditPolicy, Checkpoint
from auth_service.core.outside_copies import Copies
from auth_service.core.witness import lateness
from auth_service.flows.examine_audit import ExamineAudit
from tests.audit_trails import ORIGIN, Trail, troubles
from tests.builders import Agency
from tests.conftest import FixedClock

POLICY = AuditPolicy(origin=ORIGIN, rows=30, seconds=60)


class Address:
    """A witness that takes notes and cannot be asked."""

    name, answers = "address", False

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def deliver(self, checkpoint: Checkpoint, note: str) -> None:
        assert note
        self.numbers.append(checkpoint.number)

    def newest(self) -> str | None:
        return None


@pytest.fixture
def share(tmp_path: Path) -> Path:
    made = tmp_path / "share"
    made.mkdir()
    return made


@pytest.fixture
def trail(agency: Agency, clock: FixedClock, share: Path) -> Trail:
    return Trail(agency, clock, witnesses=[FolderWitness(share)], policy=POLICY)


def say(trail: Trail, delivered: str) -> None:
    """As the role that serves, by SQL."""
    with trail.agency.store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE audit_witnesses SET delivered = {delivered}, failures = 0, code = NULL")


def numbers(share: Path) -> list[int]:
    return sorted(int(file.name[:12]) for file in share.glob("*/*.txt"))


def problems(trail: Trail, *, ask: bool = False) -> tuple[str, ...]:
    return trail.flow.status(ask=ask).problems(trail.policy, trail.clock.now())


def test_a_record_beyond_the_newest_checkpoint_raises_the_alarm_and_keeps_nothing_back(
    trail: Trail, share: Path
) -> None:
    trail.grow(20)
    say(trail, "1000000000000")
    assert problems(trail) == ("witness_conflict",)
    assert trail.flow.status().conflicting
    trail.write(5)
    trail.clock.advance(seconds=61)
    report = trail.flow.run()
    assert list(report.failed.values()) == ["witness_conflict"]
    assert numbers(share) == [1, 2]
    with trail.agency.store.reading() as unit:
        written = [row.event for row in unit.audit.rows() if row.event.action == "witness.record_refused"]
    assert [(event.details or {})["claimed"] for event in written] == [1_000_000_000_000]
    trail.clock.advance(seconds=61)
    assert not trail.flow.run().failed
    assert numbers(share) == [1, 2, 3]
    assert problems(trail) == ("witness_conflict",), "it is told for an hour"
    trail.clock.advance(hours=1)
    trail.write(1)
    trail.flow.run()
    assert problems(trail) == ()


def test_a_record_that_claims_the_newest_is_held_against_the_folder(trail: Trail, share: Path) -> None:
    trail.grow(20)
    for file in share.rglob("*.txt"):
        file.unlink()
    report = trail.flow.run()
    assert list(report.failed.values()) == ["witness_conflict"], "what was delivered is gone"
    assert numbers(share) == [1]


def test_a_record_that_runs_ahead_of_an_address_is_not_followed(agency: Agency, clock: FixedClock) -> None:
    address = Address()
    trail = Trail(agency, clock, witnesses=[address], policy=POLICY)
    trail.grow(20)
    say(trail, "2")
    trail.write(31)
    assert trail.flow.run().delivered == {"address": 1}, "what this run has signed nobody else has sent"
    say(trail, "1000000000000")
    assert problems(trail) == ("witness_conflict",)
    assert trail.flow.run(force=True).failed == {"address": "witness_conflict"}
    assert address.numbers[2:4] == [1, 2], "from the beginning, for nobody knows what it has"


def test_a_folder_that_lags_behind_is_told_by_who_looks(trail: Trail, share: Path) -> None:
    trail.grow(20)
    before = {file: file.read_bytes() for file in share.rglob("*.txt")}
    trail.grow(20)
    for file in share.rglob("*.txt"):
        file.unlink()
    for file, content in before.items():
        file.write_bytes(content)
    copies = Copies([str(share)], lateness(trail.policy), trail.clock.now())
    examine = ExamineAudit(trail.agency.store)
    assert examine.run(kept_notes(share), trail.keyholders, None, copies).ok, "a delivery may take a moment"
    assert problems(trail, ask=True) == ()
    trail.clock.advance(seconds=601)
    late = Copies([str(share)], lateness(trail.policy), trail.clock.now())
    assert troubles(examine.run(kept_notes(share), trail.keyholders, None, late)) == {Trouble.BEHIND}
    assert problems(trail, ask=True) == ("witness_late",)
    nothing = Copies([str(share / "empty")], timedelta(seconds=600), trail.clock.now())
    assert troubles(examine.run([], trail.keyholders, None, nothing)) == {Trouble.BEHIND}


def test_a_folder_that_does_not_answer_is_told_by_who_looks(trail: Trail, share: Path) -> None:
    trail.grow(20)
    (share / "latest.txt").unlink()
    (share / "latest.txt").mkdir()
    assert problems(trail, ask=True) == ("witness_unreachable",)
