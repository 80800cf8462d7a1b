"""A real Chromium, a served application, and a watch over what goes wrong on a page."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, Playwright

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking")


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """host:port of an application that answers on this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none", server_header=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert server.listening.wait(10)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@contextmanager
def chromium(playwright: Playwright, more: Sequence[str] = ()) -> Iterator[Browser]:
    """Debian's Chromium with further arguments."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    made = playwright.chromium.launch(executable_path=found, args=[*ARGUMENTS, *more])
    yield made
    made.close()


@dataclass
class Watch:
    """What went wrong on a page: console errors, requests to another host, failed requests.

    allowed  words of complaints that a test brings about itself, such as a lost connection
    """

    address: str
    allowed: tuple[str, ...] = ()
    complaints: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", lambda m: self._note(f"{m.text} {m.location}") if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("requestfailed", lambda request: self._failed(request.url, str(request.failure)))
        page.on("request", lambda request: self._check(request.url))

    def _failed(self, url: str, why: str) -> None:
        """Whoever goes on to the next page before its icon has come breaks that off, and misses nothing."""
        if "/static/icon.svg" not in url or "ERR_ABORTED" not in why:
            self._note(f"failed {url} {why}")

    def _check(self, url: str) -> None:
        if not url.startswith(("blob:", "data:")) and url.split("/")[2] != self.address:
            self._note(f"elsewhere {url}")

    def _note(self, complaint: str) -> None:
        if not any(word in complaint for word in self.allowed):
            self.complaints.append(complaint)


SEEING = """
  const shown = (e) => e.checkVisibility() && e.getClientRects().length > 0;
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => { const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length && (c.length < 4 || c[3] > 0)) return c; } return [255, 255, 255]; };
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
"""
"""For scripts that look at a page: what is shown, how light a colour is, on what ground, whose text it is."""


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def wait_until(page: Page, expression: str, limit: int = 90_000) -> None:
    """Waits until an expression holds. Playwright's own way evaluates text in the page, which the policy forbids."""
    for _ in range(limit // 100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)
