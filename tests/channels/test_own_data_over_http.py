"""/v1/me over HTTP: one refusal for everybody, and requests that a privacy officer carries out in person."""

from __future__ import annotations

from datetime import timedelta

from auth_service.accounts.roles import Role
from auth_service.capture.one_time_code import CodeGiven
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import LifeEvent
from tests.channels.phone_client import PhonePage
from tests.channels.service import EILEEN, GRACE, NAMES, NOBODY, SAME_ORIGIN, Deployment, hidden
from tests.console.waiting import person_of

PATHS = ("status", "history", "export")


def ask(service: Deployment, number: str, wish: str) -> tuple[int, object]:
    body = {"id_number": number, "name": NAMES.get(number, "无此人"), "wish": wish}
    headers = SAME_ORIGIN | {"Idempotency-Key": new_id()}
    answer = service.client().post("/v1/me/requests", json=body, headers=headers)
    return answer.status_code, answer.json()


def test_whoever_has_no_code_and_no_pass_is_refused_in_the_same_words(service: Deployment) -> None:
    told = set()
    for number in (EILEEN, NOBODY):
        page = PhonePage(service.client())
        page.open(number)
        for path in PATHS:
            answer = page.call("GET", f"/v1/me/{path}?session_id={page.id}")
            assert answer.status_code == 403
            told.add((path, answer.json()["code"], answer.json()["title"], "cache-control" in answer.headers))
    assert {(path, code) for path, code, _, _ in told} == {
        ("status", "possession_needed"), ("history", "live_pass_needed"), ("export", "live_pass_needed"),
    }  # fmt: skip
    assert len(told) == len(PATHS)
    assert service.client().get(f"/v1/me/status?session_id={new_id()}").status_code == 404


def test_whoever_only_holds_the_telephone_does_not_read_that_somebody_was_in_hospital(service: Deployment) -> None:
    """A telephone is shared. The person reads it with a live pass, in the history."""
    now = service.wiring.clock.now()
    with service.wiring.ledger_store.unit() as unit:
        person_id = unit.people.id_of(EILEEN)
        assert person_id is not None
        day = legal_date(now) - timedelta(days=3)
        unit.life_events.add(person_id, LifeEvent("医保", "1", EventKind.INPATIENT, day, now), None, "batch")
    page = PhonePage(service.client())
    page.open(EILEEN)
    with service.wiring.store.unit() as unit:
        stored = unit.sessions.by_id(page.id)
        assert stored is not None
        unit.sessions.move(stored.session, CodeGiven(now))
    answer = page.call("GET", f"/v1/me/status?session_id={page.id}")
    assert answer.status_code == 200, answer.text
    assert str(day) in answer.text, "it says when"
    assert "数据核对" in answer.text
    assert "住院" not in answer.text
    assert "hospital" not in answer.text


def test_a_wish_is_received_from_anybody_and_carried_out_once_papers_were_seen(service: Deployment) -> None:
    assert ask(service, GRACE, "erase") == ask(service, NOBODY, "erase") == (201, {"received": True})
    assert ask(service, GRACE, "sell")[0] in {400, 422}
    client = service.sign_in(Role.PRIVACY_OFFICER)
    page = client.get("/console/own-requests").text
    address = "/console/own-requests/" + page.split("/console/own-requests/")[1][:32]
    shown = client.get(address).text
    assert "永久无法读取" in shown
    assert GRACE not in shown
    form = {"csrf_token": hidden(shown, "csrf_token"), "answer": "done", "papers": "", "note": ""}
    assert client.post(f"{address}/answer", data=form).status_code == 422, "nobody was seen"
    assert person_of(service.wiring, GRACE)
    done = client.post(f"{address}/answer", data=form | {"papers": "id_card"}, follow_redirects=True)
    assert "已办理" in done.text
    with service.wiring.store.reading() as unit:
        assert unit.people.id_of(GRACE) is None
    assert client.post(f"{address}/answer", data=form | {"papers": "id_card"}).status_code == 409
