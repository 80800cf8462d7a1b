"""What was not signed by a device of the registry, now, for this request and for the first time, is answered 401
before a byte of its body is read."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from auth_service.app import create_app
from auth_service.wiring import Wiring
from tests.channels.kiosk_client import AUTHORITY, KIOSK, Kiosk, code_for, keepers, kiosk, still_session
from tests.channels.service import BASE, EILEEN, Deployment
from tests.signing import Call, Key, signed, with_digest

GIVEN = json.dumps({"way": "counter", "id_number": EILEEN}).encode()
PATH = f"{KIOSK}/other-ways"


def call(**other: Any) -> Call:
    made = with_digest(
        Call("POST", AUTHORITY, PATH, headers={"idempotency-key": "k" * 12}, body=GIVEN), "application/json"
    )
    return dataclasses.replace(made, **other)


def headers_of(terminal: Kiosk, at: timedelta = timedelta(0), **other: str | int) -> dict[str, str]:
    return signed(call(), terminal.key, terminal.service.clock.now() + at, **other)


class Watched:
    """The application with a body of which it is known whether anybody asked for it."""

    def __init__(self, service: Deployment) -> None:
        self.service = service
        self.reads = 0

    def send(self, headers: dict[str, str], path: str = PATH, body: bytes = GIVEN) -> httpx.Response:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            self.reads += 1
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        lines = {"host": AUTHORITY, "content-length": str(len(body)), **headers}
        bare, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": bare, "raw_path": bare.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
            "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8000), "state": {},
        }  # fmt: skip
        self.service.portal.call(lambda: self.service.app(scope, receive, send))
        told = b"".join(message.get("body", b"") for message in sent)
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=told)


def refused(answer: httpx.Response) -> str:
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"] == 'Signature realm="auth-service"'
    told = answer.json()
    assert set(told["titles"]) == {"zh", "en"}
    return str(told["code"])


def breaches(service: Deployment) -> list[tuple[str, str | None]]:
    """Flags V09: what did not fit, and of which device."""
    found = []
    for line in service.wiring.store.queries.flags("open", rule_id="V09", limit=100).rows:
        with service.wiring.store.reading() as unit:
            stored = unit.flags.get(line.id)
        assert stored is not None
        found.append((str(stored.flag.evidence["breach"]), stored.flag.device_id))
    return sorted(found)


@pytest.mark.asvs("4.1.5", "9.1.1")
def test_no_body_is_read_before_the_signature_has_proved_right(service: Deployment) -> None:
    terminal, watched = kiosk(service), Watched(service)
    good = headers_of(terminal)
    public_as_secret = Kiosk(service, service.client(), Key(id=terminal.id))
    hostile: dict[str, tuple[dict[str, str], str]] = {
        "signature_missing": ({name: value for name, value in good.items() if not name.startswith("signature")}, PATH),
        "another path": (good, f"{KIOSK}/capture-sessions"),
        "a query": (good, f"{PATH}?a=1"),
        "trimmed headers": ({name: value for name, value in good.items() if name != "idempotency-key"}, PATH),
        "another key": (headers_of(public_as_secret), PATH),
        "alg none": (headers_of(terminal, alg="none"), PATH),
        "hmac": (headers_of(terminal, alg="hmac-sha256"), PATH),
        "two labels": (good | {"signature-input": f"{good['signature-input']}, {good['signature-input']}"}, PATH),
        "clock_skew": (headers_of(terminal, timedelta(minutes=6)), PATH),
        "signature_expired": (headers_of(terminal, -timedelta(minutes=11)), PATH),
        "another tag": (headers_of(terminal, tag="other"), PATH),
        "device_refused": (headers_of(Kiosk(service, service.client(), Key(id="f" * 32))), PATH),
    }
    for name, (headers, path) in hostile.items():
        code = refused(watched.send(headers, path))
        assert code == (name if "_" in name else "signature_invalid"), name
    assert watched.reads == 0, "of none of them a byte"
    assert watched.send(good).status_code == 201
    assert watched.reads == 1


@pytest.mark.asvs("4.1.5")
def test_a_body_that_was_swapped_is_never_taken_apart(service: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, watched = kiosk(service), Watched(service)

    def parse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the body was parsed")

    from auth_service.channels.kiosk.schemas import KioskWishBody  # noqa: PLC0415

    monkeypatch.setattr(KioskWishBody, "model_validate_json", parse)
    monkeypatch.setattr("auth_service.channels.kiosk.sessions.read_frame_form", parse)
    swapped = GIVEN.replace(b"counter", b"relativ")
    assert refused(watched.send(headers_of(terminal), body=swapped)) == "digest_mismatch"
    assert refused(watched.send(headers_of(terminal), body=b"{" * len(GIVEN))) == "digest_mismatch"
    still_headers = terminal_step_headers(terminal)
    answer = watched.send(still_headers[1], still_headers[0], body=b"x" * 10)
    assert refused(answer) == "digest_mismatch"


def terminal_step_headers(terminal: Kiosk) -> tuple[str, dict[str, str]]:
    """A step's headers, signed over another body of the same form."""
    terminal.open(EILEEN)
    terminal.start()
    path = f"{KIOSK}/capture-sessions/{terminal.session}/steps/0"
    more = {"idempotency-key": "k" * 12, "capture-token": terminal.token, "capture-nonce": terminal.nonce}
    return path, terminal.headers("POST", path, b"y" * 10, "multipart/form-data; boundary=b", **more)


@pytest.mark.asvs("2.3.4")
def test_a_signature_is_good_once_inside_its_window_and_after_it_and_after_a_restart(service: Deployment) -> None:
    terminal = kiosk(service)
    headers = headers_of(terminal)

    def send(client: Any) -> httpx.Response:
        answer: httpx.Response = client.request("POST", PATH, headers=headers, content=GIVEN)
        return answer

    assert send(service.client()).status_code == 201
    assert refused(send(service.client())) == "signature_replayed"
    again = Wiring(service.wiring.settings, service.clock)
    again.__dict__.update(pool=service.wiring.pool, captures=service.wiring.captures)
    restarted = create_app(again.services())
    try:
        assert refused(send(service.client(restarted))) == "signature_replayed", "the database remembers"
        service.clock.instant += timedelta(seconds=599)
        assert refused(send(service.client(restarted))) == "signature_replayed", "to the end of the window"
        service.clock.instant += timedelta(seconds=2)
        assert refused(send(service.client(restarted))) == "signature_expired"
    finally:
        again.close_stores()


def test_nonces_go_once_no_signature_with_them_could_hold(service: Deployment) -> None:
    terminal = kiosk(service)
    terminal.status()
    headers = headers_of(terminal)
    assert service.client().request("POST", PATH, headers=headers, content=GIVEN).status_code == 201
    service.clock.instant += timedelta(minutes=59)
    assert service.wiring.retain.hourly()["device_nonces"] == 0
    service.clock.instant += timedelta(minutes=31)
    assert service.wiring.retain.hourly()["device_nonces"] >= 2
    assert refused(service.client().request("POST", PATH, headers=headers, content=GIVEN)) == "signature_expired"


def test_the_refusal_of_a_wrong_clock_tells_the_time(service: Deployment) -> None:
    terminal = kiosk(service)
    for skew in (timedelta(days=1), -timedelta(days=1)):
        terminal.skew = skew
        answer = terminal.status()
        assert refused(answer) in {"clock_skew", "signature_expired"}
        assert answer.json()["detail"] == "2026-03-10T02:00:00+00:00"
    terminal.skew = timedelta(seconds=299)
    assert terminal.status().status_code == 200


def test_each_kind_of_breach_raises_one_flag_a_day_about_the_device_and_nobody(service: Deployment) -> None:
    terminal, client = kiosk(service), service.client()
    thief, nobody = (Kiosk(service, client, Key(id=named)) for named in (terminal.id, "f" * 32))
    for _ in range(3):
        replayed, ahead = headers_of(terminal), headers_of(terminal, timedelta(minutes=6))
        late = headers_of(terminal, -timedelta(minutes=11))
        for headers in (replayed, replayed, ahead, late, headers_of(thief), {}, headers_of(nobody)):
            client.request("POST", PATH, headers=headers, content=GIVEN)
    kinds = ("clock_ahead", "expired", "replayed", "unsigned")
    assert breaches(service) == [(kind, terminal.id) for kind in kinds]
    with service.wiring.store.reading() as unit:
        lines = service.wiring.store.queries.flags("open", rule_id="V09", limit=100).rows
        assert all(not unit.flags.get(line.id).flag.person_ids for line in lines)  # type: ignore[union-attr]
    service.clock.instant += timedelta(days=1)
    client.request("POST", PATH, headers=headers_of(terminal, timedelta(minutes=6)), content=GIVEN)
    assert len(breaches(service)) == 5


def test_whose_record_was_changed_behind_the_service_is_refused_like_a_stranger(service: Deployment) -> None:
    from sqlalchemy import text  # noqa: PLC0415

    terminal = kiosk(service)
    service.wiring.keep_devices.quarantine(terminal.id, keepers(service)[0])
    with service.wiring.store._database.writing() as connection:
        connection.execute(text("UPDATE devices SET quarantined_at = NULL, quarantine_reason = NULL"))
    assert refused(terminal.status()) == "device_refused"
    one, _ = keepers(service)
    service.wiring.keep_devices.revoke(terminal.id, one)


def test_devices_that_are_not_let_in_yet_are_refused(service: Deployment) -> None:
    device_id, _ = code_for(service)
    early = Kiosk(service, service.client(), Key(id=device_id))
    assert refused(early.status()) == "device_refused"


def test_the_address_that_counts_is_the_public_one_whatever_the_request_says(service: Deployment) -> None:
    terminal = kiosk(service)
    headers = headers_of(terminal)
    answer = service.client().request("POST", PATH, headers=headers | {"host": "inner:8000"}, content=GIVEN)
    assert answer.status_code == 201, "a proxy passes on what it likes"
    foreign = signed(call(authority="evil.example"), terminal.key, service.clock.now())
    answer = service.client().request("POST", PATH, headers=foreign | {"host": "evil.example"}, content=GIVEN)
    assert refused(answer) == "signature_invalid"
    assert BASE.endswith(AUTHORITY)


def test_a_whole_session_is_refused_once_its_headers_are_not_the_signed_ones(service: Deployment) -> None:
    terminal = kiosk(service)
    still_session(terminal, EILEEN)
    path = f"{KIOSK}/capture-sessions/{terminal.session}/complete"
    more = {"idempotency-key": "k" * 12, "capture-token": terminal.token, "capture-nonce": terminal.nonce}
    headers = terminal.headers("POST", path, b"{}", "application/json", **more)
    for hostile in (
        headers | {"capture-nonce": "0" * 32}, headers | {"capture-token": "t" * 43},
        {name: value for name, value in headers.items() if name != "capture-nonce"},
    ):  # fmt: skip
        answer = terminal.client.request("POST", path, headers=hostile, content=b"{}")
        assert refused(answer) == "signature_invalid"
    assert terminal.client.request("POST", path, headers=headers, content=b"{}").status_code == 200
