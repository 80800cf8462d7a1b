"""How often somebody may ask, as data: what is counted, over how long, and how many.

Counts lie in the database, so that they hold over all workers (docs/decisions/0021-limits.md); this file only says
what counts against whom. A subject is text here and a keyed hash where it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86_400
_DAY_BEGINS = 8 * HOUR
"""Days are the agency's, UTC+8 without summer time (core/clock.py)."""


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """Most requests of one kind before 429 is answered; 0 lifts a limit.

    person_per_day         captures of one ID number from one device on one channel; further ones need another device,
                           key or channel, so that nobody can lock a person out everywhere
    person_on_key_per_day  captures of one ID number with one key, whatever devices it names
    enrollments_per_day    enrolments of one ID number with one key
    device_per_hour        captures of one kiosk, or of one device that the request names
    device_people_per_hour  different ID numbers of one such device
    key_per_minute         requests with one API key: ten times the load that one machine of two cores is built for
    client_per_minute      certificate pages for one network address; serials cannot be guessed (128 bits), and a bank
                           asks for many from one address
    client_per_day         the same over a day
    openings_per_minute    capture sessions opened, and requests for another way, from one network address: somebody who
                           helps a queue opens one every two minutes, and a village shares one address
    openings_per_day       the same over a day: thirty people an hour who try twice, for five hours
    wishes_per_day         requests for another way from one network address: nothing is overwritten, and staff read all
    wishes_person_per_day  the same for one ID number: four ways, and a telephone number that was mistyped once or twice
    sign_in_per_minute     tries to sign in from one network address, besides the growing delay of each name
    reveals_per_day        looks of one member of staff at somebody's name and telephone in full

    source  trust.md 2.5; what it does not name is our own estimate (docs/operations/limits.md)
    """

    person_per_day: int = 8
    person_on_key_per_day: int = 24
    enrollments_per_day: int = 24
    device_per_hour: int = 120
    device_people_per_hour: int = 60
    key_per_minute: int = 3000
    client_per_minute: int = 60
    client_per_day: int = 2000
    openings_per_minute: int = 10
    openings_per_day: int = 300
    wishes_per_day: int = 60
    wishes_person_per_day: int = 6
    sign_in_per_minute: int = 30
    reveals_per_day: int = 50


@dataclass(frozen=True, slots=True)
class ConnectionPolicy:
    """How connections are held by each server process.

    header_seconds  from the first byte, or the connection, to the end of a request's headers
    most_waiting    connections without a request; beyond it the one that waited longest is closed
    most_requests   on one connection, which is then closed
    linger_seconds  somebody who was refused may still send; what comes is dropped
    linger_pause_seconds  without a byte, after which that ends

    source  trust.md F25; nginx lingers as long (its lingering_time and lingering_timeout)
    """

    header_seconds: float = 10.0
    most_waiting: int = 4096
    most_requests: int = 1000
    linger_seconds: float = 30.0
    linger_pause_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that is counted.

    rule      stable name of the limit, as in the policy
    subject   whose count it is: an ID number, a key, an address
    most      requests allowed in one window; 0 is no limit
    seconds   length of the window; windows lie side by side
    each      counts only what is new: of each `each` the first one in a window
    """

    rule: str
    subject: str
    most: int
    seconds: int
    each: str | None = None

    def ends_at(self, now: datetime) -> datetime:
        """The end of the window that holds an instant."""
        shift = _DAY_BEGINS if self.seconds == DAY else 0
        begun = (int(now.timestamp()) + shift) // self.seconds
        return datetime.fromtimestamp((begun + 1) * self.seconds - shift, UTC)


def of_capture(policy: LimitPolicy, key: str, channel: str, device: str | None, number: str) -> tuple[Count, ...]:
    """What one capture counts against, the narrowest last."""
    named = _of_device(policy, key, device, number) if device else ()
    return (
        *named,
        Count("person_on_key_per_day", f"{number}\0{key}", policy.person_on_key_per_day, DAY),
        Count("person_per_day", f"{number}\0{channel}\0{key}\0{device or ''}", policy.person_per_day, DAY),
    )


def _of_device(policy: LimitPolicy, key: str, device: str, number: str) -> tuple[Count, ...]:
    whose = f"{key}\0{device}"
    return (
        Count("device_per_hour", whose, policy.device_per_hour, HOUR),
        Count("device_people_per_hour", whose, policy.device_people_per_hour, HOUR, each=number),
    )


def of_kiosk(policy: LimitPolicy, device: str, number: str) -> tuple[Count, ...]:
    """What one capture at a kiosk counts against; further ones need another kiosk, or another way."""
    return _of_device(policy, "kiosk", device, number)


def of_session(most: int, channel: str, device: str, subject: str, draw: str) -> tuple[Count, ...]:
    """What one draw of a capture session counts against: this person on this channel and device, so that nobody can
    lock a person out. most: SessionPolicy.attempts_per_day; subject: stands for the ID number; draw: names this draw,
    so that several tabs that ask for it count once"""
    return (Count("session_per_day", f"{subject}\0{channel}\0{device}", most, DAY, each=draw),)


def of_look(most: int, session_id: str, n: int) -> tuple[Count, ...]:
    """most: StepPolicy.looks_a_step"""
    return (Count("looks_a_step", f"{session_id}\0{n}", most, DAY),)


def of_photo_look(most: int, session_id: str) -> tuple[Count, ...]:
    """What one look at a photo that is left for staff counts against. most: StepPolicy.looks_a_step"""
    return (Count("looks_a_photo", session_id, most, DAY),)


def of_code(most: int, channel: str, device: str, subject: str) -> tuple[Count, ...]:
    """What one code that is asked for counts against: this person on this channel and device, so that whoever merely
    knows an ID number uses up nobody else's. most: CodePolicy.sends_per_day; subject: stands for the ID number"""
    return (Count("codes_per_day", f"{subject}\0{channel}\0{device}", most, DAY),)


def of_code_to_phone(most: int, phone: str) -> tuple[Count, ...]:
    """What one code that is sent counts against, whoever asked for it. most: CodePolicy.sends_to_phone_per_day"""
    return (Count("codes_to_phone_per_day", phone, most, DAY),)


def of_code_try(most: int, session_id: str, code: str) -> tuple[Count, ...]:
    """most: CodePolicy.tries; code: stands for the one that was sent"""
    return (Count("tries_a_code", f"{session_id}\0{code}", most, DAY),)


def of_wish(policy: LimitPolicy, client: str, subject: str) -> tuple[Count, ...]:
    """What one request for another way counts against. subject: stands for the ID number"""
    return (
        Count("wishes_per_day", client, policy.wishes_per_day, DAY),
        Count("wishes_person_per_day", f"{client}\0{subject}", policy.wishes_person_per_day, DAY),
    )


def of_enrollment(policy: LimitPolicy, key: str, number: str) -> tuple[Count, ...]:
    return (Count("enrollments_per_day", f"{number}\0{key}", policy.enrollments_per_day, DAY),)


def of_key(policy: LimitPolicy, key: str) -> tuple[Count, ...]:
    return (Count("key_per_minute", key, policy.key_per_minute, MINUTE),)


def of_lookup(policy: LimitPolicy, client: str) -> tuple[Count, ...]:
    return (
        Count("client_per_minute", client, policy.client_per_minute, MINUTE),
        Count("client_per_day", client, policy.client_per_day, DAY),
    )


def of_opening(policy: LimitPolicy, client: str) -> tuple[Count, ...]:
    return (
        Count("openings_per_minute", client, policy.openings_per_minute, MINUTE),
        Count("openings_per_day", client, policy.openings_per_day, DAY),
    )


def of_reveal(policy: LimitPolicy, staff_id: str) -> tuple[Count, ...]:
    """What one look at somebody's contact counts against."""
    return (Count("reveals_per_day", staff_id, policy.reveals_per_day, DAY),)


def of_sign_in(policy: LimitPolicy, client: str) -> tuple[Count, ...]:
    return (Count("sign_in_per_minute", client, policy.sign_in_per_minute, MINUTE),)
