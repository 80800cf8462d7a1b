"""The tables of the fund-safety page: the same cells on the screen, in its charts and in its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from auth_service.console.charts import Chart, Measure, chart
from auth_service.console.money_words import yuan
from auth_service.console.words import region, words_of
from auth_service.matching.own_people import BANDS
from auth_service.monitoring.fund import EDGES, FundCount, Restore, Standing, Tries, bars, spread
from auth_service.monitoring.scorecard import wilson
from auth_service.payments.rows import from_fen
from auth_service.qualification.certificate import ReceiptKind
from auth_service.web.i18n import Language, text


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page has read. count: None where the worker has not counted this window yet"""

    days: int
    now: datetime
    restores: tuple[Restore, ...]
    contests: tuple[datetime, ...]
    count: FundCount | None

    @property
    def wrongful(self) -> tuple[Restore, ...]:
        return tuple(one for one in self.restores if one.is_wrongful)


@dataclass(frozen=True, slots=True)
class Table:
    """urls: of each row, the list behind it; empty where there is none. words: leading columns that hold no number"""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    urls: tuple[str, ...] = ()
    chart: Chart | None = None
    words: int = 1


_WORDS = frozenset({"taken", "given", "rule", "severity"})
"""Columns in which a text stands beside another."""


def table_of(name: str, seen: Seen, language: Language) -> Table | None:
    """None: no such table."""
    maker = TABLES.get(name)
    return None if maker is None else maker(name, seen, language)


def _made(
    name: str,
    language: Language,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    measures: Sequence[Measure] = (),
    urls: Sequence[str] = (),
) -> Table:
    head = tuple(text(f"fund.column.{column}", language) for column in columns)
    drawing = chart(text(f"fund.chart.{name}", language), measures)
    words = len(_WORDS & set(columns))
    return Table(name, head, tuple(tuple(row) for row in rows), tuple(urls), drawing, max(words, 1))


def days_shown(value: float) -> str:
    """Days with at most one digit."""
    return f"{value:,.1f}".removesuffix(".0")


def _span(place: int, language: Language) -> str:
    if place == len(EDGES):
        return text("fund.span.beyond", language, days=EDGES[-1])
    if place == 0:
        return text("fund.span.first", language, days=EDGES[0])
    return text("fund.span", language, first=EDGES[place - 1], last=EDGES[place])


def _spans(name: str, counted: Sequence[int], language: Language) -> Table:
    named = [(_span(place, language), count) for place, count in enumerate(counted)]
    measures = [Measure(word, count, f"{count:,}") for word, count in named]
    return _made(name, language, ("days", "count"), [(word, f"{count:,}") for word, count in named], measures)


def _restoring(name: str, seen: Seen, language: Language) -> Table:
    return _spans(name, bars(one.days for one in seen.wrongful), language)


def _wrongful(name: str, seen: Seen, language: Language) -> Table:
    """By the ground that took and the ground that gave back, the commonest first."""
    pairs = Counter((one.taken, one.given) for one in seen.wrongful)
    rows = []
    for (taken, given), count in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        told = spread(one.days for one in seen.wrongful if (one.taken, one.given) == (taken, given))
        median = "" if told is None else days_shown(told.median)
        p90 = "" if told is None else days_shown(told.p90)
        words = (text(f"money.ground.{ground.value}", language) for ground in (taken, given))
        rows.append((*words, f"{count:,}", median, p90))
    return _made(name, language, ("taken", "given", "count", "median", "p90"), rows)


def _deaths(name: str, seen: Seen, language: Language) -> Table:
    return _spans(name, seen.count.bars if seen.count else (), language)


def _exposure(name: str, seen: Seen, language: Language) -> Table:
    found = seen.count.exposure if seen.count else {}
    rows, measures = [], []
    for standing in Standing:
        one = found.get(standing)
        if one is None:
            continue
        word, money = text(f"fund.standing.{standing.value}", language), yuan(from_fen(one.fen), language)
        rows.append((word, f"{one.deaths:,}", f"{one.people:,}", f"{one.paid:,}", money))
        measures.append(Measure(word, one.fen, money))
    return _made(name, language, ("standing", "deaths", "paid_people", "payments", "yuan"), rows, measures)


def _flags(name: str, seen: Seen, language: Language) -> Table:
    rows, measures, urls = [], [], []
    for one in seen.count.flags if seen.count else ():
        judged = one.needs_check + one.false
        share = wilson(one.needs_check, judged) if judged else None
        title = f"{one.rule_id} {words_of(one.rule_id, language).title}"
        severity = text(f"flags.severity.{one.severity}", language)
        told = rate_shown(share.value, share.low, share.high) if share else text("fund.unjudged", language)
        rows.append((title, severity, *(f"{n:,}" for n in (one.raised, one.open, one.needs_check, one.false)), told))
        urls.append(f"/console/flags?state=all&rule={one.rule_id}&severity={one.severity}")
        if share:
            shown = f"{share.value:.0%} ({one.needs_check:,}/{judged:,})"
            measures.append(Measure(f"{one.rule_id} · {severity}", share.value, shown, share.low, share.high))
    columns = ("rule", "severity", "raised", "open", "needs_check", "false", "precision")
    return _made(name, language, columns, rows, measures, urls)


def rate_shown(value: float, low: float, high: float) -> str:
    """`12.5% (9.1%–17.0%)`"""
    return f"{value:.1%} ({low:.1%}–{high:.1%})"


def _passes(
    name: str, seen: Seen, language: Language, key: Callable[[Tries], str], word: Callable[[str], str]
) -> Table:
    sums: Counter[str] = Counter()
    for one in seen.count.tries if seen.count else ():
        sums[key(one)] += one.passed
    every = sum(sums.values())
    ordered = sorted(((key, count) for key, count in sums.items() if count), key=lambda item: (-item[1], item[0]))
    named = [(word(key), count, f"{count / every:.1%}") for key, count in ordered]
    measures = [Measure(label, count, f"{count:,} · {share}") for label, count, share in named]
    rows = [(label, f"{count:,}", share) for label, count, share in named]
    return _made(name, language, (name, "passed", "share"), rows, measures)


def _way_word(way: str, language: Language) -> str:
    if way in set(ReceiptKind):
        return text(f"certificate.kind.{way}", language)
    return text(f"desk.channel.{way}", language)


def _ways(name: str, seen: Seen, language: Language) -> Table:
    return _passes(name, seen, language, lambda one: one.way, lambda way: _way_word(way, language))


def _counties(name: str, seen: Seen, language: Language) -> Table:
    return _passes(name, seen, language, lambda one: one.region, lambda code: region(code, language))


def _band_word(band: str, language: Language) -> str:
    place = [known for _, known in BANDS].index(band) if band else "unknown"
    return text(f"fund.band.{place}", language)


def _bands(name: str, seen: Seen, language: Language) -> Table:
    return _passes(name, seen, language, lambda one: one.band, lambda band: _band_word(band, language))


def _failures(name: str, seen: Seen, language: Language) -> Table:
    """Of attempts with a camera or before an officer, by age band; passes by data are no attempts."""
    sums: dict[str, Counter[str]] = {}
    for one in seen.count.tries if seen.count else ():
        if one.way not in set(ReceiptKind):
            sums.setdefault(one.band, Counter()).update(passed=one.passed, failed=one.failed, waiting=one.waiting)
    rows, measures = [], []
    for band in (*(known for _, known in BANDS), ""):
        of = sums.get(band)
        every = of.total() if of else 0
        if of is None or not every:
            continue
        rate, word = wilson(of["failed"], every), _band_word(band, language)
        told = rate_shown(rate.value, rate.low, rate.high)
        rows.append((word, *(f"{n:,}" for n in (every, of["passed"], of["failed"], of["waiting"])), told))
        measures.append(Measure(word, rate.value, told, rate.low, rate.high))
    columns = ("bands", "attempts", "passed", "failed", "waiting", "failure_rate")
    return _made(name, language, columns, rows, measures)


TABLES: dict[str, Callable[[str, Seen, Language], Table]] = {
    "restoring": _restoring,
    "wrongful": _wrongful,
    "deaths": _deaths,
    "exposure": _exposure,
    "flags": _flags,
    "ways": _ways,
    "counties": _counties,
    "bands": _bands,
    "failures": _failures,
}
