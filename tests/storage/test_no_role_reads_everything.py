"""Rights in PostgreSQL are what storage/grants.py says: probed for each role, table and verb, by really trying."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

from auth_service.connectors.key_file import KeyFile
from auth_service.core.errors import DatabaseRightMissing, SchemaOutdated
from auth_service.storage.grants import FUNCTIONS, GRANTS, DatabaseRole
from auth_service.storage.tables import metadata
from auth_service.storage.unit import Store
from tests.databases import PostgresDatabase
from tests.storage.samples import NOW, direct_sql, row

pytestmark = pytest.mark.postgres
RUNNING = (DatabaseRole.FRONT, DatabaseRole.LEDGER)
GROUPS = {
    "identities": ("people", "benefits", "consents", "life_events", "tag_changes", "life_states", "arrangements"),
    "faces": (
        "photos",
        "reference_photos",
        "reference_sets",
        "reference_set_photos",
        "captures",
        "capture_sessions",
        "capture_moves",
        "capture_steps",
        "offline_records",
        "pad_findings",
        "chip_comparisons",
        "replay_prints",
        "replay_cells",
    ),
    "bank references": ("bank_references",),
}
FACTS = (
    "evidence",
    "certificates",
    "consents",
    "flags",
    "flag_people",
    "flag_devices",
    "chip_comparisons",
    "judgements",
    "reviews",
    "payments",
    "payment_proposals",
    "payment_decisions",
    "payment_files",
    "payment_sent",
    "payment_answers",
    "contests",
    "contest_acts",
    "link_findings",
    "link_acts",
    "cases",
    "case_flags",
    "case_acts",
    "audit_rows",
    "pad_findings",
    "replay_prints",
    "replay_cells",
)
ERASED = {"consents": ("reference_sealed",), "pad_findings": ("details_sealed",)}
"""What erasing a person empties; a trigger refuses any other change of it."""
ALTERED = "{table} has no entry in auth_service/storage/grants.py: say there which database role may do what with it"


def test_every_table_has_its_entry() -> None:
    missing = set(metadata.tables) - set(GRANTS)
    assert not missing, "; ".join(ALTERED.format(table=table) for table in sorted(missing))
    unknown = set(GRANTS) - set(metadata.tables) - {"alembic_version"}
    assert not unknown, f"grants for tables that do not exist: {unknown}"
    for table, rights in GRANTS.items():
        for right in rights.values():
            columns = set(metadata.tables[table].columns.keys()) if table in metadata.tables else set()
            assert set(right.update) <= columns, f"{table}: {set(right.update) - columns} are no columns"


def test_facts_are_added_and_never_changed() -> None:
    for table in FACTS:
        for right in GRANTS[table].values():
            assert not right.delete, table
            assert set(right.update) <= set(ERASED.get(table, ())), table


def test_somebody_can_read_each_table_for_a_backup() -> None:
    assert all(GRANTS.values())


@pytest.fixture
def connection(empty_postgres: PostgresDatabase) -> Iterator[psycopg.Connection[Any]]:
    with empty_postgres.connect() as connection:
        yield connection


def places(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Full name of every table in the database."""
    found = connection.execute(
        "SELECT c.relname, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    return {name: f"{schema}.{name}" for name, schema in found}


def allowed(connection: psycopg.Connection[Any], statement: str) -> bool:
    """Whether the right is there; a statement that fails for another reason had it."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)  # type: ignore[call-overload]
    except errors.InsufficientPrivilege:
        return False
    except psycopg.DatabaseError:
        return True
    return True


@pytest.mark.asvs("13.2.2")
@pytest.mark.parametrize("role", RUNNING)
def test_each_right_is_as_written(connection: psycopg.Connection[Any], role: DatabaseRole) -> None:
    tables = places(connection)
    connection.execute(f"SET ROLE {role.value}")  # type: ignore[call-overload]
    assert set(tables) == {*metadata.tables, "alembic_version"}
    for table, full in tables.items():
        right = GRANTS[table].get(role)
        found = {
            "select": allowed(connection, f"SELECT 1 FROM {full}"),
            "insert": allowed(connection, f"INSERT INTO {full} DEFAULT VALUES"),
            "delete": allowed(connection, f"DELETE FROM {full}"),
            "truncate": allowed(connection, f"TRUNCATE {full} CASCADE"),
            "lock": allowed(connection, f"LOCK TABLE {full} IN ACCESS EXCLUSIVE MODE"),
        }
        wanted = {
            "select": right is not None,
            "insert": right is not None and right.insert,
            "delete": right is not None and right.delete,
            "truncate": False,
            # a lock of this kind asks for UPDATE, DELETE or TRUNCATE on the whole table
            "lock": right is not None and right.delete,
        }
        assert found == wanted, table
        for column in metadata.tables[table].columns.keys() if table in metadata.tables else ("version_num",):
            given = right is not None and column in right.update
            assert allowed(connection, f"UPDATE {full} SET {column} = NULL") is given, (table, column)


@pytest.mark.asvs("13.2.1", "13.2.2")
@pytest.mark.parametrize("role", RUNNING)
def test_no_role_reads_identities_faces_and_bank_references_together(
    connection: psycopg.Connection[Any], role: DatabaseRole
) -> None:
    tables = places(connection)
    connection.execute(f"SET ROLE {role.value}")  # type: ignore[call-overload]
    readable = {
        name
        for name, members in GROUPS.items()
        if any(allowed(connection, f"SELECT 1 FROM {tables[member]}") for member in members)
    }
    assert readable == ({"identities", "faces"} if role is DatabaseRole.FRONT else {"identities", "bank references"})


@pytest.mark.parametrize("role", RUNNING)
def test_no_role_that_runs_makes_or_drops_anything(connection: psycopg.Connection[Any], role: DatabaseRole) -> None:
    connection.execute(f"SET ROLE {role.value}")  # type: ignore[call-overload]
    for statement in (
        "CREATE TABLE public.extra (id int)",
        "CREATE TABLE identity.extra (id int)",
        "CREATE TEMPORARY TABLE extra (id int)",
        "CREATE SCHEMA extra",
        "DROP TABLE public.audit_rows",
        "ALTER TABLE public.audit_rows DISABLE TRIGGER USER",
        "CREATE FUNCTION public.extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ):
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction(force_rollback=True):
            connection.execute(statement)  # type: ignore[call-overload]
    members = connection.execute(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %s", (role.value,)
    ).fetchone()
    assert members == (0,)


def test_functions_are_called_by_whom_they_are_for(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname IN ('public', 'identity', 'faces', 'bank')"
    ).fetchall()
    for (function,) in found:
        asked = "SELECT has_function_privilege(%s, %s, 'EXECUTE')"
        for role in RUNNING:
            callers = next((who for name, who in FUNCTIONS.items() if name.split("(")[0] == function.split("(")[0]), ())
            assert connection.execute(asked, (role.value, function)).fetchone() == (role in callers,), (function, role)


def store_as(database: PostgresDatabase, url: str, folder: Path) -> Store:
    del database
    return Store(url, KeyFile.open_or_create(folder / "keys.json"), folder / "photos")


def test_the_ledger_writes_both_and_the_front_reads_people_alone(
    empty_postgres: PostgresDatabase, tmp_path: Path
) -> None:
    urls = empty_postgres.urls
    ledger, front = store_as(empty_postgres, urls.ledger, tmp_path), store_as(empty_postgres, urls.front, tmp_path)
    ledger.migrate()
    with ledger.unit() as unit:
        someone = unit.people.apply(row(bank_account="6228 4800 1234", account_holder="王秀英"), NOW, "b1").person_id
    with ledger.reading() as unit:
        assert unit.bank.of(someone).account == "622848001234"
    with front.reading() as unit:
        person = unit.people.get(someone)
        assert person is not None
        assert person.name == "王秀英"
    with pytest.raises((DatabaseRightMissing, SchemaOutdated)), front.reading() as unit:
        unit.bank.of(someone)
    ledger.close()
    front.close()


def test_a_role_that_is_not_the_owner_cannot_migrate(empty_postgres: PostgresDatabase, tmp_path: Path) -> None:
    front = store_as(empty_postgres, empty_postgres.urls.front, tmp_path)
    assert front.migrate() == []
    direct_sql(empty_postgres.admin, "UPDATE alembic_version SET version_num = '2026_11_24_7_operations'")
    with pytest.raises(DatabaseRightMissing):
        front.migrate()
    front.close()


def test_what_a_role_can_do_beyond_its_part_is_told(empty_postgres: PostgresDatabase, tmp_path: Path) -> None:
    front = store_as(empty_postgres, empty_postgres.urls.front, tmp_path)
    found = front.rights(DatabaseRole.FRONT)
    assert found is not None
    assert (found.more, found.less) == ((), ())
    direct_sql(
        empty_postgres.admin,
        "GRANT UPDATE ON audit_rows TO auth_service_front",
        "GRANT SELECT ON bank_references TO PUBLIC",
        "REVOKE INSERT ON evidence FROM auth_service_front",
    )
    found = front.rights(DatabaseRole.FRONT)
    assert found is not None
    assert {"UPDATE(actor) audit_rows", "SELECT bank_references"} <= set(found.more)
    assert found.less == ("INSERT evidence",)
    owner = store_as(empty_postgres, empty_postgres.urls.owner, tmp_path)
    owner.migrate()  # puts it right
    again = front.rights(DatabaseRole.FRONT)
    assert again is not None
    assert (again.more, again.less) == ((), ())
    superuser = store_as(empty_postgres, empty_postgres.admin, tmp_path)
    everything = superuser.rights(DatabaseRole.FRONT)
    assert everything is not None
    assert everything.more == ("everything (a superuser)",)
    for store in (front, owner, superuser):
        store.close()
