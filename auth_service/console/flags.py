"""The list of flags: the most serious first, then the newest, a page at a time."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from auth_service.console.words import ago, local_time, region, words_of
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.rules import RULES
from auth_service.storage.queries import FlagLine
from auth_service.web.access import FlagReader
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

STATES = ("open", "needs_check", "false_flag", "all")
_PAGE_SIZE = 25
_LONGEST_CURSOR = 300
_REGION = re.compile(r"[0-9]{2,12}")


def flags_page(request: Request, _visitor: FlagReader) -> Response:
    """The list, filtered by state, severity, rule and region; an unknown filter value counts as none.

    raises   FieldInvalid: a cursor that no page of ours has given out
    """
    services = services_of(request)
    language = language_of(request)
    chosen = _chosen(request)
    page = services.queries.flags(
        None if chosen["state"] == "all" else chosen["state"],
        rule_id=chosen["rule"] or None,
        severity=Severity(chosen["severity"]) if chosen["severity"] else None,
        region=chosen["region"] or None,
        cursor=request.query_params.get("cursor", "")[:_LONGEST_CURSOR] or None,
        limit=_PAGE_SIZE,
    )
    now = services.clock.now()
    return pages_of(request).answer(
        request,
        "flags.html",
        state=chosen["state"],
        severity=chosen["severity"],
        rule=chosen["rule"],
        region=chosen["region"],
        tabs=_tabs(chosen, services.queries.flag_counts(), language),
        severities=[(value.value, text(f"flags.severity.{value.value}", language)) for value in Severity],
        rules=[(rule_id, words_of(rule_id, language).title) for rule_id in RULES],
        rows=[_row(row, now, language) for row in page.rows],
        next_url=_url(chosen, cursor=page.next_cursor) if page.next_cursor else None,
        first_url=_url(chosen) if "cursor" in request.query_params else None,
        filtered=chosen["state"] != "open" or bool(chosen["severity"] or chosen["rule"] or chosen["region"]),
    )


def _chosen(request: Request) -> dict[str, str]:
    query = request.query_params
    state, severity, rule = query.get("state", "open"), query.get("severity", ""), query.get("rule", "")
    return {
        "state": state if state in STATES else "open",
        "severity": severity if severity in set(Severity) else "",
        "rule": rule if rule in RULES else "",
        "region": query.get("region", "") if _REGION.fullmatch(query.get("region", "")) else "",
    }


def _url(chosen: dict[str, str], **changed: str) -> str:
    query = {name: value for name, value in (chosen | changed).items() if value}
    return "/console/flags?" + urlencode(query)


def _tabs(chosen: dict[str, str], counts: dict[str, int], language: Language) -> list[dict[str, object]]:
    """One tab per state, with how many flags it holds."""
    totals = {**counts, "all": sum(counts.get(state, 0) for state in STATES[:-1])}
    return [
        {
            "word": text(f"flags.state.{state}", language),
            "url": _url(chosen, state=state),
            "count": totals.get(state, 0),
            "current": chosen["state"] == state,
        }
        for state in STATES
    ]


def _row(row: FlagLine, now: datetime, language: Language) -> dict[str, object]:
    return {
        "id": row.id,
        "rule_id": row.rule_id,
        "title": words_of(row.rule_id, language).title,
        "severity": row.severity.value,
        "people": row.person_keys,
        "region": region(row.region, language) if row.person_keys else "",
        "raised": local_time(row.raised_at),
        "raised_iso": row.raised_at.isoformat(),
        "ago": ago(row.raised_at, now, language),
        "state": row.verdict.value if row.verdict else "open",
    }
