"""One answer per Idempotency-Key: the same key and content get the first answer again, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.credentials import ApiKey
from auth_service.flows.idempotent import Save
from auth_service.storage.unit import SavedAnswer, Unit
from auth_service.web.forms import PhotoForm
from auth_service.web.idempotency import HEADER, REPLAYED
from auth_service.web.services import services_of

Keep = Callable[[Unit, BaseModel], None]
"""Takes the answer inside the transaction that records what it tells of: both are kept, or neither."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a request asks for.

    count   its place among the limits: taken once for each request, however often a conflict has the work run again
    work    hands its answer to the `Keep` that it is given
    """

    count: Callable[[], object]
    work: Callable[[Keep], object]
    status: int = 200


def reply_once(request: Request, key: ApiKey, form: PhotoForm, act: Act) -> Response:
    """Does the act unless key and content were answered before.

    A refusal is not remembered: whoever sends the same again gets a real try.
    raises   IdempotencyKeyReused, IdempotencyInFlight, and whatever the act raises
    """

    def saving(save: Save) -> SavedAnswer:
        kept: list[SavedAnswer] = []

        def keep(unit: Unit, answer: BaseModel) -> None:
            kept.append(SavedAnswer(act.status, answer.model_dump_json().encode(), "application/json"))
            save(unit, kept[-1])

        act.work(keep)
        return kept[-1]

    fingerprint = fingerprint_of(request, form)
    answer, repeated = services_of(request).idempotent.run(
        actor_of(key), request.headers[HEADER], fingerprint, saving, act.count
    )
    headers = {REPLAYED: "true"} if repeated else {}
    return Response(answer.body, answer.status, headers, media_type=answer.content_type)


def actor_of(key: ApiKey) -> str:
    """How the key is named in the audit trail."""
    return f"api_key:{key.id}"


def fingerprint_of(request: Request, form: PhotoForm) -> str:
    """SHA-256 over route, fields and photos. Multipart boundaries differ from try to try, so the body's bytes do not
    serve; each part goes in with its length, so that no two forms run into the same text."""
    digest = hashlib.sha256()
    parts = [request.url.path.encode()]
    parts += [item.encode("utf-8", "surrogatepass") for pair in sorted(form.fields.items()) for item in pair]
    parts += form.photos
    digest.update(f"{len(form.fields)} {len(form.photos)}".encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
