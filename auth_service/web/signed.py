"""Routes for devices: who sent a request is settled from its first lines, and its body is read after that.

SignedByDevice   a device of the registry in one of the states named, by its signature
ProvesItsKey     a device that has no place in the registry yet, by the key that it brings
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from auth_service.accounts.devices import Device, DeviceState
from auth_service.accounts.signatures import SignedMessage
from auth_service.core.errors import DeviceQuarantined, RequestRefused
from auth_service.web.access import client_of
from auth_service.web.services import services_of

Model = TypeVar("Model", bound=BaseModel)


def message_of(request: Request) -> SignedMessage:
    """A request as its signature has to describe it.

    The authority is that under which people reach the service, not what the request says of itself: behind a proxy
    the two differ, and a device signs for the one that it was set up with.
    """
    site = urlsplit(services_of(request).public_url)
    path = bytes(request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    url = f"{site.scheme}://{site.netloc}{path}" + (f"?{query}" if query else "")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"])
    return SignedMessage(request.method, url, headers)


@dataclass(frozen=True, slots=True)
class SignedByDevice:
    """A device of the registry.

    states  in which it is served; REVOKED among them: what it captured before may still come
    raises  SignatureRefused and its kinds, DeviceRefused, DeviceQuarantined, RateLimited
    """

    states: frozenset[DeviceState]

    def __call__(self, request: Request) -> Device:
        services = services_of(request)
        device = services.kiosk.hear.run(message_of(request), also_revoked=DeviceState.REVOKED in self.states)
        request.state.actor = f"device:{device.id}"
        if device.state not in self.states:
            raise DeviceQuarantined
        services.limit.key(f"device:{device.id}")
        return device


@dataclass(frozen=True, slots=True)
class ProvesItsKey:
    """Whoever brings a key signs with it. raises SignatureRefused and its kinds, RateLimited"""

    def __call__(self, request: Request) -> bytes:
        services = services_of(request)
        services.limit.opening(client_of(request))
        return services.kiosk.enrol.proven_key(message_of(request))


async def signed_bytes(request: Request) -> bytes:
    """The body, once it is known who sent it; nothing of it is looked at before its digest has proved right.

    raises  DigestMismatch, BodyTooLarge, BodyTooSlow, CapacityExceeded
    """
    body = await request.body()
    services_of(request).kiosk.signatures.check_body(request.headers.getlist("content-digest"), body)
    return body


async def signed_json(request: Request, model: type[Model]) -> Model:
    """The body as this model. raises as signed_bytes; RequestRefused: no JSON, or not as the model says"""
    body = await signed_bytes(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RequestRefused("JSON is expected")
    try:
        return model.model_validate_json(body)
    except ValidationError as refused:
        raise RequestValidationError(refused.errors(include_url=False, include_context=False)) from refused


ACTIVE = SignedByDevice(frozenset({DeviceState.ACTIVE}))
"""What begins something new."""
HEARD = SignedByDevice(frozenset({DeviceState.ACTIVE, DeviceState.QUARANTINED}))
"""What changes nothing, such as asking how it stands."""
CARRYING = SignedByDevice(frozenset({DeviceState.ACTIVE, DeviceState.QUARANTINED, DeviceState.REVOKED}))
"""What was captured earlier and still comes."""
PROVES_ITS_KEY = ProvesItsKey()
