"""The film that a browser plays in a camera's place: every frame, at the rate and with the cues that were set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auth_service.capture.challenge import Challenge, Motion
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cutout import Person
from tests.puppet.film import write_film
from tests.puppet.seeing import TINY

SHORT = Setting(view=TINY, cues=(0.5, 2.5))


def test_a_y4m_film_holds_every_frame_of_the_act(
    eileen: Person, asking: Callable[..., Challenge], tmp_path: Path
) -> None:
    film = tmp_path / "film.y4m"
    puppet = Puppet(eileen, asking(Motion.TURN_LEFT), 1, SHORT)
    seconds = write_film(puppet, film, rate=5)
    header, _, rest = film.read_bytes().partition(b"\n")
    assert header.split()[:4] == [b"YUV4MPEG2", b"W120", b"H160", b"F5:1"]
    assert len(rest) == round(seconds * 5) * (len(b"FRAME\n") + 120 * 160 * 3 // 2)
    assert seconds == pytest.approx(puppet.act.scenes[-1].last + 1.0, abs=0.11)


def test_an_mjpeg_film_repeats_frames_up_to_thirty_a_second(
    eileen: Person, asking: Callable[..., Challenge], tmp_path: Path
) -> None:
    film = tmp_path / "film.mjpeg"
    seconds = write_film(Puppet(eileen, asking(Motion.TURN_LEFT), 1, SHORT), film, rate=5)
    pictures = film.read_bytes().split(b"\xff\xd8\xff")[1:]
    assert len(pictures) == round(seconds * 30)
    assert len(set(pictures)) == round(seconds * 5)


def test_a_movement_follows_its_cue(eileen: Person, asking: Callable[..., Challenge]) -> None:
    late = replace(SHORT, cues=(0.5, 9.0))
    movement = Puppet(eileen, asking(Motion.TURN_LEFT), 1, late).act.scenes[1].movement
    assert movement is not None
    assert 9.3 < movement.begins < 10.2


def test_a_film_of_another_kind_or_an_uneven_rate_is_refused(
    eileen: Person, asking: Callable[..., Challenge], tmp_path: Path
) -> None:
    puppet = Puppet(eileen, asking(Motion.TURN_LEFT), 1, SHORT)
    with pytest.raises(ValueError, match="no film"):
        write_film(puppet, tmp_path / "film.avi")
    with pytest.raises(ValueError, match="no film"):
        write_film(puppet, tmp_path / "film.mjpeg", rate=7)
