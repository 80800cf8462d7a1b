"""Sets behind I07, I08, V08, V10 and V11: they lose nobody on whom a rule fires, on either database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from auth_service.core.ids import new_id
from auth_service.enrollment.references import ReferencePhoto, form_reference_set
from auth_service.liveness.decision import PadDecision, PadReason, PadVerdict
from auth_service.matching.comparison import Zone
from auth_service.monitoring.rules.i07_changed_photo import ChangedPhoto
from auth_service.monitoring.rules.i08_changed_contact import ChangedContact
from auth_service.monitoring.rules.v08_low_margin import FEWEST, WIDEST, LowMargin
from auth_service.monitoring.rules.v10_silent_only import SilentOnly
from auth_service.monitoring.rules.v11_refused_and_weak import RefusedAndWeak
from auth_service.payments.proposals import Act, Ground
from auth_service.qualification.evidence import Channel, EvidenceKind
from auth_service.qualification.grades import EventKind
from auth_service.storage.candidates.contacts import phone_changes, phone_changes_of
from auth_service.storage.candidates.passes import (
    margins,
    margins_of,
    refused_of,
    refused_people,
    silent_of,
    silent_only,
)
from auth_service.storage.candidates.photos import photo_changes, photo_changes_of
from auth_service.storage.unit import Store
from tests.storage.samples import (
    NON_MATCH,
    NOW,
    OTHER_ENGINE,
    PASSED,
    PHOTO_ONLY,
    TRY_AGAIN,
    direct_sql,
    enrol,
    person,
    reference_photo,
    row,
    template,
)
from tests.storage.sweeping import DAY, act, at_work, attempt, compared, event, loses_nothing, member, swept

LIVE: dict[str, Any] = {
    "kind": EvidenceKind.FACE, "channel": Channel.PHONE, "attested_by": None,
    "pad": PadDecision(PadVerdict.BONA_FIDE, (PadReason.ATTESTED_BY_OFFICER,)),
}  # fmt: skip


def enrolled(seed: int, at: datetime, **changed: Any) -> ReferencePhoto:
    return replace(reference_photo(seed, **changed), enrolled_at=at)


def test_a_changed_photo_is_found_with_the_first_pass_after_it(store: Store, front: Store) -> None:
    changed, once, taken_out, measured, at_first = (person(store, place) for place in range(1, 6))
    begun = NOW - 300 * DAY
    for place, someone in enumerate((changed, once, taken_out, measured, at_first)):
        first, second = (
            enrolled(10 * place, begun),
            enrolled(10 * place + 1, begun),
        )
        with store.unit() as unit:
            old = enrol(unit, someone, first, second, at=begun)
            if someone == changed:
                new = enrolled(10 * place + 2, NOW - 20 * DAY)
                unit.references.add_photo(someone, new)
                unit.references.activate(form_reference_set(new_id(), someone, [first, new], NOW - 20 * DAY))
            elif someone == taken_out:
                unit.references.activate(form_reference_set(new_id(), someone, [first], NOW - 20 * DAY))
            elif someone == measured:
                again = form_reference_set(new_id(), someone, [first, second], NOW - 20 * DAY)
                unit.references.activate(again, derived_from=old)
            elif someone == at_first:
                new = enrolled(10 * place + 2, begun + DAY)
                unit.references.add_photo(someone, new)
                unit.references.activate(form_reference_set(new_id(), someone, [first, new], begun + DAY))
        attempt(store, someone, NOW - 30 * DAY, PASSED)
        attempt(store, someone, NOW - 10 * DAY, PASSED, **LIVE)
        attempt(store, someone, NOW - 5 * DAY, PASSED)
    found = swept(front, photo_changes)
    assert {one.person_id for one in found} == {changed, at_first}
    (flagged,) = (one for one in found if ChangedPhoto().judge(one, NOW))
    assert (flagged.person_id, flagged.added, flagged.kept, flagged.source) == (changed, 1, 1, "officer")
    assert (flagged.passed_at, flagged.channel) == (NOW - 10 * DAY, "phone")
    with at_work(store) as work:
        everybody = photo_changes_of(work, [changed, once, taken_out, measured, at_first], NOW)
    for rule in (ChangedPhoto(), ChangedPhoto(days=400, recent_days=400)):
        loses_nothing(found, everybody, rule.judge)


def test_photos_of_another_engine_are_a_change_of_what_was_enrolled_before(store: Store, front: Store) -> None:
    someone, begun = person(store), NOW - 300 * DAY
    with store.unit() as unit:
        enrol(unit, someone, enrolled(1, begun), at=begun)
        other = enrolled(2, NOW - DAY, template=template(2, OTHER_ENGINE))
        enrol(unit, someone, other, at=NOW - DAY)
    (facts,) = swept(front, photo_changes)
    assert (facts.added, facts.kept, facts.pass_id) == (1, 0, None)


def change_phone(store: Store, sequence: int, number: str, days: int) -> str:
    with store.unit() as unit:
        applied = unit.people.apply(row(sequence, phone=number), NOW - days * DAY, "batch")
        unit.contacts.keep_past(applied.person_id, applied.replaced, NOW - days * DAY, "batch")
    return applied.person_id


def test_a_changed_telephone_is_found_with_the_first_pass_by_camera_alone(store: Store, front: Store) -> None:
    li, wang = member(store, "li"), member(store, "wang")
    for place in range(1, 5):
        change_phone(store, place, "13800000001", 400)
    passed, attended, kept, doubted = (person(store, place) for place in range(1, 5))
    for place in (1, 2, 4):
        change_phone(store, place, "13800000002", 20)
    change_phone(store, 3, "13800000001", 20)
    act(store, doubted, Act.HOLD, (li, wang), NOW - 30 * DAY, ground=Ground.DEATH_RECORD)
    for someone in (passed, kept):
        attempt(store, someone, NOW - 10 * DAY, PASSED, **LIVE)
    attempt(store, attended, NOW - 10 * DAY, PASSED)
    found = swept(front, phone_changes)
    assert {one.person_id for one in found} == {passed, attended, doubted}
    fires = {one.person_id for one in found if ChangedContact().judge(one, NOW)}
    assert fires == {passed, doubted}
    assert {one.doubt_since for one in found if one.person_id == doubted} == {NOW - 30 * DAY}
    with at_work(store) as work:
        everybody = phone_changes_of(work, [passed, attended, kept, doubted], NOW)
    for rule in (ChangedContact(), ChangedContact(days=400, recent_days=400)):
        loses_nothing(found, everybody, rule.judge)


def test_low_margins_are_found_among_passes_of_the_calibration_of_the_last_one(store: Store, front: Store) -> None:
    low, high, once, falling, other, edge = (person(store, place) for place in range(1, 7))
    told = {
        low: (0.62, 0.65), high: (0.9, 0.95), once: (0.61,), falling: (0.99, 0.9, 0.8, 0.65), other: (0.62,),
        edge: (0.799, 0.799),
    }  # fmt: skip
    for someone, similarities in told.items():
        for place, similarity in enumerate(similarities):
            attempt(store, someone, NOW - (90 - place) * DAY, PASSED, comparison=compared(similarity))
    attempt(store, other, NOW - 100 * DAY, PASSED, comparison=compared(0.61, calibration="own@0"))
    attempt(store, low, NOW - 80 * DAY, TRY_AGAIN, comparison=compared(0.2, Zone.NON_MATCH))
    found = swept(front, margins)
    assert {one.person_id: len(one.passes) for one in found} == {low: 2, falling: 4, other: 1, edge: 2}
    assert {one.person_id for one in found if LowMargin().judge(one, NOW)} == {low, falling}
    with at_work(store) as work:
        everybody = margins_of(work, list(told), NOW)
    for rule in (LowMargin(), LowMargin(band_percent=WIDEST, least=FEWEST, falling=3)):
        loses_nothing(found, everybody, rule.judge)


def test_cycles_by_data_alone_are_found_as_the_sweep_left_them(store: Store, front: Store, url: str) -> None:
    wanted, ended, seen = (person(store, place) for place in range(1, 4))
    reasons = '[{"why":"passed_by_data","on":"2026-01-05"},{"why":"seen_seldom","on":"2026-02-28"}]'
    columns = "person_id, kind, state, due_on, may_propose_hold, sample_wanted, restore_first, reasons, judged_at"
    for someone, state, sample in (
        (wanted, "normal", "true"),
        (ended, "terminated", "true"),
        (seen, "normal", "false"),
    ):
        values = f"'{someone}', 'resident_pension', '{state}', '2026-12-31', false, {sample}, false"
        told = reasons.replace(":", r"\:")  # a colon begins a parameter
        direct_sql(url, f"INSERT INTO life_states ({columns}) VALUES ({values}, '{told}', '2026-03-10 00:00:00')")
    found = swept(front, silent_only)
    assert {(one.person_id, one.since, one.ended) for one in found} == {
        (wanted, date(2026, 2, 28), False), (ended, date(2026, 2, 28), True),
    }  # fmt: skip
    with at_work(store) as work:
        loses_nothing(found, silent_of(work, [wanted, ended, seen]), SilentOnly().judge)


def test_refused_faces_are_found_with_what_else_is_known(store: Store, front: Store) -> None:
    flagged, no_signs, doctor, passed, photos, once = (person(store, place) for place in range(1, 7))
    for someone in (flagged, no_signs, doctor, passed):
        for days in (20, 10):
            attempt(store, someone, NOW - days * DAY, TRY_AGAIN, comparison=NON_MATCH, **LIVE)
    attempt(store, once, NOW - 10 * DAY, TRY_AGAIN, comparison=NON_MATCH, **LIVE)
    for days in (20, 10):
        bare: dict[str, Any] = {"kind": EvidenceKind.PHOTO, "attested_by": None, "pad": PHOTO_ONLY}
        attempt(store, photos, NOW - days * DAY, TRY_AGAIN, comparison=NON_MATCH, **bare)
    for someone in (flagged, doctor, passed, photos, once):
        event(store, someone, EventKind.PHONE_ACTIVE, date(2026, 2, 1), days=20)
    event(store, doctor, EventKind.VACCINATION, date(2025, 6, 1), days=200)
    attempt(store, passed, NOW - 5 * DAY, PASSED)
    found = swept(front, refused_people)
    assert {one.person_id for one in found} == {flagged, doctor, passed, once}
    assert {one.person_id for one in found if RefusedAndWeak().judge(one, NOW)} == {flagged}
    with at_work(store) as work:
        everybody = refused_of(work, [flagged, no_signs, doctor, passed, photos, once], NOW)
    for rule in (RefusedAndWeak(), RefusedAndWeak(refusals=1, months=60)):
        loses_nothing(found, everybody, rule.judge)


@pytest.mark.parametrize("wanted", [photo_changes, phone_changes, margins, silent_only, refused_people])
def test_an_empty_database_has_no_facts(front: Store, wanted: Any) -> None:
    assert swept(front, wanted) == []
