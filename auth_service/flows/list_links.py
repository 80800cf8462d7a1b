"""What stands of one file's rows, as a list for whoever checks it: rows and people by their owners' own keys."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.core.audit import AuditEvent
from auth_service.core.clock import Clock
from auth_service.core.errors import NotFound
from auth_service.crosscheck.rules import Strength
from auth_service.storage.unit import BatchState, Store, StoredLink


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One row and one person whom it may mean. source_row: the source's reference as its file had it"""

    link_id: str
    source_row: str
    person_key: str
    strength: Strength
    rule: str


@dataclass(frozen=True, slots=True)
class LinkList:
    """state: of the batch, which says nothing before it counts. emptied: findings whose row is kept no longer, and
    whose reference nobody knows any more"""

    state: BatchState
    lines: tuple[LinkLine, ...]
    emptied: int


class ListLinks:
    """See the module."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, batch_id: str, actor: str) -> LinkList:
        """By row and person, the surest finding of each. raises NotFound, KeyStoreUnavailable, SealBroken"""
        with self._store.reading() as unit:
            batch = unit.registry.batch(batch_id)
            if batch is None:
                raise NotFound(f"no batch {batch_id!r}", field="batch")
            links = _surest(unit.links.of_batch(batch_id))
            references = unit.registry.references_of(one.finding.record_id for one in links)
            keys = unit.links.person_keys(sorted({one.finding.person_id for one in links}))
        lines = tuple(
            LinkLine(one.id, references[row], keys[one.finding.person_id], one.finding.strength, one.finding.rule)
            for one in links
            if (row := one.finding.record_id) in references
        )
        with self._store.unit() as unit:
            event = AuditEvent(actor, "registry.findings_listed", f"registry_batch:{batch_id}", {"lines": len(lines)})
            unit.audit.append(event, self._clock.now())
        return LinkList(batch.state, tuple(sorted(lines, key=_order)), len(links) - len(lines))


def _surest(links: list[StoredLink]) -> list[StoredLink]:
    """Of each row and person one: strong before weak, then the newest."""
    best: dict[tuple[str, str], StoredLink] = {}
    for link in links:  # in the order in which they were found
        one = link.finding
        known = best.get((one.record_id, one.person_id))
        if known is None or known.finding.strength is Strength.WEAK or one.strength is Strength.STRONG:
            best[one.record_id, one.person_id] = link
    return list(best.values())


def _order(line: LinkLine) -> tuple[str, str, str]:
    return line.source_row, line.person_key, line.link_id
