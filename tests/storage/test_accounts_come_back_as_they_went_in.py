"""Round trips of staff, sign-ins and API keys, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.accounts.credentials import ApiKey, StaffMember, StaffSession
from auth_service.accounts.roles import Role, Scope
from auth_service.core.errors import AlreadyExists
from auth_service.core.ids import new_id
from auth_service.storage.unit import Store
from tests.storage.samples import NOW


def test_staff_sessions_and_failed_sign_ins(store: Store) -> None:
    member = StaffMember(new_id(), "chen", Role.MONITOR, "$argon2id$x", disabled=False, created_at=NOW)
    session = StaffSession("t" * 64, member.id, "csrf", NOW, NOW)
    with store.unit() as unit:
        unit.staff.add(member)
        unit.staff_sessions.add(session)
        unit.sign_in_failures.add("chen", NOW)
        unit.sign_in_failures.add("chen", NOW + timedelta(seconds=5))
        assert unit.sign_in_failures.count_since_success("chen") == (2, NOW + timedelta(seconds=5))
        assert unit.sign_in_failures.count_since_success("li") == (0, None)
        unit.sign_in_failures.clear("chen")
        assert unit.sign_in_failures.count_since_success("chen") == (0, None)
        unit.staff_sessions.touch("t" * 64, NOW + timedelta(minutes=1))
        unit.staff_sessions.touch("t" * 64, NOW - timedelta(minutes=1))
        assert unit.staff.set_password(member.id, "$argon2id$y")
        assert (unit.staff.count(), [m.username for m in unit.staff.all()]) == (1, ["chen"])
    with store.reading() as unit:
        seen = unit.staff_sessions.by_hash("t" * 64)
        assert seen is not None
        assert seen.last_seen_at == NOW + timedelta(minutes=1)
        found = unit.staff.by_username("chen")
        assert found is not None
        assert (found.password_hash, found.disabled, found.created_at) == ("$argon2id$y", False, NOW)
    with store.unit() as unit:
        assert unit.staff.disable(member.id, NOW)
        assert not unit.staff.disable("0" * 32, NOW)
        assert unit.staff_sessions.by_hash("t" * 64) is None
        disabled = unit.staff.get(member.id)
    assert disabled is not None
    assert disabled.disabled


def test_sessions_end_one_by_one_or_all_together(store: Store) -> None:
    member = StaffMember(new_id(), "chen", Role.MONITOR, "x", disabled=False, created_at=NOW)
    with store.unit() as unit:
        unit.staff.add(member)
        for letter in "abc":
            unit.staff_sessions.add(StaffSession(letter * 64, member.id, "csrf", NOW, NOW))
        unit.staff_sessions.end("a" * 64)
        assert unit.staff_sessions.by_hash("a" * 64) is None
        assert unit.staff_sessions.end_all(member.id) == 2


def test_a_user_name_is_taken_once(store: Store) -> None:
    first, second = (StaffMember(new_id(), "chen", Role.MONITOR, "x", disabled=False, created_at=NOW) for _ in range(2))
    with store.unit() as unit:
        unit.staff.add(first)
    with pytest.raises(AlreadyExists), store.unit() as unit:
        unit.staff.add(second)


def test_an_api_key_comes_back_until_it_is_disabled(store: Store) -> None:
    key = ApiKey(
        "k1", "county office", (Scope.ENROLL, Scope.VERIFY), "s" * 64, NOW, NOW + timedelta(days=1), disabled=False
    )
    with store.unit() as unit:
        unit.api_keys.add(key)
        assert unit.api_keys.get("k1") == key
        assert unit.api_keys.all() == [key]
        assert unit.api_keys.disable("k1")
        assert not unit.api_keys.disable("k2")
        disabled = unit.api_keys.get("k1")
        assert unit.api_keys.get("k2") is None
    assert disabled is not None
    assert disabled.disabled
    with pytest.raises(AlreadyExists), store.unit() as unit:
        unit.api_keys.add(key)
