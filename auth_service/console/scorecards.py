"""How often each rule was right: raised, judged, false, and the share that needed a check, with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from auth_service.console.charts import Measure, chart
from auth_service.console.exports import table_file
from auth_service.console.fund import window_of, windows
from auth_service.console.fund_tables import days_shown, rate_shown
from auth_service.console.words import local_time, words_of
from auth_service.monitoring.fund import FundCount, RuleFlags, Spread
from auth_service.monitoring.rules import RULES
from auth_service.monitoring.scorecard import Scorecard, wilson
from auth_service.web.access import FlagReader
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

PAGE = "/console/scorecards"
COLUMNS = ("rule", "raised", "open", "judged", "needs_check", "false", "precision", "median_judged")


def scorecards_page(request: Request, _visitor: FlagReader) -> Response:
    """Every rule that this release has, and whatever else raised a flag in the window."""
    language, days = language_of(request), window_of(request)
    count = services_of(request).queries.fund_count(days)
    cards = _cards(count)
    measures = [
        Measure(_title(rule_id, language), one.value, f"{one.value:.0%} ({card.confirmed:,}/{card.judged:,})", one.low,
                one.high)
        for rule_id, card in cards.items()
        if (one := card.precision) is not None
    ]  # fmt: skip
    return pages_of(request).answer(
        request,
        "scorecards.html",
        here=PAGE,
        windows=windows(PAGE, days, language),
        counted_at=local_time(count.counted_at) if count else "",
        head=_head(language),
        rows=[(f"/console/flags?state=all&rule={rule_id}", _cells(rule_id, card, language)) for rule_id, card in
              cards.items()],
        chart=chart(text("fund.chart.flags", language), measures),
        files=[(kind, f"{PAGE}.{kind}?days={days}") for kind in ("csv", "xlsx")],
    )  # fmt: skip


def scorecards_file(request: Request, form: str, _visitor: FlagReader) -> Response:
    """The same table. raises NotFound: another form"""
    language, days = language_of(request), window_of(request)
    rows = [
        _cells(rule_id, card, language)
        for rule_id, card in _cards(services_of(request).queries.fund_count(days)).items()
    ]
    return table_file(request, f"scorecards-{days}-days", form, [_head(language), *rows])


def _cards(count: FundCount | None) -> dict[str, Scorecard]:
    """Of every rule that this release has, and of those that raised something in the window."""
    if count is None:
        return {}
    flags: dict[str, list[RuleFlags]] = {rule_id: [] for rule_id in RULES}
    for one in count.flags:
        flags.setdefault(one.rule_id, []).append(one)
    return {rule_id: _card(of, count.judged.get(rule_id)) for rule_id, of in sorted(flags.items())}


def _card(flags: Sequence[RuleFlags], took: Spread | None) -> Scorecard:
    """Of one rule, whatever the severity."""
    waiting, confirmed = sum(one.open for one in flags), sum(one.needs_check for one in flags)
    false = sum(one.false for one in flags)
    judged = confirmed + false
    return Scorecard(
        raised=waiting + judged,
        confirmed=confirmed,
        false=false,
        open=waiting,
        precision=wilson(confirmed, judged) if judged else None,
        median_days=None if took is None else took.median,
    )


def _title(rule_id: str, language: Language) -> str:
    return f"{rule_id} {words_of(rule_id, language).title}"


def _head(language: Language) -> list[str]:
    return [text(f"fund.column.{name}", language) for name in COLUMNS]


def _cells(rule_id: str, card: Scorecard, language: Language) -> list[str]:
    one, nothing = card.precision, text("fund.nothing", language)
    counts = (card.raised, card.open, card.judged, card.confirmed, card.false)
    return [
        _title(rule_id, language),
        *(f"{count:,}" for count in counts),
        text("fund.unjudged", language) if one is None else rate_shown(one.value, one.low, one.high),
        nothing if card.median_days is None else days_shown(card.median_days),
    ]
