"""DuckDB only narrows down: what it lets through contains every pair that a rule fires on, whatever the order."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.id_number import Sex, check_character
from auth_service.core.errors import LinkageRoomExceeded
from auth_service.crosscheck.agreement import agree, compared_person, compared_record
from auth_service.crosscheck.linkage import Pair, assign, judged
from auth_service.crosscheck.records import PersonFacts, RegistryFacts
from auth_service.crosscheck.rules import Strength
from auth_service.engines.linkage import Linkage
from auth_service.engines.linkage_tables import PeopleColumns, open_memory
from auth_service.engines.syllables import syllables
from tests.crosscheck.world import World, build


@pytest.fixture(scope="module")
def world() -> World:
    """Small enough to judge every pair, dense enough for namesakes, and with the borders that no registry keeps to."""
    made = build(600, 60, seed=3)
    people, records = list(made.people()), made.records
    for place in range(0, 45, 3):
        one, record = people[place], records[place]
        day = one.birth or PartialDate(1950, 1, 1)
        births = (PartialDate(day.year), PartialDate(day.year, day.month), day, None)
        bare = RegistryFacts(f"x{place}", "", one.name, None, births[place // 3 % 4], one.region)
        records.append(bare)
        records.append(replace(record, record_id=f"y{place}", id_text=one.id_number[:17] + "0", birth=None))
        near = f"{one.id_number[:16]}{(int(one.id_number[16]) + 2) % 10}"
        records.append(RegistryFacts(f"z{place}", near + check_character(near), one.name, None, one.birth))
        records.append(RegistryFacts(f"w{place}", "", one.name[:-1] + "某", one.sex, one.birth, one.region))
    return made


def test_the_same_findings_as_every_pair_judged(world: World) -> None:
    people = [(one.person_id, compared_person(one)) for one in world.people()]
    every = []
    for facts in world.records:
        record = compared_record(facts)
        for person_id, person in people:
            agreement = agree(record, person, syllables())
            if judged(agreement) is not None:
                every.append(Pair(person_id, facts.record_id, agreement))
    settled = {
        pair.record_id for pair in every if (rule := judged(pair.agreement)) and rule[0].strength is Strength.STRONG
    }
    expected = [f for f in assign(every) if f.record_id not in settled or f.rule[1] in "013"]
    with Linkage(world.people()) as linkage:
        found = linkage.findings(world.records)
    assert {f.rule for f in found} >= {"L01", "L02", "L03", "L10", "L13", "L20", "L22", "L24", "L30"}
    assert [f for f in found if f.record_id not in settled or f.rule[1] in "013"] == expected


def test_the_order_of_rows_does_not_matter(world: World) -> None:
    people, records = list(world.people()), list(world.records)
    with Linkage(people) as linkage:
        found = linkage.findings(records)
    random.Random(5).shuffle(people)
    random.Random(6).shuffle(records)
    with Linkage(people, threads=1) as linkage:
        assert linkage.findings(records) == found


def test_batches_change_nothing_and_progress_is_heard(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with Linkage(world.people()) as linkage:
        whole = linkage.findings(world.records)
        monkeypatch.setattr("auth_service.engines.linkage.RECORDS_AT_ONCE", 50)
        heard: list[int] = []
        assert linkage.findings(world.records, heard=heard.append) == whole
    assert sum(heard) == len(world.records)
    assert max(heard) == 50


def test_by_itself_a_record_finds_the_same_whatever_is_read_with_it(world: World) -> None:
    with Linkage(world.people()) as linkage:
        together = linkage.each(world.records)
        parts = [linkage.each(world.records[start : start + 7]) for start in range(0, len(world.records), 7)]
        assert sorted(together, key=repr) == sorted((found for part in parts for found in part), key=repr)
        first = world.records[0]
        twice = linkage.each([first, replace(first, record_id="again")])
    assert {found.strength for found in twice} == {Strength.STRONG}, "two files about one person: both mean them"
    assert len({found.person_id for found in twice}) == 1


def test_a_disproved_pair_is_not_raised_again(world: World) -> None:
    with Linkage(world.people()) as linkage:
        first = linkage.findings(world.records)[0]
        again = linkage.findings(world.records, {(first.person_id, first.record_id)})
    assert (first.person_id, first.record_id) not in {(f.person_id, f.record_id) for f in again}


def test_nobody_and_nothing_give_no_findings() -> None:
    record = RegistryFacts("r", "130203195010010029", "张秀英")
    with Linkage([]) as linkage:
        assert linkage.findings([record]) == []
    with Linkage([PersonFacts("p", record.id_text, record.name)]) as linkage:
        assert linkage.findings([]) == []
        assert linkage.findings([RegistryFacts("r", "", "")]) == []


def test_a_name_in_another_writing_meets_its_person() -> None:
    person = PersonFacts(
        "p", "130203195010010029", "阿不力孜·买买提", Sex.FEMALE, PartialDate(1950, 10, 1), "130223001201"
    )
    record = RegistryFacts("r", "", "阿不力孜 ．买买提", Sex.FEMALE, PartialDate(1950, 10, 1), "130284001201")
    with Linkage([person]) as linkage:
        assert [f.rule for f in linkage.findings([record])] == ["L20"]


def test_too_little_room_is_told_by_its_own_error_and_loses_nothing(world: World) -> None:
    with pytest.raises(LinkageRoomExceeded):
        Linkage(PeopleColumns.of(list(world.people()) * 40), memory_bytes=1_000_000)


def test_the_database_in_memory_reads_and_writes_no_file(tmp_path: object) -> None:
    connection = open_memory(1, 10**8)
    for statement in (f"COPY (SELECT 1) TO '{tmp_path}/leak.csv'", "SET temp_directory = '/tmp'"):
        with pytest.raises(Exception, match=r"(?i)disabled|locked|permission"):
            connection.execute(statement)
    connection.close()


def test_columns_hold_what_the_rows_say() -> None:
    columns = PeopleColumns.of([PersonFacts("p", "n", "张", Sex.MALE, PartialDate(1950, 3), "1302")])
    assert (columns.births.dtype, columns.births[0], columns.sexes[0]) == (np.int32, 19500300, 1)


def test_a_character_sounds_without_its_tone() -> None:
    sounds = syllables()
    assert [sounds[character] for character in "张伟吕黄兰"] == ["zhang", "wei", "lv", "huang", "lan"]
