"""docs/operations/limits.md says what is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.core.limits import LimitPolicy
from tests.architecture.limits_page import fixed_table, settings_table

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "limits.md"


@pytest.mark.asvs("2.1.3", "5.1.1")
def test_every_limit_stands_in_the_table_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    again = "python -m tests.architecture.limits_page prints the tables"
    assert settings_table() in page, again
    assert fixed_table() in page, again


def test_no_limit_of_the_policy_is_unused() -> None:
    source = (Path(__file__).parents[2] / "auth_service" / "core" / "limits.py").read_text(encoding="utf-8")
    assert [name for name in LimitPolicy.__slots__ if f"policy.{name}" not in source] == []
