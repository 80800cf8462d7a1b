"""One transaction, seen as the records that it may read and write. `storage/unit.py` opens it."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import text

from auth_service.storage.doors_of_monitoring import MonitoringDoors
from auth_service.storage.records.api_keys import ApiKeys
from auth_service.storage.records.arrangements import Accommodations, Contacts, Proxies
from auth_service.storage.records.audit import Audit
from auth_service.storage.records.backups import Backups
from auth_service.storage.records.bank import Bank
from auth_service.storage.records.calibrations import Calibrations
from auth_service.storage.records.captures import Captures
from auth_service.storage.records.cases import Cases
from auth_service.storage.records.checkpoints import Checkpoints, Witnesses
from auth_service.storage.records.chips import Chips
from auth_service.storage.records.consents import Consents
from auth_service.storage.records.contests import Contests
from auth_service.storage.records.devices import DeviceNonces, Devices
from auth_service.storage.records.erasures import Erasures
from auth_service.storage.records.evidence import Certificates, Evidence
from auth_service.storage.records.expiry import Expiry
from auth_service.storage.records.face_counts import FaceCounts
from auth_service.storage.records.face_scans import FaceScans
from auth_service.storage.records.findings import PadFindings
from auth_service.storage.records.flash import FlashMeasurements
from auth_service.storage.records.fund import FundCounts
from auth_service.storage.records.idempotency import Idempotency
from auth_service.storage.records.imports import Imports
from auth_service.storage.records.jobs import Jobs
from auth_service.storage.records.kin import Kin
from auth_service.storage.records.life_events import LifeEvents
from auth_service.storage.records.life_states import LifeStates
from auth_service.storage.records.limits import Limits
from auth_service.storage.records.lives import Lives
from auth_service.storage.records.moves import Moves
from auth_service.storage.records.notice_wishes import NoticeWishes
from auth_service.storage.records.notices import Notices
from auth_service.storage.records.offline import OfflineRecords
from auth_service.storage.records.offline_tickets import OfflineTickets
from auth_service.storage.records.other_ways import OtherWays
from auth_service.storage.records.own_people import OwnPeople
from auth_service.storage.records.own_requests import OwnRequests
from auth_service.storage.records.paying import Paying
from auth_service.storage.records.payments import Payments
from auth_service.storage.records.people import People
from auth_service.storage.records.photos import Photos
from auth_service.storage.records.policies import Policies
from auth_service.storage.records.proposals import Proposals
from auth_service.storage.records.receipts import Receipts
from auth_service.storage.records.reconciliations import Reconciliations
from auth_service.storage.records.reembedding import Reembedding
from auth_service.storage.records.references import References
from auth_service.storage.records.regions import RegionRecords
from auth_service.storage.records.registry import Registry
from auth_service.storage.records.replay_prints import ReplayPrints
from auth_service.storage.records.reviews import Reviews
from auth_service.storage.records.sessions import Sessions
from auth_service.storage.records.signs import Signs
from auth_service.storage.records.staff import SignInFailures, Staff, StaffSessions
from auth_service.storage.records.steps import Steps
from auth_service.storage.records.sweeps import Sweeps
from auth_service.storage.records.travel import Travel
from auth_service.storage.records.wrapping import WrappingKeys

_ALONE = text("SELECT pg_advisory_xact_lock(:number)")


class Unit(MonitoringDoors):
    """One transaction, seen as the records that it may read and write."""

    def alone(self, what: str) -> None:
        """From here to the end of the unit no other unit is alone with the same thing: what is read next stays true.

        On SQLite every write unit is alone anyway.
        """
        if self._work.connection.dialect.name == "postgresql":
            number = int.from_bytes(self._work.indexes.of("alone", what)[:8], signed=True)
            self._work.connection.execute(_ALONE, {"number": number})

    @cached_property
    def people(self) -> People:
        return People(self._work)

    @cached_property
    def bank(self) -> Bank:
        return Bank(self._work)

    @cached_property
    def photos(self) -> Photos:
        return Photos(self._work)

    @cached_property
    def references(self) -> References:
        return References(self._work)

    @cached_property
    def reembedding(self) -> Reembedding:
        return Reembedding(self._work)

    @cached_property
    def captures(self) -> Captures:
        return Captures(self._work)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self._work)

    @cached_property
    def moves(self) -> Moves:
        return Moves(self._work)

    @cached_property
    def steps(self) -> Steps:
        return Steps(self._work)

    @cached_property
    def findings(self) -> PadFindings:
        return PadFindings(self._work)

    @cached_property
    def replay_prints(self) -> ReplayPrints:
        return ReplayPrints(self._work)

    @cached_property
    def other_ways(self) -> OtherWays:
        return OtherWays(self._work)

    @cached_property
    def calibrations(self) -> Calibrations:
        return Calibrations(self._work)

    @cached_property
    def flash(self) -> FlashMeasurements:
        return FlashMeasurements(self._work)

    @property
    def policies(self) -> Policies:
        return Policies(self._work)

    @cached_property
    def own_people(self) -> OwnPeople:
        return OwnPeople(self._work)

    @cached_property
    def contacts(self) -> Contacts:
        return Contacts(self._work)

    @cached_property
    def proxies(self) -> Proxies:
        return Proxies(self._work)

    @cached_property
    def accommodations(self) -> Accommodations:
        return Accommodations(self._work)

    @cached_property
    def regions(self) -> RegionRecords:
        return RegionRecords(self._work)

    @cached_property
    def life_events(self) -> LifeEvents:
        return LifeEvents(self._work)

    @cached_property
    def lives(self) -> Lives:
        return Lives(self._work)

    @cached_property
    def life_states(self) -> LifeStates:
        return LifeStates(self._work)

    @cached_property
    def sweeps(self) -> Sweeps:
        return Sweeps(self._work)

    @cached_property
    def signs(self) -> Signs:
        return Signs(self._work)

    @cached_property
    def consents(self) -> Consents:
        return Consents(self._work)

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self._work)

    @cached_property
    def chips(self) -> Chips:
        return Chips(self._work)

    @cached_property
    def certificates(self) -> Certificates:
        return Certificates(self._work)

    @cached_property
    def own_requests(self) -> OwnRequests:
        return OwnRequests(self._work)

    @cached_property
    def receipts(self) -> Receipts:
        return Receipts(self._work)

    @cached_property
    def reviews(self) -> Reviews:
        return Reviews(self._work)

    @cached_property
    def payments(self) -> Payments:
        return Payments(self._work)

    @cached_property
    def proposals(self) -> Proposals:
        return Proposals(self._work)

    @cached_property
    def paying(self) -> Paying:
        return Paying(self._work)

    @cached_property
    def registry(self) -> Registry:
        return Registry(self._work)

    @cached_property
    def contests(self) -> Contests:
        return Contests(self._work)

    @cached_property
    def cases(self) -> Cases:
        return Cases(self._work)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self._work)

    @cached_property
    def notice_wishes(self) -> NoticeWishes:
        return NoticeWishes(self._work)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self._work)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self._work)

    @cached_property
    def witnesses(self) -> Witnesses:
        return Witnesses(self._work)

    @cached_property
    def staff(self) -> Staff:
        return Staff(self._work)

    @cached_property
    def staff_sessions(self) -> StaffSessions:
        return StaffSessions(self._work)

    @cached_property
    def sign_in_failures(self) -> SignInFailures:
        return SignInFailures(self._work)

    @cached_property
    def api_keys(self) -> ApiKeys:
        return ApiKeys(self._work)

    @cached_property
    def devices(self) -> Devices:
        return Devices(self._work)

    @cached_property
    def device_nonces(self) -> DeviceNonces:
        return DeviceNonces(self._work)

    @cached_property
    def offline_tickets(self) -> OfflineTickets:
        return OfflineTickets(self._work)

    @cached_property
    def offline_records(self) -> OfflineRecords:
        return OfflineRecords(self._work)

    @cached_property
    def travel(self) -> Travel:
        return Travel(self._work)

    @cached_property
    def reconciliations(self) -> Reconciliations:
        return Reconciliations(self._work)

    @cached_property
    def idempotency(self) -> Idempotency:
        return Idempotency(self._work)

    @cached_property
    def imports(self) -> Imports:
        return Imports(self._work)

    @cached_property
    def fund(self) -> FundCounts:
        return FundCounts(self._work)

    @cached_property
    def face_counts(self) -> FaceCounts:
        return FaceCounts(self._work)

    @cached_property
    def face_scans(self) -> FaceScans:
        return FaceScans(self._work)

    @cached_property
    def kin(self) -> Kin:
        return Kin(self._work)

    @cached_property
    def expiry(self) -> Expiry:
        return Expiry(self._work)

    @cached_property
    def backups(self) -> Backups:
        return Backups(self._work)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self._work)

    @cached_property
    def limits(self) -> Limits:
        return Limits(self._work)

    @cached_property
    def wrapping_keys(self) -> WrappingKeys:
        return WrappingKeys(self._work)

    @cached_property
    def erasures(self) -> Erasures:
        return Erasures(self._work)
