"""What a key may send stands in its guarded row and never changes; the database notes no push beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from auth_service.accounts.credentials import ApiKey, RegistryBinding, token_hash
from auth_service.accounts.roles import Scope
from auth_service.connectors.key_file import KeyFile
from auth_service.core.archive import Part, Rows, row_lines, rows_from
from auth_service.core.clock import SystemClock
from auth_service.core.errors import AccountTampered, DatabaseRightMissing, KeyUnbound, StorageFault
from auth_service.crosscheck.profiles import PLAIN
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.admit_push import AdmitPush
from auth_service.flows.authorise import AuthoriseKey
from auth_service.storage.unit import NewBatch, Store
from auth_service.storage.work import to_json
from tests.databases import BOTH, PostgresDatabase
from tests.storage.earlier import Old, at_step
from tests.storage.samples import NOW, direct_sql

SECRET = "s" * 43
BINDING = RegistryBinding(("death", "other_region"), "police")


def key(name: str, binding: RegistryBinding | None) -> ApiKey:
    return ApiKey(name, name, (Scope.REGISTRY,), token_hash(SECRET), NOW, None, disabled=False, binding=binding)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.unit() as unit:
        unit.api_keys.add(key("bound", BINDING))
        unit.api_keys.add(key("old", None))
    return store


def noted(store: Store, key_id: str, kind: RegistryKind, source: str, digest: str = "d" * 64) -> None:
    with store.unit() as unit:
        batch = unit.registry.begin(NewBatch(kind, source, "f.csv", digest, PLAIN), "", NOW)
        unit.registry.note_push(batch.id, key_id, NOW)


def count(url: str) -> tuple[int, int]:
    ((batches, pushes),) = direct_sql(
        url, "SELECT (SELECT count(*) FROM registry_batches), (SELECT count(*) FROM registry_pushes)"
    )
    return batches, pushes


def test_a_binding_comes_back_as_it_went_in(filled: Store) -> None:
    with filled.reading() as unit:
        assert [unit.api_keys.get(name) for name in ("bound", "old")] == [key("bound", BINDING), key("old", None)]
        assert {one.id: one.binding for one in unit.api_keys.all()} == {"bound": BINDING, "old": None}
    with filled.unit() as unit:
        assert unit.api_keys.disable("bound")
        found = unit.api_keys.get("bound")
    assert found is not None
    assert (found.disabled, found.binding) == (True, BINDING)


@pytest.mark.parametrize(
    "change",
    ["registry_kinds = 'death,prison'", "registry_source = 'civil_affairs'",
     "registry_kinds = NULL, registry_source = NULL",
     "registry_kinds = 'death,other_region,police', registry_source = ''"],
)  # fmt: skip
def test_a_binding_changed_by_sql_makes_the_key_worthless(filled: Store, url: str, change: str) -> None:
    direct_sql(url, f"UPDATE api_keys SET {change} WHERE id = 'bound'")
    with pytest.raises(AccountTampered):
        AuthoriseKey(filled, SystemClock()).run(f"Bearer ak_bound_{SECRET}", Scope.REGISTRY)
    with pytest.raises(AccountTampered):
        AdmitPush(filled, SystemClock()).run("bound", RegistryKind.DEATH, "police")


def test_a_binding_put_under_an_old_key_by_sql_makes_it_worthless(filled: Store, url: str) -> None:
    direct_sql(url, "UPDATE api_keys SET registry_kinds = 'death', registry_source = 'police' WHERE id = 'old'")
    with pytest.raises(AccountTampered):
        AuthoriseKey(filled, SystemClock()).run(f"Bearer ak_old_{SECRET}", Scope.REGISTRY)


def test_half_a_binding_is_refused_by_the_database(filled: Store, url: str) -> None:
    for half in ("registry_kinds = 'death'", "registry_source = 'police'"):
        with pytest.raises(DBAPIError):
            direct_sql(url, f"UPDATE api_keys SET {half} WHERE id = 'old'")


@pytest.mark.postgres
def test_who_serves_may_not_even_write_a_binding_anew(empty_postgres: PostgresDatabase) -> None:
    for change in ("registry_kinds = 'death'", "registry_source = 'police'", "unbound_until = '2099-01-01'"):
        with pytest.raises(DBAPIError, match="permission denied"):
            direct_sql(empty_postgres.urls.front, f"UPDATE api_keys SET {change}")


@pytest.mark.parametrize(
    ("who", "kind", "source"),
    [
        ("bound", RegistryKind.PRISON, "police"),
        ("bound", RegistryKind.DEATH, "civil_affairs"),
        ("old", RegistryKind.DEATH, "police"),
        ("nobody", RegistryKind.DEATH, "police"),
    ],
)
def test_a_push_beside_the_binding_leaves_nothing_whatever_process_notes_it(
    filled: Store, url: str, who: str, kind: RegistryKind, source: str
) -> None:
    """A process of the release before asks no binding: the database does."""
    with pytest.raises(StorageFault):
        noted(filled, who, kind, source)
    assert count(url) == (0, 0)


def test_a_push_within_the_binding_is_noted_and_again_it_is_known(filled: Store, url: str) -> None:
    for _ in range(2):
        noted(filled, "bound", RegistryKind.DEATH, "police")
        noted(filled, "bound", RegistryKind.OTHER_REGION, "police", "e" * 64)
    assert count(url) == (2, 2)


@pytest.mark.postgres
def test_who_serves_notes_no_push(empty_postgres: PostgresDatabase, keys: KeyFile, tmp_path: Path) -> None:
    store = Store(empty_postgres.urls.front, keys, tmp_path / "photos")
    with pytest.raises(DatabaseRightMissing), store.unit() as unit:
        unit.registry.note_push("1" * 32, "bound", NOW)
    store.close()


# --- what an earlier release left ---------------------------------------------------------------------

BEFORE = "2026_12_02_7_pushes"
AT = "'2026-01-01 00:00:00.000000'"


@pytest.fixture(params=BOTH)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    """Keys of an earlier release, one of which has sent half a file."""
    with at_step(BEFORE, request.param, tmp_path) as old:
        yield old


def _filled_before(old: Old, store: Store, pushed_at: str = AT) -> None:
    """By SQL, as that release wrote them: what the guard covers is spelled out."""
    postgresql = old.url.startswith("postgresql")
    for name, scopes in (("sends", "flags,registry"), ("reads", "flags")):
        made = NOW.astimezone(UTC)
        covered = ["api_key", name, name, scopes, token_hash(SECRET), made.isoformat(timespec="microseconds")]
        guard = store._indexes.of("accounts", to_json([*covered, None, False])).hex()
        values = "', '".join((name, name, scopes, token_hash(SECRET), f"{made:%Y-%m-%d %H:%M:%S.%f}"))
        bytes_ = f"decode('{guard}', 'hex')" if postgresql else f"x'{guard}'"
        columns = "id, name, scopes, secret_hash, created_at, disabled, guard"
        direct_sql(old.url, f"INSERT INTO api_keys ({columns}) VALUES ('{values}', false, {bytes_})")
    columns = (
        "id, kind, source, file_digest, profile_digest, profile, file_name_sealed, begun_at, place, counts, findings"
    )
    empty = "''" if postgresql else "x''"
    direct_sql(
        old.url,
        f"INSERT INTO registry_batches ({columns}) "
        f"VALUES ('b', 'death', 'court', 'd', '', '', {empty}, {AT}, 0, '{{}}', '[]')",
        f"INSERT INTO registry_pushes VALUES ('b', 'sends', {pushed_at})",
    )


@pytest.fixture(params=["2026-01-01", "2099-01-01"], ids=["", "clock ahead"])
def upgraded(old: Old, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Its last push may bear a time to come: it was noted under a clock that was ahead."""
    store = old.store()
    _filled_before(old, store, f"'{request.param} 00:00:00.000000'")
    store.migrate()
    yield store
    store.close()


def test_a_key_of_an_earlier_release_works_on_and_sends_nothing_more(upgraded: Store, old: Old) -> None:
    authorise = AuthoriseKey(upgraded, SystemClock())
    assert authorise.run(f"Bearer ak_reads_{SECRET}", Scope.FLAGS).binding is None
    assert authorise.run(f"Bearer ak_sends_{SECRET}", Scope.FLAGS).id == "sends", "its guard holds"
    for _ in range(3):
        with pytest.raises(KeyUnbound):
            AdmitPush(upgraded, SystemClock()).run("sends", RegistryKind.DEATH, "police")
    with upgraded.reading() as unit:
        told = [row.event for row in unit.audit.rows() if row.event.action == "registry.refused"]
    assert [(one.actor, one.subject, one.details) for one in told] == [
        ("api_key:sends", "api_key:sends", {"code": "key_unbound"})
    ]
    direct_sql(
        old.url,
        "INSERT INTO registry_batches SELECT 'c', kind, source, 'e', '', '', file_name_sealed, begun_at, 0, counts, "
        "newest_at, finished_at, findings, guard FROM registry_batches",
    )
    for who, year in (("sends", 2100), ("reads", 2026)):
        with pytest.raises(DBAPIError):
            direct_sql(old.url, f"INSERT INTO registry_pushes VALUES ('c', '{who}', '{year}-01-01 00:00:00.000000')")


@pytest.fixture
def elsewhere(old: Old, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty database of the same kind."""
    there = old.folder / "there.db"
    postgresql = old.url.startswith("postgresql")
    url = request.getfixturevalue("empty_postgres").admin if postgresql else f"sqlite:///{there}"
    store = Store(url, old.keys, old.folder / "photos")
    yield store
    store.close()


def test_what_it_sent_before_comes_back_from_a_backup(upgraded: Store, elsewhere: Store) -> None:
    """The trigger stands there too, and must not refuse what was true: a restore is all or nothing."""
    with upgraded.unit() as unit:
        unit.api_keys.add(key("bound", BINDING))
    noted(upgraded, "bound", RegistryKind.DEATH, "police")
    with upgraded.unit() as unit:
        unit.api_keys.disable("bound")
    with upgraded.snapshot() as snapshot:
        revision, rows = snapshot.revision, [*snapshot.rows(Part.KEYS), *snapshot.rows(Part.DATA)]
    with elsewhere.restoring() as target:
        target.prepare(revision)
        for item in rows:
            if not item.table.name.startswith("audit_"):  # the chain is not the matter here
                text = b"\n".join(row_lines(item.table, item.rows))
                target.add(Rows(item.table, rows_from(item.table, text)))
    with elsewhere.reading() as unit:
        assert unit.registry.pushed_by("b") == ("sends",)
    with pytest.raises(KeyUnbound):
        AdmitPush(elsewhere, SystemClock()).run("sends", RegistryKind.DEATH, "police")
