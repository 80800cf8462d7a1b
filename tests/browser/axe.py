"""axe-core over a page: what it calls serious or critical."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
"""source: axe-core as the test dependency brings it"""
SERIOUS = {"serious", "critical"}
RUN = """async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations.map(
  (one) => [one.impact, one.id, one.nodes.map((node) => node.html).join(" ")])"""


def serious(page: Page) -> list[Any]:
    """[impact, rule, markup] of each violation that is serious or critical."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    return [one for one in page.evaluate(RUN) if one[0] in SERIOUS]
