"""Scans of all faces against each other: whom they read, how far they came, and what they found so far.

Templates are read once into memory and written nowhere: what a crash leaves is the place up to which a scan came and
the pairs found before it, and the next process reads the templates anew. Whoever was erased is in neither.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, insert, or_, select, update

from auth_service.core.ids import new_id
from auth_service.faces.template import EngineIdentity, Template
from auth_service.matching.duplicates import Candidate, Signal
from auth_service.monitoring.rules.i03_one_face import OneFace, pair_of_key
from auth_service.storage.records.faces import open_template
from auth_service.storage.records.some_people import not_erased
from auth_service.storage.tables import (
    FaceScanPairRow,
    FaceScanRow,
    FlagPersonRow,
    FlagRow,
    JudgementRow,
    PersonKeyRow,
    PersonRow,
    ReferenceSetRow,
)
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_SCANS, _PAIRS = table_of(FaceScanRow), table_of(FaceScanPairRow)
_FLAGS, _CONCERNED, _JUDGED = table_of(FlagRow), table_of(FlagPersonRow), table_of(JudgementRow)
_SETS, _KEYS, _PEOPLE = table_of(ReferenceSetRow), table_of(PersonKeyRow), table_of(PersonRow)
_MOST_OF_A_FLAG = 60
"""A flag that names more people than this says nothing of two of them. source: the most of one kiosk's hour (V01)"""
_AHEAD = timedelta(hours=1)
"""A scan that began so far in the future was made under a clock set forward."""
_IN_FORCE = and_(
    _SETS.c.engine == bindparam("engine"),
    _SETS.c.weights_digest == bindparam("weights"),
    _SETS.c.superseded_at.is_(None),
    _SETS.c.active_since <= bindparam("until"),
    _SETS.c.template_sealed.is_not(None),
    _KEYS.c.wrapped.is_not(None),
)
_JOINED = _SETS.join(_KEYS, _KEYS.c.person_id == _SETS.c.person_id).join(_PEOPLE, _PEOPLE.c.id == _SETS.c.person_id)
_COUNT = select(func.count()).select_from(_JOINED).where(_IN_FORCE)
_PAGE = (
    select(
        _SETS.c.id, _SETS.c.person_id, _SETS.c.template_sealed, _KEYS.c.wrapping_key, _KEYS.c.wrapped,
        _PEOPLE.c.phone_index, _PEOPLE.c.name_index, _PEOPLE.c.birth_year, _PEOPLE.c.region_code,
    )
    .select_from(_JOINED)
    .where(_IN_FORCE, _SETS.c.person_id > bindparam("after"))
    .order_by(_SETS.c.person_id)
    .limit(bindparam("most"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScannedPerson:
    """Somebody with a template of the engine. shared: what a second signal is looked for in; None: not known"""

    person_id: str
    template: Template
    shared: dict[Signal, bytes | None]


@dataclass(frozen=True, slots=True)
class ScanState:
    """A scan and how far it came.

    place   the last person held against everybody behind
    people  how many templates there were at its beginning
    tail    counts by margin
    """

    id: str
    calibration: str
    began_at: datetime
    place: str
    people: int
    tail: tuple[int, ...]
    raised: int = 0
    finished_at: datetime | None = None


class FaceScans:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def count(self, identity: EngineIdentity, until: datetime) -> int:
        """How many people have a template of this engine that came into force by then."""
        return self._work.connection.execute(_COUNT, _named(identity, until)).scalar_one()

    def page(self, identity: EngineIdentity, until: datetime, after: str, most: int) -> list[ScannedPerson]:
        """The next of them by person id, opened. raises SealBroken"""
        asked = {**_named(identity, until), "after": after, "most": most}
        return [self._scanned(row, identity) for row in self._work.connection.execute(_PAGE, asked)]

    def erased_since(self, moment: datetime) -> list[str]:
        """Whose key was destroyed at or after a moment."""
        wanted = select(_KEYS.c.person_id).where(_KEYS.c.destroyed_at >= moment)
        return list(self._work.connection.execute(wanted).scalars())

    def open(self, identity: EngineIdentity, calibration: str, oldest: datetime, now: datetime) -> ScanState:
        """The scan to do: one cut short goes on, if it began at or after `oldest` with the same engine and calibration.

        Whatever other scans had found goes: it was judged by something else, or of people as they were long ago.
        """
        cut = self.newest(identity, now)
        if cut is not None and cut.finished_at is None and cut.calibration == calibration and cut.began_at >= oldest:
            return cut
        self._work.connection.execute(delete(_PAIRS))
        ended = update(_SCANS).where(_SCANS.c.finished_at.is_(None)).values(finished_at=now)
        self._work.connection.execute(ended)
        state = ScanState(new_id(), calibration, now, "", self.count(identity, now), ())
        values: dict[str, Any] = {"id": state.id, "engine": identity.engine, "weights_digest": identity.weights_digest}
        values |= {
            "calibration": calibration,
            "began_at": now,
            "finished_at": None,
            "place": "",
            "people": state.people,
        }
        self._work.connection.execute(insert(_SCANS), {**values, "tail": "[]", "raised": 0})
        return state

    def newest(self, identity: EngineIdentity, now: datetime) -> ScanState | None:
        """The scan of this engine that began last."""
        mine = (_SCANS.c.engine == identity.engine) & (_SCANS.c.weights_digest == identity.weights_digest)
        wanted = select(_SCANS).where(mine, _SCANS.c.began_at <= now + _AHEAD)
        row = self._work.connection.execute(
            wanted.order_by(_SCANS.c.began_at.desc(), _SCANS.c.id.desc()).limit(1)
        ).one_or_none()
        return None if row is None else _state(row)

    def again(self, scan: ScanState) -> ScanState:
        """As it stands now."""
        return _state(self._work.connection.execute(select(_SCANS).where(_SCANS.c.id == scan.id)).one())

    def held(self, person_ids: Sequence[str]) -> set[str]:
        """Those of them who are not erased, and cannot be before the unit ends."""
        return not_erased(self._work.connection, person_ids, held=True)

    def advance(self, was: ScanState, to: ScanState, found: Sequence[Candidate]) -> bool:
        """Moves a scan on and keeps what it found on the way. False: another process did this part meanwhile."""
        mine = (_SCANS.c.id == was.id) & (_SCANS.c.place == was.place) & _SCANS.c.finished_at.is_(None)
        values = {"place": to.place, "tail": json.dumps(to.tail)}
        if self._work.connection.execute(update(_SCANS).where(mine).values(**values)).rowcount != 1:
            return False
        if found:
            self._work.connection.execute(insert(_PAIRS), [_pair_values(was.id, one) for one in found])
        return True

    def found(self, scan: ScanState) -> list[Candidate]:
        """What a scan has found so far, without pairs of whom one was erased."""
        rows = self._work.connection.execute(select(_PAIRS).where(_PAIRS.c.scan_id == scan.id))
        return [
            Candidate(row.first_id, row.second_id, row.similarity, row.margin, _signals(row.signals)) for row in rows
        ]

    def note_raised(self, scan: ScanState) -> None:
        """One more flag of this scan, in the unit that raises it."""
        mine = update(_SCANS).where(_SCANS.c.id == scan.id)
        self._work.connection.execute(mine.values(raised=_SCANS.c.raised + 1))

    def finish(self, scan: ScanState, now: datetime) -> bool:
        """Ends a scan; its pairs go. False: it was ended already."""
        mine = (_SCANS.c.id == scan.id) & _SCANS.c.finished_at.is_(None)
        done = self._work.connection.execute(update(_SCANS).where(mine).values(finished_at=now))
        self._work.connection.execute(delete(_PAIRS).where(_PAIRS.c.scan_id == scan.id))
        return done.rowcount == 1

    def forget(self, person_id: str) -> int:
        """Pairs of an erased person. returns how many rows"""
        mine = or_(_PAIRS.c.first_id == person_id, _PAIRS.c.second_id == person_id)
        return self._work.connection.execute(delete(_PAIRS).where(mine)).rowcount

    def raised_before(self) -> set[tuple[str, str]]:
        """Pairs that were put before a monitor once, whatever was said of them: for good."""
        keys = select(_FLAGS.c.dedupe_key).where(_FLAGS.c.rule_id == OneFace.rule_id)
        return {pair_of_key(key) for key in self._work.connection.execute(keys).scalars()}

    def waiting(self) -> int:
        """Flags of the rule that nobody has looked at yet."""
        looked = select(_JUDGED.c.id).where(_JUDGED.c.flag_id == _FLAGS.c.id).exists()
        wanted = select(func.count()).select_from(_FLAGS).where(_FLAGS.c.rule_id == OneFace.rule_id, ~looked)
        return self._work.connection.execute(wanted).scalar_one()

    def flagged_together(self) -> list[list[str]]:
        """The people of each flag of another rule that names two or a few more."""
        few = (
            select(_CONCERNED.c.flag_id)
            .join(_FLAGS, _FLAGS.c.id == _CONCERNED.c.flag_id)
            .where(_FLAGS.c.rule_id != OneFace.rule_id)
            .group_by(_CONCERNED.c.flag_id)
            .having(func.count().between(2, _MOST_OF_A_FLAG))
        )
        wanted = select(_CONCERNED.c.flag_id, _CONCERNED.c.person_id).where(_CONCERNED.c.flag_id.in_(few))
        groups: dict[str, list[str]] = {}
        for row in self._work.connection.execute(wanted):
            groups.setdefault(row.flag_id, []).append(row.person_id)
        return list(groups.values())

    def _scanned(self, row: Row[*tuple[Any, ...]], identity: EngineIdentity) -> ScannedPerson:
        key = self._work.keys.unwrapped(row.person_id, row.wrapping_key, row.wrapped)
        template = open_template(key, "reference_sets", row.id, identity, row.template_sealed)
        named = None if row.birth_year is None else row.name_index + str(row.birth_year).encode()
        place = row.region_code.encode() if row.region_code else None
        shared = {Signal.PHONE: row.phone_index, Signal.NAME: named, Signal.PLACE: place}
        return ScannedPerson(row.person_id, template, shared)


def _named(identity: EngineIdentity, until: datetime) -> dict[str, Any]:
    return {"engine": identity.engine, "weights": identity.weights_digest, "until": until}


def _pair_values(scan_id: str, one: Candidate) -> dict[str, Any]:
    return {
        "scan_id": scan_id, "first_id": one.first, "second_id": one.second, "similarity": one.similarity,
        "margin": one.margin, "signals": ",".join(sorted(one.signals)),
    }  # fmt: skip


def _signals(text: str) -> frozenset[Signal]:
    return frozenset(Signal(word) for word in text.split(",") if word)


def _state(row: Row[Any]) -> ScanState:
    return ScanState(
        row.id, row.calibration, row.began_at, row.place, row.people, tuple(json.loads(row.tail)), row.raised,
        row.finished_at,
    )  # fmt: skip
