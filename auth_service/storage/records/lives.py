"""Facts of lives as they are judged, and where each benefit stood: what a sweep reads and what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, insert, select, union, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.core.errors import KeyMissing
from auth_service.core.ids import new_id
from auth_service.matching.comparison import Zone
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.grades import EventKind
from auth_service.qualification.life import OWN, LifeEvent, LifeFacts, Outage
from auth_service.qualification.policy import LivenessLevel
from auth_service.qualification.status import Reason, Status
from auth_service.storage.records.life_events import LifeEvents
from auth_service.storage.records.passes import PASSED
from auth_service.storage.records.people import People
from auth_service.storage.tables import (
    BenefitRow,
    CertificateRow,
    EvidenceRow,
    LifeEventRow,
    LifeStateRow,
    PersonRow,
    SweepRow,
    TagChangeRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work, to_json

_PEOPLE, _BENEFITS, _STATES = table_of(PersonRow), table_of(BenefitRow), table_of(LifeStateRow)
_EVIDENCE, _CERTIFICATES = table_of(EvidenceRow), table_of(CertificateRow)
_ISSUED = _CERTIFICATES.alias("issued")
_EVENTS, _TAGS, _SWEEPS = table_of(LifeEventRow), table_of(TagChangeRow), table_of(SweepRow)
_NAMED = _PEOPLE.c.id_number_sealed != b""
"""Whoever was erased is asked about no more."""
_PASSES = (
    select(
        _EVIDENCE.c.id, _EVIDENCE.c.person_id, _EVIDENCE.c.kind, _EVIDENCE.c.channel, _EVIDENCE.c.zone,
        _EVIDENCE.c.attested_by, _EVIDENCE.c.taken_at,
        _ISSUED.c.issued_at,
    )
    .outerjoin(_ISSUED, _ISSUED.c.evidence_id == _EVIDENCE.c.id)
    .where(PASSED)
)  # fmt: skip
_OVERLAP = timedelta(days=1)
"""What was written while the last sweep began may show up behind it; a day is far more than a transaction takes."""


@dataclass(frozen=True, slots=True)
class Life:
    """One benefit of one person with all that is known of it."""

    person_id: str
    facts: LifeFacts


@dataclass(frozen=True, slots=True)
class SweepState:
    """A sweep and how far it came. since: what it looks for was learnt after this; None: it looks at everybody"""

    id: str
    since: datetime | None
    place: str
    judged: int
    changed: int


class Lives:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._events = LifeEvents(work)

    def everybody(self, after: str, limit: int) -> list[str]:
        """The next people in the order of ids."""
        wanted = select(_PEOPLE.c.id).where(_PEOPLE.c.id > after, _NAMED).order_by(_PEOPLE.c.id).limit(limit)
        return list(self._work.connection.execute(wanted).scalars())

    def touched(self, since: datetime, today: date) -> list[str]:
        """People whose status may have changed: time has come, or something was learnt since. In the order of ids.

        A superset: it narrows, and judges nobody.
        """
        since -= _OVERLAP
        parts = (
            select(_STATES.c.person_id).where(_STATES.c.next_look_on <= today),
            select(_BENEFITS.c.person_id).where(_BENEFITS.c.changed_at > since),
            select(_EVIDENCE.c.person_id).where(_EVIDENCE.c.taken_at > since, _EVIDENCE.c.person_id.is_not(None)),
            select(_CERTIFICATES.c.person_id).where(_CERTIFICATES.c.issued_at > since),
            select(_EVENTS.c.person_id).where(_EVENTS.c.known_at > since),
            select(_TAGS.c.person_id).where(_TAGS.c.known_at > since),
        )
        return sorted(self._work.connection.execute(union(*parts)).scalars())

    def facts(
        self, people: Sequence[str], today: date, outages: tuple[Outage, ...], by_birthday: frozenset[BenefitKind]
    ) -> list[Life]:
        """Everything about these people. by_birthday: kinds whose cycle asks for a birth month, which is decrypted"""
        events = self._events.of_people(people)
        for row in self._work.connection.execute(_PASSES.where(_EVIDENCE.c.person_id.in_(people))):
            events.setdefault(row.person_id, []).append(_own(row))
        told = {person: tuple(found) for person, found in events.items()}
        tags = self._events.tags_of(people, today)
        wanted = (
            select(
                _PEOPLE.c.id, _PEOPLE.c.region_code, _PEOPLE.c.created_at, _BENEFITS.c.kind, _BENEFITS.c.award_month,
                _BENEFITS.c.known_since,
            )
            .join(_BENEFITS, _BENEFITS.c.person_id == _PEOPLE.c.id)
            .where(_PEOPLE.c.id.in_(people), _NAMED)
            .order_by(_PEOPLE.c.id, _BENEFITS.c.kind)
        )  # fmt: skip
        return [
            Life(
                row.id,
                LifeFacts(
                    benefit=BenefitKind(row.kind),
                    region=row.region_code or "",
                    award_month=date.fromisoformat(f"{row.award_month}-01") if row.award_month else None,
                    known_since=row.known_since or legal_date(row.created_at),
                    birth_month=self._birth_month(row.id) if row.kind in by_birthday else None,
                    events=told.get(row.id, ()),
                    tags=tags.get(row.id, frozenset()),
                    outages=outages,
                ),
            )
            for row in self._work.connection.execute(wanted)
        ]

    def outages(self) -> tuple[Outage, ...]:
        return self._events.outages()

    def put(self, judged: Sequence[tuple[Life, Status]], now: datetime) -> int:
        """Keeps what differs from what is kept; returns how many."""
        people = sorted({life.person_id for life, _ in judged})
        kept = {
            (row.person_id, row.kind): row
            for row in self._work.connection.execute(select(_STATES).where(_STATES.c.person_id.in_(people)))
        }
        new = [
            {**values, "judged_at": now}
            for life, status in judged
            if _differs(kept.get((life.person_id, life.facts.benefit.value)), values := _values(life, status))
        ]
        if new:
            make = insert_postgresql if self._work.connection.dialect.name == "postgresql" else insert_sqlite
            adding = make(_STATES)
            taken = {name: adding.excluded[name] for name in new[0] if name not in {"person_id", "kind"}}
            done = adding.on_conflict_do_update(index_elements=["person_id", "kind"], set_=taken)
            self._work.connection.execute(done, new)
        return len(new)

    def counts(self) -> dict[str, int]:
        """How many benefits stand in which state."""
        wanted = select(_STATES.c.state, func.count()).group_by(_STATES.c.state).order_by(_STATES.c.state)
        return {row.state: row[1] for row in self._work.connection.execute(wanted)}

    # --- sweeps -----------------------------------------------------------------------------------------

    def open_sweep(self, as_of: date, mark: str, now: datetime) -> SweepState:
        """The sweep of a day: one that was cut short goes on; else a new one, over everybody where the mark is another.

        mark  what all are judged by: the policies in force and the outages known
        """
        last = self._last(_SWEEPS.c.finished_at.is_not(None))
        since = None if last is None or last.mark != mark or last.as_of > as_of else last.began_at
        cut = self._last(_SWEEPS.c.finished_at.is_(None))
        if cut is not None and (cut.as_of, cut.mark, cut.whole) == (as_of, mark, since is None):
            return SweepState(cut.id, since, cut.place, cut.judged, cut.changed)
        values: dict[str, Any] = {"id": new_id(), "as_of": as_of, "whole": since is None, "mark": mark, "place": ""}
        values |= {"began_at": now, "finished_at": None, "judged": 0, "changed": 0}
        self._work.connection.execute(insert(_SWEEPS), values)
        return SweepState(values["id"], since, "", 0, 0)

    def advance(self, sweep: SweepState, finished_at: datetime | None) -> None:
        values: dict[str, Any] = {"place": sweep.place, "judged": sweep.judged, "changed": sweep.changed}
        done = update(_SWEEPS).where(_SWEEPS.c.id == sweep.id)
        self._work.connection.execute(done.values(**values, finished_at=finished_at))

    def _last(self, which: Any) -> Row[Any] | None:
        newest = select(_SWEEPS).where(which).order_by(_SWEEPS.c.began_at.desc(), _SWEEPS.c.id.desc()).limit(1)
        return self._work.connection.execute(newest).one_or_none()

    def _birth_month(self, person_id: str) -> int | None:
        try:
            person = People(self._work).get(person_id)
        except KeyMissing:  # erased between two reads
            return None
        return person.birth_date.month if person is not None and person.birth_date is not None else None


_KINDS = {(EvidenceKind.ASSISTED.value, channel.value): EventKind.ASSISTED for channel in Channel} | {
    (EvidenceKind.FACE.value, channel.value): EventKind.FACE_IN_PERSON
    if channel in {Channel.COUNTER, Channel.KIOSK}
    else EventKind.FACE_REMOTE
    for channel in Channel
}


def _own(row: Any) -> LifeEvent:
    """A pass that was made here; a photo alone never is one (the database refuses it)."""
    return LifeEvent(
        source=OWN,
        ref=row.id,
        kind=_KINDS[row.kind, row.channel],
        on=legal_date(row.taken_at),
        known_at=row.issued_at or row.taken_at,
        channel=Channel(row.channel),
        level=LivenessLevel.ATTESTED if row.attested_by else LivenessLevel.LIVE,
        zone=Zone(row.zone) if row.zone else None,
    )


def _values(life: Life, status: Status) -> dict[str, Any]:
    return {
        "person_id": life.person_id,
        "kind": life.facts.benefit.value,
        "state": status.state.value,
        "due_on": status.due_on,
        "passed_on": status.passed_on,
        "reminder": status.reminder,
        "may_propose_hold": status.may_propose_hold,
        "sample_wanted": status.sample_wanted,
        "restore_first": status.restore_first,
        "reasons": to_json([_plain(reason) for reason in status.reasons]),
        "next_look_on": status.next_change_on,
    }


def _plain(reason: Reason) -> dict[str, Any]:
    """Days that pass by themselves are left out: a stored reason does not change from one day to the next."""
    found = {
        "why": reason.why.value,
        "on": str(reason.on) if reason.on else None,
        "kind": reason.kind.value if reason.kind else None,
        "ref": reason.ref,
    }
    return {name: value for name, value in found.items() if value is not None}


def _differs(kept: Row[Any] | None, values: Mapping[str, Any]) -> bool:
    return kept is None or any(getattr(kept, name) != value for name, value in values.items())
