"""The paying agency over HTTP: it reads what is approved, says what it did, and can do nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from auth_service.payments.proposals import Act, Ground
from tests.channels.service import EILEEN, GRACE, NAMES, NOBODY, SAME_ORIGIN, Deployment
from tests.console.moneyed import Moneyed
from tests.console.waiting import person_of

PATH = "/v1/payment-proposals"


@pytest.fixture
def money(service: Deployment) -> Moneyed:
    return Moneyed(service)


def read(service: Deployment, query: str = "", key: str = "payments") -> httpx.Response:
    return service.client().get(PATH + query, headers={"Authorization": f"Bearer {service.keys[key]}"})


def answer(
    service: Deployment, proposal: str, key: str = "payments", once: str | None = None, **body: Any
) -> httpx.Response:
    return service.client().post(f"{PATH}/{proposal}/answers", headers=service.headers(key, once), json=body)


def test_only_what_is_approved_is_told_without_name_number_or_ground(money: Moneyed, service: Deployment) -> None:
    held = money.do(EILEEN, Act.HOLD, Ground.DETAINED)
    money.propose(GRACE, Act.HOLD, Ground.MISSING)
    found = read(service)
    assert found.status_code == 200
    (one,) = found.json()["proposals"]
    assert (one["id"], one["act"], one["month"], one["amount"], one["answer"]) == (
        held.id,
        "hold",
        "2026-03",
        None,
        None,
    )
    for secret in (EILEEN, NAMES[EILEEN], "detained"):
        assert secret not in found.text


def test_pages_follow_in_the_order_of_approval(money: Moneyed, service: Deployment) -> None:
    ids = [money.do(number, Act.HOLD, Ground.DETAINED).id for number in (GRACE, EILEEN)]
    first = read(service, "?limit=1").json()
    second = read(service, f"?limit=1&cursor={first['next_cursor']}").json()
    assert {first["proposals"][0]["id"], second["proposals"][0]["id"]} == set(ids)
    assert second["next_cursor"] is None
    for query in ("?cursor=x", "?limit=0", "?limit=201", "?limit=x", "?limit=9999"):
        assert read(service, query).status_code == 422


def test_an_answer_is_kept_once_and_may_change(money: Moneyed, service: Deployment) -> None:
    held = money.do(EILEEN, Act.HOLD, Ground.DETAINED).id
    first = answer(service, held, once="the-first-answer", outcome="refused", code="NO_ACCOUNT")
    assert (first.status_code, first.json()) == (200, {"id": held, "new": True})
    again = answer(service, held, once="the-first-answer", outcome="refused", code="NO_ACCOUNT")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert answer(service, held, outcome="refused", code="NO_ACCOUNT").json()["new"] is False
    assert answer(service, held, outcome="done", done_on="2026-03-10").json()["new"] is True
    assert read(service).json()["proposals"][0]["answer"] == {"outcome": "done", "code": "", "done_on": "2026-03-10"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"outcome": "refused"}, 422, "field_missing"),
        ({"outcome": "done", "done_on": "2026-04-01"}, 422, "date_invalid"),
        ({"outcome": "perhaps"}, 400, "request_invalid"),
        ({"outcome": "done", "more": 1}, 400, "request_invalid"),
    ],
)
def test_what_cannot_be_used_says_why(
    money: Moneyed, service: Deployment, body: dict[str, Any], status: int, code: str
) -> None:
    held = money.do(EILEEN, Act.HOLD, Ground.DETAINED).id
    found = answer(service, held, **body)
    assert (found.status_code, found.json()["code"]) == (status, code)


def test_what_is_not_approved_is_not_found(money: Moneyed, service: Deployment) -> None:
    waits = money.propose(EILEEN, Act.HOLD, Ground.DETAINED).id
    for unknown in (waits, "0" * 32, "x"):
        assert answer(service, unknown, outcome="done").json()["code"] == "not_found"


def test_another_scope_reads_and_answers_nothing(money: Moneyed, service: Deployment) -> None:
    held = money.do(EILEEN, Act.HOLD, Ground.DETAINED).id
    assert read(service, key="verify").status_code == 403
    assert answer(service, held, key="verify", outcome="done").status_code == 403


def test_whoever_can_name_the_person_contests_from_a_phone_and_learns_nothing(
    money: Moneyed, service: Deployment
) -> None:
    money.do(EILEEN, Act.HOLD, Ground.DETAINED)

    def contest(number: str, name: str) -> httpx.Response:
        headers = {"Idempotency-Key": f"contest-of-{number}", **SAME_ORIGIN}
        body = {"id_number": number, "name": name, "words": "我还好好的"}
        return service.client().post("/v1/me/contests", json=body, headers=headers)

    told = [
        contest(number, name) for number, name in ((EILEEN, NAMES[EILEEN]), (GRACE, NAMES[GRACE]), (NOBODY, "某人"))
    ]
    assert {(one.status_code, one.text) for one in told} == {(201, told[0].text)}
    (line,) = service.services.queries.contests().rows
    assert line.person.person_id == person_of(service.wiring, EILEEN)
    assert contest(EILEEN, "x" * 2000).status_code == 400
