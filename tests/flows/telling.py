"""An agency that tells people: SMS over a real gateway, letters in a real folder, and a clock that stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from auth_service.connectors.letter_folder import LetterFolder
from auth_service.connectors.sms_gateway import SmsGateway
from auth_service.flows.contest import AnswerContest, OpenContest
from auth_service.flows.decide_proposal import DecideProposal
from auth_service.flows.give_back import GiveBack
from auth_service.flows.keep_notices import KeepNotices
from auth_service.flows.propose_act import ProposeAct
from auth_service.flows.send_notices import SendNotices
from auth_service.notices.notice import Reach
from auth_service.notices.plan import NoticePlan
from auth_service.notices.policy import NoticePolicy
from auth_service.payments.proposals import ProposalPolicy
from auth_service.storage.unit import StoredNotice
from tests.builders import WANG, Agency
from tests.conftest import FixedClock
from tests.flows.paying import Money
from tests.gateway import Gateway

SECRET = b"s" * 32
PHONE, HELPER = "13800000001", "13900000002"
POLICY = NoticePolicy(hotline="0311-12345678")
ALL_WAYS = frozenset({Reach.SMS, Reach.HELPER, Reach.EMAIL, Reach.LETTER})
PLAN = NoticePlan(POLICY, "某区社保中心", "某路1号", "", ALL_WAYS, tells_first=True)


class Telling(Money):
    """Wang Xiuying, whose telephone, contact and address are known, at an agency that tells first."""

    def __init__(self, agency: Agency, clock: FixedClock, sms: Gateway, plan: NoticePlan = PLAN) -> None:
        super().__init__(agency, clock)
        self.sms, self.plan, store, policy = sms, plan, agency.store, ProposalPolicy()
        self.proposing = ProposeAct(store, clock, policy, plan)
        self.deciding = DecideProposal(store, clock, policy, plan)
        self.giving_back = GiveBack(store, clock, policy, plan)
        self.opening = OpenContest(store, clock, policy, plan=plan)
        self.answering = AnswerContest(store, clock, plan)
        self.keeping = KeepNotices(store, clock, lambda email: email)
        self.letters = agency.folder / "letters"
        self.sending = self.sender()

    def add_person(self, number: str = WANG, key: str = "TS-1", **more: str) -> str:
        known = {"phone": PHONE, "contact_name": "王小明", "contact_phone": HELPER, "address": "某县某村 7 号"}
        return super().add_person(number, key, **{**known, **more})

    def sender(self) -> SendNotices:
        sms = cache(lambda: SmsGateway(self.sms.url, SECRET, seconds=0.5))
        made = {Reach.SMS: sms, Reach.HELPER: sms, Reach.LETTER: cache(lambda: LetterFolder(self.letters))}
        return SendNotices(self.agency.store, self.clock, POLICY, made)

    def log(self, person: str | None = None) -> Sequence[StoredNotice]:
        """What the person sees, oldest first."""
        with self.agency.store.reading() as unit:
            return unit.notices.of_person(person or self.person)[::-1]

    def told(self) -> list[tuple[str, str, str]]:
        return sorted((one.kind.value, one.reach.value, one.state.value) for one in self.log())

    def time_to_answer(self) -> None:
        self.clock.advance(days=4, hours=1)

    def morning(self) -> None:
        """Nine o'clock of the next day in the agency's zone."""
        self.clock.instant = self.clock.instant.replace(hour=1, minute=0) + timedelta(days=1)
