"""Two years in one life under a fixed clock: enrol, certify, age, fail, be helped, certify again; and the relative."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from auth_service.core.audit import verify
from auth_service.core.errors import FaceDiffersFromReference
from auth_service.enrollment.sources import PhotoSource
from auth_service.monitoring.flags import Verdict
from auth_service.qualification.decision import Outcome, Reason
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.databases import BOTH
from tests.fakes import picture


@pytest.fixture(params=BOTH)
def agency(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Agency]:
    """On SQLite, and on PostgreSQL as the roles that serve and import."""
    on_postgres = request.param == "postgres"
    built = Agency(tmp_path, clock, request.getfixturevalue("empty_postgres").urls if on_postgres else None)
    yield built
    built.close()


def test_two_years(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"), source=PhotoSource.ID_CHIP)

    first = agency.verify(WANG, picture("wang", take=1))
    assert first.certificate is not None
    assert first.certificate.due_on == date(2027, 3, 31)

    # a year later a relative comes with last year's picture, and even finds somebody to vouch for it
    clock.advance(days=370)
    stale = agency.verify(WANG, picture("wang", take=1))
    assert stale.decision.reasons == (Reason.ATTACK_SUSPECTED,)

    # then with their own face, again and again
    outcomes = []
    for take in range(3):
        clock.advance(minutes=3)
        outcomes.append(agency.verify(WANG, picture("son of wang", take=take)).decision.outcome)
    assert Outcome.QUALIFIED not in outcomes
    assert sorted(agency.flags()) == ["V03", "V04"]

    # the monitor looks at both flags and asks for a check; nothing about the person has changed
    monitor = agency.member()
    for row in agency.store.queries.flags("open", cursor=None, limit=10).rows:
        agency.judge.run(row.id, Verdict.NEEDS_CHECK, "call the person on the number on file", monitor, None)
    with agency.store.reading() as unit:
        passed = unit.evidence.last_pass(person)
    assert passed is not None
    assert passed[0].date() == date(2026, 3, 10)

    # Wang herself comes, older: too unlike for the machine, so an officer compares her papers, puts a new photo in
    # the place of the old one, and she passes
    clock.advance(days=2)
    aged = agency.verify(WANG, picture("wang", take=20, blur=0.45, look=77))
    assert aged.decision.outcome is Outcome.REFER
    with pytest.raises(FaceDiffersFromReference):
        agency.enroll(WANG, picture("wang", take=21, blur=0.45, look=77))
    agency.enroll(WANG, picture("wang", take=21, blur=0.45, look=77), confirmed_by="officer-1")
    clock.advance(hours=1)
    second = agency.verify(WANG, picture("wang", take=22, blur=0.45, look=77))
    assert second.certificate is not None
    assert second.certificate.due_on == date(2028, 3, 31)

    assert agency.store.queries.flag_counts()["needs_check"] == 2
    with agency.store.reading() as unit:
        rows, head = unit.audit.head()
        assert verify(unit.audit.rows(), rows, head).ok
