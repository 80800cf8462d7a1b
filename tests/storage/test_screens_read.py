"""The monitor's queue, counts and person summaries."""

from __future__ import annotations

import base64
import json

import pytest

from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.core.errors import FieldInvalid
from auth_service.monitoring.flags import Judgement, Severity, Verdict
from auth_service.storage.unit import Store
from tests.storage.samples import NOW, PASSED, enrol, evidence, flag, number, person, reference_photo


def raise_flags(store: Store) -> dict[str, str]:
    """Six flags: name -> id."""
    someone, other = person(store, 1, region_code="130203", person_key="K1"), person(store, 2, region_code="130283")
    made = {
        "old medium": flag(someone, key="a"),
        "new medium": flag(other, key="b", minutes=5),
        "critical": flag(someone, other, key="c", severity=Severity.CRITICAL, minutes=1),
        "high": flag(key="d", severity=Severity.HIGH),
        "twin one": flag(someone, key="e", severity=Severity.LOW),
        "twin two": flag(someone, key="f", severity=Severity.LOW),
    }
    with store.unit() as unit:
        ids = {name: unit.flags.raise_once(one) for name, one in made.items()}
        first = unit.judgements.add(Judgement(ids["high"] or "", Verdict.NEEDS_CHECK, "查", "s", NOW), None)
        unit.judgements.add(Judgement(ids["high"] or "", Verdict.FALSE_FLAG, "误", "s", NOW), first)
        unit.judgements.add(Judgement(ids["old medium"] or "", Verdict.NEEDS_CHECK, "查", "s", NOW), None)
    return {name: str(flag_id) for name, flag_id in ids.items()}


def names(store: Store, ids: dict[str, str], **wanted: object) -> list[str]:
    by_id = {flag_id: name for name, flag_id in ids.items()}
    return [by_id[line.id] for line in store.queries.flags(**wanted).rows]  # type: ignore[arg-type]


def test_the_worst_come_first_then_the_newest(store: Store) -> None:
    ids = raise_flags(store)
    found = names(store, ids)
    assert found[:4] == ["critical", "high", "new medium", "old medium"]
    assert sorted(found[4:]) == ["twin one", "twin two"]


def test_pages_join_without_gap_or_repetition(store: Store) -> None:
    ids = raise_flags(store)
    for size in (1, 2, 3, 6, 100):
        found, cursor = [], None
        while True:
            page = store.queries.flags(cursor=cursor, limit=size)
            found += [line.id for line in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(found) == len(set(found)) == len(ids), size


def test_filters_narrow_the_queue(store: Store) -> None:
    ids = raise_flags(store)
    assert sorted(names(store, ids, state="open")) == ["critical", "new medium", "twin one", "twin two"]
    assert names(store, ids, state="needs_check") == ["old medium"]
    assert names(store, ids, state="false_flag") == ["high"]
    assert names(store, ids, severity=Severity.CRITICAL) == ["critical"]
    assert names(store, ids, rule_id="V99") == []
    assert names(store, ids, region="130283") == ["critical", "new medium"]
    assert names(store, ids, region="%") == []
    assert store.queries.flag_counts() == {"open": 4, "needs_check": 1, "false_flag": 1}


def test_a_line_names_people_by_their_keys_only(store: Store) -> None:
    ids = raise_flags(store)
    line = store.queries.flags(severity=Severity.CRITICAL).rows[0]
    assert (line.id, line.rule_id, line.verdict, line.region) == (ids["critical"], "V03", None, "130203")
    assert line.person_keys[0] == "K1"
    assert len(line.person_keys) == 2
    assert store.queries.flags("false_flag").rows[0].verdict is Verdict.FALSE_FLAG


NOT_A_PLACE = (
    [],
    {},
    7,
    [1, 2, 3],
    ["a", "b", "c"],
    [True, "2026-03-10T00:00:00+00:00", "x"],
    [0, "2026-03-10", "x"],
)
HOSTILE_CURSORS = ["", "x", "!!!!", "AAAA", "Ünicode"] + [
    base64.urlsafe_b64encode(json.dumps(value).encode()).decode() for value in NOT_A_PLACE
]


@pytest.mark.parametrize("cursor", HOSTILE_CURSORS)
def test_a_made_up_cursor_is_refused(on_sqlite: Store, cursor: str) -> None:
    with pytest.raises(FieldInvalid):
        on_sqlite.queries.flags(cursor=cursor)


def test_an_unknown_state_is_refused(on_sqlite: Store) -> None:
    with pytest.raises(FieldInvalid):
        on_sqlite.queries.flags("closed")


def test_a_summary_masks_name_and_number(store: Store) -> None:
    someone = person(store, 12, name="欧阳秀英", region_code="130203", person_key="K7")
    with store.unit() as unit:
        unit.evidence.add(evidence(someone), PASSED)
    found = store.queries.person_summary(someone)
    assert found is not None
    assert (found.person_key, found.region_code, found.birth_year, found.sex) == ("K7", "130203", 1948, Sex.FEMALE)
    assert (found.benefits, found.last_pass) == ((BenefitKind.RESIDENT_PENSION,), NOW)
    assert found.masked_name == "欧**"
    assert found.masked_id_number == f"130203********{number(12)[-4:]}"
    assert store.queries.person_summary("0" * 32) is None


def test_totals_count_everything_once(store: Store) -> None:
    someone = person(store, 1)
    person(store, 2)
    with store.unit() as unit:
        enrol(unit, someone, reference_photo(1), reference_photo(2))
        unit.flags.raise_once(flag(someone))
    assert store.queries.totals() == {
        "beneficiaries": 2,
        "enrolled_people": 1,
        "stored_faces": 2,
        "certificates": 0,
        "flags_open": 1,
        "audit_rows": 0,
    }
