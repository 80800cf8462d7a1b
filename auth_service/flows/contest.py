"""Somebody says "I am alive": from any channel, changing nothing by itself. Staff answer, and the source is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from auth_service.accounts.credentials import StaffMember
from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.id_number import parse_id_number
from auth_service.capture.other_way import Way
from auth_service.casework.contest import ContestAct, ContestStep, proposer_of_dismissal
from auth_service.core.clock import Clock, legal_date
from auth_service.core.errors import FieldInvalid, NotFound, SecondPersonNeeded
from auth_service.flows.ask_other_way import Named
from auth_service.flows.contest_terms import PERSON, keep_step, new_contest, open_contest
from auth_service.flows.money_terms import alone_with, checked_note, require
from auth_service.flows.notice_terms import tell
from auth_service.flows.session_terms import named_person
from auth_service.notices.notice import NoticeFacts, NoticeKind
from auth_service.notices.plan import SILENT, NoticePlan
from auth_service.payments.proposals import ProposalPolicy
from auth_service.qualification.evidence import Channel
from auth_service.storage.unit import NewRequest, Store, StoredContest, Unit

_BY_HAND = frozenset(
    {ContestAct.DISMISSAL_PROPOSED, ContestAct.SOURCE_TOLD, ContestAct.SOURCE_CORRECTED, ContestAct.SOURCE_STANDS}
)
"""Acts without consequences for anybody's money; restoring goes through `GiveBack`, a dismissal through `dismiss`."""


class OpenContest:
    """One instance serves all threads. Nobody learns whether the number is in the ledger, or whether anything is held.

    count  called before anything is kept: network address or key, and what stands for the number. raises RateLimited
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policy: ProposalPolicy,
        count: Callable[[str, str], None] = lambda _client, _subject: None,
        plan: NoticePlan = SILENT,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._plan = plan
        self._count = count

    def by_number(
        self, named: Named, channel: Channel, words: str = "", client: str = "", opened_by: str = PERSON
    ) -> None:
        """For whoever can name the person. Where nothing is held somebody calls back all the same. Of a guardian or
        agent on file it is kept that they are one; anybody else is heard like anybody who can name the person.

        raises   IdNumberInvalid, FieldTooLong, RateLimited, Unavailable
        """
        said, now = checked_note(words), self._clock.now()
        number = parse_id_number(named.id_number, legal_date(now)).number
        person_id = named_person(self._store, number, named.name)
        with self._store.reading() as unit:
            subject = unit.sessions.subject_of(number)
        self._count(client, subject)
        with self._store.unit() as unit:
            unit.other_ways.ask(NewRequest(person_id, subject, Way.PHONE_CALL, channel), now)
            if person_id is not None:
                unit.alone(f"money {person_id}")
                proxy = unit.proxies.may_contest(person_id, named.proxy, legal_date(now)) if named.proxy else None
                by = f"proxy:{proxy}" if proxy else opened_by
                opened = open_contest(unit, new_contest(person_id, channel, by, said, now), self._policy)
                _tell(unit, self._plan, opened, NoticeKind.CONTEST_RECEIVED, now)

    def by_staff(self, person_id: str, words: str, staff: StaffMember) -> StoredContest | None:
        """Written down for somebody at a counter or on the telephone. None: nothing is held, stopped or proposed.

        raises   AccessRefused, NotFound, FieldTooLong
        """
        require(staff, Permission.GIVE_BACK)
        said, now = checked_note(words), self._clock.now()
        with self._store.unit() as unit:
            alone_with(unit, person_id)
            contest = new_contest(person_id, Channel.COUNTER, f"staff:{staff.id}", said, now)
            opened = open_contest(unit, contest, self._policy)
            _tell(unit, self._plan, opened, NoticeKind.CONTEST_RECEIVED, now)
            return opened


class AnswerContest:
    """One instance serves all threads."""

    def __init__(self, store: Store, clock: Clock, plan: NoticePlan = SILENT) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan

    def act(self, contest_id: str, act: ContestAct, note: str, staff: StaffMember) -> None:
        """Notes what was done, or proposes that things stay as they are.

        raises   AccessRefused, NotFound, FieldInvalid (an act with consequences), StaleJudgement, FieldTooLong
        """
        require(staff, Permission.GIVE_BACK)
        if act not in _BY_HAND:
            raise FieldInvalid(field="act")
        said, now = checked_note(note), self._clock.now()
        with self._store.unit() as unit:
            stored = _contest(unit, contest_id)
            keep_step(unit, stored, ContestStep(act, staff.id, now, said))

    def dismiss(self, contest_id: str, note: str, staff: StaffMember) -> None:
        """The second word: things stay as they are.

        raises   AccessRefused, SecondPersonNeeded (who proposed it), NotFound, StaleJudgement, FieldTooLong
        """
        require(staff, Permission.GIVE_BACK)
        said, now = checked_note(note), self._clock.now()
        with self._store.unit() as unit:
            stored = _contest(unit, contest_id)
            proposed_by = proposer_of_dismissal(stored.steps)
            if proposed_by == staff.id:
                raise SecondPersonNeeded
            keep_step(unit, stored, ContestStep(ContestAct.DISMISSED, staff.id, now, said, proposed_by))
            _tell(unit, self._plan, stored, NoticeKind.CONTEST_DISMISSED, now)


def _tell(unit: Unit, plan: NoticePlan, contest: StoredContest | None, kind: NoticeKind, now: datetime) -> None:
    """Of one that was opened before, the person has been told before."""
    person = None if contest is None or not plan.reaches else unit.people.get(contest.contest.person_id)
    if contest is not None and person is not None:
        tell(unit, plan, person, (kind, contest.contest.id, NoticeFacts()), now)


def _contest(unit: Unit, contest_id: str) -> StoredContest:
    """Alone with its person. raises NotFound"""
    found = unit.contests.get(contest_id)
    if found is None:
        raise NotFound
    alone_with(unit, found.contest.person_id)
    found = unit.contests.get(contest_id)
    if found is None:
        raise NotFound
    return found
