"""Times, tickets and doubts about a device: a person looks, nobody is punished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from auth_service.capture.challenge import Route, draw
from auth_service.capture.offline_rules import (
    RECORD_TEXTS,
    DeviceDoubt,
    Hold,
    OfflinePolicy,
    Refusal,
    Ticket,
    held_by_device,
    held_by_ticket,
    held_by_time,
)

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
POLICY = OfflinePolicy()
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("captured", "hold"),
    [
        (NOW, None),
        (NOW + 300 * SECOND, None),
        (NOW + 301 * SECOND, Hold.FROM_FUTURE),
        (NOW + 24 * HOUR, Hold.FROM_FUTURE),
        (NOW - 24 * HOUR, None),
        (NOW - 72 * HOUR, None),
        (NOW - 72 * HOUR - SECOND, Hold.TOO_OLD),
        (datetime(2024, 2, 29, 23, 59, tzinfo=UTC), Hold.TOO_OLD),
    ],
)
def test_a_record_is_neither_too_old_nor_from_the_future(captured: datetime, hold: Hold | None) -> None:
    assert held_by_time(captured, NOW, POLICY) is hold


def test_a_ticket_is_of_one_device_and_one_time() -> None:
    ticket = Ticket("t", "mine", draw(Route.FLASH), NOW, NOW + POLICY.queue)
    assert held_by_ticket(ticket, "mine", NOW + HOUR, POLICY) is None
    assert held_by_ticket(ticket, "other", NOW + HOUR, POLICY) is Hold.TICKET_OF_ANOTHER
    assert held_by_ticket(ticket, "mine", NOW - 24 * HOUR, POLICY) is Hold.BEFORE_TICKET
    assert held_by_ticket(ticket, "mine", NOW - 300 * SECOND, POLICY) is None
    assert held_by_ticket(ticket, "mine", NOW + 72 * HOUR + 300 * SECOND, POLICY) is None
    assert held_by_ticket(ticket, "mine", NOW + 72 * HOUR + 301 * SECOND, POLICY) is Hold.TICKET_EXPIRED


def test_records_from_before_a_doubt_are_honoured_and_later_ones_are_held() -> None:
    doubt = DeviceDoubt(Hold.DEVICE_REVOKED, NOW)
    assert held_by_device(NOW, doubt) is None
    assert held_by_device(NOW + SECOND, doubt) is Hold.DEVICE_REVOKED
    assert held_by_device(NOW + SECOND, None) is None


def test_every_code_is_said_in_both_languages_and_says_that_nothing_changes() -> None:
    assert set(RECORD_TEXTS) == {*Hold, *Refusal}
    assert all("待遇不受影响" in zh and "Nothing changes" in en for zh, en in RECORD_TEXTS.values())


def test_a_queue_without_bounds_is_called_so() -> None:
    assert not POLICY.is_unlimited
    assert OfflinePolicy(queue_hours=1000).is_unlimited
    assert OfflinePolicy(tickets_held=100_000).is_unlimited
