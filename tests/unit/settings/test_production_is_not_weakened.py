"""In production no variable makes a pass cheaper than this release means it to be."""

from __future__ import annotations

from typing import Any

import pytest

from auth_service.capture.session import SessionPolicy
from auth_service.liveness.fusion import PadPolicy
from auth_service.liveness.layers import Mode
from auth_service.settings import Settings


@pytest.mark.parametrize(
    "weak",
    [
        {"pad": PadPolicy(geometry=Mode.OFF)},
        {"pad": PadPolicy(consistency=Mode.ADVISE)},
        {"pad": PadPolicy(replay=Mode.ADVISE)},
        {"pad": PadPolicy(flash=Mode.OFF)},
        {"pad": PadPolicy(texture=Mode.OFF)},
        {"capture": SessionPolicy(attempts_per_day=0)},
        {"capture": SessionPolicy(redraws=8)},
        {"capture": SessionPolicy(capture_seconds=3600)},
    ],
    ids=str,
)
def test_what_weakens_liveness_is_named(weak: dict[str, Any]) -> None:
    usual = set(Settings().unfit_for_production())
    named = [what for what in Settings(**weak).unfit_for_production() if what not in usual]
    assert len(named) == 1
    assert ("PAD" in named[0]) is ("pad" in weak)


def test_what_is_stricter_than_usual_is_welcome() -> None:
    strict = Settings(pad=PadPolicy(texture=Mode.ENFORCE, parallax=Mode.ENFORCE))
    assert strict.unfit_for_production() == Settings().unfit_for_production()
