"""Chinese unless English is asked for."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from auth_service.web.i18n import language_of


def _asking(header: str = "", cookie: str = "", query: str = "") -> Request:
    headers = [(b"accept-language", header.encode("latin-1"))] if header else []
    if cookie:
        headers.append((b"cookie", f"lang={cookie}".encode()))
    return Request({"type": "http", "headers": headers, "query_string": query.encode(), "path": "/", "method": "GET"})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("en;q=0.2, zh;q=0.1", "en"),
        ("en;q=0, fr", "zh"),
        ("fr-FR, de;q=0.5", "zh"),
        ("*", "zh"),
        ("en;q=banana", "zh"),
        ("EN-us", "en"),
        (";;;,,,q=1" * 200, "zh"),
        ("en;q=nan", "zh"),
    ],
)
def test_the_browsers_wish_decides_between_the_two(header: str, language: str) -> None:
    assert language_of(_asking(header)) == language


def test_the_cookie_goes_before_the_browser_and_the_address_before_both() -> None:
    assert language_of(_asking("zh", cookie="en")) == "en"
    assert language_of(_asking("zh", cookie="en", query="lang=zh")) == "zh"
    assert language_of(_asking("en", cookie="xx", query="lang=fr")) == "en"
