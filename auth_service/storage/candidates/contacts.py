"""Telephones that the ledger put others in place of, and the first pass by camera alone after each change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from auth_service.beneficiaries.arrangements import ContactKind, Topic
from auth_service.monitoring.rules.i08_changed_contact import PhoneChangeFacts
from auth_service.qualification.evidence import EvidenceKind
from auth_service.storage.candidates.signs import own_passes
from auth_service.storage.candidates.turns import next_keys, people_in_turn
from auth_service.storage.records.life_acts import acts_of
from auth_service.storage.records.some_people import those
from auth_service.storage.tables import ArrangementRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_WORDS = table_of(ArrangementRow)
_LEDGER = "ledger"


def phone_changes(work: Work, after: str, most: int, now: datetime) -> list[PhoneChangeFacts]:
    """Every telephone that the ledger has replaced since it is kept which (records/arrangements.py, `keep_past`).

    By the index over person and topic.
    """
    narrowed = select(_WORDS.c.person_id).where(_replaced(work)).distinct()

    def keys(behind: str, count: int) -> list[str]:
        return next_keys(work, narrowed, _WORDS.c.person_id, behind, count)

    return people_in_turn(work, after, most, keys, lambda people: phone_changes_of(work, people, now))


def phone_changes_of(work: Work, people: Sequence[str], now: datetime) -> list[PhoneChangeFacts]:
    """The facts of these people, in their order and that of the changes."""
    passes, doubts = own_passes(work, people, now), acts_of(work, people, now).doubts
    mine = and_(those(work.connection, _WORDS.c.person_id, people), _replaced(work), _WORDS.c.known_at <= now)
    wanted = select(_WORDS.c.id, _WORDS.c.person_id, _WORDS.c.known_at).where(mine)
    order = (_WORDS.c.person_id, _WORDS.c.known_at, _WORDS.c.id)
    found = []
    for row in work.connection.execute(wanted.order_by(*order)).all():
        alone = (one for one in passes.get(row.person_id, []) if one.kind is EvidenceKind.FACE)
        after = next((one for one in alone if one.at >= row.known_at), None)
        facts = PhoneChangeFacts(row.person_id, row.id, row.known_at, doubt_since=doubts.get(row.person_id))
        if after is not None:
            facts = replace(facts, pass_id=after.evidence_id, passed_at=after.at, channel=after.channel.value)
        found.append(facts)
    return found


def _replaced(work: Work) -> ColumnElement[bool]:
    """The ledger's telephone, taken back; the kind is a keyed hash, so that nothing is opened."""
    kind = work.indexes.of("arrangement", f"{Topic.CONTACT.value}\n{ContactKind.PHONE.value}")
    return and_(
        _WORDS.c.topic == Topic.CONTACT.value,
        _WORDS.c.kind_index == kind,
        _WORDS.c.source == _LEDGER,
        _WORDS.c.given.is_(False),
    )
