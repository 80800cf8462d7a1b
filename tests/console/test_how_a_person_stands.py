"""Who is due, how one person stands and why, and policies that two people put in force."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from auth_service.accounts.roles import Role
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.clock import legal_date
from auth_service.payments.proposals import Act, Ground
from tests.builders import Rows
from tests.channels.service import (
    EILEEN,
    GRACE,
    NO_PHOTO,
    NOBODY,
    PAGE,
    PASSWORD,
    SAME_ORIGIN,
    Deployment,
    hidden,
    sign_in,
)  # fmt: skip
from tests.console.moneyed import Moneyed
from tests.console.waiting import person_of

SHORT = "name: short\npolicies:\n  - benefits: [resident_pension]\n    cycle: {months: 1}\n    keeps_promises: false\n"


def swept(service: Deployment) -> None:
    service.wiring.sweep.run(None, "test", lambda _: None)


def bring(service: Deployment, number: str, kind: str, on: date, **more: str) -> None:
    row = {"source_ref": "r1", "id_number": number, "kind": kind, "event_date": str(on), "source": "health", **more}
    report = service.wiring.import_events.run(Rows([row]), Rows(), "cli", lambda _: None)
    assert report.added == 1


def test_who_is_late_comes_first_and_is_found_by_region_and_last_pass(service: Deployment) -> None:
    service.clock.instant += timedelta(days=500)
    bring(service, NO_PHOTO, "住院", legal_date(service.clock.now()) - timedelta(days=3))
    swept(service)
    client = service.sign_in(Role.OFFICER)
    late = client.get("/console/due").text
    assert f"/console/people/{person_of(service.wiring, EILEEN)}" in late
    assert person_of(service.wiring, NO_PHOTO) not in late
    assert person_of(service.wiring, NO_PHOTO) in client.get("/console/due?state=normal&last=silent").text
    assert person_of(service.wiring, EILEEN) in client.get("/console/due?last=never&region=1302").text
    assert "这里没有人" in client.get("/console/due?region=4401").text
    assert "这里没有人" in client.get("/console/due?last=silent").text
    assert client.get("/console/due?cursor=x").status_code == 422


def test_the_list_leaves_as_a_file_in_which_nothing_runs_and_the_trail_tells_of_it(service: Deployment) -> None:
    with service.wiring.ledger_store.unit() as unit:
        values = {"id_number": NOBODY, "name": "=HYPERLINK()", "benefit_kind": "城乡居民养老", "region_code": "130202"}
        values["person_key"] = "=cmd|' /C calc'!A0"
        unit.people.apply(check_ledger_row(values, legal_date(service.clock.now())), service.clock.now(), "b2")
    service.clock.instant += timedelta(days=500)
    swept(service)
    client = service.sign_in(Role.AUDITOR)
    answer = client.get("/console/due.csv?state=overdue")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 5
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert not any(EILEEN in cell for row in rows for cell in row)
    with service.wiring.store.reading() as unit:
        assert "due.exported" in {row.event.action for row in unit.audit.rows()}


def test_a_persons_page_says_why_and_how_it_came_about(service: Deployment) -> None:
    today = legal_date(service.clock.now())
    bring(service, GRACE, "住院", today)
    service.wiring.issue_receipts.run()
    money = Moneyed(service)
    money.do(GRACE, Act.HOLD, Ground.MISSING)
    swept(service)
    client = service.sign_in(Role.OFFICER)
    page = client.get("/console/due")
    answer = client.post(
        "/console/people/find",
        data={"csrf_token": hidden(page.text, "csrf_token"), "who": GRACE},
        follow_redirects=True,
    )
    assert answer.url.path == f"/console/people/{person_of(service.wiring, GRACE)}"
    for words in ("住院出院", "health", "待核实暂缓", "信息比对（无感认证）", "经过", "已认证"):
        assert words in answer.text, words
    assert GRACE not in answer.text
    english = client.get(answer.url.path + "?lang=en").text
    assert "a discharge from hospital" in english
    with service.wiring.store.reading() as unit:
        assert "person.seen" in {row.event.action for row in unit.audit.rows()}
    assert service.sign_in(Role.OFFICER).get("/console/people/" + "0" * 32).status_code == 404


def test_what_a_source_took_back_is_shown_as_taken_back(service: Deployment) -> None:
    today = legal_date(service.clock.now())
    bring(service, NO_PHOTO, "住院", today)
    service.wiring.issue_receipts.run()
    bring(service, NO_PHOTO, "住院", today, message="void")
    service.wiring.issue_receipts.run()
    page = service.sign_in(Role.CHECKER).get(f"/console/people/{person_of(service.wiring, NO_PHOTO)}").text
    assert "来源撤回" in page
    assert "已撤销" in page


def test_a_policy_is_proposed_by_one_rehearsed_and_put_in_force_by_another(service: Deployment) -> None:
    service.wiring.keep_staff.create("second.policy", Role.POLICY_ADMIN, PASSWORD, "cli")
    swept(service)
    first = service.sign_in(Role.POLICY_ADMIN)
    token = hidden(first.get("/console/policies").text, "csrf_token")
    wrong = first.post(
        "/console/policies", data={"csrf_token": token, "document": SHORT.replace("months: 1", "months: x")}
    )
    assert wrong.status_code == 422
    assert "第 4 行" in wrong.text
    assert "months: x" in wrong.text, "what was written is not lost"
    assert first.post("/console/policies", data={"csrf_token": token, "document": "a: &b"}).status_code == 422
    made = first.post("/console/policies", data={"csrf_token": token, "document": SHORT}, follow_redirects=True)
    address = made.url.path
    assert "已提出" in made.text
    assert "须由另一位" in made.text
    start = str(legal_date(service.clock.now()) + timedelta(days=1))
    own = first.post(f"{address}/activation", data={"csrf_token": token, "from": start})
    assert own.status_code == 403
    look = first.post(f"{address}/rehearsal", data={"csrf_token": token, "from": start, "on": str(date(2026, 6, 15))})
    assert look.status_code == 200
    assert '<th scope="row">逾期</th><td class="sum">0</td><td class="sum">3</td>' in look.text
    assert first.post(f"{address}/rehearsal", data={"csrf_token": token, "from": "soon"}).status_code == 422
    second = service.client(headers=PAGE | SAME_ORIGIN)
    assert sign_in(second, "second.policy", PASSWORD).status_code == 303
    page = second.get(address).text
    token = hidden(page, "csrf_token")
    past = second.post(f"{address}/activation", data={"csrf_token": token, "from": "2020-01-01"})
    assert past.status_code == 422
    service.clock.instant += timedelta(minutes=6)
    unasked = second.post(f"{address}/activation", data={"csrf_token": token, "from": start})
    assert unasked.status_code == 403, "the password is asked for again"
    done = second.post(
        f"{address}/activation", data={"csrf_token": token, "from": start, "password": PASSWORD}, follow_redirects=True
    )
    assert "已启用" in done.text
    assert f"自 {start} 起有效" in done.text
    assert service.sign_in(Role.AUDITOR).get(address).status_code == 200
    assert service.sign_in(Role.OFFICER).get(address).status_code == 403
