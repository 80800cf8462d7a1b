"""A made-up region with known truth: who is insured, who died, and what the registry wrote about it.

Written from the list in the requirement (typing, OCR, homophones, look-alike characters, swapped dates, 15-digit,
missing and relatives' IDs, households, namesake villages) before any linkage rule. Shares without a source are own
decisions, stated beside each number here and in docs/linkage.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex, check_character
from auth_service.crosscheck.records import PersonFacts, RegistryFacts
from tests.crosscheck.world_errors import Dead, Slips, written_down
from tests.crosscheck.world_names import (
    GIVEN_MEN,
    GIVEN_WOMEN,
    SURNAME_WEIGHTS,
    SURNAMES,
    TRANSLITERATED,
    given_character,
    homophone,
)

COUNTIES = tuple(f"1302{code:02d}" for code in (2, 3, 4, 5, 7, 8, 9, 24, 25, 27, 29, 81, 83, 84))
UNINSURED = 0.08
"""Of the people who live here; own decision: the dead of a registry are of all ages and insurances."""
RECORDS_OF_UNINSURED = 0.16
"""Of the records; own decision, twice their share: people who died before they could claim."""
HOUSEHOLD_SIZES = (0.25, 0.35, 0.20, 0.12, 0.08)
TWINS, SHARED_CHARACTER, HOMOPHONE_SIBLINGS = 0.012, 0.6, 0.06
"""Of the siblings in one household: twins, named with one shared character, and of these with an alike other one."""
NAMESAKE_VILLAGES, ONE_SURNAME = 0.35, 0.7
"""Villages where one surname rules, and its share there. own decision after the brief's namesake villages"""
HEAD, SPOUSE, SIBLING, PARENT = 0, 1, 2, 3
_LEDGER_LACKS_BIRTH, _LEDGER_LACKS_REGION, _LEDGER_SLIPS = 0.05, 0.02, 0.003


@dataclass(slots=True)
class World:
    """Columns of everybody insured, the records, and the truth.

    truth      record -> the insured person who died, or None where nobody insured did
    borrowed   record -> the living relative whose ID number stands on it
    picked     record -> the living namesake whom somebody picked from a list by name; where the form fills in the date
               from the number, such a record is the namesake's in every field, and no comparison can tell
    slips      record -> what went wrong in it, field by field
    """

    ids: list[str]
    numbers: list[str]
    names: list[str]
    sexes: list[Sex]
    births: list[PartialDate | None]
    regions: list[str]
    records: list[RegistryFacts] = field(default_factory=list)
    truth: dict[str, str | None] = field(default_factory=dict)
    borrowed: dict[str, str] = field(default_factory=dict)
    picked: dict[str, str] = field(default_factory=dict)
    slips: dict[str, Slips] = field(default_factory=dict)

    def people(self) -> Iterator[PersonFacts]:
        columns = (self.ids, self.numbers, self.names, self.sexes, self.births, self.regions)
        for row in zip(*columns, strict=True):
            yield PersonFacts(*row)


@dataclass(slots=True)
class _Everybody:
    household: np.ndarray
    role: np.ndarray
    region: list[str]
    surname: list[str]
    male: np.ndarray
    birth: np.ndarray
    name: list[str] = field(default_factory=list)
    number: list[str] = field(default_factory=list)


def build(people: int, records: int, seed: int = 7) -> World:
    """So many insured people and registry records, the same for one seed."""
    random = np.random.default_rng(seed)
    living_here = round(people / (1 - UNINSURED))
    everybody = _households(living_here, random)
    everybody.name = _names(everybody, random)
    everybody.number = _numbers(everybody, random)
    insured = np.sort(random.permutation(living_here)[:people])
    world = _ledger(everybody, insured, random)
    _deaths(world, everybody, insured, records, random)
    return world


def _households(count: int, random: np.random.Generator) -> _Everybody:
    sizes = random.choice(np.arange(1, 6), count, p=HOUSEHOLD_SIZES)
    ends = np.cumsum(sizes)
    houses = int(np.searchsorted(ends, count)) + 1
    household = np.repeat(np.arange(houses), sizes[:houses])[:count]
    starts = np.concatenate(([0], ends[: houses - 1]))
    place = np.arange(count) - starts[household]
    role = np.array([HEAD, SPOUSE, SIBLING, PARENT, SIBLING])[place]
    villages = max(12, count // 1500)
    village_codes = [
        f"{COUNTIES[v % len(COUNTIES)]}{100 + v // len(COUNTIES) % 18:03d}{200 + v // len(COUNTIES) // 18:03d}"
        for v in range(villages)
    ]
    village = random.integers(0, villages, houses)
    weights = SURNAME_WEIGHTS / SURNAME_WEIGHTS.sum()
    ruling = random.choice(np.array(list(SURNAMES)), villages, p=weights)
    drawn = random.choice(np.array(list(SURNAMES)), houses, p=weights)
    ruled = (random.random(villages) < NAMESAKE_VILLAGES)[village] & (random.random(houses) < ONE_SURNAME)
    family = np.where(ruled, ruling[village], drawn)
    own = random.choice(np.array(list(SURNAMES)), count, p=weights)
    surname = np.where(role == SPOUSE, own, family[household])
    male = (random.random(houses) < 0.6)[household]
    male = np.where(role == SPOUSE, ~male, np.where(role == HEAD, male, random.random(count) < 0.5))
    return _Everybody(
        household, role, [village_codes[v] for v in village[household].tolist()], surname.tolist(), male,
        _births(household, role, male, houses, random),
    )  # fmt: skip


def _births(
    household: np.ndarray, role: np.ndarray, male: np.ndarray, houses: int, random: np.random.Generator
) -> np.ndarray:
    """Days since 1970: heads of 50 to 95 years, spouses and siblings near them, parents a generation before."""
    heads = np.datetime64("1968-01-01").astype(int) - (random.beta(1.3, 2.2, houses) * 45 * 365).astype(int)
    days = heads[household]
    days = days + np.where(role == SPOUSE, random.normal(0, 3 * 365, len(days)), 0).astype(int)
    apart = random.choice((-1, 1), len(days)) * random.integers(300, 12 * 365, len(days))
    twin = random.random(len(days)) < TWINS
    days = days + np.where(role == SIBLING, np.where(twin, 0, apart), 0)
    days = days - np.where(role == PARENT, random.integers(19 * 365, 34 * 365, len(days)), 0)
    return np.maximum(days, np.datetime64("1912-01-01").astype(int))


def _names(everybody: _Everybody, random: np.random.Generator) -> list[str]:
    count = len(everybody.surname)
    houses = int(everybody.household[-1]) + 1
    shared = given_character(random, houses, GIVEN_MEN)
    shares = (random.random(houses) < SHARED_CHARACTER).tolist()
    first = [m if male else w for m, w, male in zip(
        given_character(random, count, GIVEN_MEN), given_character(random, count, GIVEN_WOMEN),
        everybody.male.tolist(), strict=True)]  # fmt: skip
    second = [m if male else w for m, w, male in zip(
        given_character(random, count, GIVEN_MEN), given_character(random, count, GIVEN_WOMEN),
        everybody.male.tolist(), strict=True)]  # fmt: skip
    single, dotted, alike = random.random(count) < 0.16, random.random(count) < 0.012, random.random(count)
    names: list[str] = []
    head_second = ""
    rows = zip(everybody.household.tolist(), everybody.role.tolist(), everybody.surname, strict=True)
    for place, (house, role, surname) in enumerate(rows):
        one, two = first[place], second[place]
        if role == HEAD:
            head_second = two
        if role in {HEAD, SIBLING} and shares[house]:
            one = shared[house]
            if role == SIBLING and alike[place] < HOMOPHONE_SIBLINGS:
                two = homophone(head_second, random)
            names.append(surname + one + two)
        elif dotted[place]:
            names.append("·".join(random.choice(TRANSLITERATED, 2)))
        else:
            names.append(surname + (one if single[place] else one + two))
    return names


def _numbers(everybody: _Everybody, random: np.random.Generator) -> list[str]:
    count = len(everybody.surname)
    days = np.datetime_as_string(everybody.birth.astype("datetime64[D]")).tolist()
    elsewhere = (random.random(count) < 0.08).tolist()
    areas = random.choice(np.array((*COUNTIES, "130223", "130821", "120221")), count).tolist()
    sequences = (random.integers(0, 498, count) * 2 + everybody.male).tolist()
    taken: set[str] = set()
    numbers = []
    for day, away, area, region, sequence in zip(days, elsewhere, areas, everybody.region, sequences, strict=True):
        start = (area if away else region[:6]) + day.replace("-", "")
        body = f"{start}{sequence:03d}"
        while body in taken:
            sequence = (sequence + 2) % 996  # noqa: PLW2901 - the next free one of the same sex
            body = f"{start}{sequence:03d}"
        taken.add(body)
        numbers.append(body + check_character(body))
    return numbers


def _date(number: str) -> PartialDate:
    return PartialDate(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def _ledger(everybody: _Everybody, insured: np.ndarray, random: np.random.Generator) -> World:
    lacks = random.random((3, len(insured)))
    world = World([], [], [], [], [], [])
    male = everybody.male.tolist()
    for row, place in enumerate(insured.tolist()):
        number, name = everybody.number[place], everybody.name[place]
        if lacks[2, row] < _LEDGER_SLIPS:
            name = name[:-1] + homophone(name[-1], random)
        world.ids.append(f"{place * 2654435761 % 2**32:08x}{place:08x}")
        world.numbers.append(number)
        world.names.append(name)
        world.sexes.append(Sex.MALE if male[place] else Sex.FEMALE)
        world.births.append(None if lacks[0, row] < _LEDGER_LACKS_BIRTH else _date(number))
        world.regions.append("" if lacks[1, row] < _LEDGER_LACKS_REGION else everybody.region[place])
    return world


def _deaths(
    world: World, everybody: _Everybody, insured: np.ndarray, records: int, random: np.random.Generator
) -> None:
    count = len(everybody.surname)
    row_of = dict(zip(insured.tolist(), range(len(insured)), strict=True))
    age = (np.datetime64(date(2026, 1, 1)).astype(int) - everybody.birth) / 365.25
    weight = np.exp(age / 10.0)
    uninsured = np.setdiff1d(np.arange(count), insured)
    of_others = min(round(records * RECORDS_OF_UNINSURED), len(uninsured))
    dead = np.concatenate(
        [
            random.choice(pool, size, replace=False, p=weight[pool] / weight[pool].sum())
            for pool, size in ((insured, records - of_others), (uninsured, of_others))
        ]
    )
    random.shuffle(dead)
    gone = set(dead.tolist())
    namesakes = _namesakes(everybody, row_of, gone)
    for place in dead.tolist():
        kin = [
            other for other in _household(everybody, place)
            if other != place and other in row_of and other not in gone
        ]  # fmt: skip
        siblings = [k for k in kin if everybody.role[k] in {HEAD, SIBLING} and everybody.role[place] in {HEAD, SIBLING}]
        same = [n for n in namesakes.get(everybody.name[place] + everybody.region[place][:6], []) if n != place]
        facts = Dead(
            everybody.name[place], everybody.number[place],
            Sex.MALE if everybody.male[place] else Sex.FEMALE, everybody.region[place],
            [everybody.number[k] for k in (siblings or kin)], [everybody.number[n] for n in same],
        )  # fmt: skip
        record_id = f"d{place * 40503 % 2**24:08d}-{place}"
        record, slips = written_down(record_id, facts, random)
        world.records.append(record)
        world.slips[record_id] = slips
        row = row_of.get(place)
        world.truth[record_id] = None if row is None else world.ids[row]
        if slips.borrowed is not None:
            owner = next(p for p in [*kin, *same] if everybody.number[p] == slips.borrowed)
            owners = world.picked if slips.id == "namesake" else world.borrowed
            owners[record_id] = world.ids[row_of[owner]]


def _household(everybody: _Everybody, place: int) -> range:
    house = everybody.household[place]
    low = int(np.searchsorted(everybody.household, house, "left"))
    return range(low, int(np.searchsorted(everybody.household, house, "right")))


def _namesakes(everybody: _Everybody, row_of: dict[int, int], gone: set[int]) -> dict[str, list[int]]:
    """Living insured people by name and county, of those names that a record bears."""
    wanted = {everybody.name[place] for place in gone}
    found: dict[str, list[int]] = {}
    for place in row_of:
        if place not in gone and everybody.name[place] in wanted:
            found.setdefault(everybody.name[place] + everybody.region[place][:6], []).append(place)
    return found
