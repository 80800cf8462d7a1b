"""One village's list as rows of a file, its head among them."""

from __future__ import annotations

from auth_service.flows.see_poverty import VillageList
from auth_service.storage.queries import ListedPerson
from auth_service.web.i18n import Language, text

_COLUMNS = (
    "outcome", "list", "key", "name", "number", "region", "village", "sixty", "drawing", "premium", "carried",
    "candidates",
)  # fmt: skip


def poverty_sheet(village: VillageList, language: Language) -> list[list[str]]:
    """Who is insured stands masked; who is not stands by name, as long as it is kept."""
    head = [text(f"poverty.csv.{column}", language) for column in _COLUMNS]
    return [head, *(_row(one, language) for one in village.people)]


def _row(one: ListedPerson, language: Language) -> list[str]:
    line, said = one.line, one.line.said or {}
    gone = text("poverty.csv.gone", language)
    if one.person is not None:
        erased = text("person.erased", language)
        who = [one.person.person_key, one.person.name or erased, one.person.id_number or erased]
    else:
        who = ["", said.get("name", "" if said else gone), said.get("id_number", "")]
    return [
        text(f"poverty.{line.outcome.value}", language),
        text(f"poverty.kind.{line.kind.value}", language),
        *who,
        line.region,
        said.get("village", ""),
        "" if line.reached_60 is None else _yes(line.reached_60, language),
        _yes(line.drawing, language),
        " ".join(map(str, line.premium_years)),
        _yes(line.carried, language),
        " ".join(candidate.person_key for candidate in one.candidates),
    ]


def _yes(fact: bool, language: Language) -> str:
    return text("fact.yes" if fact else "fact.no", language)
