"""The only place that chooses adapters and builds flows. All is built when first asked for, from one Settings."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from prometheus_client import CollectorRegistry

from auth_service.connectors.key_file import KeyFile
from auth_service.connectors.passwords import Argon2Passwords
from auth_service.connectors.signing import SigningKeyFile, verify_token
from auth_service.core.clock import Clock, SystemClock
from auth_service.core.errors import CalibrationMissing, KeyMissing, SealBroken, ServiceError, SettingInvalid
from auth_service.engines.catalogue import ReaderSpec, engine_calibration, engine_identity
from auth_service.engines.decoding import IntakePolicy
from auth_service.engines.pool import BulkReader, InferencePool
from auth_service.faces.template import EngineIdentity
from auth_service.flows.authorise import Attester, AuthoriseKey
from auth_service.flows.enroll import Enroll, ReferenceDesk
from auth_service.flows.enroll_many import EnrollMany
from auth_service.flows.idempotent import Idempotent
from auth_service.flows.import_ledger import ImportLedger
from auth_service.flows.judge_flag import JudgeFlag
from auth_service.flows.keep_staff import KeepApiKeys, KeepStaff
from auth_service.flows.look import Look
from auth_service.flows.sign_in import SignIn
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.matching.calibration import Calibration, load_shipped
from auth_service.settings import Profile, Settings
from auth_service.storage.unit import Store
from auth_service.web.metrics import Measures
from auth_service.web.services import Readiness, Services

_SPARE_THREADS = 24
"""Worker threads besides those that may wait for a reader: for pages, health and refusals."""


class Wiring:
    """One deployment: its keys, its database, its engine and the flows over them."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """raises SettingInvalid: the profile forbids what the settings ask for"""
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        if settings.profile is Profile.PRODUCTION:
            _refuse_in_production(settings)

    # --- adapters ---------------------------------------------------------------------------------

    @cached_property
    def keys(self) -> KeyFile:
        """raises KeyMissing: there are records, but the key file that opens them is gone"""
        path = self.settings.home / "keys" / "keys.json"
        if not path.exists() and self._database_file is not None and self._database_file.exists():
            raise KeyMissing("the database exists, its key file does not; put the key file back from its backup")
        return KeyFile.open_or_create(path)

    @property
    def _database_file(self) -> Path | None:
        prefix = "sqlite:///"
        return Path(self.settings.url.removeprefix(prefix)) if self.settings.url.startswith(prefix) else None

    @cached_property
    def signer(self) -> SigningKeyFile:
        """raises KeyMissing: there are keys, but the one that signed the certificates is gone"""
        path = self.settings.home / "keys" / "signing.json"
        records = self._database_file is not None and self._database_file.exists()
        if records and not path.exists() and self.store.queries.totals().get("certificates"):
            raise KeyMissing("certificates were issued, but their signing key is gone; put it back from its backup")
        return SigningKeyFile.open_or_create(path)

    @cached_property
    def store(self) -> Store:
        self.settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Store(self.settings.url, self.keys, self.settings.home / "photos")

    @cached_property
    def spec(self) -> ReaderSpec:
        intake = IntakePolicy(max_bytes=self.settings.max_photo_bytes, max_pixels=self.settings.max_photo_pixels)
        return ReaderSpec(
            engine=self.settings.engine,
            models_dir=self.settings.models,
            cache_dir=self.settings.home / "cache",
            intake=intake,
            quality=self.settings.quality,
        )

    @cached_property
    def identity(self) -> EngineIdentity:
        """Which engine and weights make templates here; loads nothing."""
        return engine_identity(self.settings.engine, self.settings.models)

    @cached_property
    def pool(self) -> InferencePool:
        """The readers of this process, warmed."""
        return InferencePool(self.spec, workers=self.settings.reader_threads, waiting=self.settings.queue)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The record that may decide with this engine; None stops every decision, never passes one."""
        try:
            calibration = load_shipped(engine_calibration(self.settings.engine, self.settings.models))
            calibration.require(self.identity, mirrored=self.spec.mirrored)
        except CalibrationMissing:
            return None
        return calibration

    @cached_property
    def hasher(self) -> Argon2Passwords:
        return Argon2Passwords()

    def bulk_reader(self, processes: int) -> BulkReader:
        """Reading processes for folders."""
        return BulkReader(self.spec, processes=processes)

    # --- flows ------------------------------------------------------------------------------------

    @cached_property
    def verify(self) -> Verify:
        policies = VerifyPolicies(self.settings.qualification, self.settings.copies)
        return Verify(self.store, self.pool, self.calibration, self.signer, self.clock, policies)

    @cached_property
    def desk(self) -> ReferenceDesk:
        return ReferenceDesk(self.identity, self.calibration, self.settings.copies)

    @cached_property
    def enroll(self) -> Enroll:
        return Enroll(self.store, self.pool, self.desk, self.clock)

    @cached_property
    def enroll_many(self) -> EnrollMany:
        return EnrollMany(self.store, self.identity, self.desk, self.clock)

    @cached_property
    def import_ledger(self) -> ImportLedger:
        key = self.keys.index_key("refused_id_number")
        return ImportLedger(self.store, self.clock, lambda text: hmac.new(key, text.encode(), "sha256").hexdigest())

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(self.store, self.hasher, self.settings.accounts, self.clock)

    @cached_property
    def keep_staff(self) -> KeepStaff:
        return KeepStaff(self.store, self.hasher, self.settings.accounts, self.clock)

    @cached_property
    def keep_api_keys(self) -> KeepApiKeys:
        return KeepApiKeys(self.store, self.clock)

    @cached_property
    def attester(self) -> Attester:
        return Attester(self.store)

    @cached_property
    def judge_flag(self) -> JudgeFlag:
        return JudgeFlag(self.store, self.clock)

    @cached_property
    def look(self) -> Look:
        keys = {self.signer.key_id: self.signer.public_key()}
        return Look(self.store, self.clock, lambda token: verify_token(token, keys))

    def services(self) -> Services:
        """What the HTTP application is built from; warms the engine."""
        return Services(
            verify=self.verify,
            enroll=self.enroll,
            sign_in=self.sign_in,
            judge_flag=self.judge_flag,
            look=self.look,
            authorise=AuthoriseKey(self.store, self.clock),
            idempotent=Idempotent(self.store, self.clock),
            queries=self.store.queries,
            readiness=self.readiness,
            public_url=self.settings.public_url.rstrip("/"),
            cookie_secure=self.settings.public_url.startswith("https://"),
            metrics=Measures(CollectorRegistry(), lambda: float(self.pool.depth)),
            clock=self.clock,
            threads=self.settings.reader_threads + self.settings.queue + _SPARE_THREADS,
        )

    def readiness(self) -> Readiness:
        """Looked up anew at each call."""
        return Readiness(
            (
                ("database", self._fine(self.store.ping)),
                ("schema", self._fine(self.store.check_schema)),
                ("keys", self._fine(self.key_test)),
                ("engine", "pool" in self.__dict__),
                ("calibration", self.calibration is not None),
                ("disk", os.access(self.settings.home, os.W_OK)),
            )
        )

    def key_test(self) -> None:
        """A round trip through the key ring. raises KeyMissing, SealBroken"""
        secret = os.urandom(32)
        if self.keys.unwrap(self.keys.wrap(secret, b"key test"), b"key test") != secret:
            raise SealBroken("the key ring does not give back what it took")

    @staticmethod
    def _fine(check: Callable[[], None]) -> bool:
        try:
            check()
        except ServiceError:
            return False
        return True


def _refuse_in_production(settings: Settings) -> None:
    """What suits development only. source: docs/design/contract.md section 2"""
    refused = []
    if settings.url.startswith("sqlite") and settings.workers > 1:
        refused.append("SQLite with more than one worker")
    if not settings.public_url.startswith("https://"):
        refused.append("a public address without https")
    refused.append("keys in a file (this release has no other key store)")
    refused.append("a shipped calibration (this release cannot calibrate on the operator's own people)")
    raise SettingInvalid("profile production refuses: " + "; ".join(refused))
