"""Canaries: a name, numbers, a template and hashes that must not be found in any file, and ciphertexts that only open
where they were made."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

from auth_service.capture.challenge import Accommodation, Route, draw
from auth_service.capture.other_way import Way
from auth_service.capture.ports import StepLook
from auth_service.capture.session import CaptureSession
from auth_service.capture.steps import CapturedFrame, CapturedStep
from auth_service.core.errors import SealBroken
from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.faces.template import EngineIdentity, Template
from auth_service.liveness.layers import Layer, LayerFinding, Sign
from auth_service.liveness.measures import WAVES
from auth_service.liveness.replay_print import PrintedStep, ReplayPrint
from auth_service.monitoring.flags import Judgement, Verdict
from auth_service.qualification.evidence import Channel
from auth_service.qualification.review import Review, ReviewAct, ReviewReason, ReviewVerdict
from auth_service.storage.unit import NewCapture, NewRequest, NewSession, SavedAnswer, Store, Unit
from tests.fakes import assessed
from tests.storage.samples import (
    ENGINE,
    NOW,
    PASSED,
    direct_sql,
    enrol,
    evidence,
    flag,
    number,
    person,
    photo_hash,
    reference_photo,
    row,
    template,
)

NAME = "金丝雀𠮷娜娜"
PHONE = "13987654321"
ACCOUNT = "6228480012345678901"
JPEG = b"\xff\xd8CANARY-PICTURE" + b"p" * 4000
SAID = "canary reason: called 金丝雀"


def fill(store: Store) -> dict[str, bytes]:
    """Puts every canary wherever it may go; returns what must not be found."""
    given = {
        "name": NAME,
        "phone": PHONE,
        "bank_account": ACCOUNT,
        "address": "金丝雀路 77 号",
        "birth_date": "1948-05-02",
    }
    face, photo, seen = template(7), reference_photo(7), photo_hash(7)
    with store.unit() as unit:
        someone = unit.people.apply(
            row(7, account_holder=NAME, contact_name=NAME, tags="canarytag", **given), NOW, "b"
        ).person_id
        unit.photos.put(someone, "reference", JPEG, NOW)
        unit.consents.add(someone, Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "counter", NOW, "canary-form-9"))
        enrol(unit, someone, photo)
        proof = evidence(someone)
        unit.evidence.add(proof, PASSED)
        unit.captures.add(NewCapture(proof.id, someone, seen, face, None, NOW))
        flagged = unit.flags.raise_once(flag(someone))
        assert flagged is not None
        unit.judgements.add(Judgement(flagged, Verdict.NEEDS_CHECK, SAID, "staff", NOW), None)
        unit.idempotency.begin("caller", f"key-{number(7)}", number(7), NOW, 60)
        unit.idempotency.finish("caller", f"key-{number(7)}", SavedAnswer(200, NAME.encode(), "text/plain"), NOW)
        unit.imports.begin("ledger", "d" * 64, f"{NAME}.xlsx", NOW)
        unit.sign_in_failures.add("canary-password", NOW)
        _capture(unit, someone, proof.id)
    vector = face.vector.astype("<f4").tobytes()
    return {
        "name": NAME.encode(),
        "name in UTF-16": NAME.encode("utf-16-le"),
        "name in GB18030": NAME.encode("gb18030"),
        "name escaped": NAME[:3].encode("unicode_escape"),
        "address": "金丝雀路".encode(),
        "ID number": number(7).encode(),
        "birth date": b"19480502",
        "birth date with dashes": b"1948-05-02",
        "phone": PHONE.encode(),
        "account": ACCOUNT.encode(),
        "tag": b"canarytag",
        "form": b"canary-form-9",
        "reason": SAID.encode(),
        "typed into the name field": b"canary-password",
        "picture": JPEG[:14],
        "what the person cannot do": b"bedridden",
        "ticket": b"canary-ticket",
        "token": b"canary-token",
        "device": b"canary-device",
        "nonce": b"canary-nonce-016",
        "nonce in hex": b"canary-nonce-016".hex().encode(),
        "colours": b"white",
        "finding": b"canary-reason",
        "score": b"canary-score",
        "digest of a frame": b"canary-8",
        "print of a frame": bytes([99] * 16),
        "digest of a step": CapturedStep(0, (CapturedFrame(JPEG, 0), CapturedFrame(JPEG + b"2", 100))).digest,
        "template": vector[:16],
        "template from the middle": vector[240:256],
        "template, other byte order": face.vector.astype(">f4").tobytes()[:16],
        "template as doubles": face.vector.astype("<f8").tobytes()[:16],
        "template in hex": vector[:12].hex().encode(),
        "template in base64": base64.b64encode(vector[:15]),
        "template as text": repr(float(face.vector[0])).encode(),
        "pixel digest": seen.pixel_digest,
        "pixel digest in hex": seen.pixel_digest.hex().encode(),
        "face hash": seen.face_hash.to_bytes(8, "big"),
        "face hash, other byte order": seen.face_hash.to_bytes(8, "little"),
        "frame hash": seen.frame_hash.to_bytes(8, "big"),
        "face hash as text": str(seen.face_hash).encode(),
    }


def _capture(unit: Unit, someone: str, evidence_id: str) -> None:
    """A session of theirs, with everything that it may hold."""
    consent = Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "phone", NOW, "canary-form-9")
    challenge = draw(Route.FLASH)
    session = CaptureSession(
        new_id(), someone, "phone", unit.sessions.hidden_device("canary-device"), new_id(), Route.FLASH,
        frozenset({Accommodation.BEDRIDDEN, Accommodation.TREMOR}), True, NOW,
    )  # fmt: skip
    unit.sessions.open(NewSession(session, consent, number(7), "canary-ticket", NAME))
    assert unit.sessions.exchange("canary-ticket", "canary-token") is not None
    assert unit.sessions.start(session, b"canary-nonce-016", challenge, NOW)
    frames = (CapturedFrame(JPEG, 0), CapturedFrame(JPEG + b"2", 100))
    assert unit.steps.add(session, CapturedStep(0, frames), StepLook((), True), NOW)
    turned = LayerFinding(Layer.CHALLENGE, Sign.ABSENT, ("canary-reason",), {"canary-score": 0.123456789})
    unit.findings.add(evidence_id, someone, assessed([turned], {"fusion": "1"}), NOW)
    film = (PrintedStep(1, np.array([0]), (b"canary-8",), np.full((1, WAVES), 99, np.int8)),)
    unit.replay_prints.add(evidence_id, someone, ReplayPrint(film), NOW)
    unit.other_ways.ask(NewRequest(someone, number(7), Way.HOME_VISIT, Channel.PHONE, PHONE), NOW)
    unit.other_ways.settle(unit.other_ways.waiting(1)[0], "staff", SAID, NOW)
    act = Review(evidence_id, someone, ReviewAct.DECIDED, ReviewVerdict.ACCEPTED, ReviewReason.AGED, SAID, "staff", NOW)
    unit.reviews.add(act, [])


@pytest.mark.asvs("14.2.4")
def test_no_canary_lies_in_the_database_its_log_its_index_or_the_photo_files(on_sqlite: Store, tmp_path: Path) -> None:
    canaries = fill(on_sqlite)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"service.db", "service.db-wal", "service.db-shm"} <= {path.name for path in files}
    assert any("photos" in path.parts for path in files)
    for path in files:
        content = path.read_bytes()
        found = [what for what, canary in canaries.items() if canary in content or canary in path.name.encode()]
        assert found == [], path.name


def test_nor_after_everything_was_written_back_from_the_log(on_sqlite: Store, sqlite_url: str, tmp_path: Path) -> None:
    canaries = fill(on_sqlite)
    direct_sql(sqlite_url, "SELECT 1")
    on_sqlite.close()
    content = (tmp_path / "service.db").read_bytes()
    assert b"evidence" in content
    assert [what for what, canary in canaries.items() if canary in content] == []


@pytest.mark.postgres
def test_no_canary_lies_in_any_column_of_postgresql(store: Store, url: str) -> None:
    canaries = fill(store)
    if url.startswith("sqlite"):
        tables = [name for (name,) in direct_sql(url, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    else:
        tables = [
            name
            for (name,) in direct_sql(
                url, "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
            )
        ]
    assert len(tables) > 20
    for table in tables:
        for record in direct_sql(url, f"SELECT * FROM {table}"):
            for value in record:
                content = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                assert [what for what, canary in canaries.items() if canary in content] == [], table


SWAPS = {
    "two people's names": (
        "UPDATE people SET name_sealed = (SELECT o.name_sealed FROM people o WHERE o.id <> people.id)"
    ),
    "name and village of one person": "UPDATE people SET name_sealed = village_sealed",
    "two people's templates": (
        "UPDATE reference_photos SET template_sealed = "
        "(SELECT o.template_sealed FROM reference_photos o WHERE o.id <> reference_photos.id)"
    ),
    "template and hash of one photo": "UPDATE reference_photos SET template_sealed = photo_hash_sealed",
    "a template under another engine's name": "UPDATE reference_photos SET weights_digest = 'other'",
    "two people's keys": (
        "UPDATE person_keys SET wrapped = "
        "(SELECT o.wrapped FROM person_keys o WHERE o.person_id <> person_keys.person_id)"
    ),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_a_ciphertext_opens_only_in_its_own_row_and_field(
    store: Store, url: str, keys, tmp_path: Path, swap: str
) -> None:  # type: ignore[no-untyped-def]
    people = [person(store, sequence, village=f"村 {sequence}") for sequence in (1, 2)]
    with store.unit() as unit:
        for seed, someone in enumerate(people):
            enrol(unit, someone, reference_photo(seed))
    direct_sql(url, SWAPS[swap])
    fresh = Store(url, keys, tmp_path / "photos")  # without the keys that the first has in memory
    identity = EngineIdentity(ENGINE.engine, "other") if "engine" in swap else ENGINE
    with pytest.raises(SealBroken), fresh.reading() as unit:  # noqa: PT012 - either read may be the first to fail
        unit.people.get(people[0])
        unit.references.photos(people[0], identity)
    fresh.close()


def test_two_photo_files_exchanged_do_not_open(on_sqlite: Store, tmp_path: Path) -> None:
    with on_sqlite.unit() as unit:
        one, two = (unit.photos.put(None, "review", bytes([n]) * 50, NOW) for n in (1, 2))
    first, second = (path for path in (tmp_path / "photos").rglob("*") if path.is_file())
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    for photo_id in (one, two):
        with pytest.raises(SealBroken), on_sqlite.reading() as unit:
            unit.photos.get(photo_id)


@pytest.mark.asvs("11.2.5", "11.3.3")
@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:20], lambda b: b"", lambda b: b"\x02" + b[1:]])
def test_a_damaged_photo_file_is_refused(on_sqlite: Store, tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    with on_sqlite.unit() as unit:
        photo_id = unit.photos.put(None, "review", b"jpeg", NOW)
    (path,) = (path for path in (tmp_path / "photos").rglob("*") if path.is_file())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SealBroken), on_sqlite.reading() as unit:
        unit.photos.get(photo_id)


@pytest.mark.asvs("11.3.4")
def test_sealing_the_same_twice_looks_different(store: Store, url: str) -> None:
    person(store, 1, village="同一个村")
    person(store, 2, village="同一个村")
    (first,), (second,) = direct_sql(url, "SELECT village_sealed FROM people")
    assert bytes(first) != bytes(second)


@pytest.mark.asvs("13.3.2")
def test_files_are_readable_by_their_owner_only(on_sqlite: Store, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    store = Store(f"sqlite:///{fresh / 'a.db'}", on_sqlite._ring, fresh / "photos")
    store.migrate()
    with store.unit() as unit:
        unit.photos.put(None, "review", b"jpeg", NOW)
    assert {oct(path.stat().st_mode & 0o777) for path in fresh.rglob("*") if path.is_file()} == {"0o600"}
    assert {oct(path.stat().st_mode & 0o777) for path in fresh.rglob("*") if path.is_dir()} == {"0o700"}
    store.close()


def test_a_template_of_any_length_survives(store: Store) -> None:
    someone = person(store)
    vector = np.array([0.0, -0.0, 1e-38, 3.4e38, np.float32(0.1)], np.float32)
    with store.unit() as unit:
        unit.references.add_photo(someone, reference_photo(1, template=Template(ENGINE, vector, 3, mirrored=False)))
    with store.reading() as unit:
        (found,) = unit.references.photos(someone, ENGINE)
    assert found.template.vector.tobytes() == vector.tobytes()
    assert (found.template.images, found.template.mirrored) == (3, False)
