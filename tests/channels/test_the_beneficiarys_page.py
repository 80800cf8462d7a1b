"""The page that a beneficiary opens: what the server says with it, what belongs to it, and what it may do."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path
from typing import Any

import pytest

from auth_service.app import create_app
from auth_service.channels.phone import page
from auth_service.channels.phone.page import ASSETS
from auth_service.liveness.fusion import PadPolicy
from auth_service.settings import Profile, Settings
from auth_service.web.page_assets import SHARED
from auth_service.web.prose import Block, Span, blocks_of
from auth_service.web.qr import qr_svg
from auth_service.web.texts_phone import PHONE_TEXTS
from auth_service.wiring import Wiring
from tests.channels.service import BASE as SITE
from tests.channels.service import PAGE, Deployment

LARGEST = 150_000
"""Bytes of page and files together. source: issue "the phone", the page"""


def _page(service: Deployment, language: str = "zh") -> str:
    answer = service.client().get(f"/verify?lang={language}", headers=PAGE)
    assert answer.status_code == 200
    return answer.text


def test_in_production_nobody_is_led_to_it_unless_the_agency_has_said_so(service: Deployment) -> None:
    """What a person asks for here has to be seen by somebody, and how often it refuses is measured first."""
    assert Settings().has_phone_page
    assert not Settings(profile=Profile.PRODUCTION).has_phone_page
    assert Settings(profile=Profile.PRODUCTION, phone_page=True).has_phone_page
    client = service.client(create_app(dataclasses.replace(service.services, phone_page=False, kiosk_calls=False)))
    assert client.get("/verify", headers=PAGE).status_code == 404
    assert client.post("/v1/capture-sessions", json={}).status_code == 404
    assert client.post("/v1/me/other-ways", json={}).status_code == 404
    assert not [path for path in client.get("/openapi.json").json()["paths"] if path.startswith("/v1/capture")]


@pytest.mark.asvs("3.4.3", "3.7.1")
def test_only_this_page_may_run_our_scripts_and_ask_for_the_camera(service: Deployment) -> None:
    headers = service.client().get("/verify", headers=PAGE).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["permissions-policy"].split(", ")[0] == "camera=(self)"
    assert "microphone=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"
    for path in ("/console/sign-in", f"/certificates/{service.serial}", "/healthz", "/verify/nowhere"):
        other = service.client().get(path, headers=PAGE).headers
        assert "camera=()" in other["permissions-policy"], path
        assert "script-src" not in other["content-security-policy"], path


def test_every_file_of_the_page_is_served_typed_and_kept_by_its_digest(service: Deployment) -> None:
    named = set(re.findall(r'"(/verify/assets/[0-9a-f]{16}/[a-z0-9.-]+)"', _page(service)))
    assert {path.rsplit("/", 1)[1] for path in named} >= {"main.js", "capture.css", "arrow.svg", "welcome-1.svg"}
    place = next(iter(named)).rsplit("/", 1)[0]
    for file in ASSETS.paths.values():
        answer = service.client().get(f"{place}/{file.name}")
        assert answer.content == file.read_bytes()
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        assert answer.headers["content-type"].startswith(kinds[file.suffix])
    assert named <= {f"{place}/{name}" for name in ASSETS.paths}


def test_another_release_gives_what_it_has_and_nobody_keeps_it(service: Deployment) -> None:
    answer = service.client().get("/verify/assets/0000000000000000/main.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    for name in ("nothing.js", "..%2fpage.py", "__init__.py", "%2e%2e/routes.py"):
        assert service.client().get(f"/verify/assets/0000000000000000/{name}").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_goes_on_at_the_phone_reads_on_in_the_same_language(service: Deployment, language: str) -> None:
    assert str(qr_svg(f"{SITE}/verify?lang={language}")) in _page(service, language)


def test_every_script_imports_only_files_that_are_there() -> None:
    scripts = [path for name, path in ASSETS.paths.items() if name.endswith(".js")]
    imported = set()
    for file in scripts:
        found = re.findall(r'from "([^"]+)"', file.read_text("utf-8"))
        assert all(one.startswith("./") and one[2:] in ASSETS.paths for one in found), file.name
        imported |= {one[2:] for one in found}
    assert {file.name for file in scripts} - imported == {"main.js"}


def test_files_travel_packed_to_whoever_takes_that_and_as_they_are_to_others(service: Deployment) -> None:
    plain = service.client().get(ASSETS.url("main.js"), headers={"Accept-Encoding": "identity"})
    packed = service.client().get(ASSETS.url("main.js"), headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert plain.content == packed.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_page_and_files_stay_small_enough_for_a_slow_line(service: Deployment) -> None:
    total = sum(file.stat().st_size for file in ASSETS.paths.values()) + len(_page(service).encode())
    assert total <= LARGEST


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_consent_stands_on_the_page_with_its_version_before_any_camera(service: Deployment, language: str) -> None:
    page = _page(service, language)
    shown = service.services.shown_text("phone_consent", "current", language)
    article = page.split('<article id="consent"')[1].split("</article>")[0]
    assert f'data-version="{shown.version}"' in article
    plain = html.unescape(re.sub(r"\s+|<[^>]+>", "", article.split(">", 1)[1]))
    wanted = re.sub(r"^# |^\d+\. |\*\*", "", shown.text, flags=re.MULTILINE)
    assert plain == re.sub(r"\s+", "", wanted)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_screen_offers_another_way_as_strongly_as_the_next_step(service: Deployment, language: str) -> None:
    screens = re.findall(r'<section id="s-([a-z]+)".*?</section>', _page(service, language), re.DOTALL)
    bodies = dict(re.findall(r'<section id="s-([a-z]+)"(.*?)</section>', _page(service, language), re.DOTALL))
    assert len(screens) >= 17
    for name in set(screens) - {"loading", "ways", "collected"}:  # a pilot authenticates nobody
        buttons = re.findall(r"<(?:button|a)[^>]*class=\"([^\"]+)\"[^>]*>", bodies[name].split('class="acts"')[1])
        assert 'data-go="ways"' in bodies[name], name
        assert set(buttons) == {"act"}, name


def test_chinese_comes_first_and_english_where_asked_for(service: Deployment) -> None:
    assert "<title>请完成待遇资格认证</title>" in service.client().get("/verify").text
    assert "<title>Please confirm your eligibility</title>" in _page(service, "en")


def test_no_word_tells_anybody_to_prove_that_they_are_alive_or_threatens() -> None:
    for zh, en in PHONE_TEXTS.values():
        assert not re.search(r"活着|在世|停发|取消待遇|逾期|否则|最后期限", zh), zh
        assert not re.search(r"alive|suspend|or else|deadline|hurry up", en, re.IGNORECASE), en


@pytest.mark.asvs("3.2.1")
def test_the_code_of_a_certificate_is_drawn_for_any_serial_and_tells_nothing(service: Deployment) -> None:
    given = service.client().get(f"/certificates/{service.serial}/qr.svg")
    invented = service.client().get(f"/certificates/{'0' * 32}/qr.svg")
    for answer in (given, invented):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.content.startswith(b"<svg")
        assert "sandbox" in answer.headers["content-security-policy"]
    assert given.content != invented.content
    assert service.client().get("/certificates/nobody/qr.svg").status_code == 404


def test_a_text_is_cut_into_blocks_and_its_markup_stays_text() -> None:
    text = "# Title\n\n1. **Who:** us <script>\n2. plain\nlast **word**"
    assert blocks_of(text) == (
        Block("heading", (Span("Title"),)),
        Block("item", (Span("Who:", strong=True), Span(" us <script>"))),
        Block("item", (Span("plain"),)),
        Block("paragraph", (Span("last "), Span("word", strong=True))),
    )


def test_a_code_is_offered_where_the_agency_sends_them_and_to_all_where_colours_do_not_count(
    service: Deployment, tmp_path: Path
) -> None:
    def page(**settings: Any) -> str:
        changed = service.wiring.settings.model_copy(update=settings)
        wiring = Wiring(changed, service.clock)
        wiring.__dict__.update(pool=service.wiring.pool, store=service.wiring.store)
        return service.client(create_app(wiring.services())).get("/verify").text

    assert "s-code" not in page()
    assert 'data-always=""' in page(code_outbox=tmp_path)
    assert 'data-always="yes"' in page(code_outbox=tmp_path, pad=PadPolicy(flash_needs_measuring=True))


def test_no_file_of_the_page_hides_one_that_pages_share() -> None:
    own = {path.name for path in (Path(page.__file__).parent / "assets").iterdir()}
    assert own & {path.name for path in SHARED.iterdir()} == set()
    assert set(ASSETS.paths) >= own
