"""Checkpoints are made when they are due, once, and every witness gets them in order whatever happens in between."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from auth_service.connectors.witness_folder import FolderWitness
from auth_service.core.audit import StoredRow
from auth_service.core.checkpoint import AuditPolicy, Checkpoint, read_note
from auth_service.core.errors import AuditBroken, NotFound, StorageFault, WitnessUnreachable
from auth_service.flows.examine_audit import ExamineAudit
from auth_service.storage.unit import StoredCheckpoint, Unit
from tests.audit_trails import ORIGIN, Trail, insertion
from tests.builders import Agency
from tests.conftest import FixedClock


class Kept:
    """A witness in memory that is away while a test says so."""

    def __init__(self, name: str = "kept") -> None:
        self.name = name
        self.numbers: list[int] = []
        self.away = False
        self.answers = False

    def deliver(self, checkpoint: Checkpoint, note: str) -> None:
        if self.away:
            raise WitnessUnreachable
        assert read_note(note)[0] == checkpoint
        self.numbers.append(checkpoint.number)

    def newest(self) -> str | None:
        return None


def newest(unit: Unit) -> StoredCheckpoint:
    found = unit.checkpoints.newest(lambda _: None).stored
    assert found is not None
    return found


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def trail(agency: Agency, clock: FixedClock, kept: Kept) -> Trail:
    return Trail(agency, clock, witnesses=[kept], policy=AuditPolicy(origin=ORIGIN, rows=30, seconds=60))


def test_a_checkpoint_is_made_by_time_and_by_rows_and_not_otherwise(trail: Trail) -> None:
    assert not trail.flow.run().made, "an empty trail has nothing to sign"
    trail.write(1)
    assert trail.flow.run().made, "the first row is signed at once"
    trail.write(29)
    idle = trail.flow.run()
    assert not idle.made
    assert not any(idle.counts().values()), "the worker's log says nothing of a look that found nothing to do"
    trail.write(1)
    report = trail.flow.run()
    assert report.made
    assert report.checkpoint is not None
    assert (report.checkpoint.number, report.checkpoint.rows) == (2, 31)
    trail.write(1)
    trail.clock.advance(seconds=59)
    assert not trail.flow.run().made
    trail.clock.advance(seconds=1)
    assert trail.flow.run().made
    trail.clock.advance(days=1)
    assert not trail.flow.run(force=True).made, "without a new row there is nothing to sign"
    trail.write(1)
    assert trail.flow.run(force=True).made
    assert trail.verify([]).ok


def test_a_checkpoint_goes_on_from_the_last_and_says_what_the_whole_walk_says(trail: Trail) -> None:
    for size in (1, 7, 30, 64, 3):
        trail.write(size)
        report = trail.flow.run(force=True)
        found = trail.verify([])
        assert found.ok
        assert report.checkpoint is not None
        assert (report.checkpoint.root, report.checkpoint.head) == (found.root, found.head)


def test_a_checkpoint_reads_the_new_rows_alone(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    from auth_service.storage.records.audit import Audit  # noqa: PLC0415

    trail.grow(40)
    trail.write(5)
    asked: list[int] = []
    guarded = Audit.guarded
    monkeypatch.setattr(Audit, "guarded", lambda self, after=0: (asked.append(after), guarded(self, after))[1])
    trail.flow.run(force=True)
    assert asked == [40]


def test_two_workers_at_once_make_one_checkpoint(trail: Trail) -> None:
    trail.write(40)
    barrier = threading.Barrier(4)
    made: list[bool] = []

    def work() -> None:
        barrier.wait()
        made.append(trail.flow.run(force=True).made)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(made) == [False, False, False, True]
    with trail.agency.store.reading() as unit:
        assert [number for number, _ in unit.checkpoints.notes()] == [1]


def test_of_two_checkpoints_with_one_number_the_first_stays(trail: Trail) -> None:
    trail.grow(20)
    with trail.agency.store.unit() as unit:
        last = newest(unit)
        assert not unit.checkpoints.add(last)
        other = replace(last, rows=21, frontier=last.frontier.copy())
        assert not unit.checkpoints.add(other)


def test_the_service_itself_cannot_change_a_checkpoint(trail: Trail) -> None:
    trail.grow(20)
    for change in ("UPDATE audit_checkpoints SET note = ''", "DELETE FROM audit_checkpoints"):
        with pytest.raises(StorageFault), trail.agency.store._database.writing() as connection:
            connection.exec_driver_sql(change)


def test_a_witness_that_was_away_gets_everything_in_order(trail: Trail, kept: Kept) -> None:
    trail.grow(20)
    kept.away = True
    for _ in range(3):
        trail.write(5)
        trail.clock.advance(seconds=61)
        report = trail.flow.run()
        assert report.made, "a witness that is away holds up no checkpoint"
        assert report.failed == {"kept": "witness_unreachable"}
    status = trail.flow.status()
    assert status.waiting() == {"kept": 3}
    assert status.witnesses[0].failures == 3
    kept.away = False
    trail.clock.advance(seconds=5)
    report = trail.flow.run()
    assert (report.made, report.delivered, report.failed) == (False, {"kept": 3}, {})
    assert kept.numbers == [1, 2, 3, 4]
    assert trail.flow.status().waiting() == {"kept": 0}


def test_a_failed_witness_is_tried_again_after_a_growing_pause(trail: Trail, kept: Kept) -> None:
    kept.away = True
    trail.write(1)
    assert trail.flow.run().failed
    assert not trail.flow.run().failed, "not tried at once"
    for pause in (1, 2, 4, 8):
        trail.clock.advance(seconds=pause - 0.5)
        assert not trail.flow.run().failed
        trail.clock.advance(seconds=0.5)
        assert trail.flow.run().failed
    assert trail.flow.run(force=True).failed, "by hand it is tried at once"


def test_one_witness_that_fails_keeps_no_other_from_its_notes(agency: Agency, clock: FixedClock) -> None:
    away, here = Kept("away"), Kept("here")
    away.away = True
    trail = Trail(agency, clock, witnesses=[away, here])
    trail.write(1)
    report = trail.flow.run()
    assert (report.failed, report.delivered["here"]) == ({"away": "witness_unreachable"}, 1)


def test_a_new_witness_gets_the_whole_history(trail: Trail, kept: Kept) -> None:
    trail.grow(20, 3, 4)
    newcomer = Kept("newcomer")
    trail.witnesses.append(newcomer)
    assert trail.flow.run().delivered == {"newcomer": 3}
    assert newcomer.numbers == [1, 2, 3]


def test_a_witness_is_served_by_one_process_at_a_time(trail: Trail, kept: Kept) -> None:
    trail.grow(20)
    kept.away = True
    trail.write(1)
    trail.flow.run(force=True)
    kept.away = False
    now = trail.clock.now()
    with trail.agency.store.unit() as unit:
        assert unit.witnesses.claim("kept", "other process", now, 60) is not None
    assert not trail.flow.run(force=True).delivered
    trail.clock.advance(seconds=60)
    assert trail.flow.run(force=True).delivered == {"kept": 1}, "a process that died keeps nobody from it"


def test_new_rows_that_do_not_fit_are_not_signed_and_what_was_signed_is_still_delivered(
    trail: Trail, kept: Kept
) -> None:
    trail.grow(20)
    kept.away = True
    trail.write(5)
    trail.flow.run(force=True)
    kept.away = False
    trail.write(5)
    with trail.agency.store.unit() as unit:
        rows, head = unit.audit.head()
    assert rows == 30
    broken = trail.agency.store._database
    with broken.writing() as connection:
        row = StoredRow(31, "x", "a", "b", "", "{}", head, head)
        guard = "decode(repeat('00', 32), 'hex')" if trail.agency.urls.front.startswith("post") else "zeroblob(32)"
        connection.exec_driver_sql(insertion(row, guard))
    with pytest.raises(AuditBroken, match="row 31"):
        trail.flow.run(force=True)
    assert kept.numbers == [1, 2]


def test_a_trail_that_became_shorter_than_what_was_signed_is_not_signed(agency: Agency, clock: FixedClock) -> None:
    trail = Trail(agency, clock)
    trail.grow(20)
    with agency.store.reading() as unit:
        last = newest(unit)
    signed = replace(read_note(last.note)[0], number=2, rows=25)
    frontier = last.frontier.copy()
    for _ in range(5):
        frontier.append(b"x")
    note = trail.notary.sign(replace(signed, root=frontier.root()))
    with agency.store.unit() as unit:
        assert unit.checkpoints.add(StoredCheckpoint(2, 25, note, frontier))
    trail.write(1)
    with pytest.raises(AuditBroken, match="21 rows are left of 25"):
        trail.flow.run(force=True)


@pytest.mark.parametrize("what", ["forged note", "another frontier"])
def test_a_checkpoint_that_was_slipped_into_the_database_is_not_built_upon(
    agency: Agency, clock: FixedClock, what: str
) -> None:
    trail = Trail(agency, clock)
    trail.grow(20)
    trail.write(3)
    with agency.store.unit() as unit:
        last = newest(unit)
        frontier = last.frontier.copy()
        for row in range(21, 24):
            frontier.append(bytes([row]))
        honest = read_note(last.note)[0]
        rows = replace(honest, number=2, rows=23, root=frontier.root() if what == "forged note" else honest.root)
        note = trail.notary.sign(rows)
        if what == "forged note":
            note = note.replace("chain ", "chain 0", 1).replace("chain 0" + honest.head, f"chain {'0' * 64}")
        assert unit.checkpoints.add(StoredCheckpoint(2, 23, note, frontier))
    trail.write(1)
    with pytest.raises(AuditBroken, match="checkpoint 2"):
        trail.flow.run(force=True)


def test_the_status_says_what_an_operator_must_see(trail: Trail, kept: Kept) -> None:
    policy = trail.policy
    status = trail.flow.status()
    assert (status.rows, status.checkpoint, status.newest) == (0, None, 0)
    assert status.problems(policy, trail.clock.now()) == ()
    trail.grow(20)
    trail.write(3)
    status = trail.flow.status()
    assert (status.rows, status.uncovered, status.newest) == (23, 3, 1)
    assert status.uncovered_at == trail.clock.now()
    assert status.problems(policy, trail.clock.now()) == ()
    trail.clock.advance(seconds=601)
    assert status.problems(policy, trail.clock.now()) == ("checkpoint_late",)
    kept.away = True
    trail.flow.run()
    trail.clock.advance(seconds=601)
    assert trail.flow.status().problems(policy, trail.clock.now()) == ("witness_late",)
    trail.witnesses.clear()
    assert trail.flow.status().problems(policy, trail.clock.now()) == ("no_witness",)


def test_a_folder_that_is_not_there_is_seen_and_nothing_is_lost(
    agency: Agency, clock: FixedClock, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    trail = Trail(agency, clock, witnesses=[FolderWitness(share)])
    trail.write(1)
    assert list(trail.flow.run().failed.values()) == ["witness_unreachable"]
    assert not share.exists(), "an unmounted share does not become a folder on this disk"
    share.mkdir()
    trail.clock.advance(seconds=2)
    assert not trail.flow.run().failed
    assert (share / "latest.txt").is_file()


def test_one_row_is_proved_to_somebody_outside(trail: Trail) -> None:
    trail.grow(20, 13)
    examine = ExamineAudit(trail.agency.store)
    for number in (1, 20, 21, 33):
        proof = examine.prove(number, trail.keyholders)
        assert proof.row.number == number
        assert proof.check(trail.keyholders).rows == (20 if number <= 20 else 33)
    trail.write(1)
    for missing in (0, 34, 35):
        with pytest.raises(NotFound):
            examine.prove(missing, trail.keyholders)
