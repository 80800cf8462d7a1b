"""Whether a database is in use already, asked before there are keys to open it with."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, inspect, make_url, select

from auth_service.storage.database import Database
from auth_service.storage.tables import ServiceKeyRow
from auth_service.storage.tables.schema import table_of


def is_filled(url: str) -> bool:
    """Whether the service's own key lies in it: then its key store must be there, and no other may be made.

    raises   SettingInvalid, DatabaseUnavailable, StorageFault
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return False  # a look would make the file
    table, database = table_of(ServiceKeyRow), Database(url)
    try:
        with database.reading() as connection:
            if not inspect(connection).has_table(table.name):
                return False
            return connection.execute(select(func.count()).select_from(table)).scalar_one() > 0
    finally:
        database.close()
