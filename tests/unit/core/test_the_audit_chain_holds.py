"""Any single edit, deletion or exchange in a chain is found, at the right row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auth_service.core.audit import GENESIS, AuditEvent, AuditRow, row_hash, verify

words = st.text(max_size=12)
values = (
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | words
)
events = st.builds(AuditEvent, words, words, words, st.dictionaries(words, values, max_size=3))
instants = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1))  # noqa: DTZ001
histories = st.lists(st.tuples(events, instants), min_size=1, max_size=8)


def chain(history: list[tuple[AuditEvent, datetime]]) -> list[AuditRow]:
    rows, previous = [], GENESIS
    for number, (event, at) in enumerate(history, start=1):
        digest = row_hash(number, at, event, previous)
        rows.append(AuditRow(number, at, event, previous, digest))
        previous = digest
    return rows


def judged(rows: list[AuditRow], whole: list[AuditRow]) -> tuple[bool, int | None]:
    report = verify(rows, len(whole), whole[-1].hash)
    return report.ok, report.first_bad


@given(histories)
def test_an_untouched_chain_is_whole(history: list[tuple[AuditEvent, datetime]]) -> None:
    rows = chain(history)
    assert judged(rows, rows) == (True, None)


@given(histories, st.data())
def test_any_edit_is_found_at_its_row(history: list[tuple[AuditEvent, datetime]], data: st.DataObject) -> None:
    rows = chain(history)
    place = data.draw(st.integers(0, len(rows) - 1))
    row = rows[place]
    changed = data.draw(
        st.sampled_from(
            [
                replace(row, event=replace(row.event, actor=row.event.actor + "x")),
                replace(row, event=replace(row.event, action=row.event.action + "x")),
                replace(row, event=replace(row.event, subject=row.event.subject + "x")),
                replace(row, event=replace(row.event, details={**(row.event.details or {}), "new": 1})),
                replace(row, at=row.at + timedelta(microseconds=1)),
                replace(row, number=row.number + 1),
                replace(row, previous=row.hash),
                replace(row, hash=row.previous),
            ]
        )
    )
    assert judged([*rows[:place], changed, *rows[place + 1 :]], rows) == (False, place + 1)


@given(histories, st.data())
def test_an_edit_whose_hash_was_made_to_fit_is_found_at_the_next_row_or_by_the_head(
    history: list[tuple[AuditEvent, datetime]], data: st.DataObject
) -> None:
    rows = chain(history)
    place = data.draw(st.integers(0, len(rows) - 1))
    row = rows[place]
    event = replace(row.event, actor=row.event.actor + "x")
    forged = replace(row, event=event, hash=row_hash(row.number, row.at, event, row.previous))
    assert judged([*rows[:place], forged, *rows[place + 1 :]], rows) == (False, place + 2)


@given(histories, st.data())
def test_any_deletion_is_found_where_the_gap_begins(
    history: list[tuple[AuditEvent, datetime]], data: st.DataObject
) -> None:
    rows = chain(history)
    start = data.draw(st.integers(0, len(rows) - 1))
    end = data.draw(st.integers(start + 1, len(rows)))
    assert judged(rows[:start] + rows[end:], rows) == (False, start + 1)


@given(histories, st.data())
def test_any_exchange_is_found_at_the_first_of_the_two(
    history: list[tuple[AuditEvent, datetime]], data: st.DataObject
) -> None:
    rows = chain(history)
    assume(len(rows) > 1)
    first = data.draw(st.integers(0, len(rows) - 2))
    second = data.draw(st.integers(first + 1, len(rows) - 1))
    swapped = list(rows)
    swapped[first], swapped[second] = rows[second], rows[first]
    assert judged(swapped, rows) == (False, first + 1)


@given(events, instants)
def test_the_zone_of_an_instant_does_not_matter(event: AuditEvent, at: datetime) -> None:
    beijing = at.astimezone(timezone(timedelta(hours=8)))
    assert row_hash(1, at, event, GENESIS) == row_hash(1, beijing, event, GENESIS)


def test_what_is_no_number_cannot_enter_the_chain() -> None:
    with pytest.raises(ValueError, match="JSON"):
        row_hash(1, datetime(2026, 1, 1, tzinfo=UTC), AuditEvent("a", "b", "", {"x": float("nan")}), GENESIS)
