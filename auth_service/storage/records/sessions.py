"""Capture sessions within one unit: found by the keyed hash of a secret, moved forward by single statements.

`claim` is one UPDATE that only finds a session nobody has claimed, so of any number of tabs, threads and processes one
wins on either database.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from auth_service.capture.challenge import Accommodation, Challenge, Route
from auth_service.capture.one_time_code import CodeMove
from auth_service.capture.pace import Asked, Move
from auth_service.capture.session import CaptureSession
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.liveness.pilot import PilotTag
from auth_service.qualification.decision import Outcome
from auth_service.storage.records.moves import Moves, challenge_of, told_challenge
from auth_service.storage.records.passes import HELD, PASSED
from auth_service.storage.sealing import Place
from auth_service.storage.tables import CaptureSessionRow, EvidenceRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_SESSIONS = table_of(CaptureSessionRow)
_EVIDENCE = table_of(EvidenceRow)
_MINE = _SESSIONS.c.id == bindparam("of_id")
_OPEN = _SESSIONS.c.ended_at.is_(None)
_EXCHANGE = (
    update(_SESSIONS)
    .where(_SESSIONS.c.ticket_index == bindparam("ticket"), _SESSIONS.c.token_index.is_(None), _OPEN)
    .values(token_index=bindparam("token"))
)
_START = (
    update(_SESSIONS)
    .where(_MINE, _SESSIONS.c.started_at.is_(None), _OPEN)
    .values(started_at=bindparam("now"), challenge_sealed=bindparam("drawn"))
)
_CLAIM = (
    update(_SESSIONS)
    .where(_MINE, _SESSIONS.c.claimed_at.is_(None), _SESSIONS.c.started_at.is_not(None), _OPEN)
    .values(claimed_at=bindparam("now"))
)
_DECIDE = (
    update(_SESSIONS)
    .where(_MINE, _SESSIONS.c.claimed_at.is_not(None), _SESSIONS.c.decided_at.is_(None), _OPEN)
    .values(decided_at=bindparam("now"), evidence_id=bindparam("evidence"))
)
_TRIES = (
    select(func.count())
    .select_from(_SESSIONS.join(_EVIDENCE, _EVIDENCE.c.id == _SESSIONS.c.evidence_id))
    .where(
        _SESSIONS.c.subject == bindparam("subject"),
        _SESSIONS.c.channel == bindparam("channel"),
        _SESSIONS.c.device == bindparam("device"),
        _EVIDENCE.c.taken_at >= bindparam("since"),
        _EVIDENCE.c.outcome != Outcome.QUALIFIED.value,
        ~HELD,
    )
)
_END = update(_SESSIONS).where(_MINE, _SESSIONS.c.decided_at.is_(None), _OPEN).values(ended_at=bindparam("now"))


@dataclass(frozen=True, slots=True)
class NewSession:
    """What is known when a session is opened; see CaptureSession.

    number  the ID number, known or not
    helper  who holds the phone for the person, in words of theirs; empty for nobody
    pilot   of a session that authenticates nobody
    mark    what the phone's browser is known by, or empty; only its keyed hash is kept
    """

    session: CaptureSession
    consent: Consent | None
    number: str
    ticket: str
    helper: str = ""
    pilot: PilotTag | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class StoredSession:
    """subject: stands for the ID number that was given, for counting; nobody reads the number from it

    browser  keyed hash of a phone's mark; empty for none
    """

    session: CaptureSession
    consent: Consent | None
    subject: str
    evidence_id: str | None
    helper: str = ""
    pilot: PilotTag | None = None
    browser: str = ""


class Sessions:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._moves = Moves(work)

    def open(self, new: NewSession) -> None:
        session, indexes = new.session, self._work.indexes
        asked = {
            "wished": session.wished.value,
            "accommodations": sorted(session.accommodations),
            "slow": session.slow,
            "consent_id": session.consent_id,
            "helper": new.helper,
            "consent": None if new.consent is None else consent_told(new.consent),
            **({} if new.pilot is None else {"pilot": asdict(new.pilot)}),
        }
        key = self._work.keys.of(session.person_id)
        values = {
            "id": session.id,
            "person_id": session.person_id,
            "channel": session.channel,
            "device": session.device,
            "browser": indexes.of("phone_mark", new.mark).hex() if new.mark else None,
            "subject": bytes.fromhex(self.subject_of(new.number)),
            "ticket_index": indexes.of("capture_ticket", new.ticket),
            "asked_sealed": key.seal(_place(session.id, "asked"), to_json(asked).encode()),
            "opened_at": session.opened_at,
        }
        self._work.connection.execute(insert(_SESSIONS), values)

    def hidden_device(self, device: str) -> str:
        """The keyed hash under which a device is counted; empty for none."""
        return self._work.indexes.of("capture_device", device).hex() if device else ""

    def subject_of(self, number: str) -> str:
        """What stands for an ID number where it is counted, known or not."""
        return self._work.indexes.of("capture_subject", number).hex()

    def exchange(self, ticket: str, token: str) -> StoredSession | None:
        """The session of a ticket, once: from here on it is found by the token. None: unknown, used or ended"""
        indexes = self._work.indexes
        asked = {"ticket": indexes.of("capture_ticket", ticket), "token": indexes.of("capture_token", token)}
        if self._work.connection.execute(_EXCHANGE, asked).rowcount != 1:
            return None
        return self.by_token(token)

    def by_token(self, token: str, *, alone: bool = False) -> StoredSession | None:
        """alone: nobody else moves this session until the unit ends. raises KeyMissing, SealBroken"""
        wanted = select(_SESSIONS).where(_SESSIONS.c.token_index == self._work.indexes.of("capture_token", token))
        found = self._one(wanted)
        if found is None or not alone:
            return found
        # by now the person's key is held, and only then the session: an erasure takes them in this order as well
        return self._one(wanted.with_for_update())

    def start(self, session: CaptureSession, nonce: bytes, challenge: Challenge, now: datetime) -> bool:
        """Draws the first step too. False: it was started before, or is over."""
        drawn = {"nonce": nonce.hex(), **told_challenge(challenge)}
        key = self._work.keys.of(session.person_id)
        sealed = key.seal(_place(session.id, "challenge"), to_json(drawn).encode())
        return self._moved(_START, session.id, now, drawn=sealed) and self.move(session, Asked(0, now))

    def hidden_code(self, session_id: str, code: str) -> bytes:
        """Keyed: whoever holds the database cannot try a million codes."""
        return self._work.indexes.of("capture_code", f"{session_id}\0{code}")

    def move(self, session: CaptureSession, move: Move | CodeMove) -> bool:
        """False: another was faster. raises KeyDestroyed"""
        return self._moves.add(session.id, session.person_id, move)

    def tries(self, session: CaptureSession, subject: str, since: datetime) -> int:
        """Decided sessions of this number, known or not, on this channel and device, that were no pass."""
        asked = {
            "subject": bytes.fromhex(subject),
            "channel": session.channel,
            "device": session.device,
            "since": since,
        }
        return int(self._work.connection.execute(_TRIES, asked).scalar_one())

    def passed_on(self, browser: str, since: datetime) -> list[str]:
        """Different people who passed on one phone since then, the last one first."""
        newest = func.max(_EVIDENCE.c.taken_at, type_=_EVIDENCE.c.taken_at.type).label("newest")
        wanted = (
            select(_EVIDENCE.c.person_id, newest)
            .select_from(_SESSIONS.join(_EVIDENCE, _EVIDENCE.c.id == _SESSIONS.c.evidence_id))
            .where(_SESSIONS.c.browser == browser, _SESSIONS.c.decided_at >= since, PASSED)
            .where(_EVIDENCE.c.person_id.is_not(None))
            .group_by(_EVIDENCE.c.person_id)
            .order_by(newest.desc())
        )
        return [row.person_id for row in self._work.connection.execute(wanted)]

    def claim(self, session_id: str, now: datetime) -> bool:
        """Exactly one of many callers gets True, ever."""
        return self._moved(_CLAIM, session_id, now)

    def decide(self, session: CaptureSession, evidence_id: str, now: datetime) -> bool:
        """False: it is gone, was ended meanwhile, or has its decision. raises KeyDestroyed"""
        self._work.keys.of(session.person_id)  # before the session, as in `by_token`
        return self._moved(_DECIDE, session.id, now, evidence=evidence_id)

    def end(self, session_id: str, now: datetime) -> bool:
        """False: it has its decision, or was ended before."""
        return self._moved(_END, session_id, now)

    def by_id(self, session_id: str) -> StoredSession | None:
        """raises KeyMissing, SealBroken"""
        return self._one(select(_SESSIONS).where(_SESSIONS.c.id == session_id))

    def of_evidence(self, evidence_id: str) -> StoredSession | None:
        """The session behind an attempt, while it is kept. raises KeyMissing, SealBroken"""
        return self._one(select(_SESSIONS).where(_SESSIONS.c.evidence_id == evidence_id))

    def _moved(self, statement: Any, session_id: str, now: datetime, **values: Any) -> bool:
        return bool(self._work.connection.execute(statement, {"of_id": session_id, "now": now, **values}).rowcount == 1)

    def _one(self, wanted: Select[Any]) -> StoredSession | None:
        row = self._work.connection.execute(wanted).one_or_none()
        return None if row is None else self._read(row)

    def _read(self, row: Row[Any]) -> StoredSession:
        key = self._work.keys.of(row.person_id)
        asked = json.loads(key.open(_place(row.id, "asked"), row.asked_sealed))
        nonce, drawn = None, None
        if row.challenge_sealed is not None:
            told = json.loads(key.open(_place(row.id, "challenge"), row.challenge_sealed))
            nonce, drawn = bytes.fromhex(told["nonce"]), challenge_of(told)
        session = CaptureSession(
            id=row.id,
            person_id=row.person_id,
            channel=row.channel,
            device=row.device,
            consent_id=asked["consent_id"],
            wished=Route(asked["wished"]),
            accommodations=frozenset(Accommodation(word) for word in asked["accommodations"]),
            slow=asked["slow"],
            opened_at=row.opened_at,
            started_at=row.started_at,
            nonce=nonce,
            drawn=drawn,
            claimed_at=row.claimed_at,
            decided_at=row.decided_at,
            ended_at=row.ended_at,
            moves=self._moves.of(row.id, row.person_id),
        )
        consent = None if asked["consent"] is None else consent_from(asked["consent"])
        pilot = PilotTag(**asked["pilot"]) if "pilot" in asked else None
        return StoredSession(
            session, consent, row.subject.hex(), row.evidence_id, asked["helper"], pilot, row.browser or ""
        )


def _place(session_id: str, field: str) -> Place:
    return Place("capture_sessions", session_id, field)


def consent_told(consent: Consent) -> dict[str, Any]:
    """As JSON, to be sealed."""
    return {
        "basis": consent.basis.value,
        "text_version": consent.text_version,
        "language": consent.language,
        "channel": consent.channel,
        "recorded_at": consent.recorded_at.isoformat(),
        "reference": consent.reference,
    }


def consent_from(told: dict[str, Any]) -> Consent:
    """What `consent_told` gave."""
    return Consent(
        ConsentBasis(told["basis"]), told["text_version"], told["language"], told["channel"],
        datetime.fromisoformat(told["recorded_at"]), told["reference"],
    )  # fmt: skip
