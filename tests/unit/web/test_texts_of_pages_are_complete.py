"""The table of texts against the templates and the code that reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auth_service.app import TEMPLATES as FOLDERS
from auth_service.beneficiaries.id_number import Sex
from auth_service.beneficiaries.person import BenefitKind
from auth_service.console.flags import STATES
from auth_service.monitoring.flags import Severity, Verdict
from auth_service.qualification.evidence import EvidenceKind
from auth_service.web.pages import TEMPLATES
from auth_service.web.texts import TEXTS

PACKAGE = Path(TEMPLATES).parents[1]
PAGES = [path for folder in (TEMPLATES, *FOLDERS) for path in folder.glob("*.html")]
CODE = [*(PACKAGE / "console").glob("*.py"), *(PACKAGE / "channels").rglob("*.py"), PACKAGE / "web" / "pages.py"]
FAMILIES = {
    "flags.state.": STATES,
    "flags.severity.": tuple(Severity),
    "flag.judge.": tuple(Verdict),
    "certificate.kind.": tuple(EvidenceKind),
    "person.sex.": tuple(Sex),
    "benefit.": tuple(BenefitKind),
    "flag.photo.": ("probe", "reference", "other_reference", "capture", "offered"),
}


def _used() -> set[str]:
    used = set()
    for path in PAGES:
        used |= set(re.findall(r"""\bt\(["']([a-z0-9_.A-Z]+)["'](?!\s*~)""", path.read_text()))
    for path in CODE:
        used |= set(re.findall(r'"((?:[a-z_]+)\.[a-zA-Z0-9_.]+)"', path.read_text())) & set(TEXTS)
    return used


def test_every_text_that_a_page_asks_for_is_there() -> None:
    assert _used() - set(TEXTS) == set()


@pytest.mark.parametrize(("prefix", "members"), FAMILIES.items(), ids=lambda value: str(value)[:20])
def test_every_value_that_is_shown_has_a_word(prefix: str, members: tuple[str, ...]) -> None:
    assert {prefix + str(member) for member in members} <= set(TEXTS)


def test_no_text_is_left_over() -> None:
    built = ("fact.", "why.", "person.", *FAMILIES)
    spare = {key for key in set(TEXTS) - _used() if not key.startswith(built)}
    assert spare == set()


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_are_written_and_take_the_same_values(key: str) -> None:
    zh, en = TEXTS[key]
    assert zh
    assert en
    assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en))


@pytest.mark.asvs("3.6.1", "14.2.3")
def test_no_page_has_a_script_an_inline_style_or_an_address_elsewhere() -> None:
    for path in PAGES:
        text = path.read_text()
        assert not re.search(r"<script|\son\w+=|style=|javascript:|https?://|//cdn", text), path.name
    style = (PACKAGE / "web" / "static" / "style.css").read_text()
    assert "url(" not in style
    assert "@import" not in style
