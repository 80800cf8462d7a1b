"""Bodies of whoever holds a capture session: read only once the cookie has proved to be the session's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from auth_service.channels.phone.session_key import HoldsSession
from auth_service.core.errors import RequestRefused
from auth_service.flows.session_terms import SessionKey

HOLDS_SESSION = HoldsSession()
HeldKey = Annotated[SessionKey, Depends(HOLDS_SESSION)]
Model = TypeVar("Model", bound=BaseModel)


def held_body(model: type[Model]) -> Callable[[Request, SessionKey], Awaitable[Model]]:
    """A dependency: the body as this model. The framework itself would read it before it asks who sends it.

    raises  as HoldsSession; RequestRefused: no JSON, or not as the model says
    """

    async def read(request: Request, _key: HeldKey) -> Model:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise RequestRefused("JSON is expected")
        try:
            return model.model_validate_json(await request.body())
        except ValidationError as refused:
            raise RequestValidationError(refused.errors(include_url=False, include_context=False)) from refused

    return read


def body_words(model: type[BaseModel]) -> dict[str, Any]:
    """What /openapi.json says of such a body."""
    schema = model.model_json_schema()
    inlined = _inlined(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": inlined}}}}


def _inlined(part: Any, named: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            return _inlined(named[str(part["$ref"]).rpartition("/")[2]], named)
        return {key: _inlined(value, named) for key, value in part.items()}
    return [_inlined(one, named) for one in part] if isinstance(part, list) else part
