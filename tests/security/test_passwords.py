"""Passwords are taken as they are typed, of any characters, and hold until somebody changes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth_service.accounts.credentials import AccountPolicy
from auth_service.accounts.roles import Role
from auth_service.core.errors import CredentialsInvalid, FieldInvalid, FieldTooLong
from tests.builders import Agency
from tests.conftest import FixedClock

LONG = "correct horse battery staple, and then some more words to reach more than sixty-four"


@pytest.fixture
def agency(tmp_path: Path, clock: FixedClock) -> Agency:
    return Agency(tmp_path, clock)


@pytest.mark.asvs("6.2.1", "6.2.5", "6.2.8", "6.2.9")
@pytest.mark.parametrize(
    "password", ["            ", "一二三四五六七八九十甲乙", "aaaaaaaaaaaa", LONG, "😀" * 12, "x" * 200]
)
def test_any_characters_and_any_length_from_twelve_on_are_a_password(agency: Agency, password: str) -> None:
    agency.staff.create("chen", Role.MONITOR, password, "cli")
    agency.sign_in.begin("chen", password)
    for other in (password + " ", password[:-1], password.swapcase() + "!"):
        with pytest.raises(CredentialsInvalid):
            agency.sign_in.begin("chen", other)
    agency.close()


@pytest.mark.asvs("6.2.1")
def test_a_short_password_is_refused(agency: Agency) -> None:
    assert AccountPolicy().min_password_length >= 8
    with pytest.raises(FieldInvalid):
        agency.staff.create("chen", Role.MONITOR, "x" * 11, "cli")
    agency.close()


@pytest.mark.asvs("6.2.8")
def test_nothing_is_cut_off_a_long_password(agency: Agency) -> None:
    agency.staff.create("chen", Role.MONITOR, "x" * 200, "cli")
    for longer in ("x" * 201, "x" * 100_000):
        with pytest.raises(CredentialsInvalid):
            agency.sign_in.begin("chen", longer)
    with pytest.raises(FieldTooLong):
        agency.staff.create("li", Role.MONITOR, "x" * 201, "cli")
    agency.close()


@pytest.mark.asvs("6.2.10")
def test_nobody_has_to_change_a_password_because_of_its_age(agency: Agency, clock: FixedClock) -> None:
    agency.staff.create("chen", Role.MONITOR, LONG, "cli")
    clock.advance(days=3650)
    agency.sign_in.begin("chen", LONG)
    agency.close()
