"""An office's list gives a tag, a whole one ends it for whom it leaves out, half of one takes nobody's guard away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from auth_service.beneficiaries.tags import Tag
from auth_service.core.clock import legal_date
from auth_service.core.errors import DateInvalid, FieldInvalid
from auth_service.flows.import_tags import ImportTags, TagList, TagsReport
from auth_service.flows.sweep import Sweep
from tests.builders import LI, STRANGER, WANG, Agency, Rows, id_number
from tests.conftest import FixedClock


def bring(
    agency: Agency, *rows: dict[str, str], as_of: date | None = None, whole: bool = True, many: bool = False
) -> TagsReport:
    told = TagList(Tag.SUBSISTENCE, "civil_affairs", as_of or legal_date(agency.clock.now()), whole, many)
    return ImportTags(agency.ledger_store, agency.clock).run(told, Rows(rows, "l.csv"), Rows(), "cli", lambda _: None)


def row(number: str, **more: str) -> dict[str, str]:
    return {"id_number": number, **more}


def held(agency: Agency, person: str, day: date) -> bool:
    with agency.store.reading() as unit:
        return Tag.SUBSISTENCE in unit.life_events.tags_of([person], day).get(person, frozenset())


def test_a_tag_ends_for_whom_a_whole_list_leaves_out_and_its_history_stays(agency: Agency, clock: FixedClock) -> None:
    wang, li = agency.person(), agency.person(LI, name="李四")
    first = legal_date(clock.now())
    report = bring(agency, row(WANG), row(LI), row(STRANGER))
    assert (report.rows, report.added, report.unknown, report.ended) == (3, 2, 1, 0)
    clock.advance(days=30)
    report = bring(agency, row(WANG))
    assert (report.added, report.unchanged, report.ended, report.kept_on) == (0, 1, 1, 0)
    again = bring(agency, row(WANG))
    assert (again.added, again.unchanged, again.ended) == (0, 1, 0)
    today = legal_date(clock.now())
    assert (held(agency, wang, today), held(agency, li, today)) == (True, False)
    assert held(agency, li, today - timedelta(days=1))
    with agency.store.reading() as unit:
        assert [(one.given, one.on, one.source) for one in unit.life_events.tag_history(li)] == [
            (True, first, "civil_affairs"), (False, today, "civil_affairs"),
        ]  # fmt: skip
    clock.advance(days=30)
    assert bring(agency, row(WANG), row(LI)).added == 1, "and comes back with a later list"
    assert held(agency, li, legal_date(clock.now()))


def test_a_part_of_a_list_ends_nothing(agency: Agency, clock: FixedClock) -> None:
    wang = agency.person()
    agency.person(LI, name="李四")
    bring(agency, row(WANG))
    clock.advance(days=1)
    report = bring(agency, row(LI), whole=False)
    assert (report.added, report.ended, report.kept_on) == (1, 0, 0)
    assert held(agency, wang, legal_date(clock.now()))


def test_a_list_with_refused_rows_gives_and_ends_nothing(agency: Agency, clock: FixedClock) -> None:
    """Who stands in a row that cannot be read would lose the guard by a slip of the pen."""
    wang = agency.person()
    agency.person(LI, name="李四")
    bring(agency, row(WANG))
    clock.advance(days=1)
    report = bring(agency, row(LI), row("13020219550101001"))
    assert (report.added, report.refused, report.ended, report.kept_on) == (1, 1, 0, 1)
    assert held(agency, wang, legal_date(clock.now()))


def test_half_a_list_ends_nothing_until_somebody_has_looked(agency: Agency, clock: FixedClock) -> None:
    numbers = [id_number(date(1950, 1, 1), n) for n in range(1, 25)]
    for n, number in enumerate(numbers):
        agency.person(number, name=f"老人{n}")
    bring(agency, *map(row, numbers))
    clock.advance(days=1)
    half = bring(agency, *map(row, numbers[:12]))
    assert (half.ended, half.kept_on) == (0, 12)
    assert bring(agency, *map(row, numbers[:12]), many=True).ended == 12


def test_an_older_list_that_comes_later_changes_nothing_of_today(agency: Agency, clock: FixedClock) -> None:
    wang, first = agency.person(), legal_date(clock.now())
    bring(agency, row(WANG))
    clock.advance(days=60)
    bring(agency)
    assert not held(agency, wang, legal_date(clock.now()))
    clock.advance(days=1)
    assert bring(agency, row(WANG), as_of=first + timedelta(days=30)).added == 0
    assert not held(agency, wang, legal_date(clock.now()))
    assert held(agency, wang, first + timedelta(days=59))


def test_lists_of_different_offices_do_not_end_each_others_word(agency: Agency, clock: FixedClock) -> None:
    wang, today = agency.person(), legal_date(clock.now())
    flow = ImportTags(agency.ledger_store, clock)
    for source, rows in (("civil_affairs", [row(WANG)]), ("village", [row(WANG)])):
        flow.run(TagList(Tag.SUBSISTENCE, source, today, True), Rows(rows), Rows(), "cli", lambda _: None)
    clock.advance(days=1)
    today = legal_date(clock.now())
    flow.run(TagList(Tag.SUBSISTENCE, "village", today, True), Rows([]), Rows(), "cli", lambda _: None)
    assert held(agency, wang, today)


def test_a_tag_with_an_end_is_looked_at_by_the_sweep_when_it_ends(agency: Agency, clock: FixedClock) -> None:
    person, today = agency.person(), legal_date(clock.now())
    bring(agency, row(WANG, valid_to=str(today + timedelta(days=9))))
    Sweep(agency.store, clock).run(None, "test", lambda _: None)
    clock.advance(days=10)
    with agency.store.reading() as unit:
        assert unit.lives.touched(clock.now() - timedelta(days=1), legal_date(clock.now())) == [person]
    assert not held(agency, person, legal_date(clock.now()))


def test_a_list_of_a_day_to_come_or_without_an_office_is_refused(agency: Agency, clock: FixedClock) -> None:
    with pytest.raises(DateInvalid):
        bring(agency, as_of=legal_date(clock.now()) + timedelta(days=1))
    told = TagList(Tag.SUBSISTENCE, "ledger", legal_date(clock.now()))
    with pytest.raises(FieldInvalid):
        ImportTags(agency.ledger_store, clock).run(told, Rows([]), Rows(), "cli", lambda _: None)
