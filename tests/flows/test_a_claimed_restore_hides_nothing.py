"""Whoever may write the database can write a row `backup.restored`: it hides nothing that a restore would not explain,
and makes nothing fine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.connectors.witness_folder import FolderWitness, kept_notes
from auth_service.core.audit import AuditEvent
from auth_service.core.audit_check import Trouble
from auth_service.core.audit_restores import RESTORED
from tests.audit_trails import Trail, troubles
from tests.builders import Agency
from tests.conftest import FixedClock


@pytest.fixture
def trail(request: pytest.FixtureRequest, agency: Agency, clock: FixedClock) -> Trail:
    on_postgres = "postgres" in request.node.callspec.id
    return Trail(agency, clock, request.getfixturevalue("empty_postgres") if on_postgres else None)


def claim(trail: Trail, root: str, rows: int, since: timedelta = timedelta(hours=1)) -> None:
    details = {"backup": "b" * 32, "snapshot_at": (trail.clock.now() - since).isoformat(), "audit_rows": rows}
    with trail.agency.store.unit() as unit:
        unit.audit.append(AuditEvent("cli", RESTORED, "", {**details, "merkle_root": root}), trail.clock.now())


def rolled_back(trail: Trail) -> str:
    """To ten rows, of which the witness knows fifteen. returns the root of the ten"""
    trail.grow(5, 5)
    put_back, root = trail.save(), trail.verify().root.hex()
    trail.grow(5)
    put_back()
    return root


def test_a_claimed_restore_never_makes_a_rollback_fine(trail: Trail) -> None:
    claim(trail, rolled_back(trail), 10)
    found = trail.verify()
    assert (troubles(found), found.ok) == ({Trouble.RESTORED}, False)
    assert "proves nothing by itself" in found.problems[0].detail


def test_a_claim_with_another_root_or_another_time_explains_nothing(trail: Trail) -> None:
    root = rolled_back(trail)
    put_back = trail.save()
    claim(trail, "ab" * 32, 10)
    assert Trouble.RESTORED not in troubles(trail.verify())
    put_back()
    trail.clock.advance(seconds=1)
    claim(trail, root, 10, since=timedelta(0))
    assert Trouble.RESTORED not in troubles(trail.verify())


def test_a_row_written_by_hand_explains_nothing(trail: Trail) -> None:
    claim(trail, rolled_back(trail), 10)
    foreign = "x'00'" if trail.database is None else "'\\x00'"
    trail.sql(f"UPDATE audit_rows SET guard = {foreign} WHERE number = 11")
    found = troubles(trail.verify())
    assert Trouble.FORGED_ROW in found
    assert Trouble.RESTORED not in found


def test_rows_changed_before_the_backup_are_found_beside_a_claim(trail: Trail) -> None:
    rolled_back(trail)
    trail.rewrite(lambda rows: [rows[0]._replace(actor="staff:other"), *rows[1:]])
    changed = trail.verify([]).root.hex()
    claim(trail, changed, 10)
    assert Trouble.ROOT_DIFFERS in troubles(trail.verify())


def test_a_rollback_after_a_restore_is_a_rollback(trail: Trail) -> None:
    claim(trail, rolled_back(trail), 10)
    second = trail.agency.folder / "second"
    second.mkdir()
    trail.witnesses = [FolderWitness(second)]
    trail.grow(3)
    put_back = trail.save()
    trail.grow(4)
    assert trail.verify(list(kept_notes(second))).ok
    put_back()
    assert {Trouble.ROLLED_BACK, Trouble.CHECKPOINTS_MISSING} == troubles(trail.verify(list(kept_notes(second))))
