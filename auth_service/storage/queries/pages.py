"""Cursors of lists that run by an instant and an id."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from auth_service.core.errors import FieldInvalid

MOST = 200
_ID = re.compile(r"[0-9a-f]{32}")


def cursor_at(instant: datetime, row_id: str) -> str:
    """The place of a row; opaque to whoever carries it, and it names nobody."""
    place = json.dumps([instant.isoformat(), row_id])
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()


def after(cursor: str, instant: ColumnElement[Any], row_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows behind that place, oldest first. raises FieldInvalid: no cursor of ours"""
    try:
        told, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = datetime.fromisoformat(told)
        if not isinstance(last, str) or not _ID.fullmatch(last) or at.tzinfo is None:
            raise FieldInvalid(field="cursor")
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise FieldInvalid(field="cursor") from error
    return or_(instant > at, and_(instant == at, row_id > last))
