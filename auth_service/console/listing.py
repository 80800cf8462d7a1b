"""What the console's lists have in common: states as tabs, filters in the address, a page at a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from auth_service.web.i18n import Language, text

PAGE_SIZE = 25
ALL = "all"
"""The state that stands for every state."""
_LONGEST_CURSOR = 300
_REGION = re.compile(r"[0-9]{2,12}")

Chosen = dict[str, str]
"""Filter -> its value, "" where nothing is chosen; `state` always has one."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list.

    path     its address
    words    prefix of the texts that name its states
    states   in the order of their tabs; without a choice the first is shown
    filters  name -> the values that count; any other counts as none
    regions  whether it is also filtered by the first digits of a region code
    """

    path: str
    words: str
    states: tuple[str, ...]
    filters: Mapping[str, Collection[str]]
    regions: bool = True

    def chosen(self, request: Request) -> Chosen:
        query = request.query_params
        state = query.get("state", "")
        found = {"state": state if state in self.states else self.states[0]}
        for name, values in self.filters.items():
            found[name] = query.get(name, "") if query.get(name) in values else ""
        if self.regions:
            found["region"] = query.get("region", "") if _REGION.fullmatch(query.get("region", "")) else ""
        return found

    def is_narrowed(self, chosen: Chosen) -> bool:
        """Whether an empty list may be so because of what was chosen."""
        return any(value for name, value in chosen.items() if name != "state") or chosen["state"] != self.states[0]

    def url(self, chosen: Chosen, **changed: str) -> str:
        query = {name: value for name, value in (chosen | changed).items() if value}
        return f"{self.path}?{urlencode(query)}"

    def tabs(self, chosen: Chosen, counts: Mapping[str, int], language: Language) -> list[dict[str, object]]:
        """One per state, with how many it holds."""
        every = sum(counts.get(state, 0) for state in self.states if state != ALL)
        return [
            {
                "word": text(f"{self.words}.{state}", language),
                "url": self.url(chosen, state=state),
                "count": every if state == ALL else counts.get(state, 0),
                "current": chosen["state"] == state,
            }
            for state in self.states
        ]

    def pages(self, request: Request, chosen: Chosen, next_cursor: str | None) -> dict[str, str | None]:
        """Where the list goes on, and where it begins for whoever is not there."""
        return {
            "next_url": self.url(chosen, cursor=next_cursor) if next_cursor else None,
            "first_url": self.url(chosen) if "cursor" in request.query_params else None,
        }


def cursor_of(request: Request) -> str | None:
    """As it was given out with the page before; storage refuses any other."""
    return request.query_params.get("cursor", "")[:_LONGEST_CURSOR] or None
