"""What the routes need, built by `wiring` and handed to `create_app`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import HTTPConnection

from auth_service.accounts.signatures import MessageSignatures
from auth_service.core.clock import Clock
from auth_service.core.document import Node
from auth_service.core.tracing import NoTracer, Tracer
from auth_service.enrollment.consent_texts import ShownText
from auth_service.flows.accept_record import AcceptRecord
from auth_service.flows.accept_step import AcceptStep
from auth_service.flows.admit_push import AdmitPush
from auth_service.flows.answer_photo import AnswerPhoto
from auth_service.flows.answer_request import AnswerRequest
from auth_service.flows.ask_other_way import AskOtherWay
from auth_service.flows.authorise import AuthoriseKey
from auth_service.flows.collect_pilot import CollectPilot
from auth_service.flows.complete_session import CompleteSession
from auth_service.flows.contest import AnswerContest, OpenContest
from auth_service.flows.decide_case import DecideCase
from auth_service.flows.decide_proposal import DecideProposal
from auth_service.flows.end_session import EndSession
from auth_service.flows.enrol_device import EnrolDevice
from auth_service.flows.enroll import Enroll
from auth_service.flows.erase import Erase
from auth_service.flows.gather_cases import GatherCases
from auth_service.flows.give_back import GiveBack
from auth_service.flows.hear_device import HearDevice
from auth_service.flows.idempotent import Idempotent
from auth_service.flows.import_ledger import TableFile
from auth_service.flows.import_registry import ImportRegistry
from auth_service.flows.issue_tickets import IssueTickets
from auth_service.flows.judge_flag import JudgeFlag
from auth_service.flows.keep_devices import KeepDevices
from auth_service.flows.keep_policies import KeepPolicies
from auth_service.flows.keep_registry import KeepRegistry
from auth_service.flows.leave_photo import LeavePhoto
from auth_service.flows.limit import Limit
from auth_service.flows.look import Look
from auth_service.flows.open_session import OpenSession
from auth_service.flows.own_requests import AnswerOwn, AskOwn
from auth_service.flows.propose_act import ProposeAct
from auth_service.flows.prove_possession import ProvePossession
from auth_service.flows.reconcile import Reconcile
from auth_service.flows.rehearse import Rehearse
from auth_service.flows.review_capture import ReviewCapture
from auth_service.flows.revocations import RevocationDesk
from auth_service.flows.seal_step import SealStep
from auth_service.flows.see_capture import SeeCapture
from auth_service.flows.see_case import SeeCases
from auth_service.flows.see_money import SeeMoney
from auth_service.flows.see_own import SeeOwn
from auth_service.flows.see_person import SeePerson
from auth_service.flows.see_poverty import SeePoverty
from auth_service.flows.see_pushes import SeePushes
from auth_service.flows.see_record import SeeRecord
from auth_service.flows.see_session import SeeSession
from auth_service.flows.send_payments import AnswerPayment
from auth_service.flows.sign_in import SignIn
from auth_service.flows.start_session import StartSession
from auth_service.flows.verify import Verify
from auth_service.flows.watch_devices import WatchDevices
from auth_service.flows.work_case import WorkCase
from auth_service.qualification.review import ReviewPolicy
from auth_service.storage.queries import Queries
from auth_service.web.metrics import Measures

KIOSK_BRIDGE = "http://127.0.0.1:18631"
"""Where the bridge listens unless a deployment says otherwise (docs/integration/kiosk-bridge.md)."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process can do its work now: (name, is it so), in the order in which an operator would look.

    attention  what does not keep it from its work and still needs somebody, such as an audit witness that is away
    """

    checks: tuple[tuple[str, bool], ...]
    attention: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(name for name, fine in self.checks if not fine)

    @property
    def ready(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Captures:
    """The flows of a capture session, from its opening to its end. pilot: None where no pilot is wished for"""

    open: OpenSession
    start: StartSession
    seal: SealStep
    step: AcceptStep
    complete: CompleteSession
    end: EndSession
    see: SeeSession
    other_way: AskOtherWay
    photo: LeavePhoto
    possession: ProvePossession
    pilot: CollectPilot | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The flows of the review desk and of the list of requests for another way."""

    see: SeeCapture
    review: ReviewCapture
    answer: AnswerRequest
    photo: AnswerPhoto
    policy: ReviewPolicy


@dataclass(frozen=True, slots=True)
class Kiosk:
    """The flows of devices that sign what they send."""

    hear: HearDevice
    enrol: EnrolDevice
    watch: WatchDevices
    signatures: MessageSignatures
    tickets: IssueTickets
    records: AcceptRecord
    see_record: SeeRecord
    reconcile: Reconcile


@dataclass(frozen=True, slots=True)
class Money:
    """The flows of acts on money and of contests."""

    see: SeeMoney
    propose: ProposeAct
    decide: DecideProposal
    give_back: GiveBack
    open_contest: OpenContest
    answer_contest: AnswerContest
    answer_payment: AnswerPayment


@dataclass(frozen=True, slots=True)
class Cases:
    """The flows of cases."""

    see: SeeCases
    gather: GatherCases
    work: WorkCase
    decide: DecideCase


@dataclass(frozen=True, slots=True)
class People:
    """How people stand, and by which policies.

    csv          rows as a file whose cells no spreadsheet runs
    read_policy  a policy's text taken apart. raises FileUnreadable
    names        staff id -> user name
    """

    see: SeePerson
    poverty: SeePoverty
    policies: KeepPolicies
    rehearse: Rehearse
    csv: Callable[[Iterable[Sequence[str]]], bytes]
    read_policy: Callable[[str], Node]
    names: Callable[[], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Registry:
    """Files that systems of other offices send.

    table  a file's bytes, a name, its columns and those that it needs -> the table. raises FileUnreadable,
           ColumnsMissing
    admit  whether a key may send it
    take   as the role that imports: built when the first file comes
    """

    table: Callable[[bytes, str, Mapping[str, tuple[str, ...]], Sequence[str]], AbstractContextManager[TableFile]]
    admit: AdmitPush
    taking: Callable[[], ImportRegistry]
    see: SeePushes

    @property
    def take(self) -> ImportRegistry:
        return self.taking()


@dataclass(frozen=True, slots=True)
class Own:
    """What people see of themselves, what they ask about it, and who carries that out."""

    see: SeeOwn
    ask: AskOwn
    answer: AnswerOwn
    erase: Erase


@dataclass(frozen=True, slots=True)
class Oversight:
    """What whoever watches the fund works with.

    csv, xlsx  rows as a file whose cells no spreadsheet runs
    names      staff id -> user name
    """

    registry: KeepRegistry
    csv: Callable[[Iterable[Sequence[str]]], bytes]
    xlsx: Callable[[Iterable[Sequence[str]]], bytes]
    names: Callable[[], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Services:
    """Flows, queries and facts of the deployment.

    readiness      looked up anew at each call: schema at head, keys readable, engine warmed, disk writable
    public_url     as people reach the service, without a slash at the end; certificates' QR codes point there
    agency         the agency's name as pages say it; empty while it is not set
    contact        its address and telephone; empty while they are not set
    threads        worker threads for plain `def` routes: more than the readers and their waiting line, so that whoever
                   finds the line full is told at once, and pages are served meanwhile
    photos_at_once requests with photos that are taken in at once: the readers and their waiting line
    photos_in_hand of them that are worked on
    photo_bytes_at_once  bytes of such requests that are held at once, those that are still being sent included
    phone_page     the beneficiary's page and its capture sessions are served
    kiosk_calls    /kiosk and /v1/kiosk are served, for devices of the registry
    kiosk_bridge   origin of the program for a terminal's hardware, on the terminal itself
    shown_text     (kind, version, language) -> consent text or notice with the agency's name in it
    cookie_secure  True wherever TLS is in front; False only for http on loopback in development
    """

    verify: Verify
    captures: Captures
    enroll: Enroll
    sign_in: SignIn
    judge_flag: JudgeFlag
    look: Look
    revocations: RevocationDesk
    desk: Desk
    keep_devices: KeepDevices
    kiosk: Kiosk
    money: Money
    cases: Cases
    people: People
    registry: Registry
    own: Own
    oversight: Oversight
    authorise: AuthoriseKey
    limit: Limit
    idempotent: Idempotent
    queries: Queries
    readiness: Callable[[], Readiness]
    public_url: str
    cookie_secure: bool
    metrics: Measures
    clock: Clock
    shown_text: Callable[[str, str, str], ShownText]
    agency: str = ""
    contact: str = ""
    threads: int = 40
    photos_at_once: int = 40
    photos_in_hand: int = 40
    phone_page: bool = False
    kiosk_calls: bool = False
    kiosk_bridge: str = KIOSK_BRIDGE
    photo_bytes_at_once: int = 256 * 1024 * 1024
    tracer: Tracer = field(default_factory=NoTracer)


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that serves this request."""
    return cast("Services", connection.app.state.services)
