"""Who was declared to be alike by birth, by whom, and what a second member of staff said of it. Nothing is edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.kin import KinAct, Relation, in_order
from auth_service.core.errors import KeyMissing
from auth_service.core.ids import new_id
from auth_service.storage.records.acts import was_done_rightly
from auth_service.storage.records.guards import guard_of
from auth_service.storage.sealing import Place
from auth_service.storage.tables import DeclaredKinRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_KIN = table_of(DeclaredKinRow)
_TAKES = {
    KinAct.DECLARED: Permission.DECLARE_KIN,
    KinAct.CONFIRMED: Permission.CONFIRM_KIN,
    KinAct.WITHDRAWN: Permission.DECLARE_KIN,
}


@dataclass(frozen=True, slots=True)
class StoredKin:
    """The newest act on a pair. genuine: this service wrote it as it stands, by somebody who may"""

    id: str
    first: str
    second: str
    number: int
    relation: Relation
    act: KinAct
    declared_by: str
    done_by: str
    done_at: datetime
    genuine: bool

    @property
    def exempt(self) -> bool:
        """Whether a scan passes this pair over."""
        return self.genuine and self.act is KinAct.CONFIRMED


class Kin:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def of(self, one: str, other: str) -> StoredKin | None:
        """The newest act on a pair, in whatever order it is given."""
        first, second = in_order(one, other)
        mine = select(_KIN).where(_KIN.c.first_id == first, _KIN.c.second_id == second)
        row = self._work.connection.execute(mine.order_by(_KIN.c.number.desc()).limit(1)).one_or_none()
        return None if row is None else self._stored(row)

    def all(self) -> list[StoredKin]:
        """The newest act on every pair, newest first."""
        later = _KIN.alias("later")
        newer = select(later.c.id).where(
            later.c.first_id == _KIN.c.first_id, later.c.second_id == _KIN.c.second_id, later.c.number > _KIN.c.number
        )
        wanted = select(_KIN).where(~newer.exists()).order_by(_KIN.c.done_at.desc(), _KIN.c.id)
        return [self._stored(row) for row in self._work.connection.execute(wanted)]

    def exempt(self) -> set[tuple[str, str]]:
        """Pairs that a scan passes over."""
        return {(one.first, one.second) for one in self.all() if one.exempt}

    def reason(self, stored: StoredKin) -> str:
        """Empty where either of the two was erased, or the row came by SQL. raises SealBroken"""
        if not stored.genuine:
            return ""
        sealed = self._work.connection.execute(select(_KIN.c.reason_sealed).where(_KIN.c.id == stored.id)).scalar_one()
        place = Place("declared_kin", stored.id, "reason")
        try:
            keys = self._work.keys.of(stored.second), self._work.keys.of(stored.first)
        except KeyMissing:
            return ""
        return keys[1].open(place, keys[0].open(place, sealed)).decode()

    def add(self, pair: tuple[str, str], relation: Relation, act: KinAct, who: tuple[str, str], reason: str,
            now: datetime) -> str:  # fmt: skip
        """who: staff ids of who declared and who does this. returns the act's id

        raises   KeyMissing (either was erased), StorageFault: the database refuses a confirmation by the declarer
        """
        first, second = in_order(*pair)
        last = self.of(first, second)
        values: dict[str, Any] = {
            "id": new_id(), "first_id": first, "second_id": second, "number": last.number + 1 if last else 1,
            "relation": relation.value, "act": act.value, "declared_by": who[0], "done_by": who[1], "done_at": now,
        }  # fmt: skip
        place = Place("declared_kin", values["id"], "reason")
        inner = self._work.keys.of(first).seal(place, reason.encode())
        sealed = self._work.keys.of(second).seal(place, inner)
        guard = guard_of(self._work.indexes, DeclaredKinRow, values)
        self._work.connection.execute(insert(_KIN), {**values, "reason_sealed": sealed, "guard": guard})
        return str(values["id"])

    def _stored(self, row: Row[Any]) -> StoredKin:
        act = KinAct(row.act)
        genuine = was_done_rightly(self._work, DeclaredKinRow, row, row.done_by, _TAKES[act])
        return StoredKin(
            row.id, row.first_id, row.second_id, row.number, Relation(row.relation), act, row.declared_by, row.done_by,
            row.done_at, genuine,
        )  # fmt: skip
