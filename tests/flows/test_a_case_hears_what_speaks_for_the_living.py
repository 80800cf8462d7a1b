"""What was taken back speaks for nothing in a case, and whoever may be alive is not called dead by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from auth_service.casework.case import CaseState, Cause
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.casework.time_line import Track
from auth_service.casework.weighing import Against, For
from auth_service.core.errors import CaseDoesNotFollow, ContestIsOpen, PartlyDone, PersonJustSeen
from auth_service.flows.ask_other_way import Named
from auth_service.flows.see_case import CaseShown
from auth_service.flows.work_case import Checked
from auth_service.monitoring.flags import Severity
from auth_service.payments.proposals import Act, Ground
from auth_service.qualification.evidence import Channel
from tests.builders import LI, WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.flows.casing import Desk
from tests.flows.registries import Registries, death, void


@pytest.fixture
def desk(agency: Agency, clock: FixedClock) -> Desk:
    return Desk(agency, clock)


@pytest.fixture
def registries(desk: Desk) -> Registries:
    """A registry says that Wang died, and her case shows what was paid to her since."""
    found = Registries(desk.agency, steward="shi")
    desk.money.pay("2026-01", "2026-02")
    found.take(death("1", id_number=WANG, name="王秀英", event_date="2025-12-20"))
    found.compare()
    desk.gather()
    assert shown(desk).overpaid
    return found


def shown(desk: Desk) -> CaseShown:
    (case,) = [one for one in desk.cases() if one.cause is Cause.DEATH]
    return desk.seeing.case(case.id, desk.monitor)


def speaks_for_nothing(found: CaseShown) -> bool:
    assert any(entry.track is Track.RECORD for entry in found.entries)
    assert Against.TAKEN_BACK in found.weighed.speaks_against
    return found.weighed.speaks_for == () and found.overpaid == () and not any(one.clashes for one in found.entries)


def test_a_record_that_its_source_took_back_speaks_for_nothing(desk: Desk, registries: Registries) -> None:
    assert For.RECORD_FITS in shown(desk).weighed.speaks_for
    desk.later()
    registries.take(void("1"))
    registries.compare()
    assert speaks_for_nothing(shown(desk))
    desk.gather()  # the word that it was taken back is in the case now, and is no record of a death
    assert "D13" in [one.flag.rule_id for one in shown(desk).flags]
    assert speaks_for_nothing(shown(desk))


def test_a_record_that_means_somebody_else_speaks_for_nothing(desk: Desk, registries: Registries) -> None:
    link = str(shown(desk).flags[0].flag.evidence["link"])
    registries.disproving.run(link, "同名，不是本人", desk.monitor)
    assert speaks_for_nothing(shown(desk))


def test_word_that_a_record_was_taken_back_reaches_the_open_case_and_takes_a_proposal_back(
    desk: Desk, registries: Registries
) -> None:
    desk.take()
    desk.check(Step.VISIT, Outcome.TOLD_OF_DEATH)
    desk.propose(Disposition.CONFIRMED_DEATH)
    registries.take(void("1"))
    registries.compare()
    assert desk.gather() == {"opened": 0, "joined": 1, "reopened": 0, "flags": 1}
    with pytest.raises(CaseDoesNotFollow):
        desk.approve()
    assert desk.gather()["flags"] == 0


def test_a_death_that_people_confirmed_is_asked_again_when_its_record_is_taken_back(
    desk: Desk, registries: Registries
) -> None:
    """Nothing is held of her yet, so that the word of it is a low flag."""
    desk.close(Disposition.CONFIRMED_DEATH, Step.VISIT, Outcome.TOLD_OF_DEATH)
    desk.later()
    registries.take(void("1"))
    registries.compare()
    assert desk.gather()["reopened"] == 1
    assert (desk.case.standing.state, desk.case.standing.disposition) == (CaseState.NEW, None)


def test_nobody_who_says_that_they_live_is_confirmed_dead_before_somebody_answered(
    desk: Desk, registries: Registries
) -> None:
    desk.money.do(Act.HOLD, Ground.DEATH_RECORD)
    desk.take()
    desk.check(Step.VISIT, Outcome.TOLD_OF_DEATH)
    desk.propose(Disposition.CONFIRMED_DEATH)
    desk.money.opening.by_number(Named(WANG, "王秀英"), Channel.PHONE)
    with pytest.raises(ContestIsOpen):
        desk.approve()
    assert desk.case.standing.state is CaseState.PROPOSED
    desk.deciding.give_back(desk.case.id, "本人提出异议", desk.checker)
    with pytest.raises(ContestIsOpen):
        desk.propose(Disposition.CONFIRMED_DEATH)
    desk.propose(Disposition.FALSE_ALARM)


def test_whoever_was_seen_for_another_case_is_not_confirmed_dead(desk: Desk, registries: Registries) -> None:
    desk.flag("V03", Severity.MEDIUM)
    desk.gather()
    by_cause = {case.cause: case.id for case in desk.cases()}
    for cause, checked in (
        (Cause.DEATH, Checked(Step.VISIT, Outcome.TOLD_OF_DEATH)),
        (Cause.VERIFICATION, Checked(Step.IN_PERSON, Outcome.SEEN)),
    ):
        desk.working.assign(by_cause[cause], "chen", desk.monitor)
        desk.working.note_step(by_cause[cause], checked, desk.monitor)
    with pytest.raises(PersonJustSeen):
        desk.working.propose(by_cause[Cause.DEATH], Disposition.CONFIRMED_DEATH, "依据齐全", desk.monitor)
    assert Against.SEEN in shown(desk).weighed.speaks_against
    with pytest.raises(PersonJustSeen):
        desk.money.propose(Act.HOLD, Ground.DEATH_RECORD)


def test_cases_that_were_written_by_hand_keep_nobody_elses_flags_waiting(
    desk: Desk, rows: Callable[..., list[Any]]
) -> None:
    """An act and a case past the service; whoever comes after them is seen to, and the worker tells of both."""
    others = [desk.money.add_person(LI, "TS-2"), desk.money.add_person(id_number(date(1950, 4, 4), 7), "TS-3")]
    desk.died()
    desk.gather()
    rows(
        "INSERT INTO case_acts (id, case_id, number, act, state, severity, severity_rank, rules, due_on, assignee,"
        " done_by, done_at) SELECT 'f' || substr(id, 2), case_id, 2, 'assigned', 'assigned', severity, severity_rank,"
        " rules, due_on, :monitor, :monitor, done_at FROM case_acts",
        monitor=desk.monitor.id,
    )
    rows(
        "INSERT INTO cases (id, person_id, cause, opened_at) SELECT 'f' || substr(id, 2), :person, cause, opened_at"
        " FROM cases",
        person=others[0],
    )
    desk.flag("D13", Severity.CRITICAL)
    for person in others:
        desk.flag("D13", Severity.CRITICAL, person, person)
    with pytest.raises(PartlyDone) as told:
        desk.gather()
    assert (told.value.detail, told.value.counts["opened"]) == ("seal_broken: 2", 1)
    assert desk.gathering.some(3) == (0, False)
    assert [case.cause for case in desk.cases(others[1])] == [Cause.DEATH]
