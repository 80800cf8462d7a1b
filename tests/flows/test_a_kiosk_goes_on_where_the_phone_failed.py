"""Whoever failed on the phone comes to the kiosk: one budget, one history, and the way that helps is proposed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auth_service.core.errors import SessionUnknown
from auth_service.flows.session_decision import Completed
from auth_service.qualification.capture_outcome import NextWay, OutcomeWord, next_way
from auth_service.qualification.decision import Outcome, Reason
from auth_service.qualification.evidence import Channel
from auth_service.qualification.review import ReviewState
from auth_service.storage.queries import DeskFilter
from tests.builders import Agency
from tests.conftest import FixedClock
from tests.flows.capturing import Phone, Rows, Terminal
from tests.flows.reviewing import Desk


def fail(client: Phone, take: int) -> Completed:
    """A living face that is not the enrolled one: an old reference, a bad light, or somebody else."""
    return client.run(face="somebody else", take=take)


def proposed(done: Completed, channel: Channel) -> NextWay | None:
    return next_way(done.outcome, channel, kiosks=True)


def test_a_phone_failure_then_a_kiosk_pass_is_one_case(
    phone: Phone, agency: Agency, clock: FixedClock, rows: Rows
) -> None:
    terminal, desk = Terminal(agency), Desk(agency, clock)
    first, second = fail(phone, 1), fail(phone, 2)
    assert [one.decision.outcome for one in (first, second)] == [Outcome.RETRY, Outcome.RETRY]
    third = fail(phone, 3)
    assert third.decision.reasons == (Reason.NON_MATCH, Reason.ATTEMPTS_USED_UP)
    assert (third.outcome.word, proposed(third, Channel.PHONE)) == (OutcomeWord.IN_REVIEW, NextWay.KIOSK)
    passed = terminal.run(take=4)
    assert (passed.decision.outcome, passed.decision.reasons) == (Outcome.QUALIFIED, (Reason.MATCH_LIVE,))
    assert passed.certificate is not None, "no count of failures stands in the way of the person"
    history = rows("SELECT channel, outcome FROM evidence ORDER BY taken_at")
    assert [tuple(row) for row in history] == [("phone", "retry")] * 2 + [("phone", "refer"), ("kiosk", "qualified")]
    assert len({row[0] for row in rows("SELECT DISTINCT person_id FROM evidence")}) == 1
    flagged = rows("SELECT rule_id FROM flags")
    assert [row[0] for row in flagged] == ["V03"], "one flag for the person, whichever channels they came by"
    with agency.store.reading() as unit:
        assert unit.evidence.failures_in_cycle(rows("SELECT person_id FROM evidence")[0][0]) == 0, "the pass closes it"
    (line,) = agency.store.queries.desk(DeskFilter(ReviewState.WAITING), limit=10).rows
    assert (line.id, line.channel) == (third.evidence_id, Channel.PHONE)
    shown = desk.see.run(third.evidence_id, desk.officer)
    assert shown.person.last_pass is not None, "and the desk says that the person has passed since"


def test_tries_at_the_phone_are_tries_at_the_kiosk_and_the_other_way_round(phone: Phone, agency: Agency) -> None:
    terminal = Terminal(agency)
    assert fail(phone, 1).decision.outcome is Outcome.RETRY
    assert fail(terminal, 2).decision.outcome is Outcome.RETRY
    last = fail(terminal, 3)
    assert last.decision.reasons == (Reason.NON_MATCH, Reason.ATTEMPTS_USED_UP)
    assert proposed(last, Channel.KIOSK) is NextWay.COUNTER
    assert Reason.ATTEMPTS_USED_UP in fail(phone, 4).decision.reasons


def test_a_stranger_who_shows_no_face_uses_up_nothing_elsewhere(phone: Phone, agency: Agency) -> None:
    terminal = Terminal(agency)
    for take in range(1, 4):
        phone.run(face="nobody", take=take, device="one")
    assert fail(terminal, 5).decision.outcome is Outcome.RETRY


def test_what_is_proposed_follows_from_what_was_told_alone(phone: Phone, agency: Agency) -> None:
    done = Terminal(agency).run()
    for channel in Channel:
        assert next_way(done.outcome, channel, kiosks=True) is None, "who passed needs no other way"
    failed = [fail(phone, take) for take in range(2, 5)][-1]
    assert next_way(failed.outcome, Channel.PHONE, kiosks=False) is NextWay.COUNTER


def test_a_session_of_the_phone_goes_on_at_no_kiosk_and_none_of_a_kiosks_on_a_phone(
    phone: Phone, agency: Agency
) -> None:
    terminal = Terminal(agency)
    mine, theirs = phone.open(), terminal.open()
    for hostile in (
        replace(mine, channel=Channel.KIOSK, device=theirs.device), replace(theirs, channel=Channel.PHONE, device=""),
        replace(theirs, device="kiosk " + "0" * 32),
    ):  # fmt: skip
        with pytest.raises(SessionUnknown):
            phone.seeing.run(hostile)
    assert terminal.seeing.run(theirs).state == "opened"
