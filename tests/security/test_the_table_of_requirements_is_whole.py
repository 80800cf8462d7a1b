"""Every listed security requirement has a test or a written exception, and the printed table is the present one."""

from __future__ import annotations

import re

from tests.asvs import PARTLY, ROOT, TABLE, marked, requirements, table


def test_every_requirement_has_a_test_or_an_exception() -> None:
    shown = marked()
    bare = [one.id for one in requirements() if not shown.get(one.id) and not one.exception]
    assert bare == []


def test_a_requirement_with_a_test_is_excepted_in_part_only() -> None:
    shown = marked()
    both = [one.id for one in requirements() if shown.get(one.id) and one.exception]
    wrong = [one.id for one in requirements() if one.id in both and not one.exception.startswith(PARTLY)]
    assert wrong == []
    half = [one.id for one in requirements() if one.exception.startswith(PARTLY) and not shown.get(one.id)]
    assert half == [], "an exception in part needs a test of the other part"


def test_no_marker_names_an_unknown_requirement() -> None:
    known = {one.id for one in requirements()}
    assert set(marked()) - known == set()


def test_a_reference_to_another_exception_leads_to_one() -> None:
    excepted = {one.id for one in requirements() if one.exception}
    for one in requirements():
        for target in re.findall(r"(?:^As|^See) (\d+\.\d+\.\d+)", one.exception):
            assert target in excepted, f"{one.id} refers to {target}"


def test_the_list_is_that_of_the_design() -> None:
    section = (ROOT / "docs" / "design" / "trust.md").read_text("utf-8").split("### 2.1")[1].split("### 2.2")[0]
    named = set(re.findall(r"\b\d{1,2}\.\d{1,2}\.\d{1,2}\b", section))
    known = {one.id for one in requirements()}
    assert named - known == set()
    for first, last in re.findall(r"(\d+\.\d+\.\d+)-(\d+\.\d+\.\d+)", section):
        assert set(_between(first, last)) <= known
    for group in re.findall(r"(\d+\.\d+)\.\*", section):
        assert {f"{group}.{number}" for number in (1, 2, 3)} <= known


def _between(first: str, last: str) -> list[str]:
    """`3.3.1`, `3.3.4` -> all four; over a border of sections only the ends, which are named anyway."""
    one, other = first.rpartition("."), last.rpartition(".")
    if one[0] != other[0]:
        return [first, last]
    return [f"{one[0]}.{number}" for number in range(int(one[2]), int(other[2]) + 1)]


def test_the_printed_table_is_the_present_one() -> None:
    assert TABLE.read_text("utf-8") == table(), "run: python -m tests.asvs"
