"""The use cases, each built once."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path

from auth_service.capture.challenge import Route
from auth_service.capture.pace import PacePolicy
from auth_service.capture.session import SessionPolicy
from auth_service.connectors.archive_file import KeysParts
from auth_service.connectors.audit_trust import notary_of, witnesses_of
from auth_service.connectors.code_outbox import CodeOutbox
from auth_service.connectors.erasure_file import ErasureFile
from auth_service.connectors.pilot_folder import PilotFolder
from auth_service.connectors.rejects import RejectFolder
from auth_service.connectors.restore_place import RestoreHome, key_files
from auth_service.core.errors import (
    ServiceError,
    SettingInvalid,
    TombstoneRefused,
)
from auth_service.core.retention import KEYS_PART_DAYS
from auth_service.core.witness import AuditStatus
from auth_service.engines.catalogue import engine_metric
from auth_service.flows.accept_step import AcceptStep
from auth_service.flows.answer_photo import AnswerPhoto
from auth_service.flows.answer_request import AnswerRequest
from auth_service.flows.ask_other_way import AskOtherWay
from auth_service.flows.authorise import Attester
from auth_service.flows.back_up import BackUp
from auth_service.flows.calibrate import Calibrate
from auth_service.flows.checkpoint import Checkpoint
from auth_service.flows.collect_pilot import CollectPilot
from auth_service.flows.complete_session import CompleteSession
from auth_service.flows.end_session import EndSession
from auth_service.flows.enroll import Enroll, ReferenceDesk
from auth_service.flows.enroll_many import EnrollMany
from auth_service.flows.erase import Erase
from auth_service.flows.examine_audit import ExamineAudit
from auth_service.flows.import_events import ImportEvents
from auth_service.flows.import_ledger import ImportLedger
from auth_service.flows.judge_flag import JudgeFlag
from auth_service.flows.keep_flash import KeepFlash
from auth_service.flows.keep_outages import KeepOutages
from auth_service.flows.keep_policies import KeepPolicies
from auth_service.flows.keep_staff import KeepApiKeys, KeepStaff
from auth_service.flows.leave_photo import LeavePhoto, PhotoCounts, PhotoDesk
from auth_service.flows.limit import Limit
from auth_service.flows.look import Look
from auth_service.flows.open_pilot import OpenPilot
from auth_service.flows.open_session import OpenSession
from auth_service.flows.prove_possession import CodeCounts, ProvePossession
from auth_service.flows.reembed import Reembed
from auth_service.flows.rehearse import Rehearse
from auth_service.flows.restore import Restore
from auth_service.flows.retain import OldFiles, Retain
from auth_service.flows.review_capture import ReviewCapture
from auth_service.flows.rotate_keys import RotateKeys, RotateSigningKey
from auth_service.flows.seal_step import SealStep
from auth_service.flows.see_capture import PictureEngine, SeeCapture
from auth_service.flows.see_session import SeeSession
from auth_service.flows.session_decision import CompletePolicies, SessionDecision
from auth_service.flows.settle_reviews import SettleReviews
from auth_service.flows.sign_in import SignIn
from auth_service.flows.start_session import StartSession
from auth_service.flows.sweep import Sweep
from auth_service.flows.verify import Verify, VerifyPolicies
from auth_service.liveness.fusion import route_that_counts
from auth_service.matching.calibration import Metric
from auth_service.matching.own_record import Subject
from auth_service.settings import Profile
from auth_service.wiring.devices import DeviceFlows


class Flows(DeviceFlows):
    """Every flow over the adapters of one deployment."""

    @cached_property
    def verify(self) -> Verify:
        policies = VerifyPolicies(self.settings.qualification, self.settings.copies)
        return Verify(self.store, self.pool, self.current_calibration, self.signer, self.clock, policies)

    @cached_property
    def open_session(self) -> OpenSession:
        return OpenSession(self.store, self.clock, self.settings.capture, self._counting_route)

    @cached_property
    def start_session(self) -> StartSession:
        policies = self._session_policies
        return StartSession(self.store, self.clock, policies, self._count_session, self._counting_route)

    def _counting_route(self, wished: Route) -> Route:
        return route_that_counts(wished, self.liveness.pad)

    @property
    def _session_policies(self) -> tuple[SessionPolicy, PacePolicy]:
        return self.settings.capture, self.settings.pace

    @cached_property
    def seal_step(self) -> SealStep:
        return SealStep(self.store, self.clock, self._session_policies, self.settings.steps)

    @cached_property
    def prove_possession(self) -> ProvePossession:
        code, folder, limit = self.settings.code, self.settings.code_outbox, self.limit
        sender = None if folder is None else CodeOutbox(folder, code.minutes, self.settings.agency_name)
        counts = CodeCounts(
            asked=lambda channel, device, subject: limit.code(channel, device, subject, code.sends_per_day),
            may_send=lambda phone: limit.code_to_phone(phone, code.sends_to_phone_per_day),
            tried=lambda session_id, which: limit.code_try(session_id, which, code.tries),
        )
        return ProvePossession(self.store, self.clock, (self.settings.capture, code), sender, counts)

    @cached_property
    def accept_step(self) -> AcceptStep:
        return AcceptStep(self.store, self.captures, self.clock, self.settings.capture, self._count_look)

    @cached_property
    def session_decision(self) -> SessionDecision:
        settings, engine, current = self.settings, self.capture_engine, self.current_calibration
        policies = CompletePolicies(settings.qualification, settings.copies, settings.layer_replay.most_known)
        return SessionDecision(self.store, engine, current, self.signer, self.clock, policies)

    @cached_property
    def complete_session(self) -> CompleteSession:
        return CompleteSession(self.store, self.session_decision, self.clock, self.settings.capture)

    @cached_property
    def pilot_folder(self) -> PilotFolder:
        """raises SettingInvalid: no pilot is wished for here, or nobody could open its links"""
        if self.settings.pilot_folder is None:
            raise SettingInvalid("set AUTH_SERVICE_PILOT_FOLDER", field="pilot_folder")
        return PilotFolder(self.settings.pilot_folder)

    @cached_property
    def open_pilot(self) -> OpenPilot:
        return OpenPilot(self.store, self.clock, self.settings.capture)

    @cached_property
    def collect_pilot(self) -> CollectPilot:
        """raises as pilot_folder"""
        return CollectPilot(self.store, self.clock, self.settings.capture, self.pilot_folder)

    @cached_property
    def end_session(self) -> EndSession:
        return EndSession(self.store, self.clock)

    @cached_property
    def see_session(self) -> SeeSession:
        return SeeSession(self.store, self.clock, self._session_policies)

    @cached_property
    def ask_other_way(self) -> AskOtherWay:
        return AskOtherWay(self.store, self.clock, self.limit.wish)

    @cached_property
    def leave_photo(self) -> LeavePhoto:
        desk = PhotoDesk(self.pool, lambda: self.identity, self.settings.copies)
        most = self.settings.steps.looks_a_step
        counts = PhotoCounts(lambda session_id: self.limit.photo_look(session_id, most), self.limit.wish)
        return LeavePhoto(self.store, desk, self.clock, counts)

    def _count_look(self, session_id: str, n: int) -> None:
        self.limit.look(session_id, n, self.settings.steps.looks_a_step)

    def _count_session(self, channel: str, device: str, subject: str, draw: str) -> None:
        self.limit.session(self.settings.capture.attempts_per_day, channel, device, subject, draw)

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
    def keep_flash(self) -> KeepFlash:
        return KeepFlash(self.store, self.clock, lambda: self.liveness_terms)

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
        if self.settings.pilot_folder is not None:
            files["pilot_sessions"] = self.pilot_folder
        if self.settings.backup.folder:
            files["keys_parts"] = KeysParts(self.archives(), Path(self.settings.backup.folder))
        return Retain(self.store, files, self.settings.retention, self.clock)

    def restore(self, recovery: Path | None) -> Restore:
        """recovery: the private recovery key, where the key store is lost"""
        self.restoring = True
        place = RestoreHome(self.settings.home, ErasureFile(self.settings.erasures_path))
        store, ring, archives = (lambda: self.owner_store), (lambda: self.keys), self.archives(recovery)
        return Restore(store, ring, archives, place, self._reapply_erasures, self.clock)

    @cached_property
    def rotate_keys(self) -> RotateKeys:
        return RotateKeys(self.store, self.keys, self.clock)

    @cached_property
    def rotate_signing_key(self) -> RotateSigningKey:
        return RotateSigningKey(self.store, self.signer, self.key_choice.public_keys, self.clock)

    @cached_property
    def erase(self) -> Erase:
        return Erase(self.store, ErasureFile(self.settings.erasures_path), self.clock)

    def _reapply_erasures(self) -> int:
        """After a restore, as its role. Tombstones that are not ours keep nobody from being served: they are in the
        audit trail now, and `doctor` and the worker tell of them."""
        erase = Erase(self.owner_store, ErasureFile(self.settings.erasures_path), self.clock)
        try:
            return erase.reapply().erased
        except TombstoneRefused as refused:
            return refused.counts["erased"]

    @cached_property
    def import_ledger(self) -> ImportLedger:
        key = self.keys.index_key("refused_id_number")
        blind: Callable[[str], str] = lambda text: hmac.new(key, text.encode(), "sha256").hexdigest()  # noqa: E731
        return ImportLedger(self.ledger_store, self.clock, blind)

    @cached_property
    def import_events(self) -> ImportEvents:
        return ImportEvents(self.ledger_store, self.clock)

    @cached_property
    def keep_outages(self) -> KeepOutages:
        return KeepOutages(self.store, self.clock)

    @cached_property
    def sweep(self) -> Sweep:
        return Sweep(self.store, self.clock, self.notice_plan)

    @cached_property
    def rehearse(self) -> Rehearse:
        return Rehearse(self.store, self.clock)

    @cached_property
    def keep_policies(self) -> KeepPolicies:
        return KeepPolicies(self.store, self.clock)

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
    def see_capture(self) -> SeeCapture:
        engine = PictureEngine(self.pool.reencode, self.pool.portrait, lambda: self.identity)
        return SeeCapture(self.store, self.clock, engine, self.current_calibration)

    @cached_property
    def review_capture(self) -> ReviewCapture:
        return ReviewCapture(self.store, lambda: self.identity, self.clock, self.settings.review)

    @cached_property
    def settle_reviews(self) -> SettleReviews:
        return SettleReviews(self.store, self.signer, lambda: self.identity, self.clock, self.settings.review)

    @cached_property
    def answer_request(self) -> AnswerRequest:
        return AnswerRequest(self.store, self.clock, self.limit.reveal)

    @cached_property
    def answer_photo(self) -> AnswerPhoto:
        return AnswerPhoto(self.store, self.pool, self.desk, self.clock)

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

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """Looks at the database first; build it after `check_schema`. raises as `audit_signer`, SettingInvalid"""
        policy = self.settings.audit
        notary = notary_of(policy, self.audit_signer, self.key_choice.audit_public_keys)
        return Checkpoint(self.store, notary, witnesses_of(policy), self.clock, policy)

    def renew_audit_key(self, actor: str) -> tuple[str, str]:
        """Old and new key id. A key that is lost is replaced too."""
        signer = self.key_choice.audit_signer(may_create=True)
        return RotateSigningKey(self.store, signer, self.key_choice.audit_public_keys, self.clock).run(actor)

    @cached_property
    def examine_audit(self) -> ExamineAudit:
        return ExamineAudit(self.store)

    def audit_status(self, *, ask: bool = False) -> AuditStatus:
        """How audit trail, checkpoints and witnesses stand. ask: the witnesses too. raises as `checkpoint`"""
        return self.checkpoint.status(ask=ask)

    def audit_problems(self, *, ask: bool = False) -> tuple[str, ...]:
        """Codes of what an operator must look at; no witness at all is one in production. raises as `checkpoint`"""
        found = self.audit_status(ask=ask).problems(self.settings.audit, self.clock.now())
        production = self.settings.profile is Profile.PRODUCTION
        return tuple(code for code in found if production or code != "no_witness")
