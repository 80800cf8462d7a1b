"""Regions come from files, end, and are followed wherever somebody asks who lives in a place; on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.beneficiaries.region_tree import Change
from auth_service.core.clock import legal_date
from auth_service.core.errors import ServiceError
from auth_service.flows.import_payments import ImportPayments
from auth_service.flows.import_regions import ImportRegions, RegionsReport
from auth_service.flows.sweep import Sweep
from auth_service.storage.queries import DueFilter
from tests.builders import LI, WANG, Agency, Rows
from tests.conftest import FixedClock
from tests.storage.samples import direct_sql

TREE = [
    {"region_code": "990000000000", "name": "甲省"},
    {"region_code": "990100000000", "name": "乙市"},
    {"region_code": "990101000000", "name": "丙县"},
    {"region_code": "990101001000", "name": "丁镇"},
    {"region_code": "990101001001", "name": "东村"},
    {"region_code": "990101001002", "name": "西村"},
    {"region_code": "990102000000", "name": "戊县"},
    {"region_code": "990102001000", "name": "己镇"},
    {"region_code": "990102001001", "name": "南村"},
]


class Refused(Rows):
    """Refused rows with the field at fault."""

    def reject_row(self, row: int, values: Mapping[str, str], error: ServiceError) -> None:
        self.refused.append((row, error.field, error.code))


def bring(agency: Agency, *rows: dict[str, str]) -> tuple[RegionsReport, Refused]:
    sink = Refused()
    report = ImportRegions(agency.ledger_store, agency.clock).run(
        Rows(rows, "regions.csv"), sink, "cli", lambda _: None
    )
    return report, sink


def ends(code: str, change: str, successors: str, name: str = "旧名", **more: str) -> dict[str, str]:
    return {
        "region_code": code, "name": name, "valid_to": "2025-12-31", "change": change, "successors": successors, **more,
    }  # fmt: skip


def living(agency: Agency, region: str) -> int:
    with agency.store.reading() as unit:
        return unit.regions.people_in(region)


def test_a_file_in_any_order_is_kept_and_again_changes_nothing(agency: Agency) -> None:
    report, _ = bring(agency, *reversed(TREE))
    assert (report.rows, report.added, report.refused) == (9, 9, 0)
    again, _ = bring(agency, *TREE)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 9)
    renamed, _ = bring(agency, {"region_code": "990101001001", "name": "东村社区"})
    assert (renamed.added, renamed.changed) == (0, 1)
    with agency.store.reading() as unit:
        assert [one.name for _, one in unit.regions.history("990101001001")] == ["东村", "东村社区"]
        assert unit.regions.known(["990101001001"])["990101001001"].name == "东村社区"


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"region_code": "99010", "name": "x"}, "field_invalid", "region_code"),
        ({"region_code": "990101", "name": " "}, "field_missing", "name"),
        ({"region_code": "980101", "name": "无上级"}, "region_unknown", "parent_code"),
        ({"region_code": "990103", "name": "庚县", "parent_code": "9902"}, "field_invalid", "parent_code"),
        (ends("990101", "合并", "990199"), "region_unknown", "successors"),
        (ends("990101", "合并", "990101"), "field_invalid", "successors"),
        (ends("990101", "合并", "990102001"), "field_invalid", "successors"),
        (ends("990101", "合并", ""), "field_missing", "successors"),
        (ends("990101", "拆分", "990102"), "field_missing", "successors"),
        (ends("990101", "撤销", "990102"), "field_invalid", "successors"),
        (ends("990101", "飞走", "990102"), "field_invalid", "change"),
        (ends("990101", "", "990102"), "field_missing", "change"),
        ({**ends("990101", "合并", "990102"), "valid_to": ""}, "field_missing", "valid_to"),
        ({**ends("990101", "合并", "990102"), "valid_to": "2027-01-01"}, "date_invalid", "valid_to"),
        (ends("990101", "合并", "990102", valid_from="2026-02-01"), "date_invalid", "valid_to"),
    ],
)
def test_a_row_that_cannot_be_comes_back_with_its_number_field_and_reason(
    agency: Agency, row: dict[str, str], code: str, field: str
) -> None:
    bring(agency, *TREE)
    report, sink = bring(agency, {"region_code": "990103", "name": "庚县"}, row)
    assert (report.added, report.refused_by_code) == (1, {code: 1})
    assert sink.refused == [(3, field, code)]


def test_rows_of_one_file_that_contradict_each_other_or_lead_in_a_circle_are_refused(agency: Agency) -> None:
    bring(agency, *TREE)
    report, _ = bring(
        agency,
        {"region_code": "990101001001", "name": "东村"},
        {"region_code": "990101001001", "name": "北村"},
        ends("990101", "更名", "990102"),
        ends("990102", "更名", "990101"),
    )
    assert report.refused_by_code == {"row_conflict": 3}
    with agency.store.reading() as unit:
        assert unit.regions.tree().present("990101") == "990101"


def test_what_was_told_is_never_changed_behind_the_service(agency: Agency) -> None:
    bring(agency, *TREE)
    for statement in ("UPDATE regions SET successors = ''", "DELETE FROM regions"):
        with pytest.raises(DBAPIError):
            direct_sql(agency.urls.front, statement)


def test_who_lives_in_a_place_is_found_by_old_and_new_codes_alike(agency: Agency) -> None:
    bring(agency, *TREE)
    agency.person(WANG, region="990101001001")
    agency.person(LI, name="李四", region="990101001002")
    assert (living(agency, "990101"), living(agency, "990102"), living(agency, "99")) == (2, 0, 2)
    bring(
        agency,
        {"region_code": "990181", "name": "丙市"}, {"region_code": "990181001", "name": "丁镇"},
        {"region_code": "990181001001", "name": "东村"},
        ends("990101", "撤县设市", "990181", "丙县"), ends("990101001002", "并入", "990102001001", "西村"),
    )  # fmt: skip
    assert (living(agency, "990181"), living(agency, "990102001001"), living(agency, "990101001001")) == (1, 1, 1)
    assert living(agency, "990101001002") == 1, "by its old code a place finds everybody of what it became"
    assert living(agency, "99") == 2
    with agency.store.reading() as unit:
        assert unit.regions.people_written("990101") == 2
        merged = unit.regions.known(["990101001002"])["990101001002"]
        assert (merged.name, merged.change, merged.successors) == ("西村", Change.MERGED, ("990102001001",))
        assert [one.code for one in unit.regions.beneath("9901", ended=True, after="", limit=9)] == [
            "990101", "990101001002",
        ]  # fmt: skip


def test_money_of_a_recoded_county_is_counted_under_the_county_of_today(agency: Agency, rows: Any) -> None:
    bring(agency, *TREE, {"region_code": "990181", "name": "丙市"})
    for number, name, region in ((WANG, "王秀英", "990101001001"), (LI, "李四", "990181001001")):
        agency.person(number, name=name, region=region)
    paid = [
        {
            "person_key": key, "benefit_kind": "城乡居民养老", "entitlement_month": "202601", "pay_date": "2026-01-10",
            "amount": "148.00", "status": "成功",
        }
        for (key,) in rows("SELECT person_key FROM people")
    ]  # fmt: skip
    ImportPayments(agency.ledger_store, agency.clock).run(Rows(paid, "p.csv"), Rows(), "cli", lambda _: None)
    assert [one.region for one in agency.store.queries.money_totals(digits=6)] == ["990101", "990181"]
    bring(agency, ends("990101", "更名", "990181"))
    (total,) = agency.store.queries.money_totals(digits=6)
    assert (total.region, str(total.settled)) == ("990181", "296.00")
    (by_old,) = agency.store.queries.money_totals("990101", digits=6)
    assert by_old == total


def test_who_is_due_in_a_place_is_listed_by_old_and_new_codes_alike(agency: Agency, clock: FixedClock) -> None:
    bring(agency, *TREE)
    agency.person(WANG, region="990101001001")
    Sweep(agency.store, clock).run(None, "test", lambda _: None)
    bring(agency, ends("990101000000", "recoded", "990181", "丙县"), {"region_code": "990181000000", "name": "丙市"})
    for code, found in (("990101", 1), ("990181", 1), ("9901", 1), ("990102", 0)):
        assert len(agency.store.queries.due(DueFilter(region=code), None, 10).rows) == found
        assert agency.store.queries.due_counts(code)["normal"] == found


def test_after_a_change_of_regions_everybody_is_judged_anew(agency: Agency, clock: FixedClock) -> None:
    bring(agency, *TREE)
    agency.person()
    sweep = Sweep(agency.store, clock)
    assert sweep.run(legal_date(clock.now()), "test", lambda _: None).whole
    assert not sweep.run(legal_date(clock.now()), "test", lambda _: None).whole
    bring(agency, ends("990101", "合并", "990102"))
    assert sweep.run(legal_date(clock.now()), "test", lambda _: None).whole
