"""What the file of a case is read from: the time line, what may have been paid too much, and related people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from auth_service.beneficiaries.dates import parse_partial_date
from auth_service.beneficiaries.person import Beneficiary, BenefitKind
from auth_service.casework.case import CaseAct
from auth_service.casework.time_line import Entry, Track, end_of_right, time_line
from auth_service.core.clock import legal_date
from auth_service.core.errors import DateInvalid, KeyDestroyed
from auth_service.flows.life_pages import lives_of
from auth_service.flows.money_terms import is_approved
from auth_service.payments.months import Uncertain
from auth_service.payments.overpayment import overpaid
from auth_service.payments.proposals import PayState, state_after
from auth_service.payments.rows import ZERO
from auth_service.qualification.life import OWN
from auth_service.qualification.passes import passes
from auth_service.storage.unit import StoredCase, StoredFlag, Unit

_ENDS = frozenset({"death", "cremation", "household", "medical"})
"""Kinds of registries that say, in a flag about a death, that somebody died."""
WITHDRAWN = "D13"
"""Says that a record was taken back, and tells of none that stands."""
_NEWEST_PAYMENTS = 36
"""Rows per benefit on the line: three years show every clash that a statement counts row by row elsewhere."""


@dataclass(frozen=True, slots=True)
class PerhapsOverpaid:
    """What was paid to one benefit after the records' end of the right; nothing is billed from here."""

    kind: BenefitKind
    end: Uncertain
    least: Decimal
    most: Decimal


def known_person(unit: Unit, person_id: str) -> Beneficiary | None:
    """None: erased since, or nobody."""
    try:
        return unit.people.get(person_id)
    except KeyDestroyed:
        return None


def taken_back(unit: Unit, flags: Sequence[StoredFlag]) -> frozenset[str]:
    """Findings behind these flags that stand no more: their source took the row back, or a person found that it means
    somebody else."""
    named = {str(one.flag.evidence["link"]) for one in flags if one.flag.evidence.get("link")}
    found = (unit.links.get(link_id) for link_id in sorted(named))
    return frozenset(link.id for link in found if link is not None and not link.stands)


def line_of(
    unit: Unit, case: StoredCase, flags: Sequence[StoredFlag], person: Beneficiary | None, now: datetime
) -> tuple[Entry, ...]:
    """Everything on one axis. Of somebody who was erased only what their flags and acts say."""
    found = [*_records(flags, taken_back(unit, flags)), *_acts(case)]
    if person is not None:
        found += [*_passes(unit, person.id, now), *_payments(unit, person), *_money(unit, person.id)]
    return time_line(found)


def _records(flags: Sequence[StoredFlag], gone: frozenset[str]) -> Iterator[Entry]:
    """gone: what was taken back stays on the line, and ends nothing any more"""
    for stored in flags:
        facts = stored.flag.evidence
        try:
            told = parse_partial_date(str(facts.get("event_date") or ""), "event_date")
        except DateInvalid:
            continue  # no registry's row, or one without a day: there is no place for it on a line
        kind = str(facts.get("kind") or "")
        ends = stored.flag.rule_id.startswith("D") and stored.flag.rule_id != WITHDRAWN and kind in _ENDS
        ends = ends and facts.get("link") not in gone
        yield Entry(Track.RECORD, told.first, told.last, kind, str(facts.get("source") or ""), ends=ends)


def _passes(unit: Unit, person_id: str, now: datetime) -> Iterator[Entry]:
    book = unit.policies.book()
    seen = {
        (one.on, one.kind.value, one.told.source if one.told is not None and one.told.source != OWN else "")
        for life in lives_of(unit, [person_id], legal_date(now), book)
        for one in passes(life.facts, book, now)
        if one.taken_back is None
    }
    yield from (Entry(Track.PASS, on, on, kind, source) for on, kind, source in sorted(seen))


def _payments(unit: Unit, person: Beneficiary) -> Iterator[Entry]:
    for benefit in person.benefits:
        for row in unit.payments.of(person.id, benefit.kind)[-_NEWEST_PAYMENTS:]:
            yield Entry(Track.PAYMENT, row.paid_on, row.paid_on, row.status.value, f"{row.amount:.2f}", month=row.month)


def _money(unit: Unit, person_id: str) -> Iterator[Entry]:
    for stored in unit.proposals.of(person_id):
        if stored.decision is not None and is_approved(stored):
            day = legal_date(stored.decision.decided_at)
            yield Entry(Track.MONEY_ACT, day, day, stored.proposal.act.value, stored.proposal.month)
    for contest in unit.contests.of(person_id):
        day = legal_date(contest.contest.opened_at)
        yield Entry(Track.MONEY_ACT, day, day, "contest")


def _acts(case: StoredCase) -> Iterator[Entry]:
    for event in case.events:
        day = legal_date(event.done_at)
        if event.step is not None and event.outcome is not None:
            yield Entry(Track.CASE, day, day, event.step.value, event.outcome.value)
        elif event.act is not CaseAct.ASSIGNED:
            yield Entry(Track.CASE, day, day, event.act.value)


def perhaps_overpaid(unit: Unit, person: Beneficiary | None, entries: Sequence[Entry]) -> tuple[PerhapsOverpaid, ...]:
    """Of each benefit that was paid for months after the end that records tell of."""
    end = end_of_right(entries)
    if end is None or person is None:
        return ()
    found = ((one.kind, overpaid(unit.payments.of(person.id, one.kind), end)) for one in person.benefits)
    return tuple(PerhapsOverpaid(kind, end, sum_.least, sum_.most) for kind, sum_ in found if sum_.most > ZERO)


def is_stopped(unit: Unit, person: Beneficiary | None) -> bool:
    """Whether any benefit of this person is not paid now."""
    if person is None:
        return False
    return any(state_after(unit.proposals.history(person.id, one.kind)) is not PayState.PAID for one in person.benefits)


def related(unit: Unit, person_id: str) -> dict[str, list[str]]:
    """Other people whom the same flags concern -> ids of the rules, such as one bank account or one telephone."""
    found: dict[str, set[str]] = defaultdict(set)
    for flag_id in unit.flags.about(person_id):
        stored = unit.flags.get(flag_id)
        for other in stored.flag.person_ids if stored else ():
            if stored is not None and other != person_id:
                found[other].add(stored.flag.rule_id)
    return {other: sorted(rules) for other, rules in found.items()}


def seen_since(case: StoredCase, seen_at: datetime | None) -> date | None:
    """The day on which somebody saw the person after the present round began."""
    began = case.round_flags[0].gathered_at if case.round_flags else case.opened_at
    return legal_date(seen_at) if seen_at is not None and seen_at >= began else None
