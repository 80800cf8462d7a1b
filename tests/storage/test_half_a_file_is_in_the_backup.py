"""A file of a registry that was not read to its end has no guard yet; the night's backup takes it as it is."""

from __future__ import annotations

import pytest

from auth_service.core.archive import Part, row_lines
from auth_service.crosscheck.profiles import PLAIN
from auth_service.crosscheck.sources import RegistryKind
from auth_service.storage.unit import NewBatch, Store
from tests.storage.samples import NOW, direct_sql


@pytest.mark.parametrize("earlier", [False, True])
def test_half_a_file_does_not_stop_the_backup(store: Store, url: str, *, earlier: bool) -> None:
    """SQLite gave it the empty text for the empty bytes, of which no archive is made."""
    with store.unit() as unit:
        unit.registry.begin(NewBatch(RegistryKind.DEATH, "police", "f.csv", "d" * 64, PLAIN), "", NOW)
    if earlier:
        direct_sql(url, "UPDATE registry_batches SET guard = ''")
    with store.snapshot() as snapshot:
        rows = [one for one in snapshot.rows(Part.DATA) if one.table.name == "registry_batches"]
        ((line,),) = [list(row_lines(one.table, one.rows)) for one in rows]
    assert line.rstrip().endswith(b'""]')
