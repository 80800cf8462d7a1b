"""When a record that was made without a line is believed, and when a person looks first. Nothing here is a penalty.

rules   the time of capture is the kiosk's claim, the time of receipt is a fact: evidence is dated by receipt
        a record that cannot be believed is kept, decided like any other, and never passes by itself: a person looks
        at its pictures, and may let it pass
        what a record was refused for is told by code; its place in the chain is kept, so that nothing seems missing
source  trust.md F19, F20, F23, F30; domain.md (queue limit of 72 h)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from auth_service.capture.challenge import Challenge


@dataclass(frozen=True, slots=True)
class OfflinePolicy:
    """queue_hours       how old a record may be when it comes, and how long a ticket is good for
    skew_seconds      how far a kiosk's clock may be off
    gap_minutes       how long a missing record is waited for after the kiosk's last one
    gap_hours         the same at most, while others still come
    tickets_at_once   most tickets of one answer
    tickets_held      most unused tickets that one kiosk holds: whoever could draw challenges at will would wait for one
                      that a film fits; a kiosk that serves 100 people a day uses as many in 72 hours
    tries             how often a record is tried that brings the measuring down, before a person gets it unmeasured
    decided_at_once   how many records, of different people, the worker measures at the same time; 0 is half of the
                      readers and at least one, so that the other half is there for whoever stands before a camera

    source  trust.md F17, F19, F13 (poison after 5); domain.md (offline queue limit, 100 people a day and kiosk)
    """

    queue_hours: int = 72
    skew_seconds: int = 300
    gap_minutes: int = 15
    gap_hours: int = 24
    tickets_at_once: int = 50
    tickets_held: int = 300
    tries: int = 5
    decided_at_once: int = 0

    @property
    def queue(self) -> timedelta:
        return timedelta(hours=self.queue_hours)

    @property
    def tickets_drawn(self) -> int:
        """Most tickets of one kiosk whose time is not over, used or not: those that it holds, and as many again that it
        used in the same hours. source: own decision; 600 draws in 72 hours are few beside 2^16 challenges (LEAST_BITS)
        """
        return 2 * self.tickets_held

    @property
    def skew(self) -> timedelta:
        return timedelta(seconds=self.skew_seconds)

    @property
    def gap(self) -> tuple[timedelta, timedelta]:
        """Since the last record, and at most."""
        return timedelta(minutes=self.gap_minutes), timedelta(hours=self.gap_hours)

    @property
    def is_unlimited(self) -> bool:
        """Whether old pictures, or challenges drawn at will, would do."""
        return self.queue_hours > 168 or self.skew_seconds > 3600 or self.tickets_held > 5000


@dataclass(frozen=True, slots=True)
class Ticket:
    """A challenge that the service drew for one capture of one kiosk, to be used once while there is no line.

    device_id  the kiosk that it was drawn for
    """

    id: str
    device_id: str
    challenge: Challenge
    issued_at: datetime
    expires_at: datetime


class RecordState(StrEnum):
    """What a kiosk is told of its record; the same however often it asks."""

    ACCEPTED = "accepted"
    """Kept; the decision follows."""
    PENDING = "pending"
    """Kept; a person looks, whatever the machine finds."""
    REFUSED = "refused"
    """Its place in the chain is kept and nothing else: there is nothing in it that anybody could look at."""


class Hold(StrEnum):
    """Why a person looks first."""

    DEVICE_REVOKED = "device_revoked"
    DEVICE_QUARANTINED = "device_quarantined"
    CHAIN_FORK = "chain_fork"
    CHAIN_BROKEN = "chain_broken"
    CHAIN_GAP = "chain_gap"
    TICKET_REUSED = "ticket_reused"
    TICKET_OF_ANOTHER = "ticket_of_another_device"
    TICKET_EXPIRED = "ticket_expired"
    FROM_FUTURE = "record_from_future"
    BEFORE_TICKET = "record_before_ticket"
    TOO_OLD = "record_too_old"


class Refusal(StrEnum):
    """Why there is nothing to look at."""

    TICKET_UNKNOWN = "ticket_unknown"
    FRAMES_MISSING = "frames_missing"
    STEPS_UNFIT = "steps_unfit"
    ID_NUMBER_INVALID = "id_number_invalid"
    CONSENT_UNKNOWN = "consent_unknown"


_NO_HARM_ZH, _NO_HARM_EN = "待遇不受影响。", " Nothing changes for the person meanwhile."
RECORD_TEXTS: dict[Hold | Refusal, tuple[str, str]] = {
    Hold.DEVICE_REVOKED: (
        f"终端停用之后采集的记录，由工作人员查看；{_NO_HARM_ZH}",
        f"Captured after the kiosk was revoked: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.DEVICE_QUARANTINED: (
        f"终端正在核查，由工作人员查看；{_NO_HARM_ZH}",
        f"The kiosk is being checked: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.CHAIN_FORK: (
        f"同一序号有两条不同的记录，由工作人员查看；{_NO_HARM_ZH}",
        f"Two different records have this place: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.CHAIN_BROKEN: (
        f"记录与前一条对不上，由工作人员查看；{_NO_HARM_ZH}",
        f"The record does not follow the one before it: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.CHAIN_GAP: (
        f"前面的记录一直没有收到，由工作人员查看；{_NO_HARM_ZH}",
        f"A record before this one never came: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.TICKET_REUSED: (
        f"离线票据已经用过，由工作人员查看；{_NO_HARM_ZH}",
        f"Its ticket was used before: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.TICKET_OF_ANOTHER: (
        f"离线票据发给了另一台终端，由工作人员查看；{_NO_HARM_ZH}",
        f"Its ticket was given to another kiosk: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.TICKET_EXPIRED: (
        f"离线票据在采集时已过期，由工作人员查看；{_NO_HARM_ZH}",
        f"Its ticket had expired when it was captured: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.FROM_FUTURE: (
        f"采集时间晚于收到时间，终端时钟可能不准，由工作人员查看；{_NO_HARM_ZH}",
        f"Captured later than it came, by the kiosk's clock: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.BEFORE_TICKET: (
        f"采集时间早于票据发出时间，终端时钟可能不准，由工作人员查看；{_NO_HARM_ZH}",
        f"Captured before its ticket was given, by the kiosk's clock: a member of staff looks.{_NO_HARM_EN}",
    ),
    Hold.TOO_OLD: (
        f"采集后超过规定时间才收到，由工作人员查看；{_NO_HARM_ZH}",
        f"It came later than a record may: a member of staff looks.{_NO_HARM_EN}",
    ),
    Refusal.TICKET_UNKNOWN: (
        f"没有发出过这张离线票据，无法查看；请本人再来一次，{_NO_HARM_ZH}",
        f"No such ticket was ever given, so nobody can judge it. Please ask the person to come again.{_NO_HARM_EN}",
    ),
    Refusal.FRAMES_MISSING: (
        f"记录没有带来画面，无法查看；请本人再来一次，{_NO_HARM_ZH}",
        f"It came without its pictures. Please ask the person to come again.{_NO_HARM_EN}",
    ),
    Refusal.STEPS_UNFIT: (
        f"画面与所要求的动作对不上，无法查看；请本人再来一次，{_NO_HARM_ZH}",
        f"Its pictures are not those that were asked for. Please ask the person to come again.{_NO_HARM_EN}",
    ),
    Refusal.ID_NUMBER_INVALID: (
        f"证件号码有误，无法办理；请核对后再来一次，{_NO_HARM_ZH}",
        f"The ID number cannot be right. Please check it and come again.{_NO_HARM_EN}",
    ),
    Refusal.CONSENT_UNKNOWN: (
        f"记录中的同意书版本不存在，画面没有保存；请更新终端后请本人再来一次，{_NO_HARM_ZH}",
        f"It names a consent that no release of ours has shown, so no picture was kept.{_NO_HARM_EN}",
    ),
}
"""Code -> (zh, en)."""


@dataclass(frozen=True, slots=True)
class DeviceDoubt:
    """Since when a device is not believed. hold: DEVICE_REVOKED or DEVICE_QUARANTINED"""

    hold: Hold
    since: datetime


def held_by_ticket(ticket: Ticket, device_id: str, captured_at: datetime, policy: OfflinePolicy) -> Hold | None:
    """What a ticket says against a record; whether it was used before, storage says."""
    if ticket.device_id != device_id:
        return Hold.TICKET_OF_ANOTHER
    if captured_at > ticket.expires_at + policy.skew:
        return Hold.TICKET_EXPIRED
    if captured_at < ticket.issued_at - policy.skew:
        return Hold.BEFORE_TICKET
    return None


def held_by_time(captured_at: datetime, received_at: datetime, policy: OfflinePolicy) -> Hold | None:
    """What the times say against a record."""
    if captured_at > received_at + policy.skew:
        return Hold.FROM_FUTURE
    if received_at - captured_at > policy.queue:
        return Hold.TOO_OLD
    return None


def is_steady(times: Sequence[datetime], policy: OfflinePolicy) -> bool:
    """Whether wrong times of records that follow each other go on as those of a clock that is off by a constant."""
    return all(later >= earlier - policy.skew for earlier, later in pairwise(times))


def held_by_device(captured_at: datetime, doubt: DeviceDoubt | None) -> Hold | None:
    """A record from before the device was doubted is honoured, later ones are held."""
    return doubt.hold if doubt is not None and captured_at > doubt.since else None
