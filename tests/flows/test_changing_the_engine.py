"""From one face engine to another: nobody is lost, both can decide meanwhile, and the old templates end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auth_service.core.clock import Clock
from auth_service.core.errors import EngineFault, EngineInUse, NoFaceFound, PeopleLeftBehind, ServiceError
from auth_service.faces.copies import CopyPolicy
from auth_service.faces.sample import FaceSample
from auth_service.faces.template import EngineIdentity
from auth_service.flows.enroll import Enroll, ReferenceDesk
from auth_service.flows.reembed import Reembed, ReembedReport
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.qualification.decision import DecisionPolicy, Outcome
from tests.builders import LI, WANG, Agency
from tests.fakes import FAKE_ENGINE, FakeReader, fake_calibration, picture

NEW = EngineIdentity("fake-2", "e" * 64)


class Rejects:
    def __init__(self) -> None:
        self.rows: list[tuple[Sequence[str], str]] = []

    def reject(self, row: int, values: Sequence[str], error: ServiceError) -> None:
        self.rows.append((values, error.code))


class SelectiveReader(FakeReader):
    """The new engine; it finds no face in photos of the named faces."""

    def __init__(self, blind_to: Sequence[str] = (), stops_after: int | None = None) -> None:
        super().__init__(NEW)
        self.blind_to = blind_to
        self.left = stops_after

    def read(self, data: bytes) -> FaceSample:
        if any(f'"face": "{face}"'.encode() in data for face in self.blind_to):
            raise NoFaceFound
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise EngineFault("the machine was switched off")
        return super().read(data)


def change(agency: Agency, reader: FakeReader | None = None, rejects: Rejects | None = None) -> ReembedReport:
    flow = Reembed(agency.store, agency.clock)
    return flow.run(FAKE_ENGINE, reader or SelectiveReader(), rejects or Rejects(), lambda _: None, jobs=2)


def waiting(agency: Agency) -> int:
    return Reembed(agency.store, agency.clock).standing(FAKE_ENGINE, NEW).waiting


def with_new_engine(agency: Agency, clock: Clock) -> Agency:
    """The same deployment, started with the new engine."""
    calibration = replace(fake_calibration(), identity=NEW)
    agency.reader = FakeReader(NEW)
    policies = VerifyPolicies(DecisionPolicy(), CopyPolicy())
    agency.verifying = Verify(agency.store, agency.reader, lambda: calibration, agency.signer, clock, policies)
    agency.desk = ReferenceDesk(NEW, lambda: calibration, CopyPolicy())
    agency.enrolling = Enroll(agency.store, agency.reader, agency.desk, clock)
    return agency


@pytest.fixture
def enrolled(agency: Agency) -> Agency:
    agency.person(WANG)
    agency.person(LI, "李建国")
    agency.enroll(WANG, picture("wang"), picture("wang", take=1))
    agency.enroll(LI, picture("li"))
    return agency


def test_everybody_gets_a_set_of_the_new_engine_and_the_old_one_decides_meanwhile(enrolled: Agency) -> None:
    report = change(enrolled)
    assert (report.people, report.made, report.unreadable, report.photos) == (2, 2, 0, 3)
    assert waiting(enrolled) == 0
    assert enrolled.verify(WANG, picture("wang", take=5)).decision.outcome is Outcome.QUALIFIED


def test_after_the_switch_the_new_engine_decides(enrolled: Agency, clock: Clock) -> None:
    change(enrolled)
    with_new_engine(enrolled, clock)
    assert enrolled.verify(WANG, picture("wang", take=5)).decision.outcome is Outcome.QUALIFIED
    assert enrolled.verify(LI, picture("wang", take=6)).decision.outcome is not Outcome.QUALIFIED


def test_an_enrolled_photo_shown_as_a_capture_is_found_under_the_new_engine_too(enrolled: Agency, clock: Clock) -> None:
    change(enrolled)
    with_new_engine(enrolled, clock)
    result = enrolled.verify(WANG, picture("wang", take=1))
    assert result.decision.outcome is Outcome.REFER
    assert enrolled.flags() == ["V04"]


def test_last_years_capture_is_found_under_the_new_engine_too(enrolled: Agency, clock: Clock) -> None:
    assert enrolled.verify(WANG, picture("wang", take=7)).decision.outcome is Outcome.QUALIFIED
    change(enrolled)
    with_new_engine(enrolled, clock)
    assert enrolled.verify(WANG, picture("wang", take=7)).decision.outcome is Outcome.REFER
    assert enrolled.flags() == ["V04"]


def test_a_run_that_stopped_is_taken_up_where_it_was(enrolled: Agency) -> None:
    with pytest.raises(EngineFault):
        change(enrolled, SelectiveReader(stops_after=1))
    left = waiting(enrolled)
    assert left > 0
    report = change(enrolled)
    assert report.made == left
    assert waiting(enrolled) == 0
    assert change(enrolled).people == 0


def test_people_enrolled_meanwhile_are_taken_by_the_next_run(enrolled: Agency) -> None:
    change(enrolled)
    enrolled.enroll(LI, picture("li", take=1))
    assert waiting(enrolled) == 1
    report = change(enrolled)
    assert (report.made, waiting(enrolled)) == (1, 0)
    with enrolled.store.reading() as unit:
        person = unit.people.id_of(LI)
        assert person is not None
        in_force = unit.references.current(person, NEW)
    assert in_force is not None
    assert len(in_force.photos) == 2


def test_whoever_the_new_engine_cannot_see_is_named_and_stays_with_the_old_one(enrolled: Agency) -> None:
    rejects = Rejects()
    report = change(enrolled, SelectiveReader(blind_to=["li"]), rejects)
    assert (report.made, report.unreadable, report.refused_by_code) == (1, 1, {"no_face_found": 1})
    assert len(rejects.rows) == 1
    assert waiting(enrolled) == 1


def test_templates_end_only_when_the_number_left_behind_is_known(enrolled: Agency) -> None:
    change(enrolled, SelectiveReader(blind_to=["li"]))
    flow = Reembed(enrolled.store, enrolled.clock)
    with pytest.raises(EngineInUse):
        flow.retire(FAKE_ENGINE, FAKE_ENGINE, 0, "cli")
    with pytest.raises(PeopleLeftBehind):
        flow.retire(FAKE_ENGINE, NEW, 0, "cli")
    assert flow.retire(FAKE_ENGINE, NEW, 1, "cli") > 0


def test_after_the_end_no_old_template_is_left_and_the_new_engine_decides(enrolled: Agency, clock: Clock) -> None:
    enrolled.verify(WANG, picture("wang", take=7))
    change(enrolled)
    flow = Reembed(enrolled.store, enrolled.clock)
    destroyed = flow.retire(FAKE_ENGINE, NEW, 0, "cli")
    assert destroyed == 3 + 2 + 1  # photos, sets, one capture
    left = {count.identity: (count.people, count.templates) for count in flow.standing(FAKE_ENGINE, NEW).engines}
    assert left[FAKE_ENGINE] == (0, 0)
    assert left[NEW][0] == 2
    with_new_engine(enrolled, clock)
    assert enrolled.verify(WANG, picture("wang", take=8)).decision.outcome is Outcome.QUALIFIED
    assert enrolled.verify(WANG, picture("wang", take=7)).decision.outcome is Outcome.REFER
    assert flow.retire(FAKE_ENGINE, NEW, 0, "cli") == 0


def test_the_same_photo_for_somebody_else_is_still_found(enrolled: Agency, clock: Clock) -> None:
    change(enrolled)
    Reembed(enrolled.store, enrolled.clock).retire(FAKE_ENGINE, NEW, 0, "cli")
    with_new_engine(enrolled, clock)
    with pytest.raises(ServiceError) as refused:
        enrolled.enroll(LI, picture("wang"))
    assert refused.value.code == "image_of_another_person"
    assert enrolled.flags() == ["I09"]


def test_one_engine_cannot_replace_itself(enrolled: Agency) -> None:
    with pytest.raises(EngineInUse):
        change(enrolled, FakeReader(FAKE_ENGINE))


def test_every_set_made_anew_stands_in_the_audit(enrolled: Agency) -> None:
    change(enrolled)
    with enrolled.store.reading() as unit:
        actions = [row.event.action for row in unit.audit.rows()]
    assert actions.count("references.reembedded") == 2
    assert actions[-1] == "references.reembedding_finished"
