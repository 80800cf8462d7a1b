"""What a calibration record would change: earlier comparisons put into their zones anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auth_service.matching.calibration import Calibration, cell_key
from auth_service.matching.comparison import Zone, zone_of
from auth_service.matching.own_people import EVERYBODY, OwnPerson, OwnTry, strata_of
from auth_service.matching.own_thresholds import SHOWN_FROM


@dataclass(frozen=True, slots=True)
class StoredComparison:
    """One comparison as it was decided. `references` None: the set of that time is not known any more."""

    id: str
    similarity: float
    zone: Zone
    references: int | None
    probes: int
    sex: str | None
    birth_year: int | None
    year: int


@dataclass(slots=True)
class Effect:
    """Counts of comparisons by what would become of them.

    unknown  could not be judged anew: the number of images is not known, or the record lacks the cell
    changed  group -> `match to grey` ... -> how many
    """

    seen: int = 0
    unknown: int = 0
    changed: dict[str, Counter[str]] = field(default_factory=dict)
    by_group: Counter[str] = field(default_factory=Counter)

    def add(self, stored: Iterable[StoredComparison], calibration: Calibration) -> None:
        for one in stored:
            self.seen += 1
            zone = zone_under(calibration, one.similarity, one.references, one.probes)
            if zone is None:
                self.unknown += 1
                continue
            for group in (EVERYBODY, *strata_of(one.sex, one.birth_year, one.year)):
                self.by_group[group] += 1
                if zone is not one.zone:
                    self.changed.setdefault(group, Counter())[f"{one.zone.value} to {zone.value}"] += 1

    def document(self) -> dict[str, Any]:
        """As JSON; strata with fewer comparisons than SHOWN_FROM are left out."""
        everybody = self.changed.get(EVERYBODY, Counter())
        return {
            "comparisons": self.seen,
            "unknown": self.unknown,
            "changed": sum(everybody.values()),
            "changes": dict(sorted(everybody.items())),
            "strata": {
                group: {"comparisons": count, "changes": dict(sorted(self.changed.get(group, Counter()).items()))}
                for group, count in sorted(self.by_group.items())
                if group != EVERYBODY and count >= SHOWN_FROM
            },
        }


def zone_under(calibration: Calibration, similarity: float, references: int | None, probes: int) -> Zone | None:
    """The zone that a record would give, None where it cannot be said."""
    cell = calibration.cells.get(cell_key(references, probes)) if references else None
    return None if cell is None else zone_of(similarity, cell)


def tries_document(people: Iterable[OwnPerson], calibration: Calibration) -> Mapping[str, Any]:
    """Real attempts of the drawn people under a record: the FNMR of use, between two bounds.

    At least: refused tries that nobody confirmed were all somebody else's. At most: all were the person's own.
    """
    counted: Counter[str] = Counter()
    for person in people:
        if EVERYBODY not in person.groups:
            continue
        own = (*person.tries.passed, *person.tries.confirmed)
        counted["passed"] += len(person.tries.passed)
        counted["confirmed"] += len(person.tries.confirmed)
        counted["unconfirmed"] += len(person.tries.unconfirmed)
        for one in own:
            zone = _zone(calibration, one)
            counted["judged"] += zone is not None
            counted["missed"] += zone is not None and zone is not Zone.MATCH
        for one in person.tries.unconfirmed:
            counted["doubtful"] += _zone(calibration, one) in {Zone.GREY, Zone.NON_MATCH}
    judged, missed, doubtful = counted["judged"], counted["missed"], counted["doubtful"]
    return {
        "passed": counted["passed"],
        "refused_then_passed": counted["confirmed"],
        "refused_and_left": counted["unconfirmed"],
        "fnmr_at_least": missed / judged if judged else None,
        "fnmr_at_most": (missed + doubtful) / (judged + doubtful) if judged else None,
    }


def _zone(calibration: Calibration, one: OwnTry) -> Zone | None:
    if one.similarity is None:
        return None
    return zone_under(calibration, one.similarity, one.references, one.probes)
