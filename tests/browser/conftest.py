"""Fixtures of the browser's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import films, kiosk_films
from tests.browser.fake_captures import FakeCaptures, Play
from tests.browser.real_browser import Watch, chromium, served
from tests.browser.visiting import PATIENCE, SIZES, Visit
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


@pytest.fixture
def address(service: Deployment) -> Iterator[str]:
    """host:port of the service of one test."""
    with served(service.app) as made:
        yield made


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One without a camera."""
    with chromium(playwright) as made:
        yield made


@pytest.fixture(scope="module")
def cameras(
    playwright: Playwright, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Browser]]:
    """name -> a browser whose camera plays that film; each is started once."""
    folder = tmp_path_factory.mktemp("films")
    turning = films.there_and_back(films.clip(data / "videos" / "lp_d3.mp4", 8.0, 9.4))
    quiet = films.clip(data / "videos" / "lp_d18.mp4", 0, 3)
    makers: dict[str, Callable[[Path], Path]] = {
        "turning": lambda path: films.write(path, turning),
        "dark": lambda path: films.write(path, quiet, films.dimmed(0.2)),
        "two": lambda path: films.write(path, quiet, films.two_of),
        "kiosk": lambda path: films.write(path, kiosk_films.seen_at(turning, 57, data)),
        **{
            f"at-{cm}": lambda path, cm=cm: films.write(path, kiosk_films.seen_at(quiet[::3], cm, data))
            for cm in (25, 40, 60, 80, 130)
        },
        "far": lambda path: films.write(path, films.clip(data / "videos" / "lp_s20.mp4", 0, 3)),
    }
    with ExitStack() as stack:
        started: dict[str, Browser] = {}

        def browser(name: str) -> Browser:
            if name not in started:
                film = makers[name](folder / f"{name}.mjpeg")
                started[name] = stack.enter_context(chromium(playwright, films.camera_arguments(film)))
            return started[name]

        yield browser


@pytest.fixture
def visit(site: str, play: Play, cameras: Callable[[str], Browser], tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def opened(
        film: str = "turning", size: str = "phone", locale: str = "zh-CN", allowed: tuple[str, ...] = ()
    ) -> Iterator[Visit]:
        width, height = SIZES[size]
        viewport: Any = {"width": width, "height": height}
        with cameras(film).new_context(viewport=viewport, locale=locale, permissions=["camera"]) as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            watch = Watch(site, allowed)
            watch.over(page)
            yield Visit(page, context, play, watch, site, tmp_path)
        assert watch.complaints == []

    return opened
