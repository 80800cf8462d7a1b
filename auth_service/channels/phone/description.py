"""What /openapi.json says of the calls of a capture session."""

from __future__ import annotations

from typing import Any

from auth_service.channels.agency.description import IDEMPOTENCY, problems

_COOKIE: dict[str, Any] = {"security": [{"captureSession": []}]}
_SECURITY_NONE: dict[str, Any] = {"security": []}
OPEN_CALL: dict[str, Any] = {"parameters": [IDEMPOTENCY], **_SECURITY_NONE}
HELD_CALL: dict[str, Any] = {"parameters": [IDEMPOTENCY], **_COOKIE}
HELD_LOOK: dict[str, Any] = _COOKIE
STEP_CALL: dict[str, Any] = {
    **HELD_CALL,
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "at_ms": {
                            "type": "array",
                            "items": {"type": "integer", "minimum": 0},
                            "description": "when each frame was taken, in ms since the start, in the frames' order",
                        },
                        "frame": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "JPEG of at most 640x640 pixels, in the order in which they were taken",
                        },
                    },
                    "required": ["at_ms", "frame"],
                }
            }
        },
    },
}
PHOTO_CALL: dict[str, Any] = {
    **HELD_CALL,
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "photo": {"type": "string", "format": "binary", "description": "one picture of at most 4 MiB"}
                    },
                    "required": ["photo"],
                }
            }
        },
    },
}
OPENING_PROBLEMS = problems("400", "403", "409", "413", "422", "429", "503")
HELD_PROBLEMS = problems("400", "403", "404", "409", "410", "413", "422", "429", "503")
STEP_PROBLEMS = problems("400", "403", "404", "408", "409", "410", "413", "415", "422", "429", "503")
