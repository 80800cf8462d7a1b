"""challenge.json beside a film: read strictly, and the film's frames fall into its steps."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from auth_service.capture.challenge import FLASHES, Colour, Motion, Route, StepKind
from auth_service.capture.recorded import in_steps, read_recorded, unprompted, written
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import FieldInvalid, StepRefused

STEPS: list[dict[str, Any]] = [
    {"kind": "neutral", "from_ms": 500, "to_ms": 1500},
    {"kind": "motion", "motion": "turn_left", "hold_ms": 600, "from_ms": 2000, "to_ms": 6000},
    {"kind": "motion", "motion": "nod", "hold_ms": 300, "from_ms": 6000, "to_ms": 9000},
    {"kind": "flash", "from_ms": 9100, "to_ms": 12300},
]
GIVEN: dict[str, Any] = {"route": "flash", "steps": STEPS, "flash": ["white", "blue"] * 4, "flash_ms": 400}


def film(length_ms: int, every_ms: int = 100) -> list[CapturedFrame]:
    return [CapturedFrame(b"jpeg", at) for at in range(0, length_ms, every_ms)]


def read(given: object) -> Any:
    return read_recorded(json.dumps(given).encode())


def test_each_frame_falls_into_its_step_and_no_step_holds_more_than_the_page_sends() -> None:
    steps = in_steps(film(13_000), read(GIVEN))
    spans = [(step.frames[0].at_ms, step.frames[-1].at_ms, len(step.frames)) for step in steps]
    assert spans == [(500, 1400, 6), (2000, 5900, 17), (6000, 8900, 17), (9100, 12200, 20)]


def test_a_session_is_written_down_as_it_was_sent_and_none_of_its_frames_is_left_out() -> None:
    challenge = read(GIVEN).challenge
    sent, at = [], 40
    for planned, count in zip(challenge.steps, (6, 16, 17, 21), strict=True):
        sent.append(CapturedStep(planned.n, tuple(CapturedFrame(b"%d" % at, at := at + 150) for _ in range(count))))
        at += 900
    document = written(challenge, sent)
    recorded = read_recorded(document)
    assert (recorded.challenge, recorded.as_sent) == (challenge, True)
    frames = [frame for step in sent for frame in step.frames]
    assert in_steps(frames, recorded) == tuple(sent)
    thinned = read_recorded(document.replace(b"true", b"false"))
    assert in_steps(frames, thinned) != tuple(sent), "a film is thinned as the page thins"


def test_what_was_asked_is_read_back() -> None:
    found = read(GIVEN).challenge
    assert (found.route, [ask.motion for ask in found.asks]) == (Route.FLASH, [Motion.TURN_LEFT, Motion.NOD])
    assert found.flash == (Colour.WHITE, Colour.BLUE) * 4


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        GIVEN | {"route": "sideways"},
        GIVEN | {"flash": []},
        GIVEN | {"flash": ["red"] * 8},
        GIVEN | {"steps": STEPS[1:]},
        GIVEN | {"steps": [STEPS[0], *[STEPS[1] | {"from_ms": 2000, "to_ms": 2000}] * 20, STEPS[3]]},
        GIVEN | {"steps": [STEPS[0], STEPS[3]]},
        GIVEN | {"steps": [*STEPS[:1], {"kind": "motion", "from_ms": 0, "to_ms": 1}, *STEPS[2:]]},
        GIVEN | {"steps": [STEPS[0] | {"from_ms": 1600}, *STEPS[1:]]},
        GIVEN | {"steps": [STEPS[0] | {"from_ms": -1}, *STEPS[1:]]},
        GIVEN | {"steps": [STEPS[0] | {"to_ms": None}, *STEPS[1:]]},
    ],
)
def test_another_form_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(FieldInvalid):
        read(wrong)


def test_a_file_that_is_no_json_is_refused() -> None:
    with pytest.raises(FieldInvalid):
        read_recorded(b"\xff\xfe")


def test_a_film_that_ends_too_soon_is_refused_with_the_step_that_is_missing() -> None:
    with pytest.raises(StepRefused, match=r"step 3 .*too few frames"):
        in_steps(film(9_000), read(GIVEN))


def test_a_film_of_whom_nothing_was_asked_meets_a_challenge_drawn_without_it() -> None:
    found = unprompted(8000, random.Random(1).randrange)
    assert [one.kind for one in found.challenge.steps] == [StepKind.NEUTRAL, *[StepKind.MOTION] * 2, StepKind.FLASH]
    assert len(found.challenge.flash) == FLASHES
    assert (found.windows[0][0], found.windows[-1][1]) == (0, 8000)
    long = unprompted(60_000, random.Random(1).randrange)
    assert long.windows == ((0, 1000), (1000, 4000), (4000, 7000), (7000, 10_200))
    assert long.challenge == found.challenge
    assert any(unprompted(8000, random.Random(n).randrange).challenge != found.challenge for n in range(2, 6))
