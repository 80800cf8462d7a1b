"""Findings of linkage as they are stored: written once under a guard, read with what became of them.

A row that this service did not write counts for nothing, be it a finding or an act on one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select

from auth_service.beneficiaries.dates import PartialDate, parse_partial_date
from auth_service.core.ids import new_id
from auth_service.crosscheck.agreement import Agreement, BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.linkage import LinkFinding
from auth_service.crosscheck.meanings import Meaning, meaning_of
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.sources import RegistryKind
from auth_service.crosscheck.standing import LinkAct, LinkState, state_of
from auth_service.storage.records.guards import guard_of, is_genuine
from auth_service.storage.records.registry_rows import StoredRow
from auth_service.storage.sealing import Place
from auth_service.storage.tables import LinkActRow, LinkFindingRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

FINDINGS, ACTS = table_of(LinkFindingRow), table_of(LinkActRow)
_AT_ONCE = 10_000
"""Ids named in one statement."""


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A finding and what became of it.

    acts     oldest first
    renewed  how often the row came to hold again
    """

    id: str
    finding: LinkFinding
    batch_id: str
    kind: RegistryKind
    source: str
    meaning: Meaning
    event: PartialDate | None
    found_at: datetime
    acts: tuple[LinkAct, ...] = ()

    @property
    def state(self) -> LinkState:
        return state_of(self.acts)

    @property
    def stands(self) -> bool:
        return self.state is LinkState.STANDS

    @property
    def renewed(self) -> int:
        return self.acts.count(LinkAct.RENEWED)


class LinkRows:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def insert_all(self, found: Sequence[tuple[LinkFinding, StoredRow]], now: datetime) -> list[StoredLink]:
        """Findings that are not stored yet."""
        values = [self._values(one, row, now) for one, row in found]
        if values:
            self._work.connection.execute(insert(FINDINGS), values)
        return [_link(one, []) for one in values]

    def add_acts(
        self, links: Iterable[StoredLink], act: LinkAct, now: datetime, by: str | None = None, reason: str = ""
    ) -> None:
        """Notes the same of each. Only while nobody else does. raises KeyDestroyed: the person was erased"""
        for link in links:
            row_id = new_id()
            place = Place("link_acts", row_id, "reason")
            sealed = self._work.keys.of(link.finding.person_id).seal(place, reason.encode()) if reason else None
            values = {
                "id": row_id,
                "finding_id": link.id,
                "number": self._next_number(link.id),
                "act": act.value,
                "done_by": by,
                "done_at": now,
            }
            values["guard"] = guard_of(self._work.indexes, LinkActRow, values)
            self._work.connection.execute(insert(ACTS), {**values, "reason_sealed": sealed})

    def read(self, which: ColumnElement[bool]) -> list[StoredLink]:
        """Those that this service wrote, in the order in which they were found."""
        wanted = select(FINDINGS).where(which).order_by(FINDINGS.c.found_at, FINDINGS.c.id)
        rows = [row for row in self._work.connection.execute(wanted) if self._genuine(row)]
        acts = self.acts_of(row.id for row in rows)
        return [_link(row._asdict(), acts.get(row.id, [])) for row in rows]

    def of_records(self, record_ids: Iterable[str]) -> list[StoredLink]:
        """Whatever was ever found of these rows."""
        ids = sorted(set(record_ids))
        parts = (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
        return [link for part in parts for link in self.read(FINDINGS.c.record_id.in_(part))]

    def acts_of(self, finding_ids: Iterable[str], until: datetime | None = None) -> dict[str, list[Row[Any]]]:
        """Of each finding what this service wrote down, oldest first."""
        ids = sorted(set(finding_ids))
        found: dict[str, list[Row[Any]]] = {}
        for start in range(0, len(ids), _AT_ONCE):
            wanted = select(ACTS).where(ACTS.c.finding_id.in_(ids[start : start + _AT_ONCE])).order_by(ACTS.c.number)
            if until is not None:
                wanted = wanted.where(ACTS.c.done_at <= until)
            for row in self._work.connection.execute(wanted):
                if is_genuine(self._work.indexes, LinkActRow, row):
                    found.setdefault(row.finding_id, []).append(row)
        return found

    def said(self, person_id: str, row: StoredRow) -> bytes:
        """What a row says, together with the person, as a keyed hash: so a refusal of the pair is remembered."""
        content = "" if row.content is None else row.content.hex()
        return self._work.indexes.of("registry_content", f"link\n{person_id}\n{row.reference.hex()}\n{content}")

    def _next_number(self, finding_id: str) -> int:
        wanted = select(ACTS.c.number).where(ACTS.c.finding_id == finding_id).order_by(ACTS.c.number.desc()).limit(1)
        return (self._work.connection.execute(wanted).scalar_one_or_none() or 0) + 1

    def _genuine(self, row: Row[Any]) -> bool:
        return is_genuine(self._work.indexes, LinkFindingRow, row)

    def _values(self, one: LinkFinding, row: StoredRow, now: datetime) -> dict[str, Any]:
        values: dict[str, Any] = {
            "id": new_id(),
            "record_id": row.id,
            "batch_id": row.batch_id,
            "person_id": one.person_id,
            "kind": row.kind.value,
            "source": row.source,
            "meaning": (Meaning.NOTHING if row.record is None else meaning_of(row.record)).value,
            "rule": one.rule,
            "strength": one.strength.value,
            "alternative": one.alternative,
            "event_on": None if row.event is None else str(row.event),
            "ref_index": row.reference,
            "said_index": self.said(one.person_id, row),
            "found_at": now,
        }
        values |= {f"{name}_level": level.value for name, level in one.agreement._asdict().items()}
        return {**values, "guard": guard_of(self._work.indexes, LinkFindingRow, values)}


def _link(row: Mapping[str, Any], acts: Sequence[Row[Any]]) -> StoredLink:
    agreement = Agreement(
        IdLevel(row["id_level"]),
        NameLevel(row["name_level"]),
        BirthLevel(row["birth_level"]),
        RegionLevel(row["region_level"]),
        SexLevel(row["sex_level"]),
    )
    return StoredLink(
        id=row["id"],
        finding=LinkFinding(
            row["person_id"], row["record_id"], row["rule"], Strength(row["strength"]), agreement, row["alternative"]
        ),
        batch_id=row["batch_id"],
        kind=RegistryKind(row["kind"]),
        source=row["source"],
        meaning=Meaning(row["meaning"]),
        event=parse_partial_date(row["event_on"], "event_date") if row["event_on"] else None,
        found_at=row["found_at"],
        acts=tuple(LinkAct(act.act) for act in acts),
    )
