"""/v1/me: one's own status, history and data, and what may be asked about them (contract.md section 4).

A capture session shows who asks: its cookie, and in it a code that came back or a live pass that was just made. Whoever
has neither gets the same refusal whether or not anybody is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.beneficiaries.arrangements import Arrangement, Topic
from auth_service.beneficiaries.tags import TAG_TEXTS, TagChange
from auth_service.channels.phone import own_schemas as told
from auth_service.channels.phone.schemas import ReceivedAnswer
from auth_service.channels.phone.session_key import HoldsNamedSession
from auth_service.flows.ask_other_way import Named
from auth_service.flows.see_own import OwnData, OwnHistory
from auth_service.flows.see_person import Seen, Standing
from auth_service.flows.session_terms import SessionKey
from auth_service.qualification.evidence import Channel
from auth_service.qualification.grades import WORTH
from auth_service.qualification.status import Status
from auth_service.qualification.status_words import STATE_TEXTS, said, said_over_a_telephone
from auth_service.storage.unit import IssuedCertificate, StoredNotice, StoredProposal
from auth_service.web.access import client_of
from auth_service.web.csrf import check_page
from auth_service.web.idempotency import checked_key
from auth_service.web.services import services_of
from auth_service.web.texts import TEXTS

HOLDS_NAMED_SESSION = HoldsNamedSession()
HeldKey = Annotated[SessionKey, Depends(HOLDS_NAMED_SESSION)]
_OF_PROXIES = frozenset({"id_number", "phone"})
"""What is kept of somebody else is theirs."""
_NO_STORE = {"Cache-Control": "no-store"}


def status(request: Request, key: HeldKey) -> Response:
    """How each benefit stands, in words for whoever holds the telephone; history has all of it after a live pass.

    raises  SessionUnknown, PossessionNeeded, RateLimited
    """
    services = services_of(request)
    services.limit.lookup(client_of(request))
    return _json(told.OwnStatusAnswer(benefits=_benefits(services.own.see.status(key), in_full=False)))


def history(request: Request, key: HeldKey) -> Response:
    """What was told and decided. raises SessionUnknown, LivePassNeeded, RateLimited"""
    services = services_of(request)
    services.limit.lookup(client_of(request))
    return _json(_history(services.own.see.history(key)))


def export(request: Request, key: HeldKey) -> Response:
    """Everything in words, as a file. raises SessionUnknown, LivePassNeeded, RateLimited"""
    services = services_of(request)
    services.limit.lookup(client_of(request))
    answer = told_export(services.own.see.export(key))
    response = _json(answer)
    response.headers["Content-Disposition"] = 'attachment; filename="own-data.json"'
    return response


def ask(request: Request, given: told.OwnWishBody) -> Response:
    """One answer for everybody; nothing changes before a privacy officer has met the person.

    raises  IdNumberInvalid, RateLimited, CsrfRefused
    """
    check_page(request, cookie=False)
    checked_key(request)
    services = services_of(request)
    client, named = client_of(request), Named(given.id_number, given.name)
    services.limit.opening(client)
    services.own.ask.by_number(named, given.wish, Channel.PHONE, client)
    return JSONResponse(ReceivedAnswer().model_dump(), 201)


def _benefits(standings: Iterable[Standing], *, in_full: bool) -> tuple[told.BenefitStatus, ...]:
    return tuple(
        told.BenefitStatus(
            benefit=one.kind,
            state=one.status.state,
            words=_said(STATE_TEXTS[one.status.state]),
            due_on=one.status.due_on,
            passed_on=one.status.passed_on,
            reasons=tuple(map(_said, _reasons(one.status, in_full=in_full))),
        )
        for one in standings
    )


def _reasons(status: Status, *, in_full: bool) -> tuple[tuple[str, str], ...]:
    return tuple(map(said, status.reasons)) if in_full else said_over_a_telephone(status.reasons)


def _history(found: OwnHistory) -> told.OwnHistoryAnswer:
    return told.OwnHistoryAnswer(
        benefits=_benefits(found.standings, in_full=True),
        events=tuple(_event(one) for one in found.events),
        tags=tuple(_tag(one) for one in found.tags),
        certificates=tuple(_certificate(one) for one in found.certificates),
        acts=tuple(_act(one) for one in found.acts),
        notices=tuple(_notice(one) for one in found.notices),
    )


def _event(seen: Seen) -> told.OwnEvent:
    event, worth = seen.event, WORTH[seen.event.kind]
    return told.OwnEvent(
        on=event.on, kind=event.kind, words=_said((worth.zh, worth.en)), source=event.source, learnt_at=event.known_at,
        counts=seen.counts,
    )  # fmt: skip


def _tag(change: TagChange) -> told.OwnTag:
    return told.OwnTag(
        tag=change.tag, words=_said(TAG_TEXTS[change.tag]), source=change.source, given=change.given, on=change.on,
        until=change.until,
    )  # fmt: skip


def _certificate(held: IssuedCertificate) -> told.OwnCertificate:
    one, end = held.certificate, held.revoked
    return told.OwnCertificate(
        serial=one.serial, evidence_kind=one.evidence_kind, passed_on=one.passed_on, due_on=one.due_on,
        revoked_at=end.revoked_at if end else None, reason=end.reason if end else None,
    )  # fmt: skip


def _act(stored: StoredProposal) -> told.OwnAct:
    """Who proposed and who approved is in the audit trail and not in a letter."""
    one = stored.proposal
    return told.OwnAct(
        act=one.act, words=_said(TEXTS[f"money.act.{one.act.value}"]), benefit=one.benefit, month=one.month,
        amount=str(one.amount) if one.amount is not None else None, proposed_at=one.proposed_at,
        state=stored.decision.verdict.value if stored.decision else "waiting",
    )  # fmt: skip


def _notice(one: StoredNotice) -> told.OwnNotice:
    return told.OwnNotice(
        written_at=one.written_at, settled_at=one.settled_at, reach=one.reach, state=one.state, title=one.title,
        text=one.text,
    )  # fmt: skip


def told_export(data: OwnData) -> told.OwnExportAnswer:
    """Everything in words, as it is sent."""
    person, consent = data.person, data.consent
    return told.OwnExportAnswer(
        made_at=data.made_at,
        person=told.OwnFields(
            person_key=person.person_key,
            name=person.name,
            id_number=person.id_number.number,
            birth_date=str(person.birth_date) if person.birth_date else None,
            region_code=person.region_code,
            village=person.village,
            address=person.address,
            phone=person.phone,
            contact_name=person.contact_name,
            contact_phone=person.contact_phone,
        ),
        history=_history(data.history),
        consent=told.OwnConsent(
            basis=consent.basis.value, text_version=consent.text_version, recorded_at=consent.recorded_at
        )
        if consent
        else None,
        contests=tuple(
            told.OwnContest(opened_at=one.contest.opened_at, words=one.contest.words, is_open=one.is_open)
            for one in data.contests
        ),
        requests=tuple(
            told.OwnAsked(
                wish=one.wish, asked_at=one.asked_at, answer=one.answer.value if one.answer else None,
                settled_at=one.settled_at,
            )
            for one in data.requests
        ),
        arranged=tuple(_arranged(one) for one in data.arranged),
        wishes=told.OwnNoticeWishes(
            language=data.wishes.language, email=data.wishes.email, receipts=data.wishes.receipts
        ),
    )  # fmt: skip


def _arranged(one: Arrangement) -> told.OwnArrangement:
    hidden = _OF_PROXIES if one.topic is Topic.PROXY else frozenset[str]()
    details = {name: value for name, value in one.details.items() if name not in hidden}
    return told.OwnArrangement(
        topic=one.topic, kind=one.kind, details=details, source=one.source, given=one.given, on=one.on, until=one.until
    )


def _said(words: tuple[str, str]) -> told.Said:
    return told.Said(zh=words[0], en=words[1])


def _json(answer: BaseModel) -> JSONResponse:
    return JSONResponse(answer.model_dump(mode="json"), headers=_NO_STORE)
