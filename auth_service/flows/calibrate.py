"""Calibration on the operator's own people: measured, proposed by one person, put in force by another.

Nothing here decides about anybody: a record decides only once it is in force, and what it would change is shown first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission, may
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import (
    AccessRefused,
    AlreadyExists,
    CalibrationMissing,
    CalibrationTooFew,
    FieldInvalid,
    NotFound,
    SecondPersonNeeded,
)
from auth_service.core.ids import new_id
from auth_service.matching.calibration import Calibration
from auth_service.matching.effect import Effect
from auth_service.matching.own_people import Draw, Listed, OwnPerson
from auth_service.matching.own_record import Plan, Proposal, Subject, make_proposal
from auth_service.matching.own_thresholds import Shortage, shortage
from auth_service.storage.unit import Store, StoredCalibration

_LISTED_AT_ONCE = 5_000
_OPENED_AT_ONCE = 100
"""People whose templates are opened in one reading transaction: no long one holds the database back."""
_COMPARED_AT_ONCE = 5_000
_NAMED_AT_ONCE = 500
"""People per query: below the most parameters that every database takes (999 in older SQLite)."""
_LONGEST_NAME = 64

Progress = Callable[[str, int], None]
"""Called with a step (`listing`, `opening`, `measuring`, `judging`) and how much of it was done just now."""


def _silent(_step: str, _done: int) -> None:
    """Tells nobody."""


class Calibrate:
    """See the module. strict: only a record that people enough stand behind may come into force (production)"""

    def __init__(self, store: Store, subject: Subject, clock: Clock, *, strict: bool) -> None:
        self._store = store
        self._subject = subject
        self._clock = clock
        self._strict = strict

    def measure(self, plan: Plan, progress: Progress = _silent) -> Proposal:
        """A record from the operator's own people; nothing is kept. `look` names people by the ledger's person keys.

        raises   FieldInvalid (the name), EvaluationSetTooSmall, TemplatesIncomparable, ScoreInvalid, StorageFault
        """
        if not plan.name.strip() or len(plan.name) > _LONGEST_NAME or "@" in plan.name:
            raise FieldInvalid(f"1 to {_LONGEST_NAME} characters without @", field="name")
        draw = Draw(plan.people, plan.seed)
        listed = self._draw(draw, progress)
        people = list(self._open(draw, listed, progress))
        today = legal_date(self._clock.now())
        made = make_proposal(people, draw.seen, self._subject, plan, today, lambda done: progress("measuring", done))
        return replace(made, look=self._findable(made.look))

    def _findable(self, look: Mapping[str, Any]) -> dict[str, Any]:
        """The people to look at by their keys in the ledger: nobody finds anybody by an id of this service."""
        pairs, unlike = look["most_alike"], look["unlike_themselves"]
        ids = sorted({*unlike, *(pair[side] for pair in pairs for side in ("one", "other"))})
        keys = self._ledger_keys(ids)
        return {
            "most_alike": [
                {**pair, "one": keys[pair["one"]], "other": keys[pair["other"]]}
                for pair in pairs
                if pair["one"] in keys and pair["other"] in keys  # somebody may have been erased meanwhile
            ],
            "unlike_themselves": [keys[person] for person in unlike if person in keys],
        }

    def _ledger_keys(self, ids: Sequence[str]) -> dict[str, str]:
        keys: dict[str, str] = {}
        with self._store.reading() as unit:
            for start in range(0, len(ids), _NAMED_AT_ONCE):
                keys |= unit.own_people.ledger_keys(ids[start : start + _NAMED_AT_ONCE])
        return keys

    def _draw(self, draw: Draw, progress: Progress) -> dict[str, Listed]:
        """Walks over everybody by page; of the walk only those are remembered who may still be drawn."""
        after, kept = "", dict[str, Listed]()
        while True:
            with self._store.reading() as unit:
                page = unit.own_people.listed(self._subject.identity, after, _LISTED_AT_ONCE)
            for listed in page:
                draw.offer(listed)
                kept[listed.id] = listed
            progress("listing", len(page))
            drawn = draw.drawn()
            kept = {person: listed for person, listed in kept.items() if person in drawn}
            if len(page) < _LISTED_AT_ONCE:
                return kept
            after = page[-1].id

    def _open(self, draw: Draw, listed: dict[str, Listed], progress: Progress) -> Iterator[OwnPerson]:
        drawn = list(draw.drawn().items())
        for start in range(0, len(drawn), _OPENED_AT_ONCE):
            page = drawn[start : start + _OPENED_AT_ONCE]
            with self._store.reading() as unit:
                for person_id, groups in page:
                    person = unit.own_people.get(listed[person_id], self._subject.identity, groups)
                    if person is not None:
                        yield person
            progress("opening", len(page))

    def effect(self, calibration: Calibration, progress: Progress = _silent) -> dict[str, Any]:
        """How earlier comparisons would fall under a record, and under the present one they did. JSON"""
        effect, after = Effect(), ""
        while True:
            with self._store.reading() as unit:
                page = unit.own_people.compared(calibration.identity, after, _COMPARED_AT_ONCE)
            effect.add(page, calibration)
            progress("judging", len(page))
            if len(page) < _COMPARED_AT_ONCE:
                return effect.document()
            after = page[-1].id

    def propose(self, proposal: Proposal, member: StaffMember) -> StoredCalibration:
        """Keeps a record for a second person to put in force.

        raises   AccessRefused, AlreadyExists, CalibrationTooFew: nobody could put it in force here
        """
        self._may(member, Permission.PROPOSE_CALIBRATION)
        self.refuse_too_few(proposal.calibration)
        now, calibration = self._clock.now(), proposal.calibration
        calibration_id = new_id()
        with self._store.unit() as unit:
            if unit.calibrations.by_name(calibration.name) is not None:
                raise AlreadyExists(field="name")
            digest = unit.calibrations.add(calibration_id, calibration, proposal.report, member.id, now)
            event = self._event("calibration.proposed", member, calibration_id, calibration, digest)
            unit.audit.append(event, now)
        return self.find(calibration.name)

    def refuse_too_few(self, calibration: Calibration) -> None:
        """raises CalibrationTooFew: production, and fewer people than the aim takes; it says how many"""
        short = shortage(calibration)
        if self._strict and short is not None:
            raise CalibrationTooFew(_told(short))

    def activate(self, name: str, member: StaffMember) -> StoredCalibration:
        """Puts a proposed record in force; the one before stays as history.

        raises   NotFound, AccessRefused, SecondPersonNeeded (the proposer, or a proposer who may act no longer),
                 AlreadyExists (in force already), CalibrationMissing (of another engine), CalibrationTooFew,
                 CalibrationTampered
        """
        self._may(member, Permission.ACTIVATE_CALIBRATION)
        now = self._clock.now()
        with self._store.unit() as unit:
            found = unit.calibrations.by_name(name)
            if found is None:
                raise NotFound(f"no calibration {name!r}", field="name")
            proposer = unit.staff.get(found.proposed_by)
            if found.proposed_by == member.id:
                raise SecondPersonNeeded
            if proposer is None or proposer.disabled or not may(proposer.role, Permission.PROPOSE_CALIBRATION):
                raise SecondPersonNeeded("who proposed it may not propose any more: let somebody propose it anew")
            self._refuse_unfit(found)
            unit.calibrations.activate(found.id, found.proposed_by, member.id, now)
            event = self._event("calibration.activated", member, found.id, found.calibration, found.digest)
            unit.audit.append(event, now)
        return self.find(name)

    def all(self) -> list[StoredCalibration]:
        """Every record of the operator's own, newest first; without those that were changed behind the service."""
        with self._store.reading() as unit:
            return unit.calibrations.all()

    def tampered(self) -> list[str]:
        """Names of the records that `all` leaves out."""
        with self._store.reading() as unit:
            return unit.calibrations.tampered()

    def find(self, name: str) -> StoredCalibration:
        """raises NotFound"""
        with self._store.reading() as unit:
            found = unit.calibrations.by_name(name)
        if found is None:
            raise NotFound(f"no calibration {name!r}", field="name")
        return found

    def _refuse_unfit(self, found: StoredCalibration) -> None:
        if found.active:
            raise AlreadyExists("in force already", field="name")
        found.calibration.require(self._subject.identity, mirrored=self._subject.mirrored)
        if found.calibration.metric is not self._subject.metric:
            raise CalibrationMissing(f"{found.calibration.label} was measured with another metric")
        self.refuse_too_few(found.calibration)

    @staticmethod
    def _may(member: StaffMember, permission: Permission) -> None:
        if member.disabled or not may(member.role, permission):
            raise AccessRefused(f"{member.role.value} may not: {permission.value}")

    @staticmethod
    def _event(
        action: str, member: StaffMember, calibration_id: str, calibration: Calibration, digest: str
    ) -> AuditEvent:
        single = calibration.cells["1x1"]
        details: Details = {
            "name": calibration.name,
            "engine": calibration.identity.engine,
            "record_digest": digest,
            "people": single.people,
            "measured": calibration.is_measured,
            "accept_fmr": single.accept.fmr_target,
            "accept_at": single.accept_at,
        }
        return AuditEvent(f"staff:{member.id}", action, f"calibration:{calibration_id}", details)


def _told(short: Shortage) -> str:
    """How many people are lacking, and the aim that those who are there suffice for."""
    zh = f"--fmr {short.target:g} 需要 {short.needed} 人，参与比对的有 {short.people} 人"
    en = f"--fmr {short.target:g} takes {short.needed} people, {short.people} were compared"
    if short.wider is None:
        return f"{zh}；请再登记一些人 / {en}: enrol more"
    return f"{zh}；请再登记，或改用 --fmr {short.wider:g} / {en}: enrol more, or use --fmr {short.wider:g}"
