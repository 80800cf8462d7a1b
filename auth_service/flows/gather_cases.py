"""Flags become cases: one per person and cause. It holds nothing, and doing it again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from auth_service.casework.case import TAKEN_BACK, CaseAct, CaseEvent, CaseFlag, Cause, standing_after
from auth_service.casework.disposition import CONFIRMS
from auth_service.core.clock import Clock
from auth_service.core.errors import PartlyDone, SealBroken, StaleJudgement
from auth_service.flows.case_terms import keep_act, tell
from auth_service.monitoring.flags import Severity
from auth_service.storage.unit import Loose, Store, StoredCase, Unit

PEOPLE_AT_ONCE = 200
"""Ids read in one look; each person has a transaction of their own."""


class GatherCases:
    """One instance serves all threads. Run by the worker, and by whoever has just raised flags."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, advance: Callable[[int], None] | None = None) -> dict[str, int]:
        """How many cases were `opened`, `joined` and `reopened`, and how many `flags` went in.

        advance  is told how many more people were done, from time to time
        raises   PartlyDone: cases of some people hold rows that this service did not write, and nothing was put into
                 them; everybody else's flags are in theirs
        """
        counts, broken, after = Counter(opened=0, joined=0, reopened=0, flags=0), 0, ""
        while True:
            people, spoilt = self._page(counts, after, PEOPLE_AT_ONCE)
            broken += spoilt
            if advance is not None:
                advance(len(people))
            if len(people) < PEOPLE_AT_ONCE:
                break
            after = people[-1]
        if broken:
            raise PartlyDone(f"{SealBroken.code}: {broken}", counts=dict(counts))
        return dict(counts)

    def some(self, most: int) -> tuple[int, bool]:
        """How many flags of at most so many people went in, and whether others may wait: for whoever waits for the
        answer. Those whose cases could not be read are left to `run`, which tells of them."""
        counts: Counter[str] = Counter()
        people, _ = self._page(counts, "", most)
        return counts["flags"], len(people) == most

    def _page(self, counts: Counter[str], after: str, most: int) -> tuple[list[str], int]:
        """So many people behind this one, and how many of their cases could not be read."""
        broken = 0
        with self._store.reading() as unit:
            people = unit.cases.people_with_loose(after, most)
        for person_id in people:
            try:
                with self._store.unit() as unit:
                    counts.update(gather_person(unit, person_id, self._clock.now()))
            except (SealBroken, StaleJudgement):  # told at the end: one spoilt case must not keep all others waiting
                broken += 1
        return people, broken


def gather_person(unit: Unit, person_id: str, now: datetime) -> Counter[str]:
    """Puts one person's flags into their cases. raises SealBroken"""
    counts: Counter[str] = Counter()
    unit.alone(f"cases {person_id}")
    present = {case.cause: case for case in unit.cases.of(person_id)}
    for cause, loose in unit.cases.loose_of(person_id).items():
        case = present.get(cause)
        worth_opening = any(flag.severity is not Severity.LOW for flag in loose) or _shaken(case, loose)
        if worth_opening or (case is not None and case.standing.is_open):
            counts[_gather(unit, (person_id, cause), case, loose, now)] += 1
            counts["flags"] += len(loose)
    return counts


def _shaken(case: StoredCase | None, loose: list[Loose]) -> bool:
    """Whether people confirmed something by a record that its registry has taken back."""
    taken_back = any(flag.rule_id == TAKEN_BACK for flag in loose)
    return taken_back and case is not None and case.standing.disposition in CONFIRMS


def _gather(unit: Unit, whose: tuple[str, Cause], case: StoredCase | None, loose: list[Loose], now: datetime) -> str:
    """opened, joined or reopened"""
    person_id, cause = whose
    number = len(case.events) + 1 if case else 1
    flags = [CaseFlag(one.id, one.rule_id, one.severity, now, number) for one in loose]
    if case is None:
        case_id, event = unit.cases.open(person_id, cause, now), CaseEvent(CaseAct.GATHERED, None, now)
        act_id = unit.cases.add((case_id, person_id), number, event, standing_after(None, event, flags))
        tell(unit, case_id, person_id, event, act_id)
        unit.cases.put_in(case_id, number, [flag.id for flag in flags], now)
        return "opened"
    act = CaseAct.GATHERED if case.standing.is_open else CaseAct.REOPENED
    keep_act(unit, case, CaseEvent(act, None, now), flags)
    unit.cases.put_in(case.id, number, [flag.id for flag in flags], now)
    return "joined" if act is CaseAct.GATHERED else "reopened"
