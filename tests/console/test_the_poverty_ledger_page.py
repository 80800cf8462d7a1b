"""Numbers by county, town and village, their course, and a village's own list; nobody of another village."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.clock import legal_date
from auth_service.crosscheck.poverty import month_of
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.import_registry import RegistryOrder
from tests.builders import Rows
from tests.channels.service import EILEEN, PAGE, Deployment, id_number

EAST, WEST = "130202100001", "130202100002"
STRANGER, LIKE = id_number(301), id_number(777)


def listed(service: Deployment, *rows: dict[str, str]) -> str:
    """A list of this month, made into a version. Returns the month"""
    now = service.clock.now()
    with service.wiring.store.reading() as unit:
        steward = next((one for one in unit.staff.all() if one.role is Role.DATA_STEWARD), None)
    if steward is None:
        steward, _ = service.wiring.keep_staff.create("sun", Role.DATA_STEWARD, "correct-horse-battery", "cli")
    table = Rows(rows, "list.csv", f"{abs(hash(str(rows) + str(now))):064x}"[:64])
    order = RegistryOrder(RegistryKind.POVERTY, member=steward)
    service.wiring.import_registry.run(table, Rows(), order, lambda _: None)
    month = month_of(now)
    service.wiring.build_poverty_month.run(month, steward, lambda _: None)
    return month


def row(ref: str, number: str, name: str, village: str) -> dict[str, str]:
    return {"source_ref": ref, "id_number": number, "name": name, "region_code": village, "village": "村"}


@pytest.fixture
def month(service: Deployment) -> str:
    return listed(
        service,
        row("1", EILEEN, "张秀兰", EAST),
        row("2", STRANGER, "=HYPERLINK(1)", EAST),
        row("3", LIKE, "西村人", WEST),
    )


def test_a_county_a_town_and_its_villages(service: Deployment, month: str) -> None:
    client = service.sign_in(Role.OFFICER)
    county = client.get("/console/poverty", headers=PAGE).text
    assert "130202" in county
    assert f"{month}（第 1 版" in county
    assert "region=130202" in county
    town = client.get("/console/poverty?region=130202100", headers=PAGE).text
    assert EAST in town
    assert WEST in town
    assert "/console/poverty.csv" in town
    assert "/console/poverty.csv" not in county
    assert "Poverty ledger" in client.get("/console/poverty?lang=en", headers=PAGE).text


def test_a_page_names_nobody(service: Deployment, month: str) -> None:
    text = service.sign_in(Role.AUDITOR).get(f"/console/poverty?month={month}&region={EAST}", headers=PAGE).text
    assert not any(one in text for one in (EILEEN, STRANGER, "张秀兰", "HYPERLINK"))


def test_a_villages_list_holds_its_own_people_and_nothing_runs(service: Deployment, month: str) -> None:
    client = service.sign_in(Role.OFFICER)
    answer = client.get(f"/console/poverty.csv?month={month}&region={EAST}")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert "西村人" not in answer.text
    assert not any(cell.startswith(("=", "+", "-", "@")) for one in rows for cell in one)
    assert not any(number in answer.text for number in (EILEEN, STRANGER))
    assert "张**" in answer.text
    with service.wiring.store.reading() as unit:
        (event,) = [one.event for one in unit.audit.rows() if one.event.action == "poverty.exported"]
    assert event.details["region"] == EAST


@pytest.mark.parametrize(
    ("query", "status"), [("region=130202", 303), ("region=", 303), (f"region={EAST}&month=2020-01", 404)]
)
def test_no_list_of_a_county_or_of_no_month(service: Deployment, month: str, query: str, status: int) -> None:
    answer = service.sign_in(Role.OFFICER).get(f"/console/poverty.csv?{query}", headers=PAGE)
    assert answer.status_code == status


def test_the_course_of_months_stands_in_a_drawing_and_in_a_table(service: Deployment, month: str) -> None:
    client = service.sign_in(Role.OFFICER)
    assert "<svg" not in client.get("/console/poverty", headers=PAGE).text
    service.clock.instant += timedelta(days=31)
    now = service.clock.now()
    with service.wiring.ledger_store.unit() as unit:
        values = {"id_number": STRANGER, "name": "韦某", "benefit_kind": "城乡居民养老", "region_code": EAST}
        unit.people.apply(check_ledger_row(values, legal_date(now)), now, "b2")
    later = listed(service, row("1", EILEEN, "张秀兰", EAST), row("2", STRANGER, "韦某", EAST))
    client = service.sign_in(Role.CHECKER)
    page = client.get("/console/poverty", headers=PAGE).text
    assert "<svg" in page
    assert month in page
    assert later in page
    earlier = client.get(f"/console/poverty?month={month}", headers=PAGE).text
    assert "<svg" not in earlier


def test_before_any_month_the_page_says_what_to_do(service: Deployment) -> None:
    answer = service.sign_in(Role.OFFICER).get("/console/poverty", headers=PAGE)
    assert answer.status_code == 200
    assert "auth-service poverty month" in answer.text


def test_who_may_not_see_people_sees_no_list(service: Deployment, month: str) -> None:
    for role in (Role.MONITOR, Role.DATA_STEWARD):
        client = service.sign_in(role)
        assert client.get("/console/poverty", headers=PAGE).status_code == 403
        assert client.get(f"/console/poverty.csv?region={EAST}", headers=PAGE).status_code == 403
