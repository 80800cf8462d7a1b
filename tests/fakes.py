"""Stand-ins for slow parts, for unit and story tests only. The real engine keeps the same contract (tests/engines)."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from auth_service.capture.challenge import Challenge, Planned
from auth_service.capture.ports import FramingHint, StepLook
from auth_service.capture.steps import CapturedStep
from auth_service.core.errors import KeyInUse, KeyMissing, NoFaceFound, SealBroken, ServiceError
from auth_service.core.intervals import Rate
from auth_service.core.keys import WrappedKey
from auth_service.faces.landmarks import Box, DetectedFace
from auth_service.faces.quality import QualityReason, QualityReport
from auth_service.faces.sample import FaceSample, PhotoHash
from auth_service.faces.template import EngineIdentity, Template, mean_template
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.liveness.layers import Layer, LayerFinding, Mode, Sign
from auth_service.liveness.measures import WAVES, FrameMeasures, SessionMeasures, StepMeasures
from auth_service.liveness.ports import NOTHING_KNOWN, Past
from auth_service.liveness.replay import ReplayPolicy, examine
from auth_service.matching.calibration import Calibration, Cell, Metric, OperatingPoint

FAKE_ENGINE = EngineIdentity("fake", "f" * 64)


def picture(
    face: str, *, take: int = 0, blur: float = 0.0, look: int | None = None, reasons: Iterable[str] = ()
) -> bytes:
    """Bytes that FakeReader reads as `face`. Another `take` is another photo; `blur` moves the template away, towards
    the same place for all photos of one `look` (an aged face)."""
    told = {"face": face, "take": take, "blur": blur, "look": take if look is None else look, "reasons": list(reasons)}
    return json.dumps(told).encode()


class FakeReader:
    """Reads `picture` bytes, and what it has re-encoded from them. One face name gives one direction in space; takes
    differ a little, blur a lot. Another identity is another engine: its directions are others."""

    def __init__(self, identity: EngineIdentity = FAKE_ENGINE) -> None:
        self.identity = identity

    def read(self, data: bytes) -> FaceSample:
        try:
            told = json.loads(data.removeprefix(b"\xff\xd8"))
        except ValueError as error:
            raise NoFaceFound from error
        engine = "" if self.identity == FAKE_ENGINE else self.identity.engine
        rng = np.random.default_rng(
            int.from_bytes(hashlib.sha256((told["face"] + engine).encode()).digest()[:8], "big")
        )
        vector = rng.normal(size=64)
        other = np.random.default_rng(told["take"] + 1).normal(size=64)
        aged = np.random.default_rng(told["look"] + 1).normal(size=64)
        vector = vector + other * 0.02 + aged * told["blur"]
        digest = hashlib.sha256(data).digest()
        marks = np.random.default_rng(
            int.from_bytes(hashlib.sha256(f"{told['face']}{told['take']}".encode()).digest()[:8], "big")
        )
        face_hash, frame_hash = (int(value) for value in marks.integers(0, 2**63, 2))
        reasons = tuple(QualityReason(reason) for reason in told["reasons"])
        points = np.zeros((5, 2), dtype=np.float32)
        return FaceSample(
            640, 480, DetectedFace(Box(200, 100, 400, 300), points, "dlib5", 1.0), QualityReport({}, reasons),
            Template(self.identity, vector.astype(np.float32), 1, mirrored=True),
            PhotoHash(digest, face_hash, frame_hash),
        )  # fmt: skip

    def reencode(self, data: bytes) -> bytes:
        return b"\xff\xd8" + data


class FakeCaptureReader:
    """Measures frames that are `picture` bytes. It judges nothing: FakeAssess says what the layers would have."""

    def __init__(self, *, shows_turns: bool = True) -> None:
        self.shows_turns = shows_turns
        self.reader = FakeReader()
        self.measured = 0
        self.faces = 1

    def measure(self, steps: Sequence[CapturedStep], challenge: Challenge) -> SessionMeasures:
        assert [step.n for step in steps] == [step.n for step in challenge.steps]
        self.measured += 1
        taken = [[self.reader.read(frame.data) for frame in step.frames] for step in steps]
        told = tuple(
            StepMeasures(
                step.n,
                tuple(
                    FrameMeasures(
                        at_ms=frame.at_ms, width=640, height=480, faces=self.faces, box=sample.face.box,
                        points=None, skin=None,
                        surround=np.zeros(3, dtype=np.float32), luma=120.0, sharpness=100.0, moire=1.0, model=None,
                        pixel_digest=sample.photo_hash.pixel_digest, face_hash=sample.photo_hash.face_hash,
                        frame_hash=sample.photo_hash.frame_hash, waves=_waves(sample.photo_hash),
                    )
                    for frame, sample in zip(step.frames, samples, strict=True)
                ),
            )
            for step, samples in zip(steps, taken, strict=True)
        )  # fmt: skip
        best = taken[0][:3]
        probe = None if "nobody" in steps[0].frames[0].data.decode() else mean_template([one.template for one in best])
        return SessionMeasures(told, "arcface5", probe, 1.0, best[0].quality.reasons)


def _waves(photo_hash: PhotoHash) -> NDArray[np.float32]:
    """Of unit length, of this picture alone: no two films of such frames move alike."""
    drawn = np.random.default_rng(photo_hash.face_hash).normal(size=WAVES)
    return np.asarray(drawn / np.linalg.norm(drawn), np.float32)


@dataclass
class FakeAssessment:
    decision: PadDecision
    findings: tuple[LayerFinding, ...]
    versions: Mapping[str, str]
    modes: Mapping[Layer, Mode] = field(default_factory=lambda: dict.fromkeys(Layer, Mode.ENFORCE))


def assessed(findings: Sequence[LayerFinding], versions: Mapping[str, str]) -> FakeAssessment:
    """Findings as an assessment brings them."""
    return FakeAssessment(PadDecision(PadVerdict.INCONCLUSIVE, ()), tuple(findings), versions)


@dataclass
class FakeAssess:
    """The verdict that a test wants, with findings to be kept; whether a film returns it asks the real layer."""

    verdict: PadVerdict = PadVerdict.BONA_FIDE
    reasons: tuple[PadReason, ...] = (PadReason.LIVE_CAPTURE,)
    past: Past = NOTHING_KNOWN
    possession: bool = False

    def __call__(
        self, measures: SessionMeasures, challenge: Challenge, past: Past, *, possession: bool
    ) -> FakeAssessment:
        self.past, self.possession = past, possession
        replay, decision = examine(measures, past, ReplayPolicy()), PadDecision(self.verdict, self.reasons)
        if replay.sign is Sign.ATTACK:
            decision = PadDecision(PadVerdict.ATTACK_SUSPECTED, (PadReason.REPLAY_ATTACK,))
        sign = Sign.LIVE if self.verdict is PadVerdict.BONA_FIDE else Sign.ABSENT
        turned = LayerFinding(Layer.CHALLENGE, sign, ("turned",), {"turn": 0.25})
        findings = (turned, LayerFinding(Layer.MODEL, Sign.UNKNOWN, ("not_installed",)), replay)
        return FakeAssessment(decision, findings, {"fusion": "1", "challenge": "1"})


class FakeLook:
    """Sees movement where two frames differ, and darkness where the picture says so."""

    def __init__(self) -> None:
        self.looked = 0

    def look(self, step: CapturedStep, planned: Planned) -> StepLook:
        assert step.n == planned.n
        self.looked += 1
        dark = any(b"too_dark" in frame.data for frame in step.frames)
        moved = len({frame.data for frame in step.frames}) > 1
        return StepLook((FramingHint.TOO_DARK,) if dark else (), moved)


@dataclass(frozen=True)
class FakeResult:
    """What a reading process would give back."""

    sample: FaceSample | None = None
    jpeg: bytes | None = None
    error: ServiceError | None = None


def read_files(items: Iterable[tuple[int, Path]]) -> Iterator[tuple[int, FakeResult]]:
    """A reading process of FakeReader."""
    reader = FakeReader()
    for key, path in items:
        data = path.read_bytes()
        try:
            yield key, FakeResult(reader.read(data), reader.reencode(data))
        except ServiceError as error:
            yield key, FakeResult(error=error)


def fake_calibration() -> Calibration:
    """match from 0.95, grey from 0.80, in every cell."""
    rate = Rate(0, 1000, 0.0, 0.004)
    cell = Cell(100, OperatingPoint(1e-4, 0.95, rate, rate), OperatingPoint(1e-2, 0.80, rate, rate))
    return Calibration(
        "fake", 1, FAKE_ENGINE, Metric.COSINE, True, date(2026, 1, 1), "made up", ("real",),
        {f"{more}x{fewer}": cell for more in range(1, 5) for fewer in range(1, more + 1)},
    )  # fmt: skip


class MemoryKeys:
    """A KeyStore in memory (core/keys.py). tests/connectors holds it to the contract of the real ones."""

    def __init__(self) -> None:
        self._keys: dict[str, AESGCM] = {}
        self._index = secrets.token_bytes(32)
        self.add_version()

    @property
    def active(self) -> str:
        return self.versions()[-1]

    def versions(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        nonce, version = secrets.token_bytes(12), self.active
        return WrappedKey(version, nonce + self._keys[version].encrypt(nonce, data_key, context))

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        if wrapped.key_id not in self._keys:
            raise KeyMissing(wrapped.key_id)
        try:
            return self._keys[wrapped.key_id].decrypt(wrapped.ciphertext[:12], wrapped.ciphertext[12:], context)
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error

    def index_key(self, purpose: str) -> bytes:
        return hmac.digest(self._index, purpose.encode(), "sha256")

    def add_version(self) -> str:
        version = f"memory-{secrets.token_hex(4)}"
        self._keys[version] = AESGCM(secrets.token_bytes(32))
        return version

    def retire(self, key_id: str) -> None:
        if key_id == self.active:
            raise KeyInUse(key_id)
        self._keys.pop(key_id, None)
