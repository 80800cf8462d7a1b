"""Whom rows of registries may mean, within one unit: found, withdrawn, renewed, disproved. Nothing is edited.

A row that was voided, corrected or discarded withdraws what was found of it; when it holds again, its findings are
renewed. What a person has disproved stays so: the same row about the same person raises nothing, in whatever file it
comes; one that says something else may. Nothing here touches a payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, func, or_, select, type_coerce, update

from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.clock import legal_date
from auth_service.core.errors import NotFound
from auth_service.crosscheck.linkage import LinkFinding
from auth_service.crosscheck.meanings import DEATHS, Meaning
from auth_service.crosscheck.rules import Strength
from auth_service.crosscheck.standing import LinkAct, LinkState
from auth_service.storage.records.link_rows import ACTS, FINDINGS, LinkRows, StoredLink
from auth_service.storage.records.passes import PASSED
from auth_service.storage.records.registry import ReadUpTo
from auth_service.storage.records.registry_rows import StoredRow
from auth_service.storage.records.some_people import SomePeople, not_erased, those
from auth_service.storage.tables import (
    BenefitRow,
    CertificateRow,
    EvidenceRow,
    LifeEventRow,
    LinkPlaceRow,
    PersonRow,
)
from auth_service.storage.tables.schema import insert_or_ignore, table_of
from auth_service.storage.work import Work

_PLACES, _BENEFITS, _PEOPLE = table_of(LinkPlaceRow), table_of(BenefitRow), table_of(PersonRow)
_EVIDENCE, _ISSUED = table_of(EvidenceRow), table_of(CertificateRow).alias("issued")
_EVENTS = table_of(LifeEventRow)
_NAME = "rows"
_TELLS_OF_DEATH = FINDINGS.c.meaning.in_(sorted(DEATHS))
_SURELY = FINDINGS.c.strength == Strength.STRONG.value
_RIPENS = FINDINGS.c.meaning.in_([Meaning.EXIT.value, Meaning.MISSING.value])
_PASSED_SINCE = (
    select(_EVIDENCE.c.id)
    .outerjoin(_ISSUED, _ISSUED.c.evidence_id == _EVIDENCE.c.id)
    .where(
        _EVIDENCE.c.person_id == FINDINGS.c.person_id,
        PASSED,
        func.coalesce(_ISSUED.c.issued_at, _EVIDENCE.c.taken_at) > FINDINGS.c.found_at,
    )
    .exists()
)
"""A pass that came to count after the finding, whenever it was taken."""


@dataclass(frozen=True, slots=True)
class LinkPlace:
    """How far rows were compared, and what the ledger was when the comparison began there."""

    upto: ReadUpTo
    mark: str


@dataclass(frozen=True, slots=True)
class OwnPass:
    """A pass that was made here. on: its legal day"""

    evidence_id: str
    person_id: str
    on: date


class Links:
    """See the module."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._rows = LinkRows(work)

    # --- how far -------------------------------------------------------------------------------------------

    def place(self) -> LinkPlace | None:
        """None: nothing was ever compared."""
        row = self._work.connection.execute(select(_PLACES).where(_PLACES.c.name == _NAME)).one_or_none()
        return None if row is None else LinkPlace(ReadUpTo(row.number, row.row), row.mark)

    def move(self, was: LinkPlace | None, to: LinkPlace, now: datetime) -> bool:
        """In the unit that keeps what was found up to there. False: another process was faster."""
        values = {"number": to.upto.number, "row": to.upto.row, "mark": to.mark, "moved_at": now}
        if was is None:
            new = insert_or_ignore(self._work.connection, LinkPlaceRow)
            return self._work.connection.execute(new, {"name": _NAME, **values}).rowcount == 1
        here = (_PLACES.c.number == was.upto.number) & (_PLACES.c.row == was.upto.row) & (_PLACES.c.mark == was.mark)
        mine = update(_PLACES).where(_PLACES.c.name == _NAME, here)
        return self._work.connection.execute(mine.values(**values)).rowcount == 1

    # --- findings ------------------------------------------------------------------------------------------

    def disproved(self, rows: Sequence[StoredRow]) -> set[tuple[str, str]]:
        """(person, row) of these rows that people have refused, under whatever row they saw it."""
        by_reference: dict[bytes, list[StoredRow]] = {}
        for row in rows:
            by_reference.setdefault(row.reference, []).append(row)
        acts = select(ACTS.c.id).where(ACTS.c.finding_id == FINDINGS.c.id, ACTS.c.act == LinkAct.DISPROVED.value)
        refused = FINDINGS.c.ref_index.in_(sorted(by_reference)) & acts.exists()
        wanted = select(FINDINGS.c.id, FINDINGS.c.ref_index, FINDINGS.c.said_index).where(refused)
        said = {row.id: (row.ref_index, row.said_index) for row in self._work.connection.execute(wanted)}
        found = set()
        for link in self._rows.read(FINDINGS.c.id.in_(sorted(said))) if said else []:
            reference, index = said[link.id]
            if link.state is LinkState.DISPROVED:
                person = link.finding.person_id
                found |= {(person, row.id) for row in by_reference[reference] if self._rows.said(person, row) == index}
        return found

    def add(self, found: Sequence[tuple[LinkFinding, StoredRow]], now: datetime) -> list[StoredLink]:
        """Keeps what was found; returns what is new, or holds again. Only while nobody else does."""
        known = {_key(link.finding): link for link in self._rows.of_records(row.id for _, row in found)}
        fresh = [(one, row) for one, row in found if _key(one) not in known]
        told = (known[_key(one)] for one, _ in found if _key(one) in known)
        again = [link for link in told if link.state is LinkState.WITHDRAWN]
        self._rows.add_acts(again, LinkAct.RENEWED, now)
        renewed = [replace(link, acts=(*link.acts, LinkAct.RENEWED)) for link in again]
        return [*self._rows.insert_all(fresh, now), *renewed]

    def withdraw(self, record_ids: Iterable[str], act: LinkAct, now: datetime) -> list[StoredLink]:
        """What was found of rows that hold no more; returns what stood until now."""
        standing = [link for link in self._rows.of_records(record_ids) if link.stands]
        self._rows.add_acts(standing, act, now)
        return [replace(link, acts=(*link.acts, act)) for link in standing]

    def disprove(self, link_id: str, by: str, reason: str, now: datetime) -> tuple[StoredLink, bool]:
        """A person has looked: the row does not mean this person, by whatever rule it was found.

        returns  the finding as it is now, and False where that was known already
        raises   NotFound, KeyDestroyed (the person was erased), StorageFault (by somebody who is nobody)
        """
        link = self.get(link_id)
        if link is None:
            raise NotFound(f"no finding {link_id!r}", field="finding")
        one = link.finding
        same = [other for other in self._rows.of_records([one.record_id]) if other.finding.person_id == one.person_id]
        open_ = [other for other in same if other.state is not LinkState.DISPROVED]
        self._rows.add_acts(open_, LinkAct.DISPROVED, now, by, reason)
        return replace(link, acts=(*link.acts, LinkAct.DISPROVED)), bool(open_)

    def get(self, link_id: str) -> StoredLink | None:
        return next(iter(self._rows.read(FINDINGS.c.id == link_id)), None)

    def of_batch(self, batch_id: str) -> list[StoredLink]:
        """What stands of a file's rows."""
        return [link for link in self._rows.read(FINDINGS.c.batch_id == batch_id) if link.stands]

    def standing(self, people: SomePeople) -> dict[str, list[StoredLink]]:
        """What stands about these people, alternatives aside, oldest first."""
        mine = those(self._work.connection, FINDINGS.c.person_id, people) & FINDINGS.c.alternative.is_(False)
        found: dict[str, list[StoredLink]] = {}
        for link in self._rows.read(mine):
            if link.stands:
                found.setdefault(link.finding.person_id, []).append(link)
        return found

    # --- beside them ---------------------------------------------------------------------------------------

    def ripening(self, after: str, most: int) -> list[str]:
        """People behind an id of whom time, or a pass made since, may say more than when something was found. A
        superset, in the order of ids."""
        open_ = or_(_RIPENS, _TELLS_OF_DEATH & _SURELY & _PASSED_SINCE)
        wanted = select(FINDINGS.c.person_id).distinct().where(FINDINGS.c.person_id > after, open_)
        return list(self._work.connection.execute(wanted.order_by(FINDINGS.c.person_id).limit(most)).scalars())

    def told_alive(self, after: str, most: int) -> list[str]:
        """People behind an id of whom a strong finding of a death tells, and some event of a day behind its first
        possible one. A superset, in the order of ids."""
        day: ColumnElement[Any] = _EVENTS.c.happened_on
        if self._work.connection.dialect.name == "postgresql":
            day = func.to_char(day, "YYYY-MM-DD")
        later = type_coerce(day, String) > FINDINGS.c.event_on  # 2026-02-01 lies behind 2026-02, which it may be in
        sign = select(_EVENTS.c.id).where(_EVENTS.c.person_id == FINDINGS.c.person_id, later).exists()
        wanted = select(FINDINGS.c.person_id).distinct().where(FINDINGS.c.person_id > after, _TELLS_OF_DEATH, _SURELY)
        found = wanted.where(sign).order_by(FINDINGS.c.person_id).limit(most)
        return list(self._work.connection.execute(found).scalars())

    def passes(self, people: SomePeople) -> list[OwnPass]:
        """Passes of these people that were made here, oldest first."""
        mine = those(self._work.connection, _EVIDENCE.c.person_id, people)
        wanted = select(_EVIDENCE.c.id, _EVIDENCE.c.person_id, _EVIDENCE.c.taken_at).where(mine, PASSED)
        rows = self._work.connection.execute(wanted.order_by(_EVIDENCE.c.taken_at, _EVIDENCE.c.id))
        return [OwnPass(row.id, row.person_id, legal_date(row.taken_at)) for row in rows]

    def benefits(self, people: SomePeople) -> dict[str, frozenset[BenefitKind]]:
        """The kinds of benefit that these people draw."""
        wanted = select(_BENEFITS.c.person_id, _BENEFITS.c.kind)
        found: dict[str, set[BenefitKind]] = {}
        for row in self._work.connection.execute(
            wanted.where(those(self._work.connection, _BENEFITS.c.person_id, people))
        ):
            found.setdefault(row.person_id, set()).add(BenefitKind(row.kind))
        return {person: frozenset(kinds) for person, kinds in found.items()}

    def not_erased(self, people: SomePeople) -> set[str]:
        """Those of them whom a flag may still concern; nobody of them is erased before the unit ends."""
        return not_erased(self._work.connection, people, held=True)

    def person_keys(self, people: SomePeople) -> dict[str, str]:
        """Id -> the ledger's own key."""
        wanted = select(_PEOPLE.c.id, _PEOPLE.c.person_key)
        rows = self._work.connection.execute(wanted.where(those(self._work.connection, _PEOPLE.c.id, people)))
        return {row.id: row.person_key for row in rows}


@dataclass(frozen=True, slots=True)
class DeathTold:
    """What registries say of one person's death, as known at an instant.

    open_since     since when a strong finding of it stands; None: none does
    taken_back_at  when the last finding of it, strong or weak, ceased to stand; None: one stands
    """

    open_since: datetime | None = None
    taken_back_at: datetime | None = None


def deaths_told(work: Work, people: SomePeople, until: datetime) -> dict[str, DeathTold]:
    """Of those of these people of whose death any registry ever told."""
    mine = those(work.connection, FINDINGS.c.person_id, people) & _TELLS_OF_DEATH & FINDINGS.c.alternative.is_(False)
    rows, found = LinkRows(work), dict[str, list[tuple[StoredLink, datetime | None]]]()
    links = rows.read(mine & (FINDINGS.c.found_at <= until))
    acts = rows.acts_of((link.id for link in links), until) if links else {}
    for link in links:
        said = acts.get(link.id, [])
        stands = replace(link, acts=tuple(LinkAct(act.act) for act in said)).stands
        found.setdefault(link.finding.person_id, []).append((link, None if stands else said[-1].done_at))
    return {person: _told(said) for person, said in found.items()}


def _told(said: Sequence[tuple[StoredLink, datetime | None]]) -> DeathTold:
    """said: each finding with when it ceased to stand"""
    ended = [at for _, at in said if at is not None]
    strong = [link.found_at for link, at in said if at is None and link.finding.strength is Strength.STRONG]
    return DeathTold(min(strong, default=None), max(ended) if len(ended) == len(said) else None)


def _key(one: LinkFinding) -> tuple[str, str, str, str]:
    return one.record_id, one.person_id, one.rule, one.strength.value
