"""/console/devices in Chromium at the sizes of terminals, in both languages: it fits, and axe finds nothing serious."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from auth_service.accounts.roles import Role
from tests.browser.axe import serious
from tests.browser.kiosk_site import SIZES
from tests.browser.real_browser import Watch, fits, served
from tests.channels.service import PASSWORD, Deployment, username_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIST = "/console/devices"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious_where_devices_are_entered(
    service: Deployment, browser: Browser, tmp_path: Path, size: str, language: str
) -> None:
    width, height = SIZES[size]
    with served(service.app) as address, browser.new_context(viewport={"width": width, "height": height}) as context:
        page, watch = context.new_page(), Watch(address)
        watch.over(page)
        page.goto(f"http://{address}/console/sign-in?lang={language}")
        page.fill("#username", username_of(Role.SECURITY_ADMIN))
        page.fill("#password", PASSWORD)
        page.click("main [type=submit]")
        page.wait_for_selector("h1")
        page.wait_for_load_state("networkidle")  # an icon under way would be broken off
        page.goto(f"http://{address}{LIST}")
        assert serious(page) == [], "while there is none"
        for field, text in (
            ("name", "一号机"),
            ("owner", "唐山农商行"),
            ("region", "130202"),
            ("place", "解放路支行大厅"),
        ):
            page.fill(f"#{field}", text)
        page.click("[aria-labelledby=enter] [type=submit]")
        page.wait_for_selector("#code")
        assert serious(page) == [], "with a code that is shown once"
        assert fits(page)
        page.screenshot(path=tmp_path / f"{size}-{language}-devices.png", full_page=True)
    assert watch.complaints == []
