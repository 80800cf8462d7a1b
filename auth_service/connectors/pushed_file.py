"""A table file that came over the network: read like any other, and on no disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from auth_service.connectors.tables import TableFile, open_table


@contextmanager
def pushed_table(
    content: bytes, name: str, columns: Mapping[str, tuple[str, ...]], required: Sequence[str]
) -> Iterator[TableFile]:
    """The file, as long as it is needed. name: how it is called here; the sender's own name is not taken over

    raises   FileUnreadable, ColumnsMissing
    """
    handle = os.memfd_create("pushed")  # memory with a path: a killed process leaves nothing behind
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(content)
        table = open_table(Path(f"/proc/{os.getpid()}/fd/{handle}"), columns, required=required)
        table.name = name
        yield table
    finally:
        os.close(handle)
