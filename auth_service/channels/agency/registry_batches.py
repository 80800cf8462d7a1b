"""/v1/registry-batches: another office's system sends its file, and sees what became of it. It releases nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth_service.accounts.credentials import ApiKey
from auth_service.accounts.roles import Scope
from auth_service.beneficiaries.ledger import check_text
from auth_service.channels.agency.replies import Act, Keep, reply_once
from auth_service.channels.agency.schemas import BatchAnswer, RefusedRow
from auth_service.core.errors import FieldInvalid, NotFound, ServiceError
from auth_service.crosscheck.batches import Oddity
from auth_service.crosscheck.bindings import LONGEST_SOURCE
from auth_service.crosscheck.profiles import PLAIN
from auth_service.crosscheck.sources import REGISTRY_REQUIRED, RegistryKind
from auth_service.flows.import_registry import COUNTED, RegistryOrder
from auth_service.flows.see_pushes import PushedBatch
from auth_service.storage.unit import BatchState
from auth_service.web.access import PushingKey
from auth_service.web.forms import PhotoForm, read_file_form
from auth_service.web.idempotency import checked_key
from auth_service.web.services import Services, services_of

FIELDS = ("kind", "source")
MOST_TOLD = 100
"""Refused rows that an answer names; the counts tell of all."""
_ID = re.compile(r"[0-9a-f]{32}")
_TELLS_OF_PEOPLE = frozenset({Oddity.HITS_JUMP, Oddity.HITS_SHARE})
_HITS = "hits"


@dataclass(slots=True)
class _Refused:
    """Rows that were refused, without what they said. fulfils flows/import_ledger.py RowRejects"""

    rows: list[RefusedRow] = field(default_factory=list)

    def reject_row(self, row: int, values: Mapping[str, str], error: ServiceError) -> None:  # noqa: ARG002
        if len(self.rows) < MOST_TOLD:
            self.rows.append(RefusedRow(row=row, field=error.field or "", code=error.code))


async def batch_form(request: Request, _key: PushingKey) -> PhotoForm:
    """The form, read only after the key was found good. raises as read_file_form, IdempotencyKeyMissing"""
    checked_key(request)
    return await read_file_form(request, FIELDS)


BatchForm = Annotated[PhotoForm, Depends(batch_form)]


def push(request: Request, key: PushingKey, form: BatchForm) -> Response:
    """One file. Runs in a worker thread; the same file again changes nothing.

    raises  FieldMissing, FieldInvalid, KeyUnbound, KindNotOfKey, SourceNotOfKey, FileUnreadable, ColumnsMissing,
            LedgerRoleMissing
    """
    services = services_of(request)
    kind, named = _kind(form), check_text(form.fields, "source", LONGEST_SOURCE) or ""
    # before an answer is given again as well: what a key may not send it is not told of either
    source = services.registry.admit.run(key.id, kind, named)
    order = RegistryOrder(kind, source, PLAIN, key_id=key.id)
    act = Act(lambda: None, lambda keep: _push(services, key, (form.photos[0], order), keep), 201)
    return reply_once(request, key, form, act)


def seen(request: Request, batch_id: str, key: PushingKey) -> Response:
    """What became of a file that this key sent. raises NotFound"""
    if not _ID.fullmatch(batch_id):
        raise NotFound
    found = services_of(request).registry.see.one(batch_id, key.id)
    return JSONResponse(_told(found, key).model_dump(mode="json"))


def _push(services: Services, key: ApiKey, sent: tuple[bytes, RegistryOrder], keep: Keep) -> None:
    content, order = sent
    refused = _Refused()
    with services.registry.table(content, f"api_key:{key.id}", PLAIN.headers(), REGISTRY_REQUIRED) as table:
        report = services.registry.take.run(table, refused, order, lambda _: None)
    rows = tuple(refused.rows)
    services.registry.see.answer(
        report.batch_id,
        key.id,
        lambda unit, found: keep(unit, _told(found, key, repeated=report.repeated, refused=rows)),
    )


def _kind(form: PhotoForm) -> RegistryKind:
    """raises FieldMissing, FieldInvalid"""
    word = form.required("kind", 64)
    if word not in set(RegistryKind):
        raise FieldInvalid(f"one of: {', '.join(RegistryKind)}", field="kind")
    return RegistryKind(word)


_HELD_OR_NOT = frozenset({BatchState.CLEARED, BatchState.QUARANTINED, BatchState.RELEASED})
_RECEIVED: Literal["received"] = "received"


def _told(
    found: PushedBatch, key: ApiKey, *, repeated: bool = False, refused: tuple[RefusedRow, ...] = ()
) -> BatchAnswer:
    """How many people of the ledger a file hits is told to whom may learn who is in it: one row would tell.

    To others a file that waits for its hits alone looks like one that counts: with known numbers up to the limit, one
    more would tell.
    """
    batch, knows = found.batch, Scope.BENEFICIARIES in key.scopes
    odd = [one.oddity for one in batch.findings if knows or one.oddity not in _TELLS_OF_PEOPLE]
    return BatchAnswer(
        batch=batch.id,
        kind=batch.kind.value,
        source=batch.source,
        state=_RECEIVED if not knows and not odd and batch.state in _HELD_OR_NOT else batch.state.value,
        repeated=repeated,
        begun_at=batch.begun_at,
        finished_at=batch.finished_at,
        counts={name: batch.counts.get(name, 0) for name in COUNTED if knows or name != _HITS},
        odd=tuple(one.value for one in odd),
        refused=refused,
        refused_by_code=found.refused_by_code,
    )
