"""A wrong clock, an old record, a ticket that is not its own: kept, explained by code, and looked at by a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auth_service.accounts.devices import DeviceState
from auth_service.capture.challenge import Route
from auth_service.capture.offline_rules import OfflinePolicy, RecordState
from auth_service.core.errors import FieldInvalid
from auth_service.flows.accept_record import RecordSent
from auth_service.flows.issue_tickets import IssueTickets
from auth_service.monitoring.flags import Severity
from auth_service.qualification.capture_outcome import OutcomeWord
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows
from tests.flows.kiosks import POLICY, Kiosk, written
from tests.flows.reviewing import Desk

ACCEPTED, PENDING = RecordState.ACCEPTED, RecordState.PENDING
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def severities(kiosk: Kiosk) -> list[Severity]:
    """Of the flags that stand, the gravest first."""
    rows = kiosk.agency.store.queries.flags("open", rule_id="V09", limit=10).rows
    return sorted((row.severity for row in rows), key=list(Severity).index)


@pytest.fixture
def kiosk(phone: Phone) -> Kiosk:
    return Kiosk(phone)


@pytest.mark.parametrize(
    ("off", "code"),
    [
        (timedelta(0), ""),
        (300 * SECOND, ""),
        (301 * SECOND, "record_from_future"),
        (DAY, "record_from_future"),
        (-300 * SECOND, ""),
        (-301 * SECOND, "record_before_ticket"),
        (-DAY, "record_before_ticket"),
    ],
)
def test_a_clock_that_is_off_is_told_by_code_and_a_person_looks(kiosk: Kiosk, off: timedelta, code: str) -> None:
    kiosk.fetch()
    receipt = kiosk.sends(captured_at=written(kiosk.clock.now() + off))
    assert (receipt.state, receipt.code) == (PENDING if code else ACCEPTED, code)
    kiosk.decide()
    outcome = kiosk.see(receipt).outcome
    assert outcome is not None
    assert outcome.word is (OutcomeWord.IN_REVIEW if code else OutcomeWord.PASSED)
    assert severities(kiosk) == ([Severity.MEDIUM] if code else [])
    assert kiosk.device.state is DeviceState.ACTIVE, "a wrong clock is no copied key"


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("back", "found"),
    [(-60, [Severity.MEDIUM]), (300, [Severity.MEDIUM]), (301, [Severity.CRITICAL, Severity.MEDIUM])],
)
def test_a_clock_that_is_off_by_a_constant_is_the_lesser_flag_and_one_that_goes_back_is_not(
    kiosk: Kiosk, back: int, found: list[Severity], reverse: bool
) -> None:
    """A day ahead; the second of two records says by so many seconds an earlier time than the first."""
    ahead = kiosk.clock.now() + DAY
    made = [kiosk.record(captured_at=written(at)) for at in (ahead, ahead - back * SECOND)]
    for sent in reversed(made) if reverse else made:
        assert kiosk.send(sent).code == "record_from_future"
    assert severities(kiosk) == found
    assert kiosk.device.state is DeviceState.ACTIVE


def test_a_clock_that_was_set_right_in_between_is_merely_wrong(kiosk: Kiosk) -> None:
    for off in (-DAY, timedelta(0), -DAY):
        kiosk.sends(captured_at=written(kiosk.clock.now() + off))
    assert severities(kiosk) == [Severity.MEDIUM]


def test_a_copy_with_a_wrong_clock_is_a_copy(kiosk: Kiosk) -> None:
    kiosk.fetch(3)
    copy = kiosk.copy()
    copy.tickets = [kiosk.tickets.pop()]
    kiosk.sends(captured_at=written(kiosk.clock.now() + DAY))
    assert copy.sends(captured_at=written(kiosk.clock.now() + DAY)).code == "chain_fork"
    assert severities(kiosk) == [Severity.CRITICAL, Severity.MEDIUM]
    assert kiosk.device.state is DeviceState.QUARANTINED


def test_a_record_of_72_hours_passes_and_an_older_one_is_looked_at(kiosk: Kiosk, clock: FixedClock) -> None:
    kiosk.fetch()
    old, young = kiosk.record(), None
    clock.advance(seconds=1)
    young = kiosk.record()
    clock.advance(hours=72)
    told = [kiosk.send(old), kiosk.send(young)]
    assert [(one.state, one.code) for one in told] == [(PENDING, "record_too_old"), (ACCEPTED, "")]
    kiosk.decide()
    words = [view.outcome.word for view in map(kiosk.see, told) if view.outcome]
    assert words == [OutcomeWord.IN_REVIEW, OutcomeWord.PASSED]
    assert kiosk.agency.flags() == [], "late is nothing odd"


def test_a_person_may_let_a_held_record_pass(kiosk: Kiosk, clock: FixedClock, phone: Phone) -> None:
    sent = kiosk.record()
    clock.advance(hours=80)
    receipt = kiosk.send(sent)
    kiosk.decide()
    evidence_id = kiosk.see(receipt).record.evidence_id
    assert evidence_id is not None
    Desk(phone.agency, clock).settle(evidence_id)
    view = kiosk.see(receipt)
    assert view.outcome is not None
    assert (view.outcome.word, view.certificate is not None) == (OutcomeWord.PASSED, True)


def test_a_ticket_is_good_for_one_record(kiosk: Kiosk, rows: Rows) -> None:
    kiosk.fetch(2)
    first = kiosk.tickets[0]
    told = [kiosk.sends()]
    kiosk.tickets.insert(0, first)
    told.append(kiosk.sends())
    assert [(one.state, one.code) for one in told] == [(ACCEPTED, ""), (PENDING, "ticket_reused")]
    kiosk.decide()
    assert rows("SELECT hold FROM offline_records ORDER BY counter") == [("",), ("ticket_reused",)]
    assert (kiosk.agency.flags(), kiosk.device.state) == (["V09"], DeviceState.ACTIVE)


def test_another_kiosks_ticket_is_looked_at_and_is_not_used_up(kiosk: Kiosk, phone: Phone) -> None:
    other = Kiosk(phone, name="二号机")
    other.fetch(1)
    kiosk.tickets = list(other.tickets)
    told = kiosk.sends()
    assert (told.state, told.code) == (PENDING, "ticket_of_another_device")
    assert other.sends().state is ACCEPTED


def test_a_ticket_that_was_over_when_it_was_captured_is_looked_at(kiosk: Kiosk, clock: FixedClock) -> None:
    kiosk.fetch(2)
    clock.advance(hours=72, minutes=5)
    assert kiosk.sends().state is ACCEPTED
    clock.advance(seconds=1)
    assert kiosk.sends().code == "ticket_expired"


def test_tickets_are_given_within_bounds(kiosk: Kiosk, clock: FixedClock, rows: Rows) -> None:
    for count in (0, POLICY.tickets_at_once + 1):
        with pytest.raises(FieldInvalid):
            kiosk.issuing.run(kiosk.id, count)
    for _ in range(7):
        kiosk.fetch(50)
    assert len(kiosk.tickets) == POLICY.tickets_held == kiosk.issuing.held(kiosk.id)
    assert len({token for token, _ in kiosk.tickets}) == 300
    kiosk.sends()
    assert len(kiosk.issuing.run(kiosk.id, 50, Route.NO_FLASH)) == 1, "one was used"
    clock.advance(hours=73)
    assert kiosk.issuing.held(kiosk.id) == 0
    kiosk.fetch(50)
    assert kiosk.issuing.held(kiosk.id) == 50


def test_records_that_come_to_nothing_draw_no_challenges_at_will(kiosk: Kiosk, phone: Phone, clock: FixedClock) -> None:
    """Whoever has a kiosk's disk could else burn tickets until one comes that a film of last year fits."""
    issuing = IssueTickets(phone.agency.store, clock, OfflinePolicy(tickets_held=3))

    def drawn() -> int:
        given = issuing.run(kiosk.id, 3)
        kiosk.tickets = [(one.token, len(one.ticket.challenge.steps)) for one in given]
        for _ in given:
            sent = kiosk.record()
            assert kiosk.send(RecordSent(sent.data, sent.signature, {})).code == "frames_missing"
        return len(given)

    assert [drawn() for _ in range(4)] == [3, 3, 0, 0]
    clock.advance(hours=73)
    assert drawn() == 3


def test_a_ticket_is_known_though_an_older_backup_came_back(kiosk: Kiosk, rows: Rows) -> None:
    kiosk.fetch(2)
    rows("DELETE FROM offline_tickets")
    assert kiosk.sends().state is ACCEPTED
    assert kiosk.sends().state is ACCEPTED
    kiosk.decide()
    assert rows("SELECT count(*) FROM offline_tickets WHERE used_by IS NOT NULL") == [(2,)]
