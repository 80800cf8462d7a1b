"""The queue of captures that a person must look at: who waits longest comes first, a page at a time."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from auth_service.console.words import ago, local_time, region
from auth_service.qualification.decision import Reason
from auth_service.qualification.evidence import Channel
from auth_service.qualification.review import ReviewState
from auth_service.storage.queries import DeskFilter, DeskLine
from auth_service.web.access import ReviewReader
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

STATES = (*(state.value for state in ReviewState), "all")
WHY = (
    Reason.GREY_ZONE, Reason.LIVENESS_NOT_ENOUGH, Reason.ATTACK_SUSPECTED, Reason.NON_MATCH, Reason.PHOTO_QUALITY,
    Reason.LIVENESS_INCONCLUSIVE, Reason.ATTEMPTS_USED_UP, Reason.FACE_NOT_ENOUGH, Reason.REFERENCE_OF_SAME_KEY,
    Reason.NO_USABLE_REFERENCE,
)  # fmt: skip
"""Causes of a look, those that a look can settle first."""
PAGE_SIZE = 25
LONGEST_CURSOR = 300
_REGION = re.compile(r"[0-9]{2,12}")


def desk_page(request: Request, _visitor: ReviewReader) -> Response:
    """The queue, filtered by state, channel, cause and region; an unknown filter value counts as none.

    raises   FieldInvalid: a cursor that no page of ours has given out
    """
    services, language = services_of(request), language_of(request)
    chosen = _chosen(request)
    wanted = DeskFilter(
        None if chosen["state"] == "all" else ReviewState(chosen["state"]),
        Channel(chosen["channel"]) if chosen["channel"] else None,
        Reason(chosen["why"]) if chosen["why"] else None,
        chosen["region"] or None,
    )
    page = services.queries.desk(wanted, request.query_params.get("cursor", "")[:LONGEST_CURSOR] or None, PAGE_SIZE)
    now = services.clock.now()
    return pages_of(request).answer(
        request,
        "desk.html",
        chosen=chosen,
        tabs=_tabs(chosen, services.queries.desk_counts(), language),
        channels=[(one.value, text(f"desk.channel.{one.value}", language)) for one in Channel],
        causes=[(one.value, text(f"desk.why.{one.value}", language)) for one in WHY],
        rows=[_row(row, now, language) for row in page.rows],
        next_url=_url(chosen, cursor=page.next_cursor) if page.next_cursor else None,
        first_url=_url(chosen) if "cursor" in request.query_params else None,
        filtered=chosen["state"] != "waiting" or bool(chosen["channel"] or chosen["why"] or chosen["region"]),
    )


def _chosen(request: Request) -> dict[str, str]:
    query = request.query_params
    state, channel, why = query.get("state", "waiting"), query.get("channel", ""), query.get("why", "")
    return {
        "state": state if state in STATES else "waiting",
        "channel": channel if channel in set(Channel) else "",
        "why": why if why in WHY else "",
        "region": query.get("region", "") if _REGION.fullmatch(query.get("region", "")) else "",
    }


def _url(chosen: dict[str, str], **changed: str) -> str:
    query = {name: value for name, value in (chosen | changed).items() if value}
    return "/console/desk?" + urlencode(query)


def _tabs(chosen: dict[str, str], counts: dict[str, int], language: Language) -> list[dict[str, object]]:
    totals = {**counts, "all": sum(counts.values())}
    return [
        {
            "word": text(f"desk.state.{state}", language),
            "url": _url(chosen, state=state),
            "count": totals.get(state, 0),
            "current": chosen["state"] == state,
        }
        for state in STATES
    ]


def _row(row: DeskLine, now: datetime, language: Language) -> dict[str, object]:
    erased = text("person.erased", language)
    return {
        "id": row.id,
        "why": [text(f"desk.why.{reason.value}", language) for reason in row.reasons],
        "urgent": Reason.ATTACK_SUSPECTED in row.reasons,
        "channel": text(f"desk.channel.{row.channel.value}", language),
        "name": row.person.name or erased,
        "number": row.person.id_number or erased,
        "key": row.person.person_key,
        "region": region(row.person.region_code, language),
        "taken": local_time(row.taken_at),
        "taken_iso": row.taken_at.isoformat(),
        "ago": ago(row.taken_at, now, language),
        "state": row.state.value,
        "verdict": text(f"desk.decide.{row.verdict.value}", language) if row.verdict else "",
    }
