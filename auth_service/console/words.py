"""A flag's evidence in plain words, and times as people say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.beneficiaries.region import region_name
from auth_service.core.clock import AGENCY_ZONE, legal_date
from auth_service.core.errors import all_error_classes
from auth_service.crosscheck.rules import link_rule
from auth_service.monitoring.flags import Facts, Flag, Severity
from auth_service.monitoring.rules import RULES, rule_words
from auth_service.qualification.grades import WORTH, EventKind
from auth_service.storage.queries import PersonSummary
from auth_service.web.i18n import Language, text
from auth_service.web.texts import TEXTS

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Words:
    """A rule in one language."""

    title: str
    meaning: str
    action: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a small table."""

    word: str
    value: str


def words_of(rule_id: str, language: Language, severity: Severity | None = None) -> Words:
    """A rule's words; a rule that this release no longer has is named by its id."""
    if rule_id not in RULES:
        return Words(rule_id, text("why.other", language), text("why.other", language))
    words = rule_words(rule_id, severity)
    if language == "zh":
        return Words(words.title_zh, words.meaning_zh, words.action_zh)
    return Words(words.title_en, words.meaning_en, words.action_en)


_TOLD = {
    "I03": {name: name for name in ("similarity", "accept_at", "scanned", "by_chance")},
    "V03": {"day": "failures_last_day", "cycle": "failures_in_cycle"},
}
"""Rules whose sentence takes its words straight from the evidence: word -> name of the fact."""


def why(flag: Flag, language: Language) -> str:
    """One sentence on why this flag was raised, from its evidence."""
    facts = flag.evidence
    if flag.rule_id == "I01":
        return text("why.I01", language, row=facts.get("row"), fault=_fault(facts.get("fault"), language))
    if flag.rule_id in _TOLD:
        told = {word: facts.get(name) for word, name in _TOLD[flag.rule_id].items()}
        return text(f"why.{flag.rule_id}", language, **told)
    if flag.rule_id in {"V01", "V06", "V09"} or "found" in facts:
        return _why_of_device(flag, language)
    if flag.rule_id == "V05":
        return text("why.V05", language, reason=_value("reviewed", facts.get("reviewed"), language))
    if flag.rule_id in {"I09", "V04"}:
        near = "near" if "hash_distance" in facts else "film"
        key = f"why.{flag.rule_id}.{'exact' if facts.get('exact') else near}"
        source = _value("source", facts.get("source"), language)
        return text(key, language, bits=facts.get("hash_distance"), source=source)
    return _why_of_registry(flag, language)


def _why_of_registry(flag: Flag, language: Language) -> str:
    if "link_rule" not in flag.evidence:
        return text("why.other", language)
    rule = link_rule(str(flag.evidence["link_rule"]))
    return " ".join(filter(None, (passed_word(flag, language), rule.zh if language == "zh" else rule.en)))


def passed_word(flag: Flag, language: Language) -> str:
    """Which pass clashes with a registered death, made here or by the word of whom; empty where none does."""
    facts = flag.evidence
    if "passed_on" not in facts:
        return ""
    told = {"on": facts["passed_on"], "days": facts.get("days_after")}
    if "sign" not in facts:
        return text("why.D07.here", language, **told)
    source = source_word(str(facts.get("sign_source") or ""), language)
    return text("why.D07.sign", language, what=sign_word(str(facts["sign"]), language), source=source, **told)


def sign_word(kind: str, language: Language) -> str:
    """What happened, by the kind of an event; one that this release does not know is shown as it is."""
    if kind not in set(EventKind):
        return kind
    worth = WORTH[EventKind(kind)]
    return worth.zh if language == "zh" else worth.en


def _why_of_device(flag: Flag, language: Language) -> str:
    facts = flag.evidence
    if flag.rule_id == "V06":
        told = {name: region(str(facts.get(name) or ""), language) for name in ("first_region", "second_region")}
        return text("why.V06", language, seconds=facts.get("seconds"), **told)
    if "found" in facts:
        values = {name: value for name, value in facts.items() if name in {"people", "days"}}
        return text(f"why.{flag.rule_id}.{facts['found']}", language, **values)
    return text("why.V09", language, breach=_value("breach", facts.get("breach"), language))


def source_word(source: str, language: Language) -> str:
    """Whose file it is, in words; one that has none is shown as its file wrote it."""
    key = f"fact.link.source.{source}"
    return text(key, language) if key in TEXTS else source


def fact_rows(flag: Flag, language: Language) -> list[Row]:
    """The evidence as a table, in the order in which the rule gave it."""
    return rows_of_facts(flag.evidence, language)


def rows_of_facts(facts: Facts, language: Language) -> list[Row]:
    """The same of facts without their flag, as an evidence pack holds them."""
    told = {_of_link(key, facts): value for key, value in facts.items()}
    return [Row(_name(key, language), _value(key, value, language)) for key, value in told.items()]


def _of_link(key: str, facts: Facts) -> str:
    """A fact of a registry's row has words of its own: its `source` is no photo's."""
    told = f"link.{key}"
    return told if {"link", "registry_batch"} & set(facts) and f"fact.{told}" in TEXTS else key


def _name(key: str, language: Language) -> str:
    return text(f"fact.{key}", language) if f"fact.{key}" in TEXTS else key


def _value(key: str, value: Value, language: Language) -> str:
    if value is None:
        return text("fact.none", language)
    if isinstance(value, bool):
        return text("fact.yes" if value else "fact.no", language)
    if key == "fault":
        return _fault(value, language)
    if f"fact.{key}.{value}" in TEXTS:
        return text(f"fact.{key}.{value}", language)
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _fault(code: Value, language: Language) -> str:
    """The sentence of an error code, else the code itself."""
    return next((cls().text(language) for cls in all_error_classes() if cls.code == code), str(code))


def region(code: str | None, language: Language) -> str:
    """A region's name with its code, or that none is known."""
    if not code:
        return text("person.unknown", language)
    name = region_name(code, language)
    return name if name == code else f"{name} {code}"


def local_time(instant: datetime) -> str:
    """`2026-11-23 18:40` in the agency's zone."""
    return instant.astimezone(AGENCY_ZONE).strftime("%Y-%m-%d %H:%M")


def ago(instant: datetime, now: datetime, language: Language) -> str:
    """How long since, roughly."""
    passed = max(now - instant, timedelta(0))
    if passed < timedelta(minutes=1):
        return text("when.now", language)
    if passed < timedelta(hours=1):
        return text("when.minutes", language, n=passed // timedelta(minutes=1))
    if passed < timedelta(days=1):
        return text("when.hours", language, n=passed // timedelta(hours=1))
    return text("when.days", language, n=passed.days)


def person_rows(person: PersonSummary, language: Language) -> list[Row]:
    """Masked: enough to find the file, not enough to know the number."""
    unknown, erased = text("person.unknown", language), text("person.erased", language)
    last = legal_date(person.last_pass).isoformat() if person.last_pass else text("person.never", language)
    sex = text(f"person.sex.{person.sex.value}", language) if person.sex else unknown
    values = {
        "key": person.person_key,
        "name": person.masked_name or erased,
        "id_number": person.masked_id_number or erased,
        "sex": sex,
        "birth_year": str(person.birth_year or unknown),
        "region": region(person.region_code, language),
        "benefits": ", ".join(text(f"benefit.{kind.value}", language) for kind in person.benefits) or unknown,
        "last_pass": last,
    }
    return [Row(text(f"person.{name}", language), value) for name, value in values.items()]
