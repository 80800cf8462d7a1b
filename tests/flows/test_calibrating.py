"""Calibration on one's own people: measured on what is stored, two people put it in force, decisions follow it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Role
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    CalibrationMissing,
    CalibrationTampered,
    CalibrationTooFew,
    EvaluationSetTooSmall,
    FaceDiffersFromReference,
    FieldInvalid,
    NotFound,
    SecondPersonNeeded,
)
from auth_service.core.intervals import Rate
from auth_service.faces.copies import CopyPolicy
from auth_service.flows.calibrate import Calibrate
from auth_service.flows.current_calibration import CurrentCalibration
from auth_service.flows.enroll import Enroll, ReferenceDesk
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.matching.calibration import Basis, Calibration, Cell, Metric, OperatingPoint
from auth_service.matching.own_record import Plan, Proposal, Subject
from auth_service.matching.own_thresholds import Targets
from auth_service.qualification.decision import DecisionPolicy
from auth_service.qualification.evidence import Channel
from tests.builders import WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.fakes import FAKE_ENGINE, fake_calibration, picture

SUBJECT = Subject(FAKE_ENGINE, Metric.COSINE, True, fake_calibration())
PLAN = Plan("own", Targets(1e-3), normalisation=False)


def calibrating(agency: Agency, *, strict: bool = False) -> Calibrate:
    return Calibrate(agency.store, SUBJECT, agency.clock, strict=strict)


def current(agency: Agency, *, own_only: bool = False) -> CurrentCalibration:
    return CurrentCalibration(lambda: agency.store, FAKE_ENGINE, fake_calibration(), mirrored=True, own_only=own_only)


def numbers(count: int) -> Iterator[str]:
    return (id_number(date(1930 + place % 50, 3, 4), place) for place in range(1, count + 1))


@pytest.fixture
def village(agency: Agency) -> Agency:
    for place, number in enumerate(numbers(6)):
        agency.person(number, "赵")
        agency.enroll(number, picture(f"face{place}"), picture(f"face{place}", take=1))
    return agency


@pytest.fixture
def admins(village: Agency) -> tuple[StaffMember, StaffMember]:
    return village.member(Role.POLICY_ADMIN, "li"), village.member(Role.POLICY_ADMIN, "zhou")


def own_record(name: str = "own", *, accept: float = 0.99, measured: bool = True) -> Proposal:
    """A proposal with chosen thresholds, as if many people had been measured."""
    rate = Rate(30, 300_000, 0.00005, 0.0002)
    basis = Basis.MEASURED if measured else Basis.RAISED
    cell = Cell(
        800 if measured else 257, OperatingPoint(1e-4, accept, rate, rate), OperatingPoint(1e-2, 0.8, rate, rate), basis
    )
    calibration = replace(fake_calibration(), name=name, own=True, cells=dict.fromkeys(fake_calibration().cells, cell))
    return Proposal(calibration, {"cells": {}}, {}, {})


def test_few_people_give_a_raised_record_from_enrolments_and_passes(village: Agency) -> None:
    first = next(numbers(1))
    assert village.verify(first, picture("face0", take=5)).decision.qualified
    steps: dict[str, int] = {}

    def count(step: str, done: int) -> None:
        steps[step] = steps.get(step, 0) + done

    proposal = calibrating(village).measure(PLAN, count)
    assert steps == {"listing": 6, "opening": 6, "measuring": 10}
    record = proposal.calibration
    assert proposal.report["sample"]["everybody"] == 6
    assert proposal.report["sample"]["photos"] == 13
    assert record.identity == FAKE_ENGINE
    assert record.own
    assert not record.is_measured
    assert record.cells["1x1"].accept_at >= 0.95
    assert proposal.report["tries"]["passed"] == 1
    assert proposal.report["tries"]["fnmr_at_least"] == 0.0


def test_a_refused_try_confirmed_by_a_pass_counts_against_the_matcher(village: Agency, clock: FixedClock) -> None:
    first = next(numbers(1))
    assert not village.verify(first, picture("face0", take=6, blur=1.5)).decision.qualified
    clock.advance(minutes=20)
    assert village.verify(first, picture("face0", take=7)).decision.qualified
    clock.advance(days=9)
    assert not village.verify(first, picture("stranger")).decision.qualified
    proposal = calibrating(village).measure(PLAN)
    tries = proposal.report["tries"]
    assert (tries["passed"], tries["refused_then_passed"], tries["refused_and_left"]) == (1, 1, 1)
    assert tries["fnmr_at_least"] == 0.5
    assert tries["fnmr_at_most"] == pytest.approx(2 / 3)
    assert proposal.report["sample"]["photos"] == 14, "the stranger's photo is nobody's"


def test_photos_that_an_officer_replaced_and_the_tries_before_are_left_out(village: Agency, clock: FixedClock) -> None:
    first = next(numbers(1))
    village.verify(first, picture("face0", take=5))
    clock.advance(days=1)
    village.enroll(first, picture("face0 after all"), confirmed_by="officer-1")
    proposal = calibrating(village).measure(PLAN)
    assert proposal.report["sample"]["photos"] == 11
    assert proposal.report["tries"]["passed"] == 0


def test_an_erased_person_is_not_measured(village: Agency, clock: FixedClock) -> None:
    with village.store.unit() as unit:
        someone = unit.people.id_of(next(numbers(1)))
        assert someone is not None
        unit._work.keys.destroy(someone, clock.now())
    assert calibrating(village).measure(PLAN).report["sample"]["everybody"] == 5


def test_nobody_enrolled_is_too_few(agency: Agency) -> None:
    with pytest.raises(EvaluationSetTooSmall):
        calibrating(agency).measure(PLAN)
    for name in ("", "a@b", "x" * 65):
        with pytest.raises(FieldInvalid):
            calibrating(agency).measure(replace(PLAN, name=name))


@pytest.mark.asvs("2.3.5")
def test_one_proposes_another_activates_and_both_stand_in_the_audit_trail(
    village: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    flow, (li, zhou) = calibrating(village), admins
    flow.propose(own_record(), li)
    with pytest.raises(SecondPersonNeeded):
        flow.activate("own", li)
    activated = flow.activate("own", zhou)
    assert (activated.active, activated.proposed_by, activated.activated_by) == (True, li.id, zhou.id)
    with pytest.raises(AlreadyExists):
        flow.activate("own", zhou)
    with pytest.raises(AlreadyExists):
        flow.propose(own_record(), li)
    with village.store.reading() as unit:
        events = [row.event for row in unit.audit.rows() if row.event.action.startswith("calibration.")]
    assert [(event.actor, event.action) for event in events] == [
        (f"staff:{li.id}", "calibration.proposed"),
        (f"staff:{zhou.id}", "calibration.activated"),
    ]
    assert {(event.details or {})["record_digest"] for event in events} == {activated.digest}


def test_only_active_policy_administrators_may(village: Agency, admins: tuple[StaffMember, StaffMember]) -> None:
    flow, (li, zhou) = calibrating(village), admins
    officer = village.member(Role.OFFICER, "wu")
    with pytest.raises(AccessRefused):
        flow.propose(own_record(), officer)
    flow.propose(own_record(), li)
    for member in (officer, replace(zhou, disabled=True)):
        with pytest.raises(AccessRefused):
            flow.activate("own", member)
    village.staff.disable("li", "cli")
    with pytest.raises(SecondPersonNeeded):
        flow.activate("own", zhou)
    with pytest.raises(NotFound):
        flow.activate("no such record", zhou)


def test_production_takes_no_record_of_too_few_people_nor_of_another_engine(
    village: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    flow, (li, zhou) = calibrating(village, strict=True), admins
    with pytest.raises(CalibrationTooFew, match=r"776 people, 257 were compared: enrol more, or use --fmr 0\.001"):
        flow.propose(own_record("few", measured=False), li)
    calibrating(village).propose(own_record("few", measured=False), li)  # while the profile was another
    with pytest.raises(CalibrationTooFew, match="takes 776 people, 257 were compared"):
        flow.activate("few", zhou)
    foreign = own_record("foreign")
    identity = replace(FAKE_ENGINE, weights_digest="e" * 64)
    flow.propose(replace(foreign, calibration=replace(foreign.calibration, identity=identity)), li)
    with pytest.raises(CalibrationMissing):
        flow.activate("foreign", zhou)


def verifying(agency: Agency, source: CurrentCalibration) -> Verify:
    policies = VerifyPolicies(DecisionPolicy(), CopyPolicy())
    return Verify(agency.store, agency.reader, source, agency.signer, agency.clock, policies)


def test_a_running_service_takes_up_an_activation_without_a_restart(
    village: Agency, admins: tuple[StaffMember, StaffMember], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("auth_service.flows.current_calibration.time.monotonic", lambda: now[0])
    village.verifying = verifying(village, current(village))
    people, (li, zhou) = list(numbers(6)), admins
    almost = {"take": 9, "blur": 0.2}  # similarity about 0.98
    before = village.verify(people[0], picture("face0", **almost))
    assert (before.decision.qualified, before.calibration) == (True, "fake@1")
    calibrating(village).propose(own_record(accept=0.995), li)
    calibrating(village).activate("own", zhou)
    now[0] += 29
    assert village.verify(people[1], picture("face1", **almost)).calibration == "fake@1"
    now[0] += 2
    after = village.verify(people[2], picture("face2", **almost))
    assert (after.decision.qualified, after.calibration) == (False, "own@1")


def test_thresholds_slipped_in_by_sql_stop_a_running_service_until_two_people_act(
    village: Agency, admins: tuple[StaffMember, StaffMember], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("auth_service.flows.current_calibration.time.monotonic", lambda: now[0])
    flow, (li, zhou), people = calibrating(village, strict=True), admins, list(numbers(6))
    village.verifying = verifying(village, current(village, own_only=True))
    flow.propose(own_record(accept=0.95), li)
    flow.activate("own", zhou)
    assert village.verify(people[0], picture("face0", take=9)).calibration == "own@1"
    flow.propose(own_record("evil", accept=0.9), li)
    with village.store.unit() as unit:  # as the role that serves: it may add rows
        unit._work.connection.exec_driver_sql(
            "INSERT INTO calibration_activations (calibration_id, proposed_by, activated_by, activated_at) "
            f"SELECT id, proposed_by, '{zhou.id}', proposed_at FROM calibrations WHERE name = 'evil'"
        )
    now[0] += 31
    for _ in range(2):
        with pytest.raises(CalibrationTampered):
            village.verify(people[1], picture("face1", take=9))
    with village.store.reading() as unit:
        assert [row.event.action for row in unit.audit.rows()].count("calibration.refused") == 1
    states = {one.calibration.name: (one.active, one.activated_by) for one in flow.all()}
    assert states == {"evil": (False, None), "own": (False, zhou.id)}
    flow.activate("own", zhou)
    assert village.verify(people[1], picture("face1", take=9)).calibration == "own@1"


def test_what_a_record_would_change_is_said_of_earlier_decisions(village: Agency) -> None:
    people = list(numbers(6))
    for place in range(3):
        assert village.verify(people[place], picture(f"face{place}", take=9, blur=0.2)).decision.qualified
    village.verify(people[3], picture("stranger"), attested=True, channel=Channel.COUNTER)
    flow = calibrating(village)
    same = flow.effect(fake_calibration())
    assert (same["comparisons"], same["unknown"], same["changed"]) == (4, 0, 0)
    assert flow.effect(own_record(accept=0.995).calibration)["changes"] == {"match to grey": 3}


def test_in_production_nothing_is_decided_before_an_own_record_is_in_force(
    village: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    first, (li, zhou) = next(numbers(1)), admins
    village.verifying = verifying(village, current(village, own_only=True))
    with pytest.raises(CalibrationMissing):
        village.verify(first, picture("face0", take=5))
    calibrating(village).propose(own_record("few", measured=False), li)
    calibrating(village).activate("few", zhou)  # while the profile was another
    village.verifying = verifying(village, current(village, own_only=True))
    with pytest.raises(CalibrationMissing):
        village.verify(first, picture("face0", take=5))
    calibrating(village, strict=True).propose(own_record("many"), li)
    calibrating(village, strict=True).activate("many", zhou)
    village.verifying = verifying(village, current(village, own_only=True))
    assert village.verify(first, picture("face0", take=5)).calibration == "many@1"


def test_before_that_people_can_be_enrolled_but_nobody_joins_a_set_in_force(agency: Agency) -> None:
    source = current(agency, own_only=True)
    agency.desk = ReferenceDesk(FAKE_ENGINE, source, CopyPolicy(), source.starting)
    agency.enrolling = Enroll(agency.store, agency.reader, agency.desk, agency.clock)
    agency.person(WANG)
    assert agency.enroll(WANG, picture("wang"), picture("wang", take=1)).photos == 2
    with pytest.raises(CalibrationMissing):
        agency.enroll(WANG, picture("wang", take=2))
    other = next(numbers(1))
    agency.person(other, "赵")
    agency.enroll(other, picture("zhao"))
    with pytest.raises((FaceDiffersFromReference, CalibrationMissing)):
        agency.enroll(other, picture("somebody else"))


def test_a_record_of_other_weights_or_mirroring_stops_the_source(
    village: Agency, admins: tuple[StaffMember, StaffMember]
) -> None:
    li, zhou = admins
    calibrating(village).propose(own_record(), li)
    calibrating(village).activate("own", zhou)
    unmirrored = CurrentCalibration(lambda: village.store, FAKE_ENGINE, None, mirrored=False, own_only=True)
    with pytest.raises(CalibrationMissing):
        unmirrored()


def test_the_source_asks_the_database_once_per_half_minute(village: Agency) -> None:
    opened: list[int] = []

    def counted() -> object:
        opened.append(1)
        return village.store

    source = CurrentCalibration(counted, FAKE_ENGINE, fake_calibration(), mirrored=True, own_only=False)  # type: ignore[arg-type]
    found: list[Calibration | None] = [source() for _ in range(50)]
    assert {one.label for one in found if one} == {"fake@1"}
    assert len(opened) == 1
