"""Tickets, records and the daily count over HTTP, each call signed, with a real engine behind."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth_service.accounts.roles import Role
from auth_service.capture.offline import canonical, digest_of, signed_bytes
from auth_service.capture.offline_chain import FIRST
from auth_service.core.ids import new_id
from tests.channels.kiosk_client import CONSENT, KIOSK, Kiosk, keepers, kiosk
from tests.channels.phone_client import still
from tests.channels.service import EILEEN, NOBODY, Deployment

ZEROS = "0" * 64


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Queue:
    """What a terminal does while it has no line, and sends later."""

    def __init__(self, terminal: Kiosk) -> None:
        self.terminal, self.service = terminal, terminal.service
        self.counter, self.previous = 0, FIRST
        self.tickets: list[dict[str, Any]] = []

    def fetch(self, count: int = 4, key: str = "", **more: Any) -> httpx.Response:
        answer = self.terminal.call("POST", f"{KIOSK}/offline-tickets", {"count": count, **more}, key=key)
        if answer.status_code == 200:
            self.tickets += answer.json()["tickets"]
        return answer

    def capture(self, number: str = EILEEN, **changed: Any) -> tuple[dict[str, Any], list[Any]]:
        ticket = self.tickets.pop(0)
        steps = [still(self.service, n, shift=self.counter) for n in range(ticket["challenge"]["count"])]
        now = written(self.service.clock.now())
        told = {
            "version": 1, "kind": "capture", "device_id": self.terminal.id, "counter": self.counter + 1,
            "previous": self.previous, "client_event": str(uuid.uuid4()), "ticket": ticket["ticket"],
            "captured_at": now, "id_number": number, "consent": {**CONSENT, "at": now},
            "steps": [
                {"n": one.n, "frames": [
                    {"at_ms": f.at_ms, "bytes": len(f.data), "sha256": hashlib.sha256(f.data).hexdigest()}
                    for f in one.frames
                ]} for one in steps
            ], **changed,
        }  # fmt: skip
        self.counter += 1
        self.previous = digest_of(canonical(told))
        frames = [
            (f"f-{one.n}-{place}", ("f.jpg", frame.data, "image/jpeg"))
            for one in steps
            for place, frame in enumerate(one.frames)
        ]
        return told, frames

    def signature(self, data: bytes) -> str:
        return text_of(self.terminal.key.private.sign(signed_bytes(data)))

    def send(self, told: dict[str, Any], frames: list[Any], **changed: Any) -> httpx.Response:
        data = canonical(told)
        parts = {
            "record": ("record.json", data, "application/json"),
            "signature": (None, self.signature(data)),
            **changed,
        }
        return self.terminal.call("POST", f"{KIOSK}/records", files=[*parts.items(), *frames])

    def see(self, told: dict[str, Any]) -> httpx.Response:
        return self.terminal.call("GET", f"{KIOSK}/records/{told['client_event']}")

    def reconcile(self, **changed: Any) -> httpx.Response:
        day = written(self.service.clock.now())[:10]
        told = {"day": day, "counts": {"captures": 0, "records": self.counter}, "last_counter": self.counter,
                "last_hash": self.previous, **changed}  # fmt: skip
        return self.terminal.call("POST", f"{KIOSK}/reconciliations", told)


def written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def queue(service: Deployment) -> Queue:
    made = Queue(kiosk(service))
    made.fetch()
    return made


def test_from_tickets_over_records_to_the_daily_count(queue: Queue, service: Deployment) -> None:
    assert queue.terminal.status().json()["offline_tickets"] == 4
    challenge = queue.tickets[0]["challenge"]
    assert (challenge["route"], challenge["flashes"], len(challenge["flash"])) == ("flash", 8, 8)
    assert len(challenge["steps"]) == challenge["count"]
    captured = [queue.capture(), queue.capture(NOBODY)]
    service.clock.instant = service.clock.instant.replace(hour=9)
    told = [queue.send(*one) for one in reversed(captured)]
    assert [one.status_code for one in told] == [202, 202], told[0].text
    assert [(one.json()["state"], one.json()["counter"]) for one in told] == [("accepted", 2), ("accepted", 1)]
    assert "reason" not in told[0].json()
    again = queue.send(*captured[1])
    assert (again.status_code, again.json()) == (202, told[0].json())
    assert queue.see(captured[0][0]).json()["state"] == "accepted"
    assert "result" not in queue.see(captured[0][0]).json()
    assert service.wiring.decide_records.run() == {"decided": 2, "held": 0, "waiting": 0}
    views = [queue.see(one[0]).json() for one in captured]
    assert {view["result"]["outcome"] for view in views} <= {"in_review", "other_way"}, "a still picture passes nowhere"
    assert again.json() == queue.send(*captured[1]).json()
    assert queue.reconcile().json() == {"agrees": True, "differences": []}
    assert queue.terminal.status().json()["counter"] == 2


def test_the_same_key_gives_the_same_tickets_and_bounds_are_kept(queue: Queue) -> None:
    key = new_id()
    first, second = queue.fetch(2, key=key), queue.fetch(2, key=key)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert queue.terminal.status().json()["offline_tickets"] == 6
    assert queue.fetch(3, key=key).json()["code"] == "idempotency_key_reused"
    for count in (0, 51, -1, "x"):
        assert queue.fetch(count).status_code in {400, 422}  # type: ignore[arg-type]
    (ticket,) = queue.fetch(1, route="no_flash").json()["tickets"]
    assert ticket["challenge"]["flash"] == []


def test_what_is_wrong_with_a_record_is_told_by_code(queue: Queue) -> None:
    told, frames = queue.capture()
    data = canonical(told)
    stranger = text_of(Ed25519PrivateKey.generate().sign(signed_bytes(data)))
    loose = json.dumps(told).encode()
    for changed, status, code in (
        ({"signature": (None, stranger)}, 422, "record_signature_invalid"),
        ({"signature": (None, "!")}, 422, "record_signature_invalid"),
        (
            {"record": ("r", loose, "application/json"), "signature": (None, queue.signature(loose))},
            422, "record_invalid",
        ),
        ({"other": (None, "x")}, 400, "request_invalid"),
        ({"g-1": ("x", b"x", "image/jpeg")}, 422, "field_invalid"),
    ):  # fmt: skip
        answer = queue.send(told, frames, **changed)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    missing = queue.send(told, frames[1:])
    assert (missing.status_code, missing.json()["field"]) == (422, "f-0-0")
    as_json = queue.terminal.call("POST", f"{KIOSK}/records", {"record": "x"})
    assert (as_json.status_code, as_json.json()["code"]) == (415, "media_type_unsupported")
    assert queue.send(told, frames).status_code == 202
    other = queue.send(*queue.capture(client_event=told["client_event"]))
    assert (other.status_code, other.json()["code"]) == (409, "record_conflict")


def test_what_cannot_be_looked_at_is_refused_in_both_languages(queue: Queue) -> None:
    told, _ = queue.capture()
    answer = queue.send(told, [])
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]["code"]) == (
        200, "refused", "frames_missing",
    )  # fmt: skip
    assert "再来一次" in answer.json()["reason"]["zh"]
    assert "come again" in answer.json()["reason"]["en"]


def test_a_revoked_kiosk_may_still_bring_what_it_captured_and_start_nothing(queue: Queue, service: Deployment) -> None:
    before = queue.capture()
    service.wiring.keep_devices.revoke(queue.terminal.id, keepers(service)[0])
    service.clock.instant = service.clock.instant.replace(minute=30)
    after = queue.capture()
    told = [queue.send(*before), queue.send(*after)]
    assert [(one.status_code, one.json()["state"]) for one in told] == [(202, "accepted"), (202, "pending")]
    assert told[1].json()["reason"]["code"] == "device_revoked"
    assert queue.see(before[0]).status_code == 200
    assert queue.reconcile().json()["agrees"] is True
    assert queue.fetch().status_code in {401, 403}
    assert queue.terminal.status().status_code in {401, 403}


def test_a_copied_kiosk_is_set_aside_and_its_calls_say_so(queue: Queue, service: Deployment) -> None:
    thief = Queue(queue.terminal)
    thief.tickets = [queue.tickets.pop(), queue.tickets.pop()]
    assert queue.send(*queue.capture()).json()["state"] == "accepted"
    answer = thief.send(*thief.capture(NOBODY))
    assert (answer.json()["state"], answer.json()["reason"]["code"]) == ("pending", "chain_fork")
    assert queue.terminal.status().json()["state"] == "quarantined"
    assert queue.fetch().json()["code"] == "device_quarantined"
    (flag,) = service.wiring.store.queries.flags("open", limit=10, rule_id="V09").rows
    page = service.sign_in(Role.MONITOR).get(f"/console/flags/{flag.id}?lang=zh").text
    assert "两条记录用了同一编号" in page
    assert [flag.rule_id for flag in service.wiring.store.queries.flags("open", limit=10, rule_id="V09").rows] == [
        "V09"
    ]


def test_an_officer_reads_why_a_record_was_held_and_by_which_clock(queue: Queue, service: Deployment) -> None:
    captured = queue.capture()
    service.clock.instant += timedelta(hours=73)
    assert queue.send(*captured).json()["reason"]["code"] == "record_too_old"
    service.wiring.decide_records.run()
    with service.wiring.store.reading() as unit:
        record = unit.offline_records.of_event(queue.terminal.id, captured[0]["client_event"])
    assert record is not None
    page = service.sign_in(Role.OFFICER).get(f"/console/desk/{record.evidence_id}?lang=zh").text
    assert "终端断网时采集：按终端时钟 2026-03-10 10:00，2026-03-13 11:00 收到。" in page
    assert "采集后超过规定时间才收到，由工作人员查看" in page
    assert "待遇不受影响" in page


def test_another_kiosks_record_is_nobodys_here(queue: Queue, service: Deployment) -> None:
    told, frames = queue.capture()
    assert queue.send(told, frames).status_code == 202
    other = Queue(kiosk(service))
    assert other.see(told).status_code == 404
    assert other.send(told, frames).json()["code"] == "record_invalid"


def test_the_daily_count_names_what_differs(queue: Queue) -> None:
    queue.capture()
    answer = queue.reconcile(counts={"captures": 1, "records": 1})
    told = answer.json()
    assert (answer.status_code, told["agrees"]) == (200, False)
    assert [one["code"] for one in told["differences"]] == ["captures_differ", "records_differ", "records_missing"]
    assert told["differences"][2]["counters"] == [1]
    assert {"zh", "en"} <= set(told["differences"][0])
    for wrong in ({"day": "2026-02-01"}, {"day": "x"}, {"last_hash": "x"}, {"counts": {"captures": -1, "records": 0}}):
        assert queue.reconcile(**wrong).status_code in {400, 422}


def test_nothing_is_heard_without_a_signature(queue: Queue) -> None:
    told, frames = queue.capture()
    data = canonical(told)
    client = queue.terminal.client
    parts = [("record", ("r", data, "application/json")), ("signature", (None, queue.signature(data))), *frames]
    for answer in (
        client.post(f"{KIOSK}/records", files=parts, headers={"Idempotency-Key": new_id()}),
        client.post(f"{KIOSK}/offline-tickets", json={"count": 1}),
        client.post(f"{KIOSK}/reconciliations", json={}),
        client.get(f"{KIOSK}/records/{told['client_event']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")
    assert queue.reconcile(last_counter=0, last_hash=ZEROS, counts={"captures": 0, "records": 0}).json()["agrees"]


def test_a_body_that_is_too_large_is_refused_at_once(queue: Queue) -> None:
    told, frames = queue.capture()
    large = [("f-9-9", ("f.jpg", b"x" * (13 * 1024 * 1024), "image/jpeg"))]
    answer = queue.send(told, [*frames, *large])
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
