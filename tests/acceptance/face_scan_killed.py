"""A slow scan in a process of its own, to be killed: python -m tests.acceptance.face_scan_killed FOLDER INSTANT."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from auth_service.connectors.key_file import KeyFile
from auth_service.flows import find_duplicates
from auth_service.flows.duplicate_pairs import ScanTerms
from auth_service.flows.find_duplicates import FindDuplicates
from auth_service.matching.duplicates import DuplicatePolicy, Near
from auth_service.storage.unit import Store
from tests.conftest import FixedClock
from tests.exact_scan import ExactScan
from tests.fakes import fake_calibration

BLOCK = 2
_PAUSE_SECONDS = 0.15


class SlowScan(ExactScan):
    """So that a kill finds it at work."""

    def near(self, begin: int, end: int, floor: float) -> Near:
        time.sleep(_PAUSE_SECONDS)
        return super().near(begin, end, floor)


def main(folder: Path, instant: datetime) -> None:
    at_once = find_duplicates.flag_of

    def slowly(*given: Any) -> Any:
        time.sleep(_PAUSE_SECONDS)
        return at_once(*given)

    find_duplicates.flag_of = slowly
    store = Store(f"sqlite:///{folder / 'test.sqlite3'}", KeyFile(folder / "keys" / "keys.json"), folder / "photos")
    terms = ScanTerms(SlowScan, fake_calibration, DuplicatePolicy("a made-up law", queue=10), BLOCK)
    FindDuplicates(store, FixedClock(instant), terms).run("cli", lambda _: None)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
