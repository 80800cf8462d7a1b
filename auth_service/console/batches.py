"""Files of registries: those that wait for a second person first, one file with what is odd about it, and its end.

What a file says of people stays out of the list. Whoever may release it sees the first rows, masked, on its page:
shifted columns are seen at a glance, and a release without a look would be none.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.accounts.roles import Permission
from auth_service.console.batch_words import about_rows, count_rows, odd_rows, profile_rows, refused_rows, row_cells
from auth_service.console.confirm import PASSWORD, carrying, confirm, needs_password
from auth_service.console.exports import table_file
from auth_service.console.words import ago, local_time, source_word
from auth_service.core.errors import (
    BatchRefused,
    BatchUnfinished,
    ConfirmationNeeded,
    CredentialsInvalid,
    ImporterMissing,
    RateLimited,
    ReasonMissing,
    SecondPersonNeeded,
    ServiceError,
    SignInThrottled,
)
from auth_service.crosscheck.sources import KIND_WORDS
from auth_service.storage.unit import BatchState, StoredBatch
from auth_service.web.access import RegistryReader, RegistryReleaser, RegistrySteward, Visitor
from auth_service.web.csrf import FIELD, check_form
from auth_service.web.errors import status_of
from auth_service.web.forms import read_page_form
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

LIST = "/console/batches"
TABS = ("waiting", "all")
_FIRST_ROWS = 20
_SHOWN = (
    BatchRefused, BatchUnfinished, ConfirmationNeeded, CredentialsInvalid, ImporterMissing, RateLimited, ReasonMissing,
    SecondPersonNeeded, SignInThrottled,
)  # fmt: skip


async def release_fields(request: Request) -> dict[str, str]:
    """The fields of the button that lets a file count."""
    return await read_page_form(request, (FIELD, PASSWORD))


async def discard_fields(request: Request) -> dict[str, str]:
    """The fields of the form that takes a file back."""
    return await read_page_form(request, (FIELD, PASSWORD, "reason"))


ReleaseForm = Annotated[dict[str, str], Depends(release_fields)]
DiscardForm = Annotated[dict[str, str], Depends(discard_fields)]


def batches_page(request: Request, _visitor: RegistryReader) -> Response:
    """Those that wait, or the newest hundred of all."""
    services, language = services_of(request), language_of(request)
    chosen = _tab(request)
    waiting, now = services.oversight.registry.waiting(), services.clock.now()
    found = waiting if chosen == "waiting" else services.oversight.registry.batches()
    tabs = [
        {
            "word": text(f"batches.tab.{tab}", language),
            "url": f"{LIST}?state={tab}",
            "count": len(waiting) if tab == "waiting" else "",
            "current": tab == chosen,
        }
        for tab in TABS
    ]
    rows = [_row(one, language) | {"ago": ago(one.begun_at, now, language)} for one in found]
    files = [(kind, f"{LIST}.{kind}?state={chosen}") for kind in ("csv", "xlsx")]
    return pages_of(request).answer(
        request, "batches.html", tabs=tabs, rows=rows, chosen=chosen, files=files, here=LIST
    )


def batches_file(request: Request, form: str, _visitor: RegistryReader) -> Response:
    """The list as CSV or XLSX, without the files' own names. raises NotFound: another form"""
    services, language = services_of(request), language_of(request)
    registry = services.oversight.registry
    found = registry.waiting() if _tab(request) == "waiting" else registry.batches()
    names = ("batch", "kind", "source", "begun", "rows", "refused", "hits", "state", "odd")
    table = [[text(f"batches.csv.{name}", language) for name in names]]
    for one in found:
        told = _row(one, language)
        odd = "; ".join(row.word for row in odd_rows(one, language))
        counts = [str(one.counts.get(name, 0)) for name in ("rows", "refused", "hits")]
        table.append([one.id, str(told["kind"]), one.source, str(told["begun"]), *counts, str(told["state_word"]), odd])
    return table_file(request, "registry-batches", form, table)


def batch_page(request: Request, batch_id: str, visitor: RegistryReader) -> Response:
    """One file. raises NotFound"""
    return _page(request, batch_id, visitor)


def release(request: Request, batch_id: str, visitor: RegistryReleaser, form: ReleaseForm) -> Response:
    """Lets an odd file count, as a second person. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    try:
        visitor = confirm(request, visitor, form)
        services_of(request).oversight.registry.release(batch_id, visitor.staff)
    except _SHOWN as error:
        return carrying(request, _page(request, batch_id, visitor, error))
    return carrying(request, RedirectResponse(f"{LIST}/{batch_id}?recorded=released", 303))


def discard(request: Request, batch_id: str, visitor: RegistrySteward, form: DiscardForm) -> Response:
    """Takes a wrong file back, alone and at once. raises CsrfRefused, NotFound"""
    check_form(request, form.get(FIELD), visitor.session.csrf_token)
    reason = form.get("reason", "")
    try:
        visitor = confirm(request, visitor, form)
        services_of(request).oversight.registry.discard(batch_id, reason, visitor.staff)
    except _SHOWN as error:
        return carrying(request, _page(request, batch_id, visitor, error, reason))
    return carrying(request, RedirectResponse(f"{LIST}/{batch_id}?recorded=discarded", 303))


def _tab(request: Request) -> str:
    wish = request.query_params.get("state", "")
    return wish if wish in TABS else TABS[0]


def _row(one: StoredBatch, language: Language) -> dict[str, object]:
    return {
        "id": one.id,
        "kind": KIND_WORDS[one.kind][0 if language == "zh" else 1],
        "source": source_word(one.source, language),
        "begun": local_time(one.begun_at),
        "rows": f"{one.counts.get('rows', 0):,}",
        "hits": f"{one.counts.get('hits', 0):,}",
        "state": one.state.value,
        "state_word": text(f"batches.state.{one.state.value}", language),
        "odd": [row.word for row in odd_rows(one, language)],
    }


def _page(
    request: Request, batch_id: str, visitor: Visitor, error: ServiceError | None = None, reason: str = ""
) -> Response:
    services, language = services_of(request), language_of(request)
    may_release = visitor.may(Permission.RELEASE_REGISTRY)
    shown = services.oversight.registry.show(batch_id, _FIRST_ROWS if may_release else 0)
    batch = shown.batch
    recorded = request.query_params.get("recorded", "")
    return pages_of(request).answer(
        request,
        "batch.html",
        status_of(error) if error else 200,
        here=f"{LIST}/{batch.id}",
        batch=_row(batch, language),
        about=about_rows(batch, services.oversight.names(), language),
        counts=count_rows(batch, language),
        odd=odd_rows(batch, language),
        profile=profile_rows(batch.profile),
        refused=refused_rows(shown.refused_by_code, language),
        first_rows=[row_cells(row, language) for row in shown.rows],
        **_acts(batch, visitor, may_release=may_release),
        needs_password=needs_password(request, visitor),
        reason=reason,
        error=error.text(language) if error else None,
        stood_for=isinstance(error, ImporterMissing),
        recorded=recorded if error is None and recorded in {"released", "discarded"} else "",
    )


def _acts(batch: StoredBatch, visitor: Visitor, *, may_release: bool) -> dict[str, bool]:
    """What this visitor may do about it; whoever stands for the import waits for somebody else."""
    waits, mine = batch.state is BatchState.QUARANTINED, batch.imported_by == visitor.staff.id
    ended = batch.state in {BatchState.READING, BatchState.DISCARDED}
    return {
        "may_release": waits and may_release and not mine,
        "waits_for_other": waits and may_release and mine,
        "nobody_stands": waits and batch.imported_by is None,
        "may_discard": visitor.may(Permission.IMPORT_REGISTRY) and not ended,
    }
