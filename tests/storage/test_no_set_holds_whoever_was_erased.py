"""Whoever was erased is in no set that rules look through, from the moment on in which their key is destroyed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from auth_service.beneficiaries.tags import Tag
from auth_service.monitoring.rules import SWEPT, swept
from auth_service.payments.proposals import Act, Ground
from auth_service.payments.rows import PaymentStatus
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.grades import EventKind
from auth_service.storage.unit import Store
from tests.builders import id_number
from tests.storage.samples import NON_MATCH, NOW, PASSED, TRY_AGAIN, direct_sql, enrol, person, reference_photo, row
from tests.storage.sweeping import DAY, act, attempt, compared, event, member, pay

LIVE: dict[str, Any] = {"kind": EvidenceKind.FACE, "channel": Channel.PHONE, "attested_by": None}
OF_REVIEWERS = "overrides"
"""Counts what members of staff decided, and is about nobody else."""
STATE = "person_id, kind, state, due_on, may_propose_hold, sample_wanted, restore_first, reasons, judged_at"


@pytest.fixture
def lives(store: Store, url: str) -> tuple[str, str]:
    """Two old namesakes with one account in whose lives every set finds something."""
    hands = member(store, "li"), member(store, "wang")
    people = [_somebody(store, url, place, hands) for place in (1, 2)]
    return people[0], people[1]


def _somebody(store: Store, url: str, place: int, hands: tuple[str, str]) -> str:
    number = id_number(date(1935, 5, 2), place)
    told = {"id_number": number, "birth_date": "1935-05-02", "phone": "13800000001", "bank_account": "62220001",
            "account_holder": "赵六"}  # fmt: skip
    someone = person(store, place, **told)
    with store.unit() as unit:
        applied = unit.people.apply(row(place, **{**told, "phone": "13800000002"}), NOW - 20 * DAY, "batch")
        unit.contacts.keep_past(someone, applied.replaced, NOW - 20 * DAY, "batch")
        enrol(unit, someone, reference_photo(10 * place), at=NOW - 300 * DAY)
        enrol(unit, someone, reference_photo(10 * place + 1), at=NOW - 30 * DAY)
        unit.life_events.set_tags(someone, [Tag.SUBSISTENCE], "ledger", NOW - 60 * DAY, "b")
    for days in (25, 24):
        attempt(store, someone, NOW - days * DAY, PASSED, comparison=compared(0.61))
        attempt(store, someone, NOW - (days - 5) * DAY, TRY_AGAIN, comparison=NON_MATCH, **LIVE)
    event(store, someone, EventKind.PHONE_ACTIVE, date(2026, 2, 1), days=20)
    act(store, someone, Act.HOLD, hands, NOW - 40 * DAY)
    act(store, someone, Act.TERMINATE, hands, NOW - 39 * DAY, ground=Ground.DEATH_CONFIRMED)
    pay(store, someone, "2026-01", added_at=NOW - 40 * DAY, batch="one")
    pay(store, someone, "2026-01", paid_on=date(2026, 1, 2), batch="two")
    pay(store, someone, "2026-02")
    pay(store, someone, "2025-12", status=PaymentStatus.WITHHELD)
    values = f"'{someone}', 'resident_pension', 'normal', '2026-12-31', false, true, false, '[]', '2026-03-10 00:00:00'"
    direct_sql(url, f"INSERT INTO life_states ({STATE}) VALUES ({values})")
    return someone


def facts_of(store: Store, name: str) -> list[Any]:
    found, place = list[Any](), ""
    while True:
        with store.reading() as unit:
            page = unit.candidates(name, place, 1, NOW)
        if not page:
            return found
        found, place = found + page, page[-1].place


SETS = sorted({rule.candidates for rule in SWEPT} - {OF_REVIEWERS})


def test_only_a_set_of_reviewers_is_about_nobody_else() -> None:
    assert swept("C02").candidates == OF_REVIEWERS


def test_every_set_finds_something_in_these_lives(store: Store, lives: tuple[str, str]) -> None:
    assert [name for name in SETS if not facts_of(store, name)] == []


def test_once_both_are_erased_no_set_finds_anything(store: Store, lives: tuple[str, str]) -> None:
    with store.unit() as unit:
        for someone in lives:
            assert unit.people.destroy_key(someone, NOW)
    assert {name: found for name in SETS if (found := facts_of(store, name))} == {}


def test_whoever_is_left_is_found_as_if_the_other_had_never_been(store: Store, lives: tuple[str, str]) -> None:
    gone, left = lives
    before = {name: facts_of(store, name) for name in SETS}
    with store.unit() as unit:
        assert unit.people.destroy_key(gone, NOW)
    for name in SETS:
        found = facts_of(store, name)
        if name in {"shared_accounts", "namesakes"}:
            assert found == [], f"{name}: nobody is left to share with"
        else:
            assert found == [one for one in before[name] if one.person_id == left], name
