"""What /openapi.json says of a kiosk's calls."""

from __future__ import annotations

from typing import Any

from auth_service.channels.agency.description import IDEMPOTENCY, problems

SIGNATURE: list[dict[str, Any]] = [
    {
        "name": name,
        "in": "header",
        "required": True,
        "description": f"{told}; docs/integration/kiosk.md",
        "schema": {"type": "string"},
    }
    for name, told in (("Signature-Input", "what is signed (RFC 9421)"), ("Signature", "the signature"))
]
_SESSION: list[dict[str, Any]] = [
    {"name": "Capture-Token", "in": "header", "required": True, "schema": {"type": "string"},
     "description": "as the opening answered it"},
    {"name": "Capture-Nonce", "in": "header", "required": False, "schema": {"type": "string"},
     "description": "as the start answered it, from then on"},
]  # fmt: skip
_BY_SIGNATURE: dict[str, Any] = {"security": [{"deviceSignature": []}]}
LOOK: dict[str, Any] = {"parameters": SIGNATURE, **_BY_SIGNATURE}
CALL: dict[str, Any] = {"parameters": [IDEMPOTENCY, *SIGNATURE], **_BY_SIGNATURE}
HELD_LOOK: dict[str, Any] = {"parameters": [*SIGNATURE, *_SESSION], **_BY_SIGNATURE}
HELD_CALL: dict[str, Any] = {"parameters": [IDEMPOTENCY, *SIGNATURE, *_SESSION], **_BY_SIGNATURE}
LOOK_PROBLEMS = problems("400", "401", "403", "429", "503")
OPENING_PROBLEMS = problems("400", "401", "403", "409", "413", "422", "429", "503")
HELD_PROBLEMS = problems("400", "401", "403", "404", "409", "410", "413", "422", "429", "503")
STEP_PROBLEMS = problems("400", "401", "403", "404", "408", "409", "410", "413", "415", "422", "429", "503")


def complete_body(nothing: dict[str, Any]) -> dict[str, Any]:
    """An empty object, or a form with the portrait of a card's chip. nothing: the request of the former"""
    portrait = {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP; compared and kept nowhere"}
    form = {"schema": {"type": "object", "properties": {"portrait": portrait}, "required": ["portrait"]}}
    content = nothing["requestBody"]["content"] | {"multipart/form-data": form}
    return {"requestBody": {"required": True, "content": content}}
