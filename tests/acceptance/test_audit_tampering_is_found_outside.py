"""Somebody with every right on the database changes the past; a checkpoint kept outside finds it (F39).

Edit, delete, reorder, cut the tail, put the whole database back to an older copy: each as it is, and each with the
chain made to fit again, which the chain itself cannot show. On both databases.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from auth_service.connectors.signing import SigningKeyFile, signature_holds
from auth_service.connectors.witness_folder import kept_notes, place_of
from auth_service.core.audit import StoredRow
from auth_service.core.audit_check import KeptNote, Trouble
from auth_service.core.checkpoint import Notary, read_note
from auth_service.core.errors import WitnessConflict
from auth_service.core.merkle import root_of
from tests.audit_trails import ORIGIN, Trail, troubles
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.databases import BOTH, PostgresDatabase

SIZES = (20, 13, 1, 16)
LENGTH = sum(SIZES)
BAD = 27
"""A row under the second checkpoint (rows 21 to 33)."""


@dataclass(frozen=True)
class Prepared:
    """A trail that was made once, to be copied for each test."""

    folder: Path
    rows: dict[str, bytes]
    now: datetime


def prepare(folder: Path, clock: FixedClock, database: PostgresDatabase | None) -> Prepared:
    """50 rows under four checkpoints of 20, 33, 34 and 50 rows, all outside."""
    agency = Agency(folder, clock, database.urls if database else None)
    Trail(agency, clock, database).grow(*SIZES)
    agency.close()
    return Prepared(folder, database.save() if database else {}, clock.now())


@pytest.fixture(scope="session")
def made_once() -> dict[str, Prepared]:
    return {}


def copied(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trail]:
    made_once: dict[str, Prepared] = request.getfixturevalue("made_once")
    clock: FixedClock = request.getfixturevalue("clock")
    database = request.getfixturevalue("empty_postgres") if kind == "postgres" else None
    if kind not in made_once:
        folder = request.getfixturevalue("tmp_path_factory").mktemp("trail")
        made_once[kind] = prepare(folder, clock, database)
    made = made_once[kind]
    shutil.copytree(made.folder, tmp_path, dirs_exist_ok=True)
    if database is not None:
        database.put(made.rows)
    clock.instant = made.now
    agency = Agency(tmp_path, clock, database.urls if database else None)
    yield Trail(agency, clock, database)
    agency.close()


@pytest.fixture(params=BOTH)
def trail(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trail]:
    yield from copied(request.param, request, tmp_path)


@pytest.fixture
def on_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trail]:
    yield from copied("sqlite", request, tmp_path)


def test_an_honest_trail_is_whole_and_grows(trail: Trail) -> None:
    found = trail.verify()
    assert (found.ok, found.rows, found.checkpoints, found.covered) == (True, LENGTH, 4, LENGTH)
    trail.write(5)
    found = trail.verify()
    assert (found.ok, found.rows, found.covered) == (True, LENGTH + 5, LENGTH)


Change = Callable[[list[StoredRow]], list[StoredRow]]


def edited(rows: list[StoredRow]) -> list[StoredRow]:
    return [*rows[: BAD - 1], rows[BAD - 1]._replace(details='{"n":1,"share":0.9}'), *rows[BAD:]]


def deleted(rows: list[StoredRow]) -> list[StoredRow]:
    return [*rows[: BAD - 1], *rows[BAD:]]


def reordered(rows: list[StoredRow]) -> list[StoredRow]:
    return [*rows[: BAD - 1], rows[BAD], rows[BAD - 1], *rows[BAD + 1 :]]


def replaced(rows: list[StoredRow]) -> list[StoredRow]:
    """Removed without a trace in the length."""
    return [*rows[: BAD - 1], *rows[BAD:], rows[-1]]


IN_SQL = {
    edited: [f'UPDATE audit_rows SET details = \'{{"n":1,"share":0.9}}\' WHERE number = {BAD}'],
    deleted: [f"DELETE FROM audit_rows WHERE number = {BAD}"],
    reordered: [
        f"UPDATE audit_rows SET number = 1000 WHERE number = {BAD}",
        f"UPDATE audit_rows SET number = {BAD} WHERE number = {BAD + 1}",
        f"UPDATE audit_rows SET number = {BAD + 1} WHERE number = 1000",
    ],
}


@pytest.mark.parametrize("change", IN_SQL, ids=lambda change: change.__name__)
def test_a_plain_change_is_named_by_its_row(trail: Trail, change: Change) -> None:
    trail.sql(*IN_SQL[change])
    found = trail.verify()
    assert (found.ok, found.first_bad, found.last_bad) == (False, BAD, BAD)
    assert Trouble.CHAIN_BROKEN in troubles(found)


@pytest.mark.parametrize("change", [edited, deleted, reordered, replaced], ids=lambda change: change.__name__)
def test_a_change_whose_chain_was_made_to_fit_is_found_between_two_checkpoints(trail: Trail, change: Change) -> None:
    trail.rewrite(change)
    assert trail.sql("SELECT count(*) FROM audit_rows")[0][0] in {LENGTH, LENGTH - 1}
    found = trail.verify()
    assert (found.ok, found.first_bad, found.last_bad) == (False, 21, 33)
    assert Trouble.ROOT_DIFFERS in troubles(found)
    assert found.covered == 20


def test_one_row_under_a_checkpoint_of_its_own_is_named_even_with_a_fitting_chain(trail: Trail) -> None:
    trail.rewrite(lambda rows: [*rows[:33], rows[33]._replace(actor="staff:nobody"), *rows[34:]])
    found = trail.verify()
    assert (found.first_bad, found.last_bad) == (34, 34)


def test_without_anything_outside_a_fitting_chain_is_found_by_the_checkpoints_in_the_database(trail: Trail) -> None:
    """They are signed by a key that the database does not hold."""
    trail.rewrite(edited)
    assert troubles(trail.verify([])) == {Trouble.ROOT_DIFFERS}


def test_an_attacker_who_removes_those_checkpoints_is_found_outside(trail: Trail) -> None:
    trail.rewrite(edited)
    trail.sql("DELETE FROM audit_checkpoints", "DELETE FROM audit_witnesses")
    assert trail.verify([]).ok, "nothing inside can tell"
    found = trail.verify()
    assert (found.first_bad, found.last_bad) == (21, 33)
    assert troubles(found) == {Trouble.ROOT_DIFFERS, Trouble.CHECKPOINTS_MISSING}


@pytest.mark.parametrize("cut", [1, 16, 30])
def test_a_cut_tail_is_named_by_its_first_missing_row(trail: Trail, cut: int) -> None:
    trail.sql(f"DELETE FROM audit_rows WHERE number > {LENGTH - cut}")
    found = trail.verify()
    assert (found.ok, found.first_bad) == (False, LENGTH - cut + 1)


@pytest.mark.parametrize("cut", [1, 16, 30])
def test_a_cut_tail_with_a_fitting_head_is_found_too(trail: Trail, cut: int) -> None:
    trail.rewrite(lambda rows: rows[:-cut])
    trail.sql(f"DELETE FROM audit_checkpoints WHERE rows > {LENGTH - cut}")
    assert trail.verify([]).ok, "nothing inside can tell"
    found = trail.verify()
    assert (found.ok, found.first_bad) == (False, LENGTH - cut + 1)
    assert Trouble.ROLLED_BACK in troubles(found)


def test_a_cut_of_rows_that_no_checkpoint_covers_is_found_by_the_head_alone(trail: Trail) -> None:
    trail.write(5)
    trail.sql(f"DELETE FROM audit_rows WHERE number > {LENGTH + 2}")
    assert trail.verify().first_bad == LENGTH + 3


def test_a_whole_database_put_back_is_found(trail: Trail) -> None:
    put_back = trail.save()
    trail.grow(7, 3)
    put_back()
    assert trail.verify([]).ok, "an older copy is whole in itself"
    found = trail.verify()
    assert (found.ok, found.first_bad, found.last_bad) == (False, LENGTH + 1, LENGTH + 7)
    assert troubles(found) >= {Trouble.ROLLED_BACK, Trouble.CHECKPOINTS_MISSING}


def test_a_database_put_back_that_has_grown_past_the_old_length_since_is_found(trail: Trail) -> None:
    """The service itself goes on, signing with its own key over the other history."""
    put_back = trail.save()
    trail.grow(7)
    put_back()
    trail.write(20, word="other")
    trail.clock.advance(seconds=61)
    report = trail.flow.run()
    assert report.made
    assert list(report.failed.values()) == ["witness_conflict"], "the witness notices by itself"
    found = trail.verify()
    assert (found.ok, found.first_bad, found.last_bad) == (False, LENGTH + 1, LENGTH + 7)
    assert troubles(found) >= {Trouble.ROOT_DIFFERS, Trouble.SPLIT_VIEW}
    status = trail.flow.status()
    assert "witness_conflict" in status.problems(trail.policy, trail.clock.now())


def test_both_histories_stay_as_evidence_with_the_witness(trail: Trail) -> None:
    put_back = trail.save()
    trail.grow(7)
    put_back()
    trail.write(20, word="other")
    trail.clock.advance(seconds=61)
    trail.flow.run()
    with trail.agency.store.reading() as unit:
        last = unit.checkpoints.newest(lambda _: None).stored
    assert last is not None
    with pytest.raises(WitnessConflict):
        trail.witnesses[0].deliver(read_note(last.note)[0], last.note)
    found = trail.verify()
    assert Trouble.SPLIT_VIEW in troubles(found)
    assert len([note for note in kept_notes(trail.outside) if read_note(note.note)[0].number == 5]) == 3


# --- trust -----------------------------------------------------------------------------------------


def other_notary(trail: Trail) -> Notary:
    return Notary(ORIGIN, SigningKeyFile.open_or_create(trail.agency.folder / "thief.json"), signature_holds)


def test_a_checkpoint_forged_by_another_key_is_found(trail: Trail) -> None:
    trail.rewrite(edited)
    hashes = [bytes.fromhex(row.hash) for row in trail.rows()]
    notes = list(kept_notes(trail.outside))
    forged = []
    for kept in notes:
        honest = read_note(kept.note)[0]
        told = replace(honest, root=root_of(hashes[: honest.rows]), head=hashes[honest.rows - 1].hex())
        forged.append(replace(kept, note=other_notary(trail).sign(told)))
    trail.sql("DELETE FROM audit_checkpoints")
    found = trail.verify(forged)
    assert not found.ok
    assert troubles(found) == {Trouble.NOT_SIGNED}


def test_an_older_checkpoint_in_the_place_of_a_newer_one_is_found(trail: Trail) -> None:
    files = sorted(trail.outside.glob("*/*.txt"))
    files[-1].write_text(files[0].read_text())
    found = trail.verify()
    assert troubles(found) == {Trouble.REPLAYED}
    assert found.problems[0].source.endswith(files[-1].name)


def test_an_older_checkpoint_passed_off_as_the_latest_is_found(trail: Trail) -> None:
    put_back = trail.save()
    trail.grow(7)
    oldest = sorted(trail.outside.glob("*/*.txt"))[-2]
    (trail.outside / "latest.txt").write_text(oldest.read_text())
    assert Trouble.REPLAYED in troubles(trail.verify())
    put_back()
    found = trail.verify()
    assert troubles(found) >= {Trouble.REPLAYED, Trouble.ROLLED_BACK}


def test_a_rollback_of_database_and_folder_together_is_found_by_one_note_that_somebody_kept(trail: Trail) -> None:
    """Only what lies out of the attacker's reach can tell; an auditor's last copy is enough."""
    put_back = trail.save()
    before = {file: file.read_bytes() for file in trail.outside.rglob("*.txt")}
    trail.grow(7)
    kept = (trail.outside / "latest.txt").read_text()
    put_back()
    for file in trail.outside.rglob("*.txt"):
        file.unlink()
    for file, content in before.items():
        file.write_bytes(content)
    assert trail.verify().ok, "everything in reach was put back"
    found = trail.verify([*kept_notes(trail.outside), KeptNote("the auditor's copy", kept)])
    assert Trouble.ROLLED_BACK in troubles(found)


def test_two_checkpoints_of_one_length_with_different_roots_are_a_split_view(trail: Trail) -> None:
    """Signed by the service's own key, whoever made it do so; the trail may well fit one of them."""
    honest = read_note((trail.outside / "latest.txt").read_text())[0]
    other = replace(honest, root=root_of([b"other"]))
    note = trail.notary.sign(other)
    file = trail.outside / place_of(other, note)
    file.write_text(note)
    found = trail.verify()
    assert not found.ok
    assert troubles(found) == {Trouble.SPLIT_VIEW}
    assert found.first_bad is None


def test_another_logs_checkpoint_proves_nothing(trail: Trail) -> None:
    signer = SigningKeyFile(trail.agency.folder / "keys" / "audit_signing.json")
    elsewhere = Notary("other.example/audit", signer, signature_holds)
    honest = read_note((trail.outside / "latest.txt").read_text())[0]
    note = elsewhere.sign(replace(honest, origin="other.example/audit"))
    assert troubles(trail.verify([KeptNote("mixed up", note)])) == {Trouble.NOT_SIGNED}


def test_text_that_is_no_text_is_a_row_that_does_not_fit(on_sqlite: Trail) -> None:
    """PostgreSQL refuses such bytes by itself."""
    on_sqlite.sql(f"UPDATE audit_rows SET actor = CAST(x'ff' AS TEXT) WHERE number = {BAD}")
    found = on_sqlite.verify()
    assert (found.ok, found.first_bad) == (False, BAD)


def test_details_that_can_be_read_in_two_ways_do_not_fit_even_with_a_fitting_hash(trail: Trail) -> None:
    """The hash covers a text; only the one spelling that we write is a row."""
    row = trail.rows()[-1]
    details = '{"n":1,"n":2}'
    text = (
        f'{{"action":"{row.action}","actor":"{row.actor}","at":"{row.at}","details":{details},"number":{row.number},'
        f'"previous":"{row.previous}","subject":"{row.subject}"}}'
    )
    digest = sha256(text.encode()).hexdigest()
    trail.sql(
        f"UPDATE audit_rows SET details = '{details}', hash = '{digest}' WHERE number = {row.number}",
        f"UPDATE audit_head SET hash = '{digest}'",
    )
    assert trail.verify([]).first_bad == LENGTH
