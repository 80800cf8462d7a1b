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
from auth_service.flows.reembed import STILL_IN_USE, Reembed, ReembedReport, Retirement
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.qualification.decision import DecisionPolicy, Outcome
from tests.builders import LI, WANG, Agency
from tests.conftest import FixedClock
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


def retire(agency: Agency, left_behind: int = 0, *, despite_use: bool = False) -> int:
    return Reembed(agency.store, agency.clock).retire(Retirement(FAKE_ENGINE, NEW, left_behind, despite_use), "cli")


def test_templates_end_only_when_the_number_left_behind_is_known(enrolled: Agency) -> None:
    change(enrolled, SelectiveReader(blind_to=["li"]))
    with pytest.raises(EngineInUse):
        Reembed(enrolled.store, enrolled.clock).retire(Retirement(FAKE_ENGINE, FAKE_ENGINE, 0), "cli")
    with pytest.raises(PeopleLeftBehind):
        retire(enrolled)
    assert retire(enrolled, 1) > 0


def test_an_engine_that_still_decides_keeps_its_templates(enrolled: Agency, clock: FixedClock) -> None:
    """The new engine is set in one shell alone; what was decided of late says more than that shell's setting."""
    change(enrolled)
    assert enrolled.verify(WANG, picture("wang", take=7)).decision.qualified
    clock.advance(hours=23)
    with pytest.raises(EngineInUse, match="decided an attempt at"):
        retire(enrolled)
    clock.advance(days=3)  # a long weekend
    with pytest.raises(EngineInUse, match="fake-2 has decided no attempt since"):
        retire(enrolled)
    assert enrolled.verify(WANG, picture("wang", take=8)).decision.qualified, "nothing was destroyed"
    with_new_engine(enrolled, clock)
    enrolled.verify(WANG, picture("wang", take=9))
    clock.advance(seconds=STILL_IN_USE.total_seconds())
    assert retire(enrolled) > 0


def test_somebody_who_knows_better_may_say_so(enrolled: Agency) -> None:
    enrolled.verify(WANG, picture("wang", take=7))
    change(enrolled)
    assert retire(enrolled, despite_use=True) > 0


def test_each_batch_that_is_destroyed_stands_in_the_audit(enrolled: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_service.flows.reembed._DESTROYED_AT_ONCE", 1)
    change(enrolled)
    destroyed = retire(enrolled)
    with enrolled.store.reading() as unit:
        events = [row.event for row in unit.audit.rows() if row.event.details and "destroyed" in row.event.details]
    counts = [int(str((event.details or {})["destroyed"])) for event in events]
    assert len(counts) > 2
    assert sum(counts[:-1]) == counts[-1] == destroyed
    assert [event.action for event in events][-2:] == ["references.templates_destroyed", "references.engine_retired"]


def test_after_the_end_no_old_template_is_left_and_the_new_engine_decides(enrolled: Agency, clock: FixedClock) -> None:
    enrolled.verify(WANG, picture("wang", take=7))
    change(enrolled)
    flow = Reembed(enrolled.store, enrolled.clock)
    destroyed = retire(enrolled, despite_use=True)
    assert destroyed == 3 + 2 + 1  # photos, sets, one capture
    left = {count.identity: (count.people, count.templates) for count in flow.standing(FAKE_ENGINE, NEW).engines}
    assert left[FAKE_ENGINE] == (0, 0)
    assert left[NEW][0] == 2
    with_new_engine(enrolled, clock)
    assert enrolled.verify(WANG, picture("wang", take=8)).decision.outcome is Outcome.QUALIFIED
    assert enrolled.verify(WANG, picture("wang", take=7)).decision.outcome is Outcome.REFER
    assert retire(enrolled, despite_use=True) == 0


def test_the_same_photo_for_somebody_else_is_still_found(enrolled: Agency, clock: Clock) -> None:
    change(enrolled)
    retire(enrolled)
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
