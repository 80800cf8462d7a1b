"""A case as people see it: its line of time, its sums, its place in the queue, its pack, and what it leaves behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.beneficiaries.person import BenefitKind
from auth_service.casework.case import Cause
from auth_service.casework.disposition import Disposition, Outcome, Step
from auth_service.casework.evidence_pack import digest_of
from auth_service.casework.time_line import Track
from auth_service.casework.weighing import Against, For
from auth_service.connectors.case_packs import check_pack, pack_text
from auth_service.core.errors import (
    ErasureHeldBack,
    FieldInvalid,
    FileUnreadable,
    SealBroken,
)
from auth_service.flows.work_case import Checked
from auth_service.monitoring.flags import Severity, Verdict
from auth_service.payments.proposals import Act, Ground
from auth_service.storage.queries import CaseFilter
from auth_service.storage.records.proposals import Proposals
from tests.builders import LI, Agency
from tests.conftest import FixedClock
from tests.flows.casing import Desk
from tests.flows.erasing import Privacy


@pytest.fixture
def desk(agency: Agency, clock: FixedClock) -> Desk:
    return Desk(agency, clock)


def test_the_line_shows_records_payments_and_steps_and_marks_what_clashes(desk: Desk) -> None:
    desk.money.pay("2025-11", "2026-02")
    desk.died("2025-12")
    desk.gather()
    desk.take()
    desk.check(Step.CALL, Outcome.REACHED)
    shown = desk.shown()
    clashing = [(entry.track, entry.month) for entry in shown.entries if entry.clashes]
    assert clashing == [(Track.PAYMENT, "2026-01"), (Track.PAYMENT, "2026-02")]
    assert {Track.RECORD, Track.PAYMENT, Track.CASE} <= {entry.track for entry in shown.entries}
    assert For.PAID_AFTER in shown.weighed.speaks_for
    assert Against.REACHED in shown.weighed.speaks_against


def test_what_may_have_been_paid_too_much_is_a_span_until_the_day_is_sure(desk: Desk) -> None:
    desk.money.pay("2025-11", "2026-02")
    desk.died("2025-11-30")
    desk.died("2026-01-02", source="police")
    desk.gather()
    (found,) = desk.shown().overpaid
    assert (str(found.least), str(found.most)) == ("148.00", "444.00")
    assert Against.DATES_DISAGREE in desk.shown().weighed.speaks_against


def test_what_is_held_of_somebody_about_whom_nothing_was_wrong_comes_first(desk: Desk) -> None:
    desk.died()
    desk.money.do(Act.HOLD, Ground.DEATH_RECORD)
    desk.gather()
    desk.close(Disposition.DATA_ERROR)
    assert desk.shown().restore_first
    queries = desk.store.queries
    assert [row.id for row in queries.cases(CaseFilter("restore")).rows] == [desk.case.id]
    assert queries.case_counts("", desk.clock.now().date())["restore"] == 1
    desk.later()
    desk.money.restore()
    assert not desk.shown().restore_first
    assert queries.cases(CaseFilter("restore")).rows == ()


def test_many_cases_that_were_cleared_are_counted_in_a_few_statements(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    li = desk.money.add_person(LI, "TS-2")
    desk.died()
    desk.money.do(Act.HOLD, Ground.DEATH_RECORD)
    desk.money.restore()
    desk.later()
    desk.money.do(Act.HOLD, Ground.DATA_CONFLICT)
    desk.gather()
    desk.close(Disposition.FALSE_ALARM)
    with desk.store.reading() as unit:
        one_by_one = unit.proposals.history(desk.person, BenefitKind.RESIDENT_PENSION)
        at_once = unit.proposals.histories([desk.person, li])
    assert {benefit: tuple(acts) for benefit, acts in at_once.items()} == {
        (desk.person, BenefitKind.RESIDENT_PENSION.value): one_by_one
    }
    monkeypatch.setattr(Proposals, "history", lambda *_: pytest.fail("asked person by person"))
    assert desk.store.queries.case_counts("", desk.clock.now().date())["restore"] == 1
    assert len(desk.store.queries.cases(CaseFilter("restore")).rows) == 1


def test_the_queue_is_sorted_filtered_and_paged(desk: Desk) -> None:
    li = desk.money.add_person(LI, "TS-2")
    desk.flag("V03", Severity.MEDIUM)
    desk.flag("D01", Severity.CRITICAL, "li", li)
    desk.flag("P05", Severity.CRITICAL)
    desk.flag("P01", Severity.HIGH)
    desk.gather()
    queries, now = desk.store.queries, desk.clock.now()
    rows = queries.cases(CaseFilter("open")).rows
    assert [row.cause for row in rows] == [Cause.PAYMENT, Cause.DEATH, Cause.VERIFICATION]
    first = queries.cases(CaseFilter("open"), limit=2)
    second = queries.cases(CaseFilter("open"), first.next_cursor, 2)
    assert [row.id for row in (*first.rows, *second.rows)] == [row.id for row in rows]
    assert second.next_cursor is None
    assert [row.cause for row in queries.cases(CaseFilter("open", cause=Cause.DEATH)).rows] == [Cause.DEATH]
    assert len(queries.cases(CaseFilter("open", severity=Severity.CRITICAL, region="1302")).rows) == 2
    assert queries.cases(CaseFilter("open", region="44")).rows == ()
    with pytest.raises(FieldInvalid):
        queries.cases(CaseFilter("open"), "nonsense")
    desk.working.assign(rows[0].id, "chen", desk.monitor)
    counts = queries.case_counts(desk.monitor.id, now.date() + timedelta(days=10))
    assert (counts["mine"], counts["overdue"], counts["open"], counts["new"]) == (1, 2, 3, 2)
    mine = queries.cases(CaseFilter("mine", staff=desk.monitor.id))
    assert [row.id for row in mine.rows] == [rows[0].id]


def test_an_erasure_waits_for_an_open_case_and_what_stays_names_nobody(desk: Desk, privacy: Privacy) -> None:
    desk.died()
    desk.gather()
    desk.take()
    desk.check(note="电话 13800000000 无人接")
    with pytest.raises(ErasureHeldBack):
        privacy.run()
    desk.propose(Disposition.DUPLICATE)
    desk.approve()
    privacy.run()
    shown = desk.shown()
    assert shown.stored.notes_gone
    assert (shown.person.masked_name, shown.notices) == (None, ())
    assert [event.note for event in shown.stored.events] == [""] * 5
    assert desk.gather()["flags"] == 0


def test_looks_and_packs_are_in_the_audit_trail(desk: Desk) -> None:
    desk.died()
    desk.gather()
    desk.shown()
    signed = desk.seeing.pack(desk.case.id, desk.monitor)
    keys = {desk.agency.signer.key_id: desk.agency.signer.public_key()}
    assert check_pack(pack_text(signed), keys)["case"] == desk.case.id
    with pytest.raises(SealBroken):
        check_pack(pack_text({**signed, "disposition": "confirmed_death"}), keys)
    with pytest.raises(SealBroken):
        check_pack(pack_text(signed), {})
    with pytest.raises(FileUnreadable):
        check_pack("{}", keys)
    assert "王秀英" not in str(signed)
    with desk.store.reading() as unit:
        rows = list(unit.audit.rows())
    assert {"case.act", "case.seen", "case.packed"} <= {row.event.action for row in rows}
    digests = [(row.event.details or {}).get("sha256") for row in rows if row.event.action == "case.packed"]
    unsigned = {name: value for name, value in signed.items() if name not in {"key_id", "signature"}}
    assert digests == [digest_of(unsigned)]


@pytest.mark.parametrize(("rule", "severity"), [("I01", Severity.HIGH), ("D13", Severity.CRITICAL)])
def test_a_wrong_record_proves_right_whoever_asked_about_records(desk: Desk, rule: str, severity: Severity) -> None:
    flag_id = desk.flag(rule, severity)
    desk.gather()
    desk.close(Disposition.DATA_ERROR)
    assert desk.verdicts(flag_id) == [Verdict.NEEDS_CHECK]


def test_what_one_case_confirmed_another_does_not_find_false(desk: Desk) -> None:
    li = desk.money.add_person(LI, "TS-2")
    flag_id = desk.flag("I09", Severity.CRITICAL, "pair", desk.person, li)
    desk.gather()
    desk.close(Disposition.CONFIRMED_FRAUD)
    (other,) = desk.cases(li)
    desk.working.assign(other.id, "chen", desk.monitor)
    desk.working.note_step(other.id, Checked(Step.CALL, Outcome.REACHED), desk.monitor)
    desk.working.propose(other.id, Disposition.FALSE_ALARM, "本人无过错", desk.monitor)
    desk.deciding.approve(other.id, "同意", desk.checker)
    assert desk.verdicts(flag_id) == [Verdict.NEEDS_CHECK]
