"""The Idempotency-Key of a request. source: IETF draft-ietf-httpapi-idempotency-key-header"""

from __future__ import annotations

import re

from starlette.requests import Request

from auth_service.core.errors import IdempotencyKeyMissing, RequestRefused

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{8,255}")


def checked_key(request: Request) -> str:
    """raises IdempotencyKeyMissing, RequestRefused"""
    key = request.headers.get(HEADER)
    if not key:
        raise IdempotencyKeyMissing(field=HEADER)
    if not _KEY.fullmatch(key):
        raise RequestRefused("8 to 255 visible ASCII characters", field=HEADER)
    return key
