"""Captures that wait for a look and people who ask for another way, put where the flows put them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from auth_service.capture.challenge import Ask, Challenge, Colour, Motion, Route
from auth_service.capture.other_way import Way
from auth_service.capture.ports import StepLook
from auth_service.capture.session import CaptureSession
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.ids import new_id
from auth_service.faces.sample import PhotoHash
from auth_service.flows.attempt_record import decided
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.liveness.fusion import PadAssessment
from auth_service.liveness.layers import Layer, LayerFinding, Mode, Sign
from auth_service.matching.comparison import ComparisonDecision, Zone
from auth_service.qualification.decision import Decision, Outcome, Reason
from auth_service.qualification.evidence import Channel, EvidenceKind, FaceEvidence
from auth_service.storage.unit import NewCapture, NewRequest, NewSession, Store
from auth_service.wiring import Wiring
from tests.channels.service import EILEEN, Deployment

CHALLENGE = Challenge(
    Route.FLASH,
    (Ask(Motion.TURN_LEFT, 600), Ask(Motion.NOD, 300)),
    (Colour.WHITE, Colour.BLUE, Colour.DARK, Colour.GREEN, Colour.WHITE, Colour.DARK, Colour.BLUE, Colour.GREEN),
)
_FOUND = {
    Layer.CHALLENGE: (Sign.LIVE, ("turned",), {"turn": 0.31, "took_ms": 1840.0}),
    Layer.GEOMETRY: (Sign.LIVE, ("moved_as_a_body",), {"best_fit": 0.042}),
    Layer.PARALLAX: (Sign.UNKNOWN, ("background_too_plain",), {}),
    Layer.FLASH: (Sign.LIVE, ("row_followed",), {"least_cosine": 0.83, "lag_ms": 120.0}),
    Layer.CONSISTENCY: (Sign.LIVE, ("one_film",), {}),
    Layer.TEXTURE: (Sign.LIVE, ("no_pattern",), {}),
    Layer.MODEL: (Sign.UNKNOWN, ("not_installed",), {}),
    Layer.REPLAY: (Sign.LIVE, ("nothing_returns",), {"compared": 2.0}),
    Layer.CHANNEL: (Sign.UNKNOWN, ("nothing_odd",), {}),
}


def findings(**other: Sign) -> PadAssessment:
    """What the layers found, and how much each counted."""
    told = tuple(
        LayerFinding(layer, other.get(layer.value, sign), reasons, scores)
        for layer, (sign, reasons, scores) in _FOUND.items()
    )
    modes = {layer: Mode.ADVISE if layer in {Layer.MODEL, Layer.CHANNEL} else Mode.ENFORCE for layer in Layer}
    verdict = PadDecision(PadVerdict.BONA_FIDE, (PadReason.LIVE_CAPTURE,))
    return PadAssessment(verdict, told, modes, {"fusion": "1", "layers": "1", "points": "yunet5"})


@dataclasses.dataclass(frozen=True)
class Waiting:
    """How a capture ended that a person must look at."""

    zone: Zone | None = Zone.GREY
    similarity: float = 0.934
    reasons: tuple[Reason, ...] = (Reason.GREY_ZONE,)
    verdict: PadVerdict = PadVerdict.BONA_FIDE
    pad_reasons: tuple[PadReason, ...] = (PadReason.LIVE_CAPTURE,)
    channel: Channel = Channel.PHONE
    outcome: Outcome = Outcome.REFER


def put(wiring: Wiring, person_id: str, frames: Sequence[bytes], at: datetime, how: Waiting | None = None) -> str:
    """A phone session as `CompleteSession` leaves it; returns the id of its evidence."""
    how = how or Waiting()
    session = _session(wiring.store, person_id, frames, at)
    compared = None
    if how.zone is not None:
        record = wiring.calibration
        assert record is not None
        cell = record.cell(1, 3)
        compared = ComparisonDecision(
            how.similarity, how.zone, record.identity.engine, record.label, cell.accept_at, cell.grey_at
        )
    evidence = FaceEvidence(
        id=new_id(), person_id=person_id, channel=how.channel, kind=EvidenceKind.FACE,
        pad=PadDecision(how.verdict, how.pad_reasons), comparison=compared, quality=(), has_reference=True,
        probe_images=3, taken_at=at,
    )  # fmt: skip
    decision = Decision(how.outcome, how.reasons, how.zone)
    with wiring.store.unit() as unit:
        unit.sessions.decide(session, evidence.id, at)
        unit.evidence.add(evidence, decision)
        unit.findings.add(evidence.id, person_id, findings(), at)
        photo_id = unit.photos.put(person_id, "review", frames[0], at)
        template = unit.references.photos(person_id, wiring.identity)[0].template
        seen = (PhotoHash(new_id().encode().ljust(32, b"0")[:32], 1, 2), template)
        unit.captures.add(NewCapture(evidence.id, person_id, *seen, photo_id, at, 0))
        unit.audit.append(decided("capture:phone", evidence, decision, None), at)
    return evidence.id


def _session(store: Store, person_id: str, frames: Sequence[bytes], at: datetime) -> CaptureSession:
    began = at - timedelta(seconds=52)
    session = CaptureSession(
        new_id(),
        person_id,
        Channel.PHONE.value,
        "",
        None,
        Route.FLASH,
        frozenset(),
        False,
        began - timedelta(minutes=1),
    )
    with store.unit() as unit:
        unit.sessions.open(NewSession(session, None, "130202194805120000", new_id(), "儿子"))
        unit.sessions.start(session, bytes(16), CHALLENGE, began)
        started = dataclasses.replace(session, started_at=began, nonce=bytes(16), drawn=CHALLENGE)
        for planned in CHALLENGE.steps:
            shots = [frames[place % len(frames)] for place in range(7)]
            step = CapturedStep(planned.n, tuple(CapturedFrame(data, place * 120) for place, data in enumerate(shots)))
            unit.steps.add(started, step, StepLook((), movement=planned.n > 0), at)
        unit.sessions.claim(session.id, at)
    return started


def person_of(wiring: Wiring, number: str) -> str:
    """The id of somebody in the ledger."""
    with wiring.store.reading() as unit:
        found = unit.people.id_of(number)
    assert found is not None
    return found


def ask(wiring: Wiring, person_id: str, at: datetime, way: Way = Way.HOME_VISIT, phone: str = "13900001111") -> str:
    """Somebody asks for another way; returns the id of the request."""
    with wiring.store.unit() as unit:
        before = {one.id for one in unit.other_ways.waiting(500)}
        assert unit.other_ways.ask(NewRequest(person_id, new_id(), way, Channel.PHONE, phone), at)
        (made,) = {one.id for one in unit.other_ways.waiting(500)} - before
    return made


def capture(service: Deployment, how: Waiting | None = None, hours: float = 1, number: str = EILEEN) -> str:
    faces = service.portraits
    at = service.clock.now() - timedelta(hours=hours)
    frames = (faces.eileen_later, faces.eileen)
    return put(service.wiring, person_of(service.wiring, number), frames, at, how)
