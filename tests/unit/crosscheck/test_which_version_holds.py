"""Versions under one reference: whatever order files come in, the newest by the source's clock holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.core.errors import ReferenceRepeated
from auth_service.crosscheck.sources import RegistryAct
from auth_service.crosscheck.versions import Change, Version, change_of, in_force

START = datetime(2026, 1, 1, tzinfo=UTC)


def version(
    name: str, day: int, act: RegistryAct = RegistryAct.NEW, *, content: bytes | None = None, given: bool = True
) -> Version:
    return Version(name, act, START + timedelta(days=day), given, name.encode() if content is None else content)


def test_a_void_holds_until_something_newer_is_said() -> None:
    new, void, again = version("a", 1), version("b", 2, RegistryAct.VOID), version("c", 3)
    for order in permutations([new, void]):
        assert in_force(order) == void
    for all_three in permutations([new, void, again]):
        assert in_force(all_three) == again


def test_of_one_instant_what_gives_back_wins() -> None:
    said = [version("a", 1), version("b", 1, RegistryAct.CORRECT), version("c", 1, RegistryAct.VOID)]
    for order in permutations(said):
        found = in_force(order)
        assert found is not None
        assert found.act is RegistryAct.VOID


def test_an_older_version_that_comes_late_is_kept_and_holds_nothing() -> None:
    newer, older = version("b", 5), version("a", 2)
    assert change_of([newer], older) is Change.LATE
    assert change_of([older], newer) is Change.ADDED


def test_the_same_thing_told_again_is_nothing_new() -> None:
    assert change_of([version("a", 1)], version("z", 1, content=b"a")) is Change.UNCHANGED


def test_two_contents_of_one_time_are_left_to_people() -> None:
    with pytest.raises(ReferenceRepeated):
        change_of([version("a", 1)], version("b", 1))


def test_without_a_time_what_differs_from_what_holds_is_new() -> None:
    first = version("a", 1, given=False)
    assert change_of([first], version("b", 9, given=False, content=b"a")) is Change.UNCHANGED
    second = version("c", 9, given=False)
    assert change_of([first], second) is Change.ADDED
    assert change_of([first, second], version("d", 20, given=False, content=b"a")) is Change.ADDED


acts = st.sampled_from(list(RegistryAct))


@given(st.lists(st.tuples(st.integers(0, 9), acts), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(said: list[tuple[int, RegistryAct]], random: object) -> None:
    known: dict[tuple[int, RegistryAct], Version] = {one: version(str(one), *one) for one in said}
    shuffled = list(known.values())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert in_force(shuffled) == in_force(known.values())
