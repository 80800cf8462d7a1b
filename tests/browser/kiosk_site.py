"""A kiosk in a real Chromium: its page served with a service that is played, its hardware simulated, and a person."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from auth_service.app import create_app
from auth_service.connectors.kiosk_bridge import HOST, Bridge, Card, Reader
from tests.acceptance.serving import free_port
from tests.browser.fake_kiosk import CODE, FakeKiosk, KioskPlay
from tests.browser.real_browser import Watch, fits, served
from tests.browser.visiting import PATIENCE
from tests.channels.service import EILEEN, NAMES, Deployment

SIZES = {"upright": (1080, 1920), "lying": (1280, 1024)}
SECRET = "pairing-secret-of-a-test"
NO_LINE = ("status of 504", "ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED", "ERR_ABORTED")


@dataclass
class Hardware:
    """What the simulated bridge was told."""

    port: int
    reader: Reader = field(default_factory=Reader)
    slips: list[Any] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"


@dataclass
class KioskSite:
    """address: host:port of the page"""

    address: str
    play: KioskPlay
    hardware: Hardware
    fake: FakeKiosk | None

    def afresh(self) -> None:
        """For the next test: nothing was seen yet."""
        self.play = KioskPlay(self.play.serial)
        if self.fake is not None:
            self.fake.play = self.play
        self.hardware.slips.clear()
        self.hardware.calls.clear()


@contextmanager
def kiosk_site(service: Deployment) -> Iterator[KioskSite]:
    hardware = Hardware(free_port())
    services = dataclasses.replace(service.services, kiosk_calls=True, kiosk_bridge=hardware.origin)
    fake = FakeKiosk(create_app(services), KioskPlay(service.serial))
    with served(fake) as address, bridged(f"http://{address}", hardware):
        yield KioskSite(address, fake.play, hardware, fake)


@contextmanager
def bridged(origin: str, hardware: Hardware) -> Iterator[None]:
    made = Bridge(origin, SECRET, hardware.reader, hardware.slips.append, lambda: hardware.calls.append(1))
    server = made.serve(hardware.port)
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


@dataclass
class Terminal:
    """The screen, and who stands before it."""

    page: Page
    context: BrowserContext
    site: KioskSite
    watch: Watch
    folder: Path
    size: str

    @property
    def play(self) -> KioskPlay:
        return self.site.play

    def look(self, name: str) -> None:
        """A picture for people, and the check that nothing hangs over."""
        self.page.screenshot(path=self.folder / f"{self.size}-{name}.png")
        assert fits(self.page), f"{name} is wider than the screen"

    def screen(self, name: str) -> None:
        self.page.wait_for_selector(f"#s-{name}:visible", timeout=PATIENCE)

    def set_up(self, *, hardware: bool = True, language: str = "zh", code: str = CODE) -> None:
        """The technician's visit, once."""
        self.page.goto(f"http://{self.site.address}/kiosk?lang={language}")
        self.screen("enrol")
        self.look("enrol")
        self.page.fill("#enrol-code", code)
        if hardware:
            self.page.fill("#enrol-secret", SECRET)
        self.page.click("#f-enrol [type=submit]")
        self.screen("start")
        self.page.wait_for_timeout(500)

    def puts_card(self, portrait: bytes = b"", number: str = EILEEN) -> None:
        self.site.hardware.reader.put(Card(number, NAMES[number], portrait, "image/jpeg" if portrait else ""))
        self.screen("hello")

    def types(self, number: str) -> None:
        """With a finger, key by key."""
        for key in number:
            self.page.click(f'[data-key="{key}"]')

    def to_consent(self) -> None:
        self.page.click("#hello-yes:visible, #f-name [type=submit]:visible")
        self.screen("consent")

    def to_light(self) -> None:
        self.to_consent()
        self.page.click("#agree")
        self.screen("light")

    def to_check(self, *, route: str = "flash") -> None:
        self.to_light()
        self.page.click(f"[data-route={route}]")
        self.page.wait_for_selector("#ready:visible", timeout=PATIENCE)

    def begins(self) -> None:
        self.page.click("#ready")

    def waits(self, done: Callable[[], bool], limit: int = 30_000) -> None:
        for _ in range(limit // 100):
            if done():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("it never came")


@contextmanager
def terminal(
    browser: Browser, site: KioskSite, folder: Path, *, size: str = "upright", allowed: tuple[str, ...] = (),
    script: str = "",
) -> Iterator[Terminal]:  # fmt: skip
    """One kiosk, new, that must end without a console error and speak to nobody but its service and its hardware."""
    width, height = SIZES[size]
    how: Any = {"viewport": {"width": width, "height": height}, "locale": "zh-CN", "permissions": ["camera"]}
    with browser.new_context(**how, has_touch=True) as context:
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watch = Watch(site.address, (f"elsewhere {site.hardware.origin}/", "/card?wait", *allowed))
        watch.over(page)
        yield Terminal(page, context, site, watch, folder, size)
    assert watch.complaints == [], watch.complaints
