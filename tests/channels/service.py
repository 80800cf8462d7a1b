"""A whole service for the HTTP tests: real database, real keys, real engine, two public-domain portraits, fixed people.

It is built once per run and copied for each test, because making keys, schema, templates and passwords takes seconds.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio.from_thread
import httpx
import matplotlib
import PIL.Image
import skimage.data
from fastapi import FastAPI

from auth_service.accounts.roles import Role, Scope
from auth_service.app import create_app
from auth_service.beneficiaries.id_number import check_character
from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.connectors.passwords import Argon2Passwords, PasswordProfile
from auth_service.core.clock import legal_date
from auth_service.core.ids import new_id
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.sources import PhotoSource
from auth_service.flows.enroll import EnrollRequest
from auth_service.flows.verify import VerifyRequest
from auth_service.monitoring.flags import Flag, Severity
from auth_service.qualification.evidence import Channel
from auth_service.settings import Settings
from auth_service.web.limits import BodyPolicy
from auth_service.web.services import Services
from auth_service.wiring import Wiring
from tests.databases import PostgresDatabase

QUICK = Argon2Passwords(PasswordProfile(passes=1, memory_kib=1024))
"""The real hash at a low cost: a quarter of a second per sign-in would be most of these tests' time."""
PASSWORD = "correct-horse-battery"
BASE = "http://127.0.0.1:8000"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
PAGE = {"Accept": "text/html"}


def id_number(serial: int, region: str = "130202", birth: str = "19480512") -> str:
    """A well-formed number of nobody."""
    first = f"{region}{birth}{serial:03d}"
    return first + check_character(first)


EILEEN, GRACE, NO_PHOTO, NOBODY = id_number(122), id_number(144), id_number(166), id_number(188)
NAMES = {EILEEN: "张秀兰", GRACE: "李桂英", NO_PHOTO: "王建国"}
KEY_SCOPES: dict[str, tuple[Scope, ...]] = {
    "all": tuple(scope for scope in Scope if scope is not Scope.ENROLL),
    "desk": (Scope.ENROLL, Scope.BENEFICIARIES),
    "verify": (Scope.VERIFY,),
    "assisted": (Scope.VERIFY, Scope.ASSISTED),
    "enroll": (Scope.ENROLL,),
    "metrics": (Scope.METRICS,),
    "payments": (Scope.PAYMENTS,),
    "registry": (Scope.REGISTRY,),
    "police": (Scope.REGISTRY,),
    "flags": (Scope.FLAGS,),
}


KEY_BINDINGS: dict[str, dict[str, str]] = {
    name: {"kinds": "death,marriage", "source": "民政"} for name in ("all", "registry")
} | {"police": {"kinds": "death,household", "source": "公安"}}
"""What those of the scope `registry` may send, and in whose name."""


class MovableClock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant


def jpeg(picture: PIL.Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@dataclass(frozen=True)
class Portraits:
    """Eileen Collins (NASA) and Grace Hopper (US Navy): the enrolled pictures, and later ones as a phone takes them."""

    eileen: bytes
    eileen_later: bytes
    grace: bytes
    grace_later: bytes
    no_face: bytes


def portraits() -> Portraits:
    eileen = PIL.Image.fromarray(skimage.data.astronaut()).crop((70, 0, 390, 360)).resize((640, 720))
    grace = PIL.Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg")
    return Portraits(
        jpeg(eileen),
        jpeg(later(eileen), 80),
        jpeg(grace),
        jpeg(later(grace), 80),
        jpeg(PIL.Image.fromarray(skimage.data.coffee())),
    )


def later(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The same face as another camera would see it: tilted, cropped, smaller, brighter."""
    width, height = picture.size
    tilted = picture.rotate(7, PIL.Image.Resampling.BICUBIC, fillcolor=(90, 90, 90))
    cut = tilted.crop((width // 14, height // 30, width - width // 9, height - height // 7))
    return PIL.Image.eval(
        cut.resize((int(cut.width * 0.8), int(cut.height * 0.84))), lambda v: min(255, int(v * 1.08) + 6)
    )


class Client:
    """httpx on the application itself: no socket, real middleware, cookies kept."""

    def __init__(
        self, portal: anyio.from_thread.BlockingPortal, app: FastAPI, address: str = "127.0.0.1", **defaults: Any
    ) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))
        self._portal = portal
        self.http = httpx.AsyncClient(transport=transport, base_url=BASE, **defaults)

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        return self._portal.call(lambda: self.http.request(method, path, **how))

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.request("GET", path, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        return self.request("POST", path, **how)


@dataclass
class Deployment:
    """What a test works with. `sign_in` gives a client with a session; `keys` are bearer values by name."""

    wiring: Wiring
    services: Services
    clock: MovableClock
    app: FastAPI
    portal: anyio.from_thread.BlockingPortal
    keys: Mapping[str, str]
    flag_id: str
    serial: str
    portraits: Portraits
    clients: list[Client] = field(default_factory=list)

    def client(self, app: FastAPI | None = None, **defaults: Any) -> Client:
        made = Client(self.portal, app or self.app, **defaults)
        self.clients.append(made)
        return made

    def sign_in(self, role: Role, app: FastAPI | None = None) -> Client:
        client = self.client(app, headers=PAGE | SAME_ORIGIN)
        answer = sign_in(client, username_of(role), PASSWORD)
        assert answer.status_code == 303, answer.text
        return client

    def headers(self, key: str = "all", idempotency: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}", "Idempotency-Key": idempotency or new_id()}

    def verify(self, number: str, photo: bytes, key: str = "all", **fields: str) -> httpx.Response:
        return self.client().post(
            "/v1/verifications",
            headers=self.headers(key),
            data={"id_number": number, **fields},
            files=[("photo", ("p.jpg", photo, "image/jpeg"))],
        )

    def enroll(self, number: str, photo: bytes, key: str = "desk", **fields: str) -> httpx.Response:
        return self.client().post(
            "/v1/enrollments",
            headers=self.headers(key),
            data={"id_number": number, **ENROLMENT, **fields},
            files=[("photo", ("p.jpg", photo, "image/jpeg"))],
        )


ENROLMENT = {"photo_source": "officer", "consent_basis": "separate_consent", "consent_text_version": "2026-1"}


def username_of(role: Role) -> str:
    return role.value.replace("_", ".")


def sign_in(client: Client, username: str, password: str, **more: str) -> httpx.Response:
    """Through the real form: its token first."""
    form = client.get("/console/sign-in").text
    fields = {"csrf_token": hidden(form, "csrf_token"), "username": username, "password": password}
    return client.post("/console/sign-in", data=fields | more)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    return page.split(f'name="{name}" value="')[1].split('"', maxsplit=1)[0]


@dataclass(frozen=True)
class Blueprint:
    """The folder that each test copies (and the rows that it puts back, on PostgreSQL), and what was made in it."""

    home: Path
    wiring: Wiring
    keys: dict[str, str]
    flag_id: str
    serial: str
    portraits: Portraits
    database: PostgresDatabase | None = None
    rows: Mapping[str, bytes] = field(default_factory=dict)


def _wiring(home: Path, clock: MovableClock, database: PostgresDatabase | None) -> Wiring:
    urls = database.urls.settings() if database else {}
    return Wiring(Settings(home=home, readers=1, public_url=BASE, phone_page=True, kiosk=True, **urls), clock)


def make_blueprint(home: Path, database: PostgresDatabase | None = None) -> Blueprint:
    """Schema, keys, staff of every role, API keys, three people, two of them enrolled, a pass, a flag."""
    clock = MovableClock()
    wiring = _wiring(home, clock, database)
    wiring.__dict__["hasher"] = QUICK
    wiring.migrate()
    for role in Role:
        wiring.keep_staff.create(username_of(role), role, PASSWORD, "cli")
    keys = {
        name: wiring.keep_api_keys.create(name, scopes, None, "cli", **KEY_BINDINGS.get(name, {}))[1]
        for name, scopes in KEY_SCOPES.items()
    }
    now = clock.now()
    with wiring.ledger_store.unit() as unit:
        for number, name in NAMES.items():
            values = {"id_number": number, "name": name, "benefit_kind": "城乡居民养老", "region_code": "130202"}
            unit.people.apply(check_ledger_row(values, legal_date(now)), now, "b1")
    faces = portraits()
    consent = Consent(ConsentBasis.SEPARATE_CONSENT, "2026-1", "zh", "counter", now)
    for number, photo in ((EILEEN, faces.eileen), (GRACE, faces.grace)):
        wiring.enroll.one(EnrollRequest(number, (photo,), PhotoSource.OFFICER, None, consent, "cli", "counter", True))
    officer = next(member.id for member in wiring.keep_staff.all() if member.role is Role.OFFICER)
    passed = wiring.verify.run(VerifyRequest(GRACE, (faces.grace_later,), Channel.COUNTER, "cli", officer))
    assert passed.certificate is not None, passed
    copied = wiring.verify.run(VerifyRequest(EILEEN, (faces.eileen,), Channel.COUNTER, "cli", officer))
    rows = database.save() if database else {}
    return Blueprint(home, wiring, keys, copied.flags[0], passed.certificate.serial, faces, database, rows)


@contextmanager
def deployment(blueprint: Blueprint, home: Path, bodies: BodyPolicy | None = None) -> Iterator[Deployment]:
    """A copy of the blueprint, served."""
    shutil.copytree(blueprint.home, home)
    if blueprint.database is not None:
        blueprint.database.put(blueprint.rows)
    clock = MovableClock()
    wiring = _wiring(home, clock, blueprint.database)
    wiring.__dict__.update(pool=blueprint.wiring.pool, captures=blueprint.wiring.captures, hasher=QUICK)
    services = wiring.services()
    with anyio.from_thread.start_blocking_portal() as portal:
        made = Deployment(
            wiring, services, clock, create_app(services, bodies), portal, blueprint.keys, blueprint.flag_id,
            blueprint.serial, blueprint.portraits,
        )  # fmt: skip
        try:
            yield made
        finally:
            for client in made.clients:
                portal.call(client.http.aclose)
            wiring.close_stores()


def more_flags(made: Deployment, count: int) -> None:
    """Fills the queue."""
    with made.wiring.store.unit() as unit:
        for number in range(count):
            evidence = {"batch": "b", "row": number, "fault": "id_number_check_digit", "person_key": None}
            flag = Flag("I01", 1, Severity.HIGH, (), evidence, f"I01:{number}", made.clock.now())
            unit.flags.raise_once(flag)
