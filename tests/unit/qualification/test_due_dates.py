"""The month-end rule."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.core.clock import legal_date
from auth_service.qualification.period import due_date


@pytest.mark.parametrize(
    ("passed_on", "months", "due"),
    [
        (date(2018, 7, 1), 12, date(2019, 7, 31)),
        (date(2018, 7, 31), 12, date(2019, 7, 31)),
        (date(2022, 4, 1), 6, date(2022, 10, 31)),
        (date(2023, 2, 28), 12, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 12, 31), 12, date(2026, 12, 31)),
    ],
)
def test_a_pass_holds_to_the_end_of_the_month_as_the_domain_notes_count(
    passed_on: date, months: int, due: date
) -> None:
    assert due_date(passed_on, months) == due


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 24))
def test_a_later_pass_never_moves_the_due_date_backward(passed_on: date, months: int) -> None:
    later = date.fromordinal(passed_on.toordinal() + 1)
    assert due_date(later, months) >= due_date(passed_on, months) > passed_on


def test_the_legal_day_is_counted_in_the_agencys_zone() -> None:
    assert legal_date(datetime(2025, 12, 31, 16, 30, tzinfo=UTC)) == date(2026, 1, 1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        legal_date(datetime(2026, 1, 1))  # noqa: DTZ001
