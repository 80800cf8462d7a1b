"""What a system's key says about a person weighs less than what the agency saw, and never decides alone."""

from __future__ import annotations

from datetime import date

import pytest

from auth_service.accounts.roles import Scope
from auth_service.core.errors import NoFaceFound, ReferencesComplete, ScopesConflict
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.references import ADDED_WITHIN_DAYS, MOST_ADDED, ReferenceSet
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import EngineIdentity
from auth_service.flows.enroll import EnrollRequest
from auth_service.flows.reembed import Reembed
from auth_service.flows.verify import VerifyRequest, VerifyResult
from auth_service.qualification.decision import Outcome, Reason
from auth_service.qualification.evidence import Channel
from tests.builders import WANG, Agency, Rows
from tests.conftest import FixedClock
from tests.fakes import FAKE_ENGINE, FakeReader, picture

COUNTY, BANK = "api_key:county", "api_key:bank"


def send(agency: Agency, *photos: bytes, key: str = COUNTY, source: PhotoSource = PhotoSource.ID_CHIP) -> int:
    """Enrols over the agency API; returns how many photos are in force then."""
    consent = Consent(ConsentBasis.SEPARATE_CONSENT, "v1", "zh", "agency_api", agency.clock.now(), "form 7")
    taken_on = date(2026, 3, 9)
    request = EnrollRequest(WANG, photos, source, taken_on, consent, key, "agency_api", True)
    return agency.enrolling.one(request).photos


def ask(agency: Agency, photo: bytes, key: str = BANK, *, attested: bool = True) -> VerifyResult:
    by = f"{key}:li.na" if attested else None
    return agency.verifying.run(VerifyRequest(WANG, (photo,), Channel.AGENCY_API, key, by))


def in_force(agency: Agency, person: str) -> ReferenceSet:
    with agency.store.reading() as unit:
        found = unit.references.current(person, FAKE_ENGINE)
    assert found is not None
    return found


def test_a_photo_that_a_key_adds_is_kept_and_moves_no_comparison(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"), source=PhotoSource.CARD)
    before = in_force(agency, person).template
    clock.advance(hours=1)
    assert send(agency, picture("wang", take=1), source=PhotoSource.OFFICER) == 2
    after = in_force(agency, person)
    assert before is not None
    assert after.template is not None
    assert after.template.vector.tolist() == before.vector.tolist()
    assert [photo.origin for photo in after.photos] == ["cli", COUNTY]


def test_what_an_officer_took_is_never_pushed_out_by_what_keys_add(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    agency.enroll(WANG, picture("wang", take=1), picture("wang", take=2), confirmed_by="officer-1")
    confirmed = {photo.id for photo in in_force(agency, person).photos}
    for take in range(3, 3 + MOST_ADDED):
        clock.advance(days=1)
        send(agency, picture("wang", take=take))
    found = in_force(agency, person)
    assert {photo.id for photo in found.anchors} == confirmed
    assert len(found.photos) == 4


def test_a_key_may_enrol_somebody_who_has_no_photo(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    assert send(agency, picture("wang"), picture("wang", take=1)) == 2
    clock.advance(days=1)
    assert send(agency, picture("wang", take=2)) == 3
    assert [photo.origin for photo in in_force(agency, person).anchors] == [COUNTY, COUNTY]
    assert ask(agency, picture("wang", take=5)).decision.qualified


def test_more_than_four_added_photos_in_a_month_go_to_an_officer(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    send(agency, picture("wang"))
    for take in range(1, 1 + MOST_ADDED):
        clock.advance(hours=1)
        send(agency, picture("wang", take=take), key=(COUNTY, BANK)[take % 2])
    clock.advance(hours=1)
    with pytest.raises(ReferencesComplete):
        send(agency, picture("wang", take=20), key="api_key:third")
    agency.enroll(WANG, picture("wang", take=21), confirmed_by="officer-1")
    clock.advance(days=ADDED_WITHIN_DAYS + 1)
    assert send(agency, picture("wang", take=22)) == 2


def test_beside_four_photos_of_the_agency_nothing_is_kept_for_nothing(agency: Agency) -> None:
    agency.person()
    agency.enroll(WANG, *[picture("wang", take=take) for take in range(4)])
    with pytest.raises(ReferencesComplete):
        send(agency, picture("wang", take=5))


def test_a_key_that_enrolled_somebody_cannot_pass_them_by_its_own_word(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    send(agency, picture("stranger"), key=COUNTY)
    clock.advance(hours=1)
    decision = ask(agency, picture("stranger", take=1), COUNTY).decision
    assert (decision.outcome, decision.reasons) == (Outcome.REFER, (Reason.REFERENCE_OF_SAME_KEY,))


def test_a_photo_from_anybody_else_lets_the_key_attest(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    send(agency, picture("wang"), key=COUNTY)
    clock.advance(hours=1)
    agency.enroll(WANG, picture("wang", take=1))
    assert ask(agency, picture("wang", take=2), COUNTY).decision.qualified


def test_one_key_never_enrols_and_attests(agency: Agency) -> None:
    with pytest.raises(ScopesConflict):
        agency.api_keys.create("county", (Scope.ENROLL, Scope.VERIFY, Scope.ASSISTED), 30, "cli")


def test_bare_photos_of_a_stranger_neither_use_up_a_persons_tries_nor_flag_them(agency: Agency) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    for take in range(7):
        assert not ask(agency, picture("stranger", take=take), "api_key:hostile", attested=False).flags
    assert agency.flags() == []
    assert ask(agency, picture("li", take=1)).decision.outcome is Outcome.RETRY
    assert ask(agency, picture("wang", take=3)).decision.qualified


def test_a_bare_photo_raises_no_new_flag_for_tries_that_were_made_before(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    for take in range(6):
        ask(agency, picture("stranger", take=take))
    assert agency.flags() == ["V03"]
    clock.advance(days=2)
    assert not ask(agency, picture("stranger", take=9), "api_key:hostile", attested=False).flags
    assert agency.flags() == ["V03"]


def test_tries_that_one_key_attests_leave_those_at_another(agency: Agency) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    outcomes = [ask(agency, picture("stranger", take=take), COUNTY).decision.outcome for take in range(3)]
    assert outcomes == [Outcome.RETRY, Outcome.RETRY, Outcome.REFER]
    assert ask(agency, picture("li"), BANK).decision.outcome is Outcome.RETRY


class BlindToTheAnchor(FakeReader):
    """A new engine that sees a face in photos of the second take alone."""

    def __init__(self) -> None:
        super().__init__(EngineIdentity("fake-2", "e" * 64))

    def read(self, data: bytes) -> FaceSample:
        if b'"take": 1' not in data:
            raise NoFaceFound
        return super().read(data)


def test_a_new_engine_that_reads_only_what_a_key_added_has_nothing_to_compare_with(agency: Agency) -> None:
    agency.person()
    agency.enroll(WANG, picture("wang"))
    send(agency, picture("wang", take=1))
    report = Reembed(agency.store, agency.clock).run(FAKE_ENGINE, BlindToTheAnchor(), Rows(), lambda _: None)
    assert (report.made, report.unreadable) == (0, 1)
