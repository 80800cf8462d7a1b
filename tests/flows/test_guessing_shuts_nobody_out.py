"""Whoever knows a name may guess a little; who has signed in from a browser before is not held up by it."""

from __future__ import annotations

import pytest

from auth_service.accounts.browsers import Browser, read_browser
from auth_service.accounts.credentials import new_token
from auth_service.core.errors import CredentialsInvalid, SignInThrottled
from auth_service.flows.sign_in import Caller
from tests.builders import Agency
from tests.conftest import FixedClock

PASSWORD = "a long password"
OFFICE = "198.51.100.7"


def guess(agency: Agency, count: int, caller: Caller | None = None) -> list[type[Exception]]:
    """What wrong passwords of one name are answered; from an address of their own each unless told."""
    found: list[type[Exception]] = []
    for number in range(count):
        try:
            agency.sign_in.begin("chen", "wrong", caller or Caller(f"192.0.2.{number}"))
        except (CredentialsInvalid, SignInThrottled) as refused:
            found.append(type(refused))
    return found


@pytest.fixture
def known(agency: Agency) -> Browser:
    """A browser from which the account has signed in."""
    agency.member()
    device = read_browser(None)
    _, session = agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE, device))
    return agency.sign_in.remember(session, device)


def test_guesses_from_one_address_hold_up_that_address_alone(agency: Agency) -> None:
    agency.member()
    assert guess(agency, 12, Caller("192.0.2.1"))[-1] is SignInThrottled
    agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE))


def test_guesses_from_everywhere_do_not_hold_up_a_known_browser(
    agency: Agency, known: Browser, clock: FixedClock
) -> None:
    answers = guess(agency, 120)
    assert answers.count(CredentialsInvalid) == 100, "guessing is bounded whatever addresses it comes from"
    with pytest.raises(SignInThrottled):
        agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE))
    for _ in range(3):
        agency.sign_in.begin("chen", PASSWORD, Caller("203.0.113.5", known))
        guess(agency, 3)
    clock.advance(minutes=15)
    agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE))


def test_guesses_from_everywhere_do_not_hold_up_the_terminal(agency: Agency) -> None:
    agency.member()
    guess(agency, 120)
    with pytest.raises(SignInThrottled):
        agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE))
    agency.sign_in.begin("chen", PASSWORD, Caller(terminal=True))


def test_guesses_at_the_terminal_are_bounded_and_hold_up_nobody_at_the_console(agency: Agency) -> None:
    agency.member()
    answers = guess(agency, 15, Caller(terminal=True))
    assert (answers.count(CredentialsInvalid), answers[-1]) == (10, SignInThrottled)
    agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE))


def test_guesses_from_a_known_browser_are_bounded_too(agency: Agency, known: Browser) -> None:
    answers = guess(agency, 15, Caller(OFFICE, known))
    assert (answers.count(CredentialsInvalid), answers[-1]) == (10, SignInThrottled)
    agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE))


@pytest.mark.parametrize("mark", ["0" * 32, "f" * 32])
def test_a_made_up_mark_or_another_accounts_is_a_stranger(agency: Agency, known: Browser, mark: str) -> None:
    guess(agency, 100)
    agency.staff.create("li", agency.staff.all()[0].role, PASSWORD, "cli")
    _, session = agency.sign_in.begin("li", PASSWORD, Caller(OFFICE, read_browser(None)))
    others = agency.sign_in.remember(session, Browser(known.name))
    for device in (Browser(known.name, (mark,)), others, Browser(new_token(), known.marks), read_browser("nonsense")):
        with pytest.raises(SignInThrottled):
            agency.sign_in.begin("chen", PASSWORD, Caller(OFFICE, device))


def test_a_reset_begins_anew_and_old_marks_are_worth_nothing(agency: Agency, known: Browser) -> None:
    guess(agency, 12, Caller(OFFICE))
    guess(agency, 100)
    fresh = agency.staff.reset("chen", "cli")
    agency.sign_in.begin("chen", fresh, Caller(OFFICE))
    guess(agency, 100)
    with pytest.raises(SignInThrottled):
        agency.sign_in.begin("chen", fresh, Caller("203.0.113.5", known))


def test_one_browser_remembers_several_accounts_and_reads_itself_back() -> None:
    device = read_browser(None)
    marks = [f"{number:032x}" for number in range(10)]
    for mark in marks:
        device = device.with_mark(mark + "0" * 32)
    again = read_browser(device.text())
    assert again == device
    assert [again.knows(mark) for mark in marks] == [False] * 2 + [True] * 8
    assert read_browser(f"{device.text()}.{'0' * 32}").marks == ()
