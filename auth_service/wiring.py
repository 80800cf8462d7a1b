"""The only place that chooses adapters and builds flows. All is built when first asked for, from one Settings."""

from __future__ import annotations

import hmac
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry

from auth_service.connectors.archive_file import ArchiveFiles, KeysParts, fingerprints
from auth_service.connectors.archive_keys import archive_keys
from auth_service.connectors.audit_trust import keys_of, notary_of, witnesses_of
from auth_service.connectors.erasure_file import ErasureFile
from auth_service.connectors.key_choice import KeyChoice
from auth_service.connectors.passwords import Argon2Passwords
from auth_service.connectors.rejects import RejectFolder
from auth_service.connectors.restore_place import RestoreHome, is_restoring, key_files
from auth_service.connectors.signing import TokenCheck, signature_holds
from auth_service.connectors.telemetry import tracer_to
from auth_service.core.archive import Part
from auth_service.core.checkpoint import Keyholders
from auth_service.core.clock import Clock, SystemClock
from auth_service.core.errors import (
    CalibrationMissing,
    RestoreUnfinished,
    SealBroken,
    ServiceError,
    SettingInvalid,
)
from auth_service.core.jobs import Job
from auth_service.core.keys import KeyStore, RotatingSigner
from auth_service.core.retention import KEYS_PART_DAYS
from auth_service.core.tracing import Tracer
from auth_service.core.witness import AuditStatus
from auth_service.engines.bulk import BulkReader
from auth_service.engines.catalogue import ReaderSpec, engine_calibration, engine_identity, engine_metric
from auth_service.engines.decoding import IntakePolicy
from auth_service.engines.pool import InferencePool
from auth_service.enrollment.consent_texts import ShownText, shown_text
from auth_service.enrollment.filing import FilingDuty, duty
from auth_service.faces.template import EngineIdentity
from auth_service.flows.authorise import Attester, AuthoriseKey
from auth_service.flows.back_up import BackUp
from auth_service.flows.calibrate import Calibrate
from auth_service.flows.checkpoint import Checkpoint
from auth_service.flows.count_faces import CountFaces
from auth_service.flows.current_calibration import CurrentCalibration
from auth_service.flows.enroll import Enroll, ReferenceDesk
from auth_service.flows.enroll_many import EnrollMany
from auth_service.flows.erase import Erase
from auth_service.flows.examine_audit import ExamineAudit
from auth_service.flows.idempotent import Idempotent
from auth_service.flows.import_ledger import ImportLedger
from auth_service.flows.judge_flag import JudgeFlag
from auth_service.flows.keep_staff import KeepApiKeys, KeepStaff
from auth_service.flows.limit import Limit
from auth_service.flows.look import Look
from auth_service.flows.reembed import Reembed
from auth_service.flows.restore import Restore
from auth_service.flows.retain import OldFiles, Retain
from auth_service.flows.rotate_keys import RotateKeys, RotateSigningKey
from auth_service.flows.sign_in import SignIn
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.matching.calibration import Calibration, Metric, load_shipped
from auth_service.matching.own_record import Subject
from auth_service.settings import Profile, Settings
from auth_service.storage.unit import Store
from auth_service.web.facts import FACES_JOB, Facts, Sources
from auth_service.web.metrics import Measures, resident_bytes
from auth_service.web.readiness import ReadinessProbe
from auth_service.web.services import Services

_LEAST_DISK = 64 * 1024 * 1024
"""Below this the service says that it is not ready: a photo, its records and SQLite's log need some megabytes each."""
_SPARE_THREADS = 24
"""Worker threads besides those that may wait for a reader: for pages, health and refusals."""


class Wiring:
    """One deployment: its keys, its database, its engine and the flows over them."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """raises SettingInvalid: the profile forbids what the settings ask for"""
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.restoring = False
        unfit = settings.unfit_for_production() if settings.profile is Profile.PRODUCTION else ()
        if unfit:
            raise SettingInvalid("profile production refuses: " + "; ".join(unfit))

    # --- adapters ---------------------------------------------------------------------------------

    @cached_property
    def key_choice(self) -> KeyChoice:
        return KeyChoice(self.settings.keys, self.settings.home / "keys")

    @cached_property
    def keys(self) -> KeyStore:
        """raises KeyMissing: there are records, but the key file that opens them is gone"""
        return self.key_choice.keys(may_create=not self._has_database_file)

    @property
    def _has_database_file(self) -> bool:
        prefix = "sqlite:///"
        return self.settings.url.startswith(prefix) and Path(self.settings.url.removeprefix(prefix)).exists()

    @cached_property
    def signer(self) -> RotatingSigner:
        """raises KeyMissing: there are keys, but the one that signed the certificates is gone"""
        return self.key_choice.signer(
            may_create=lambda: not (self._has_database_file and self.store.queries.totals().get("certificates"))
        )

    @cached_property
    def audit_signer(self) -> RotatingSigner:
        """raises KeyMissing: checkpoints were signed, and the key that did is gone"""
        with self.store.reading() as unit:
            signed = unit.checkpoints.last() is not None
        return self.key_choice.audit_signer(may_create=not signed)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """Looks at the database first; build it after `check_schema`. raises as `audit_signer`, SettingInvalid"""
        policy = self.settings.audit
        notary = notary_of(policy, self.audit_signer, self.key_choice.audit_public_keys)
        return Checkpoint(self.store, notary, witnesses_of(policy), self.clock, policy)

    @property
    def audit_keyholders(self) -> Keyholders:
        """All public keys that ever signed checkpoints here; makes none."""
        return Keyholders(keys_of(self.settings.audit, self.key_choice.audit_public_keys), signature_holds)

    def renew_audit_key(self, actor: str) -> tuple[str, str]:
        """Old and new key id. A key that is lost is replaced too."""
        signer = self.key_choice.audit_signer(may_create=True)
        return RotateSigningKey(self.store, signer, self.key_choice.audit_public_keys, self.clock).run(actor)

    @cached_property
    def examine_audit(self) -> ExamineAudit:
        return ExamineAudit(self.store)

    def audit_status(self) -> AuditStatus:
        """How audit trail, checkpoints and witnesses stand. raises as `checkpoint`"""
        return self.checkpoint.status()

    def audit_problems(self) -> tuple[str, ...]:
        """Codes of what an operator must look at; no witness at all is one in production. raises as `checkpoint`"""
        found = self.audit_status().problems(self.settings.audit, self.clock.now())
        production = self.settings.profile is Profile.PRODUCTION
        return tuple(code for code in found if production or code != "no_witness")

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
        self.settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
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
            waited=self.measures.waits.observe,
            tracer=self.tracer,
        )

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

    # --- flows ------------------------------------------------------------------------------------

    @cached_property
    def verify(self) -> Verify:
        policies = VerifyPolicies(self.settings.qualification, self.settings.copies)
        return Verify(self.store, self.pool, self.current_calibration, self.signer, self.clock, policies)

    @cached_property
    def desk(self) -> ReferenceDesk:
        current = self.current_calibration
        return ReferenceDesk(self.identity, current, self.settings.copies, current.starting)

    @cached_property
    def calibrate(self) -> Calibrate:
        metric = Metric(engine_metric(self.settings.engine, self.settings.models))
        subject = Subject(self.identity, metric, self.spec.mirrored, self.shipped_calibration)
        return Calibrate(self.store, subject, self.clock, strict=self.strict)

    @cached_property
    def enroll(self) -> Enroll:
        return Enroll(self.store, self.pool, self.desk, self.clock)

    @cached_property
    def enroll_many(self) -> EnrollMany:
        return EnrollMany(self.store, self.identity, self.desk, self.clock)

    @cached_property
    def reembed(self) -> Reembed:
        return Reembed(self.store, self.clock)

    @cached_property
    def back_up(self) -> BackUp:
        recoverable = self.key_choice.in_files and bool(self.settings.backup.recovery_key)
        files = partial(key_files, self.settings.home / "keys" if recoverable else None, self.settings.erasures_path)
        keep = timedelta(days=KEYS_PART_DAYS)
        return BackUp(self.store, self.archives(), files, self.clock, version("auth-service"), keep)

    @cached_property
    def retain(self) -> Retain:
        files: dict[str, OldFiles] = {"reject_files": RejectFolder(self.settings.home / "rejects")}
        if self.settings.backup.folder:
            files["keys_parts"] = KeysParts(self.archives(), Path(self.settings.backup.folder))
        return Retain(self.store, files, self.settings.retention, self.clock)

    def restore(self, recovery: Path | None) -> Restore:
        """recovery: the private recovery key, where the key store is lost"""
        self.restoring = True
        place = RestoreHome(self.settings.home, ErasureFile(self.settings.erasures_path))
        return Restore(lambda: self.owner_store, self.archives(recovery), place, self._reapply_erasures, self.clock)

    @cached_property
    def rotate_keys(self) -> RotateKeys:
        return RotateKeys(self.store, self.keys, self.clock)

    @cached_property
    def rotate_signing_key(self) -> RotateSigningKey:
        return RotateSigningKey(self.store, self.signer, self.key_choice.public_keys, self.clock)

    @cached_property
    def erase(self) -> Erase:
        return Erase(self.store, self.ledger_store, ErasureFile(self.settings.erasures_path), self.clock)

    def _reapply_erasures(self) -> int:
        """After a restore, as its role."""
        owner = self.owner_store
        return Erase(owner, owner, ErasureFile(self.settings.erasures_path), self.clock).reapply().erased

    @cached_property
    def import_ledger(self) -> ImportLedger:
        key = self.keys.index_key("refused_id_number")
        blind: Callable[[str], str] = lambda text: hmac.new(key, text.encode(), "sha256").hexdigest()  # noqa: E731
        return ImportLedger(self.ledger_store, self.clock, blind)

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
        return Look(self.store, self.clock, self.check_token)

    @cached_property
    def limit(self) -> Limit:
        return Limit(self.store, self.settings.limits, self.clock, self._limit_not_kept)

    def _limit_not_kept(self, fault: ServiceError) -> None:
        """Operators hear of it: meanwhile each process counts for itself."""
        from auth_service.web.logging import log  # noqa: PLC0415 - as below

        log.error("limits_not_kept", code=fault.code)

    def jobs(self) -> tuple[Job, ...]:
        """What the worker does by itself, each when it is due."""
        folder = self.settings.backup.folder
        found = [Job(FACES_JOB, 86_400, self._count_faces), Job("retention", 86_400, lambda: self.retain.run().removed)]
        found.append(Job("audit.checkpoint", 10, lambda: self.checkpoint.run().counts()))
        found.append(Job("erasures", 3600, lambda: asdict(self.erase.reapply())))
        found.append(Job("limits", 3600, lambda: {"removed": self.limit.purge()}))
        # as the front role alone bank references cannot be read: there a timer makes it with both (deploy/systemd)
        if folder and (self.settings.url.startswith("sqlite") or self.settings.ledger_database_url):
            found.append(Job("backup", 86_400, lambda: {"rows": self.back_up.run(Path(folder)).manifest.rows}))
        return tuple(found)

    @cached_property
    def count_faces(self) -> CountFaces:
        return CountFaces(self.store, self.clock)

    def _count_faces(self) -> Mapping[str, int]:
        """Daily; from 80,000 people on the log says what it asks for."""
        from auth_service.web.logging import log  # noqa: PLC0415 - only jobs and requests write log lines

        count = self.count_faces.run()
        asked = duty(count.people)
        if asked is not FilingDuty.NONE:
            log.warning("faces_filing_duty", code=asked.value, counts=f"people={count.people}")
        return asdict(count)

    def services(self) -> Services:
        """What the HTTP application is built from; warms the engine."""
        return Services(
            verify=self.verify,
            enroll=self.enroll,
            sign_in=self.sign_in,
            judge_flag=self.judge_flag,
            look=self.look,
            authorise=AuthoriseKey(self.store, self.clock),
            limit=self.limit,
            idempotent=Idempotent(self.store, self.clock),
            queries=self.store.queries,
            readiness=self.readiness,
            public_url=self.settings.public_url.rstrip("/"),
            cookie_secure=self.settings.public_url.startswith("https://"),
            metrics=self.measures,
            tracer=self.tracer,
            clock=self.clock,
            shown_text=self.shown_text,
            threads=self.settings.reader_threads + self.settings.queue + _SPARE_THREADS,
            photos_at_once=self.settings.reader_threads + self.settings.queue,
        )

    @cached_property
    def readiness(self) -> ReadinessProbe:
        """Looked up anew at each call."""
        return ReadinessProbe(
            (
                ("database", self._fine(lambda: self.store.ping())),  # noqa: PLW0108 - the store is built late
                ("schema", self._fine(lambda: self.store.check_schema())),  # noqa: PLW0108
                ("keys", self._fine(self.key_test)),
                ("engine", lambda: "pool" in self.__dict__ and self.pool.open),
                ("calibration", self._fine(self.check_calibration)),
                ("disk", lambda: os.access(self.settings.home, os.W_OK) and self.disk_free() >= _LEAST_DISK),
                ("audit", lambda: not self.audit_problems()),
            ),
            advisory=("audit",),
        )

    def disk_free(self) -> float:
        """Bytes that may still be written under `home`."""
        return float(shutil.disk_usage(self.settings.home).free)

    @cached_property
    def measures(self) -> Measures:
        """The meters of this process; reading them looks up what the database knows."""
        probes: dict[str, Callable[[], float]] = {
            "auth_service_inference_queue_depth": lambda: self.pool.depth if "pool" in self.__dict__ else 0,
            "auth_service_inference_places": lambda: self.pool.places if "pool" in self.__dict__ else 0,
            "auth_service_database_connections_in_use": lambda: self.store.connections[0],
            "auth_service_database_connections_most": lambda: self.store.connections[1],
            "auth_service_keys_cached": lambda: self.store.cached_keys,
            "auth_service_resident_bytes": resident_bytes,
        }
        jobs = [job.name for job in self.jobs()]
        sources = Sources(
            operations=lambda: self.store.queries.operations(),  # noqa: PLW0108 - the store is built late
            readiness=self.readiness,
            disk_free=self.disk_free,
            audit=self.audit_status,
            backup=self._newest_backup if self.settings.backup.folder else None,
        )
        return Measures(CollectorRegistry(), probes, Facts(sources, jobs))

    def shown_text(self, kind: str, version: str, language: str) -> ShownText:
        """Consent text or notice, in this agency's name. raises NotFound"""
        return shown_text(kind, version, language, self.settings.agency_name, self.settings.agency_contact)

    def _newest_backup(self) -> datetime | None:
        return max(self.archives().ages(Path(self.settings.backup.folder), Part.DATA), default=None)

    @cached_property
    def tracer(self) -> Tracer:
        """Where spans go; nowhere unless a collector is named."""
        return tracer_to(self.settings.telemetry_endpoint)

    def check_calibration(self) -> None:
        """raises CalibrationMissing: nothing may be decided; others as CurrentCalibration"""
        if self.calibration is None:
            raise CalibrationMissing(self.identity.engine)

    def key_test(self) -> None:
        """A round trip through the key ring. raises KeyMissing, SealBroken"""
        secret = os.urandom(32)
        if self.keys.unwrap(self.keys.wrap(secret, b"key test"), b"key test") != secret:
            raise SealBroken("the key ring does not give back what it took")

    @staticmethod
    def _fine(check: Callable[[], None]) -> Callable[[], bool]:
        def fine() -> bool:
            check()
            return True

        return fine
