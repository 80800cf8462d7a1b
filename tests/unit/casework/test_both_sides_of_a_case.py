"""The time line marks what clashes, both sides are listed, and a pack says the same of the same facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from auth_service.casework.case import CaseAct, CaseEvent, CaseState, Cause, Standing
from auth_service.casework.disposition import Outcome, Step
from auth_service.casework.evidence_pack import Packed, digest_of, document_of
from auth_service.casework.time_line import Entry, Track, end_of_right, time_line
from auth_service.casework.weighing import Against, For, Knowledge, Weighed, theories_of, weigh
from auth_service.monitoring.flags import Flag, Severity

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
DEATH = Entry(Track.RECORD, date(2026, 1, 15), date(2026, 1, 15), "death", ends=True)
PASSED = Entry(Track.PASS, date(2026, 2, 2), date(2026, 2, 2), "face")


def paid(month: str, on: date) -> Entry:
    return Entry(Track.PAYMENT, on, on, "settled", "148.00", month)


def test_passes_and_payments_after_a_registered_death_are_marked() -> None:
    january, february = paid("2026-01", date(2026, 2, 5)), paid("2026-02", date(2026, 2, 5))
    earlier = replace(PASSED, first=date(2026, 1, 15), last=date(2026, 1, 15))
    found = time_line([february, PASSED, january, DEATH, earlier])
    assert [one.first for one in found] == sorted(one.first for one in found)
    clashing = [(one.track, one.month) for one in found if one.clashes]
    assert clashing == [(Track.PASS, ""), (Track.PAYMENT, "2026-02")]


def test_an_uncertain_day_is_a_span_and_clashes_from_its_beginning() -> None:
    month = replace(DEATH, first=date(2025, 12, 1), last=date(2025, 12, 31))
    end = end_of_right([DEATH, month])
    assert end is not None
    assert (end.earliest, end.latest) == (date(2025, 12, 1), date(2026, 1, 15))
    (_, _, payment) = time_line([DEATH, month, paid("2026-01", date(2026, 2, 5))])
    assert payment.clashes


def test_without_a_registered_end_nothing_clashes() -> None:
    assert not any(one.clashes for one in time_line([PASSED, paid("2026-02", date(2026, 2, 5))]))


def known(**changed: Any) -> Knowledge:
    return replace(Knowledge((), (), passed_after=False, paid_after=False, false_flags=0), **changed)


def record(**changed: str) -> dict[str, str]:
    return {"source": "civil", "strength": "strong", "event_date": "2026-01-15", "name_level": "exact", **changed}


def test_both_sides_are_listed() -> None:
    called = CaseEvent(CaseAct.STEP, "chen", NOW, "", Step.CALL, Outcome.REACHED)
    records = (record(), record(source="police", event_date="2026-01-20", sex_level="different"))
    found = weigh(known(records=records, steps=(called,), passed_after=True, paid_after=True))
    assert found.speaks_for == (For.RECORD_FITS, For.SEVERAL_SOURCES, For.PAID_AFTER)
    assert found.speaks_against == (
        Against.PASSED_AFTER, Against.REACHED, Against.FIELDS_DIFFER, Against.DATES_DISAGREE,
    )  # fmt: skip


def test_a_weak_link_speaks_against_and_nothing_known_speaks_neither_way() -> None:
    assert weigh(known(records=(record(strength="weak"),))) == Weighed((), (Against.RECORD_WEAK,))
    assert weigh(known()) == Weighed((), ())


def test_a_pass_after_a_registered_death_keeps_two_theories_open() -> None:
    assert len(theories_of(Cause.DEATH, passed_after_death=True)) == 2
    assert theories_of(Cause.DEATH, passed_after_death=False) == ()


def _packed(**changed: Any) -> Packed:
    flag = Flag("D01", 1, Severity.CRITICAL, ("p",), record(), "D01:x", NOW, (("probe", "photo-1"),))
    standing = Standing(CaseState.NEW, Severity.CRITICAL, 1, date(2026, 3, 17))
    events = [CaseEvent(CaseAct.GATHERED, None, NOW), CaseEvent(CaseAct.ASSIGNED, "id-chen", NOW, "", assignee="x")]
    packed = Packed(
        "c" * 32, Cause.DEATH, standing, {"person_key": "TS-1", "name": "王**"}, [("f", flag, [])], events,
        time_line([DEATH, PASSED]), Weighed((), (Against.PASSED_AFTER,)), {"id-chen": "chen"}, photos=False,
    )  # fmt: skip
    return replace(packed, **changed)


def test_a_pack_of_the_same_facts_has_the_same_digest() -> None:
    assert digest_of(document_of(_packed(), NOW, "chen")) == digest_of(document_of(_packed(), NOW, "chen"))
    other = _packed(weighed=Weighed((), ()))
    assert digest_of(document_of(other, NOW, "chen")) != digest_of(document_of(_packed(), NOW, "chen"))


def test_a_pack_names_photos_to_whoever_may_see_faces_and_staff_by_their_names() -> None:
    assert document_of(_packed(), NOW, "chen")["flags"][0]["photos"] == []
    document = document_of(_packed(photos=True), NOW, "chen")
    assert document["flags"][0]["photos"] == ["probe"]
    assert [act["by"] for act in document["acts"]] == ["machine", "chen"]
    assert "photo-1" not in str(document)
