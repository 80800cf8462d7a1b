"""The use cases of captures without a line, each built once."""

from __future__ import annotations

from functools import cached_property

from auth_service.capture.offline import ConsentSaid
from auth_service.connectors.signing import signature_holds
from auth_service.core.errors import NotFound
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.consent_texts import shown_text
from auth_service.flows.accept_record import AcceptPolicies, AcceptRecord
from auth_service.flows.decide_records import DecideRecords
from auth_service.flows.issue_tickets import IssueTickets
from auth_service.flows.reconcile import Reconcile, ReportDay
from auth_service.flows.see_record import SeeRecord
from auth_service.qualification.evidence import Channel
from auth_service.wiring.flows import Flows

_CONSENT = "kiosk_consent"


class KioskFlows(Flows):
    """What a kiosk does that loses its line, over the adapters of one deployment."""

    @cached_property
    def issue_tickets(self) -> IssueTickets:
        return IssueTickets(self.store, self.clock, self.settings.offline, self._counting_route)

    @cached_property
    def accept_record(self) -> AcceptRecord:
        policies = AcceptPolicies(self.settings.offline, self.settings.steps)
        return AcceptRecord(self.store, self.clock, policies, signature_holds, self._consent_said)

    @cached_property
    def decide_records(self) -> DecideRecords:
        """The engine is loaded with the first record: a worker without kiosks never needs it."""
        policy = self.settings.offline
        at_once = min(policy.decided_at_once or max(1, self.settings.reader_threads // 2), self.settings.reader_threads)
        return DecideRecords(self.store, lambda: self.session_decision, self.clock, policy, at_once)

    @cached_property
    def see_record(self) -> SeeRecord:
        return SeeRecord(self.store)

    @cached_property
    def reconcile(self) -> Reconcile:
        return Reconcile(self.store, self.clock)

    @cached_property
    def report_day(self) -> ReportDay:
        return ReportDay(self.store, self.clock)

    def _consent_said(self, said: ConsentSaid) -> Consent:
        """To the very text that a release of ours has shown. raises NotFound"""
        settings = self.settings
        text = shown_text(_CONSENT, said.version, said.language, settings.agency_name, settings.agency_contact)
        if text.version != said.version:
            raise NotFound("a record names the version that was shown")
        basis = ConsentBasis.SEPARATE_CONSENT
        return Consent(basis, text.version, text.language, Channel.KIOSK.value, said.at, f"sha256:{text.sha256}")
