"""Colours count towards a pass in production only by a report on the operator's own people, named by its digest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from auth_service.connectors.pad_report import FILE, flash_is_measured
from auth_service.core.errors import SettingInvalid
from auth_service.liveness.fusion import PadPolicy
from auth_service.settings import Settings
from auth_service.wiring import Wiring

WHOLE: dict[str, Any] = {"kind": "pad", "subjects": 30, "flash": {"bona_fide": 60, "attacks": 45}}


def written(folder: Path, report: object) -> str:
    """The digest that the setting has to name."""
    data = json.dumps(report).encode()
    (folder / FILE).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def test_a_report_counts_by_its_digest_and_nothing_counts_without(tmp_path: Path) -> None:
    assert flash_is_measured(tmp_path, written(tmp_path, WHOLE))
    assert not flash_is_measured(tmp_path, "")


def test_another_file_or_none_stops_the_service(tmp_path: Path) -> None:
    digest = written(tmp_path, WHOLE)
    written(tmp_path, WHOLE | {"subjects": 31})
    with pytest.raises(SettingInvalid):
        flash_is_measured(tmp_path, digest)
    (tmp_path / FILE).unlink()
    with pytest.raises(SettingInvalid):
        flash_is_measured(tmp_path, digest)


@pytest.mark.parametrize(
    "report",
    [
        WHOLE | {"kind": "pairs"},
        WHOLE | {"subjects": 29},
        WHOLE | {"flash": {"bona_fide": 60}},
        WHOLE | {"flash": {"bona_fide": 60, "attacks": 3}},
        WHOLE | {"flash": {"bona_fide": "many", "attacks": 45}},
        [WHOLE],
        "pad",
    ],
)
def test_a_report_of_too_few_or_of_something_else_stops_the_service(tmp_path: Path, report: object) -> None:
    with pytest.raises(SettingInvalid):
        flash_is_measured(tmp_path, written(tmp_path, report))


def test_a_bare_word_does_not_count_and_is_refused_in_production(tmp_path: Path) -> None:
    needing = PadPolicy(flash_needs_measuring=True, flash_measured=True)
    assert any("FLASH_REPORT" in one for one in Settings(home=tmp_path, pad=needing).unfit_for_production())
    assert not Wiring(Settings(home=tmp_path, pad=needing)).liveness.pad.flash_may_count
    digest = written(tmp_path, WHOLE)
    assert Wiring(Settings(home=tmp_path, pad=needing, flash_report=digest)).liveness.pad.flash_may_count
