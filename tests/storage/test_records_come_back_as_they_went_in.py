"""Round trips of every record, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from auth_service.core.audit import AuditEvent
from auth_service.core.errors import ServiceError, StorageFault
from auth_service.core.ids import new_id, new_serial
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.references import form_reference_set
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.template import Template
from auth_service.monitoring.flags import Judgement, Verdict
from auth_service.qualification.certificate import Certificate
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.storage.unit import NewCapture, Store
from tests.storage.samples import (
    ENGINE,
    LOOK,
    NON_MATCH,
    NOW,
    OTHER_ENGINE,
    PASSED,
    PHOTO_ONLY,
    TRY_AGAIN,
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


def same_template(one: Template, other: Template) -> bool:
    return (one.identity, one.images, one.mirrored) == (
        other.identity,
        other.images,
        other.mirrored,
    ) and np.array_equal(one.vector, other.vector)


def test_a_picture_comes_back_byte_for_byte(store: Store) -> None:
    jpeg = b"\xff\xd8" + bytes(range(256)) * 40
    someone = person(store)
    with store.unit() as unit:
        own = unit.photos.put(someone, "reference", jpeg, NOW)
        nobodys = unit.photos.put(None, "review", jpeg[::-1], NOW)
        chosen = unit.photos.put(someone, "review", jpeg, NOW, photo_id="f" * 32)
    assert chosen == "f" * 32
    with store.reading() as unit:
        assert unit.photos.get(own) == jpeg
        assert unit.photos.get(nobodys) == jpeg[::-1]
        assert unit.photos.get("0" * 32) is None


def test_a_reference_set_comes_back_with_its_photos_in_rank(store: Store) -> None:
    someone = person(store)
    card = reference_photo(1, source=PhotoSource.CARD, taken_on=None, looked_at=True)
    officer = reference_photo(2, origin="api_key:county")
    with store.unit() as unit:
        set_id = enrol(unit, someone, card, officer)
    with store.reading() as unit:
        found = unit.references.current(someone, ENGINE)
        assert unit.references.current(someone, OTHER_ENGINE) is None
        assert [photo.id for photo in unit.references.photos(someone, ENGINE)] == [card.id, officer.id]
    assert found is not None
    assert found.template is not None
    expected = form_reference_set(set_id, someone, [card, officer], NOW).template
    assert expected is not None
    assert same_template(found.template, expected)
    assert [photo.id for photo in found.photos] == [card.id, officer.id]  # looked at, before a key's word
    for stored, given in zip(found.photos, (card, officer), strict=True):
        assert same_template(stored.template, given.template)
        assert (stored.photo_hash, stored.source, stored.taken_on) == (given.photo_hash, given.source, given.taken_on)
        assert (stored.enrolled_at, stored.looked_at) == (given.enrolled_at, given.looked_at)
        assert stored.origin == given.origin
    assert found.active_since == NOW


def test_a_new_reference_set_ends_the_former_which_stays_as_history(store: Store) -> None:
    someone, later = person(store), NOW + timedelta(days=1)
    first, second = reference_photo(1), reference_photo(2)
    with store.unit() as unit:
        former = enrol(unit, someone, first)
        unit.references.add_photo(someone, second)
        unit.references.activate(form_reference_set(now_in_force := new_id(), someone, [first, second], later))
    with store.reading() as unit:
        assert unit.references.history(someone) == [(former, NOW, later, 1), (now_in_force, later, None, 2)]


def test_a_set_without_usable_photos_has_no_template(store: Store) -> None:
    someone = person(store)
    with store.unit() as unit:
        enrol(unit, someone, reference_photo(1, source=PhotoSource.SELF_UPLOAD))
    with store.reading() as unit:
        found = unit.references.current(someone, ENGINE)
    assert found is not None
    assert found.template is None
    assert found.alone_self_uploaded


def test_the_same_pixels_and_files_are_recognised(store: Store) -> None:
    mine, theirs = person(store, 1), person(store, 2)
    one, two = reference_photo(1), reference_photo(1)
    with store.unit() as unit:
        unit.references.add_photo(mine, one, file_digest=b"f" * 32)
        unit.references.add_photo(theirs, two)
    pixels = one.photo_hash.pixel_digest
    with store.reading() as unit:
        assert unit.references.has_photo(mine, ENGINE, pixels)
        assert not unit.references.has_photo(mine, OTHER_ENGINE, pixels)
        assert not unit.references.has_photo(mine, ENGINE, b"other pixels")
        assert unit.references.has_file(mine, ENGINE, b"f" * 32)
        assert not unit.references.has_file(theirs, ENGINE, b"f" * 32)
        assert unit.references.owners_of(pixels) == [(mine, one.id), (theirs, two.id)]


def test_the_same_pixels_cannot_be_enrolled_twice_for_one_person(store: Store) -> None:
    someone = person(store)
    with store.unit() as unit:
        unit.references.add_photo(someone, reference_photo(1))
    with pytest.raises(StorageFault), store.unit() as unit:
        unit.references.add_photo(someone, reference_photo(1))


def test_a_reader_follows_what_was_enrolled_since(store: Store) -> None:
    someone = person(store)
    photos = [reference_photo(seed) for seed in range(5)]
    with store.unit() as unit:
        for photo in photos:
            unit.references.add_photo(someone, photo)
    with store.reading() as unit:
        first = unit.references.hashes_since(0, 3)
        rest = unit.references.hashes_since(first[-1].sequence, 100)
        assert [known.photo_id for known in first + rest] == [photo.id for photo in photos]
        assert unit.references.hashes_since(rest[-1].sequence, 100) == []
        known = unit.references.known(photos[2].id)
        assert unit.references.known("0" * 32) is None
    assert known is not None
    assert (known.person_id, known.photo_hash) == (someone, photos[2].photo_hash)
    assert same_template(known.template, photos[2].template)


def test_earlier_captures_tell_what_became_of_them(store: Store) -> None:
    someone = person(store)
    passed, failed = evidence(someone, 0), evidence(someone, 5, channel=Channel.PHONE, comparison=NON_MATCH)
    with store.unit() as unit:
        picture = unit.photos.put(someone, "review", b"jpeg", NOW)
        unit.evidence.add(passed, PASSED)
        unit.evidence.add(failed, TRY_AGAIN)
        unit.captures.add(NewCapture(passed.id, someone, photo_hash(1), template(1), None, NOW))
        unit.captures.add(NewCapture(failed.id, someone, photo_hash(2), template(2), picture, NOW))
    with store.reading() as unit:
        captures = unit.captures.of(someone, ENGINE, 64)
        by_another_engine = unit.captures.of(someone, OTHER_ENGINE, 64)
    assert [(c.photo_hash, c.template) for c in by_another_engine] == [(photo_hash(1), None), (photo_hash(2), None)]
    assert [(c.evidence_id, c.photo_id, c.channel, c.qualified) for c in captures] == [
        (passed.id, None, Channel.COUNTER, True),
        (failed.id, picture, Channel.PHONE, False),
    ]
    assert captures[1].photo_hash == photo_hash(2)
    assert captures[1].taken_at == failed.taken_at
    assert captures[1].template is not None
    assert same_template(captures[1].template, template(2))


def test_the_newest_consent_counts(store: Store) -> None:
    someone = person(store)
    law = Consent(ConsentBasis.STATUTORY_DUTY, "v1", "zh", "bulk", NOW, "条例第二十六条")
    own = Consent(ConsentBasis.SEPARATE_CONSENT, "v2", "en", "counter", NOW + timedelta(hours=1))
    with store.unit() as unit:
        assert unit.consents.current(someone) is None
        unit.consents.add(someone, law)
        assert unit.consents.current(someone) == law
        unit.consents.add(someone, own)
    with store.reading() as unit:
        assert unit.consents.current(someone) == own


def test_evidence_and_decision_come_back_exactly(store: Store) -> None:
    someone = person(store)
    whole, bare = evidence(someone), evidence(None, 1, comparison=None, quality=(), kind=EvidenceKind.PHOTO)
    with store.unit() as unit:
        unit.evidence.add(whole, PASSED)
        unit.evidence.add(bare, LOOK)
    with store.reading() as unit:
        assert unit.evidence.get(whole.id) == (whole, PASSED)
        assert unit.evidence.get(bare.id) == (bare, LOOK)
        assert unit.evidence.get("0" * 32) is None


def test_a_photo_alone_cannot_be_stored_as_qualified(store: Store) -> None:
    someone = person(store)
    with pytest.raises(StorageFault), store.unit() as unit:
        unit.evidence.add(evidence(someone, kind=EvidenceKind.PHOTO), PASSED)
    with pytest.raises(StorageFault), store.unit() as unit:
        unit.evidence.add(evidence(someone, comparison=None), PASSED)


def test_failures_are_counted_by_channel_time_and_cycle(store: Store) -> None:
    someone = person(store)
    refused = {"comparison": NON_MATCH}
    with store.unit() as unit:
        unit.evidence.add(evidence(someone, -60, **refused), TRY_AGAIN)
        unit.evidence.add(evidence(someone, -30), PASSED)
        unit.evidence.add(evidence(someone, 0, **refused), TRY_AGAIN)
        unit.evidence.add(evidence(someone, 1, channel=Channel.PHONE, **refused), TRY_AGAIN)
        # a bare photo that looks alike is a look-up; a bare photo of somebody else is a try
        unit.evidence.add(evidence(someone, 2, kind=EvidenceKind.PHOTO, pad=PHOTO_ONLY), LOOK)
        unit.evidence.add(evidence(someone, 3, kind=EvidenceKind.PHOTO, pad=PHOTO_ONLY, **refused), LOOK)
    with store.reading() as unit:
        assert unit.evidence.failures(someone, Channel.COUNTER, NOW) == 2
        assert unit.evidence.failures(someone, None, NOW) == 3
        assert unit.evidence.failures(someone, None, NOW - timedelta(hours=2)) == 4
        assert unit.evidence.failures_in_cycle(someone) == 3
        assert unit.evidence.last_pass(someone) == (NOW - timedelta(minutes=30), EvidenceKind.ASSISTED)
        assert unit.evidence.last_pass("0" * 32) is None
        assert unit.evidence.failures_in_cycle("0" * 32) == 0


def test_a_certificate_is_found_by_its_serial_alone(store: Store) -> None:
    someone = person(store)
    proof = evidence(someone)
    certificate = Certificate(new_serial(), EvidenceKind.ASSISTED, date(2026, 3, 10), date(2027, 3, 31), "AC1.a.b.c")
    with store.unit() as unit:
        unit.evidence.add(proof, PASSED)
        unit.certificates.add(certificate, someone, proof.id, NOW)
    with store.reading() as unit:
        assert unit.certificates.by_serial(certificate.serial) == certificate
        assert unit.certificates.by_serial(new_serial()) is None


def test_a_flag_is_raised_once_and_keeps_its_judgements(store: Store) -> None:
    one, two = person(store, 1), person(store, 2)
    with store.unit() as unit:
        raised = unit.flags.raise_once(flag(two, one))
        assert raised is not None
        assert unit.flags.raise_once(flag(one)) is None
        first = Judgement(raised, Verdict.NEEDS_CHECK, "打电话给王秀英", "staff-1", NOW)
        first_id = unit.judgements.add(first, None)
        second = Judgement(raised, Verdict.FALSE_FLAG, "本人已到", "staff-2", NOW + timedelta(days=1))
        second_id = unit.judgements.add(second, first_id)
    with store.reading() as unit:
        stored = unit.flags.get(raised)
        assert unit.flags.get("0" * 32) is None
    assert stored is not None
    assert stored.flag == flag(two, one)
    assert stored.judgements == ((first_id, first), (second_id, second))


def test_an_instant_of_any_zone_comes_back_as_the_same_instant_in_utc(store: Store) -> None:
    beijing = datetime(2026, 3, 10, 10, 30, 15, 123456, tzinfo=timezone(timedelta(hours=8)))
    someone = person(store)
    with store.unit() as unit:
        unit.consents.add(someone, Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "counter", beijing))
    with store.reading() as unit:
        found = unit.consents.current(someone)
    assert found is not None
    assert found.recorded_at == beijing
    assert found.recorded_at.tzinfo is UTC


@pytest.mark.asvs("2.3.3")
def test_what_fails_halfway_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.unit() as unit:  # noqa: PT012
        unit.people.apply(row(3), NOW, "b")
        unit.photos.put(None, "review", b"jpeg", NOW)
        raise ZeroDivisionError
    with store.reading() as unit:
        assert unit.people.id_of(number(3)) is None
        assert not unit.photos.any_on_record()
    assert [name for shelf in store.photo_files.shelves() for name in store.photo_files.on_shelf(shelf, None)] == []


def test_a_reading_unit_refuses_to_write(store: Store) -> None:
    with pytest.raises(ServiceError), store.reading() as unit:
        unit.people.apply(row(3), NOW, "b")
    with pytest.raises(StorageFault), store.reading() as unit:
        unit.audit.append(AuditEvent("cli", "x.y"), NOW)
