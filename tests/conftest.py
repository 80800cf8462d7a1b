"""What all tests share: where real data lies, a fixed clock, and skips by name that CI turns into failures."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.databases import PostgresDatabase

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("AUTH_SERVICE_TEST_DATA", ROOT.parent / "shared" / "data")).resolve()
POSTGRES = os.environ.get("AUTH_SERVICE_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
STRICT = os.environ.get("AUTH_SERVICE_TEST_STRICT") == "1"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ROOM = Path("/dev/shm")
_ROOM_BYTES = 6 * 2**30


def _work_in_memory() -> None:
    """Thousands of small databases are made, synced and wiped: in memory, where there is room for them, because none
    has to survive a power cut. The long runs keep theirs on the disk."""
    long = os.environ.get("AUTH_SERVICE_TEST_PROVE") == "1"
    if not long and os.access(_ROOM, os.W_OK) and shutil.disk_usage(_ROOM).free > _ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_ROOM))


_work_in_memory()


def _postgres_answers() -> bool:
    import psycopg  # noqa: PLC0415

    try:
        psycopg.connect(POSTGRES.replace("+psycopg", ""), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _hsm_is_missing() -> bool:
    from tests.softhsm import library  # noqa: PLC0415 - imports what stands above

    return library() is None or importlib.util.find_spec("pkcs11") is None


def _lacking(items: list[pytest.Item]) -> dict[str, str]:
    """Marker -> what this machine does not have for it."""
    lacks = {}
    if not (DATA / "faces" / "lfw").is_dir():
        lacks["data"] = "no shared faces (AUTH_SERVICE_TEST_DATA)"
    if CHROMIUM is None:
        lacks["browser"] = "no chromium on PATH"
    if any(item.get_closest_marker("postgres") for item in items) and not _postgres_answers():
        lacks["postgres"] = "no PostgreSQL answers (AUTH_SERVICE_TEST_POSTGRES)"
    if _hsm_is_missing():
        lacks["hsm"] = "no SoftHSM (softhsm2) or no python-pkcs11"
    return lacks


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hsm: needs SoftHSM 2 (softhsm2) and python-pkcs11")
    config.addinivalue_line("markers", "asvs(*ids): shows these requirements of ASVS 5.0 (docs/compliance/asvs.md)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what this machine lacks, by name; with AUTH_SERVICE_TEST_STRICT=1 a missing part fails the run instead."""
    lacks = _lacking(items)
    if STRICT and lacks:
        raise pytest.UsageError("missing parts: " + "; ".join(lacks.values()))
    for item in items:
        for marker, why in lacks.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def data() -> Path:
    """The shared real faces, attacks and weights; read in place, never copied into the repository."""
    return DATA


@pytest.fixture(scope="session")
def postgres_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresDatabase]:
    """One migrated PostgreSQL database with the three roles for the whole run."""
    from tests.databases import postgres_database as made_for_this_run  # noqa: PLC0415 - imports what stands above

    with made_for_this_run(tmp_path_factory.mktemp("postgres")) as database:
        yield database


@pytest.fixture
def empty_postgres(postgres_database: PostgresDatabase) -> PostgresDatabase:
    """That database without a row."""
    postgres_database.empty()
    return postgres_database


@pytest.fixture
def proof() -> Callable[[str, Mapping[str, Any]], None]:
    """Writes what a long acceptance run found to docs/proof/<name>.json, under `make prove` only."""

    def write(name: str, found: Mapping[str, Any]) -> None:
        if os.environ.get("AUTH_SERVICE_TEST_PROVE") == "1":
            folder = ROOT / "docs" / "proof"
            folder.mkdir(exist_ok=True)
            text = json.dumps({"on": datetime.now(UTC).date().isoformat(), **found}, indent=2, ensure_ascii=False)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    return write


class FixedClock:
    """A clock that stands until a test moves it."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    def advance(self, **duration: float) -> None:
        self.instant += timedelta(**duration)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 10, 2, 0, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _settings_from_the_test_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's shell or .env file reaches a test."""
    for name in list(os.environ):
        if name.startswith("AUTH_SERVICE_") and not name.startswith("AUTH_SERVICE_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(
        __import__("auth_service.settings", fromlist=["Settings"]).Settings.model_config, "env_file", None
    )
