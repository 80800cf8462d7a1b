"""Before there is a calibration, or with one that lacks a cell, the answer is the same for everybody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.core.errors import CalibrationMissing, EnrollmentRefused
from auth_service.faces.copies import CopyPolicy
from auth_service.flows.current_calibration import CurrentCalibration
from auth_service.flows.enroll import Enroll, ReferenceDesk
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.matching.calibration import Calibration, CalibrationSource
from auth_service.qualification.decision import DecisionPolicy
from tests.builders import LI, STRANGER, WANG, Agency
from tests.fakes import FAKE_ENGINE, fake_calibration, picture


def decide_with(agency: Agency, source: CalibrationSource) -> None:
    policies = VerifyPolicies(DecisionPolicy(), CopyPolicy())
    agency.verifying = Verify(agency.store, agency.reader, source, agency.signer, agency.clock, policies)


@pytest.fixture
def uncalibrated(agency: Agency) -> Agency:
    """As `serve --uncalibrated` in production: somebody enrolled, somebody without photos."""
    source = CurrentCalibration(
        lambda: agency.store, FAKE_ENGINE, fake_calibration(), mirrored=True, own_only=True
    )  # fmt: skip
    agency.desk = ReferenceDesk(FAKE_ENGINE, source, CopyPolicy(), source.starting)
    agency.enrolling = Enroll(agency.store, agency.reader, agency.desk, agency.clock)
    decide_with(agency, source)
    agency.person(WANG)
    agency.person(LI, "李建国")
    agency.enroll(WANG, picture("wang"), reveal=False)
    return agency


@pytest.mark.parametrize("number", [WANG, LI, STRANGER])
def test_a_verification_is_refused_for_all_alike(uncalibrated: Agency, number: str) -> None:
    with pytest.raises(CalibrationMissing):
        uncalibrated.verify(number, picture("li"), attested=False)


@pytest.mark.parametrize("number", [WANG, LI, STRANGER])
def test_a_record_without_the_cell_is_refused_for_all_alike(uncalibrated: Agency, number: str) -> None:
    whole: Calibration = fake_calibration()
    lacking = replace(whole, cells={key: cell for key, cell in whole.cells.items() if key != "4x2"})
    decide_with(uncalibrated, lambda: lacking)
    uncalibrated.verify(number, picture("li"), attested=False)
    with pytest.raises(CalibrationMissing):
        uncalibrated.verify(number, picture("li", take=1), picture("li", take=2), attested=False)


def test_a_further_photo_is_refused_as_an_unknown_number_is(uncalibrated: Agency) -> None:
    for number in (WANG, STRANGER):
        with pytest.raises(EnrollmentRefused) as refused:
            uncalibrated.enroll(number, picture("wang", take=2), reveal=False)
        assert type(refused.value) is EnrollmentRefused
    with pytest.raises(CalibrationMissing):  # who may know is told what is missing
        uncalibrated.enroll(WANG, picture("wang", take=2))
