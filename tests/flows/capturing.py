"""A phone before somebody, and the flows that it talks to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from auth_service.accounts.devices import Device, DeviceKind, DeviceWords, LensProfile
from auth_service.capture.one_time_code import CodePolicy
from auth_service.capture.pace import PacePolicy
from auth_service.capture.ports import StepLook
from auth_service.capture.session import SessionPolicy
from auth_service.capture.steps import CapturedFrame, CapturedStep, StepPolicy
from auth_service.core.errors import StepRefused
from auth_service.core.ids import new_id
from auth_service.core.limits import LimitPolicy
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.faces.copies import CopyPolicy
from auth_service.flows.accept_step import AcceptStep
from auth_service.flows.ask_other_way import AskOtherWay
from auth_service.flows.complete_session import CompleteSession
from auth_service.flows.end_session import EndSession
from auth_service.flows.leave_photo import LeavePhoto, PhotoCounts, PhotoDesk
from auth_service.flows.limit import Limit
from auth_service.flows.open_session import Opened, OpenRequest, OpenSession
from auth_service.flows.prove_possession import CodeCounts, ProvePossession
from auth_service.flows.seal_step import SealStep
from auth_service.flows.see_session import SeeSession
from auth_service.flows.session_decision import CaptureEngine, Completed, CompletePolicies, SessionDecision
from auth_service.flows.session_terms import Begun, SessionKey
from auth_service.flows.start_session import StartSession
from auth_service.qualification.decision import DecisionPolicy
from auth_service.qualification.evidence import Channel
from tests.builders import WANG, Agency
from tests.fakes import FAKE_ENGINE, FakeAssess, FakeCaptureReader, FakeLook, fake_calibration, picture

CONSENT = Consent(
    ConsentBasis.SEPARATE_CONSENT, "2026-11-29", "zh", "phone", datetime(2026, 3, 10, 2, 5, tzinfo=UTC), "hash"
)


def step(n: int, face: str = "wang", take: int = 1, frames: int = 4, **how: Any) -> CapturedStep:
    """Frames of one step; each is a picture of its own. `look` stays the same for all that a take shows."""
    shots = (picture(face, take=take * 1000 + n * 50 + i, look=take, **how) for i in range(frames))
    return CapturedStep(n, tuple(CapturedFrame(data, n * 5000 + i * 120) for i, data in enumerate(shots)))


class FakeCodes:
    """Keeps what was handed over, as (telephone or None, code)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str | None, str]] = []

    def send(self, phone: str | None, code: str, now: datetime) -> None:
        self.sent.append((phone, code))


class Phone:
    """A capture client over the real flows, with a fake engine."""

    def __init__(self, agency: Agency, *, shows_turns: bool = True) -> None:
        self.agency, store, clock = agency, agency.store, agency.clock
        self.policy, calibration = SessionPolicy(), fake_calibration()
        self.clock, both = clock, (self.policy, PacePolicy())
        self.reader, self.assess, self.look = FakeCaptureReader(shows_turns=shows_turns), FakeAssess(), FakeLook()
        limit, most = Limit(store, LimitPolicy(), clock), self.policy.attempts_per_day
        self.opening = OpenSession(store, clock, self.policy)
        self.starting = StartSession(
            store,
            clock,
            both,
            lambda channel, device, subject, draw: limit.session(most, channel, device, subject, draw),
        )
        self.sealing = SealStep(store, clock, both, StepPolicy())
        self.accepting = AcceptStep(store, self.look, clock, self.policy, lambda one, n: limit.look(one, n, 5))
        engine = CaptureEngine(
            self.reader, self.assess, self.reader.reader.reencode, lambda: FAKE_ENGINE, self.reader.reader.read
        )
        policies = CompletePolicies(DecisionPolicy(), CopyPolicy())
        self.decision = SessionDecision(store, engine, lambda: calibration, agency.signer, clock, policies)
        self.completing = CompleteSession(store, self.decision, clock, self.policy)
        self.ending = EndSession(store, clock)
        self.seeing = SeeSession(store, clock, both)
        self.codes = FakeCodes()
        code = CodePolicy()
        counts = CodeCounts(
            asked=lambda channel, device, subject: limit.code(channel, device, subject, code.sends_per_day),
            may_send=lambda phone: limit.code_to_phone(phone, code.sends_to_phone_per_day),
            tried=lambda one, which: limit.code_try(one, which, code.tries),
        )
        self.proving = ProvePossession(store, clock, (self.policy, code), self.codes, counts)
        self.asking = AskOtherWay(store, clock, limit.wish)
        desk = PhotoDesk(agency.reader, lambda: FAKE_ENGINE, CopyPolicy())
        self.leaving = LeavePhoto(store, desk, clock, PhotoCounts(lambda one: limit.photo_look(one, 5), limit.wish))

    def opened(self, number: str = WANG, **asked: Any) -> Opened:
        return self.opening.run(OpenRequest(number, Channel.PHONE, CONSENT, **asked))

    def open(self, number: str = WANG, **asked: Any) -> SessionKey:
        return self.opening.exchange(self.opened(number, **asked).ticket)

    def start(self, key: SessionKey) -> tuple[SessionKey, Begun]:
        begun = self.starting.run(key)
        return replace(key, nonce=begun.nonce), begun

    def captured(
        self, number: str = WANG, face: str = "wang", take: int = 1, device: str = "", mark: str = "", **how: Any
    ) -> SessionKey:
        """A session whose steps are all there; on a device of its own, where none is named."""
        key, begun = self.start(self.open(number, device=device or f"device {take}", mark=mark))
        for n in range(begun.count):
            self.send(key, step(n, face, take, **how))
        return key

    def send(self, key: SessionKey, shown: CapturedStep) -> StepLook:
        """One step as it was filmed: the colours first, where it is theirs, then the prints, then the pictures."""
        self.seal(key, shown)
        return self.accepting.run(key, shown)

    def seal(self, key: SessionKey, shown: CapturedStep) -> Begun:
        begun = self.seeing.run(key).begun
        if begun is not None and begun.flashes and shown.n == begun.count - 1 and not begun.colours:
            with suppress(StepRefused):
                self.starting.colours(key)
        self.clock.advance(seconds=6)
        return self.sealing.run(key, shown.prints)

    def run(self, number: str = WANG, face: str = "wang", take: int = 1, **how: Any) -> Completed:
        return self.completing.run(self.captured(number, face, take, **how))


class Terminal(Phone):
    """A kiosk of the registry over the same flows."""

    def __init__(self, agency: Agency) -> None:
        super().__init__(agency)
        words = DeviceWords(DeviceKind.KIOSK, "一号机", "农商行", "130203", "大厅", LensProfile.WIDE)
        now, self.device_id = agency.clock.now(), new_id()
        with agency.store.unit() as unit:
            unit.devices.add(Device(self.device_id, words, "a" * 32, now, now), "h" * 64)

    def open(self, number: str = WANG, **asked: Any) -> SessionKey:
        word = f"kiosk {self.device_id}"
        request = OpenRequest(number, Channel.KIOSK, CONSENT, **{**asked, "device": word}, at_once=True)
        opened = self.opening.run(request)
        return SessionKey(opened.session_id, opened.token, b"", Channel.KIOSK, word)

    def with_card(self, portrait: bytes, number: str = WANG, face: str = "wang", take: int = 1) -> Completed:
        """A session beside which a card was read."""
        return self.completing.run(self.captured(number, face, take), portrait)


Rows = Callable[..., list[Any]]
"""Asks the database itself, behind the service's back."""


def count(rows: Rows, table: str) -> int:
    return int(rows(f"SELECT count(*) FROM {table}")[0][0])
