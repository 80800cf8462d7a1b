"""What a flag is known by stays after an erasure: it holds no hash that would lead to an account, a name or a tag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from auth_service.monitoring.flags import Flag
from auth_service.monitoring.rules.p01_shared_account import SharedAccount, SharedAccountFacts
from auth_service.monitoring.rules.p02_other_holder import HolderFacts, OtherHolder
from auth_service.monitoring.rules.s08_poverty_tag import PovertyTagFacts, PovertyTagMismatch
from auth_service.storage.unit import Store
from tests.storage.samples import NOW, direct_sql, person

INDEX = "0123456789abcdef" * 4
"""A keyed hash as it stands in other rows: of an account, a name or a tag."""
MARK = "a" * 64


def shared(one: str, other: str) -> Flag | None:
    return SharedAccount().judge(SharedAccountFacts(INDEX, (one, other)), NOW)


def held(one: str, _: str) -> Flag | None:
    return OtherHolder().judge(HolderFacts(one, INDEX, is_own=False, is_proxy=False), NOW)


def tagged(one: str, _: str) -> Flag | None:
    facts = PovertyTagFacts(one, INDEX[:16], True, False, True, True, date(2026, 1, 1))
    return PovertyTagMismatch().judge(facts, NOW)


Found = Callable[[str, str], Flag | None]
RULES = pytest.mark.parametrize("found", [shared, held, tagged], ids=["P01", "P02", "S08"])


@pytest.fixture
def people(store: Store) -> tuple[str, str]:
    return person(store, 1), person(store, 2)


def flag_of(found: Found, people: tuple[str, str]) -> Flag:
    flag = found(*people)
    assert flag is not None
    return flag


def keys(url: str, table: str) -> list[str]:
    return [str(key) for (key,) in direct_sql(url, f"SELECT dedupe_key FROM {table} ORDER BY raised_at, id")]


@RULES
def test_the_key_that_is_kept_holds_no_hash_of_other_rows_and_is_known_again(
    store: Store, url: str, people: tuple[str, str], found: Found
) -> None:
    flag = flag_of(found, people)
    with store.unit() as unit:
        assert unit.flags.raise_once(flag) is not None
        assert unit.shadow_flags.raise_once(flag, MARK) is not None
    with store.unit() as unit:
        assert unit.flags.raise_once(flag) is None
        assert unit.flags.is_raised(flag)
        assert unit.shadow_flags.raise_once(flag, MARK) is None
    for table in ("flags", "shadow_flags"):
        (key,) = keys(url, table)
        assert key.startswith(f"{flag.rule_id}:")
        assert INDEX[:8] not in key


@RULES
def test_what_an_earlier_release_raised_is_not_raised_again(
    store: Store, url: str, people: tuple[str, str], found: Found
) -> None:
    flag = flag_of(found, people)
    with store.unit() as unit:
        assert unit.flags.raise_once(replace(flag, hidden_key=False)) is not None
        assert unit.shadow_flags.raise_once(replace(flag, hidden_key=False), MARK) is not None
    with store.unit() as unit:
        assert unit.flags.is_raised(flag)
        assert unit.flags.raise_once(flag) is None
        assert unit.shadow_flags.raise_once(flag, MARK) is None
        assert unit.shadow_flags.raise_once(flag, "b" * 64) is not None, "under other parameters it is another finding"
    assert len(keys(url, "flags")) == 1


def test_one_name_behind_two_accounts_gives_keys_that_have_nothing_in_common(
    store: Store, url: str, people: tuple[str, str]
) -> None:
    with store.unit() as unit:
        for one, other in (people, people[::-1]):
            assert unit.flags.raise_once(flag_of(held, (one, other))) is not None
    first, second = (key.removeprefix("P02:") for key in keys(url, "flags"))
    assert not {first[place : place + 8] for place in range(0, len(first), 8)} & {
        second[place : place + 8] for place in range(0, len(second), 8)
    }
