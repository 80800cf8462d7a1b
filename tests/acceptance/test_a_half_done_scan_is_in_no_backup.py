"""What a scan of faces has found before its end stands in no backup: a restored service begins the scan anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auth_service.core.archive import Part
from auth_service.matching.duplicates import Candidate, Near
from auth_service.storage.unit import ScanState, Store
from tests.acceptance.places import Place
from tests.builders import Agency
from tests.databases import BOTH
from tests.exact_scan import ExactScan
from tests.fakes import fake_calibration
from tests.flows.scanning import Scanning


class Died(Exception):
    """The process ends here."""


class Dying(ExactScan):
    """Dies at the third block."""

    def near(self, begin: int, end: int, floor: float) -> Near:
        if begin >= 6:
            raise Died
        return super().near(begin, end, floor)


@pytest.mark.parametrize("there", BOTH)
@pytest.mark.parametrize("back", BOTH)
def test_a_restored_service_begins_a_half_done_scan_anew(
    places: Callable[[str, str], Place], tmp_path: Path, there: str, back: str
) -> None:
    old, new = places("old", there), places("new", back)
    agency = old.agency()
    scanning = Scanning(agency)
    scanning.strangers(2, first=12)
    finished = scanning.run().scan
    old.clock.advance(days=8)
    for place in range(0, 12, 2):
        scanning.enrol(f"double {place}", place)
        scanning.enrol(f"double {place}", place + 1, take=1)
    scanning.scanner = Dying
    with pytest.raises(Died):
        scanning.run()
    half_done, found = newest(agency)
    assert half_done.finished_at is None
    assert found != []
    held = contents(agency.store)
    assert "face_scan_pairs" not in held
    assert [row["id"] for row in held["face_scans"]] == [finished]
    made = old.back_up(tmp_path / "backups")
    agency.close()

    shutil.copytree(old.home / "keys", new.home / "keys")
    new.restore(made.data, made.keys)
    again = new.agency()
    assert newest(again)[0].id == finished
    report = Scanning(again).run()
    assert (report.raised, report.reached) == (6, 6)
    assert newest(again)[0].id not in {finished, half_done.id}
    again.close()


def newest(agency: Agency) -> tuple[ScanState, list[Candidate]]:
    """The scan that began last, and the pairs that it has found and not put before anybody."""
    with agency.store.reading() as unit:
        scan = unit.face_scans.newest(fake_calibration().identity, agency.clock.now())
        assert scan is not None
        return scan, unit.face_scans.found(scan)


def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Table -> its rows, as a data part would hold them."""
    found: dict[str, list[dict[str, Any]]] = {}
    with store.snapshot() as snapshot:
        for item in snapshot.rows(Part.DATA):
            names = [name for name, _ in item.table.columns]
            found.setdefault(item.table.name, []).extend(dict(zip(names, row, strict=True)) for row in item.rows)
    return found
