"""The folder of a pilot: whole sessions or none, closed to others, read by `evaluate pad`, gone in time."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auth_service.capture.challenge import FLASHES, Ask, Challenge, Colour, Motion, Route
from auth_service.capture.recorded import in_steps
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.cli.pad_folder import Presented, found_below
from auth_service.connectors.pilot_folder import PilotFolder
from auth_service.core.errors import StorageFault
from auth_service.liveness.pilot import tag_of

COLOURS = (Colour.WHITE, Colour.BLUE) * (FLASHES // 2)
CHALLENGE = Challenge(Route.FLASH, (Ask(Motion.TURN_LEFT, 600), Ask(Motion.NOD, 300)), COLOURS)
STEPS = tuple(
    CapturedStep(n, tuple(CapturedFrame(f"jpeg {n} {i}".encode(), 5000 * n + 150 * i) for i in range(frames)))
    for n, frames in enumerate((6, 16, 16, 21))
)
LIVE, PRINT = tag_of("live", "p017", "li"), tag_of("print", "p017", "li")


@pytest.fixture
def folder(tmp_path: Path) -> PilotFolder:
    return PilotFolder(tmp_path / "pilot")


def test_what_lies_there_is_the_very_session_that_evaluate_pad_judges(folder: PilotFolder) -> None:
    folder.put(LIVE, "a" * 32, CHALLENGE, STEPS)
    folder.put(PRINT, "b" * 32, CHALLENGE, STEPS)
    found = found_below(folder.folder)
    assert all(isinstance(one, Presented) for one in found), "no file that it would call unusable"
    shown = [one for one in found if isinstance(one, Presented)]
    assert [(one.label, one.subject, one.path.rpartition("/")[2][0]) for one in shown] == [
        ("print", "p017", "b"),
        ("live", "p017", "a"),
    ]
    for one in shown:
        recorded = one.recorded()
        assert recorded is not None
        assert recorded.challenge == CHALLENGE
        assert in_steps(one.frames(), recorded) == STEPS


def test_nobody_else_may_look_into_it(folder: PilotFolder) -> None:
    folder.put(LIVE, "a" * 32, CHALLENGE, STEPS)
    for path in (folder.folder, *folder.folder.rglob("*")):
        assert path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) == 0, path


def test_a_session_comes_whole_or_not_at_all(folder: PilotFolder) -> None:
    folder.folder.mkdir()
    (folder.folder / "bona_fide").write_text("somebody's file")
    with pytest.raises(StorageFault):
        folder.put(LIVE, "a" * 32, CHALLENGE, STEPS)
    assert [path.name for path in folder.folder.iterdir()] == ["bona_fide"]


def test_a_session_is_removed_with_all_that_only_it_needed(folder: PilotFolder) -> None:
    folder.put(LIVE, "a" * 32, CHALLENGE, STEPS)
    folder.put(PRINT, "b" * 32, CHALLENGE, STEPS)
    assert folder.of_subject("p017") == ["a" * 32, "b" * 32]
    assert folder.remove("b" * 32)
    assert not folder.remove("b" * 32)
    assert [(one.label, one.subject) for one in folder.sessions()] == [("live", "p017")]
    assert folder.remove("a" * 32)
    assert sorted(path.name for path in folder.folder.rglob("*")) == ["attacks", "bona_fide"]


def test_what_is_old_goes_unfinished_ones_too(folder: PilotFolder) -> None:
    folder.put(LIVE, "a" * 32, CHALLENGE, STEPS)
    folder.put(LIVE, "b" * 32, CHALLENGE, STEPS)
    left = folder.folder / ".unfinished-cc"
    left.mkdir()
    (left / "0.jpg").write_bytes(b"half a session")
    now = datetime.now(UTC)
    long_ago = (now - timedelta(days=31)).timestamp()
    for path in (left, folder.folder / "bona_fide" / "p017" / ("a" * 32) / "challenge.json"):
        os.utime(path, (long_ago, long_ago))
    before = now - timedelta(days=30)
    assert folder.count(before) == 2
    for remove in folder.due(before):
        remove()
    assert [one.id for one in folder.sessions()] == ["b" * 32]
    assert not left.exists()
