"""Somebody at the page, with a camera that plays a film: what they press, and what must have come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.fake_captures import Play
from tests.browser.real_browser import Watch, fits

SIZES = {"phone": (360, 740), "desk": (1280, 800), "zoomed": (640, 400)}
"""The last is 1280x800 at 200 % zoom."""
PATIENCE = 90_000
"""ms for what takes seconds by itself: the machine may be busy with other tests."""


@dataclass
class Visit:
    """One page in one browser, the calls behind it, and a watch over both."""

    page: Page
    context: BrowserContext
    play: Play
    watch: Watch
    address: str
    folder: Path

    def look(self, name: str) -> None:
        """A picture for people, and the check that nothing hangs over."""
        assert fits(self.page), f"{name} is wider than the screen"
        self.page.screenshot(path=self.folder / f"{name}.png")

    def to_who(self) -> None:
        self.page.goto(f"http://{self.address}/verify")
        self.page.click("#s-welcome [data-go=who]")

    def to_consent(self, *, route: str = "flash") -> None:
        self.to_who()
        self.page.fill("#name", "张秀兰")
        self.page.fill("#id_number", "１３０２０２ 19480512122x")
        self.page.click("#f-who [type=submit]")
        self.page.click("#f-comfort [type=submit]")
        self.page.click(f"[data-route={route}]")

    def agree(self) -> None:
        self.page.click("#agree")
        self.page.wait_for_selector("#open:visible", timeout=PATIENCE)

    def open_camera(self) -> None:
        self.page.click("#open")
        self.page.wait_for_selector("#ready:visible", timeout=PATIENCE)

    def to_check(self, *, route: str = "flash") -> None:
        self.to_consent(route=route)
        self.agree()
        self.open_camera()

    def begin(self) -> None:
        self.page.click("#ready")

    def ends(self, screen: str) -> None:
        self.page.wait_for_selector(f"#s-{screen}:visible", timeout=PATIENCE)

    def sent(self, steps: int) -> None:
        """Waits until the service has that many steps."""
        for _ in range(PATIENCE // 200):
            if len(self.play.last.steps) >= steps:
                return
            self.page.wait_for_timeout(200)
        raise AssertionError(f"{len(self.play.last.steps)} of {steps} steps came")


Opened = Callable[..., Any]
