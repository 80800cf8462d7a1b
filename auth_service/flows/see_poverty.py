"""What staff see of the poverty ledger: numbers by region and month, and one village's list as it leaves in a file.

Numbers name nobody. A list names whom the village is to see to: people of the ledger masked, who is not insured by
name while it is kept. Every list that leaves is in the audit trail with its region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.region import check_region_code
from auth_service.core.audit import AuditEvent, Details
from auth_service.core.clock import Clock
from auth_service.core.errors import FieldInvalid, NotFound
from auth_service.flows.money_terms import require
from auth_service.storage.queries import Counts, ListedPerson, PovertyFilter, PovertyMonth
from auth_service.storage.unit import Store

MOST_LISTED = 20_000
"""Lines of one list. source: own decision; the largest villages have some ten thousand people"""
_TOWN_DIGITS = 9


@dataclass(frozen=True, slots=True)
class PovertyShown:
    """One month of a region: its smaller places, and the months up to it, oldest first."""

    months: Sequence[PovertyMonth]
    month: PovertyMonth
    places: dict[str, Counts]
    series: tuple[tuple[PovertyMonth, Counts], ...]


@dataclass(frozen=True, slots=True)
class VillageList:
    """One place's list of a month."""

    month: PovertyMonth
    region: str
    people: tuple[ListedPerson, ...]


class SeePoverty:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def shown(self, month: str, wanted: PovertyFilter, staff: StaffMember) -> PovertyShown | None:
        """month: empty for the newest. None: none was made yet. raises AccessRefused, NotFound (not this month)"""
        require(staff, Permission.SEE_PEOPLE)
        queries = self._store.queries
        months = queries.poverty_months()
        if not months:
            return None
        chosen = _month(months, month)
        line = [one for one in reversed(months) if one.month <= chosen.month]
        counts = queries.poverty_series([one.id for one in line], wanted)
        series = tuple((one, counts[one.id]) for one in line)
        return PovertyShown(months, chosen, queries.poverty_places(chosen.id, wanted), series)

    def village(self, month: str, region: str, staff: StaffMember) -> VillageList:
        """The list of one village or town, which shows nobody of another.

        raises   AccessRefused, FieldInvalid (a larger region, or more than MOST_LISTED lines), NotFound (not this
                 month)
        """
        require(staff, Permission.SEE_PEOPLE)
        code = check_region_code(region, "village")
        if len(code) < _TOWN_DIGITS:
            raise FieldInvalid("a town of 9 digits or a village of 12", field="village")
        chosen = _month(self._store.queries.poverty_months(), month)
        people = self._store.queries.poverty_list(chosen.id, PovertyFilter(code), MOST_LISTED + 1)
        if len(people) > MOST_LISTED:
            raise FieldInvalid(f"more than {MOST_LISTED} lines: take its villages one by one", field="village")
        details: Details = {"rows": len(people), "region": code, "month": chosen.month, "version": chosen.version}
        event = AuditEvent(f"staff:{staff.id}", "poverty.exported", f"poverty_month:{chosen.id}", details)
        with self._store.unit() as unit:
            unit.audit.append(event, self._clock.now())
        return VillageList(chosen, code, tuple(people))


def _month(months: Sequence[PovertyMonth], wanted: str) -> PovertyMonth:
    """raises NotFound"""
    found = next((one for one in months if not wanted or one.month == wanted), None)
    if found is None:
        raise NotFound
    return found
