"""Keys, database, engine, thresholds and files: what the flows are built on."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from auth_service.capture.challenge import Challenge
from auth_service.connectors.archive_file import ArchiveFiles, fingerprints
from auth_service.connectors.archive_keys import archive_keys
from auth_service.connectors.audit_trust import keys_of
from auth_service.connectors.key_choice import KeyChoice
from auth_service.connectors.passwords import Argon2Passwords
from auth_service.connectors.restore_place import is_restoring
from auth_service.connectors.secret_files import private_folder
from auth_service.connectors.signing import TokenCheck, signature_holds
from auth_service.connectors.telemetry import tracer_to
from auth_service.core.checkpoint import Keyholders
from auth_service.core.clock import Clock, SystemClock
from auth_service.core.errors import (
    CalibrationMissing,
    RestoreUnfinished,
    SealBroken,
    SettingInvalid,
)
from auth_service.core.keys import KeyStore, RotatingSigner
from auth_service.core.tracing import Tracer
from auth_service.engines.bulk import BulkReader
from auth_service.engines.capture_pool import PooledCaptures
from auth_service.engines.catalogue import (
    ReaderSpec,
    build_capture_parts,
    capture_layout,
    capture_versions,
    engine_calibration,
    engine_identity,
)
from auth_service.engines.decoding import IntakePolicy
from auth_service.engines.pool import InferencePool
from auth_service.faces.template import EngineIdentity
from auth_service.flows.current_calibration import CurrentCalibration
from auth_service.flows.current_flash import CurrentFlash
from auth_service.flows.session_decision import CaptureEngine
from auth_service.liveness.assess import LAYERS_VERSION, AssessSession, LivenessPolicy
from auth_service.liveness.flash_measurement import Terms
from auth_service.liveness.fusion import FUSION_VERSION
from auth_service.liveness.measures import SessionMeasures
from auth_service.liveness.ports import Assessment, Past
from auth_service.matching.calibration import Calibration, load_shipped
from auth_service.settings import Profile, Settings
from auth_service.storage.presence import is_filled
from auth_service.storage.unit import Store


class Adapters:
    """One deployment: its keys, its database, its engine and the flows over them."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """raises SettingInvalid: the profile forbids what the settings ask for"""
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.restoring = False
        self.making_keys = False
        unfit = settings.unfit_for_production() if settings.profile is Profile.PRODUCTION else ()
        if unfit:
            raise SettingInvalid("profile production refuses: " + "; ".join(unfit))

    @cached_property
    def key_choice(self) -> KeyChoice:
        return KeyChoice(self.settings.keys, self.settings.home / "keys")

    @cached_property
    def keys(self) -> KeyStore:
        """raises KeyMissing: the keys that open the records are gone, or nobody made any in the token"""
        if self.key_choice.in_files:
            # a restore brings its keys along: new ones could read nothing of it, and would lie in their place
            return self.key_choice.keys(may_create=not self._has_database_file and not self.restoring)
        return self.key_choice.keys(may_create=self.making_keys and not is_filled(self.settings.owner_url))

    @property
    def _has_database_file(self) -> bool:
        prefix = "sqlite:///"
        return self.settings.url.startswith(prefix) and Path(self.settings.url.removeprefix(prefix)).exists()

    @cached_property
    def signer(self) -> RotatingSigner:
        """raises KeyMissing: there are keys, but the one that signed the certificates is gone"""
        return self.key_choice.signer(may_create=self._may_make_signer)

    def _may_make_signer(self) -> bool:
        """In a token only for `init`; in a file as long as nothing was signed that the key would be missed for."""
        if self.key_choice.in_files and not self._has_database_file:
            return True
        return (self.key_choice.in_files or self.making_keys) and not self.store.queries.totals().get("certificates")

    @cached_property
    def audit_signer(self) -> RotatingSigner:
        """raises KeyMissing: checkpoints were signed, and the key that did is gone"""
        with self.store.reading() as unit:
            signed = unit.checkpoints.any()
        return self.key_choice.audit_signer(may_create=not signed and (self.key_choice.in_files or self.making_keys))

    @property
    def audit_keyholders(self) -> Keyholders:
        """All public keys that ever signed checkpoints here; makes none."""
        return Keyholders(keys_of(self.settings.audit, self.key_choice.audit_public_keys), signature_holds)

    @cached_property
    def check_token(self) -> TokenCheck:
        """Takes a certificate's token apart once its signature by any key of this service has proved right."""
        self.signer.public_key()  # on record from the first use on
        return TokenCheck(self.key_choice.public_keys)

    @cached_property
    def store(self) -> Store:
        """raises RestoreUnfinished: half a backup must not serve anybody"""
        return self._store_as(self.settings.url, self.settings.ledger_url)

    @cached_property
    def ledger_store(self) -> Store:
        """As the database role that imports the ledger: it reads bank references, and no faces. raises as `store`"""
        return self.store if self.settings.ledger_url == self.settings.url else self._store_as(self.settings.ledger_url)

    @cached_property
    def owner_store(self) -> Store:
        """As the role that owns the database: it migrates and restores, nothing else. raises as `store`"""
        return self.store if self.settings.owner_url == self.settings.url else self._store_as(self.settings.owner_url)

    def _store_as(self, url: str, ledger_url: str | None = None) -> Store:
        if is_restoring(self.settings.home) and not self.restoring:
            raise RestoreUnfinished
        private_folder(self.settings.home)
        return Store(url, self.keys, self.settings.home / "photos", self.tracer, ledger_url)

    def migrate(self) -> list[str]:
        """Brings the database to this release; returns the steps taken. raises as Store.migrate"""
        return self.owner_store.migrate()

    def close_stores(self) -> None:
        for name in ("store", "ledger_store", "owner_store"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @cached_property
    def spec(self) -> ReaderSpec:
        intake = IntakePolicy(
            max_bytes=self.settings.max_photo_bytes,
            max_pixels=self.settings.max_photo_pixels,
            pixels_at_once=self.settings.photo_pixels_at_once,
        )
        return ReaderSpec(
            engine=self.settings.engine,
            models_dir=self.settings.models,
            cache_dir=self.settings.home / "cache",
            intake=intake,
            quality=self.settings.quality,
            fences=self.settings.decoding,
        )

    @cached_property
    def identity(self) -> EngineIdentity:
        """Which engine and weights make templates here; loads nothing."""
        return engine_identity(self.settings.engine, self.settings.models)

    def identity_of(self, engine: str) -> EngineIdentity:
        """Another engine's identity. raises EngineUnknown"""
        return engine_identity(engine, self.settings.models)

    def pool_of(self, engine: str, workers: int) -> InferencePool:
        """Readers of another engine, for templates that are made anew. raises EngineUnknown, WeightsMissing"""
        return InferencePool(replace(self.spec, engine=engine), workers=workers, waiting=workers)

    @cached_property
    def pool(self) -> InferencePool:
        """The readers of this process, warmed."""
        return InferencePool(
            self.spec,
            workers=self.settings.reader_threads,
            waiting=self.settings.queue,
            waited=self._waited,
            tracer=self.tracer,
        )

    @cached_property
    def captures(self) -> PooledCaptures:
        """Measures capture sessions with the readers of photos. raises as PooledCaptures"""
        return PooledCaptures(self.pool, lambda: build_capture_parts(self.spec))

    @property
    def liveness(self) -> LivenessPolicy:
        """How sessions are judged now: where colours have to be measured, they count by the measurement in force alone.

        raises   as CurrentFlash
        """
        told = self.settings.liveness
        measured = told.pad.flash_needs_measuring and self.current_flash()
        return replace(told, pad=replace(told.pad, flash_measured=measured))

    @cached_property
    def liveness_terms(self) -> Terms:
        """What a verdict depends on here besides the pictures."""
        own = {"layers": LAYERS_VERSION, "fusion": FUSION_VERSION, "points": capture_layout(self.spec)}
        versions = {**capture_versions(self.spec), **own}
        return Terms(self.identity.engine, versions, self.settings.liveness.limits_digest)

    @cached_property
    def current_flash(self) -> CurrentFlash:
        return CurrentFlash(lambda: self.store, lambda: self.liveness_terms)

    @cached_property
    def capture_engine(self) -> CaptureEngine:
        """What looks at the pictures of a session, and judges them under the operator's policies as they stand then."""
        versions = capture_versions(self.spec)

        def assess(
            measures: SessionMeasures, challenge: Challenge, past: Past, *, possession: bool = False
        ) -> Assessment:
            return AssessSession(self.liveness, versions)(measures, challenge, past, possession=possession)

        return CaptureEngine(self.captures, assess, self.pool.reencode, lambda: self.identity, self.pool.read)

    @property
    def calibration(self) -> Calibration | None:
        """The record that may decide with this engine now; None stops every decision, never passes one."""
        return self.current_calibration()

    @cached_property
    def current_calibration(self) -> CurrentCalibration:
        shipped, mirrored = self.shipped_calibration, self.spec.mirrored
        return CurrentCalibration(lambda: self.store, self.identity, shipped, mirrored=mirrored, own_only=self.strict)

    @property
    def strict(self) -> bool:
        """Whether only what was measured on the operator's own people may decide."""
        return self.settings.profile is Profile.PRODUCTION

    @cached_property
    def shipped_calibration(self) -> Calibration | None:
        """The record that came with the service for this engine."""
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

    def archives(self, recovery: Path | None = None) -> ArchiveFiles:
        """Backup files. recovery: the private recovery key, which opens them where the key store is lost"""
        ring = (lambda: self.keys) if self.key_choice.exists else None
        keys = archive_keys(ring, self.settings.backup.recovery_key, recovery)
        return ArchiveFiles(keys, lambda: self.signer, lambda: fingerprints(self.key_choice.public_keys.all()))

    @cached_property
    def tracer(self) -> Tracer:
        """Where spans go; nowhere unless a collector is named."""
        return tracer_to(self.settings.telemetry_endpoint)

    def key_test(self) -> None:
        """A round trip through the key ring. raises KeyMissing, SealBroken"""
        secret = os.urandom(32)
        if self.keys.unwrap(self.keys.wrap(secret, b"key test"), b"key test") != secret:
            raise SealBroken("the key ring does not give back what it took")

    def _waited(self, seconds: float) -> None:
        """Told after each wait for a reader; whoever keeps meters overrides it."""
