"""Who wants no data comparison is passed by nothing they did not do, is told so kindly, and loses no day by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.clock import legal_date
from auth_service.core.errors import AccessRefused, BeneficiaryUnknown, ReasonMissing
from auth_service.flows.import_events import EventsReport, ImportEvents
from auth_service.flows.keep_data_wish import KeepDataWish
from auth_service.flows.sweep import Sweep
from auth_service.qualification.status import Status, Why, status_of
from auth_service.qualification.status_words import said
from auth_service.storage.unit import LifeTerms
from tests.builders import STRANGER, WANG, Agency, Rows
from tests.conftest import FixedClock


def feed(agency: Agency, days_ago: int, ref: str, kind: str = "vaccination") -> EventsReport:
    on = legal_date(agency.clock.now()) - timedelta(days=days_ago)
    row = {"source_ref": ref, "id_number": WANG, "kind": kind, "event_date": str(on), "source": "health"}
    return ImportEvents(agency.ledger_store, agency.clock).run(Rows([row]), Rows(), "test", lambda _: None)


def stands(agency: Agency, person: str) -> Status:
    with agency.store.reading() as unit:
        today = legal_date(agency.clock.now())
        (life,) = unit.lives.facts([person], LifeTerms(today, (), frozenset()))
        return status_of(life.facts, unit.policies.book(), agency.clock.now())


def test_a_wish_moves_no_due_date_and_ends_silent_passes_until_it_is_taken_back(
    agency: Agency, clock: FixedClock, rows: Callable[..., list[Any]]
) -> None:
    person, officer = agency.person(), agency.member(Role.OFFICER, "ou")
    wishes = KeepDataWish(agency.store, clock)
    clock.advance(days=30)
    feed(agency, 0, "r1")
    before = stands(agency, person)
    clock.advance(days=10)
    assert wishes.run(WANG, officer, wants_data=False, said="form of 3 May")
    assert not wishes.run(WANG, officer, wants_data=False, said="again")
    after = stands(agency, person)
    assert (after.due_on, after.passed_on, after.state) == (before.due_on, before.passed_on, before.state)
    (reason,) = [one for one in after.reasons if one.why is Why.WANTS_NO_DATA]
    assert "上门" in said(reason)[0]
    assert "visit at home" in said(reason)[1]

    clock.advance(days=20)
    found = feed(agency, 3, "r2")
    assert (found.rows, found.added, found.unwanted, found.refused) == (1, 0, 1, 0)
    assert feed(agency, 25, "r0").added == 1, "it happened before the wish"
    assert feed(agency, 1, "v1", "home_visit").added == 1, "somebody saw the person: that is no silent evidence"
    assert stands(agency, person).passed_on == legal_date(clock.now()) - timedelta(days=1)

    assert wishes.run(WANG, officer, wants_data=True, said="on the telephone")
    clock.advance(days=1)
    assert feed(agency, 0, "r3").added == 1
    assert stands(agency, person).passed_on == legal_date(clock.now())
    told = rows("SELECT actor, details FROM audit_rows WHERE action = 'person.data_wish' ORDER BY number")
    assert [actor for actor, _ in told] == [f"staff:{officer.id}"] * 2
    assert "form of 3 May" in told[0][1]
    assert "data_opt_in" in told[1][1]


def test_a_wish_is_found_by_the_next_sweep(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    officer, sweep = agency.member(Role.OFFICER, "ou"), Sweep(agency.store, clock)
    sweep.run(None, "test", lambda _: None)
    clock.advance(days=3)
    KeepDataWish(agency.store, clock).run(WANG, officer, wants_data=False, said="counter")
    assert sweep.run(None, "test", lambda _: None).changed == 1


def test_who_speaks_with_nobody_writes_no_wish_down(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    wishes, officer = KeepDataWish(agency.store, clock), agency.member(Role.OFFICER, "ou")
    with pytest.raises(AccessRefused):
        wishes.run(WANG, agency.member(Role.AUDITOR, "au"), wants_data=False, said="x")
    with pytest.raises(ReasonMissing):
        wishes.run(WANG, officer, wants_data=False, said=" ")
    with pytest.raises(BeneficiaryUnknown):
        wishes.run(STRANGER, officer, wants_data=False, said="x")
