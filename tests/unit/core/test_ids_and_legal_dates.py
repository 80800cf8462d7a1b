"""Identifiers are unguessable and of one form; legal dates are counted in the agency's zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from auth_service.core.cells import LostDigits, refuse_lost_digits
from auth_service.core.clock import SystemClock, legal_date
from auth_service.core.errors import DigitsLost
from auth_service.core.ids import new_id, new_person_key, new_serial


def test_ids_have_their_form_and_never_repeat() -> None:
    for make, form in ((new_id, "[0-9a-f]{32}"), (new_serial, "[0-9a-f]{32}"), (new_person_key, "P[0-9a-f]{20}")):
        made = {make() for _ in range(2000)}
        assert len(made) == 2000
        assert all(re.fullmatch(form, one) for one in made)


def test_row_ids_sort_by_the_moment_they_were_made_and_serials_tell_no_moment() -> None:
    before = f"{int(datetime.now(UTC).timestamp() * 1000):012x}"
    assert before <= new_id()[:12] <= f"{int(datetime.now(UTC).timestamp() * 1000) + 1:012x}"
    assert new_serial()[:6] != new_serial()[:6]


def test_a_legal_date_changes_at_midnight_in_the_agencys_zone() -> None:
    assert legal_date(datetime(2026, 3, 10, 15, 59, 59, tzinfo=UTC)) == date(2026, 3, 10)
    assert legal_date(datetime(2026, 3, 10, 16, 0, tzinfo=UTC)) == date(2026, 3, 11)
    assert legal_date(datetime(2028, 2, 28, 16, 0, tzinfo=UTC)) == date(2028, 2, 29)


def test_an_instant_without_a_zone_has_no_legal_date() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        legal_date(datetime(2026, 3, 10))  # noqa: DTZ001
    assert SystemClock().now().tzinfo is UTC


def test_a_number_that_lost_digits_is_refused_with_its_column() -> None:
    refuse_lost_digits({"id_number": "130203194805020010"})
    with pytest.raises(DigitsLost) as refused:
        refuse_lost_digits({"name": "王", "id_number": LostDigits("1.30203194805020E+17")})
    assert refused.value.field == "id_number"
