"""What a simulated kiosk keeps on its disk: the chain goes on whole after a power cut, and answered counts empty it."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from auth_service.capture.offline import read_record, signed_bytes
from auth_service.cli.kiosk_client import Answer, NoLine
from auth_service.cli.kiosk_queue import FIRST, LONGEST_PAUSE, Memory, Pause, Terminal, until_answered
from auth_service.connectors.signing import signature_holds

CHALLENGE = {"flashes": 0, "flash_ms": 0, "steps": [{"n": 0, "kind": "neutral"}]}
CONSENT = {"version": "2026-11-29", "language": "zh"}


def terminal(folder: Path) -> Terminal:
    made = Terminal(Memory(folder), "https://pay.example.gov.cn", CONSENT)
    made.memory.enrolled("0" * 32)
    made.memory.keep_tickets([{"ticket": f"t{n}", "challenge": CHALLENGE} for n in range(4)])
    return made


def camera(_asked: str, count: int) -> list[bytes]:
    return [b"a picture"] * count


def test_a_record_is_one_that_the_service_reads_and_the_next_one_names_it(tmp_path: Path) -> None:
    kiosk = terminal(tmp_path)
    one, two = (kiosk.capture("130202194805121223", camera) for _ in range(2))
    first, second = read_record(one.data), read_record(two.data)
    assert (first.counter, first.previous, second.counter, second.previous) == (1, FIRST, 2, first.digest)
    assert signature_holds(kiosk.memory.key.public_key().public_bytes_raw(), two.signature, signed_bytes(two.data))
    assert first.steps[0].frames[0].sha256 == hashlib.sha256(b"a picture").digest()
    assert [ticket["ticket"] for ticket in kiosk.memory.tickets] == ["t2", "t3"], "a ticket that was begun is spent"


def test_cut_between_a_record_and_its_note_the_chain_goes_on_from_the_record(tmp_path: Path) -> None:
    kiosk = terminal(tmp_path)
    kiosk.capture("130202194805121223", camera)
    note = (tmp_path / "last").read_bytes()
    made = kiosk.capture("130202194805121223", camera)
    (tmp_path / "last").write_bytes(note)
    again = Memory(tmp_path)
    assert (again.counter, again.previous) == (2, hashlib.sha256(made.data).hexdigest())
    assert [one.data for one in again.waiting()][1] == made.data


def test_once_the_count_agreed_nothing_is_kept_but_the_place_in_the_chain(tmp_path: Path) -> None:
    kiosk = terminal(tmp_path)
    kiosk.capture("130202194805121223", camera)
    kiosk.memory.forget()
    assert list(kiosk.memory.waiting()) == list((tmp_path / "frames").iterdir()) == []
    assert Memory(tmp_path).counter == 1


def test_pauses_double_to_a_minute_and_begin_anew_after_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    lost = [0]

    def call() -> Answer:
        lost[0] += 1
        if lost[0] <= 10:
            raise NoLine
        return Answer(202, {}, b"{}")

    pause = Pause(random.Random(1))
    assert until_answered(call, pause, lambda _why: None).status == 202
    assert max(slept) <= LONGEST_PAUSE
    assert slept[8] > 16 * slept[0]
    pause.wait()
    assert slept[-1] <= 0.25


class LossyLine:
    """Hears every call; what it answers is lost as often as is wanted."""

    def __init__(self, answers: list[Answer | None]) -> None:
        self.heard: list[tuple[str, str]] = []
        self._answers = answers

    def post(self, path: str, given: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Answer:
        self.heard.append(((more or {}).get("idempotency-key", f"new {len(self.heard)}"), json.dumps(given)))
        answer = self._answers.pop(0)
        if answer is None:
            raise NoLine
        return answer


def given(*tickets: str) -> Answer:
    return Answer(
        200, {}, json.dumps({"tickets": [{"ticket": one, "challenge": CHALLENGE} for one in tickets]}).encode()
    )


def test_one_logical_request_keeps_one_key_over_its_tries_and_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk, busy = terminal(tmp_path), Answer(503, {}, b"{}")
    line = LossyLine([None, busy, None, given("t8", "t9"), given("t10")])
    monkeypatch.setattr(kiosk, "line", line)
    with pytest.raises(NoLine):
        kiosk.fetch(2)
    assert kiosk.fetch(2).status == 503
    kiosk.memory = Memory(tmp_path)
    with pytest.raises(NoLine):
        kiosk.fetch(2)
    kiosk.fetch(2)
    assert len({key for key, _ in line.heard}) == 1, "whoever lost the answer is given the same tickets"
    assert [ticket["ticket"] for ticket in kiosk.memory.tickets][-2:] == ["t8", "t9"]
    kiosk.fetch(2)
    assert line.heard[-1][0] != line.heard[0][0], "more tickets are another request"


def test_tickets_that_are_told_twice_are_held_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk = terminal(tmp_path)
    monkeypatch.setattr(kiosk, "line", LossyLine([given("t8"), given("t8")]))
    kiosk.fetch(1)
    kiosk.fetch(1)
    assert [ticket["ticket"] for ticket in kiosk.memory.tickets].count("t8") == 1


def test_a_count_that_got_no_answer_is_asked_again_under_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk = terminal(tmp_path)
    kiosk.capture("130202194805121223", camera)
    line = LossyLine([None, Answer(200, {}, b'{"agrees": true, "differences": []}')])
    monkeypatch.setattr(kiosk, "line", line)
    with pytest.raises(NoLine):
        kiosk.count()
    assert len(list(kiosk.memory.waiting())) == 1
    kiosk.count()
    assert line.heard[0] == line.heard[1]
    assert list(kiosk.memory.waiting()) == []
