"""A ledger row adds or changes; again, it changes nothing; what it leaves out stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.beneficiaries.dates import PartialDate
from auth_service.beneficiaries.person import Benefit, BenefitKind
from auth_service.core.errors import RowConflict
from auth_service.storage.unit import Store
from tests.storage.samples import NOW, number, row

FULL = {
    "person_key": "K1",
    "sex": "女",
    "birth_date": "1948-05",
    "region_code": "130203",
    "village": "果园乡东村",
    "address": "建设路 1 号",
    "phone": "0315-1234567",
    "bank_account": "6228 4800 1234",
    "account_holder": "王秀英",
    "contact_name": "李建国",
    "contact_phone": "13800000000",
    "tags": "低保;独居",
    "award_month": "2008-06",
    "monthly_amount": "163.50",
}
RARE_NAMES = [
    "𠮷野𬎆",
    "买买提·艾力•吐尔逊",
    "夏",
    "阿" * 60,
    "محمد علی",
    "Robert'); DROP TABLE people;--",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "\ue863某",
    "Ｆｕｌｌ　Ｗｉｄｔｈ",
]


def test_everything_a_row_says_is_kept(store: Store) -> None:
    with store.unit() as unit:
        applied = unit.people.apply(row(**FULL), NOW, "b1")
    assert (applied.change, applied.person_key, applied.key_made) == ("added", "K1", False)
    with store.reading() as unit:
        kept = unit.people.by_id_number(number(1))
        assert unit.people.get(applied.person_id) == kept
        assert unit.people.count() == 1
        bank = unit.bank.of(applied.person_id)
    assert kept is not None
    assert (bank.account, bank.holder) == (row(**FULL).bank_account, "王秀英")
    expected = row(**FULL)
    for name in ("name", "sex", "region_code", "village", "address", "phone",
                 "contact_name", "contact_phone", "tags", "id_number"):  # fmt: skip
        assert getattr(kept, name) == getattr(expected, name), name
    assert kept.birth_date == PartialDate(1948, 5)
    assert kept.birth_year == 1948
    assert kept.benefits == (expected.benefit,)


def test_the_same_row_again_changes_nothing(store: Store) -> None:
    with store.unit() as unit:
        first = unit.people.apply(row(**FULL), NOW, "b1")
        again = unit.people.apply(row(**FULL), NOW, "b2")
    assert again == replace(first, change="unchanged", changed_fields=())


def test_what_a_row_leaves_out_stays_as_it_was(store: Store) -> None:
    with store.unit() as unit:
        unit.people.apply(row(**FULL), NOW, "b1")
        before = unit.people.by_id_number(number(1))
        silent = replace(row(), birth_date=None, sex=None)
        assert unit.people.apply(silent, NOW, "b2").change == "unchanged"
        assert unit.people.by_id_number(number(1)) == before


def test_what_differs_is_changed_and_named(store: Store) -> None:
    with store.unit() as unit:
        unit.people.apply(row(**FULL), NOW, "b1")
        new = {**FULL, "phone": "13911111111", "region_code": "130208", "monthly_amount": "170", "tags": ""}
        applied = unit.people.apply(row(**new), NOW, "b2")
        kept = unit.people.by_id_number(number(1))
    assert (applied.change, applied.changed_fields) == ("changed", ("monthly_amount", "phone", "region_code", "tags"))
    assert kept is not None
    assert (kept.phone, kept.region_code, kept.tags) == ("13911111111", "130208", ())


def test_a_second_benefit_joins_the_first(store: Store) -> None:
    with store.unit() as unit:
        unit.people.apply(row(**FULL), NOW, "b1")
        other = replace(row(benefit_kind="工伤"), birth_date=None, sex=None)
        applied = unit.people.apply(other, NOW, "b2")
        kept = unit.people.by_id_number(number(1))
    assert applied.changed_fields == ("benefit_kind",)
    assert kept is not None
    assert {benefit.kind for benefit in kept.benefits} == {BenefitKind.RESIDENT_PENSION, BenefitKind.WORK_INJURY}
    assert Benefit(BenefitKind.WORK_INJURY) in kept.benefits


def test_a_missing_person_key_is_made_once(store: Store) -> None:
    with store.unit() as unit:
        first = unit.people.apply(row(), NOW, "b1")
        again = unit.people.apply(row(), NOW, "b2")
    assert (first.key_made, again.key_made) == (True, False)
    assert first.person_key == again.person_key


@pytest.mark.asvs("2.2.3")
def test_a_person_key_belongs_to_one_id_number(store: Store) -> None:
    with store.unit() as unit:
        unit.people.apply(row(1, person_key="K1"), NOW, "b1")
        for wrong in (row(2, person_key="K1"), row(1, person_key="K2")):
            with pytest.raises(RowConflict) as refused:
                unit.people.apply(wrong, NOW, "b1")
            assert refused.value.field == "person_key"
        assert unit.people.count() == 1


def test_a_number_is_found_however_it_is_written(store: Store) -> None:
    with store.unit() as unit:
        applied = unit.people.apply(row(), NOW, "b1")
        spaced = f"{number(1)[:6]} {number(1)[6:14]}-{number(1)[14:].lower()}"
        fifteen = number(1)[:6] + number(1)[8:17]
        assert [unit.people.id_of(text) for text in (spaced, fifteen)] == [applied.person_id] * 2
        assert unit.people.id_of(number(9)) is None
        assert unit.people.by_id_number(number(9)) is None
        assert unit.people.get("0" * 32) is None


@pytest.mark.parametrize("name", RARE_NAMES)
def test_names_are_kept_exactly_as_given(store: Store, name: str) -> None:
    with store.unit() as unit:
        applied = unit.people.apply(row(name=name), NOW, "b1")
    with store.reading() as unit:
        kept = unit.people.get(applied.person_id)
    assert kept is not None
    assert kept.name == name
