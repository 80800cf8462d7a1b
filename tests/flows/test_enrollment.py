"""Photos become references, once, and only of the right person."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.core.errors import (
    BeneficiaryUnknown,
    EnrollmentRefused,
    FaceDiffersFromReference,
    ImageOfAnotherPerson,
    QualityTooLow,
)
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.photo_file import PhotoFile
from auth_service.enrollment.sources import PhotoSource
from auth_service.flows.enroll_many import EnrollReport
from tests.builders import LI, STRANGER, WANG, Agency, Rows
from tests.fakes import FAKE_ENGINE, picture, read_files


def references(agency: Agency, person: str) -> int:
    with agency.store.reading() as unit:
        current = unit.references.current(person, FAKE_ENGINE)
    return len(current.photos) if current else 0


def test_a_second_photo_joins_the_first_and_the_past_is_kept(agency: Agency) -> None:
    person = agency.person()
    first = agency.enroll(WANG, picture("wang"))
    second = agency.enroll(WANG, picture("wang", take=1))
    assert (first.photos, second.photos) == (1, 2)
    with agency.store.reading() as unit:
        history = unit.references.history(person)
    assert [row[0] for row in history] == [first.reference_set_id, second.reference_set_id]
    assert history[0][2] is not None
    assert history[1][2] is None


def test_the_same_photo_again_changes_nothing(agency: Agency) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    assert agency.enroll(WANG, picture("wang")).photos == 1
    assert references(agency, person) == 1


def test_another_face_cannot_replace_the_person(agency: Agency) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    with pytest.raises(FaceDiffersFromReference):
        agency.enroll(WANG, picture("li"))
    assert references(agency, person) == 1


def test_a_face_in_the_grey_zone_does_not_join_and_an_officer_may_replace_the_set(agency: Agency) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    aged = picture("wang", take=1, blur=0.5)
    with pytest.raises(FaceDiffersFromReference):
        agency.enroll(WANG, aged)
    assert agency.enroll(WANG, aged, confirmed_by="officer-1").photos == 1
    with agency.store.reading() as unit:
        assert len(unit.references.history(person)) == 2
        replaced = [row.event for row in unit.audit.rows() if row.event.action == "enrollment.replaced"]
    assert [event.details["confirmed_by"] for event in replaced if event.details] == ["officer-1"]


def test_separate_consent_after_a_bulk_enrolment_is_recorded(agency: Agency, tmp_path: Path) -> None:
    person = agency.person()
    bulk(agency, files(tmp_path, (WANG, picture("wang"))))
    agency.enroll(WANG, picture("wang", take=1))
    with agency.store.reading() as unit:
        consent = unit.consents.current(person)
    assert consent is not None
    assert consent.basis is ConsentBasis.SEPARATE_CONSENT


def test_one_image_for_two_people_is_refused_and_flagged_with_both_photos(agency: Agency) -> None:
    agency.person(WANG)
    agency.person(LI, "李建国")
    agency.enroll(WANG, picture("wang"))
    with pytest.raises(ImageOfAnotherPerson):
        agency.enroll(LI, picture("wang"))
    assert agency.flags() == ["I09"]
    monitor = agency.member()
    row = agency.store.queries.flags(None, cursor=None, limit=10).rows[0]
    view = agency.look.flag(row.id, monitor)
    assert set(view.photos) == {"offered", "reference"}
    assert all(agency.look.photo(row.id, label, monitor) for label in view.photos)


def test_a_poor_photo_is_refused_with_what_to_do_better(agency: Agency) -> None:
    agency.person()
    with pytest.raises(QualityTooLow) as refused:
        agency.enroll(WANG, picture("wang", reasons=["too_dark", "tilted"]))
    assert refused.value.detail == "too_dark,tilted"


def test_an_unknown_person_is_named_only_to_who_may_know(agency: Agency) -> None:
    with pytest.raises(BeneficiaryUnknown):
        agency.enroll(STRANGER, picture("x"))
    with pytest.raises(EnrollmentRefused) as refused:
        agency.enroll(STRANGER, picture("x"), reveal=False)
    assert type(refused.value) is EnrollmentRefused


def test_the_ground_for_processing_the_face_is_recorded(agency: Agency) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    with agency.store.reading() as unit:
        consent = unit.consents.current(person)
    assert consent is not None
    assert (consent.basis, consent.reference) == (ConsentBasis.SEPARATE_CONSENT, "form 7")


def bulk(agency: Agency, files: list[PhotoFile]) -> tuple[EnrollReport, Rows]:
    rejects = Rows()
    consent = Consent(ConsentBasis.STATUTORY_DUTY, "v1", "zh", "bulk", agency.clock.now(), "law")
    return agency.enrolling_many.run(files, read_files, consent, rejects, lambda _: None), rejects


def files(folder: Path, *offered: tuple[str, bytes]) -> list[PhotoFile]:
    made = []
    for row, (number, data) in enumerate(offered, start=1):
        path = folder / f"{row}.jpg"
        path.write_bytes(data)
        made.append(PhotoFile(row, path, number, PhotoSource.REGISTER))
    return made


def test_a_folder_is_enrolled_and_what_is_refused_says_why(agency: Agency, tmp_path: Path) -> None:
    agency.person(WANG)
    agency.person(LI, "李建国")
    offered = files(
        tmp_path,
        (WANG, picture("wang")), (WANG, picture("wang", take=1)), (WANG, picture("li", take=5)),
        (LI, picture("li")), (LI, b"damaged"), (STRANGER, picture("x")), ("12", picture("y")),
    )  # fmt: skip
    report, rejects = bulk(agency, offered)
    assert (report.photos, report.enrolled, report.refused, report.people) == (7, 3, 4, 2)
    assert sorted((row, code) for row, _, code in rejects.refused) == [
        (3, "face_differs_from_reference"), (5, "no_face_found"), (6, "beneficiary_unknown"), (7, "id_number_invalid"),
    ]  # fmt: skip


def test_running_it_again_reads_nothing_twice(agency: Agency, tmp_path: Path) -> None:
    agency.person(WANG)
    offered = files(tmp_path, (WANG, picture("wang")), (WANG, picture("wang", take=1)))
    bulk(agency, offered)

    def never(items: object) -> object:
        assert list(items) == []  # type: ignore[call-overload]
        return iter(())

    consent = Consent(ConsentBasis.STATUTORY_DUTY, "v1", "zh", "bulk", agency.clock.now(), "law")
    report = agency.enrolling_many.run(offered, never, consent, Rows(), lambda _: None)  # type: ignore[arg-type]
    assert (report.enrolled, report.known_already) == (0, 2)


def test_one_image_for_two_people_in_one_folder_is_refused_for_the_second(agency: Agency, tmp_path: Path) -> None:
    agency.person(WANG)
    agency.person(LI, "李建国")
    report, rejects = bulk(agency, files(tmp_path, (WANG, picture("wang")), (LI, picture("wang"))))
    assert (report.enrolled, report.refused) == (1, 1)
    assert rejects.refused[0][2] == "image_of_another_person"
    assert agency.flags() == ["I09"]
