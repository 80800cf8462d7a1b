"""Fund safety in numbers: first whom we wronged and for how long, then how soon deaths were acted on and what was paid
after them, then flags and passes. Every number says how it was counted; nobody stands here by name.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from auth_service.accounts.roles import Permission
from auth_service.console.exports import table_file
from auth_service.console.fund_tables import TABLES, Seen, days_shown, table_of
from auth_service.console.words import local_time
from auth_service.core.errors import NotFound
from auth_service.flows.count_fund import WINDOWS
from auth_service.monitoring.fund import spread, yearly_per_100_000
from auth_service.web.access import FlagReader, Visitor
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.services import services_of

PAGE = "/console/fund"
_USUAL = 90
SECTIONS: dict[str, tuple[str, ...]] = {
    "wronged": ("wrongful", "restoring"),
    "died": ("deaths",),
    "exposed": ("exposure",),
    "flagged": ("flags",),
    "passing": ("ways", "counties", "bands"),
    "failing": ("failures",),
}
"""What the page shows, in this order, with the tables of each."""
LINKS: dict[str, tuple[Permission, str]] = {
    "wronged": (Permission.SEE_MONEY, "/console/contests"),
    "died": (Permission.SEE_REGISTRY, "/console/batches?state=all"),
    "flagged": (Permission.SEE_FLAGS, "/console/scorecards"),
}
"""The list behind a section, for whoever may see it."""


def fund_page(request: Request, visitor: FlagReader) -> Response:
    """The whole page for a window of days."""
    language, seen = language_of(request), _seen(request)
    return pages_of(request).answer(
        request,
        "fund.html",
        here=PAGE,
        windows=windows(PAGE, seen.days, language),
        days=seen.days,
        counted_at=local_time(seen.count.counted_at) if seen.count else "",
        sections=[_section(name, seen, visitor, language) for name in SECTIONS],
    )


def fund_file(request: Request, table: str, form: str, _visitor: FlagReader) -> Response:
    """One of its tables. raises NotFound: no such table, or another form"""
    if table not in TABLES:
        raise NotFound
    seen = _seen(request)
    found = table_of(table, seen, language_of(request))
    if found is None:
        raise NotFound
    return table_file(request, f"fund-{table}-{seen.days}-days", form, [found.head, *found.rows])


def window_of(request: Request) -> int:
    """Days; anything else than a window that is counted is the usual one."""
    wish = request.query_params.get("days", "")
    return int(wish) if wish in {str(days) for days in WINDOWS} else _USUAL


def windows(path: str, chosen: int, language: Language) -> list[dict[str, object]]:
    """The windows as tabs."""
    return [
        {"word": text("fund.window", language, days=days), "url": f"{path}?days={days}", "current": days == chosen}
        for days in WINDOWS
    ]


def _seen(request: Request) -> Seen:
    services, days = services_of(request), window_of(request)
    queries, now = services.queries, services.clock.now()
    since = now - timedelta(days=days)
    return Seen(
        days=days,
        now=now,
        restores=tuple(queries.restores(since, now + timedelta(seconds=1))),
        contests=tuple(queries.open_contests()),
        count=queries.fund_count(days),
    )


def _section(name: str, seen: Seen, visitor: Visitor, language: Language) -> dict[str, object]:
    permission, url = LINKS.get(name, (Permission.SEE_FLAGS, ""))
    tables = [table_of(one, seen, language) for one in SECTIONS[name]]
    return {
        "name": name,
        "tiles": _TILES[name](seen, language) if name in _TILES else [],
        "tables": [
            {
                "table": one,
                "files": [(kind, f"{PAGE}/{one.name}.{kind}?days={seen.days}") for kind in ("csv", "xlsx")],
            }
            for one in tables
            if one is not None and one.rows
        ],
        "url": url if visitor.may(permission) else "",
        "uncounted": seen.count is None and name != "wronged",
    }


TILES = (
    "wrongful", "rate", "median", "p90", "contests", "oldest", "acted", "death_median", "death_p90", "unacted",
)  # fmt: skip
"""The numbers that stand alone."""
Tile = tuple[str, str]
"""(what it is, the number)"""


def _tile(name: str, value: str, language: Language) -> Tile:
    return text(f"fund.tile.{name}", language), value


def _wronged(seen: Seen, language: Language) -> list[Tile]:
    told, nothing = spread(one.days for one in seen.wrongful), text("fund.nothing", language)
    people = seen.count.people if seen.count else 0
    rate = yearly_per_100_000(len(seen.wrongful), people, seen.days)
    oldest = (seen.now - seen.contests[0]).total_seconds() / 86_400 if seen.contests else None
    return [
        _tile("wrongful", f"{len(seen.wrongful):,}", language),
        _tile("rate", nothing if rate is None else f"{rate:,.2f}", language),
        _tile("median", nothing if told is None else days_shown(told.median), language),
        _tile("p90", nothing if told is None else days_shown(told.p90), language),
        _tile("contests", f"{len(seen.contests):,}", language),
        _tile("oldest", nothing if oldest is None else days_shown(oldest), language),
    ]


def _died(seen: Seen, language: Language) -> list[Tile]:
    if seen.count is None:
        return []
    told, nothing = seen.count.deaths, text("fund.nothing", language)
    return [
        _tile("acted", f"{told.count if told else 0:,}", language),
        _tile("death_median", nothing if told is None else days_shown(told.median), language),
        _tile("death_p90", nothing if told is None else days_shown(told.p90), language),
        _tile("unacted", f"{seen.count.waiting:,}", language),
    ]


_TILES = {"wronged": _wronged, "died": _died}
