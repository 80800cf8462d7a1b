"""The list of flags: the most serious first, then the newest, a page at a time."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from auth_service.console.listing import ALL, PAGE_SIZE, Listing, cursor_of
from auth_service.console.words import ago, local_time, region, words_of
from auth_service.monitoring.flags import Severity
from auth_service.monitoring.rules import RULES
from auth_service.storage.queries import FlagLine
from auth_service.web.access import FlagReader
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = Listing(
    "/console/flags",
    "flags.state",
    ("open", "needs_check", "false_flag", ALL),
    {"severity": frozenset(one.value for one in Severity), "rule": frozenset(RULES)},
)


def flags_page(request: Request, _visitor: FlagReader) -> Response:
    """The list, filtered by state, severity, rule and region; an unknown filter value counts as none.

    raises   FieldInvalid: a cursor that no page of ours has given out
    """
    services = services_of(request)
    language = language_of(request)
    chosen = LIST.chosen(request)
    page = services.queries.flags(
        None if chosen["state"] == ALL else chosen["state"],
        rule_id=chosen["rule"] or None,
        severity=Severity(chosen["severity"]) if chosen["severity"] else None,
        region=chosen["region"] or None,
        cursor=cursor_of(request),
        limit=PAGE_SIZE,
    )
    now = services.clock.now()
    return pages_of(request).answer(
        request,
        "flags.html",
        chosen=chosen,
        tabs=LIST.tabs(chosen, services.queries.flag_counts(), language),
        severities=[(value.value, text(f"flags.severity.{value.value}", language)) for value in Severity],
        rules=[(rule_id, f"{rule_id} {words_of(rule_id, language).title}") for rule_id in RULES],
        rows=[_row(row, now, language) for row in page.rows],
        filtered=LIST.is_narrowed(chosen),
        pages=LIST.pages(request, chosen, page.next_cursor),
    )


def _row(row: FlagLine, now: datetime, language: Language) -> dict[str, object]:
    return {
        "id": row.id,
        "rule_id": row.rule_id,
        "title": words_of(row.rule_id, language, row.severity).title,
        "severity": row.severity.value,
        "people": row.person_keys,
        "device": " · ".join(row.device or ()),
        "region": region(row.region, language) if row.person_keys or row.device else "",
        "raised": local_time(row.raised_at),
        "raised_iso": row.raised_at.isoformat(),
        "ago": ago(row.raised_at, now, language),
        "state": row.verdict.value if row.verdict else "open",
    }
