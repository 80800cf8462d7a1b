"""Marks of people with source and period, and places whose codes change."""

from __future__ import annotations

from datetime import UTC, date, datetime

from auth_service.beneficiaries.region_tree import Regions
from auth_service.beneficiaries.tags import TAG_TEXTS, TAG_WORDS, Tag, TagChange, parse_tags, tags_on

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def change(tag: Tag, on: date, *, given: bool = True, source: str = "list", until: date | None = None) -> TagChange:
    return TagChange(tag, source, given, on, until, NOW)


def test_a_tag_holds_from_the_day_it_was_given_to_the_day_it_was_taken_back_or_ran_out() -> None:
    history = [
        change(Tag.SUBSISTENCE, date(2024, 1, 1)),
        change(Tag.SUBSISTENCE, date(2025, 1, 1), given=False),
        change(Tag.MONITORED, date(2024, 1, 1), until=date(2024, 6, 30)),
    ]
    assert tags_on(history, date(2023, 12, 31)) == frozenset()
    assert tags_on(history, date(2024, 6, 30)) == {Tag.SUBSISTENCE, Tag.MONITORED}
    assert tags_on(history, date(2024, 7, 1)) == {Tag.SUBSISTENCE}
    assert tags_on(history, date(2025, 1, 1)) == frozenset()


def test_one_source_that_drops_a_person_does_not_speak_for_another() -> None:
    history = [
        change(Tag.SUBSISTENCE, date(2024, 1, 1), source="civil affairs"),
        change(Tag.SUBSISTENCE, date(2024, 1, 1), source="ledger"),
        change(Tag.SUBSISTENCE, date(2025, 1, 1), source="ledger", given=False),
    ]
    assert tags_on(history, date(2026, 1, 1)) == {Tag.SUBSISTENCE}


def test_words_of_lists_are_understood_and_others_are_given_back() -> None:
    assert parse_tags(["低保", "重度残疾", "subsistence", "老党员"]) == (
        {Tag.SUBSISTENCE, Tag.SEVERE_DISABILITY},
        ("老党员",),
    )
    assert set(TAG_TEXTS) == set(Tag) == set(TAG_WORDS.values())


def test_an_old_code_lies_where_its_successor_lies() -> None:
    assert Regions().present("130223104201") == "130284104201"
    assert Regions().lies_in("130223104201", "130284")
    assert Regions().lies_in("130284104201", "130223")
    assert Regions().lies_in("130223104201", "1302")
    assert not Regions().lies_in("130203001001", "130284")
    assert Regions().lies_in("", "")
    assert not Regions().lies_in("", "13")
    assert Regions().ancestors("130223104201") == ("130284104201", "130284104", "130284", "1302", "13")
