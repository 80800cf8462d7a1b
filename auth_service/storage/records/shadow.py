"""What rules in shadow found, within one unit: raised once, judged in a sample, and met by nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from auth_service.core.ids import new_id
from auth_service.monitoring.flags import Flag, Judgement, Severity, Verdict
from auth_service.storage.records.flags import kept_key
from auth_service.storage.sealing import Place
from auth_service.storage.tables import PersonRow, ShadowFlagPersonRow, ShadowFlagRow, ShadowJudgementRow
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work, to_json

_FLAGS, _PEOPLE, _SAID = table_of(ShadowFlagRow), table_of(ShadowFlagPersonRow), table_of(ShadowJudgementRow)
_DRAWN = func.substr(_FLAGS.c.id, 13)
"""The random part of an id: an order by it is a draw by lot."""


@dataclass(frozen=True, slots=True)
class ShadowFlag:
    """A finding, and what was said of it."""

    id: str
    flag: Flag
    verdict: Verdict | None
    judged_at: datetime | None


class ShadowFlags:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def raise_once(self, flag: Flag, mark: str) -> str | None:
        """Keeps a finding; returns its id, or None where the same stands under this mark already."""
        if flag.hidden_key and self._stands(flag.dedupe_key, mark):  # as in Flags.raise_once
            return None
        flag_id = new_id()
        values = {
            "id": flag_id,
            "rule_id": flag.rule_id,
            "rule_version": flag.rule_version,
            "mark": mark,
            "severity": flag.severity.value,
            "evidence": to_json(dict(flag.evidence)),
            "dedupe_key": kept_key(self._work.indexes, flag),
            "raised_at": flag.raised_at,
        }
        if self._work.connection.execute(insert_or_ignore(self._work.connection, ShadowFlagRow), values).rowcount != 1:
            return None
        people = [
            {"flag_id": flag_id, "position": position, "person_id": person_id}
            for position, person_id in enumerate(flag.person_ids)
        ]
        if people:
            self._work.connection.execute(insert(_PEOPLE), people)
        return flag_id

    def _stands(self, dedupe_key: str, mark: str) -> bool:
        found = select(_FLAGS.c.id).where(_FLAGS.c.mark == mark, _FLAGS.c.dedupe_key == dedupe_key)
        return self._work.connection.execute(found).one_or_none() is not None

    def get(self, flag_id: str) -> ShadowFlag | None:
        row = self._work.connection.execute(self._all().where(_FLAGS.c.id == flag_id)).one_or_none()
        return None if row is None else self._opened(row)

    def sample(self, rule_id: str, mark: str, count: int) -> list[ShadowFlag]:
        """So many by lot of what was found under a mark and nobody has judged."""
        left = self._all().where(_FLAGS.c.rule_id == rule_id, _FLAGS.c.mark == mark, _SAID.c.verdict.is_(None))
        return [self._opened(row) for row in self._work.connection.execute(left.order_by(_DRAWN).limit(count)).all()]

    def about_people(self) -> list[tuple[str, str]]:
        """(rule, person key) of everything that was found about somebody."""
        wanted = (
            select(_FLAGS.c.rule_id, PersonRow.person_key)
            .join(_PEOPLE, _PEOPLE.c.flag_id == _FLAGS.c.id)
            .join(PersonRow, PersonRow.id == _PEOPLE.c.person_id)
            .order_by(_FLAGS.c.rule_id, PersonRow.id)
        )
        return [(rule, key) for rule, key in self._work.connection.execute(wanted)]

    def judge(self, judgement: Judgement) -> bool:
        """Keeps what a monitor said; False: somebody has said it before."""
        place = Place("shadow_judgements", judgement.flag_id, "reason")
        values = {
            "flag_id": judgement.flag_id,
            "verdict": judgement.verdict.value,
            "reason_sealed": self._work.keys.of(None).seal(place, judgement.reason.encode()),
            "judged_by": judgement.judged_by,
            "judged_at": judgement.judged_at,
        }
        added = insert_or_ignore(self._work.connection, ShadowJudgementRow)
        return self._work.connection.execute(added, values).rowcount == 1

    @staticmethod
    def _all() -> Any:
        return select(_FLAGS, _SAID.c.verdict, _SAID.c.judged_at).outerjoin(_SAID, _SAID.c.flag_id == _FLAGS.c.id)

    def _opened(self, row: Row[Any]) -> ShadowFlag:
        people = select(_PEOPLE.c.person_id).where(_PEOPLE.c.flag_id == row.id).order_by(_PEOPLE.c.position)
        flag = Flag(
            row.rule_id,
            row.rule_version,
            Severity(row.severity),
            tuple(self._work.connection.execute(people).scalars()),
            json.loads(row.evidence),
            row.dedupe_key,
            row.raised_at,
        )
        return ShadowFlag(row.id, flag, Verdict(row.verdict) if row.verdict else None, row.judged_at)
