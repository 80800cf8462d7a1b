"""What a witness knows beyond a backup is told as that, and as nothing worse, by `audit verify` and by doctor."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auth_service.cli.findings import audit_trail
from auth_service.connectors.witness_folder import kept_notes
from auth_service.core.audit import AuditEvent
from auth_service.core.audit_check import OWN, Examination, Trouble
from auth_service.core.outside_copies import Copies
from auth_service.wiring import Wiring
from tests.acceptance.places import Place, fill
from tests.audit_trails import troubles

pytestmark = pytest.mark.filterwarnings("error")
Where = dict[str, Any]


def at(folder: Path) -> Where:
    folder.mkdir(exist_ok=True)
    return {"audit": {"origin": "county.example/audit", "witness_folder": str(folder)}}


def verified(wiring: Wiring, folder: Path) -> Examination:
    return wiring.examine_audit.run(list(kept_notes(folder)), wiring.audit_keyholders)


def signed(place: Place, where: Where) -> dict[str, str]:
    """One more row, and a checkpoint over all of them; what failed."""
    wiring = place.wiring(**where)
    with wiring.store.unit() as unit:
        unit.audit.append(AuditEvent("cli", "test.done"), place.clock.now())
    place.clock.advance(seconds=61)
    failed = wiring.checkpoint.run(force=True).failed
    wiring.close_stores()
    return failed


def test_a_lawful_restore_is_told_with_its_row_and_what_the_witness_holds_beyond_it(
    places: Callable[[str, str], Place], tmp_path: Path
) -> None:
    old, new = places("old", "sqlite"), places("new", "sqlite")
    agency = old.agency()
    fill(agency)
    agency.close()
    where = at(tmp_path / "witness")
    signed(old, where)
    made = old.back_up(tmp_path / "backups", **where)
    signed(old, where)
    signed(old, where)
    shutil.copytree(old.home / "keys", new.home / "keys")
    new.restore(made.data, made.keys)
    for went_on in (False, True):
        wiring = new.wiring(**where)
        found = verified(wiring, tmp_path / "witness")
        assert troubles(found) == {Trouble.RESTORED}
        assert not found.ok, "no machine decides that a rollback was lawful"
        (problem,) = found.problems
        assert (problem.first, problem.last) == (made.manifest.audit_rows + 1, made.manifest.audit_rows + 3)
        for told in (made.manifest.about.backup, f"row {made.manifest.audit_rows + 1};", "3 rows beyond",
                     made.manifest.merkle_root, "backup verify"):  # fmt: skip
            assert told in problem.detail
        wiring.close_stores()
        if not went_on:
            assert list(signed(new, where).values()) == ["witness_conflict"]
    wiring = new.wiring(**where)
    doctor = audit_trail(wiring)
    wiring.close_stores()
    assert not doctor.fine
    assert f"row {made.manifest.audit_rows + 1} says: backup {made.manifest.about.backup}" in doctor.detail
    assert "After a restore" in doctor.mend
    assert "worker" not in doctor.mend
    assert signed(new, at(tmp_path / "second")) == {}
    wiring = new.wiring(**at(tmp_path / "second"))
    assert verified(wiring, tmp_path / "second").ok
    wiring.close_stores()
    for _ in range(4):  # beyond the newest that the old folder has, and for longer than a folder may be late
        assert signed(new, at(tmp_path / "second")) == {}
        new.clock.advance(minutes=20)
    wiring = new.wiring(**at(tmp_path / "second"))
    places_kept = [tmp_path / "witness", tmp_path / "second", tmp_path / "never served"]
    at(places_kept[-1])
    kept = [note for place in places_kept for note in kept_notes(place)]
    copies = Copies([str(place) for place in places_kept], timedelta(minutes=10), new.clock.now())
    found = wiring.examine_audit.run(kept, wiring.audit_keyholders, copies=copies)
    wiring.close_stores()
    assert [(one.trouble, one.source) for one in found.problems] == [
        (Trouble.RESTORED, OWN),
        (Trouble.BEHIND, str(tmp_path / "never served")),
    ], "the old folder gets nothing more, as it must; others are asked as ever"
