"""Sessions end, keys expire, delays grow; the permission table refuses what it does not list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.accounts.credentials import AccountPolicy, ApiKey, StaffSession, new_token, same_token, token_hash
from auth_service.accounts.roles import PERMISSIONS, ROLE_WORDS, Permission, Role, Scope, may, parse_role, parse_scopes
from auth_service.core.errors import FieldInvalid

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
POLICY = AccountPolicy()


@pytest.mark.parametrize(
    ("age", "idle", "alive"), [(0, 0, True), (479, 14.9, True), (479, 15, False), (480, 0, False), (1000, 1000, False)]
)
def test_a_session_ends_when_idle_and_when_old(age: float, idle: float, alive: bool) -> None:
    session = StaffSession("h", "s", "c", NOW - timedelta(minutes=age), NOW - timedelta(minutes=idle))
    assert session.alive(NOW, POLICY) is alive


def test_the_delay_begins_after_ten_failures_and_doubles_up_to_a_quarter_of_an_hour() -> None:
    delays = [POLICY.retry_after(failures).total_seconds() for failures in (0, 9, 10, 11, 12, 40)]
    assert delays == [0, 0, 5, 10, 20, 900]


@pytest.mark.parametrize(
    ("disabled", "days", "alive"), [(False, None, True), (False, 1, True), (False, 0, False), (True, 1, False)]
)
def test_a_key_lives_until_its_end_or_until_it_is_disabled(disabled: bool, days: int | None, alive: bool) -> None:
    expires = None if days is None else NOW + timedelta(days=days)
    assert ApiKey("i", "n", (Scope.VERIFY,), "h", NOW, expires, disabled).alive(NOW) is alive


@pytest.mark.asvs("7.2.2", "7.2.3", "11.5.1")
def test_a_token_is_long_random_and_known_only_by_its_hash() -> None:
    one, other = new_token(), new_token()
    assert len(one) >= 43
    assert one != other
    assert same_token(token_hash(one), token_hash(one))
    assert not same_token(token_hash(one), token_hash(other))


def test_what_the_table_does_not_list_is_refused() -> None:
    assert set(PERMISSIONS) == set(Role) == set(ROLE_WORDS)
    assert may(Role.MONITOR, Permission.JUDGE_FLAGS)
    assert not may(Role.MONITOR, Permission.ATTEST_PRESENCE)
    assert not may(Role.AUDITOR, Permission.JUDGE_FLAGS)
    assert not may(Role.POLICY_ADMIN, Permission.SEE_FLAG_PHOTOS)
    assert not may(Role.SECURITY_ADMIN, Permission.SEE_FLAG_PHOTOS)


def test_nobody_may_both_attest_presence_and_judge_flags() -> None:
    for role in Role:
        assert not (may(role, Permission.ATTEST_PRESENCE) and may(role, Permission.JUDGE_FLAGS)), role


def test_roles_and_scopes_are_parsed_or_refused() -> None:
    assert parse_role(" officer ") is Role.OFFICER
    assert parse_scopes("verify, assisted,verify") == (Scope.ASSISTED, Scope.VERIFY)
    with pytest.raises(FieldInvalid):
        parse_role("root")
    with pytest.raises(FieldInvalid):
        parse_scopes("verify,everything")
