"""The poverty ledger: numbers by county, town and village, how they went month by month, and a village's own list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from auth_service.beneficiaries.region_tree import parent_of, shortest
from auth_service.console.listing import Chosen
from auth_service.console.month_chart import months_chart
from auth_service.console.words import local_time, region
from auth_service.crosscheck.poverty import LISTS, Outcome
from auth_service.crosscheck.sources import RegistryKind
from auth_service.flows.see_poverty import PovertyShown
from auth_service.storage.queries import Counts, PovertyFilter, PovertyMonth
from auth_service.web.access import PeopleReader
from auth_service.web.i18n import Language, language_of, text
from auth_service.web.pages import pages_of
from auth_service.web.poverty_sheet import poverty_sheet
from auth_service.web.services import services_of

PATH = "/console/poverty"
_REGION, _MONTH = re.compile(r"[0-9]{2,12}"), re.compile(r"20[0-9]{2}-[01][0-9]")
_TOWN_DIGITS, _VILLAGE_DIGITS = 9, 12
OUTCOMES = ("insured_tagged", "uninsured_tagged", "lost_source", "to_confirm")
COLUMNS = ("insured", *OUTCOMES, Outcome.INSURED_UNTAGGED.value, "joined", "reached_60", "not_drawing", "carried")
_OF_ALL = frozenset({"insured", Outcome.INSURED_UNTAGGED.value})
"""Counted without regard to a list: left out where one is chosen."""
_PREMIUM = "premium_"


def poverty_page(request: Request, visitor: PeopleReader) -> Response:
    """Numbers of one month and region. raises NotFound: a month that was not made"""
    services, language = services_of(request), language_of(request)
    chosen = _chosen(request)
    wanted = PovertyFilter(chosen["region"], RegistryKind(chosen["kind"]) if chosen["kind"] else None)
    shown = services.people.poverty.shown(chosen["month"], wanted, visitor.staff)
    shared: dict[str, Any] = {
        "here": PATH,
        "chosen": chosen,
        "kinds": [(kind.value, text(f"poverty.kind.{kind.value}", language)) for kind in LISTS],
        "place": region(chosen["region"], language) if chosen["region"] else text("poverty.everywhere", language),
    }
    if shown is None:
        return pages_of(request).answer(request, "poverty.html", shown=None, **shared)
    columns = _columns(shown, chosen, language)
    return pages_of(request).answer(
        request,
        "poverty.html",
        shown=_version(shown.month, language),
        months=[(one.month, _version(one, language)) for one in shown.months],
        columns=[word for _, word in columns],
        rows=[_place(code, counts, columns, chosen, language) for code, counts in shown.places.items()],
        series=[(one.month, [counts.get(what, 0) for what, _ in columns]) for one, counts in shown.series],
        chart=_chart(shown, language),
        span=text("poverty.chart.words", language, first=shown.series[0][0].month, last=shown.series[-1][0].month,
                  place=shared["place"]),
        up_url=_url(chosen, region=parent_of(shortest(chosen["region"]))) if chosen["region"] else None,
        file_url=_file_url(chosen, shown.month.month),
        **shared,
    )  # fmt: skip


def poverty_file(request: Request, visitor: PeopleReader) -> Response:
    """A village's or town's own list as CSV; no cell runs as a formula. There is none of a larger place.

    raises   FieldInvalid: too many lines; NotFound: a month that was not made
    """
    services, language = services_of(request), language_of(request)
    chosen = _chosen(request)
    if _file_url(chosen, chosen["month"]) is None:
        return RedirectResponse(_url(chosen), 303)
    found = services.people.poverty.village(chosen["month"], chosen["region"], visitor.staff)
    body = services.people.csv(poverty_sheet(found, language))
    name = f"poverty-{found.region}-{found.month.month}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, headers=headers, media_type="text/csv; charset=utf-8")


def _chosen(request: Request) -> Chosen:
    query = request.query_params
    month, kind, place = query.get("month", ""), query.get("kind", ""), query.get("region", "")
    return {
        "month": month if _MONTH.fullmatch(month) else "",
        "kind": kind if kind in {one.value for one in LISTS} else "",
        "region": place if _REGION.fullmatch(place) else "",
    }


def _url(chosen: Chosen, **changed: str) -> str:
    query = {name: value for name, value in (chosen | changed).items() if value}
    return f"{PATH}?{urlencode(query)}" if query else PATH


def _file_url(chosen: Chosen, month: str) -> str | None:
    """Only of a town or a village: each sees its own list."""
    if len(chosen["region"]) not in {_TOWN_DIGITS, _VILLAGE_DIGITS}:
        return None
    return f"{PATH}.csv?{urlencode({'month': month, 'region': chosen['region']})}"


def _version(month: PovertyMonth, language: Language) -> str:
    told = {"month": month.month, "version": month.version, "when": local_time(month.finished_at)}
    return text("poverty.version", language, **told)


def _columns(shown: PovertyShown, chosen: Chosen, language: Language) -> list[tuple[str, str]]:
    """What is counted, with its word; years of premiums as far as the lists tell of any."""
    told = {what for counts in (*shown.places.values(), *(one for _, one in shown.series)) for what in counts}
    years = sorted(what.removeprefix(_PREMIUM) for what in told if what.startswith(_PREMIUM))
    kept = [what for what in COLUMNS if not (chosen["kind"] and what in _OF_ALL)]
    columns = [(what, text(f"poverty.{what}", language)) for what in kept]
    return [*columns, *((f"{_PREMIUM}{year}", text("poverty.premium", language, year=year)) for year in years)]


def _place(
    code: str, counts: Counts, columns: Sequence[tuple[str, str]], chosen: Chosen, language: Language
) -> Mapping[str, object]:
    deeper = bool(code) and shortest(code) != shortest(chosen["region"]) and len(code) <= _VILLAGE_DIGITS
    return {
        "word": region(code, language) if code else text("poverty.elsewhere", language),
        "url": _url(chosen, region=code) if deeper else None,
        "counts": [counts.get(what, 0) for what, _ in columns],
    }


def _chart(shown: PovertyShown, language: Language) -> object:
    values = {
        text(f"poverty.{what}", language): [counts.get(what, 0) for _, counts in shown.series] for what in OUTCOMES
    }
    return months_chart([one.month for one, _ in shown.series], values)
