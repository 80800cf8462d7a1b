"""A photo is left on the phone's page, and an officer makes it an enrolled one or refuses it. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.capture.other_way import Way
from auth_service.capture.session import PHOTO_HOURS
from auth_service.core.errors import (
    AccessRefused,
    ConsentMissing,
    ImageOfAnotherPerson,
    NotFound,
    PhotoConflict,
    QualityTooLow,
    RateLimited,
    ReasonMissing,
    SessionExpired,
    SessionUnknown,
    StaleJudgement,
)
from auth_service.core.retention import RetentionPolicy
from auth_service.core.retention_rules import UPLOAD_DAYS
from auth_service.enrollment.references import ReferenceSet
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.quality import QualityReason
from auth_service.flows.answer_photo import AnswerPhoto, Checked
from auth_service.flows.answer_request import AnswerRequest
from auth_service.flows.open_session import OpenRequest
from auth_service.flows.retain import Retain
from auth_service.flows.session_terms import SessionKey
from auth_service.qualification.capture_outcome import OutcomeWord
from auth_service.qualification.decision import Reason
from auth_service.qualification.evidence import Channel
from auth_service.storage.sealing import DataKey, Place
from auth_service.storage.unit import OtherWay
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import FAKE_ENGINE, picture
from tests.flows.capturing import CONSENT, Phone, Rows, count
from tests.flows.erasing import Privacy

PHOTO = picture("li", take=40)


@pytest.fixture
def li(phone: Phone) -> str:
    """In the ledger, with no photo enrolled."""
    return phone.agency.person(LI, "李建国")


@pytest.fixture
def officer(agency: Agency) -> StaffMember:
    return agency.member(Role.OFFICER, "zhou")


@pytest.fixture
def desk(agency: Agency) -> AnswerPhoto:
    return AnswerPhoto(agency.store, agency.reader, agency.desk, agency.clock)


def left(phone: Phone, number: str = LI, photo: bytes = PHOTO) -> SessionKey:
    key = phone.open(number, device=number)
    phone.leaving.run(key, photo)
    return key


def waiting(phone: Phone) -> OtherWay:
    with phone.agency.store.reading() as unit:
        (request,) = unit.other_ways.waiting(10)
    return request


def actions(phone: Phone) -> list[str]:
    with phone.agency.store.reading() as unit:
        return [row.event.action for row in unit.audit.rows()]


def files(phone: Phone) -> int:
    return len(list((phone.agency.folder / "photos").glob("??/*")))


def reference(phone: Phone, person_id: str) -> ReferenceSet | None:
    with phone.agency.store.reading() as unit:
        return unit.references.current(person_id, FAKE_ENGINE)


def test_a_photo_waits_sealed_with_a_request_and_the_same_again_adds_nothing(phone: Phone, li: str) -> None:
    before = files(phone)
    key = left(phone)
    phone.leaving.run(key, PHOTO)
    request = waiting(phone)
    assert (request.way, request.person_id, request.consent) == (Way.PHOTO, li, CONSENT)
    assert files(phone) == before + 1
    sealed = max((phone.agency.folder / "photos").glob("??/*"), key=lambda path: path.stat().st_mtime).read_bytes()
    assert PHOTO not in sealed
    with phone.agency.store.reading() as unit:
        assert unit.photos.get(request.photo_id or "") == b"\xff\xd8" + PHOTO, "made anew from its pixels"
    assert actions(phone).count("photo.left") == 1
    with pytest.raises(PhotoConflict):
        phone.leaving.run(key, picture("li", take=41))


def test_after_the_outcome_another_way_a_photo_may_still_be_left(phone: Phone, li: str) -> None:
    key = phone.captured(LI, "li")
    assert phone.completing.run(key).outcome.word is OutcomeWord.OTHER_WAY
    phone.leaving.run(key, PHOTO)
    assert waiting(phone).person_id == li


def test_nothing_tells_who_is_known(phone: Phone, li: str, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enrolled, in the ledger only, in none: as many values sealed, files written, rows added; one answer, none."""
    sealed: list[str] = []
    whole = DataKey.seal

    def counting(self: DataKey, place: Place, data: bytes) -> bytes:
        sealed.append(f"{place.table}.{place.field} {len(data)}")
        return whole(self, place, data)

    told, kept = [], []
    for number in (WANG, LI, STRANGER):
        key, before = phone.open(number, device=number), files(phone)
        with monkeypatch.context() as patch:
            patch.setattr(DataKey, "seal", counting)
            phone.leaving.run(key, PHOTO)
        told.append((sorted(sealed), count(rows, "other_ways"), actions(phone)[-1]))
        kept.append(files(phone) - before)
        sealed.clear()
    assert told[0][0] == told[1][0] == told[2][0]
    assert [one[1] for one in told] == [1, 2, 3]
    assert {one[2] for one in told} == {"photo.left"}
    assert kept == [0, 1, 0], "kept where an officer could make something of it"
    found = rows("SELECT person_id IS NULL, photo_id IS NULL, consent_sealed IS NULL FROM other_ways ORDER BY asked_at")
    assert sorted(tuple(bool(one) for one in row) for row in found) == [
        (False, False, False),
        (False, True, True),
        (True, True, True),
    ]


def test_what_cannot_be_taken_is_refused_to_everybody_alike(phone: Phone, li: str, clock: FixedClock) -> None:
    for number in (WANG, LI, STRANGER):
        key = phone.open(number, device=number)
        with pytest.raises(QualityTooLow):
            phone.leaving.run(key, picture("li", reasons=[QualityReason.TOO_DARK]))
        with pytest.raises(SessionUnknown):
            phone.leaving.run(replace(key, token="another"), PHOTO)
        clock.advance(hours=PHOTO_HOURS)
        with pytest.raises(SessionExpired):
            phone.leaving.run(key, PHOTO)
        asked = OpenRequest(number, Channel.PHONE, replace(CONSENT, text_version="2026-11-28"))
        with pytest.raises(ConsentMissing):
            phone.leaving.run(phone.opening.exchange(phone.opening.run(asked).ticket), PHOTO)
        key = phone.open(number, device=number)
        phone.ending.run(key)
        with pytest.raises(SessionExpired):
            phone.leaving.run(key, PHOTO)


def test_one_session_has_few_pictures_looked_at(phone: Phone, li: str) -> None:
    key, dark = phone.open(LI), picture("li", reasons=[QualityReason.TOO_DARK])
    for _ in range(5):
        with pytest.raises(QualityTooLow):
            phone.leaving.run(key, dark)
    with pytest.raises(RateLimited):
        phone.leaving.run(key, PHOTO)


def test_an_officer_accepts_and_the_photo_is_a_reference_that_somebody_looked_at(
    phone: Phone, li: str, desk: AnswerPhoto, officer: StaffMember
) -> None:
    left(phone)
    request = waiting(phone)
    assert desk.picture(request.id, officer) == b"\xff\xd8" + PHOTO
    with pytest.raises(ReasonMissing):
        desk.accept(request.id, Checked.IDENTITY_DOCUMENT, " ", officer)
    desk.accept(request.id, Checked.IDENTITY_DOCUMENT, "与身份证一致", officer)
    found = reference(phone, li)
    assert found is not None
    (photo,) = found.photos
    assert (photo.source, photo.looked_at, photo.origin) == (PhotoSource.SELF_UPLOAD, True, f"staff:{officer.id}")
    assert actions(phone)[-3:] == ["photo.seen", "enrollment.replaced", "photo.accepted"]
    with phone.agency.store.reading() as unit:
        settled = unit.other_ways.get(request.id)
        assert unit.consents.current(li) == CONSENT
        assert unit.photos.get(request.photo_id or "") is None, "the enrolled picture is the one that is kept"
    assert settled is not None
    assert (settled.settled_by, settled.note) == (officer.id, "与身份证一致")
    for answer in (
        lambda: desk.accept(request.id, Checked.FILE_PHOTO, "再次", officer),
        lambda: desk.picture(request.id, officer),
    ):
        with pytest.raises(StaleJudgement):
            answer()


def test_a_self_upload_alone_passes_nobody_even_after_an_officer_looked(
    phone: Phone, li: str, desk: AnswerPhoto, officer: StaffMember
) -> None:
    left(phone)
    desk.accept(waiting(phone).id, Checked.FILE_PHOTO, "与存档照片一致", officer)
    found = reference(phone, li)
    assert found is not None
    assert found.alone_self_uploaded
    done = phone.run(LI, "li", take=7)
    assert done.decision.reasons == (Reason.NO_USABLE_REFERENCE,)
    assert (done.outcome.word, done.certificate) == (OutcomeWord.OTHER_WAY, None)
    attested = phone.agency.verify(LI, picture("li", take=8))
    assert not attested.decision.qualified
    phone.agency.enroll(LI, picture("li", take=9), source=PhotoSource.CARD)
    assert phone.run(LI, "li", take=10).decision.qualified, "together with a photo of the agency's it counts"


def test_an_officer_refuses_and_the_photo_is_gone(
    phone: Phone, li: str, desk: AnswerPhoto, officer: StaffMember
) -> None:
    before = files(phone)
    left(phone)
    request = waiting(phone)
    for role, name in ((Role.AUDITOR, "song"), (Role.MONITOR, "tang")):
        other = phone.agency.member(role, name)
        for act in (desk.picture, lambda one, who: desk.refuse(one, "不像", who)):
            with pytest.raises(AccessRefused):
                act(request.id, other)
    desk.refuse(request.id, "与证件照片不一致", officer)
    assert (files(phone), reference(phone, li)) == (before, None)
    assert actions(phone)[-1] == "photo.refused"
    with pytest.raises(StaleJudgement):
        desk.refuse(request.id, "再次", officer)


def test_a_request_that_is_just_marked_done_leaves_no_photo(phone: Phone, li: str, officer: StaffMember) -> None:
    before = files(phone)
    left(phone)
    answer = AnswerRequest(phone.agency.store, phone.clock, lambda _: None)
    request = waiting(phone)
    assert answer.see(request.id, officer).has_photo
    answer.settle(request.id, "已在窗口办好", officer)
    assert not answer.see(request.id, officer).has_photo
    assert files(phone) == before


def test_somebody_elses_enrolled_photo_is_refused_and_the_monitor_is_told(
    phone: Phone, li: str, desk: AnswerPhoto, officer: StaffMember
) -> None:
    left(phone, photo=picture("wang"))
    with pytest.raises(ImageOfAnotherPerson):
        desk.accept(waiting(phone).id, Checked.IDENTITY_DOCUMENT, "一致", officer)
    assert phone.agency.flags() == ["I09"]
    assert reference(phone, li) is None
    desk.refuse(waiting(phone).id, "是别人的照片", officer)


def test_nothing_takes_the_place_of_a_photo_that_was_enrolled_meanwhile(
    phone: Phone, li: str, desk: AnswerPhoto, officer: StaffMember
) -> None:
    left(phone)
    phone.agency.enroll(LI, picture("li", take=2))
    with pytest.raises(StaleJudgement):
        desk.accept(waiting(phone).id, Checked.IDENTITY_DOCUMENT, "一致", officer)
    found = reference(phone, li)
    assert found is not None
    assert [photo.source for photo in found.photos] == [PhotoSource.OFFICER]


def test_an_unanswered_photo_goes_after_a_month_and_the_request_stays(
    phone: Phone, li: str, clock: FixedClock, desk: AnswerPhoto, officer: StaffMember
) -> None:
    before = files(phone)
    left(phone)
    request = waiting(phone)
    retain = Retain(phone.agency.store, {}, RetentionPolicy(review_days=1), clock)
    clock.advance(hours=24 * UPLOAD_DAYS - 1)
    assert retain.run().removed["uploaded_photos"] == 0
    assert desk.picture(request.id, officer), "whatever the period of other pictures is"
    clock.advance(hours=2)
    assert retain.run().removed["uploaded_photos"] == 1
    assert files(phone) == before
    with pytest.raises(NotFound):
        desk.accept(request.id, Checked.IDENTITY_DOCUMENT, "一致", officer)
    assert waiting(phone).id == request.id
    assert request.asked_at + timedelta(days=UPLOAD_DAYS) < clock.now()


def test_whoever_takes_the_consent_back_takes_the_photo_along(phone: Phone, li: str) -> None:
    before = files(phone)
    key = phone.captured(LI, "li")
    phone.completing.run(key)
    phone.leaving.run(key, PHOTO)
    phone.ending.run(key)
    assert files(phone) == before
    assert actions(phone)[-1] == "photo.taken_back"
    assert waiting(phone).person_id == li, "somebody still calls"


def test_erasure_takes_photo_and_request(phone: Phone, li: str, privacy: Privacy, rows: Rows) -> None:
    before = files(phone)
    left(phone)
    privacy.run(LI)
    assert (files(phone), count(rows, "other_ways")) == (before, 0)
