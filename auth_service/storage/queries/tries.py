"""Attempts and passes by way, county and age band, counted by the database in one statement for each table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from auth_service.core.clock import legal_date
from auth_service.matching.own_people import age_band
from auth_service.monitoring.fund import Tries
from auth_service.qualification.decision import Outcome
from auth_service.qualification.evidence import EvidenceKind
from auth_service.storage.records.regions import RegionRecords
from auth_service.storage.tables import CertificateRow, EvidenceRow, PersonRow, ReceiptRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_EVIDENCE, _CERTIFICATES = table_of(EvidenceRow), table_of(CertificateRow)
_RECEIPTS, _PEOPLE = table_of(ReceiptRow), table_of(PersonRow)
_COUNTY = 6
"""Digits of a county. source: GB/T 2260"""
_CODE = func.substr(_PEOPLE.c.region_code, 1, _COUNTY)
_CERTIFIED = select(_CERTIFICATES.c.serial).where(_CERTIFICATES.c.evidence_id == _EVIDENCE.c.id).exists()
_FATE = case(
    (_EVIDENCE.c.outcome == Outcome.QUALIFIED.value, "passed"),
    (_EVIDENCE.c.outcome == Outcome.RETRY.value, "failed"),
    (_CERTIFIED, "passed"),
    else_="waiting",
)
"""As PASSED of records/passes.py; only what a person looked at is asked for its certificate."""


def count_tries(work: Work, since: datetime, now: datetime) -> tuple[Tries, ...]:
    """Of the time from `since` up to `now`; photos that nobody vouched for are no attempts of a person.

    Age bands are those of `now`, counties those of today.
    """
    keys = (_EVIDENCE.c.channel, _CODE, _PEOPLE.c.birth_year)
    attempts = (
        select(*keys, _FATE.label("fate"), func.count())
        .select_from(_EVIDENCE.join(_PEOPLE, _PEOPLE.c.id == _EVIDENCE.c.person_id))
        .where(_EVIDENCE.c.taken_at >= since, _EVIDENCE.c.taken_at < now, _EVIDENCE.c.kind != EvidenceKind.PHOTO.value)
        .group_by(*keys, "fate")
    )
    by_data = (
        select(_RECEIPTS.c.kind, _CODE, _PEOPLE.c.birth_year, func.count())
        .select_from(_RECEIPTS.join(_PEOPLE, _PEOPLE.c.id == _RECEIPTS.c.person_id))
        .where(_RECEIPTS.c.issued_at >= since, _RECEIPTS.c.issued_at < now)
        .group_by(_RECEIPTS.c.kind, _CODE, _PEOPLE.c.birth_year)
    )
    rows = [tuple(row) for row in work.connection.execute(attempts)]
    rows += [(kind, code, born, "passed", count) for kind, code, born, count in work.connection.execute(by_data)]
    return _summed(work, rows, legal_date(now).year)


def _summed(work: Work, rows: Iterable[tuple[Any, ...]], year: int) -> tuple[Tries, ...]:
    tree = RegionRecords(work).tree()
    counties: dict[str | None, str] = {None: ""}
    sums: dict[tuple[str, str, str], Counter[str]] = {}
    for way, code, born, fate, count in rows:
        if code not in counties:
            counties[code] = tree.present(code)[:_COUNTY]
        key = (way, counties[code], age_band(born, year) or "")
        sums.setdefault(key, Counter())[fate] += count
    return tuple(Tries(*key, of["passed"], of["failed"], of["waiting"]) for key, of in sorted(sums.items()))
