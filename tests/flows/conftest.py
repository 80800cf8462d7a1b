"""An agency for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import Agency
from tests.conftest import FixedClock


@pytest.fixture
def agency(tmp_path: Path, clock: FixedClock) -> Iterator[Agency]:
    built = Agency(tmp_path, clock)
    yield built
    built.close()
