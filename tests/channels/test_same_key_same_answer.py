"""Idempotency-Key: one act per key, whatever the network does."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from auth_service.app import create_app
from auth_service.core.errors import CapacityExceeded, TransactionConflict
from auth_service.core.ids import new_id
from auth_service.core.limits import LimitPolicy
from auth_service.flows.enroll import Enrolled, EnrollRequest
from auth_service.flows.limit import Limit
from auth_service.flows.verify import VerifyRequest, VerifyResult
from tests.channels.service import EILEEN, ENROLMENT, GRACE, Client, Deployment


def _send(service: Deployment, key: str, photo: bytes, client: Client | None = None, **fields: str) -> httpx.Response:
    return (client or service.client()).post(
        "/v1/verifications",
        headers=service.headers("all", key),
        data={"id_number": EILEEN, "attested_by": "c.7", **fields},
        files=[("photo", ("p.jpg", photo, "image/jpeg"))],
    )


def _certificates(service: Deployment) -> int:
    return service.services.queries.totals()["certificates"]


def test_the_first_answer_comes_again_byte_for_byte_and_nothing_happens_twice(service: Deployment) -> None:
    key, photo = new_id(), service.portraits.eileen_later
    first = _send(service, key, photo)
    count = _certificates(service)
    again = _send(service, key, photo)
    assert first.json()["decision"] == "qualified"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert _certificates(service) == count


@pytest.mark.parametrize("change", ["person", "photo", "field"])
def test_the_same_key_with_other_content_is_refused(service: Deployment, change: str) -> None:
    key, photo = new_id(), service.portraits.eileen_later
    _send(service, key, photo)
    other = {
        "person": lambda: _send(service, key, photo, id_number=GRACE),
        "photo": lambda: _send(service, key, service.portraits.grace_later),
        "field": lambda: _send(service, key, photo, attested_by="c.8"),
    }[change]()
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.asvs("8.2.2")
def test_two_keys_of_two_callers_do_not_meet(service: Deployment) -> None:
    key = new_id()
    _send(service, key, service.portraits.eileen_later)
    other = service.client().post(
        "/v1/verifications",
        headers=service.headers("assisted", key),
        data={"id_number": GRACE},
        files=[("photo", ("p.jpg", service.portraits.grace_later, "image/jpeg"))],
    )
    assert other.status_code == 200
    assert "Idempotency-Replayed" not in other.headers


@pytest.mark.parametrize(
    ("key", "code"), [(None, "idempotency_key_missing"), ("short", "request_invalid"), ("x" * 256, "request_invalid")]
)
def test_a_key_is_needed_and_has_a_form(service: Deployment, key: str | None, code: str) -> None:
    headers = service.headers()
    headers.pop("Idempotency-Key")
    answer = service.client().post("/v1/verifications", headers=headers | ({"Idempotency-Key": key} if key else {}))
    assert answer.status_code == 400
    assert answer.json()["code"] == code


class _Waiting:
    """Stands before the real flow and lets a test hold it."""

    def __init__(self, service: Deployment) -> None:
        self._real = service.services.verify
        self.entered, self.go = threading.Event(), threading.Event()

    def run(self, request: VerifyRequest, conclude: object = None) -> VerifyResult:
        self.entered.set()
        assert self.go.wait(20)
        return self._real.run(request, conclude)


def test_a_second_request_meanwhile_is_told_to_ask_again_and_then_gets_the_answer(service: Deployment) -> None:
    waiting = _Waiting(service)
    client = service.client(create_app(dataclasses.replace(service.services, verify=waiting)))
    key, photo = new_id(), service.portraits.eileen_later
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(_send, service, key, photo, client)
        assert waiting.entered.wait(20)
        meanwhile = _send(service, key, photo, client)
        waiting.go.set()
        answer = first.result()
    assert meanwhile.status_code == 409
    assert (meanwhile.json()["code"], meanwhile.json()["retryable"]) == ("idempotency_in_flight", True)
    assert meanwhile.headers["Retry-After"]
    assert answer.status_code == 200
    assert _send(service, key, photo, client).content == answer.content


class _Full:
    """The inference pool at its limit, once."""

    def __init__(self, service: Deployment) -> None:
        self._real = service.services.verify
        self._refused = False

    def run(self, request: VerifyRequest, conclude: object = None) -> VerifyResult:
        if not self._refused:
            self._refused = True
            raise CapacityExceeded
        return self._real.run(request, conclude)


def test_a_busy_moment_is_answered_503_and_not_remembered(service: Deployment) -> None:
    client = service.client(create_app(dataclasses.replace(service.services, verify=_Full(service))))
    key, photo = new_id(), service.portraits.eileen_later
    busy = _send(service, key, photo, client)
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "2"
    assert busy.json()["retryable"] is True
    assert _send(service, key, photo, client).json()["decision"] == "qualified"


class _Crossed:
    """A flow whose transactions meet another's, some times."""

    def __init__(self, real: Any, times: int) -> None:
        self._real, self._left = real, times

    def run(self, request: VerifyRequest, conclude: object = None) -> VerifyResult:
        self._cross()
        return self._real.run(request, conclude)  # type: ignore[no-any-return]

    def one(self, offer: EnrollRequest, conclude: object = None) -> Enrolled:
        self._cross()
        return self._real.one(offer, conclude)  # type: ignore[no-any-return]

    def _cross(self) -> None:
        if self._left:
            self._left -= 1
            raise TransactionConflict("40P01")


def test_a_conflict_inside_takes_no_second_try_from_the_person(service: Deployment) -> None:
    """One capture and one enrolment a day, each met by conflicts: both go through, and then it is enough."""
    services = service.services
    limit = Limit(service.wiring.store, LimitPolicy(person_per_day=1, enrollments_per_day=1), service.clock)
    verify, enroll = _Crossed(services.verify, 3), _Crossed(services.enroll, 3)
    client = service.client(
        create_app(dataclasses.replace(services, limit=limit, verify=verify, enroll=enroll))  # type: ignore[arg-type]
    )
    begun = services.metrics.attempts.labels("agency_api")._value
    before, photo = begun.get(), service.portraits.eileen_later
    assert _send(service, new_id(), photo, client).status_code == 200
    assert begun.get() == before + 1
    assert _send(service, new_id(), photo, client).json()["code"] == "attempts_used_up"
    offer = {
        "data": {"id_number": EILEEN, **ENROLMENT},
        "files": [("photo", ("p.jpg", service.portraits.eileen_later, "image/jpeg"))],
    }
    answers = [client.post("/v1/enrollments", headers=service.headers("desk"), **offer) for _ in range(2)]
    assert [answer.json().get("code") for answer in answers] == [None, "attempts_used_up"]


@pytest.mark.asvs("2.3.4")
def test_twenty_at_once_with_one_key_make_one_certificate(service: Deployment) -> None:
    key, photo, before = new_id(), service.portraits.eileen_later, _certificates(service)
    client = service.client(
        create_app(dataclasses.replace(service.services, photos_at_once=20))
    )  # none of them is surplus
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: _send(service, key, photo, client), range(20)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    assert _certificates(service) == before + 1
