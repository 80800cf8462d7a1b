"""Consent texts and notices over HTTP: both languages, with a hash, and only as released."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from auth_service.core.errors import NotFound
from auth_service.enrollment import consent_texts
from auth_service.enrollment.consent_texts import CURRENT, DIGESTS, KINDS, LANGUAGES, NEWEST, shown_text
from tests.channels.service import Deployment


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_the_released_one_and_names_the_agency(kind: str, language: str) -> None:
    text = shown_text(kind, "current", language, "唐山市社保局", "0315-0000000")
    assert text.version == NEWEST[kind]
    assert "唐山市社保局" in text.text
    assert "0315-0000000" in text.text
    assert "{" not in text.text
    assert text.sha256 == hashlib.sha256(text.text.encode()).hexdigest()
    assert text.released_sha256 == DIGESTS[kind, NEWEST[kind], language]


@pytest.mark.parametrize("kind", ["consent", "phone_consent"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consent_text_says_what_the_law_asks_for(language: str, kind: str) -> None:
    text = shown_text(kind, "current", language).text
    wanted = {
        "zh": ("不同意也可以", "窗口", "电话核实", "上门", "撤回", "删除", "保存", "监护人", "不会**停发"),
        "en": ("may say no", "counter", "telephone", "visit", "withdraw", "deleted", "kept", "guardian", "**never**"),
    }
    for words in wanted[language]:
        assert words in text, words


def test_an_edited_text_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(consent_texts.DIGESTS, ("consent", CURRENT, "zh"), "0" * 64)
    with pytest.raises(NotFound):
        shown_text("consent", CURRENT, "zh")


def test_anybody_may_read_the_text_before_a_photo_is_taken(service: Deployment) -> None:
    zh = service.client().get("/v1/texts/consent/current")
    en = service.client().get(f"/v1/texts/consent/{CURRENT}", headers={"Accept-Language": "en"})
    assert zh.json()["language"] == "zh"
    assert en.headers["Content-Language"] == "en"
    assert set(zh.json()) == {field.name for field in dataclasses.fields(consent_texts.ShownText)}
    for path in ("/v1/texts/consent/1999-01-01", "/v1/texts/other/current", "/v1/texts/consent/..%2f..%2fetc"):
        assert service.client().get(path).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_text_is_answered_over_http(service: Deployment, kind: str) -> None:
    answer = service.client().get(f"/v1/texts/{kind}/current?lang=en")
    assert (answer.status_code, answer.json()["kind"], answer.json()["version"]) == (200, kind, NEWEST[kind])
