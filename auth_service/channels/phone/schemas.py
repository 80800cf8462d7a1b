"""What the phone's page sends and is answered, as checked and documented types. Nothing of liveness has a field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from auth_service.capture.challenge import Accommodation, Colour, Motion, Route, StepKind
from auth_service.capture.other_way import Way
from auth_service.capture.ports import FramingHint
from auth_service.capture.session import SessionState
from auth_service.qualification.capture_outcome import NextWay, OutcomeWord

Line = Annotated[str, Field(min_length=1, max_length=64)]


class Given(BaseModel):
    """Common to all that is sent: no field beyond those listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConsentGiven(Given):
    """The text that the person agreed to. `pilot_consent` is for sessions that a member of staff opened for a pilot."""

    text: Literal["phone_consent", "pilot_consent"] = "phone_consent"
    version: Line
    language: Literal["zh", "en"] = "zh"


class Helper(Given):
    """Who holds the phone for the person."""

    name: Line
    relation: Literal["child", "spouse", "kin", "neighbour", "carer"]


class OpenBody(Given):
    """Who is to be captured, and what suits them."""

    id_number: Line
    name: Line
    channel: Literal["phone"] = "phone"
    route: Route = Route.FLASH
    accommodations: Annotated[tuple[Accommodation, ...], Field(max_length=len(Accommodation))] = ()
    slow: bool = False
    helper: Helper | None = None
    consent: ConsentGiven | None = Field(None, description="of the text `phone_consent`; without it nothing is opened")


class ExchangeBody(Given):
    """The one-time ticket."""

    ticket: Annotated[str, Field(min_length=20, max_length=200)]


class StartBody(Given):
    """consent: read once more by whoever follows a link; the session was opened with one and keeps that.

    lost_from: the first step that was sealed and whose pictures are lost, as after a reload; it is asked for anew.
    """

    consent: ConsentGiven | None = None
    lost_from: Annotated[int, Field(ge=0, le=9)] | None = None


class PrintGiven(Given):
    """One frame: when it was taken, in ms since the start, the size of its JPEG in bytes, and the JPEG's SHA-256."""

    at_ms: Annotated[int, Field(ge=0, le=2**31)]
    bytes: Annotated[int, Field(ge=1, le=2**31)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SealBody(Given):
    """The prints of one step's frames, in the order in which they were taken; the frames follow at `steps/{n}`."""

    frames: Annotated[tuple[PrintGiven, ...], Field(min_length=1, max_length=60)]


class NothingBody(Given):
    """Nothing."""


class CodeBody(Given):
    """The one-time code, as it came to the telephone on file."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class WishBody(Given):
    """Another way than the camera; changes nothing by itself. phone: where staff may call"""

    way: Literal[Way.COUNTER, Way.HOME_VISIT, Way.PHONE_CALL, Way.RELATIVE]
    phone: Annotated[str, Field(pattern=r"^[0-9+() -]{5,24}$")] | None = None


class NamedWishBody(WishBody):
    """The same without a session."""

    id_number: Line
    name: Line


class ContestBody(Given):
    """Whose benefit was held wrongly, in the words of whoever says so. It changes nothing by itself.

    `proxy_id_number`: of a guardian or agent who says it for the person; staff see that it is one on file.
    """

    id_number: Line
    name: Line
    words: Annotated[str, Field(max_length=1000)] = ""
    proxy_id_number: Line | None = None


class Answer(BaseModel):
    """Common to all answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenedAnswer(Answer):
    """The same for a number that is in the ledger and for one that is not. `url` holds the ticket in its fragment."""

    id: str
    ticket: str
    url: str
    expires_at: datetime


class PlannedStep(Answer):
    """Step `n`; a motion is held for `hold_ms` before the way back."""

    n: int
    kind: StepKind
    motion: Motion | None = None
    hold_ms: int | None = None


class ChallengeAnswer(Answer):
    """What is asked for so far: `steps` up to the open one, of `count`.

    flash  the colours, `flashes` of them, each for `flash_ms`; empty until they were asked for
    """

    route: Route
    steps: tuple[PlannedStep, ...]
    count: int
    flash: tuple[Colour, ...]
    flashes: int
    flash_ms: int


class StartedAnswer(Answer):
    """What is asked now.

    accepted    steps whose pictures are kept; sealed: those whose prints are
    running_ms  since the camera began, by the server's clock: a page that was reloaded counts its frames' times from it
    step_in_ms  until the open step's prints have to be here; absent while nothing runs
    """

    challenge: ChallengeAnswer
    accepted: tuple[int, ...]
    sealed: tuple[int, ...]
    running_ms: int
    step_in_ms: int | None = None
    expires_at: datetime
    expires_in_ms: int


class StepAnswer(Answer):
    """Framing, light, and whether anything moved; nothing of liveness."""

    hints: tuple[FramingHint, ...]
    movement_seen: bool


class Told(Answer):
    """A stable code with its sentence in both languages."""

    code: str
    zh: str
    en: str


class CertificateLink(Answer):
    """Where anybody can check the certificate."""

    serial: str
    url: str


class OutcomeAnswer(Answer):
    """other_way: another way is offered beside what the word says; next_way: the one proposed first"""

    outcome: OutcomeWord
    reason: Told
    other_way: bool
    next_way: NextWay | None = None
    due_on: date | None = None
    certificate: CertificateLink | None = None


class SessionAnswer(Answer):
    """Where a session stands. challenge: while the camera runs; result: once it is decided"""

    state: SessionState
    expires_at: datetime
    accepted: tuple[int, ...] = ()
    sealed: tuple[int, ...] = ()
    challenge: ChallengeAnswer | None = None
    result: OutcomeAnswer | None = None


class ReceivedAnswer(Answer):
    """The same whoever is named, asked for the first time or again."""

    received: Literal[True] = True
