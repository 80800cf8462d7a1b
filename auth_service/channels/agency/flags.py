"""/v1/flags: what asks for attention, for the agency's own system. People appear by person key, and no evidence."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.channels.agency.payments import limit_of
from auth_service.channels.agency.schemas import FlagAnswer, FlagList
from auth_service.core.errors import FieldInvalid
from auth_service.monitoring.flags import Severity
from auth_service.storage.queries import FlagLine
from auth_service.web.access import FlagReadingKey
from auth_service.web.services import services_of

_LONGEST_CURSOR = 300
_STATES = ("open", "needs_check", "false_flag", "all")
_RULE, _REGION = re.compile(r"[A-Z][0-9]{2}"), re.compile(r"[0-9]{2,12}")


def listed(request: Request, _key: FlagReadingKey) -> Response:
    """One page, worst first, then newest. raises FieldInvalid: state, rule, severity, region, cursor, limit"""
    query = request.query_params
    state = _one_of(query.get("state", "open"), _STATES, "state")
    severity = query.get("severity") and _one_of(query["severity"], tuple(Severity), "severity")
    page = services_of(request).queries.flags(
        None if state == "all" else state,
        rule_id=_formed(query.get("rule"), _RULE, "rule"),
        severity=Severity(severity) if severity else None,
        region=_formed(query.get("region"), _REGION, "region"),
        cursor=query.get("cursor", "")[:_LONGEST_CURSOR] or None,
        limit=limit_of(query.get("limit", "50")),
    )
    told = FlagList(flags=tuple(_told(one) for one in page.rows), next_cursor=page.next_cursor)
    return JSONResponse(told.model_dump(mode="json"))


def _told(line: FlagLine) -> FlagAnswer:
    return FlagAnswer(
        id=line.id,
        rule=line.rule_id,
        severity=line.severity.value,
        raised_at=line.raised_at,
        state="open" if line.verdict is None else line.verdict.value,
        person_keys=line.person_keys,
        region_code=line.region,
    )


def _one_of(word: str, known: tuple[str, ...], name: str) -> str:
    """raises FieldInvalid"""
    if word not in set(known):
        raise FieldInvalid(f"one of: {', '.join(known)}", field=name)
    return word


def _formed(word: str | None, form: re.Pattern[str], name: str) -> str | None:
    """raises FieldInvalid"""
    if word and not form.fullmatch(word):
        raise FieldInvalid(field=name)
    return word or None
