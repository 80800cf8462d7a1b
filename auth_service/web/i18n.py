"""Which language to answer in. Chinese unless English is asked for: by `?lang=`, then the cookie, then the browser."""

from __future__ import annotations

from typing import Literal

from starlette.requests import HTTPConnection

from auth_service.web.texts import TEXTS

Language = Literal["zh", "en"]
COOKIE = "lang"


def language_of(connection: HTTPConnection) -> Language:
    """The language of the answer; anything not understood is Chinese."""
    for wish in (connection.query_params.get("lang"), connection.cookies.get(COOKIE)):
        if wish == "zh":
            return "zh"
        if wish == "en":
            return "en"
    return _from_header(connection.headers.get("accept-language", ""))


def asked_language(connection: HTTPConnection) -> Language | None:
    """The language that this address asks for, to be remembered."""
    wish = connection.query_params.get("lang")
    if wish == "zh":
        return "zh"
    return "en" if wish == "en" else None


def _from_header(header: str) -> Language:
    """The best of zh and en in an Accept-Language value. source: RFC 9110 section 12.5.4"""
    best: dict[str, float] = {}
    for part in header[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary in {"zh", "en"}:
            best[primary] = max(best.get(primary, 0.0), _weight(weight))
    return "en" if best.get("en", 0.0) > best.get("zh", 0.0) else "zh"


def _weight(parameter: str) -> float:
    name, _, number = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(max(float(number), 0.0), 1.0) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


def text(key: str, language: Language, **values: object) -> str:
    """One text of the pages, with its `{placeholders}` filled. raises KeyError: no such text"""
    zh, en = TEXTS[key]
    return (zh if language == "zh" else en).format(**values)
