"""The page of a self-service terminal: what the server says with it, what belongs to it, and what it may do."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path

import pytest

from auth_service.accounts.devices import LensProfile, face_share
from auth_service.app import create_app
from auth_service.channels.kiosk import page
from auth_service.channels.kiosk.page import ASSETS, WORKER, kiosk_words, lenses
from auth_service.settings import Settings
from auth_service.web.headers import kiosk_policy
from auth_service.web.page_assets import SHARED
from auth_service.web.texts_kiosk import KIOSK_TEXTS
from tests.channels.service import PAGE, Deployment

LARGEST = 150_000
"""Bytes of page and files together, as they travel. source: issue "the bank kiosk", the page"""


def _page(service: Deployment, language: str = "zh") -> str:
    answer = service.client().get(f"/kiosk?lang={language}", headers=PAGE)
    assert answer.status_code == 200
    return answer.text


def test_it_is_there_only_where_terminals_are_served(service: Deployment) -> None:
    assert not Settings().kiosk
    client = service.client(create_app(dataclasses.replace(service.services, kiosk_calls=False)))
    assert client.get("/kiosk", headers=PAGE).status_code == 404
    assert client.get("/kiosk/worker.js").status_code == 404


@pytest.mark.asvs("3.4.3", "3.7.1")
def test_it_may_speak_to_the_service_and_to_its_hardware_and_to_nobody_else(service: Deployment) -> None:
    headers = service.client().get("/kiosk", headers=PAGE).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["worker-src"] == "'self'"
    assert policy["connect-src"] == "'self' http://127.0.0.1:18631"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "kiosk-worker"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["permissions-policy"].split(", ")[0] == "camera=(self)"
    assert headers["cache-control"] == "no-store"
    assert "http://127.0.0.1:9" in kiosk_policy("http://127.0.0.1:9")


def test_the_worker_serves_the_page_beneath_it_and_is_looked_up_anew(service: Deployment) -> None:
    answer = service.client().get("/kiosk/worker.js")
    assert answer.headers["service-worker-allowed"] == "/kiosk"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"


def test_every_file_that_the_page_keeps_is_served(service: Deployment) -> None:
    files = re.findall(r'data-files="([^"]+)"', _page(service))[0].split(" ")
    assert set(files) == set(ASSETS.paths) - {WORKER}
    for name in files:
        assert service.client().get(ASSETS.url(name)).headers["cache-control"] == "public, max-age=31536000, immutable"


def test_every_script_imports_only_files_that_are_there_and_none_hides_another() -> None:
    own = {path.name for path in (Path(page.__file__).parent / "assets").iterdir()}
    assert own & {path.name for path in SHARED.iterdir()} == set()
    scripts = [path for name, path in ASSETS.paths.items() if name.endswith(".js")]
    imported = set()
    for file in scripts:
        found = re.findall(r'from "([^"]+)"', file.read_text("utf-8"))
        assert all(one.startswith("./") and one[2:] in ASSETS.paths for one in found), file.name
        imported |= {one[2:] for one in found}
    assert {file.name for file in scripts} - imported == {"main.js", WORKER}


def test_page_and_files_stay_small(service: Deployment) -> None:
    sent = 0
    for name in ASSETS.paths:
        answer = service.client().get(ASSETS.url(name), headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.content == ASSETS.paths[name].read_bytes()
        sent += int(answer.headers["content-length"])
    assert sent + len(_page(service).encode()) <= LARGEST


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_consent_stands_on_the_page_with_its_version(service: Deployment, language: str) -> None:
    shown = service.services.shown_text("kiosk_consent", "current", language)
    article = _page(service, language).split('<article id="consent"')[1].split("</article>")[0]
    assert f'data-version="{shown.version}"' in article
    plain = html.unescape(re.sub(r"\s+|<[^>]+>", "", article.split(">", 1)[1]))
    assert plain == re.sub(r"\s+", "", re.sub(r"^# |^\d+\. |\*\*", "", shown.text, flags=re.MULTILINE))


def test_every_screen_offers_another_way_as_strongly_as_the_next_step(service: Deployment) -> None:
    bodies = dict(re.findall(r'<section id="s-([a-z]+)"(.*?)</section>', _page(service), re.DOTALL))
    assert len(bodies) >= 24
    for name in set(bodies) - {"loading", "enrol", "ways"}:
        buttons = re.findall(r"<(?:button|a)[^>]*class=\"([^\"]+)\"[^>]*>", bodies[name].split('class="acts"')[1])
        assert 'data-go="ways"' in bodies[name], name
        assert set(buttons) <= {"act", "plain"}, name


def test_no_word_tells_anybody_to_prove_that_they_are_alive_or_threatens() -> None:
    for zh, en in KIOSK_TEXTS.values():
        assert not re.search(r"活着|在世|停发|取消待遇|逾期|否则|最后期限", zh), zh
        assert not re.search(r"alive|suspend|or else|deadline|hurry up", en, re.IGNORECASE), en


def test_the_kiosks_own_words_come_first_and_the_rest_is_said_as_on_the_phone() -> None:
    words = kiosk_words("zh")
    assert "手机" not in words["trouble.none.lead"]
    assert words["ask.turn_left"] == "请慢慢向左转头"


def test_the_page_knows_the_lenses_as_the_registry_does() -> None:
    told = lenses()
    assert set(told["degrees"]) == set(LensProfile)  # type: ignore[call-overload]
    assert face_share(LensProfile.WIDE, 40) == pytest.approx(2 * face_share(LensProfile.WIDE, 80))


def test_a_certificates_code_is_drawn_for_terminals_too(service: Deployment) -> None:
    client = service.client(create_app(dataclasses.replace(service.services, phone_page=False)))
    assert client.get(f"/kiosk/certificates/{service.serial}/qr.svg").content.startswith(b"<svg")
