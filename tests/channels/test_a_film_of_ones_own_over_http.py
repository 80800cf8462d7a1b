"""A session by a rendered person over HTTP, real application, engine, layers and database; and its film again (F29)."""

from __future__ import annotations

import dataclasses
import io
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import PIL.Image
import PIL.ImageOps
import pytest

from auth_service.app import create_app
from auth_service.capture.challenge import draw
from auth_service.capture.steps import CapturedStep, StepPolicy
from auth_service.core.audit_facts import DECIDED
from auth_service.liveness.layers import Layer, Mode, Sign
from auth_service.settings import Settings
from auth_service.wiring import Wiring
from tests.channels.phone_client import PhonePage, challenge_of
from tests.channels.service import BASE as SITE
from tests.channels.service import EILEEN, Deployment
from tests.puppet.camera import Puppet, Setting
from tests.puppet.cast import player
from tests.puppet.seeing import SMALL

pytestmark = pytest.mark.data
Steps = Sequence[CapturedStep]


def signs_of_the_last(wiring: Wiring) -> dict[Layer, Sign]:
    """What the layers found in the session that was decided last, as it is stored for a reviewer."""
    with wiring.store.reading() as unit:
        decided = [row for row in unit.audit.rows() if row.event.action == DECIDED]
        kept = unit.findings.of(str((decided[-1].event.details or {})["evidence"]))
        return {one.finding.layer: one.finding.sign for one in kept}


def with_points_that_show_turns(service: Deployment, data: Path, models: Path) -> Wiring:
    """The same service with YuNet's points."""
    models.mkdir()
    for file in (data / "models").glob("*.onnx"):
        shutil.copyfile(file, models / file.name)
    before = service.wiring.settings
    settings = Settings(
        home=before.home, database_url=before.database_url, models=models, readers=1, public_url=SITE, phone_page=True
    )
    wiring = Wiring(settings, service.clock)
    wiring.__dict__.update(pool=service.wiring.pool, store=service.wiring.store)
    assert wiring.captures.shows_turns
    return wiring


def acted(service: Deployment, phone: PhonePage, seed: int) -> Steps:
    """A session in which a rendered person answers what is asked, step by step, up to its end."""
    phone.open(EILEEN)
    phone.start()
    shown: list[CapturedStep] = []
    for n in range(phone.count):
        if n == phone.count - 1 and phone.asked["challenge"]["flashes"]:
            phone.colours()
        puppet = Puppet(player("eileen"), challenge_of(phone.asked), seed, Setting(place=1, view=SMALL))
        shown.append(puppet.step(n, StepPolicy()))
        taken(service, phone, shown[-1])
    return shown


def taken(service: Deployment, phone: PhonePage, step: CapturedStep) -> None:
    """A step, in the time that it takes from when it is asked for."""
    challenge = phone.asked["challenge"]
    if challenge["flashes"] and step.n == phone.count - 1 and not challenge["flash"]:
        phone.colours()
    service.clock.instant += timedelta(seconds=5)
    answer = phone.step(step)
    assert answer.status_code == 200, answer.text


def without_the_middle(steps: Steps) -> Steps:
    """The one frame of each step that is kept of a session besides its print."""
    halves = [(step, len(step.frames) // 2) for step in steps]
    return [dataclasses.replace(step, frames=step.frames[:half] + step.frames[half + 1 :]) for step, half in halves]


def in_another_order(steps: Steps) -> Steps:
    neutral, first, second, *colours = steps
    return [neutral, at(second, first), at(first, second), *colours]


def at(step: CapturedStep, place: CapturedStep) -> CapturedStep:
    """A step's pictures in the place, and from the time, of another."""
    later = place.frames[0].at_ms - step.frames[0].at_ms
    frames = (dataclasses.replace(one, at_ms=one.at_ms + later) for one in step.frames)
    return CapturedStep(place.n, tuple(frames))


def mirrored(steps: Steps) -> Steps:
    def turned(step: CapturedStep) -> CapturedStep:
        frames = (dataclasses.replace(one, data=_flipped(one.data)) for one in step.frames)
        return dataclasses.replace(step, frames=tuple(frames))

    return [turned(step) for step in steps]


def _flipped(data: bytes) -> bytes:
    made = io.BytesIO()
    PIL.ImageOps.mirror(PIL.Image.open(io.BytesIO(data))).save(made, "JPEG", quality=90)
    return made.getvalue()


def test_a_person_who_follows_the_prompts_is_heard_to_the_end_and_nobody_passes_with_their_film(
    service: Deployment, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(1)
    monkeypatch.setattr("auth_service.flows.start_session.draw", lambda *asked: draw(*asked, below=chance.randrange))
    wiring = with_points_that_show_turns(service, data, tmp_path / "models")
    phone = PhonePage(service.client(create_app(wiring.services())))
    shown = acted(service, phone, 4)
    answer = phone.complete()
    assert answer.status_code == 200, answer.text
    signs = signs_of_the_last(wiring)
    assert list(signs) == list(Layer)
    assert (signs[Layer.CONSISTENCY], signs[Layer.REPLAY]) == (Sign.LIVE, Sign.LIVE)
    # which layers are convinced depends on the challenge that was drawn, and on the engine (docs/liveness.md)
    enforced = {signs[layer] for layer in Layer if wiring.settings.liveness.pad.mode(layer) is Mode.ENFORCE}
    word = "in_review" if Sign.ATTACK in signs.values() else "passed" if enforced == {Sign.LIVE} else "try_again"
    assert answer.json()["outcome"] == word
    assert ("certificate" in answer.json()) is (word == "passed")
    assert phone.state().json()["result"] == answer.json()
    acted(service, phone, 5)
    phone.complete()
    assert signs_of_the_last(wiring)[Layer.REPLAY] is Sign.LIVE, "the same person in the same chair, minutes later"
    changes: tuple[Callable[[Steps], Steps], ...] = (list, without_the_middle, in_another_order, mirrored)
    for again in changes:
        phone.open(EILEEN)
        phone.start()
        for step in again(shown):
            taken(service, phone, step)
        told = phone.complete().json()["outcome"], signs_of_the_last(wiring)[Layer.REPLAY]
        assert told == ("in_review", Sign.ATTACK), again.__name__
