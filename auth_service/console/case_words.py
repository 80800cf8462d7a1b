"""A case in plain words: why it was raised, how records agree with the person, the line, and both sides."""

from __future__ import annotations

from datetime import date

from auth_service.casework.case import CaseEvent, Standing
from auth_service.casework.disposition import CLEARS
from auth_service.casework.time_line import Entry, Track
from auth_service.casework.weighing import LEVELS
from auth_service.console.money_words import yuan
from auth_service.console.words import (
    Row,
    local_time,
    passed_word,
    person_rows,
    sign_word,
    source_word,
    why,
    words_of,
)
from auth_service.crosscheck.rules import LINK_RULES
from auth_service.crosscheck.sources import KIND_WORDS, RegistryKind
from auth_service.flows.case_file import PerhapsOverpaid
from auth_service.flows.see_case import CaseShown
from auth_service.monitoring.rules import RULES
from auth_service.storage.unit import StoredFlag, StoredNotice
from auth_service.web.i18n import Language, text

_LINKED = {rule.id: rule for rule in LINK_RULES}


def due_word(standing: Standing, today: date, language: Language) -> str:
    """By when it is to be settled, in words: late is said, not only coloured."""
    if not standing.is_open:
        return ""
    days = (standing.due_on - today).days
    key = "cases.due.late" if days < 0 else "cases.due.today" if days == 0 else "cases.due.left"
    return text(key, language, days=abs(days), on=standing.due_on.isoformat())


def flag_rows(shown: CaseShown, language: Language) -> list[dict[str, object]]:
    """Every flag with what its rule means, the newest first."""
    return [_flag(stored, language) for stored in reversed(shown.flags)]


def _flag(stored: StoredFlag, language: Language) -> dict[str, object]:
    flag = stored.flag
    words, linked = words_of(flag.rule_id, language, flag.severity), "id_level" in flag.evidence
    known = flag.rule_id in RULES  # of a rule that this release has no words for, nothing is said twice
    return {
        "id": stored.id,
        "rule": flag.rule_id,
        "title": words.title,
        "meaning": words.meaning if known else "",
        "action": words.action if known else "",
        "why": passed_word(flag, language) if linked or not known else why(flag, language),
        "severity": flag.severity.value,
        "raised": local_time(flag.raised_at),
        "state": stored.judgements[-1][1].verdict.value if stored.judgements else "open",
        "record": _record(stored, language) if linked else "",
        "levels": levels(stored, language) if linked else [],
        "linked": _link_rule(str(flag.evidence.get("link_rule")), language) if linked else "",
    }


def rule_title(rule_id: str, language: Language) -> str:
    """With its id, once."""
    return " ".join(dict.fromkeys((rule_id, words_of(rule_id, language).title)))


def _record(stored: StoredFlag, language: Language) -> str:
    facts = stored.flag.evidence
    kind = registry_word(str(facts.get("kind") or ""), language)
    on = str(facts.get("event_date") or text("fact.none", language))
    return text(
        "cases.record", language, kind=kind, source=source_word(str(facts.get("source") or ""), language), on=on
    )


def levels(stored: StoredFlag, language: Language) -> list[dict[str, str]]:
    """How the record and the person agree, field by field."""
    facts = stored.flag.evidence
    found = [(name, str(facts.get(f"{name}_level") or "missing")) for name in LEVELS]
    return [
        {
            "word": text(f"cases.field.{name}", language),
            "level": level,
            "said": text(f"cases.level.{name}.{level}", language),
        }
        for name, level in found
    ]


def _link_rule(rule_id: str, language: Language) -> str:
    rule = _LINKED.get(rule_id)
    return "" if rule is None else f"{rule_id} {rule.zh if language == 'zh' else rule.en}"


def registry_word(kind: str, language: Language) -> str:
    if kind not in set(RegistryKind):
        return kind
    return KIND_WORDS[RegistryKind(kind)][0 if language == "zh" else 1]


def entry_rows(shown: CaseShown, language: Language) -> list[dict[str, object]]:
    """The line as a table, oldest first, in the order of the drawing's marks."""
    return [_entry(number, entry, language) for number, entry in enumerate(shown.entries, start=1)]


def _entry(number: int, entry: Entry, language: Language) -> dict[str, object]:
    until = f" … {entry.last.isoformat()}" if entry.last != entry.first else ""
    return {
        "number": number,
        "on": entry.first.isoformat() + until,
        "track": entry.track.value,
        "word": text(f"cases.track.{entry.track.value}", language),
        "said": entry_word(entry, language),
        "clashes": entry.clashes,
    }


def entry_word(entry: Entry, language: Language) -> str:
    """One entry in a sentence."""
    if entry.track is Track.RECORD:
        return f"{registry_word(entry.code, language)} · {source_word(entry.detail, language)}"
    if entry.track is Track.PASS:
        return " · ".join(filter(None, (sign_word(entry.code, language), source_word(entry.detail, language))))
    if entry.track is Track.PAYMENT:
        status = text(f"money.status.{entry.code}", language)
        return text("cases.entry.payment", language, month=entry.month, amount=entry.detail, status=status)
    if entry.track is Track.MONEY_ACT:
        act = entry.code != "contest"
        return f"{text(f'money.act.{entry.code}', language)} · {entry.detail}" if act else _contested(language)
    return _checked(entry, language)


def _checked(entry: Entry, language: Language) -> str:
    if not entry.detail:
        return text(f"cases.act.{entry.code}", language)
    return f"{text(f'cases.step.{entry.code}', language)} · {text(f'cases.outcome.{entry.detail}', language)}"


def _contested(language: Language) -> str:
    return text("cases.entry.contest", language)


def history(shown: CaseShown, language: Language) -> list[dict[str, str]]:
    """What was done, the newest first."""
    return [_event(event, shown.names, language) for event in reversed(shown.stored.events)]


def _event(event: CaseEvent, names: dict[str, str], language: Language) -> dict[str, str]:
    said = text(f"cases.act.{event.act.value}", language)
    if event.step is not None and event.outcome is not None:
        step = text(f"cases.step.{event.step.value}", language)
        said = f"{step} · {text(f'cases.outcome.{event.outcome.value}', language)}"
    if event.disposition is not None:
        said += f" · {text(f'cases.disposition.{event.disposition.value}', language)}"
    if event.assignee is not None:
        said += f" · {names.get(event.assignee, '?')}"
    who = names.get(event.done_by, "?") if event.done_by else text("cases.machine", language)
    return {"said": said, "who": who, "when": local_time(event.done_at), "note": event.note}


def related_rows(shown: CaseShown, language: Language) -> list[dict[str, object]]:
    return [
        {
            "id": person.person_id,
            "rows": person_rows(person, language)[:3],
            "rules": ", ".join(rule_title(rule, language) for rule in rules),
        }
        for person, rules in shown.related
    ]


def overpaid_rows(shown: CaseShown, language: Language) -> list[dict[str, str]]:
    """None once the case found that nothing was wrong."""
    if not shown.stored.standing.is_open and shown.stored.standing.disposition in CLEARS:
        return []
    return [_overpaid(one, language) for one in shown.overpaid]


def _overpaid(one: PerhapsOverpaid, language: Language) -> dict[str, str]:
    sure = one.least == one.most
    key = "cases.overpaid.sure" if sure else "cases.overpaid.between"
    return {
        "kind": one.kind.value,
        "benefit": text(f"benefit.{one.kind.value}", language),
        "sum": text(key, language, least=yuan(one.least, language), most=yuan(one.most, language)),
        "end": " … ".join(dict.fromkeys((one.end.earliest.isoformat(), one.end.latest.isoformat()))),
    }


def told_rows(notices: tuple[StoredNotice, ...], language: Language) -> list[Row]:
    """What the person was told lately."""
    return [
        Row(
            f"{local_time(one.settled_at or one.written_at)} · {text(f'notice.kind.{one.kind.value}', language)}",
            text(f"notice.state.{one.state.value}", language),
        )
        for one in notices
    ]
