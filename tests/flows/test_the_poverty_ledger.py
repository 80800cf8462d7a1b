"""The poverty ledger month by month: who enters, who leaves, who is insured later; and nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.tags import Tag
from auth_service.core.errors import AccessRefused, DateInvalid, ListsGone, ListsMissing, StorageFault
from auth_service.core.retention import RetentionPolicy
from auth_service.crosscheck.poverty import Outcome
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.build_poverty_month import MonthReport
from auth_service.flows.retain import Retain
from auth_service.storage.unit import Store
from tests.builders import LI, WANG, Agency, id_number
from tests.conftest import FixedClock
from tests.flows.erasing import Privacy
from tests.flows.poor_lists import LIU, VILLAGE, WEI, ZHAO, PoorLists, poor
from tests.flows.registries import Killed

TAGGED, STRANGER = Outcome.INSURED_TAGGED, Outcome.UNINSURED_TAGGED
LOST, CONFIRM = Outcome.LOST_SOURCE, Outcome.TO_CONFIRM


@pytest.fixture
def lists(agency: Agency, clock: FixedClock) -> PoorLists:
    made = PoorLists(agency, clock)
    made.on(date(2026, 1, 20))
    made.insure(WANG, "王秀英", award_month="2010-01")
    made.insure(LI, "李建国")
    return made


def test_three_months_of_a_village(lists: PoorLists) -> None:
    """Wang is on the list and leaves it, Wei is not insured and comes in, Li enters the list."""
    lists.take(poor("1", WANG, "王秀英", detail="代缴 2024、2025"), poor("2", WEI), poor("3", ZHAO, "赵某"))
    first = lists.make("2026-01")
    assert (first.version, first.lists, first.repeated) == (1, 1, False)
    assert lists.outcomes(first) == [(TAGGED, False), (STRANGER, False), (STRANGER, False)]
    assert first.counts == {
        "insured_tagged": 1, "uninsured_tagged": 2, "insured": 2, "insured_untagged": 1, "reached_60": 3,
        "premium_2024": 1, "premium_2025": 1,
    }  # fmt: skip

    lists.on(date(2026, 2, 20))
    lists.insure(WEI, "韦某")
    lists.take(poor("2", WEI), poor("3", ZHAO, "赵某"), poor("4", LI, "李建国"))
    second = lists.make("2026-02")
    counts = second.counts
    assert (counts["insured_tagged"], counts["uninsured_tagged"], counts["lost_source"]) == (2, 1, 1)
    assert (counts["joined"], counts["not_drawing"], counts["insured_untagged"]) == (1, 2, 1)

    lists.on(date(2026, 3, 20))
    lists.take(poor("2", WEI), poor("4", LI, "李建国"))
    third = lists.make("2026-03")
    assert lists.outcomes(third) == [(TAGGED, False), (TAGGED, False), (LOST, False)]  # who left before is told once
    assert lists.outcomes(first) == [(TAGGED, False), (STRANGER, False), (STRANGER, False)]


def test_a_wrong_number_with_the_same_name_birth_and_village_waits_for_a_person(lists: PoorLists) -> None:
    """Wang's number is somebody's whose digits differ; she is neither counted as listed nor as having left."""
    wrong = id_number(date(1948, 5, 2), 999)
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    lists.make("2026-01")
    lists.on(date(2026, 2, 20))
    lists.take(poor("1", wrong, "王秀英"), poor("2", WEI))
    report = lists.make("2026-02")
    (line,) = [one for one in lists.lines(report) if one.outcome is CONFIRM]
    assert line.person_id is None
    assert len(line.candidates) == 1
    assert "lost_source" not in report.counts
    assert report.counts["insured_untagged"] == 2  # nobody is tagged by a likeness
    assert line.said is not None
    assert line.said["name"] == "王秀英"


@pytest.mark.parametrize("other", [{"name": "王秀兰"}, {"village": "西村", "region_code": "130203100002"}])
def test_who_differs_in_name_or_village_is_somebody_else(lists: PoorLists, other: dict[str, str]) -> None:
    lists.take(poor("1", id_number(date(1948, 5, 2), 999), **{"name": "王秀英", **other}))
    assert lists.outcomes(lists.make("2026-01")) == [(STRANGER, False)]


def test_a_row_without_a_usable_number_makes_nobody_uninsured(lists: PoorLists) -> None:
    lists.take(poor("1", "130203********1234"), poor("2", "", "钱某"))
    assert lists.outcomes(lists.make("2026-01")) == [(CONFIRM, False), (CONFIRM, False)]


def test_made_again_from_the_same_facts_nothing_is_written(lists: PoorLists, rows: Callable[..., list[Any]]) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    first = lists.make("2026-01")
    kept = rows("SELECT count(*) FROM poverty_lines")
    again = lists.make("2026-01")
    assert (again.repeated, again.id, again.counts) == (True, first.id, first.counts)
    assert rows("SELECT count(*) FROM poverty_lines") == kept
    assert rows("SELECT count(*) FROM audit_rows WHERE action = 'poverty.built'") == [(1,)]


def test_a_late_list_makes_a_further_version_and_the_earlier_stays(lists: PoorLists) -> None:
    lists.take(poor("1", WANG, "王秀英"))
    first = lists.make("2026-01")
    lists.take(poor("9", LIU, "刘某"), kind=RegistryKind.SUBSISTENCE)
    second = lists.make("2026-01")
    assert (first.version, second.version) == (1, 2)
    assert (len(lists.lines(first)), len(lists.lines(second))) == (1, 2)
    with lists.agency.store.reading() as unit:
        assert unit.poverty.newest_id("2026-01") == second.id


def test_a_row_that_its_list_takes_back_does_not_count(lists: PoorLists) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    lists.on(date(2026, 1, 25))
    lists.take({"source_ref": "2", "message": "void"}, poor("1", WANG, "王秀英"))
    assert lists.outcomes(lists.make("2026-01")) == [(TAGGED, False)]


def test_a_list_that_waits_in_quarantine_says_nothing(lists: PoorLists) -> None:
    lists.take(poor("1", WANG, "王秀英"), member=None)
    with pytest.raises(ListsMissing):
        lists.make("2026-01")


def test_where_no_list_came_in_people_stay_as_they_were(lists: PoorLists) -> None:
    """The other county's list tells nothing of this one's people; neither does half a list."""
    many = [id_number(date(1960, 2, day), 1) for day in range(1, 9)]
    lists.take(*(poor(f"r{place}", number) for place, number in enumerate(many)))
    lists.make("2026-01")
    lists.on(date(2026, 2, 20))
    lists.take(poor("x", LIU, region_code="130204100001"), source="古冶区民政")
    february = lists.make("2026-02")
    assert february.counts["carried"] == 8
    assert "lost_source" not in february.counts
    lists.on(date(2026, 3, 20))
    lists.insure(many[0], "韦某")
    lists.take(*(poor(f"r{place}", number) for place, number in enumerate(many[1:4])))
    march = lists.make("2026-03")
    assert march.counts["carried"] == 6  # five of this county, and the one of the other
    assert march.counts["insured_tagged"] == 1  # who has come into the ledger is insured, list or no list
    lists.on(date(2026, 4, 20))
    lists.take(*(poor(f"r{place}", number) for place, number in enumerate(many[1:6])))
    assert lists.make("2026-04").counts["lost_source"] == 3


def test_whom_the_ledger_tags_and_no_list_names_has_lost_the_source(lists: PoorLists) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    lists.make("2026-01")
    lists.on(date(2026, 2, 20))
    with lists.agency.ledger_store.unit() as unit:
        person_id = unit.people.id_of(LI)
        assert person_id is not None
        unit.life_events.set_tags(person_id, [Tag.REGISTERED_POOR], "ledger", lists.clock.now(), "batch")
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    report = lists.make("2026-02")
    assert [one.person_id for one in lists.lines(report) if one.outcome is LOST] == [person_id]


def test_a_killed_making_goes_on_and_ends_as_if_it_had_not_been(
    lists: PoorLists, rows: Callable[..., list[Any]]
) -> None:
    people = [id_number(date(1960, 1 + place % 12, 1 + place % 28), place % 900) for place in range(1, 1102)]
    lists.take(*(poor(f"r{place}", number) for place, number in enumerate(people)))
    done = 0

    def dies(_: int) -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        lists.building.run("2026-01", lists.steward, dies)
    begun = rows("SELECT count(*) FROM poverty_lines")[0][0]
    assert 0 < begun < 1101
    assert lists.make("2026-01").counts["uninsured_tagged"] == 1101
    assert rows("SELECT count(*) FROM poverty_months") == [(1,)]


def test_a_making_that_was_killed_is_left_behind_where_the_facts_have_changed(lists: PoorLists) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))

    def dies(_: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        lists.building.run("2026-01", lists.steward, dies)
    lists.insure(WEI, "韦某")
    report = lists.make("2026-01")
    assert (report.version, report.counts["insured_tagged"]) == (2, 2)
    with lists.agency.store.reading() as unit:
        assert unit.poverty.newest_id("2026-01") == report.id


def test_two_who_make_one_month_at_once_make_one_version(lists: PoorLists, rows: Callable[..., list[Any]]) -> None:
    """One comes between any two transactions of the other."""
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    reports: list[MonthReport | None] = []

    def beside(_: int) -> None:
        if not reports:
            reports.append(None)
            reports[0] = lists.make("2026-01")

    mine = lists.building.run("2026-01", lists.steward, beside)
    (other,) = reports
    assert other is not None
    assert (mine.id, mine.counts) == (other.id, other.counts)
    assert rows("SELECT count(*) FROM poverty_lines") == [(2,)]
    assert rows("SELECT count(*) FROM audit_rows WHERE action = 'poverty.built'") == [(1,)]


def test_no_month_to_come_and_only_who_imports_lists(lists: PoorLists) -> None:
    with pytest.raises(DateInvalid):
        lists.make("2026-02")
    with pytest.raises(DateInvalid):
        lists.make("nonsense")
    with pytest.raises(AccessRefused):
        lists.building.run("2026-01", lists.agency.member(Role.OFFICER, "li"), lambda _: None)


def test_names_go_with_their_time_and_what_is_counted_stays(
    lists: PoorLists, agency: Agency, rows: Callable[..., list[Any]]
) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    report = lists.make("2026-01")
    retain = Retain(agency.store, {}, RetentionPolicy(), lists.clock)
    assert retain.run().removed["poverty_names"] == 0
    lists.clock.instant += timedelta(days=31)
    assert retain.overdue()["poverty_names"] == 2  # a name, and the key that opens it
    assert retain.run().removed["poverty_names"] == 2
    assert retain.overdue()["poverty_names"] == 0
    assert [one.said for one in lists.lines(report)] == [None, None]
    assert rows("SELECT count(*) FROM poverty_lines WHERE subject_index IS NULL") == [(0,)]
    lists.insure(LIU, "刘某")
    with pytest.raises(ListsGone):
        lists.make("2026-01")  # other facts, and nothing left to read them against


def test_an_erased_person_is_found_by_no_line(
    lists: PoorLists, agency: Agency, privacy: Privacy, rows: Callable[..., list[Any]]
) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    first = lists.make("2026-01")
    lists.insure(WEI, "韦某")
    with agency.store.reading() as unit:
        person_id = unit.people.id_of(WEI)
    privacy.run(WEI)
    lines = lists.lines(first)
    assert [(one.subject is None, one.said) for one in lines if one.outcome is STRANGER] == [(True, None)]
    assert person_id is not None
    lists.on(date(2026, 2, 20))
    lists.take(poor("1", WANG, "王秀英"))
    assert lists.outcomes(lists.make("2026-02")) == [(TAGGED, False)]


def test_nobody_changes_a_version_that_is_made(lists: PoorLists, rows: Callable[..., list[Any]]) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI))
    lists.make("2026-01")
    for statement in (
        "UPDATE poverty_months SET month = '2026-02'",
        "UPDATE poverty_months SET stage = 'rows', finished_at = NULL",
        "DELETE FROM poverty_months",
        "UPDATE poverty_lines SET outcome = 'lost_source'",
        "UPDATE poverty_lines SET region_code = '130204'",
        "DELETE FROM poverty_lines",
        "UPDATE poverty_counts SET people = 99",
        "DELETE FROM poverty_counts",
    ):
        with pytest.raises(Exception, match="append-only"):
            rows(statement)


def test_who_serves_makes_no_month(lists: PoorLists, agency: Agency) -> None:
    if agency.urls.front == agency.urls.ledger:
        pytest.skip("SQLite knows no roles")
    lists.take(poor("1", WANG, "王秀英"))
    front: Store = agency.store
    with pytest.raises(StorageFault):
        type(lists.building)(front, lists.clock).run("2026-01", None, lambda _: None)


def test_the_village_is_where_the_list_has_somebody(lists: PoorLists, rows: Callable[..., list[Any]]) -> None:
    lists.take(poor("1", WANG, "王秀英"), poor("2", WEI, region_code="130203100002"))
    lists.make("2026-01")
    counted = rows("SELECT region_code, people FROM poverty_counts WHERE what = 'uninsured_tagged' AND kind = ''")
    assert counted == [("130203100002", 1)]
    assert rows("SELECT region_code, people FROM poverty_counts WHERE what = 'insured'") == [(VILLAGE, 2)]
