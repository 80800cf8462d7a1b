"""What a kiosk sends and is answered about captures without a line (docs/integration/kiosk-offline.md)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from auth_service.capture.challenge import Route
from auth_service.capture.offline_rules import RecordState
from auth_service.channels.phone.schemas import Answer, ChallengeAnswer, Given, OutcomeAnswer, Told

_Count = Annotated[int, Field(ge=0, le=10**9)]


class TicketsBody(Given):
    """How many tickets, and for which route."""

    count: Annotated[int, Field(ge=1, le=1000)]
    route: Route = Route.FLASH


class TicketAnswer(Answer):
    """One ticket. challenge: all that is asked, the colours as well"""

    ticket: str
    expires_at: datetime
    challenge: ChallengeAnswer


class TicketsAnswer(Answer):
    """Fewer than were asked for, or none, where the kiosk holds enough."""

    tickets: tuple[TicketAnswer, ...]


class RecordAnswer(Answer):
    """What was said of a record when it came first, and is said each time.

    receipt  number of the receipt
    reason   why a person looks first, or why there is nothing to look at
    """

    receipt: str
    client_event: str
    counter: int
    state: RecordState
    received_at: datetime
    reason: Told | None = None


class RecordViewAnswer(RecordAnswer):
    """Where a record stands now. result: once it is decided"""

    captured_at: datetime
    result: OutcomeAnswer | None = None


class CountsBody(Given):
    """Captures with a line that were answered with an outcome, and records made without one."""

    captures: _Count
    records: _Count


class ReconciliationBody(Given):
    """One day as the kiosk counted it; number and digest of its last record ever, zeros for none."""

    day: date
    counts: CountsBody
    last_counter: Annotated[int, Field(ge=0, lt=2**53)]
    last_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DifferenceAnswer(Told):
    """kiosk, here: the two numbers; counters: those that are to be sent again"""

    kiosk: int
    here: int
    counters: tuple[int, ...] = ()


class ReconciliationAnswer(Answer):
    """Whether both count the same."""

    agrees: bool
    differences: tuple[DifferenceAnswer, ...]
