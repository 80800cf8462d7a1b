"""From the environment to the frozen policies of each stage. Read once, in `wiring`; nothing here acts.

Every setting is `AUTH_SERVICE_<NAME>` or `AUTH_SERVICE_<STAGE>__<FIELD>`; a `.env` file is read too. What a field
means stands in its own docstring (top fields here, stage fields in their policy class), and `auth-service settings`
prints it from there, so that the two cannot differ.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from auth_service.accounts.credentials import AccountPolicy
from auth_service.accounts.devices import DevicePolicy
from auth_service.capture.offline_rules import OfflinePolicy
from auth_service.capture.one_time_code import CodePolicy
from auth_service.capture.pace import PacePolicy
from auth_service.capture.session import SessionPolicy
from auth_service.capture.steps import StepPolicy
from auth_service.core.checkpoint import AuditPolicy
from auth_service.core.errors import SettingInvalid
from auth_service.core.fenced import FencePolicy
from auth_service.core.keys import KeyPolicy, KeyStoreKind
from auth_service.core.limits import ConnectionPolicy, LimitPolicy
from auth_service.core.retention import BackupPolicy, RetentionPolicy
from auth_service.crosscheck.batches import BatchPolicy
from auth_service.enrollment.policy import EnrollmentPolicy
from auth_service.faces.copies import CopyPolicy
from auth_service.faces.quality import QualityPolicy
from auth_service.liveness.assess import LivenessPolicy
from auth_service.liveness.challenge_response import ChallengePolicy
from auth_service.liveness.channel import ChannelPolicy
from auth_service.liveness.consistency import ConsistencyPolicy
from auth_service.liveness.flash import FlashPolicy
from auth_service.liveness.fusion import PadPolicy
from auth_service.liveness.geometry import GeometryPolicy
from auth_service.liveness.model import ModelPolicy
from auth_service.liveness.parallax import ParallaxPolicy
from auth_service.liveness.replay import ReplayPolicy
from auth_service.liveness.texture import TexturePolicy
from auth_service.matching.duplicates import DuplicatePolicy
from auth_service.notices.policy import NoticePolicy
from auth_service.payments.proposals import ProposalPolicy
from auth_service.qualification.decision import DecisionPolicy
from auth_service.qualification.outage import OutagePolicy
from auth_service.qualification.review import ReviewPolicy
from auth_service.qualification.schedule import SweepPolicy

PREFIX = "AUTH_SERVICE_"


class Profile(StrEnum):
    """How strict the service is about how it was set up."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """All settings, validated."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_file=".env", extra="ignore", frozen=True
    )

    home: Path = Field(Path("var"), description="database, photo store, keys and caches lie under this folder")
    models: Path = Field(Path("models"), description="where `models install` puts weights, with manifest.toml")
    database_url: str = Field("", description="SQLite under `home` when empty; postgresql+psycopg://... in production")
    ledger_database_url: str = Field(
        "", description="the same database as the role that imports the ledger; `database_url` when empty"
    )
    owner_database_url: str = Field(
        "", description="the same database as the role that owns it, for migrate and restore; `database_url` when empty"
    )
    profile: Profile = Field(Profile.DEVELOPMENT, description="`production` refuses what only suits development")
    public_url: str = Field("http://127.0.0.1:8000", description="address that certificates' QR codes point to")
    trusted_proxies: str = Field(
        "",
        description="addresses or networks of the TLS proxies, comma-separated, whose X-Forwarded-For says who asks; "
        "nobody's is believed when empty",
    )
    engine: str = Field("dlib-resnet", description="face engine, one of `auth-service models list`")
    workers: int = Field(1, ge=1, le=64, description="server processes")
    readers: int = Field(0, ge=0, le=64, description="inference threads per process; 0 is one per core")
    queue: int = Field(16, ge=1, le=10_000, description="photos that may wait for a reader before 503 is answered")
    max_photo_bytes: int = Field(4 * 1024 * 1024, ge=10_000, description="largest photo file taken in; contract: 4 MB")
    max_photo_pixels: int = Field(4032 * 3024, ge=10_000, description="most pixels of a photo; contract: 12 MP")
    photo_pixels_at_once: int = Field(
        4 * 4032 * 3024, ge=10_000, description="pixels of large photos in one process at a time; 12 MP cost it 80 MB"
    )
    photo_bytes_at_once: int = Field(
        256 * 1024 * 1024, ge=16 * 1024 * 1024,
        description="bytes of requests with photos that one process holds at once, before 503 is answered",
    )  # fmt: skip

    erasures_file: Path | None = Field(
        None, description="record of erasures outside the database; keys/erasures.jsonl under `home` when empty"
    )
    agency_name: str = Field("", description="the agency's name, as consent texts and notices say it")
    agency_contact: str = Field("", description="address and telephone of the agency, for the same texts")
    telemetry_endpoint: str = Field(
        "", description="OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; empty collects no traces"
    )
    embedded_worker: bool | None = Field(
        None, description="`serve` does the worker's jobs too; on in development, refused in production"
    )

    phone_page: bool | None = Field(
        None,
        description="serve /verify and its capture sessions; on in development, in production only where it is said: "
        "how often it refuses living people is to be measured first (docs/liveness.md)",
    )

    kiosk: bool = Field(
        False, description="serve /kiosk and /v1/kiosk, for devices of the registry (docs/integration/kiosk.md)"
    )
    kiosk_bridge: str = Field(
        "http://127.0.0.1:18631", pattern=r"^http://127\.0\.0\.1:[0-9]{2,5}$",
        description="origin of the program that speaks to a terminal's hardware, on the terminal itself",
    )  # fmt: skip

    pilot_folder: Path | None = Field(
        None,
        description="folder into which sessions of a pilot are written, in clear, for `evaluate pad`; no pilot can be "
        "opened when empty (docs/operations/pilot.md)",
    )

    code_outbox: Path | None = Field(
        None, description="folder from which the agency's SMS gateway takes one-time codes; none are sent when empty"
    )

    accounts: AccountPolicy = AccountPolicy()
    devices: DevicePolicy = DevicePolicy()
    audit: AuditPolicy = AuditPolicy()
    capture: SessionPolicy = SessionPolicy()
    code: CodePolicy = CodePolicy()
    pace: PacePolicy = PacePolicy()
    steps: StepPolicy = StepPolicy()
    offline: OfflinePolicy = OfflinePolicy()
    pad: PadPolicy = PadPolicy()
    layer_challenge: ChallengePolicy = ChallengePolicy()
    layer_geometry: GeometryPolicy = GeometryPolicy()
    layer_parallax: ParallaxPolicy = ParallaxPolicy()
    layer_flash: FlashPolicy = FlashPolicy()
    layer_consistency: ConsistencyPolicy = ConsistencyPolicy()
    layer_texture: TexturePolicy = TexturePolicy()
    layer_model: ModelPolicy = ModelPolicy()
    layer_replay: ReplayPolicy = ReplayPolicy()
    layer_channel: ChannelPolicy = ChannelPolicy()
    enrollment: EnrollmentPolicy = EnrollmentPolicy()
    quality: QualityPolicy = QualityPolicy()
    copies: CopyPolicy = CopyPolicy()
    qualification: DecisionPolicy = DecisionPolicy()
    review: ReviewPolicy = ReviewPolicy()
    payments: ProposalPolicy = ProposalPolicy()
    notices: NoticePolicy = NoticePolicy()
    sweep: SweepPolicy = SweepPolicy()
    crosscheck: BatchPolicy = BatchPolicy()
    duplicates: DuplicatePolicy = DuplicatePolicy()
    outage: OutagePolicy = OutagePolicy()
    keys: KeyPolicy = KeyPolicy()
    limits: LimitPolicy = LimitPolicy()
    connections: ConnectionPolicy = ConnectionPolicy()
    decoding: FencePolicy = FencePolicy()
    retention: RetentionPolicy = RetentionPolicy()
    backup: BackupPolicy = BackupPolicy()

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, given: str) -> str:
        """Each one an address or a network: a name, or everybody, is no proxy of ours."""
        places = [place.strip() for place in given.split(",") if place.strip()]
        if any(ip_network(place).prefixlen == 0 for place in places):
            raise ValueError("a network of everybody")
        return ",".join(places)

    @property
    def url(self) -> str:
        """The database, with the default filled in."""
        return self.database_url or f"sqlite:///{(self.home / 'auth_service.sqlite3').absolute()}"

    @property
    def ledger_url(self) -> str:
        """The database as the ledger's role."""
        return self.ledger_database_url or self.url

    @property
    def owner_url(self) -> str:
        """The database as its owner."""
        return self.owner_database_url or self.url

    @property
    def erasures_path(self) -> Path:
        """Where the record of erasures lies."""
        return self.erasures_file or self.home / "keys" / "erasures.jsonl"

    @property
    def liveness(self) -> LivenessPolicy:
        """How sessions are judged, but for whether colours count: in production only a measurement in force says so."""
        production = self.profile is Profile.PRODUCTION
        return LivenessPolicy(
            pad=dataclasses.replace(self.pad, flash_needs_measuring=self.pad.flash_needs_measuring or production),
            challenge=self.layer_challenge,
            geometry=self.layer_geometry,
            parallax=self.layer_parallax,
            flash=self.layer_flash,
            consistency=self.layer_consistency,
            texture=self.layer_texture,
            model=self.layer_model,
            replay=self.layer_replay,
            channel=self.layer_channel,
        )

    @property
    def works_inside(self) -> bool:
        """Whether `serve` runs the worker's jobs in its own process."""
        return self.profile is Profile.DEVELOPMENT if self.embedded_worker is None else self.embedded_worker

    @property
    def has_phone_page(self) -> bool:
        """Whether `serve` shows the beneficiary's page."""
        return self.profile is Profile.DEVELOPMENT if self.phone_page is None else self.phone_page

    def unfit_for_production(self) -> tuple[str, ...]:
        """What of these settings suits development only. An engine that is not calibrated on the operator's own people
        is refused where it would decide (flows/current_calibration.py), so that one can enrol and calibrate first.

        source  docs/design/contract.md section 2
        """
        found = {
            "SQLite with more than one worker": self.url.startswith("sqlite") and self.workers > 1,
            "the worker inside the server (run `auth-service worker`)": bool(self.embedded_worker),
            "a public address without https": not self.public_url.startswith("https://"),
            "keys in a file (set AUTH_SERVICE_KEYS__STORE=pkcs11)": self.keys.store is KeyStoreKind.FILE,
            "a layer of liveness that counts for less than it should (AUTH_SERVICE_PAD__*)": self.pad.is_weakened,
            "colours that count by a setting (auth-service flash activate instead)": self.pad.flash_measured,
            "capture sessions without a limit (AUTH_SERVICE_CAPTURE__*)": self.capture.is_unlimited
            or self.pace.is_unlimited,
            "money taken away before the person was told (AUTH_SERVICE_NOTICES__TWO_WAYS)": not self.notices.two_ways,
            "captures without a line that may be of any age (AUTH_SERVICE_OFFLINE__*)": self.offline.is_unlimited,
        }
        return tuple(what for what, so in found.items() if so)

    @property
    def reader_threads(self) -> int:
        return self.readers or os.cpu_count() or 1


def load_settings(**overrides: Any) -> Settings:
    """Settings of this process. raises SettingInvalid, naming the setting but never its value"""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        names = ", ".join(PREFIX + "__".join(str(part).upper() for part in e["loc"]) for e in error.errors())
        raise SettingInvalid(f"{names}: {error.errors()[0]['msg']}") from error
    _refuse_unknown_names()
    return settings


def _refuse_unknown_names() -> None:
    """A misspelt setting must not be a silent default."""
    known = {name for name, _, _, _ in described()}
    file = Settings.model_config.get("env_file")
    names = [*os.environ, *(dotenv_values(str(file)) if file else ())]
    given = {name for name in names if name.upper().startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_")}
    unknown = sorted(name for name in given if name.upper() not in known)
    if unknown:
        raise SettingInvalid(f"unknown setting {', '.join(unknown)}")


def described() -> Iterator[tuple[str, Any, str, str]]:
    """Every setting as (environment name, default, meaning, source)."""
    for name, field in Settings.model_fields.items():
        if dataclasses.is_dataclass(field.default) and not isinstance(field.default, type):
            yield from _described_policy(name, field.default)
        else:
            yield PREFIX + name.upper(), field.default, field.description or "", "docs/design/contract.md section 2"


def _described_policy(stage: str, policy: Any) -> Iterator[tuple[str, Any, str, str]]:
    text = inspect.getdoc(type(policy)) or ""
    source = re.search(r"^source[: ]+(.+?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    for field in dataclasses.fields(policy):
        found = re.search(rf"^(?:\w+, )*{field.name}(?:, \w+)*  +(.+(?:\n {{4,}}.+)*)", text, re.MULTILINE)
        meaning = " ".join(found.group(1).split()) if found else ""
        where = " ".join(source.group(1).split()) if source else type(policy).__module__
        yield f"{PREFIX}{stage.upper()}__{field.name.upper()}", getattr(policy, field.name), meaning, where
