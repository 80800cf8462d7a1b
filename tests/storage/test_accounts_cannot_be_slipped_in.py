"""Somebody with the database, and without the keys, makes or changes an account: it opens no door."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auth_service.accounts.credentials import ApiKey, StaffMember, StaffSession, token_hash
from auth_service.accounts.roles import Role, Scope
from auth_service.connectors.key_file import KeyFile
from auth_service.core.clock import SystemClock
from auth_service.core.errors import AccountTampered, CredentialsInvalid
from auth_service.flows.authorise import AuthoriseKey
from auth_service.storage.unit import Store
from tests.databases import BOTH
from tests.storage.earlier import Old, at_step
from tests.storage.samples import NOW, direct_sql

SECRET = "s" * 43
STAFF = StaffMember("1" * 32, "chen", Role.OFFICER, "$argon2id$x", disabled=False, created_at=NOW)
KEY = ApiKey("k1", "county", (Scope.VERIFY,), token_hash(SECRET), NOW, None, disabled=False)
SESSION = StaffSession("a" * 64, STAFF.id, "csrf", NOW, NOW)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.unit() as unit:
        unit.staff.add(STAFF)
        unit.api_keys.add(KEY)
        unit.staff_sessions.add(SESSION)
    return store


def refusals(store: Store) -> list[str]:
    with store.reading() as unit:
        return [row.event.subject for row in unit.audit.rows() if row.event.action == "account.refused"]


@pytest.mark.parametrize(
    "change",
    ["role = 'security_admin'", "password_hash = '$argon2id$mine'", "username = 'other'",
     "created_at = '2020-01-01 00:00:00.000000'", "disabled_at = '2020-01-01 00:00:00.000000'", "guard = ''",
     "guard = (SELECT guard FROM api_keys)"],
)  # fmt: skip
def test_a_changed_member_of_staff_is_refused_and_the_refusal_is_audited(filled: Store, url: str, change: str) -> None:
    direct_sql(url, f"UPDATE staff SET {change}")
    with pytest.raises(AccountTampered), filled.reading() as unit:
        unit.staff.get(STAFF.id)
    with pytest.raises(AccountTampered), filled.unit() as unit:
        unit.staff.by_username("other" if "username" in change else "chen")
    with pytest.raises(AccountTampered), filled.unit() as unit:
        unit.staff.set_password(STAFF.id, "$argon2id$y")
    assert refusals(filled) == [f"staff:{STAFF.id}"], "once a minute for each"
    with filled.reading() as unit:
        (listed,) = unit.staff.all()
    assert (listed.tampered, listed.disabled, listed.password_hash) == (True, True, "")


@pytest.mark.parametrize(
    "change",
    ["scopes = 'verify,enroll,beneficiaries'", f"secret_hash = '{token_hash('mine')}'", "expires_at = '2099-01-01'",
     "disabled = true", "name = 'other'", "guard = (SELECT guard FROM staff)"],
)  # fmt: skip
def test_a_changed_key_is_refused(filled: Store, url: str, change: str) -> None:
    direct_sql(url, f"UPDATE api_keys SET {change}")
    with pytest.raises(AccountTampered):
        AuthoriseKey(filled, SystemClock()).run(f"Bearer ak_k1_{SECRET}", Scope.VERIFY)
    assert refusals(filled) == ["api_key:k1"]
    with filled.reading() as unit:
        (listed,) = unit.api_keys.all()
    assert (listed.tampered, listed.disabled, listed.scopes) == (True, True, ())


def test_a_key_that_was_slipped_in_is_refused(filled: Store, url: str) -> None:
    """Copied whole from a good one, guard and all, under another id and secret."""
    values = f"'k2', name, 'verify,enroll', '{token_hash('mine')}', created_at, expires_at, disabled"
    columns = "id, name, scopes, secret_hash, created_at, expires_at, disabled"
    direct_sql(url, f"INSERT INTO api_keys ({columns}, guard) SELECT {values}, guard FROM api_keys")
    direct_sql(
        url, f"INSERT INTO api_keys ({columns}) SELECT {values.replace('k2', 'k3')} FROM api_keys WHERE id = 'k1'"
    )
    authorise = AuthoriseKey(filled, SystemClock())
    for name in ("k2", "k3"):
        with pytest.raises(AccountTampered):
            authorise.run(f"Bearer ak_{name}_mine", Scope.ENROLL)
    assert refusals(filled) == ["api_key:k2", "api_key:k3"]
    with pytest.raises(CredentialsInvalid):
        authorise.run("Bearer ak_k4_mine", Scope.ENROLL)
    assert authorise.run(f"Bearer ak_k1_{SECRET}", Scope.VERIFY).id == "k1", "the good one goes on working"


def test_a_member_of_staff_who_was_slipped_in_does_not_sign_in(filled: Store, url: str) -> None:
    direct_sql(
        url,
        "INSERT INTO staff (id, username, role, password_hash, created_at) "
        "SELECT 'x', 'thief', 'security_admin', password_hash, created_at FROM staff",
    )
    with pytest.raises(AccountTampered), filled.reading() as unit:
        unit.staff.by_username("thief")
    with filled.reading() as unit:
        assert [(m.username, m.tampered) for m in unit.staff.all()] == [("chen", False), ("thief", True)]


def test_a_session_that_was_slipped_in_or_moved_to_somebody_else_is_refused(filled: Store, url: str) -> None:
    with filled.unit() as unit:
        unit.staff_sessions.touch(SESSION.token_hash, datetime(2026, 3, 10, 5, tzinfo=UTC))
        assert unit.staff_sessions.by_hash(SESSION.token_hash) is not None, "use alone does not break it"
    with filled.unit() as unit:
        unit.staff.add(StaffMember("2" * 32, "li", Role.MONITOR, "x", disabled=False, created_at=NOW))
    direct_sql(
        url,
        "INSERT INTO staff_sessions (token_hash, staff_id, csrf_token, created_at, last_seen_at, guard) "
        f"SELECT '{'b' * 64}', staff_id, csrf_token, created_at, last_seen_at, guard FROM staff_sessions",
        f"UPDATE staff_sessions SET staff_id = '{'2' * 32}' WHERE token_hash = '{'a' * 64}'",
    )
    for token in ("a" * 64, "b" * 64):
        with pytest.raises(AccountTampered), filled.reading() as unit:
            unit.staff_sessions.by_hash(token)


def test_what_was_tampered_with_can_be_disabled_and_is_then_in_order(filled: Store, url: str) -> None:
    direct_sql(url, "UPDATE staff SET role = 'security_admin'", "UPDATE api_keys SET scopes = 'enroll'")
    with filled.unit() as unit:
        assert unit.staff.id_of("chen") == STAFF.id
        assert unit.staff.disable(STAFF.id, NOW)
        assert unit.api_keys.disable("k1")
    with filled.reading() as unit:
        member, key = unit.staff.get(STAFF.id), unit.api_keys.get("k1")
    assert member is not None
    assert key is not None
    assert (member.disabled, member.tampered, key.disabled, key.tampered) == (True, False, True, False)


# --- rows of release 0.1 ----------------------------------------------------------------------------

BEFORE = "2026_11_24_1_separation"


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    with at_step(BEFORE, request.param, tmp_path) as old:
        yield _filled(old)


def _filled(old: Old) -> Old:
    """One account of each kind."""
    at = "'2026-01-01 00:00:00.000000'"
    direct_sql(
        old.url,
        f"INSERT INTO staff (id, username, role, password_hash, created_at) VALUES ('1', 'chen', 'officer', 'h', {at})",
        "INSERT INTO api_keys (id, name, scopes, secret_hash, created_at, disabled) "
        f"VALUES ('k1', 'county', 'verify', 'h', {at}, false)",
        "INSERT INTO staff_sessions (token_hash, staff_id, csrf_token, created_at, last_seen_at) "
        f"VALUES ('t', '1', 'c', {at}, {at})",
    )
    return old


def test_accounts_of_an_earlier_release_are_guarded_by_its_upgrade_and_by_nothing_later(old: Old) -> None:
    store = old.store()
    store.migrate()
    with store.reading() as unit:
        assert unit.staff.by_username("chen") is not None
        assert unit.api_keys.get("k1") is not None
        assert unit.staff_sessions.by_hash("t") is None, "people sign in again"
        told = [row.event for row in unit.audit.rows() if row.event.action == "accounts.guarded"]
        assert [event.details for event in told] == [{"staff": 1, "api_key": 1}]
    direct_sql(
        old.url,
        "INSERT INTO staff (id, username, role, password_hash, created_at) "
        "SELECT '2', 'thief', 'monitor', password_hash, created_at FROM staff",
    )
    assert store.migrate() == []
    with pytest.raises(AccountTampered), store.reading() as unit:
        unit.staff.by_username("thief")
    store.close()


def test_a_database_file_without_its_keys_gives_nobody_a_guard(tmp_path: Path) -> None:
    """Who copies file and program but not the keys cannot make a row that the real service takes."""
    real = Store(f"sqlite:///{tmp_path / 'a.db'}", KeyFile.open_or_create(tmp_path / "real.json"), tmp_path / "photos")
    real.migrate()
    thief = Store(f"sqlite:///{tmp_path / 'b.db'}", KeyFile.open_or_create(tmp_path / "own.json"), tmp_path / "photos")
    thief.migrate()
    with thief.unit() as unit:
        unit.api_keys.add(KEY)
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("ATTACH DATABASE ? AS b", (str(tmp_path / "b.db"),))
        connection.execute("INSERT INTO main.api_keys SELECT * FROM b.api_keys")
    connection.close()
    with pytest.raises(AccountTampered):
        AuthoriseKey(real, SystemClock()).run(f"Bearer ak_k1_{SECRET}", Scope.VERIFY)
    real.close()
    thief.close()
