"""The ledger: every row checked, nothing lost, nothing twice."""

from __future__ import annotations

import pytest

from auth_service.flows.import_ledger import LedgerReport
from tests.builders import LI, WANG, Agency, Rows

GOOD = {"id_number": WANG, "name": "王秀英", "benefit_kind": "城乡居民养老", "phone": "13800000000"}


def run(agency: Agency, *values: dict[str, str]) -> tuple[LedgerReport, Rows]:
    rejects = Rows()
    return agency.importing.run(Rows(values), rejects, "cli", lambda _: None), rejects


def test_good_rows_are_stored_and_bad_ones_come_back_with_their_reason(agency: Agency) -> None:
    report, rejects = run(agency, GOOD, {**GOOD, "id_number": WANG[:-1] + "7"}, {**GOOD, "id_number": LI, "name": ""})
    assert (report.rows, report.added, report.refused) == (3, 1, 2)
    assert [(row, code) for row, _, code in rejects.refused] == [(3, "id_number_check_digit"), (4, "field_missing")]


def test_a_wrong_id_number_is_flagged_once_however_often_it_is_imported(agency: Agency) -> None:
    bad = {**GOOD, "id_number": WANG[:-1] + "7"}
    assert run(agency, bad)[0].flags == 1
    assert run(agency, bad)[0].flags == 0
    assert agency.flags() == ["I01"]


def test_running_a_file_again_changes_nothing(agency: Agency) -> None:
    run(agency, GOOD)
    report, _ = run(agency, GOOD)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 1)


def test_what_one_row_states_is_not_undone_by_another_that_is_silent(agency: Agency) -> None:
    stated = {**GOOD, "sex": "男", "birth_date": "1948-05"}
    run(agency, stated, {**GOOD, "benefit_kind": "遗属待遇"})
    report, _ = run(agency, stated, {**GOOD, "benefit_kind": "遗属待遇"})
    assert report.unchanged == 2


def test_a_change_is_stored_and_audited_by_field_name_only(agency: Agency) -> None:
    run(agency, GOOD)
    assert run(agency, {**GOOD, "phone": "13911111111"})[0].changed == 1
    with agency.store.reading() as unit:
        events = [row.event for row in unit.audit.rows() if row.event.action == "ledger.changed"]
    assert len(events) == 1
    assert events[0].details is not None
    assert events[0].details["fields"] == "phone"


def test_a_missing_person_key_is_made_and_reported(agency: Agency) -> None:
    assert run(agency, GOOD)[0].keys_made == 1
    assert run(agency, {**GOOD, "id_number": LI, "name": "李建国", "person_key": "TS2"})[0].keys_made == 0


@pytest.mark.asvs("2.2.3")
def test_one_number_with_two_names_in_one_file_is_not_guessed(agency: Agency) -> None:
    report, rejects = run(agency, GOOD, {**GOOD, "name": "李秀英"})
    assert (report.added, report.refused) == (1, 1)
    assert rejects.refused[0][2] == "row_conflict"


def test_two_benefits_of_one_person_are_two_rows_of_one_person(agency: Agency) -> None:
    report, _ = run(agency, GOOD, {**GOOD, "benefit_kind": "遗属待遇"})
    assert (report.added, report.changed, report.refused) == (1, 1, 0)
    with agency.store.reading() as unit:
        person = unit.people.by_id_number(WANG)
        assert unit.people.count() == 1
    assert person is not None
    assert {benefit.kind.value for benefit in person.benefits} == {"resident_pension", "survivor"}


def test_a_file_of_a_thousand_rows_is_counted_exactly(agency: Agency) -> None:
    from datetime import date  # noqa: PLC0415

    from tests.builders import id_number  # noqa: PLC0415

    rows = [{**GOOD, "id_number": id_number(date(1950, 1, 1 + n % 28), n), "name": f"人{n}"} for n in range(1, 1000)]
    report, _ = run(agency, *rows)
    assert report.rows == report.added == 999
