"""The filing pack: what an agency needs to file its face recognition, as files. Counts and terms, nobody's data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from auth_service.core.errors import AlreadyExists, FileUnreadable
from auth_service.enrollment.consent_texts import ShownText

FORMS = ("filing", "impact-assessment")
"""Drafts that the pack fills in, in both languages."""
_TEXTS = "auth_service.enrollment"


def write_filing_pack(
    folder: Path,
    numbers: Mapping[str, object],
    words: Mapping[str, Mapping[str, str]],
    texts: list[ShownText],
) -> list[str]:
    """Writes the pack into a new or empty folder; returns the names of its files.

    numbers  what `filing.json` says
    words    language -> placeholder -> what stands there
    texts    consent texts and notices as people are shown them
    raises   AlreadyExists: the folder holds something; FileUnreadable: it cannot be written
    """
    contents = {"filing.json": json.dumps(numbers, indent=2, ensure_ascii=False, sort_keys=True) + "\n"}
    for form in FORMS:
        for language, filled in words.items():
            name = f"{form}.{language}.md"
            contents[name] = _filled((files(_TEXTS) / "texts" / name).read_text("utf-8"), filled)
    for text in texts:
        contents[f"{text.kind}-{text.version}.{text.language}.md"] = text.text
    sums = [f"{hashlib.sha256(content.encode()).hexdigest()}  {name}" for name, content in sorted(contents.items())]
    contents["SHA256SUMS"] = "\n".join(sums) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise AlreadyExists("the folder is not empty", field="out")
        for name, content in contents.items():
            (folder / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise FileUnreadable(type(error).__name__, field="out") from error
    return sorted(contents)


def _filled(form: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        form = form.replace(f"{{{name}}}", word)
    return form
