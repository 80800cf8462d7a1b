"""The real service in a process of its own for the browser's tests: engine, weights, database, two enrolled people."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from auth_service.beneficiaries.ledger import check_ledger_row
from auth_service.core.clock import legal_date
from auth_service.enrollment.consent import Consent, ConsentBasis
from auth_service.enrollment.sources import PhotoSource
from auth_service.flows.enroll import EnrollRequest
from auth_service.settings import Settings
from auth_service.wiring import Wiring
from tests.acceptance.lfw import without_limits
from tests.acceptance.serving import Served, served
from tests.attacks.pad_files import PAD_WEIGHTS
from tests.browser.real_browser import Watch, fits
from tests.browser.visiting import PATIENCE, SIZES
from tests.channels.service import EILEEN, GRACE, NAMES, portraits

LIMITS = without_limits() | {"AUTH_SERVICE_CAPTURE__ATTEMPTS_PER_DAY": "1000"}
LAST = ("passed", "again", "review", "otherway", "over", "collected")
"""Screens on which a session ends."""


@dataclass(frozen=True)
class Site:
    """A served home in which Eileen and Grace are enrolled. address: host:port"""

    home: Path
    served: Served

    @property
    def address(self) -> str:
        return self.served.url.split("//")[1]

    @property
    def wiring(self) -> Wiring:
        """As a command beside the server has it."""
        return Wiring(
            Settings(
                home=self.home,
                models=self.home.parent / "models",
                readers=1,
                phone_page=True,
                public_url=self.served.url,
                pilot_folder=self.home.parent / "pilot",
            )
        )


@contextmanager
def real_site(folder: Path, data: Path, *, at: int = 0, **more: str) -> Iterator[Site]:
    """at: port, or any; more: settings of the environment"""
    home, models = folder / "home", folder / "models"
    models.mkdir(parents=True)
    for name in PAD_WEIGHTS:
        shutil.copyfile(data / "models" / name, models / name)
    wiring = Wiring(Settings(home=home, models=models, readers=1, phone_page=True))
    wiring.migrate()
    now = datetime.now(UTC)
    consent, faces = Consent(ConsentBasis.SEPARATE_CONSENT, "2026-1", "zh", "counter", now), portraits()
    for number, photo in ((EILEEN, faces.eileen), (GRACE, faces.grace)):
        with wiring.ledger_store.unit() as unit:
            row = {"id_number": number, "name": NAMES[number], "benefit_kind": "城乡居民养老", "region_code": "130202"}
            unit.people.apply(check_ledger_row(row, legal_date(now)), now, "b1")
        wiring.enroll.one(EnrollRequest(number, (photo,), PhotoSource.OFFICER, None, consent, "cli", "counter", True))
    wiring.close_stores()
    settings = {
        "AUTH_SERVICE_MODELS": str(models),
        "AUTH_SERVICE_READERS": "1",
        "AUTH_SERVICE_PHONE_PAGE": "true",
        "AUTH_SERVICE_PILOT_FOLDER": str(folder / "pilot"),
    } | more
    with served(home, at=at, **settings, **LIMITS) as running:
        yield Site(home, running)


@dataclass
class Person:
    """Somebody at the page, as far as can be seen and pressed."""

    page: Page
    context: BrowserContext
    site: Site
    folder: Path

    def look(self, name: str) -> None:
        """A picture for people, and the check that nothing hangs over."""
        assert fits(self.page), f"{name} is wider than the screen"
        self.page.screenshot(path=self.folder / f"{name}.png")

    def to_consent(self, *, number: str = EILEEN) -> None:
        self.page.goto(f"http://{self.site.address}/verify")
        self.page.click("#s-welcome [data-go=who]")
        self.page.fill("#name", NAMES[number])
        self.page.fill("#id_number", number)
        self.page.click("#f-who [type=submit]")
        self.page.click("#f-comfort [type=submit]")
        self.page.click("[data-route=flash]")

    def to_camera(self, *, number: str = EILEEN) -> None:
        self.to_consent(number=number)
        self.page.click("#agree")
        self.page.wait_for_selector("#open:visible")
        self.page.click("#open")

    def to_check(self, *, number: str = EILEEN) -> None:
        self.to_camera(number=number)
        self.page.wait_for_selector("#ready:visible")

    def ended(self, limit: int = 2 * PATIENCE) -> str:
        """The screen on which the session ended."""
        shown = ", ".join(f"#s-{name}:visible" for name in LAST)
        return str(self.page.wait_for_selector(shown, timeout=limit).get_attribute("id")).removeprefix("s-")

    def reason(self, screen: str) -> str:
        return self.page.inner_text(f"#{screen}-reason")


@contextmanager
def standing_before(
    browser: Browser, site: Site, folder: Path, *, size: str = "phone", script: str = "",
    allowed: tuple[str, ...] = (), permissions: tuple[str, ...] = ("camera",), locale: str = "zh-CN",
) -> Iterator[Person]:  # fmt: skip
    """One visit that must end without a console error and without a request elsewhere.

    script  runs before the page's own, in the place of a camera
    """
    width, height = SIZES[size]
    how: Any = {"viewport": {"width": width, "height": height}, "locale": locale, "permissions": list(permissions)}
    with browser.new_context(**how) as context:
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watch = Watch(site.address, allowed)
        watch.over(page)
        yield Person(page, context, site, folder)
    assert watch.complaints == []
