"""The queue of captures that a person must look at: who waits longest comes first, a page at a time."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from auth_service.console.listing import ALL, PAGE_SIZE, Listing, cursor_of
from auth_service.console.words import ago, local_time, region
from auth_service.qualification.decision import Reason
from auth_service.qualification.evidence import Channel
from auth_service.qualification.review import ReviewState
from auth_service.storage.queries import DeskFilter, DeskLine
from auth_service.web.access import ReviewReader
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

WHY = (
    Reason.GREY_ZONE, Reason.LIVENESS_NOT_ENOUGH, Reason.ATTACK_SUSPECTED, Reason.NON_MATCH, Reason.PHOTO_QUALITY,
    Reason.CHIP_DIFFERS, Reason.RECORD_HELD, Reason.CAPTURED_OFFLINE, Reason.LIVENESS_INCONCLUSIVE,
    Reason.ATTEMPTS_USED_UP, Reason.FACE_NOT_ENOUGH, Reason.REFERENCE_OF_SAME_KEY, Reason.NO_USABLE_REFERENCE,
)  # fmt: skip
"""Causes of a look, those that a look can settle first."""
LIST = Listing(
    "/console/desk",
    "desk.state",
    (*(state.value for state in ReviewState), ALL),
    {"channel": frozenset(one.value for one in Channel), "why": frozenset(one.value for one in WHY)},
)


def desk_page(request: Request, _visitor: ReviewReader) -> Response:
    """The queue, filtered by state, channel, cause and region; an unknown filter value counts as none.

    raises   FieldInvalid: a cursor that no page of ours has given out
    """
    services, language = services_of(request), language_of(request)
    chosen = LIST.chosen(request)
    wanted = DeskFilter(
        None if chosen["state"] == ALL else ReviewState(chosen["state"]),
        Channel(chosen["channel"]) if chosen["channel"] else None,
        Reason(chosen["why"]) if chosen["why"] else None,
        chosen["region"] or None,
    )
    page = services.queries.desk(wanted, cursor_of(request), PAGE_SIZE)
    now = services.clock.now()
    return pages_of(request).answer(
        request,
        "desk.html",
        chosen=chosen,
        tabs=LIST.tabs(chosen, services.queries.desk_counts(), language),
        channels=[(one.value, text(f"desk.channel.{one.value}", language)) for one in Channel],
        causes=[(one.value, text(f"desk.why.{one.value}", language)) for one in WHY],
        rows=[_row(row, now, language) for row in page.rows],
        filtered=LIST.is_narrowed(chosen),
        pages=LIST.pages(request, chosen, page.next_cursor),
    )


def _row(row: DeskLine, now: datetime, language: Language) -> dict[str, object]:
    erased = text("person.erased", language)
    return {
        "id": row.id,
        "why": [text(f"desk.why.{reason.value}", language) for reason in row.reasons],
        "channel": text(f"desk.channel.{row.channel.value}", language),
        "name": row.person.name or erased,
        "number": row.person.id_number or erased,
        "region": region(row.person.region_code, language),
        "taken": local_time(row.taken_at),
        "taken_iso": row.taken_at.isoformat(),
        "ago": ago(row.taken_at, now, language),
        "state": row.state.value,
        "verdict": text(f"desk.decide.{row.verdict.value}", language) if row.verdict else "",
    }
