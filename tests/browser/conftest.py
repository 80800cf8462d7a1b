"""Fixtures of the browser's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.fake_captures import FakeCaptures, Play
from tests.browser.real_browser import served
from tests.channels.service import Blueprint, Deployment, deployment, make_blueprint


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """One for the tests of a file, since a thread can hold no second; and ended with them, since it keeps an event loop
    running in this thread and no later test could run its own."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blueprint]:
    made = make_blueprint(tmp_path_factory.mktemp("blueprint") / "home")
    yield made
    made.wiring.store.close()


@pytest.fixture(scope="session")
def fake_site(
    blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, FakeCaptures, Deployment]]:
    """The real pages with capture sessions that are played in memory, served once for all tests."""
    with deployment(blueprint, tmp_path_factory.mktemp("site") / "home") as made:
        fake = FakeCaptures(made.app, Play(made.serial))
        with served(fake) as address:
            yield address, fake, made


@pytest.fixture
def play(fake_site: tuple[str, FakeCaptures, Deployment]) -> Play:
    """What the capture sessions of one test do and saw."""
    _, fake, made = fake_site
    fake.play = Play(made.serial)
    return fake.play


@pytest.fixture
def site(fake_site: tuple[str, FakeCaptures, Deployment], play: Play) -> str:
    """host:port of that site, with a fresh play."""
    return fake_site[0]


@pytest.fixture
def service(blueprint: Blueprint, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(blueprint, tmp_path / "home") as made:
        yield made
