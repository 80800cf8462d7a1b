"""The database itself lets nobody be both who says how a case ends and who agrees, and no row of it is slipped in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.casework.case import CaseAct, CaseEvent, CaseFlag, CaseState, Cause, standing_after
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.connectors.key_file import KeyFile
from auth_service.core.archive import Part
from auth_service.core.errors import KeyDestroyed, SealBroken, StaleJudgement, StorageFault
from auth_service.core.ids import new_id
from auth_service.monitoring.flags import Severity
from auth_service.storage.queries import CaseFilter
from auth_service.storage.unit import Store, StoredCase
from tests.databases import PostgresDatabase
from tests.storage.samples import NOW, direct_sql, flag, person
from tests.storage.test_acts_on_money_need_two_people import INSTANT, staff


@pytest.fixture
def li(store: Store) -> str:
    return staff(store, "li")


@pytest.fixture
def wang(store: Store) -> str:
    return staff(store, "wang")


@pytest.fixture
def case(store: Store) -> StoredCase:
    """Opened by one flag about its person."""
    someone = person(store)
    with store.unit() as unit:
        raised = unit.flags.raise_once(replace(flag(someone), rule_id="D01", severity=Severity.CRITICAL))
        assert raised is not None
        case_id = unit.cases.open(someone, Cause.DEATH, NOW)
        event = CaseEvent(CaseAct.GATHERED, None, NOW)
        held = [CaseFlag(raised, "D01", Severity.CRITICAL, NOW)]
        unit.cases.add((case_id, someone), 1, event, standing_after(None, event, held))
        unit.cases.put_in(case_id, 1, [raised], NOW)
    return read(store, case_id)


def read(store: Store, case_id: str) -> StoredCase:
    with store.reading() as unit:
        found = unit.cases.get(case_id)
    assert found is not None
    return found


def act(store: Store, case: StoredCase, event: CaseEvent) -> StoredCase:
    """As it would be if nothing but the database looked."""
    standing = standing_after(case.standing, event, case.round_flags)
    with store.unit() as unit:
        unit.cases.add((case.id, case.person_id), len(case.events) + 1, event, standing)
    return read(store, case.id)


def proposed(store: Store, case: StoredCase, by: str) -> StoredCase:
    case = act(store, case, CaseEvent(CaseAct.ASSIGNED, by, NOW, assignee=by))
    step = CaseEvent(CaseAct.STEP, by, NOW, "家属说已去世", Step.CALL, Outcome.TOLD_OF_DEATH)
    case = act(store, case, step)
    return act(store, case, CaseEvent(CaseAct.PROPOSED, by, NOW, "依据齐全", disposition=Disposition.DATA_ERROR))


def approval(case: StoredCase, by: str, proposed_by: str, proposal_id: str | None = None) -> CaseEvent:
    said = Disposition.DATA_ERROR
    return CaseEvent(
        CaseAct.APPROVED, by, NOW, "", None, None, said, None, proposal_id or case.newest, proposed_by
    )  # fmt: skip


def test_a_case_comes_back_as_it_went_in(store: Store, case: StoredCase, li: str, wang: str) -> None:
    waits = proposed(store, case, li)
    closed = act(store, waits, approval(waits, wang, li))
    assert [one.act for one in closed.events] == [
        CaseAct.GATHERED, CaseAct.ASSIGNED, CaseAct.STEP, CaseAct.PROPOSED, CaseAct.APPROVED,
    ]  # fmt: skip
    assert closed.events[2].note == "家属说已去世"
    assert (closed.events[2].step, closed.events[2].outcome) == (Step.CALL, Outcome.TOLD_OF_DEATH)
    assert closed.standing.state is CaseState.CLOSED
    assert closed.standing.disposition is Disposition.DATA_ERROR
    assert (closed.standing.assignee, closed.standing.severity) == (li, Severity.CRITICAL)
    assert [one.rule_id for one in closed.round_flags] == ["D01"]


def test_one_person_cannot_be_both(store: Store, case: StoredCase, li: str) -> None:
    waits = proposed(store, case, li)
    with pytest.raises(StorageFault):
        act(store, waits, approval(waits, li, li))


def test_an_approval_answers_the_newest_proposal_of_its_case(
    store: Store, case: StoredCase, li: str, wang: str
) -> None:
    waits = proposed(store, case, li)
    with pytest.raises(StorageFault):
        act(store, waits, approval(waits, li, wang))  # somebody else is said to have proposed
    with pytest.raises(StorageFault):
        act(store, waits, approval(waits, wang, li, waits.act_ids[0]))
    with pytest.raises(StorageFault):
        act(store, waits, replace(approval(waits, wang, li), disposition=Disposition.FALSE_ALARM))


def test_two_at_once_cannot_both_be_the_newest(store: Store, case: StoredCase, li: str, wang: str) -> None:
    act(store, case, CaseEvent(CaseAct.ASSIGNED, li, NOW, assignee=li))
    with pytest.raises(StaleJudgement):
        act(store, case, CaseEvent(CaseAct.ASSIGNED, wang, NOW, assignee=wang))


def test_there_is_one_case_per_person_and_cause(store: Store, case: StoredCase) -> None:
    with pytest.raises(StaleJudgement), store.unit() as unit:
        unit.cases.open(case.person_id, Cause.DEATH, NOW)


@pytest.fixture
def serving(request: pytest.FixtureRequest, url: str) -> str:
    """As the role that serves, whose password a burglar may have; SQLite has one for all."""
    if url.startswith("sqlite"):
        return url
    database: PostgresDatabase = request.getfixturevalue("postgres_database")
    return database.urls.front


def _sql(case: StoredCase, number: int, **changed: str | None) -> str:
    values: dict[str, str | None] = {
        "id": new_id(), "case_id": case.id, "number": str(number), "act": "approved", "disposition": "data_error",
        "proposal_id": case.newest, "proposed_by": None, "state": "closed", "severity": "critical",
        "severity_rank": "0", "rules": "1", "due_on": "2026-03-17", "done_by": None, "done_at": INSTANT, **changed,
    }  # fmt: skip
    given = {name: value for name, value in values.items() if value is not None}
    shown = ", ".join(f"'{value}'" for value in given.values())
    return f"INSERT INTO case_acts ({', '.join(given)}) VALUES ({shown})"


def _flag_sql(case: StoredCase) -> str:
    """A flag that no act put in."""
    columns = "case_id, flag_id, number, gathered_at"
    return f"INSERT INTO case_flags ({columns}) SELECT '{case.id}', id, 9, '{INSTANT}' FROM flags"


@pytest.mark.asvs("2.3.5")
def test_not_even_by_sql_as_the_role_that_serves(
    store: Store, serving: str, case: StoredCase, li: str, wang: str
) -> None:
    waits = proposed(store, case, li)
    forged = [
        _sql(waits, 5, done_by=li, proposed_by=li),
        _sql(waits, 5, done_by=li, proposed_by=wang),
        _sql(waits, 5, done_by=wang),
        _sql(waits, 5, done_by=wang, proposed_by=li, proposal_id=None),
        _sql(waits, 6, done_by=wang, proposed_by=li),
        _sql(waits, 5, done_by=wang, proposed_by=li, disposition="false_alarm"),
        _sql(waits, 5, done_by="nobody", proposed_by=li),
        _sql(waits, 5, act="step", done_by=li, proposal_id=None, state="closed"),
        _sql(waits, 5, act="gathered", proposal_id=None, done_by=li, state="verifying", disposition=None),
        _flag_sql(waits),
    ]
    for statement in forged:
        with pytest.raises(DBAPIError):
            direct_sql(serving, statement)
    assert read(store, case.id).standing.state is CaseState.PROPOSED


@pytest.mark.asvs("2.3.5")
def test_rows_written_by_hand_in_two_names_close_nothing(
    store: Store, serving: str, case: StoredCase, li: str, wang: str
) -> None:
    waits = proposed(store, case, li)
    direct_sql(serving, _sql(waits, 5, done_by=wang, proposed_by=li))
    with pytest.raises(SealBroken), store.reading() as unit:
        unit.cases.get(case.id)
    assert (
        store.queries.case_counts("", NOW.date())["closed"] == 1
    )  # the list counts rows; the page believes none of them
    assert store.queries.cases(CaseFilter("closed")).rows == ()


def test_a_case_by_hand_is_none(store: Store, serving: str, case: StoredCase) -> None:
    direct_sql(
        serving,
        f"INSERT INTO cases (id, person_id, cause, opened_at) VALUES ('x', '{case.person_id}', 'payment', '{INSTANT}')",
    )
    with store.reading() as unit:
        assert unit.cases.get("x") is None
        assert [one.id for one in unit.cases.of(case.person_id)] == [case.id]


def test_words_go_with_the_person_and_the_acts_stay(store: Store, case: StoredCase, li: str) -> None:
    proposed(store, case, li)
    with store.unit() as unit:
        unit.people.destroy_key(case.person_id, NOW)
    found = read(store, case.id)
    assert found.notes_gone
    assert [one.note for one in found.events] == [""] * 4
    with pytest.raises(KeyDestroyed):
        act(store, found, CaseEvent(CaseAct.STEP, li, NOW + timedelta(1), "又去了", Step.CALL, Outcome.REACHED))


def test_flags_of_a_closed_case_hold_no_erasure_back(store: Store, case: StoredCase, li: str, wang: str) -> None:
    waits = proposed(store, case, li)
    with store.reading() as unit:
        assert unit.flags.unsettled_about(case.person_id) == [case.flags[0].id]
    act(store, waits, approval(waits, wang, li))
    with store.reading() as unit:
        assert unit.flags.unsettled_about(case.person_id) == []


@pytest.fixture
def emptied(
    store: Store, url: str, keys: KeyFile, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Store]]:
    """An empty database: another file, or the same one of PostgreSQL once more."""
    if url.startswith("postgresql"):
        database: PostgresDatabase = request.getfixturevalue("postgres_database")

        def again() -> Store:
            database.empty()
            return store

        yield again
        return
    other = Store(f"sqlite:///{tmp_path / 'restored.db'}", keys, tmp_path / "photos")
    yield lambda: other
    other.close()


def test_a_case_comes_back_from_a_backup(
    store: Store, case: StoredCase, li: str, wang: str, emptied: Callable[[], Store]
) -> None:
    """Its rows go in again under the same triggers: each act behind the one before it, flags behind their act."""
    waits = proposed(store, case, li)
    closed = act(store, waits, approval(waits, wang, li))
    with store.snapshot() as snapshot:
        revision, rows = snapshot.revision, [*snapshot.rows(Part.KEYS), *snapshot.rows(Part.DATA)]
    elsewhere = emptied()
    with elsewhere.restoring() as target:
        target.prepare(revision)
        for item in rows:
            if not item.table.name.startswith("audit_"):  # what emptying leaves of the chain is not the matter here
                target.add(item)
    assert read(elsewhere, case.id) == closed
