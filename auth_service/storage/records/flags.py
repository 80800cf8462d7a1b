"""Flags, each raised once, and the judgements about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, insert, select
from sqlalchemy.exc import IntegrityError

from auth_service.casework.case import CaseState
from auth_service.core.errors import NotFound, StaleJudgement
from auth_service.core.ids import new_id
from auth_service.monitoring.flags import SEVERITY_ORDER, Flag, Judgement, Severity, Verdict
from auth_service.storage.sealing import BlindIndexes, Place
from auth_service.storage.tables import (
    CaseActRow,
    CaseFlagRow,
    CaseRow,
    FlagDeviceRow,
    FlagPersonRow,
    FlagRow,
    JudgementRow,
    PersonRow,
)
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work, to_json

_FLAGS = table_of(FlagRow)
_PEOPLE = table_of(FlagPersonRow)
_DEVICES = table_of(FlagDeviceRow)
_JUDGEMENTS = table_of(JudgementRow)
_CASES, _IN_CASES, _ACTS = table_of(CaseRow), table_of(CaseFlagRow), table_of(CaseActRow)


def kept_key(indexes: BlindIndexes, flag: Flag) -> str:
    """What a flag is known by in the database. raises KeyStoreUnavailable, KeyMissing"""
    return f"{flag.rule_id}:{indexes.of('flag', flag.dedupe_key).hex()}" if flag.hidden_key else flag.dedupe_key


@dataclass(frozen=True, slots=True)
class StoredFlag:
    """A flag with everything that was judged about it: (judgement id, judgement), oldest first."""

    id: str
    flag: Flag
    judgements: tuple[tuple[str, Judgement], ...]


class Flags:
    """Findings within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def raise_once(self, flag: Flag) -> str | None:
        """Stores a flag; returns its id, or None when the same finding (dedupe key) stands already."""
        if flag.hidden_key and self.stands(flag.dedupe_key):  # raised by a release that kept such keys as they are
            return None
        flag_id = new_id()
        values = {
            "id": flag_id,
            "rule_id": flag.rule_id,
            "rule_version": flag.rule_version,
            "severity": flag.severity.value,
            "severity_rank": SEVERITY_ORDER[flag.severity],
            "evidence": to_json(dict(flag.evidence)),
            "photos": to_json(flag.photos),
            "dedupe_key": kept_key(self._work.indexes, flag),
            "raised_at": flag.raised_at,
        }
        if self._work.connection.execute(insert_or_ignore(self._work.connection, FlagRow), values).rowcount != 1:
            return None
        people = [
            {"flag_id": flag_id, "position": position, "person_id": person_id}
            for position, person_id in enumerate(flag.person_ids)
        ]
        if people:
            self._work.connection.execute(insert(_PEOPLE), people)
        if flag.device_id is not None:
            self._work.connection.execute(insert(_DEVICES), {"flag_id": flag_id, "device_id": flag.device_id})
        return flag_id

    def is_raised(self, flag: Flag) -> bool:
        """Whether this finding was raised already, by this release or an earlier one."""
        return self.stands(kept_key(self._work.indexes, flag)) or self.stands(flag.dedupe_key)

    def stands(self, dedupe_key: str) -> bool:
        """Whether a flag is kept under this key."""
        found = select(_FLAGS.c.id).where(_FLAGS.c.dedupe_key == dedupe_key)
        return self._work.connection.execute(found).one_or_none() is not None

    def get(self, flag_id: str) -> StoredFlag | None:
        """raises SealBroken"""
        row = self._work.connection.execute(select(_FLAGS).where(_FLAGS.c.id == flag_id)).one_or_none()
        if row is None:
            return None
        people = self._work.connection.execute(
            select(FlagPersonRow.person_id).where(FlagPersonRow.flag_id == flag_id).order_by(FlagPersonRow.position)
        ).scalars()
        device = select(_DEVICES.c.device_id).where(_DEVICES.c.flag_id == flag_id)
        flag = Flag(
            rule_id=row.rule_id,
            rule_version=row.rule_version,
            severity=Severity(row.severity),
            person_ids=tuple(people),
            evidence=json.loads(row.evidence),
            dedupe_key=row.dedupe_key,
            raised_at=row.raised_at,
            photos=tuple((label, photo_id) for label, photo_id in json.loads(row.photos)),
            device_id=self._work.connection.execute(device).scalar_one_or_none(),
        )
        return StoredFlag(flag_id, flag, tuple(self._judged(flag_id)))

    def with_keys(self, keys: Sequence[str]) -> list[StoredFlag]:
        """Those that stand under these dedupe keys, in the order in which they were raised. raises SealBroken"""
        wanted = select(_FLAGS.c.id).where(_FLAGS.c.dedupe_key.in_(keys)).order_by(_FLAGS.c.raised_at, _FLAGS.c.id)
        found = [self.get(flag_id) for flag_id in self._work.connection.execute(wanted).scalars().all()]
        return [stored for stored in found if stored is not None]

    def about(self, person_id: str) -> list[str]:
        """All flags that concern this person, the oldest first."""
        wanted = select(FlagPersonRow.flag_id).where(FlagPersonRow.person_id == person_id)
        return list(self._work.connection.execute(wanted.order_by(FlagPersonRow.flag_id)).scalars())

    def about_people(self) -> list[tuple[str, Severity, str, str]]:
        """(rule, severity, person key, person) of every flag that concerns somebody, by rule and person."""
        wanted = (
            select(_FLAGS.c.rule_id, _FLAGS.c.severity, PersonRow.person_key, PersonRow.id)
            .join(_PEOPLE, _PEOPLE.c.flag_id == _FLAGS.c.id)
            .join(PersonRow, PersonRow.id == _PEOPLE.c.person_id)
            .order_by(_FLAGS.c.rule_id, PersonRow.id)
        )
        return [
            (rule, Severity(severity), key, person)
            for rule, severity, key, person in self._work.connection.execute(wanted)
        ]

    def unsettled_about(self, person_id: str) -> list[str]:
        """Flags that concern this person and nobody has done with: not found false, and in no case of theirs that is
        closed."""
        later = _JUDGEMENTS.alias("later")
        newer = select(later.c.id).where(
            later.c.flag_id == _JUDGEMENTS.c.flag_id, later.c.number > _JUDGEMENTS.c.number
        )
        after = _ACTS.alias("after")
        acted = select(after.c.id).where(after.c.case_id == _ACTS.c.case_id, after.c.number > _ACTS.c.number)
        settled = select(_JUDGEMENTS.c.id).where(
            _JUDGEMENTS.c.flag_id == FlagPersonRow.flag_id,
            _JUDGEMENTS.c.verdict == Verdict.FALSE_FLAG.value,
            ~newer.exists(),
        )
        closed = (
            select(_ACTS.c.id)
            .join(_CASES, and_(_CASES.c.id == _ACTS.c.case_id, _CASES.c.person_id == person_id))
            .join(_IN_CASES, _IN_CASES.c.case_id == _CASES.c.id)
            .where(
                _IN_CASES.c.flag_id == FlagPersonRow.flag_id, _ACTS.c.state == CaseState.CLOSED.value, ~acted.exists()
            )
        )
        mine = FlagPersonRow.person_id == person_id
        wanted = select(FlagPersonRow.flag_id).where(mine, ~settled.exists(), ~closed.exists())
        return list(self._work.connection.execute(wanted.order_by(FlagPersonRow.flag_id)).scalars())

    def _judged(self, flag_id: str) -> Iterator[tuple[str, Judgement]]:
        wanted = select(_JUDGEMENTS).where(_JUDGEMENTS.c.flag_id == flag_id).order_by(_JUDGEMENTS.c.number)
        for row in self._work.connection.execute(wanted).all():
            reason = self._work.keys.of(None).open(Place("judgements", row.id, "reason"), row.reason_sealed).decode()
            yield row.id, Judgement(flag_id, Verdict(row.verdict), reason, row.judged_by, row.judged_at)


class Judgements:
    """What monitors decide, within one unit. Nothing is edited: the newest counts."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, judgement: Judgement, after: str | None) -> str:
        """Records a judgement; returns its id.

        after    id of the newest judgement that the monitor saw, None when there was none
        raises   StaleJudgement (another came meanwhile), NotFound (no such flag)
        """
        newest = self._work.connection.execute(
            select(JudgementRow.id, JudgementRow.number)
            .where(JudgementRow.flag_id == judgement.flag_id)
            .order_by(JudgementRow.number.desc())
            .limit(1)
        ).one_or_none()
        if (newest.id if newest else None) != after:
            raise StaleJudgement
        if newest is None and not self._flag_exists(judgement.flag_id):
            raise NotFound
        judgement_id = new_id()
        place = Place("judgements", judgement_id, "reason")
        values = {
            "id": judgement_id,
            "flag_id": judgement.flag_id,
            "number": newest.number + 1 if newest else 1,
            "verdict": judgement.verdict.value,
            "reason_sealed": self._work.keys.of(None).seal(place, judgement.reason.encode()),
            "judged_by": judgement.judged_by,
            "judged_at": judgement.judged_at,
        }
        try:
            self._work.connection.execute(insert(_JUDGEMENTS), values)
        except IntegrityError as error:  # another transaction took this number between the look and the write
            raise StaleJudgement from error
        return judgement_id

    def _flag_exists(self, flag_id: str) -> bool:
        found = select(func.count()).select_from(_FLAGS).where(_FLAGS.c.id == flag_id)
        return self._work.connection.execute(found).scalar_one() == 1
