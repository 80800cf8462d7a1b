"""Keys of agency systems."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from auth_service.accounts.credentials import ApiKey, RegistryBinding
from auth_service.accounts.roles import Scope
from auth_service.core.errors import AlreadyExists
from auth_service.storage.records.guards import covered_values, guard_of, is_genuine, require_genuine
from auth_service.storage.tables import ApiKeyRow
from auth_service.storage.tables.schema import table_of
from auth_service.storage.work import Work

_KEYS = table_of(ApiKeyRow)

_ONE = select(_KEYS).where(_KEYS.c.id == bindparam("wanted"))


class ApiKeys:
    """API keys within one unit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, key: ApiKey) -> None:
        """raises AlreadyExists"""
        values = {
            "id": key.id,
            "name": key.name,
            "scopes": ",".join(key.scopes),
            "secret_hash": key.secret_hash,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "disabled": key.disabled,
            "registry_kinds": ",".join(key.binding.kinds) if key.binding else None,
            "registry_source": key.binding.source if key.binding else None,
        }
        try:
            guard = guard_of(self._work.indexes, ApiKeyRow, values)
            self._work.connection.execute(insert(_KEYS), {**values, "guard": guard})
        except IntegrityError as error:
            raise AlreadyExists(field="id") from error

    def get(self, key_id: str) -> ApiKey | None:
        """raises AccountTampered: the row was not written by this service as it stands"""
        row = self._work.connection.execute(_ONE, {"wanted": key_id}).one_or_none()
        if row is None:
            return None
        require_genuine(self._work.indexes, ApiKeyRow, row)
        return _key(row)

    def all(self) -> list[ApiKey]:
        """Every key, oldest first. One that was tampered with comes out so marked, disabled and without a scope."""
        rows = self._work.connection.execute(select(_KEYS).order_by(_KEYS.c.created_at, _KEYS.c.id))
        return [_key(row) if is_genuine(self._work.indexes, ApiKeyRow, row) else _tampered(row) for row in rows]

    def disable(self, key_id: str) -> bool:
        """False when there is no such key. One that was tampered with is disabled too, and so put right."""
        row = self._work.connection.execute(_ONE, {"wanted": key_id}).one_or_none()
        if row is None:
            return False
        guard = guard_of(self._work.indexes, ApiKeyRow, {**covered_values(ApiKeyRow, row), "disabled": True})
        self._work.connection.execute(update(_KEYS).where(_KEYS.c.id == key_id).values(disabled=True, guard=guard))
        return True


def _key(row: Row[Any]) -> ApiKey:
    scopes = tuple(Scope(scope) for scope in row.scopes.split(",") if scope)
    bound = row.registry_kinds is not None and row.registry_source is not None
    binding = RegistryBinding(tuple(row.registry_kinds.split(",")), row.registry_source) if bound else None
    made, ends = row.created_at, row.expires_at
    return ApiKey(row.id, row.name, scopes, row.secret_hash, made, ends, row.disabled, binding=binding)


def _tampered(row: Row[Any]) -> ApiKey:
    return ApiKey(row.id, row.name, (), "", row.created_at, row.expires_at, disabled=True, tampered=True)
