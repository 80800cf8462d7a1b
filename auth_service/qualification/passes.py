"""Which events of a life are passes: the last word of each source, judged by the policy of the day of the event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from auth_service.core.clock import legal_date
from auth_service.qualification.grades import WORTH, EventKind, Grade
from auth_service.qualification.life import OWN, LifeEvent, LifeFacts, Message
from auth_service.qualification.policy import Policy, PolicyBook

_FACE = frozenset({EventKind.FACE_IN_PERSON, EventKind.FACE_REMOTE, EventKind.ASSISTED})


@dataclass(frozen=True, slots=True)
class Pass:
    """One day on which the person was there.

    kind       of the event; of weak events together, the kind of the last
    silent     the person did nothing for it
    taken_back when it turned out not to count after all; None: it counts
    told       the event that it is; None where several weak ones add up to it
    """

    on: date
    kind: EventKind
    silent: bool
    known_at: datetime
    taken_back: datetime | None = None
    told: LifeEvent | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """One event as a source told it, when it first told of it at all, and when it took this back."""

    event: LifeEvent
    taken_back: datetime | None
    first_known_at: datetime


def passes(facts: LifeFacts, book: PolicyBook, now: datetime) -> list[Pass]:
    """Every pass that counts or once counted, as known at an instant, in no order."""
    if not facts.events:
        return []
    known = [event for event in facts.events if event.known_at <= now]
    told = [one for one in _told(known) if _counts(one, known, facts, book)]
    found = [
        Pass(one.event.on, one.event.kind, WORTH[one.event.kind].silent, one.event.known_at, one.taken_back, one.event)
        for one in told
        if _policy(facts, book, one.event.on).worth(one.event.kind)[0] is Grade.STRONG
    ]
    return found + list(_together(told, facts, book))


def visit_tried_on(facts: LifeFacts, now: datetime) -> date | None:
    """The last day on which somebody went to see the person in vain; None: nobody did."""
    if not facts.events:
        return None
    told = _told([event for event in facts.events if event.known_at <= now])
    tried = (one.event.on for one in told if one.event.kind is EventKind.VISIT_ATTEMPT and one.taken_back is None)
    return max(tried, default=None)


def _policy(facts: LifeFacts, book: PolicyBook, day: date) -> Policy:
    return book.on(day, facts.benefit, facts.region)


def _told(known: list[LifeEvent]) -> Iterator[_Told]:
    """Each event that a source ever said, whatever came first: a void ends it, the newest correction stands."""
    if len(known) == 1:
        if known[0].message is not Message.VOID:
            yield _Told(known[0], None, known[0].known_at)
        return
    by_reference: dict[tuple[str, str], list[LifeEvent]] = {}
    for event in known:
        by_reference.setdefault((event.source, event.ref), []).append(event)
    for messages in by_reference.values():
        yield from _of_one_reference(messages)


def _of_one_reference(messages: list[LifeEvent]) -> Iterator[_Told]:
    if len(messages) == 1 and messages[0].message is not Message.VOID:
        yield _Told(messages[0], None, messages[0].known_at)
        return
    voids = [event.known_at for event in messages if event.message is Message.VOID]
    ended = min(voids, default=None)
    said = sorted(
        (event for event in messages if event.message is not Message.VOID),
        key=lambda event: (event.message is Message.CORRECT, event.known_at, event.on),
    )
    for place, event in enumerate(said):
        later = [other.known_at for other in said[place + 1 :]]
        taken_back = min((at for at in (*later, ended) if at is not None), default=None)
        if taken_back is None or taken_back > event.known_at:  # told after it was taken back: it never counted
            yield _Told(event, taken_back, min(other.known_at for other in said))


def _counts(told: _Told, known: Iterable[LifeEvent], facts: LifeFacts, book: PolicyBook) -> bool:
    """Whether it may count at all, as a pass or as part of one. source: domain.md section 5, rules below the table"""
    event = told.event
    if event.on > legal_date(event.known_at):  # nobody is seen in the future
        return False
    policy = _policy(facts, book, event.on)
    if event.source == OWN and event.kind in _FACE:
        rule = policy.rule_of(event.channel) if event.channel is not None else None
        return rule is None or event.level is None or rule.counts(event.level, event.zone)
    if (legal_date(told.first_known_at) - event.on).days > policy.reuse_days:
        return False
    if not WORTH[event.kind].silent:
        return True
    return policy.silent and not wants_no_data(known, event.on) and not _before_a_void(event, known)


def wants_no_data(known: Iterable[LifeEvent], day: date) -> bool:
    """Whether the person had said by that day that they want no data comparison."""
    wishes = [
        other for other in known if other.kind in {EventKind.DATA_OPT_OUT, EventKind.DATA_OPT_IN} and other.on <= day
    ]
    newest = max(wishes, key=lambda one: (one.on, one.known_at), default=None)
    return newest is not None and newest.kind is EventKind.DATA_OPT_OUT


def _before_a_void(event: LifeEvent, known: Iterable[LifeEvent]) -> bool:
    """Whether its source took something back for this person before it told this, and this happened earlier than that.

    source   domain.md section 5: an event before the last void is dropped; own reading: of the same source, and only
             what is told after the void, because what was believed before it is taken back by name if it is wrong
    """
    if event.message is Message.CORRECT:
        return False
    return any(
        other.message is Message.VOID
        and other.source == event.source
        and other.known_at < event.known_at
        and event.on < legal_date(other.known_at)
        for other in known
    )


def _together(told: Iterable[_Told], facts: LifeFacts, book: PolicyBook) -> Iterator[Pass]:
    """Days on which weak events of different kinds add up to a pass, where the policy says that they do."""
    weak = [one for one in told if _policy(facts, book, one.event.on).worth(one.event.kind)[0] is Grade.WEAK]
    for last in weak:
        policy = _policy(facts, book, last.event.on)
        if not policy.weak.allowed:
            continue
        first_day = last.event.on - timedelta(days=policy.weak.days)
        near = [one for one in weak if first_day <= one.event.on <= last.event.on and one is not last]
        yield from _sums(last, near, policy, facts.death_hint_at)


def _sums(last: _Told, near: list[_Told], policy: Policy, hint_at: datetime | None) -> Iterator[Pass]:
    """The pass that a last event completes with what stands beside it; with what was taken back since, one that did."""
    sets = [[one for one in near if one.taken_back is None]]
    if len(sets[0]) < len(near):
        sets.append(near)
    for beside in sets:
        members = {one.event.kind: one for one in beside} | {last.event.kind: last}
        total = sum(policy.worth(kind)[1] for kind in members)
        if len(members) < policy.weak.kinds or total < policy.weak.points:
            continue
        known_at = max(one.event.known_at for one in members.values())
        if hint_at is not None and known_at >= hint_at:  # a doubt is open: signs that anybody can make do not do
            continue
        taken_back = min((one.taken_back for one in members.values() if one.taken_back is not None), default=None)
        if taken_back is None or taken_back > known_at:
            yield Pass(last.event.on, last.event.kind, silent=True, known_at=known_at, taken_back=taken_back)
