"""Assignment: the best agreement first, one person a record and one record a person, ties never strong."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from auth_service.crosscheck.agreement import Agreement, BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.linkage import LinkFinding, Pair, assign
from auth_service.crosscheck.rules import Strength

PERFECT = Agreement(IdLevel.EXACT, NameLevel.EXACT, BirthLevel.EXACT, RegionLevel.VILLAGE, SexLevel.SAME)
BY_NAME = Agreement(IdLevel.DIFFERENT, NameLevel.EXACT, BirthLevel.EXACT, RegionLevel.VILLAGE, SexLevel.SAME)
RELATIVES = Agreement(IdLevel.EXACT, NameLevel.SOUNDS_ALIKE, BirthLevel.DIFFERENT, RegionLevel.VILLAGE, SexLevel.SAME)
NOBODY = Agreement(IdLevel.DIFFERENT, NameLevel.EXACT, BirthLevel.DIFFERENT, RegionLevel.VILLAGE, SexLevel.SAME)
ANY = st.builds(
    Agreement, *(st.sampled_from(list(kind)) for kind in (IdLevel, NameLevel, BirthLevel, RegionLevel, SexLevel))
)
PAIRS = st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("1234")), ANY, max_size=16).map(
    lambda found: [Pair(person, record, agreement) for (person, record), agreement in found.items()]
)


def told(findings: list[LinkFinding]) -> list[tuple[str, str, str, Strength, bool]]:
    return [(f.person_id, f.record_id, f.rule, f.strength, f.alternative) for f in findings]


def test_number_and_name_give_a_strong_finding() -> None:
    assert told(assign([Pair("wang", "r1", PERFECT)])) == [("wang", "r1", "L01", Strength.STRONG, False)]


def test_what_no_rule_fires_on_is_not_kept() -> None:
    assert assign([Pair("wang", "r1", NOBODY)]) == []


def test_a_dead_sister_has_the_place_and_the_living_owner_of_the_number_stays_a_weak_alternative() -> None:
    found = assign([Pair("living", "r1", RELATIVES), Pair("dead", "r1", BY_NAME)])
    assert told(found) == [
        ("dead", "r1", "L20", Strength.WEAK, False),
        ("living", "r1", "L30", Strength.WEAK, True),
    ]


def test_two_people_whom_a_record_fits_equally_are_both_weak() -> None:
    found = assign([Pair("b", "r1", PERFECT), Pair("a", "r1", PERFECT)])
    assert told(found) == [("a", "r1", "L01", Strength.WEAK, False), ("b", "r1", "L01", Strength.WEAK, True)]


def test_two_records_of_one_person_leave_no_doubt_who_is_meant_and_one_has_the_place() -> None:
    found = assign([Pair("wang", "r2", PERFECT), Pair("wang", "r1", PERFECT)])
    assert told(found) == [("wang", "r1", "L01", Strength.STRONG, False), ("wang", "r2", "L01", Strength.WEAK, True)]


def test_a_person_placed_by_number_is_not_placed_again_by_name() -> None:
    found = assign([Pair("wang", "r1", BY_NAME), Pair("wang", "r2", PERFECT)])
    assert [(f.record_id, f.alternative) for f in found] == [("r1", True), ("r2", False)]


def test_a_disproved_pair_is_not_raised_and_gives_its_place_to_the_next() -> None:
    pairs = [Pair("wang", "r1", PERFECT), Pair("li", "r1", BY_NAME)]
    assert told(assign(pairs, {("wang", "r1")})) == [("li", "r1", "L20", Strength.WEAK, False)]


def test_a_disproved_pair_still_counts_against_nobody_else() -> None:
    assert told(assign([Pair("wang", "r2", PERFECT)], {("wang", "r1")})) == [
        ("wang", "r2", "L01", Strength.STRONG, False)
    ]


@given(PAIRS, st.randoms())
def test_the_order_of_pairs_does_not_matter(pairs: list[Pair], random: object) -> None:
    mixed = list(pairs)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert assign(mixed) == assign(pairs)


@given(PAIRS)
def test_nobody_and_no_record_is_placed_twice(pairs: list[Pair]) -> None:
    placed = [found for found in assign(pairs) if not found.alternative]
    assert all(times == 1 for times in Counter(found.person_id for found in placed).values())
    assert all(times == 1 for times in Counter(found.record_id for found in placed).values())


@given(PAIRS)
def test_whoever_is_strong_has_the_place_and_no_rival(pairs: list[Pair]) -> None:
    found = assign(pairs)
    for one in found:
        if one.strength is Strength.STRONG:
            assert not one.alternative
            assert [f for f in found if f.record_id == one.record_id and f.agreement == one.agreement] == [one]


@given(PAIRS, st.permutations("abcd"), st.permutations("1234"))
def test_other_names_for_the_same_rows_change_no_strength(
    pairs: list[Pair], people: list[str], records: list[str]
) -> None:
    """Ids break ties for a place, never for being strong."""
    person, record = dict(zip("abcd", people, strict=True)), dict(zip("1234", records, strict=True))
    renamed = [Pair(person[p.person_id], record[p.record_id], p.agreement) for p in pairs]
    rivals = Counter((p.person_id, p.agreement) for p in pairs)
    strong = {
        (f.person_id, f.record_id)
        for f in assign(pairs)
        if f.strength is Strength.STRONG and rivals[f.person_id, f.agreement] == 1
    }
    again = {(f.person_id, f.record_id) for f in assign(renamed) if f.strength is Strength.STRONG}
    assert {(person[p], record[r]) for p, r in strong} <= again
