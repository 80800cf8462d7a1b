"""What a capture session has reached is never taken back, not by direct SQL either; a step never changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.capture.challenge import Accommodation, Route, draw
from auth_service.capture.other_way import Way
from auth_service.capture.pace import Asked, Sealed
from auth_service.capture.ports import FramingHint, StepLook
from auth_service.capture.session import CaptureSession
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import SealBroken
from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewRequest, NewSession, OtherWay, Store, StoredSession
from tests.fakes import assessed
from tests.storage.samples import NOW, PASSED, direct_sql, evidence, number, person

LOOK = StepLook((FramingHint.TOO_DARK, FramingHint.TOO_SMALL), True)
CONSENT = Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "phone", NOW, "hash")
NONCE = bytes(range(16))


def session(person_id: str | None, **changed: object) -> CaptureSession:
    able = frozenset({Accommodation.TREMOR, Accommodation.CANNOT_HEAR})
    made = CaptureSession(new_id(), person_id, "phone", "d" * 64, new_id(), Route.FLASH, able, True, NOW)
    return replace(made, **changed)  # type: ignore[arg-type]


def frames(n: int, count: int = 3) -> CapturedStep:
    return CapturedStep(n, tuple(CapturedFrame(bytes([n, i]) * 500, n * 1000 + i) for i in range(count)))


def opened(store: Store, person_id: str | None, token: str = "token") -> CaptureSession:
    made = session(person_id)
    with store.unit() as unit:
        unit.sessions.open(NewSession(made, CONSENT, number(1), f"ticket of {token}", "女儿"))
        assert unit.sessions.exchange(f"ticket of {token}", token) is not None
    return made


def found(store: Store, token: str = "token") -> StoredSession:
    with store.reading() as unit:
        stored = unit.sessions.by_token(token)
    assert stored is not None
    return stored


@pytest.mark.parametrize("known", [True, False])
def test_a_session_comes_back_as_it_went_in(store: Store, known: bool) -> None:
    made = opened(store, person(store) if known else None)
    stored = found(store)
    assert (stored.session, stored.consent, stored.evidence_id, stored.helper) == (made, CONSENT, None, "女儿")
    challenge = draw(Route.FLASH)
    with store.unit() as unit:
        assert unit.sessions.start(made, NONCE, challenge, NOW)
        assert not unit.sessions.start(made, b"other", draw(Route.FLASH), NOW)
        assert stored.subject == unit.sessions.subject_of(number(1))
    started = replace(made, nonce=NONCE, drawn=challenge, started_at=NOW, moves=(Asked(0, NOW),))
    assert found(store).session == started


@pytest.mark.parametrize("known", [True, False])
def test_what_was_told_and_sealed_comes_back_in_its_order(store: Store, known: bool, url: str) -> None:
    made = opened(store, person(store) if known else None)
    moves = (Sealed(0, NOW, bytes(32), 6, 90_000, 1200), Asked(1, NOW), Asked(0, NOW, draw(Route.NO_FLASH)))
    with store.unit() as unit:
        unit.sessions.start(made, NONCE, draw(Route.FLASH), NOW)
        assert all(unit.sessions.move(made, move) for move in moves)
    assert found(store).session.moves == (Asked(0, NOW), *moves)
    with pytest.raises(DBAPIError, match="append-only"):
        direct_sql(url, "UPDATE capture_moves SET n = 0")


def test_steps_come_back_in_their_order_and_each_once(store: Store) -> None:
    made = opened(store, person(store))
    with store.unit() as unit:
        for n in (1, 0):
            assert unit.steps.add(made, frames(n), LOOK, NOW)
        assert not unit.steps.add(made, frames(0, 4), LOOK, NOW)
    with store.reading() as unit:
        assert unit.steps.of(made) == [frames(0), frames(1)]
        kept = unit.steps.kept(made.id)
        assert [(one.n, one.count, one.size, one.look) for one in kept] == [(0, 3, 3000, LOOK), (1, 3, 3000, LOOK)]
        assert unit.steps.is_same(kept[0], frames(0))
        assert not unit.steps.is_same(kept[0], frames(0, 4))


def test_a_session_moves_forward_only(store: Store) -> None:
    made = opened(store, person(store))
    with store.unit() as unit:
        assert not unit.sessions.claim(made.id, NOW), "not started"
        assert not unit.sessions.decide(made, "e", NOW), "not claimed"
        unit.sessions.start(made, NONCE, draw(Route.FLASH), NOW)
        assert [unit.sessions.claim(made.id, NOW) for _ in range(2)] == [True, False]
        assert [unit.sessions.decide(made, one, NOW) for one in ("e", "f")] == [True, False]
        assert not unit.sessions.end(made.id, NOW)
        assert unit.sessions.exchange("ticket of token", "another") is None
    with store.reading() as unit:
        stored = unit.sessions.of_evidence("e")
    assert stored is not None
    assert stored.session.decided_at == NOW


def test_an_ended_session_moves_nowhere(store: Store) -> None:
    made = opened(store, None)
    with store.unit() as unit:
        assert [unit.sessions.end(made.id, NOW) for _ in range(2)] == [True, False]
        assert not unit.sessions.start(made, NONCE, draw(Route.FLASH), NOW)
        assert not unit.sessions.claim(made.id, NOW)


TAKEN_BACK = (
    "claimed_at = NULL",
    "decided_at = NULL, evidence_id = NULL",
    "started_at = NULL, challenge_sealed = NULL",
    "challenge_sealed = asked_sealed",
    "token_index = NULL",
    "claimed_at = '2027-01-01 00:00:00.000000'",
    "person_id = NULL",
    "opened_at = '2027-01-01 00:00:00.000000'",
    "subject = ticket_index",
)


@pytest.mark.asvs("2.3.1")
def test_nothing_that_a_session_has_reached_can_be_taken_back_by_sql(store: Store, url: str) -> None:
    made = opened(store, person(store))
    with store.unit() as unit:
        unit.sessions.start(made, NONCE, draw(Route.FLASH), NOW)
        unit.steps.add(made, frames(0), LOOK, NOW)
        unit.sessions.claim(made.id, NOW)
        unit.sessions.decide(made, "e", NOW)
    before = direct_sql(url, "SELECT * FROM capture_sessions")
    for change in TAKEN_BACK:
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, f"UPDATE capture_sessions SET {change}")
    assert direct_sql(url, "SELECT * FROM capture_sessions") == before
    for change in ("n = 1", "frames_sealed = digest", "look = '{}'"):
        with pytest.raises(DBAPIError, match="append-only"):
            direct_sql(url, f"UPDATE capture_steps SET {change}")


def test_frames_open_only_in_their_own_step_and_session(store: Store, url: str) -> None:
    someone = person(store)
    mine, other = opened(store, someone, "a"), opened(store, someone, "b")
    with store.unit() as unit:
        unit.steps.add(mine, frames(0), LOOK, NOW)
    columns = "n, digest, frame_count, byte_count, look, frames_sealed, accepted_at"
    direct_sql(
        url, f"INSERT INTO capture_steps (session_id, {columns}) SELECT '{other.id}', {columns} FROM capture_steps"
    )
    with pytest.raises(SealBroken), store.reading() as unit:
        unit.steps.of(other)


def test_findings_come_back_in_the_order_of_the_layers(store: Store) -> None:
    someone, proof = person(store), evidence(None)
    told = [
        LayerFinding(Layer.CHANNEL, Sign.ATTACK, ("virtual_camera",), {"share": 0.5}),
        LayerFinding(Layer.CHALLENGE, Sign.LIVE),
    ]
    with store.unit() as unit:
        unit.evidence.add(proof, PASSED)
        unit.findings.add(proof.id, someone, assessed(told, {"fusion": "1"}), NOW)
    with store.reading() as unit:
        stored = unit.findings.of(proof.id)
        assert unit.findings.of("another") == []
    assert [one.finding for one in stored] == told[::-1]
    assert all(one.details and one.versions == {"fusion": "1"} and one.found_at == NOW for one in stored)


def test_a_score_that_is_not_finite_is_not_kept(store: Store) -> None:
    someone, proof = person(store), evidence(None)
    broken = LayerFinding(Layer.FLASH, Sign.LIVE, (), {"ratio": float("nan")})
    with pytest.raises(ValueError, match="JSON"), store.unit() as unit:  # noqa: PT012 - the evidence comes first
        unit.evidence.add(proof, PASSED)
        unit.findings.add(proof.id, someone, assessed([broken], {}), NOW)


def test_of_nobody_only_the_signs_are_kept(store: Store) -> None:
    proof = evidence(None)
    with store.unit() as unit:
        unit.evidence.add(proof, PASSED)
        unit.findings.add(
            proof.id, None, assessed([LayerFinding(Layer.FLASH, Sign.ATTACK, ("odd",), {"x": 1.0})], {}), NOW
        )
    with store.reading() as unit:
        (stored,) = unit.findings.of(proof.id)
    assert (stored.finding, stored.details) == (LayerFinding(Layer.FLASH, Sign.ATTACK), False)


def test_a_request_for_another_way_is_kept_once_a_day_and_settled_once(store: Store) -> None:
    someone = person(store)
    with store.unit() as unit:
        visit = NewRequest(someone, "s", Way.HOME_VISIT, Channel.PHONE, "139")
        asked = [unit.other_ways.ask(visit, NOW) for _ in range(2)]
        asked.append(unit.other_ways.ask(replace(visit, way=Way.PHONE_CALL), NOW + timedelta(hours=1)))
        asked.append(unit.other_ways.ask(NewRequest(None, "t", Way.HOME_VISIT, Channel.PHONE, "139"), NOW))
        assert asked == [True, False, True, True]
        first, second = unit.other_ways.waiting(10)
        assert first == OtherWay(first.id, someone, Way.HOME_VISIT, Channel.PHONE, NOW, "139")
        assert [unit.other_ways.settle(first, "staff", "已上门", NOW) for _ in range(2)] == [True, False]
        assert unit.other_ways.waiting(10) == [second]
