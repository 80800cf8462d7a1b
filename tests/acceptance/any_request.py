"""Requests that nobody thought of, made from the API's own description and from one of the console's pages.

Each answer is judged as it comes: never a 5xx, always as described.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from auth_service.channels.agency.enrollments import FIELDS as ENROLL_FIELDS
from auth_service.channels.agency.verifications import FIELDS as VERIFY_FIELDS
from auth_service.core.errors import NoFaceFound
from auth_service.core.limits import LimitPolicy
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.sources import PhotoSource
from auth_service.faces.copies import CopyPolicy
from auth_service.faces.sample import FaceSample
from auth_service.flows.enroll import Enroll, EnrollRequest, ReferenceDesk
from auth_service.flows.limit import Limit
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.qualification.decision import DecisionPolicy
from auth_service.web.services import Services
from tests.channels.phone_client import plan
from tests.channels.service import EILEEN, ENROLMENT, GRACE, NO_PHOTO, NOBODY, SAME_ORIGIN, Deployment
from tests.fakes import FAKE_ENGINE, FakeReader, fake_calibration, picture

NUMBERS = (EILEEN, GRACE, NO_PHOTO, NOBODY)
DESCRIBED = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
CONSOLE = "/console-as-an-api.json"


class _Reader(FakeReader):
    """FakeReader for bytes of any kind."""

    def read(self, data: bytes) -> FaceSample:
        try:
            return super().read(data)
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise NoFaceFound from error


def with_fake_reader(made: Deployment) -> Services:
    """The deployment's services over its own database, but with photos that a test can make, and nobody counting."""
    store, reader, calibration = made.wiring.store, _Reader(), fake_calibration()
    desk = ReferenceDesk(FAKE_ENGINE, lambda: calibration, CopyPolicy())
    policies = VerifyPolicies(DecisionPolicy(), CopyPolicy())
    enroll = Enroll(store, reader, desk, made.clock)
    consent = Consent(ConsentBasis.SEPARATE_CONSENT, "2026-1", "zh", "counter", made.clock.now())
    for number in (EILEEN, GRACE):
        photo = picture(number, take=1)
        enroll.one(EnrollRequest(number, (photo,), PhotoSource.OFFICER, None, consent, "cli", "counter", True))
    unlimited = LimitPolicy(**dict.fromkeys((field.name for field in dataclasses.fields(LimitPolicy)), 0))
    return dataclasses.replace(
        made.services,
        verify=Verify(store, reader, lambda: calibration, made.wiring.signer, made.clock, policies),
        enroll=enroll,
        limit=Limit(store, unlimited, made.clock),
    )


class WithConsoleDescribed:
    """The application, which also describes the console's pages as if they were an API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == CONSOLE:
            await JSONResponse(console_document())(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def console_document() -> dict[str, Any]:
    """OpenAPI of the pages: texts of any kind wherever a text goes in."""
    flag, label = _inside("flag_id", "path"), _inside("label", "path")
    asked = [_inside(name, "query") for name in (
        "state", "rule", "cursor", "region", "next", "judged", "ended", "channel", "why", "way", "decided", "undone",
    )]  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": "console", "version": "1"},
        "paths": {
            "/console": {"get": _page(asked)},
            "/console/sign-in": {"get": _page(asked), "post": _page([], "next", "username", "password")},
            "/console/flags": {"get": _page(asked)},
            "/console/flags/{flag_id}": {"get": _page([flag, *asked])},
            "/console/flags/{flag_id}/photos/{label}": {"get": _page([flag, label])},
            "/console/flags/{flag_id}/judgements": {"post": _page([flag], "after", "verdict", "reason")},
            "/console/desk": {"get": _page(asked)},
            "/console/desk/{flag_id}": {"get": _page([flag])},
            "/console/desk/{flag_id}/photos/{label}": {"get": _page([flag, label])},
            "/console/desk/{flag_id}/faces/{label}": {"get": _page([flag, label])},
            "/console/desk/{flag_id}/frames/{label}/{label}": {"get": _page([flag, label])},
            "/console/desk/{flag_id}/decisions": {
                "post": _page([flag], "after", "verdict", "reason", "note", "password")
            },
            "/console/desk/{flag_id}/decisions/undo": {"post": _page([flag], "after")},
            "/console/requests": {"get": _page(asked)},
            "/console/requests/{flag_id}": {"get": _page([flag])},
            "/console/requests/{flag_id}/contact": {"post": _page([flag], "reason")},
            "/console/requests/{flag_id}/done": {"post": _page([flag], "note")},
        },
    }


def _inside(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}


def _page(parameters: list[dict[str, Any]], *fields: str) -> dict[str, Any]:
    page: dict[str, Any] = {"parameters": parameters, "responses": {"default": {"description": "a page"}}}
    if fields:
        properties = {name: {"type": "string"} for name in ("csrf_token", *fields)}
        form = {"schema": {"type": "object", "properties": properties}}
        page["requestBody"] = {"content": {"application/x-www-form-urlencoded": form}}
    return page


def api_cases(
    app: ASGIApp, keys: list[str], counts: dict[str, int], seed: int, open_one: Callable[[], tuple[str, str]]
) -> Counter[str]:
    """Sends `counts` (operation -> cases; "" for every other one) with good keys, wrong ones and none.

    open_one  opens a capture session and gives its id and its cookie
    """
    held: list[tuple[str, str]] = []

    def change(case: Any, chance: random.Random) -> dict[str, str]:
        if "/capture-sessions" in case.path or case.path.startswith("/v1/me/"):
            if not held or chance.random() < 0.1:  # some cases end theirs
                held[:] = [open_one()]
            return _of_a_phone(case, chance, held[0])
        headers = {"Authorization": f"Bearer {chance.choice(keys)}"} if chance.random() < 0.9 else {}
        with_photos = case.path.endswith(("enrollments", "verifications"))
        if with_photos and isinstance(case.body, dict) and chance.random() < 0.6:
            headers |= _make_useful(case, chance)
        return headers

    return _send(schemathesis.openapi.from_asgi("/openapi.json", app), counts, change, DESCRIBED, seed)


def console_cases(
    app: ASGIApp, headers: Callable[[], dict[str, str]], flags: list[str], token: str, count: int, seed: int
) -> Counter[str]:
    """Sends `count` cases to each page, with a session and mostly its form token."""

    def change(case: Any, chance: random.Random) -> dict[str, str]:
        if case.path_parameters and chance.random() < 0.7:
            case.path_parameters["flag_id"] = chance.choice(flags)
        if isinstance(case.body, dict) and chance.random() < 0.8:
            case.body["csrf_token"] = token
            case.body["verdict"] = chance.choice(["problem", "false_flag", "needs_check", case.body.get("verdict", "")])
        return headers() if chance.random() < 0.95 else {}

    schema = schemathesis.openapi.from_asgi(CONSOLE, WithConsoleDescribed(app))
    return _send(schema, {"": count}, change, [not_a_server_error], seed)


def _of_a_phone(case: Any, chance: random.Random, held: tuple[str, str]) -> dict[str, str]:
    """Mostly the session that somebody holds, from our own page, with what the page would send."""
    headers = dict(SAME_ORIGIN) if chance.random() < 0.9 else {}
    headers |= {"Idempotency-Key": f"{chance.randrange(10**6):08}"} if chance.random() < 0.9 else {}
    if "session_id" in (case.path_parameters or {}) and chance.random() < 0.8:
        case.path_parameters["session_id"] = held[0]
        headers |= {"Cookie": held[1]}
    if isinstance(case.body, dict) and "id_number" in case.body and chance.random() < 0.6:
        useful = plan(chance.choice(NUMBERS)) | {"way": "home_visit"}
        case.body.update({name: value for name, value in useful.items() if name in case.body})
    return headers


def _make_useful(case: Any, chance: random.Random) -> dict[str, str]:
    """What a real caller might send, and here and there not quite, so that cases get past the first checks."""
    enrolling = case.path.endswith("enrollments")
    known = ENROLL_FIELDS if enrolling else VERIFY_FIELDS
    if chance.random() < 0.9:
        for name in set(case.body) - set(known):
            del case.body[name]
    face = chance.choice(NUMBERS)
    case.body["id_number"] = face if chance.random() < 0.8 else chance.choice(NUMBERS)
    case.body["photo"] = [picture(face, take=chance.randrange(900)) for _ in range(chance.choice([1, 1, 1, 2, 3, 4]))]
    good = ENROLMENT if enrolling else {"attested_by": "li.na", "attested_by_device": "false", "device_id": "kiosk-1"}
    for name, value in good.items():
        if chance.random() < 0.9:
            case.body[name] = value
    return {"Idempotency-Key": f"{chance.randrange(10**6):08}"} if chance.random() < 0.9 else {}


def _send(
    schema: Any, counts: dict[str, int], change: Callable[[Any, random.Random], dict[str, str]], checks: list[Any],
    seed: int,
) -> Counter[str]:  # fmt: skip
    seen: Counter[str] = Counter()
    for label, operation in _operations(schema):
        wanted = counts.get(label, counts.get("", 0))
        for mode in GenerationMode:
            try:
                strategy = operation.as_strategy(generation_mode=mode)
            except Exception:  # noqa: BLE001 - an operation without parameters has no negative cases
                continue
            _send_to(strategy, wanted // 2, (change, checks, seed), label, seen)
    return seen


def _send_to(
    strategy: st.SearchStrategy[Any], count: int, how: tuple[Any, list[Any], int], label: str, seen: Counter[str]
) -> None:
    change, checks, seed = how

    @settings(
        max_examples=max(count, 1), deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(case=strategy, chosen=st.integers(0, 2**32))
    def one(case: Any, chosen: int) -> None:
        # hypothesis likes to choose the same numbers again, and then every case would be changed in the same way
        headers = change(case, random.Random(f"{seed} {chosen} {seen.total()}"))
        response = case.call(headers=headers)
        seen[f"{label}: {response.status_code}"] += 1
        case.validate_response(response, checks=checks)

    try:
        one()
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__:
            raise


def _operations(schema: Any) -> Iterator[tuple[str, Any]]:
    for result in schema.get_all_operations():
        operation = result.ok()
        yield operation.label, operation
