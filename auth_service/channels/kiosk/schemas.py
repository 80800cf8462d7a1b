"""What a kiosk sends and is answered, where it differs from the phone's page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from auth_service.accounts.devices import DeviceState, LensProfile
from auth_service.capture.challenge import Accommodation, Route
from auth_service.channels.phone.schemas import Answer, Given, Line, StartedAnswer, WishBody


class EnrolmentBody(Given):
    """The one-time code, and the new key: Ed25519, 32 bytes as base64url without padding."""

    code: Annotated[str, Field(min_length=20, max_length=60)]
    public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class LensAnswer(Answer):
    """degrees: horizontal field of view; near_cm, far_cm: where a face may be"""

    degrees: float
    near_cm: int
    far_cm: int


class StatusAnswer(Answer):
    """How a device stands.

    counter          the highest number of a record that came from it
    offline_tickets  how many it holds that it may still use
    """

    device_id: str
    state: DeviceState
    name: str
    place: str
    server_time: datetime
    lens_profile: LensProfile
    lens: LensAnswer
    counter: int
    offline_tickets: int


class CardRead(Given):
    """The number came from a card, not from the pad."""

    read: Literal[True]


class KioskConsent(Given):
    """The text `kiosk_consent` that the person agreed to."""

    version: Line
    language: Literal["zh", "en"] = "zh"


class KioskOpenBody(Given):
    """Who is to be captured, and what suits them. name: asked for where the kiosk knows it"""

    id_number: Line
    name: Line | None = None
    card: CardRead | None = None
    channel: Literal["kiosk"] = "kiosk"
    route: Route = Route.FLASH
    accommodations: Annotated[tuple[Accommodation, ...], Field(max_length=len(Accommodation))] = ()
    slow: bool = False
    consent: KioskConsent | None = Field(None, description="without it nothing is opened")


class KioskOpenedAnswer(Answer):
    """The same for a number that is in the ledger and for one that is not. `token` goes into Capture-Token."""

    id: str
    token: str
    expires_at: datetime


class KioskStartedAnswer(StartedAnswer):
    """`nonce`, hex, goes into Capture-Nonce from here on."""

    nonce: str


class KioskWishBody(WishBody):
    """Another way, for whoever can name the person."""

    id_number: Line
    name: Line | None = None


class StaffCallBody(Given):
    """Somebody stands before the kiosk and needs a person. Nothing is said of whom."""
