"""Rows of registries: what may be partial, what cannot be, and what stays as the source wrote it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.beneficiaries.dates import PartialDate, parse_partial_date
from auth_service.core.cells import LostDigits
from auth_service.core.errors import (
    DateInvalid,
    DigitsLost,
    EventBeforeBirth,
    EventInFuture,
    FieldInvalid,
    FieldMissing,
    ServiceError,
)
from auth_service.crosscheck.sources import (
    REGISTRY_COLUMNS,
    SOURCE_OF_KIND,
    RegistryAct,
    RegistryKind,
    RegistryRecord,
    check_registry_row,
    looks_shifted,
)
from tests.builders import WANG

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ROW = {"source_ref": "M-1", "id_number": WANG, "name": "王秀英", "event_date": "2026-02-11"}


def check(**values: str) -> RegistryRecord:
    return check_registry_row({**ROW, **values}, RegistryKind.DEATH, "civil_affairs", NOW)


def test_a_row_needs_a_reference_and_a_name_or_a_number() -> None:
    assert check(name="").id_number is not None
    assert check(id_number="").name == "王秀英"
    for wrong in ({"source_ref": " "}, {"name": "", "id_number": ""}):
        with pytest.raises(FieldMissing):
            check(**wrong)


def test_a_void_needs_only_what_it_takes_back() -> None:
    told = check_registry_row({"source_ref": "M-1", "message": "撤销"}, RegistryKind.DEATH, "police", NOW)
    assert (told.act, told.ref, told.source) == (RegistryAct.VOID, "M-1", "police")


@pytest.mark.parametrize(
    ("word", "act"), [("", "new"), ("新增", "new"), ("NEW", "new"), ("更正", "correct"), ("void", "void")]
)
def test_what_a_row_says_is_read_in_both_languages(word: str, act: str) -> None:
    assert check(message=word).act.value == act


def test_a_word_that_nobody_knows_is_no_new_row() -> None:
    with pytest.raises(FieldInvalid):
        check(message="注销")


def test_a_misread_number_stays_as_it_was_written_for_linkage_to_judge() -> None:
    misread = WANG[:-1] + ("1" if WANG[-1] != "1" else "2")
    told = check(id_number=misread)
    assert (told.id_text, told.id_number) == (misread, None)


def test_a_number_that_a_spreadsheet_has_cut_is_refused() -> None:
    with pytest.raises(DigitsLost):
        check(id_number=LostDigits("130203194805020000"))


@pytest.mark.parametrize("code", ["0", "9", "未知", "未说明"])
def test_a_sex_that_the_source_does_not_know_is_not_known(code: str) -> None:
    assert check(sex=code).sex is None


@pytest.mark.parametrize("event", ["2026-03-02", "2026-04", "2027"])
def test_nothing_happens_tomorrow(event: str) -> None:
    with pytest.raises(EventInFuture):
        check(event_date=event)


@pytest.mark.parametrize("event", ["2026-03-01", "2026-03", "2026"])
def test_what_may_have_happened_by_today_is_taken(event: str) -> None:
    assert str(check(event_date=event).event) == event


def test_nobody_dies_before_they_are_born() -> None:
    for birth in ("", "1948-05-02"):
        with pytest.raises(EventBeforeBirth):
            check(birth_date=birth, event_date="1948-05-01")
    assert check(birth_date="1948", event_date="1948").birth == PartialDate(1948)
    # a row whose own birth date is earlier than its number's, as a relative's number would have it, is kept
    assert check(birth_date="1920", event_date="1940").birth == PartialDate(1920)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-02-12", datetime(2026, 2, 11, 16, 0, tzinfo=UTC)),
        ("20260212", datetime(2026, 2, 11, 16, 0, tzinfo=UTC)),
        ("2026-02", datetime(2026, 1, 31, 16, 0, tzinfo=UTC)),
        ("2026-02-12 09:30", datetime(2026, 2, 12, 1, 30, tzinfo=UTC)),
        ("2026/02/12 09:30:15", datetime(2026, 2, 12, 1, 30, 15, tzinfo=UTC)),
        ("2026-02-12T09:30:15+00:00", datetime(2026, 2, 12, 9, 30, 15, tzinfo=UTC)),
    ],
)
def test_when_a_source_wrote_it_down_is_an_instant_of_the_agencys_zone(text: str, instant: datetime) -> None:
    assert check(recorded_at=text).source_time == instant


def test_a_time_to_come_does_not_win_for_good() -> None:
    with pytest.raises(EventInFuture):
        check(recorded_at="2099-01-01")
    with pytest.raises(DateInvalid):
        check(recorded_at="12:00")


def test_a_source_goes_by_one_name() -> None:
    assert check(source="公安局").source == check(source="POLICE").source == "police"
    assert check(source="城关镇").source == "城关镇"
    assert check().source == "civil_affairs"
    assert set(SOURCE_OF_KIND) == set(RegistryKind)


def test_cells_under_their_neighbours_header_are_seen() -> None:
    assert not looks_shifted({**ROW, "birth_date": "1948年5月2日"})
    assert looks_shifted({"name": WANG, "id_number": "王秀英"})
    assert looks_shifted({**ROW, "event_date": "城关镇"})


parts = st.builds(
    lambda day, known: PartialDate(*(day.year, day.month, day.day)[:known]),
    st.dates(date(1850, 1, 1), date(2026, 2, 28)),
    st.integers(1, 3),
)


@given(parts)
def test_a_partial_date_is_written_and_read_back(day: PartialDate) -> None:
    assert parse_partial_date(str(day), "event_date") == day


@given(parts)
def test_a_partial_date_means_every_day_from_its_first_to_its_last_and_no_other(day: PartialDate) -> None:
    assert day.first <= day.last
    for on, inside in (
        (day.first, True), (day.last, True), (day.first - timedelta(1), False), (day.last + timedelta(1), False),
    ):  # fmt: skip
        told = (on.year, on.month, on.day)
        known = [part for part in (day.year, day.month, day.day) if part is not None]
        assert (list(told[: len(known)]) == known) is inside


@given(parts, parts)
def test_only_what_no_reading_allows_is_refused(birth: PartialDate, event: PartialDate) -> None:
    possible = event.last >= birth.first
    try:
        told = check(id_number="", birth_date=str(birth), event_date=str(event))
    except EventBeforeBirth:
        assert not possible
    else:
        assert possible
        assert (told.birth, told.event) == (birth, event)


@given(st.dictionaries(st.sampled_from(sorted(REGISTRY_COLUMNS)), st.text(max_size=40)))
def test_a_row_of_any_text_is_kept_or_refused_with_a_code(values: dict[str, str]) -> None:
    try:
        told = check_registry_row(values, RegistryKind.PRISON, "court", NOW)
    except ServiceError as error:
        kept, field = "", error.field
    else:
        kept, field = told.ref, ""
    assert kept or field
