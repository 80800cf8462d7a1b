"""Files of registries: every row checked, done once whoever does it, the newest by the source's clock in force."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from auth_service.accounts.roles import Role
from auth_service.core.errors import AccessRefused, LedgerRoleMissing
from auth_service.crosscheck.batches import BatchPolicy
from auth_service.crosscheck.profiles import Profile
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.import_registry import ImportRegistry, RegistryOrder
from auth_service.storage.unit import BatchState, ReadUpTo
from tests.builders import LI, WANG, Agency, Rows
from tests.flows.registries import Killed, Registries, codes, death

MANY = [
    death(f"M-{place}", name="" if place % 100 == 7 else "赵某某", event_date=f"2026-01-{place % 28 + 1:02}")
    for place in range(1200)
]
"""Twelve of them refused; three transactions."""


@pytest.fixture
def registries(agency: Agency) -> Registries:
    return Registries(agency)


def stored(rows: Callable[..., list[Any]]) -> dict[str, Any]:
    """What is kept, without what differs from run to run."""
    return {
        "records": rows("SELECT row, act, event_on FROM registry_records ORDER BY row"),
        "refusals": rows("SELECT row, field, code FROM registry_refusals ORDER BY row"),
        "batches": rows("SELECT kind, source, place, counts, findings FROM registry_batches"),
        "acts": rows("SELECT number, step, act FROM registry_acts ORDER BY number"),
        "audited": rows("SELECT count(*) FROM audit_rows WHERE action = 'registry.imported'"),
    }


def test_good_rows_are_kept_and_each_bad_one_comes_back_with_its_reason(registries: Registries) -> None:
    report = registries.take(
        death("M-1"),
        death("M-2", name=""),
        death("", name="钱某"),
        death("M-4", event_date="2026-13-01"),
        death("M-5", message="?"),
        death("M-6", region_code="1302"),
    )
    counts = report.counts
    assert (counts["rows"], counts["added"], counts["refused"]) == (6, 2, 4)
    assert codes(registries.rejects.refused) == [
        (3, "field_missing"), (4, "field_missing"), (5, "date_invalid"), (6, "field_invalid"),
    ]  # fmt: skip
    assert report.refused_by_code == {"field_missing": 2, "date_invalid": 1, "field_invalid": 1}
    assert report.state is BatchState.CLEARED
    assert registries.holding() == {"M-1": "2026-02-11", "M-6": "2026-02-11"}


def test_what_is_read_back_is_what_was_told(registries: Registries) -> None:
    registries.take(
        death(
            "M-1",
            id_number=WANG.lower(),
            name="阿依古丽·买买提",
            sex="女",
            birth_date="1948-05",
            region_code="130203",
            village="东村",
            event_date="2026-01",
            source="公安局",
            detail="自然死亡",
        )
    )
    ((row,), _) = registries.new()
    told = row.record
    assert told is not None
    assert told.id_number is not None
    assert (told.id_text, told.id_number.number, told.name, str(told.birth)) == (
        WANG.lower(), WANG, "阿依古丽·买买提", "1948-05",
    )  # fmt: skip
    assert (told.source, told.village, str(told.event), told.detail) == ("police", "东村", "2026-01", "自然死亡")


def test_the_same_file_again_does_nothing(registries: Registries, rows: Callable[..., list[Any]]) -> None:
    first = registries.take(*MANY)
    before = stored(rows)
    again = registries.take(*MANY)
    assert again.repeated
    assert (again.batch_id, again.counts, again.state) == (first.batch_id, first.counts, first.state)
    assert stored(rows) == before
    assert len(registries.rejects.refused) == 12  # the list of refused rows can be had again


@pytest.mark.parametrize("row", [2, 501, 502, 1002, 1201])
def test_killed_before_any_row_and_run_again_it_ends_as_if_never_killed(
    registries: Registries, rows: Callable[..., list[Any]], row: int
) -> None:
    with pytest.raises(Killed):
        registries.take(*MANY, cut=row)
    assert rows("SELECT count(*) FROM registry_acts WHERE step > 1") == [(0,)]
    assert registries.new()[0] == []  # half a file counts for nothing
    report = registries.take(*MANY)
    assert report.resumed == max(0, (row - 2) // 500 * 500 + 1) * (row > 501)
    assert {name: report.counts[name] for name in ("rows", "added", "refused")} == {
        "rows": 1200, "added": 1188, "refused": 12,
    }  # fmt: skip
    assert [row for row, _ in codes(registries.rejects.refused)] == [9 + 100 * place for place in range(12)]
    kept = stored(rows)
    assert [one[0] for one in kept["records"]] == [row for row in range(2, 1202) if (row - 9) % 100]
    assert len(kept["refusals"]) == 12
    assert kept["acts"] == [(1, 1, "imported"), (2, 2, "cleared")]
    assert kept["audited"] == [(1,)]


def test_two_at_once_do_every_row_once(registries: Registries, rows: Callable[..., list[Any]]) -> None:
    reports: list[Any] = []
    order = RegistryOrder(RegistryKind.DEATH, member=registries.steward)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        rejects = Rows()
        done = registries.importing.run(registries.file(*MANY), rejects, order, lambda _: None)
        reports.append((done.batch_id, dict(done.counts), [row for row, _, _ in rejects.refused]))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 2
    assert reports[0] == reports[1]
    assert reports[0][1]["rows"] == 1200
    assert len(reports[0][2]) == 12
    kept = stored(rows)
    assert len(kept["records"]) == 1188
    assert kept["acts"] == [(1, 1, "imported"), (2, 2, "cleared")]


def test_newer_then_older_leaves_the_newer_in_force(registries: Registries) -> None:
    newer = death("M-1", message="correct", event_date="2026-02-20", recorded_at="2026-02-21")
    older = death("M-1")
    registries.take(newer)
    report = registries.take(older)
    assert (report.counts["added"], report.counts["late"]) == (0, 1)
    assert registries.holding() == {"M-1": "2026-02-20"}


@pytest.mark.parametrize("void_first", [False, True])
def test_a_void_takes_back_in_whatever_order_it_comes(registries: Registries, void_first: bool) -> None:
    new, void = death("M-1"), {"source_ref": "M-1", "message": "撤销", "recorded_at": "2026-02-25"}
    for one in (void, new) if void_first else (new, void):
        registries.take(one)
    assert registries.holding() == {}
    (gone,) = registries.gone()
    assert gone.voided
    assert gone.instead is not None


def test_a_correction_withdraws_what_it_corrects(registries: Registries) -> None:
    registries.take(death("M-1"))
    ((first,), place) = registries.new()
    registries.take(death("M-1", message="更正", event_date="2026-02-13", recorded_at="2026-02-14"))
    ((second,), _) = registries.new(place)
    (gone,) = registries.gone(place)
    assert (gone.record_id, gone.instead, gone.voided) == (first.id, second.id, False)
    assert str(second.event) == "2026-02-13"


def test_one_reference_of_two_sources_is_two(registries: Registries) -> None:
    registries.take(death("1", source="民政"), death("1", source="公安"))
    assert len(registries.new()[0]) == 2
    registries.take(death("1"), kind=RegistryKind.CREMATION)
    assert len(registries.new()[0]) == 3


def test_one_reference_with_two_contents_is_left_to_people(registries: Registries) -> None:
    report = registries.take(death("M-1"), death("M-1"), death("M-1", event_date="2026-01-05"))
    assert (report.counts["added"], report.counts["unchanged"], report.counts["refused"]) == (1, 1, 1)
    assert codes(registries.rejects.refused) == [(4, "reference_repeated")]
    again = registries.take(death("M-1"), death("M-2"))
    assert (again.counts["added"], again.counts["unchanged"]) == (1, 1)


def test_a_reader_gets_every_row_once_however_small_its_pages(registries: Registries) -> None:
    registries.take(*(death(f"A-{place}") for place in range(7)))
    registries.take(*(death(f"B-{place}") for place in range(4)))
    found: list[str] = []
    place = ReadUpTo()
    while True:
        page, reached = registries.new(place, 3)
        found += [one.record.ref for one in page if one.record is not None]
        if reached == place:
            break
        place = reached
    assert sorted(found) == sorted([f"A-{one}" for one in range(7)] + [f"B-{one}" for one in range(4)])
    assert registries.new(place)[0] == []


def test_hits_are_rows_of_people_in_the_ledger(registries: Registries) -> None:
    registries.agency.person()
    assert registries.take(death("1", id_number=WANG), death("2", id_number=LI)).counts["hits"] == 1


def test_a_profile_reads_a_sources_own_words(registries: Registries) -> None:
    profile = Profile("own", source="police", values={"message": {"注销": "void"}})
    registries.take(death("1"), profile=profile)
    report = registries.take({"source_ref": "1", "message": "注销", "recorded_at": "2026-02-28"}, profile=profile)
    assert report.counts["voids"] == 1
    assert registries.holding() == {}


def test_the_run_is_in_the_audit_trail_by_numbers(registries: Registries) -> None:
    registries.take(death("1"))
    with registries.agency.store.reading() as unit:
        (event,) = [row.event for row in unit.audit.rows() if row.event.action == "registry.imported"]
    assert event.actor == f"staff:{registries.steward.id}"
    assert (event.details["rows"], event.details["odd"]) == (1, "")


def test_only_those_may_import_whose_office_it_is(registries: Registries) -> None:
    with pytest.raises(AccessRefused):
        registries.take(death("1"), member=registries.agency.member(Role.OFFICER, "li"))


def test_who_serves_may_not_import_registries(agency: Agency) -> None:
    if agency.store is agency.ledger_store:
        return  # SQLite knows no roles
    flow = ImportRegistry(agency.store, agency.clock, BatchPolicy())
    with pytest.raises(LedgerRoleMissing):
        flow.run(Rows([death("1")]), Rows(), RegistryOrder(RegistryKind.DEATH), lambda _: None)
