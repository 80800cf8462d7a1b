"""The evidence pack of a case: everything that was known when it was made, in one document that can be signed.

rules   masked as a staff screen is; no face and no full number in it: photos are named, not shown
        the same facts give the same text, so that its digest in the audit trail shows what was handed out
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth_service.casework.case import CaseEvent, Cause, Standing
from auth_service.casework.time_line import Entry
from auth_service.casework.weighing import Weighed
from auth_service.core.audit import instant_text
from auth_service.monitoring.flags import Flag

VERSION = 1


@dataclass(frozen=True, slots=True)
class Packed:
    """What goes into a pack.

    person  masked: `person_key`, `name`, `id_number`, `birth_year`, `region_code`
    flags   (flag id, flag), with every judgement as (verdict, judged at)
    photos  may be named, to roles that may see faces
    names   staff id -> user name
    """

    case_id: str
    cause: Cause
    standing: Standing
    person: Mapping[str, str | int | None]
    flags: Sequence[tuple[str, Flag, Sequence[tuple[str, datetime]]]]
    events: Sequence[CaseEvent]
    entries: Sequence[Entry]
    weighed: Weighed
    names: Mapping[str, str]
    photos: bool


def document_of(packed: Packed, made_at: datetime, made_by: str) -> dict[str, Any]:
    """The document as it is signed: JSON values alone."""
    standing = packed.standing
    return {
        "version": VERSION,
        "case": packed.case_id,
        "cause": packed.cause.value,
        "state": standing.state.value,
        "severity": standing.severity.value,
        "due_on": standing.due_on.isoformat(),
        "disposition": standing.disposition.value if standing.disposition else None,
        "person": dict(packed.person),
        "flags": [_flag(flag_id, flag, judged, photos=packed.photos) for flag_id, flag, judged in packed.flags],
        "acts": [_event(event, packed.names) for event in packed.events],
        "time_line": [_entry(entry) for entry in packed.entries],
        "speaks_for": [one.value for one in packed.weighed.speaks_for],
        "speaks_against": [one.value for one in packed.weighed.speaks_against],
        "made_at": instant_text(made_at),
        "made_by": made_by,
    }


def canonical(document: Mapping[str, Any]) -> str:
    """The text that is signed and digested."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of that text, as the audit trail keeps it."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def _flag(flag_id: str, flag: Flag, judged: Sequence[tuple[str, datetime]], *, photos: bool) -> dict[str, Any]:
    return {
        "id": flag_id,
        "rule": flag.rule_id,
        "rule_version": flag.rule_version,
        "severity": flag.severity.value,
        "raised_at": instant_text(flag.raised_at),
        "evidence": dict(flag.evidence),
        "judged": [{"verdict": verdict, "at": instant_text(at)} for verdict, at in judged],
        "photos": [label for label, _ in flag.photos] if photos else [],
    }


def _event(event: CaseEvent, names: Mapping[str, str]) -> dict[str, Any]:
    told = {"step": event.step, "outcome": event.outcome, "disposition": event.disposition}
    return {
        "act": event.act.value,
        "by": names.get(event.done_by, "?") if event.done_by else "machine",
        "at": instant_text(event.done_at),
        "note": event.note,
        **{name: value.value for name, value in told.items() if value is not None},
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "track": entry.track.value,
        "first": entry.first.isoformat(),
        "last": entry.last.isoformat(),
        "code": entry.code,
        "detail": entry.detail,
        "month": entry.month,
        "clashes": entry.clashes,
    }
