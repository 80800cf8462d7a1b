"""What a server and a worker need besides the flows: jobs, services, readiness and meters."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cached_property
from pathlib import Path

from prometheus_client import CollectorRegistry

from auth_service.connectors.export_file import csv_file, xlsx_file
from auth_service.core.archive import Part
from auth_service.core.errors import (
    CalibrationMissing,
    TombstoneRefused,
)
from auth_service.core.jobs import Job
from auth_service.enrollment.consent_texts import ShownText, shown_text
from auth_service.enrollment.filing import FilingDuty, duty
from auth_service.flows.authorise import AuthoriseKey
from auth_service.flows.count_faces import CountFaces
from auth_service.flows.current_flash import FlashState
from auth_service.flows.idempotent import Idempotent
from auth_service.web.facts import FACES_JOB, Facts, Sources
from auth_service.web.metrics import Measures, resident_bytes
from auth_service.web.readiness import ReadinessProbe
from auth_service.web.services import Captures, Desk, Kiosk, Money, Oversight, Services
from auth_service.wiring.cases import CaseFlows
from auth_service.wiring.duplicates import DuplicateFlows
from auth_service.wiring.kiosks import KioskFlows
from auth_service.wiring.lives import LifeFlows
from auth_service.wiring.own import OwnFlows
from auth_service.wiring.people import PeopleFlows
from auth_service.wiring.registry import RegistryFlows
from auth_service.wiring.rules import RuleFlows

_LEAST_DISK = 64 * 1024 * 1024
"""Below this the service says that it is not ready: a photo, its records and SQLite's log need some megabytes each."""
_ERASURES_JOB = "erasures"
_BESIDE_READING = 2
"""Requests with photos that are worked on besides those being read: enough that no reader waits for a form to be
parsed or a record to be written, few enough that the event loop gets its turn (docs/decisions/0026-proofs.md)."""
_SPARE_THREADS = 24
"""Worker threads besides those that may wait for a reader: for pages, health and refusals."""


class Wiring(KioskFlows, PeopleFlows, OwnFlows, RegistryFlows, RuleFlows, CaseFlows, LifeFlows, DuplicateFlows):
    """One deployment, whole."""

    def jobs(self) -> tuple[Job, ...]:
        """What the worker does by itself, each when it is due."""
        folder = self.settings.backup.folder
        found = [Job(FACES_JOB, 86_400, self._count_faces), Job("retention", 86_400, lambda: self.retain.run().removed)]
        found.append(Job("audit.checkpoint", 10, lambda: self.checkpoint.run().counts()))
        found.append(Job(_ERASURES_JOB, 3600, lambda: asdict(self.erase.reapply())))
        found.append(Job("sessions", 3600, self.retain.hourly))
        found.append(Job("offline_records", 5, lambda: self.decide_records.run()))  # noqa: PLW0108
        found.append(Job("reviews", 60, lambda: self.settle_reviews.run()))  # noqa: PLW0108 - keys are opened late
        found.append(Job("receipts", 300, lambda: self.issue_receipts.run()))  # noqa: PLW0108
        found += self.notice_jobs()
        found += self.duplicate_jobs()
        found.append(Job("sweep", 300, lambda: self.sweep.if_due(self.settings.sweep)))
        found.append(Job("rules", 300, lambda: self.run_rules.if_due()))  # noqa: PLW0108 - stores are opened late
        found.append(Job("registry.compare", 86_400, lambda: self.compare_registry.if_new()))  # noqa: PLW0108
        found.append(Job("fund", 3600, lambda: self.count_fund.run()))  # noqa: PLW0108
        found.append(Job("cases", 300, lambda: self.gather_cases.run()))  # noqa: PLW0108
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
            captures=self.capture_flows(),
            enroll=self.enroll,
            sign_in=self.sign_in,
            judge_flag=self.judge_flag,
            look=self.look,
            revocations=self.revocations,
            keep_devices=self.keep_devices,
            kiosk=self.kiosk_calls(),
            desk=Desk(
                self.see_capture, self.review_capture, self.answer_request, self.answer_photo, self.settings.review
            ),
            money=self.money_flows(),
            cases=self.case_flows(),
            people=self.people_flows(),
            registry=self.registry_calls(),
            own=self.own_flows(),
            oversight=Oversight(self.keep_registry, csv_file, xlsx_file, self._staff_names),
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
            agency=self.settings.agency_name,
            contact=self.settings.agency_contact,
            threads=self.settings.reader_threads + self.settings.queue + _SPARE_THREADS,
            photos_at_once=self.settings.reader_threads + self.settings.queue,
            photos_in_hand=self.settings.reader_threads + _BESIDE_READING,
            photo_bytes_at_once=self.settings.photo_bytes_at_once,
            phone_page=self.settings.has_phone_page,
            kiosk_calls=self.settings.kiosk,
            kiosk_bridge=self.settings.kiosk_bridge,
        )

    def kiosk_calls(self) -> Kiosk:
        """Those of devices that sign what they send."""
        return Kiosk(
            self.hear_device,
            self.enrol_device,
            self.watch_devices,
            self.device_signatures,
            self.issue_tickets,
            self.accept_record,
            self.see_record,
            self.reconcile,
        )

    def money_flows(self) -> Money:
        return Money(
            see=self.see_money,
            propose=self.propose_act,
            decide=self.decide_proposal,
            give_back=self.give_back,
            open_contest=self.open_contest,
            answer_contest=self.answer_contest,
            answer_payment=self.answer_payment,
        )

    def capture_flows(self) -> Captures:
        """Those of a capture session; makes its engine's parts."""
        return Captures(
            open=self.open_session,
            start=self.start_session,
            seal=self.seal_step,
            step=self.accept_step,
            complete=self.complete_session,
            end=self.end_session,
            see=self.see_session,
            other_way=self.ask_other_way,
            photo=self.leave_photo,
            possession=self.prove_possession,
            pilot=None if self.settings.pilot_folder is None else self.collect_pilot,
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
                ("erasures", lambda: not self._erasures_refused()),
                ("colours", self._colours_stand),
            ),
            advisory=("audit", "erasures", "colours"),
        )

    def _colours_stand(self) -> bool:
        """False where a measurement that was put in force does not count any more. None in force is a choice."""
        if not self.settings.liveness.pad.flash_needs_measuring:
            return True
        return self.current_flash.standing().state in {FlashState.IN_FORCE, FlashState.NONE}

    def _erasures_refused(self) -> bool:
        """As the hourly job found them: going through all of them is nothing for a probe."""
        states = [state for state in self.store.queries.operations().jobs if state.job == _ERASURES_JOB]
        return any(state.last is not None and state.last.code == TombstoneRefused.code for state in states)

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

    def check_calibration(self) -> None:
        """raises CalibrationMissing: nothing may be decided; others as CurrentCalibration"""
        if self.calibration is None:
            raise CalibrationMissing(self.identity.engine)

    @staticmethod
    def _fine(check: Callable[[], None]) -> Callable[[], bool]:
        def fine() -> bool:
            check()
            return True

        return fine

    def _waited(self, seconds: float) -> None:
        self.measures.waits.observe(seconds)
