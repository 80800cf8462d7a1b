"""Events come in, the sweep judges whom it must, and a rehearsal shows a policy before it holds; on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.beneficiaries.tags import Tag
from auth_service.connectors.policy_file import read_policy_text
from auth_service.core.audit import verify
from auth_service.core.clock import legal_date
from auth_service.core.errors import DateInvalid
from auth_service.flows import life_pages, sweep
from auth_service.flows.import_events import EventsReport, ImportEvents
from auth_service.flows.keep_outages import KeepOutages
from auth_service.flows.rehearse import Rehearse
from auth_service.flows.sweep import Sweep, SweepReport
from auth_service.qualification.policy_document import read_policies
from auth_service.storage.tables import LifeStateRow
from tests.builders import LI, STRANGER, WANG, Agency, Rows, id_number
from tests.conftest import FixedClock
from tests.databases import BOTH
from tests.fakes import picture
from tests.storage.samples import direct_sql

COLUMNS = [column.name for column in LifeStateRow.__table__.columns if column.name != "judged_at"]


@pytest.fixture(params=BOTH)
def agency(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[Agency]:
    on_postgres = request.param == "postgres"
    built = Agency(tmp_path, clock, request.getfixturevalue("empty_postgres").urls if on_postgres else None)
    yield built
    built.close()


def swept(agency: Agency, as_of: date | None = None) -> SweepReport:
    return Sweep(agency.store, agency.clock).run(as_of, "test", lambda _: None)


def states(agency: Agency) -> list[Sequence[Any]]:
    wanted = f"SELECT {', '.join(COLUMNS)} FROM life_states ORDER BY person_id, kind"
    return list(direct_sql(agency.urls.front, wanted))


def stands(agency: Agency, person: str) -> tuple[str, str]:
    ((state, due),) = direct_sql(
        agency.urls.front, f"SELECT state, due_on FROM life_states WHERE person_id = '{person}'"
    )
    return state, str(due)


def event(number: str, kind: str, on: date, ref: str = "r1", **more: str) -> dict[str, str]:
    given = {"source_ref": ref, "id_number": number, "kind": kind, "event_date": str(on), "source": "health"}
    return {**given, "region_code": "130203001001", **more}


def bring(agency: Agency, *rows: Mapping[str, str]) -> tuple[EventsReport, Rows]:
    sink = Rows()
    report = ImportEvents(agency.ledger_store, agency.clock).run(Rows(rows), sink, "test", lambda _: None)
    return report, sink


# --- events -------------------------------------------------------------------------------------------------


def test_events_are_taken_in_once_and_move_a_due_date_from_the_day_on_which_they_happened(
    agency: Agency, clock: FixedClock
) -> None:
    person, today = agency.person(), legal_date(clock.now())
    swept(agency)
    assert stands(agency, person) == ("normal", "2027-03-31")
    clock.advance(days=300)
    rows = [event(WANG, "疫苗接种", today + timedelta(days=280)), event(STRANGER, "住院", today, "r2")]
    report, _ = bring(agency, *rows)
    assert (report.rows, report.added, report.unchanged, report.unknown, report.refused) == (2, 1, 0, 1, 0)
    assert bring(agency, *rows)[0].unchanged == 1
    assert swept(agency).changed == 1
    assert stands(agency, person) == ("normal", "2027-12-31")


def test_what_is_kept_of_an_event_is_source_kind_day_area_and_a_hash(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    bring(agency, event(WANG, "vaccination", legal_date(clock.now()), "card-4711"))
    (row,) = direct_sql(agency.urls.front, "SELECT * FROM life_events")
    assert not any("4711" in str(value) or WANG in str(value) for value in row)
    with pytest.raises(DBAPIError):
        direct_sql(agency.urls.front, "UPDATE life_events SET kind = 'hotel'")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"event_date": "2027-01-01"}, "date_invalid"),
        ({"kind": "face_remote"}, "field_invalid"),
        ({"kind": "data_opt_out"}, "field_invalid"),
        ({"kind": "teleport"}, "field_invalid"),
        ({"message": "maybe"}, "field_invalid"),
        ({"source": "own"}, "field_invalid"),
        ({"source_ref": ""}, "field_missing"),
        ({"id_number": "1302"}, "id_number_invalid"),
        ({"region_code": "13x"}, "field_invalid"),
        ({"event_date": "2026-03-02"}, "row_conflict"),
        ({"id_number": LI}, "row_conflict"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused(
    agency: Agency, clock: FixedClock, change: dict[str, str], code: str
) -> None:
    agency.person()
    agency.person(LI, "李建国")
    first = event(WANG, "hotel", date(2026, 3, 1))
    bring(agency, first)
    report, sink = bring(agency, {**first, **change})
    assert (report.refused, [refused for _, _, refused in sink.refused]) == (1, [code])


def test_a_correction_and_a_void_leave_time_and_the_void_stands(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    clock.advance(days=365)
    told = event(WANG, "hotel", date(2027, 3, 1))
    bring(agency, told)
    swept(agency)
    assert stands(agency, person)[1] == "2028-03-31"
    clock.advance(days=1)
    bring(agency, {**told, "message": "更正", "event_date": "2027-02-20"})
    swept(agency)
    assert stands(agency, person)[1] == "2028-02-29"
    clock.advance(days=1)
    bring(agency, {**told, "message": "撤销"})
    bring(agency, {**told, "message": "更正", "event_date": "2027-03-03"})
    swept(agency)
    assert stands(agency, person) == ("normal", "2027-05-31")


def test_a_sweep_of_a_past_day_leaves_nothing_behind_that_the_next_one_does_not_find(
    agency: Agency, clock: FixedClock
) -> None:
    person = agency.person()
    swept(agency)
    clock.advance(days=100)
    bring(agency, event(WANG, "住院", legal_date(clock.now())))
    clock.advance(days=10)
    swept(agency)
    now = stands(agency, person)
    assert now == ("normal", "2027-06-30")
    swept(agency, legal_date(clock.now()) - timedelta(days=60))
    assert stands(agency, person) == ("normal", "2027-03-31"), "as it was known then"
    swept(agency)
    assert stands(agency, person) == now


# --- the sweep ----------------------------------------------------------------------------------------------


def cast(agency: Agency, people: int, random: Random) -> list[str]:
    """People with awards, tags and events of the past months."""
    numbers = [id_number(date(1950, 1, 1 + place % 28), 100 + place) for place in range(people)]
    rows = []
    for place, number in enumerate(numbers):
        given = {
            "id_number": number,
            "name": "王秀英",
            "benefit_kind": "resident_pension",
            "region_code": f"13020300{1 + place % 3}001",
            "tags": random.choice(("", "低保", "重度残疾;老党员")),
        }
        rows.append(given)
    agency.importing.run(Rows(rows), Rows(), "test", lambda _: None)
    return numbers


def test_tags_of_the_ledger_have_a_history(agency: Agency, clock: FixedClock) -> None:
    row = {"id_number": WANG, "name": "王秀英", "benefit_kind": "resident_pension", "tags": "低保;老党员"}
    agency.importing.run(Rows([row]), Rows(), "test", lambda _: None)
    first = legal_date(clock.now())
    clock.advance(days=10)
    agency.importing.run(Rows([{**row, "tags": "特困"}]), Rows(), "test", lambda _: None)
    agency.importing.run(Rows([{**row, "tags": "特困"}]), Rows(), "test", lambda _: None)
    with agency.store.reading() as unit:
        person = unit.people.id_of(WANG)
        assert person is not None
        held = [unit.life_events.tags_of([person], first + timedelta(days=days)) for days in (0, 9, 10)]
    assert held == [{person: {Tag.SUBSISTENCE}}] * 2 + [{person: {Tag.EXTREME_HARDSHIP}}]
    assert len(direct_sql(agency.urls.front, "SELECT 1 FROM tag_changes")) == 3


def test_a_face_pass_counts_at_the_next_sweep(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    agency.enroll(WANG, picture("wang"))
    swept(agency)
    clock.advance(days=200)
    agency.verify(WANG, picture("wang", take=1))
    assert (swept(agency).changed, stands(agency, person)) == (1, ("normal", "2027-09-30"))


def test_the_narrow_sweep_of_each_day_leaves_what_a_whole_one_would(agency: Agency, clock: FixedClock) -> None:
    """SQL narrows and judges nobody: whom it leaves out would not have changed."""
    random = Random(5)
    numbers = cast(agency, 25, random)
    assert swept(agency).whole
    for step in range(12):
        clock.advance(days=random.randrange(1, 70))
        today = legal_date(clock.now())
        told = random.sample(numbers, 3)
        kind = random.choice(("hotel", "vaccination", "pharmacy", "visit_attempt"))
        bring(agency, *(event(one, kind, today, f"{step}-{one}") for one in told))
        narrow = swept(agency)
        assert not narrow.whole
        after = states(agency)
        direct_sql(agency.urls.owner, "DELETE FROM sweeps")
        whole = swept(agency)
        assert (whole.whole, whole.changed, states(agency)) == (True, 0, after)


@pytest.mark.parametrize("whole", [True, False])
def test_a_sweep_that_is_killed_goes_on_and_ends_in_the_same_state(
    agency: Agency, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    monkeypatch.setattr(sweep, "PEOPLE_AT_ONCE", 4)
    monkeypatch.setattr(life_pages, "PEOPLE_AT_ONCE", 4)
    cast(agency, 22, Random(1))
    if not whole:
        swept(agency)
        clock.advance(days=370)

    class Killed(Exception):
        pass

    def dies(after: int) -> None:
        left = [after]

        def progress(_: int) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        with pytest.raises(Killed):
            Sweep(agency.store, clock).run(None, "test", progress)

    dies(2)
    dies(1)
    report = swept(agency)
    assert (report.judged, report.whole, report.changed) == (22, whole, 22)
    after = states(agency)
    direct_sql(agency.urls.owner, "DELETE FROM sweeps", "DELETE FROM life_states")
    swept(agency)
    assert states(agency) == after
    assert swept(agency).changed == 0, "twice is once"
    with agency.store.reading() as unit:
        rows, head = unit.audit.head()
        assert verify(unit.audit.rows(), rows, head).ok


def test_a_sweep_looks_at_no_day_to_come(agency: Agency, clock: FixedClock) -> None:
    with pytest.raises(DateInvalid):
        swept(agency, legal_date(clock.now()) + timedelta(days=1))


def test_an_outage_moves_everybodys_due_date_at_the_next_sweep(agency: Agency, clock: FixedClock) -> None:
    person = agency.person()
    swept(agency)
    clock.advance(days=380)
    swept(agency)
    assert stands(agency, person) == ("due_soon", "2027-03-31")
    KeepOutages(agency.store, clock).add((date(2027, 3, 20), date(2027, 3, 21)), "network", "test")
    assert swept(agency).whole
    assert stands(agency, person) == ("due_soon", "2027-04-30")
    for days in ((date(2027, 3, 22), date(2027, 3, 21)), (date(2027, 3, 20), date(2027, 9, 1))):
        with pytest.raises(DateInvalid):
            KeepOutages(agency.store, clock).add(days, "network", "test")


def test_an_erased_person_is_asked_about_no_more(agency: Agency, clock: FixedClock) -> None:
    agency.person()
    direct_sql(agency.urls.owner, f"UPDATE people SET id_number_sealed = {_empty(agency)}")
    assert swept(agency).judged == 0


def _empty(agency: Agency) -> str:
    return "x''" if agency.urls.front.startswith("sqlite") else "''"


# --- rehearsals ---------------------------------------------------------------------------------------------

HALF = """\
name: half
policies:
  - benefits: [resident_pension]
    cycle: {months: 6}
    hold_for_overdue: true
    keeps_promises: false
"""


def test_a_rehearsal_lists_by_village_and_tag_who_would_be_due_or_late_and_whom_the_guard_keeps(
    agency: Agency, clock: FixedClock
) -> None:
    with agency.ledger_store.unit() as unit:
        for place, tags in enumerate(("", "低保", "卧床", "监测对象")):
            values = {
                "id_number": id_number(date(1950, 2, 3), 200 + place),
                "name": "王秀英",
                "benefit_kind": "resident_pension",
                "region_code": "130223104201" if place else "130203001001",
            }
            row = check_ledger_row(values, legal_date(clock.now()))
            person = unit.people.apply(row, clock.now(), "batch").person_id
            found = {"低保": Tag.SUBSISTENCE, "卧床": Tag.BEDRIDDEN, "监测对象": Tag.MONITORED}.get(tags)
            unit.life_events.set_tags(person, [found] if found else [], "list", clock.now(), "batch")
    policies, _ = read_policies(read_policy_text(HALF))
    assert policies is not None
    before = direct_sql(agency.urls.front, "SELECT count(*) FROM life_states")
    told = Rehearse(agency.store, clock).run(policies, None, date(2026, 10, 15), lambda _: None).document()
    assert told["benefits"] == 4
    assert told["before"] == {"due_soon": 0, "overdue": 0, "may_be_held": 0, "guarded": 0}
    assert told["after"] == {"due_soon": 0, "overdue": 4, "may_be_held": 2, "guarded": 2}
    assert told["by_village"] == {
        "130284104201": {"due_soon": 0, "overdue": 3, "may_be_held": 1, "guarded": 2},
        "130203001001": {"due_soon": 0, "overdue": 1, "may_be_held": 1, "guarded": 0},
    }
    assert told["by_tag"] == {
        "bedridden": {"due_soon": 0, "overdue": 1, "may_be_held": 0, "guarded": 1},
        "monitored": {"due_soon": 0, "overdue": 1, "may_be_held": 1, "guarded": 0},
        "subsistence": {"due_soon": 0, "overdue": 1, "may_be_held": 0, "guarded": 1},
    }
    assert direct_sql(agency.urls.front, "SELECT count(*) FROM life_states") == before, "nothing is kept"
