"""Files of registries on the console: what is odd in words and numbers, a release by a second person, a discard."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import httpx
import openpyxl
import pytest

from auth_service.accounts.roles import Role
from auth_service.crosscheck.profiles import Profile
from auth_service.storage.unit import BatchState
from tests.channels.service import EILEEN, PASSWORD, Client, Deployment, hidden
from tests.console.registered import odd_file, steward, take, told_dead

LIST = "/console/batches"


def post(client: Client, path: str, **fields: str) -> httpx.Response:
    token = hidden(client.get(path.rpartition("/")[0]).text, "csrf_token")
    return client.post(path, data={"csrf_token": token, **fields})


def state(service: Deployment, batch_id: str) -> BatchState:
    return service.wiring.keep_registry.show(batch_id).batch.state


def actions(service: Deployment) -> list[str]:
    with service.wiring.store.reading() as unit:
        return [row.event.action for row in unit.audit.rows() if row.event.action.startswith("registry.")]


def test_an_odd_file_is_released_by_a_second_person_and_refused_for_the_first(service: Deployment) -> None:
    first, second = service.sign_in(Role.DATA_STEWARD), service.sign_in(Role.MONITOR)
    batch_id = odd_file(service.wiring, steward(service.wiring))
    page = first.get(f"{LIST}/{batch_id}").text
    assert "您是导入人，须由另一人放行" in page
    assert "/release" not in page
    refused = post(first, f"{LIST}/{batch_id}/release")
    assert refused.status_code == 403
    assert "两名不同的人员" in refused.text
    assert state(service, batch_id) is BatchState.QUARANTINED
    assert "registry.release_refused" in actions(service)
    shown = second.get(f"{LIST}/{batch_id}").text
    assert f"{LIST}/{batch_id}/release" in shown
    assert f"{LIST}/{batch_id}/discard" not in shown, "a monitor takes no file back"
    assert post(second, f"{LIST}/{batch_id}/release").headers["location"] == f"{LIST}/{batch_id}?recorded=released"
    assert state(service, batch_id) is BatchState.RELEASED
    assert "data.steward" in second.get(f"{LIST}/{batch_id}").text
    assert post(second, f"{LIST}/{batch_id}/release").status_code == 409
    assert actions(service)[-1] == "registry.released"


def test_the_page_says_what_is_odd_with_its_numbers_and_shows_nobody(service: Deployment) -> None:
    profile = Profile("minzheng", None, "", {"死者": "name"}, {"message": {"注销": "void"}})
    rows = (told_dead("A", EILEEN, name="张秀兰", birth_date="1948-05-12"), told_dead("B", event_date="2031-01-01"))
    batch_id = take(service.wiring, steward(service.wiring), *rows, profile=profile).batch_id
    page = service.sign_in(Role.MONITOR).get(f"{LIST}/{batch_id}").text
    assert "2 行中有 1 行日期晚于今天（超过 0.01 行即异常）" in page
    assert "死亡登记.csv" in page
    for cell in ("死者", "message: 注销", "张**", "1948"):
        assert cell in page, cell
    assert EILEEN not in page
    assert "张秀兰" not in page
    seen = service.sign_in(Role.AUDITOR).get(f"{LIST}/{batch_id}").text
    assert "日期晚于今天" in seen
    assert "张**" not in seen, "only whoever releases looks at rows"


def test_a_file_for_which_nobody_stands_takes_two_people(service: Deployment) -> None:
    batch_id = odd_file(service.wiring)
    one = service.sign_in(Role.MONITOR)
    assert "无人对导入负责" in one.get(f"{LIST}/{batch_id}").text
    answer = post(one, f"{LIST}/{batch_id}/release")
    assert answer.status_code == 409
    assert "由您对这次导入负责" in answer.text
    assert state(service, batch_id) is BatchState.QUARANTINED


def test_a_steward_discards_alone_with_a_reason(service: Deployment) -> None:
    client = service.sign_in(Role.DATA_STEWARD)
    batch_id = odd_file(service.wiring, steward(service.wiring))
    assert post(client, f"{LIST}/{batch_id}/discard", reason=" ").status_code == 422
    assert state(service, batch_id) is BatchState.QUARANTINED
    assert post(client, f"{LIST}/{batch_id}/discard", reason="去年的文件").status_code == 303
    assert state(service, batch_id) is BatchState.DISCARDED
    page = client.get(f"{LIST}/{batch_id}?recorded=discarded").text
    assert "已作废，数据不再采用" in page
    assert f"{LIST}/{batch_id}/discard" not in page
    assert client.get(f"{LIST}/{'0' * 32}").status_code == 404


@pytest.mark.asvs("7.5.3")
def test_after_five_minutes_a_release_asks_for_the_password_again(service: Deployment) -> None:
    batch_id = odd_file(service.wiring, steward(service.wiring))
    client = service.sign_in(Role.MONITOR)
    service.clock.instant += timedelta(minutes=6)
    assert 'type="password"' in client.get(f"{LIST}/{batch_id}").text
    assert post(client, f"{LIST}/{batch_id}/release").status_code == 403
    assert post(client, f"{LIST}/{batch_id}/release", password="wrong").status_code == 401
    assert state(service, batch_id) is BatchState.QUARANTINED
    assert post(client, f"{LIST}/{batch_id}/release", password=PASSWORD).status_code == 303
    assert state(service, batch_id) is BatchState.RELEASED


def test_the_list_shows_who_waits_first_and_leaves_as_a_file_without_a_formula(service: Deployment) -> None:
    client = service.sign_in(Role.DATA_STEWARD)
    assert client.get("/console").headers["location"] == LIST, "whoever has one list alone is led to it"
    assert "没有待放行的文件" in client.get(LIST).text
    waiting = odd_file(service.wiring, steward(service.wiring))
    fine = take(service.wiring, steward(service.wiring), told_dead("OK", source="=HYPERLINK(1)")).batch_id
    assert re.findall(rf"{LIST}/([0-9a-f]{{32}})", client.get(LIST).text) == [waiting]
    assert set(re.findall(rf"{LIST}/([0-9a-f]{{32}})", client.get(f"{LIST}?state=all").text)) == {waiting, fine}
    told = client.get(f"{LIST}.csv?state=all")
    assert told.headers["content-disposition"] == 'attachment; filename="registry-batches.csv"'
    rows = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["批次", "类别", "来源"]
    assert {row[0] for row in rows[1:]} == {waiting, fine}
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{LIST}.xlsx?state=all").content)).active
    assert sheet is not None
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows()] == rows
    assert client.get(f"{LIST}.exe").status_code == 404
