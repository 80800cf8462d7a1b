"""One person: how each benefit stands and why, how that came about, tags, evidence, certificates and acts on money."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.roles import Permission
from auth_service.beneficiaries.tags import TAG_TEXTS, TagChange
from auth_service.console.money_words import history_rows
from auth_service.console.words import local_time, person_rows
from auth_service.core.clock import legal_date
from auth_service.flows.see_person import Seen, Standing
from auth_service.qualification.grades import WORTH
from auth_service.qualification.life import OWN, Message
from auth_service.qualification.status import Status
from auth_service.qualification.status_words import STATE_TEXTS, said
from auth_service.qualification.time_line import Change
from auth_service.storage.unit import IssuedCertificate, StoredNotice
from auth_service.web.access import PeopleReader, Visitor
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of


def person_page(request: Request, person_id: str, visitor: PeopleReader) -> Response:
    """Everything but a face and a full number. raises NotFound"""
    language = language_of(request)
    shown = services_of(request).people.see.person(person_id, visitor.staff)
    return pages_of(request).answer(
        request,
        "person.html",
        here=f"/console/people/{person_id}",
        person_id=person_id,
        person=person_rows(shown.person, language),
        standings=[_standing(one, language) for one in shown.standings],
        tags=[_tag(one, language) for one in shown.tags],
        events=[_event(one, language) for one in shown.events],
        certificates=[_certificate(one, language) for one in shown.certificates],
        notices=[_notice(one, language) for one in shown.notices],
        money=_money(request, person_id, visitor, language),
        may_see_money=visitor.may(Permission.SEE_MONEY),
    )


def _money(request: Request, person_id: str, visitor: Visitor, language: Language) -> list[dict[str, str]]:
    """Acts as they were proposed and ended, for whoever may see them."""
    if not visitor.may(Permission.SEE_MONEY):
        return []
    view = services_of(request).money.see.person(person_id, visitor.staff)
    return history_rows(view.proposals, view.names, language)


def _standing(one: Standing, language: Language) -> dict[str, object]:
    status = one.status
    return {
        "benefit": text(f"benefit.{one.kind.value}", language),
        "state": status.state.value,
        "state_word": _state(status, language),
        "due_on": status.due_on.isoformat(),
        "passed_on": status.passed_on.isoformat() if status.passed_on else text("person.never", language),
        "reasons": _reasons(status, language),
        "changes": [_change(change, language) for change in one.changes],
    }


def _change(change: Change, language: Language) -> dict[str, object]:
    return {
        "on": change.on.isoformat(),
        "state": change.now.state.value,
        "state_word": _state(change.now, language),
        "due": text("people.due_word", language, on=change.now.due_on),
        "reasons": _reasons(change.now, language),
    }


def _state(status: Status, language: Language) -> str:
    return STATE_TEXTS[status.state][0 if language == "zh" else 1]


def _reasons(status: Status, language: Language) -> list[str]:
    return [said(reason)[0 if language == "zh" else 1] for reason in status.reasons]


def _tag(change: TagChange, language: Language) -> dict[str, str]:
    key = "people.tag.taken" if not change.given else "people.tag.until" if change.until else "people.tag.given"
    return {
        "word": TAG_TEXTS[change.tag][0 if language == "zh" else 1],
        "told": text(key, language, source=change.source, on=change.on, until=change.until),
    }


def _event(seen: Seen, language: Language) -> dict[str, object]:
    event, worth = seen.event, WORTH[seen.event.kind]
    source = text("people.source.own", language) if event.source == OWN else event.source
    verdict = "counts" if seen.counts else "not"
    if event.message is not Message.NEW and not seen.counts:
        verdict = event.message.value
    return {
        "on": event.on.isoformat(),
        "kind": worth.zh if language == "zh" else worth.en,
        "told": text("people.evidence.told", language, source=source, when=legal_date(event.known_at)),
        "counts": seen.counts,
        "verdict": text(f"people.evidence.{verdict}", language),
    }


def _certificate(held: IssuedCertificate, language: Language) -> dict[str, str]:
    one = held.certificate
    return {
        "serial": one.serial,
        "kind": text(f"certificate.kind.{one.evidence_kind.value}", language),
        "told": text("people.certificate.until", language, on=one.passed_on, until=one.due_on),
        "issued": local_time(held.issued_at),
        "revoked": text(f"certificate.revoked.{held.revoked.reason.value}", language) if held.revoked else "",
    }


def _notice(one: StoredNotice, language: Language) -> dict[str, str]:
    """What it was about and what became of it; what it said is the person's own."""
    return {
        "kind": text(f"notice.kind.{one.kind.value}", language),
        "state": one.state.value,
        "state_word": text(f"notice.state.{one.state.value}", language),
        "told": text("people.notice.told", language, reach=text(f"notice.reach.{one.reach.value}", language)),
        "when": local_time(one.settled_at or one.written_at),
    }
