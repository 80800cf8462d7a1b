"""One verification, from photo to what is on record."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from auth_service.core.errors import (
    FieldInvalid,
    IdempotencyInFlight,
    IdNumberCheckDigit,
    NoFaceFound,
    PhotosDiffer,
)
from auth_service.core.ids import new_serial
from auth_service.enrollment.sources import PhotoSource
from auth_service.liveness.decision import PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.qualification.decision import Outcome, Reason
from auth_service.qualification.evidence import Channel, EvidenceKind
from tests.builders import LI, STRANGER, WANG, Agency
from tests.conftest import FixedClock
from tests.fakes import picture


@pytest.fixture
def wang(agency: Agency) -> str:
    person = agency.person(WANG)
    agency.enroll(WANG, picture("wang"))
    return person


def test_an_attested_match_qualifies_and_gives_a_certificate(agency: Agency, wang: str) -> None:
    result = agency.verify(WANG, picture("wang", take=1))
    assert result.decision.outcome is Outcome.QUALIFIED
    assert result.evidence_kind is EvidenceKind.ASSISTED
    assert result.certificate is not None
    assert result.certificate.due_on == date(2027, 3, 31)
    assert agency.look.certificate(result.certificate.serial) == result.certificate
    with agency.store.reading() as unit:
        passed = unit.evidence.last_pass(wang)
    assert passed is not None
    assert passed[1] is EvidenceKind.ASSISTED
    assert result.flags == ()


def test_a_certificate_row_that_nobody_signed_is_no_certificate(agency: Agency, wang: str) -> None:
    passed = agency.verify(WANG, picture("wang", take=1))
    refused = agency.verify(WANG, picture("li", take=1))
    assert passed.certificate is not None
    fake = replace(passed.certificate, serial=new_serial(), due_on=date(2099, 12, 31))
    with agency.store.unit() as unit:
        unit.certificates.add(fake, wang, refused.evidence_id, agency.clock.now())
    assert agency.look.certificate(fake.serial) is None
    assert agency.look.certificate(passed.certificate.serial) == passed.certificate


def test_a_pass_keeps_no_picture(agency: Agency, wang: str) -> None:
    before = sum(1 for path in (agency.folder / "photos").rglob("*") if path.is_file())
    agency.verify(WANG, picture("wang", take=1))
    assert sum(1 for path in (agency.folder / "photos").rglob("*") if path.is_file()) == before


def test_a_bare_photo_of_the_right_person_is_referred(agency: Agency, wang: str) -> None:
    result = agency.verify(WANG, picture("wang", take=1), attested=False)
    assert result.decision.outcome is Outcome.REFER
    assert result.decision.zone is Zone.MATCH
    assert result.certificate is None


def test_an_officer_may_look_first_and_vouch_with_the_same_photo_a_minute_later(
    agency: Agency, wang: str, clock: FixedClock
) -> None:
    agency.verify(WANG, picture("wang", take=1), attested=False)
    clock.advance(minutes=1)
    assert agency.verify(WANG, picture("wang", take=1)).decision.qualified


def test_the_same_photo_an_hour_later_is_a_replay(agency: Agency, wang: str, clock: FixedClock) -> None:
    agency.verify(WANG, picture("wang", take=1), attested=False)
    clock.advance(hours=1)
    result = agency.verify(WANG, picture("wang", take=1))
    assert result.decision.reasons == (Reason.ATTACK_SUSPECTED,)
    assert agency.flags() == ["V04"]


def test_the_same_photo_over_another_channel_is_a_replay_at_once(agency: Agency, wang: str) -> None:
    agency.verify(WANG, picture("wang", take=1), attested=False)
    result = agency.verify(WANG, picture("wang", take=1), channel=Channel.AGENCY_API)
    assert result.decision.reasons == (Reason.ATTACK_SUSPECTED,)


def test_a_photo_that_has_passed_cannot_pass_again(agency: Agency, wang: str) -> None:
    assert agency.verify(WANG, picture("wang", take=1)).decision.qualified
    again = agency.verify(WANG, picture("wang", take=1))
    assert again.decision.outcome is Outcome.REFER
    assert agency.flags() == ["V04"]


@pytest.mark.asvs("16.3.3")
def test_a_copy_of_the_enrolled_photo_is_flagged_even_when_an_officer_vouches(agency: Agency, wang: str) -> None:
    result = agency.verify(WANG, picture("wang"))
    assert result.decision.outcome is Outcome.REFER
    assert result.comparison is None
    assert len(result.flags) == 1
    with agency.store.reading() as unit:
        stored = unit.flags.get(result.flags[0])
        assert stored is not None
        assert [label for label, _ in stored.flag.photos] == ["probe", "reference"]
        assert all(unit.photos.get(photo_id) for _, photo_id in stored.flag.photos)
        found = unit.evidence.get(result.evidence_id)
    assert found is not None
    assert found[0].pad.verdict is PadVerdict.ATTACK_SUSPECTED


def test_a_copy_of_a_photo_that_left_the_set_is_still_a_copy(agency: Agency, wang: str) -> None:
    for take in range(1, 7):
        agency.enroll(WANG, picture("wang", take=take))
    for take in range(7):
        assert agency.verify(WANG, picture("wang", take=take)).decision.reasons == (Reason.ATTACK_SUSPECTED,), take


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_one_picture_sent_many_times_at_once_passes_once(agency: Agency, wang: str) -> None:
    start = threading.Barrier(6)

    def send(_: int) -> str:
        start.wait(timeout=20)
        try:
            return agency.verify(WANG, picture("wang", take=1)).decision.outcome.value
        except IdempotencyInFlight:
            return "in flight"

    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(send, range(6)))
    assert outcomes.count("qualified") == 1, outcomes


@pytest.mark.asvs("2.3.1")
def test_a_strangers_face_tries_again_twice_and_then_goes_to_a_person(
    agency: Agency, wang: str, clock: FixedClock
) -> None:
    outcomes = []
    for take in range(1, 5):
        clock.advance(minutes=1)
        outcomes.append(agency.verify(WANG, picture("li", take=take)).decision.outcome.value)
    assert outcomes == ["retry", "retry", "refer", "refer"]
    assert agency.flags() == ["V03"]


def test_tries_of_yesterday_do_not_count_today(agency: Agency, wang: str, clock: FixedClock) -> None:
    for take in (1, 2):
        agency.verify(WANG, picture("li", take=take))
    clock.advance(hours=25)
    assert agency.verify(WANG, picture("li", take=3)).decision.outcome is Outcome.RETRY


def test_a_pass_after_failures_starts_the_count_anew(agency: Agency, wang: str, clock: FixedClock) -> None:
    for day in range(6):
        clock.advance(days=2)
        agency.verify(WANG, picture("li", take=day + 1))
        if day == 3:
            assert agency.verify(WANG, picture("wang", take=9)).decision.qualified
    assert agency.flags() == []


def test_the_grey_zone_is_looked_at_by_a_person(agency: Agency, wang: str) -> None:
    result = agency.verify(WANG, picture("wang", take=3, blur=0.5))
    assert result.decision.zone is Zone.GREY
    assert result.decision.outcome is Outcome.REFER


def test_a_declared_twin_does_not_pass_on_a_face(agency: Agency) -> None:
    agency.person(WANG, tags="双胞胎")
    agency.enroll(WANG, picture("wang"))
    result = agency.verify(WANG, picture("wang", take=1))
    assert (result.decision.outcome, result.decision.reasons) == (Outcome.REFER, (Reason.FACE_NOT_ENOUGH,))
    assert result.certificate is None


def test_the_same_work_is_done_for_an_unknown_person_as_for_an_enrolled_one(
    agency: Agency, wang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    read, reencode = agency.reader.read, agency.reader.reencode
    monkeypatch.setattr(agency.reader, "read", lambda data: done.append("read") or read(data))
    monkeypatch.setattr(agency.reader, "reencode", lambda data: done.append("reencode") or reencode(data))
    work = []
    for number in (WANG, STRANGER):
        for attested in (True, False):
            done.clear()
            agency.verify(number, picture("li", take=len(work) + 1), attested=attested)
            work.append((attested, list(done)))
    assert work[:2] == work[2:]


def test_nobody_learns_whether_a_number_is_in_the_ledger(agency: Agency, wang: str) -> None:
    agency.person(LI, "李建国")
    known, unknown = agency.verify(LI, picture("li")), agency.verify(STRANGER, picture("li"))
    assert known.decision == unknown.decision
    assert known.decision.reasons == (Reason.NO_USABLE_REFERENCE,)
    assert known.certificate is unknown.certificate is None


def test_a_lone_self_upload_is_nothing_to_compare_with(agency: Agency) -> None:
    agency.person(WANG)
    enrolled = agency.enroll(WANG, picture("wang"), source=PhotoSource.SELF_UPLOAD)
    assert not enrolled.usable
    result = agency.verify(WANG, picture("wang", take=1))
    assert result.decision.reasons == (Reason.NO_USABLE_REFERENCE,)


def test_photos_of_two_people_are_not_averaged(agency: Agency, wang: str) -> None:
    with pytest.raises(PhotosDiffer):
        agency.verify(WANG, picture("wang", take=1), picture("li", take=1))


def test_several_photos_of_one_moment_are_averaged_and_each_is_remembered(
    agency: Agency, wang: str, clock: FixedClock
) -> None:
    result = agency.verify(WANG, *(picture("wang", take=n) for n in (1, 2, 3)))
    assert result.decision.qualified
    clock.advance(hours=1)
    for take in (1, 2, 3):
        assert agency.verify(WANG, picture("wang", take=take)).decision.reasons == (Reason.ATTACK_SUSPECTED,)


@pytest.mark.asvs("2.3.2")
@pytest.mark.parametrize("count", [0, 4])
def test_the_number_of_photos_is_bounded(agency: Agency, wang: str, count: int) -> None:
    with pytest.raises(FieldInvalid):
        agency.verify(WANG, *[picture("wang", take=n) for n in range(count)])


def test_bad_input_leaves_no_trace_but_the_error(agency: Agency, wang: str) -> None:
    with agency.store.reading() as unit:
        before = unit.audit.head()
    with pytest.raises(IdNumberCheckDigit):
        agency.verify("130203195001010018", picture("wang", take=1))
    with pytest.raises(NoFaceFound):
        agency.verify(WANG, b"not a photo")
    with agency.store.reading() as unit:
        assert unit.audit.head() == before


@pytest.mark.asvs("2.3.3")
def test_what_must_stand_with_the_result_falls_with_it(agency: Agency, wang: str) -> None:
    from auth_service.flows.verify import VerifyRequest  # noqa: PLC0415

    def fail(*_: object) -> None:
        raise RuntimeError("the line broke")

    with agency.store.reading() as unit:
        before = unit.audit.head()
    request = VerifyRequest(WANG, (picture("wang", take=1),), Channel.COUNTER, "cli", "officer-1")
    with pytest.raises(RuntimeError):
        agency.verifying.run(request, fail)
    with agency.store.reading() as unit:
        assert unit.audit.head() == before
        assert unit.evidence.last_pass(wang) is None
