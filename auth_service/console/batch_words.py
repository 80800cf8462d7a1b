"""A file of a registry in plain words: whose it is, what was counted, what is odd, how its columns were read."""

from __future__ import annotations

from collections.abc import Mapping

from auth_service.console.words import Row, local_time, region, source_word
from auth_service.core.errors import all_error_classes
from auth_service.crosscheck.profiles import Profile
from auth_service.flows.import_registry import COUNTED
from auth_service.storage.unit import StoredBatch, StoredRow
from auth_service.web.i18n import Language, text


def about_rows(one: StoredBatch, names: Mapping[str, str], language: Language) -> list[Row]:
    """Where it came from and who stands for it. names: staff id -> user name"""
    nobody = text("batches.nobody", language)
    by = nobody if one.imported_by is None else names.get(one.imported_by, "?")
    values = {
        "source": source_word(one.source, language),
        "file": one.file_name or text("batches.gone", language),
        "digest": one.file_digest,
        "by": by,
        "begun": local_time(one.begun_at),
        "finished": local_time(one.finished_at) if one.finished_at else text("batches.unfinished", language),
        "newest": local_time(one.newest_at) if one.newest_at else text("batches.no_time", language),
    }
    if one.ended_by is not None:
        values["ended"] = names.get(one.ended_by, "?")
    return [Row(text(f"batches.about.{name}", language), value) for name, value in values.items()]


def count_rows(one: StoredBatch, language: Language) -> list[Row]:
    """Rows of each fate, those with none left out but for the sum."""
    counted = [(name, one.counts.get(name, 0)) for name in COUNTED]
    return [
        Row(text(f"batches.count.{name}", language), f"{count:,}") for name, count in counted if count or name == "rows"
    ]


def odd_rows(one: StoredBatch, language: Language) -> list[Row]:
    """Each reason to wait as a sentence with its numbers; `value` is its code."""
    return [
        Row(
            text(
                f"batches.odd.{found.oddity.value}",
                language,
                measured=_number(found.measured),
                limit=_number(found.limit),
                rows=f"{one.counts.get('rows', 0):,}",
            ),
            found.oddity.value,
        )
        for found in one.findings
    ]


def refused_rows(by_code: Mapping[str, int], language: Language) -> list[Row]:
    """Why rows were refused, the commonest first; without what they said."""
    sentences = {cls.code: cls().text(language) for cls in all_error_classes()}
    ordered = sorted(by_code.items(), key=lambda item: (-item[1], item[0]))
    return [Row(sentences.get(code, code), f"{count:,}") for code, count in ordered]


def profile_rows(profile: Profile) -> list[tuple[str, str]]:
    """(as the source writes it, as it was read): columns first, then words of columns."""
    columns = list(profile.columns.items())
    words = [
        (f"{column}: {theirs}", ours) for column, pairs in profile.values.items() for theirs, ours in pairs.items()
    ]
    return [*columns, *words]


def row_cells(one: StoredRow, language: Language) -> list[str]:
    """One row as it was understood: enough to see shifted columns by, and no more of anybody than that takes."""
    said = one.record
    if said is None:
        return [str(one.row), one.act.value, "", "", "", str(one.event or ""), region(one.region, language)]
    number = "" if not said.id_text else "****" if said.id_number is None else said.id_number.masked
    name = said.name[:1] + "*" * max(len(said.name) - 1, 0)
    birth = "" if said.birth is None else str(said.birth.year)
    return [str(one.row), one.act.value, number, name, birth, str(one.event or ""), region(one.region, language)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() or value >= 100 else f"{value:.3g}"
