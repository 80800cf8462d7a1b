"""The evidence pack of a case: a page for a printer, and the same as a signed file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from auth_service.casework.evidence_pack import digest_of
from auth_service.casework.time_line import Entry, Track
from auth_service.console.case_words import entry_word, rule_title
from auth_service.console.cases import LIST
from auth_service.console.words import Row, local_time, region, rows_of_facts
from auth_service.web.access import CaseReader
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

_OF_SIGNATURE = frozenset({"key_id", "signature"})


def pack_page(request: Request, case_id: str, visitor: CaseReader) -> Response:
    """For a printer. raises NotFound, KeyStoreUnavailable"""
    language = language_of(request)
    pack = services_of(request).cases.see.pack(case_id, visitor.staff)
    return pages_of(request).answer(
        request,
        "case_pack.html",
        here=f"{LIST.path}/{case_id}/pack",
        address=f"{LIST.path}/{case_id}",
        facts=_facts(pack, language),
        flags=[_flag(flag, language) for flag in pack["flags"]],
        entries=[_entry(entry, language) for entry in pack["time_line"]],
        acts=[_act(act, language) for act in pack["acts"]],
        speaks_for=[text(f"cases.for.{one}", language) for one in pack["speaks_for"]],
        speaks_against=[text(f"cases.against.{one}", language) for one in pack["speaks_against"]],
        digest=digest_of({name: value for name, value in pack.items() if name not in _OF_SIGNATURE}),
        key_id=pack["key_id"],
        signature=pack["signature"],
    )


def pack_file(request: Request, case_id: str, visitor: CaseReader) -> Response:
    """The signed file, that `auth-service cases verify-pack` checks. raises NotFound, KeyStoreUnavailable"""
    pack = services_of(request).cases.see.pack(case_id, visitor.staff)
    headers = {"Content-Disposition": f'attachment; filename="case-{case_id}.json"'}
    body = json.dumps(pack, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return Response(body, media_type="application/json", headers=headers)


def _facts(pack: Mapping[str, Any], language: Language) -> list[Row]:
    person, unknown = pack["person"], text("person.unknown", language)
    said = pack["disposition"]
    values = {
        "cases.pack.case": pack["case"],
        "cases.cause": text(f"cases.cause.{pack['cause']}", language),
        "flags.severity": text(f"flags.severity.{pack['severity']}", language),
        "flags.state": text(f"cases.state.{pack['state']}", language),
        "cases.disposition": text(f"cases.disposition.{said}", language) if said else unknown,
        "person.key": person["person_key"],
        "person.name": person["name"] or text("person.erased", language),
        "person.id_number": person["id_number"] or text("person.erased", language),
        "person.region": region(person["region_code"], language),
        "cases.pack.made": f"{_when(pack['made_at'])} · {pack['made_by']}",
    }
    return [Row(text(name, language), str(value)) for name, value in values.items()]


def _flag(flag: Mapping[str, Any], language: Language) -> dict[str, str]:
    facts = [f"{row.word}: {row.value}" for row in rows_of_facts(flag["evidence"], language)]
    evidence = "; ".join(facts)
    photos = ", ".join(text(f"flag.photo.{label}", language) for label in flag["photos"])
    return {"title": rule_title(flag["rule"], language), "raised": _when(flag["raised_at"]), "said": evidence or "—",
            "photos": photos}  # fmt: skip


def _entry(entry: Mapping[str, Any], language: Language) -> dict[str, object]:
    told = Entry(
        Track(entry["track"]), date.fromisoformat(entry["first"]), date.fromisoformat(entry["last"]), entry["code"],
        entry["detail"], entry["month"], clashes=entry["clashes"],
    )  # fmt: skip
    on = entry["first"] if entry["first"] == entry["last"] else f"{entry['first']} … {entry['last']}"
    track = text(f"cases.track.{entry['track']}", language)
    return {"on": on, "word": track, "said": entry_word(told, language), "clashes": told.clashes}


def _act(act: Mapping[str, Any], language: Language) -> dict[str, str]:
    said = [text(f"cases.act.{act['act']}", language)]
    said += [text(f"cases.{name}.{act[name]}", language) for name in ("step", "outcome", "disposition") if name in act]
    by = text("cases.machine", language) if act["by"] == "machine" else act["by"]
    return {"said": " · ".join(said), "by": by, "when": _when(act["at"]), "note": act["note"]}


def _when(instant: str) -> str:
    return local_time(datetime.fromisoformat(instant))
