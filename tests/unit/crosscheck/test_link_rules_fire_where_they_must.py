"""Each rule of linkage: what fires it, what must not, and the boundary to its neighbour."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from auth_service.crosscheck.agreement import Agreement, BirthLevel, IdLevel, NameLevel, RegionLevel, SexLevel
from auth_service.crosscheck.rules import LINK_RULES, Strength, judge, link_rule, rank

I, N, B, R, S = IdLevel, NameLevel, BirthLevel, RegionLevel, SexLevel  # noqa: E741 - letters of one table
EVERYTHING = [Agreement(*levels) for levels in product(I, N, B, R, S)]
PERFECT = Agreement(I.EXACT, N.EXACT, B.EXACT, R.VILLAGE, S.SAME)


def but(**levels: Any) -> Agreement:
    """Everything agrees but this."""
    return PERFECT._replace(**levels)


def fired(agreement: Agreement) -> str | None:
    rule = judge(agreement)
    return rule.id if rule else None


@pytest.mark.parametrize(
    ("rule", "fires", "must_not", "boundary", "beyond"),
    [
        (
            "L01",
            but(),
            but(name=N.DIFFERENT),
            but(birth=B.MISSING, sex=S.MISSING),
            but(birth=B.DIFFERENT),
        ),
        (
            "L02",
            but(id=I.WIDENED),
            but(id=I.NEAR),
            but(id=I.WIDENED, birth=B.NEAR),
            but(id=I.WIDENED, birth=B.DIFFERENT),
        ),
        (
            "L03",
            but(id=I.REPAIRED),
            but(id=I.REPAIRED, name=N.SOUNDS_ALIKE),
            but(id=I.REPAIRED, birth=B.NEAR, region=R.DIFFERENT),
            but(id=I.REPAIRED, birth=B.DIFFERENT),
        ),
        (
            "L04",
            but(id=I.REPAIRED, birth=B.MISSING),
            but(id=I.REPAIRED),
            but(id=I.REPAIRED, birth=B.MISSING, region=R.COUNTY),
            but(id=I.REPAIRED, birth=B.MISSING, region=R.MISSING),
        ),
        (
            "L05",
            but(sex=S.DIFFERENT),
            but(sex=S.DIFFERENT, birth=B.MISSING),
            but(id=I.WIDENED, sex=S.DIFFERENT),
            but(id=I.REPAIRED, sex=S.DIFFERENT),
        ),
        (
            "L06",
            but(name=N.SURNAME_ALIKE),
            but(name=N.SOUNDS_ALIKE),
            but(name=N.SURNAME_ALIKE, birth=B.NEAR),
            but(name=N.SURNAME_ALIKE, birth=B.MISSING),
        ),
        (
            "L10",
            but(name=N.SOUNDS_ALIKE),
            but(name=N.DIFFERENT),
            but(name=N.ONE_CHARACTER, birth=B.MISSING),
            but(name=N.ONE_CHARACTER, birth=B.DIFFERENT),
        ),
        (
            "L11",
            but(name=N.MISSING),
            but(id=I.REPAIRED, name=N.MISSING),
            but(name=N.MISSING, birth=B.MISSING),
            but(name=N.MISSING, birth=B.DIFFERENT),
        ),
        (
            "L12",
            but(birth=B.DIFFERENT),
            but(id=I.NEAR, birth=B.DIFFERENT),
            but(birth=B.NEAR, sex=S.DIFFERENT),
            but(birth=B.NEAR),
        ),
        (
            "L13",
            but(id=I.NEAR, region=R.DIFFERENT),
            but(id=I.NEAR, region=R.DIFFERENT, name=N.ONE_CHARACTER),
            but(id=I.NEAR, birth=B.SWAPPED, region=R.COUNTY),
            but(id=I.NEAR, birth=B.NEAR, region=R.COUNTY),
        ),
        (
            "L20",
            but(id=I.MISSING),
            but(id=I.MISSING, sex=S.DIFFERENT),
            but(id=I.DIFFERENT, region=R.TOWN),
            but(id=I.MISSING, region=R.COUNTY),
        ),
        (
            "L21",
            but(id=I.MISSING, region=R.COUNTY),
            but(id=I.MISSING, region=R.COUNTY, birth=B.MISSING),
            but(id=I.DIFFERENT, region=R.COUNTY),
            but(id=I.DIFFERENT, region=R.DIFFERENT),
        ),
        (
            "L22",
            but(id=I.MISSING, birth=B.PART),
            but(id=I.MISSING, birth=B.DIFFERENT),
            but(id=I.MISSING, birth=B.NEAR, region=R.TOWN),
            but(id=I.MISSING, birth=B.NEAR, region=R.COUNTY),
        ),
        (
            "L23",
            but(id=I.MISSING, region=R.MISSING),
            but(id=I.MISSING, region=R.MISSING, birth=B.NEAR),
            but(id=I.MISSING, region=R.DIFFERENT),
            but(id=I.DIFFERENT, region=R.DIFFERENT),
        ),
        (
            "L24",
            but(id=I.MISSING, name=N.LOOKS_ALIKE),
            but(id=I.MISSING, name=N.DIFFERENT),
            but(id=I.MISSING, name=N.ONE_CHARACTER, region=R.TOWN),
            but(id=I.MISSING, name=N.ONE_CHARACTER, region=R.COUNTY),
        ),
        (
            "L30",
            but(name=N.DIFFERENT),
            but(id=I.REPAIRED, name=N.DIFFERENT),
            but(name=N.SOUNDS_ALIKE, birth=B.DIFFERENT),
            but(name=N.SOUNDS_ALIKE),
        ),
    ],
)
def test_a_rule_fires_must_not_and_stops_at_its_boundary(
    rule: str, fires: Agreement, must_not: Agreement, boundary: Agreement, beyond: Agreement
) -> None:
    assert fired(fires) == rule
    assert fired(must_not) != rule
    assert fired(boundary) == rule
    assert fired(beyond) != rule


def test_every_rule_is_tried_above_and_reachable() -> None:
    assert {fired(agreement) for agreement in EVERYTHING} == {None, *(rule.id for rule in LINK_RULES)}


def test_nothing_is_strong_without_the_number_and_the_same_given_name() -> None:
    strong = [one for one in EVERYTHING if (rule := judge(one)) and rule.strength is Strength.STRONG]
    assert strong
    for one in strong:
        assert one.id in {I.EXACT, I.WIDENED, I.REPAIRED}
        assert one.name in {N.EXACT, N.SURNAME_ALIKE}
        assert one.birth is not B.DIFFERENT
        assert one.sex is not S.DIFFERENT or one.birth is B.EXACT


def test_a_surname_that_is_merely_alike_is_strong_only_where_the_records_own_birth_date_agrees() -> None:
    for one in EVERYTHING:
        rule = judge(one)
        if one.name is N.SURNAME_ALIKE and rule is not None and rule.strength is Strength.STRONG:
            assert one.birth not in {B.DIFFERENT, B.MISSING}
            assert one.sex is not S.DIFFERENT


def test_a_relatives_record_with_the_persons_number_is_never_strong_however_alike_the_given_names() -> None:
    """Twins share birth date, village and sex, and forms fill in the date from the number: all but the name agrees."""
    for one in EVERYTHING:
        if one.name not in {N.EXACT, N.SURNAME_ALIKE}:
            rule = judge(one)
            assert rule is None or rule.strength is Strength.WEAK


def test_a_name_alone_supports_nothing() -> None:
    for one in EVERYTHING:
        if one.id in {I.MISSING, I.DIFFERENT} and one.birth in {B.MISSING, B.DIFFERENT}:
            assert judge(one) is None


def test_a_birth_date_and_a_village_without_a_name_support_nothing() -> None:
    for one in EVERYTHING:
        if one.id in {I.MISSING, I.DIFFERENT, I.NEAR} and one.name in {N.MISSING, N.DIFFERENT}:
            assert judge(one) is None


def test_a_missing_field_never_makes_a_finding_stronger_than_an_agreeing_one() -> None:
    def weight(agreement: Agreement) -> int:
        rule = judge(agreement)
        return 0 if rule is None else 1 if rule.strength is Strength.WEAK else 2

    for one in EVERYTHING:
        for field, missing, best in (
            ("id", I.MISSING, I.EXACT), ("name", N.MISSING, N.EXACT), ("birth", B.MISSING, B.EXACT),
            ("region", R.MISSING, R.VILLAGE), ("sex", S.MISSING, S.SAME),
        ):  # fmt: skip
            if getattr(one, field) is missing:
                assert weight(one) <= weight(one._replace(**{field: best}))


def test_every_rule_has_its_own_id_and_words_in_both_languages() -> None:
    assert len({rule.id for rule in LINK_RULES}) == len(LINK_RULES)
    for place, rule in enumerate(LINK_RULES):
        assert re.search(r"[\u4e00-\u9fff]", rule.zh)
        assert rule.en.isascii()
        assert link_rule(rule.id) is rule
        assert rank(rule) == place
