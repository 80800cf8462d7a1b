"""Mapping profiles: read with the line of every fault, applied to headers and words, kept and read back."""

from __future__ import annotations

import json

from auth_service.connectors.policy_file import read_policy_text
from auth_service.core.cells import LostDigits
from auth_service.crosscheck.profiles import PLAIN, Profile, profile_from_stored, read_profile
from auth_service.crosscheck.sources import RegistryKind

GOOD = """\
name: tangshan-minzheng
kind: death
source: 民政
columns:
  死亡证编号: source_ref
  死者: name
  姓名: village
values:
  message:
    注销: void
"""


def read(text: str) -> Profile:
    found, problems = read_profile(read_policy_text(text))
    assert problems == ()
    assert found is not None
    return found


def test_a_profile_says_headers_and_words() -> None:
    found = read(GOOD)
    assert (found.kind, found.source) == (RegistryKind.DEATH, "civil_affairs")
    headers = found.headers()
    assert headers["source_ref"] == ("来源编号", "死亡证编号")
    assert headers["name"] == ("死者",)  # what the profile takes for the village is the name no more
    assert found.translated({"message": " 注销 ", "name": "甲"}) == {"message": "void", "name": "甲"}


def test_json_is_a_profile_too() -> None:
    assert read(json.dumps({"name": "a", "columns": {"编号": "source_ref"}})).columns == {"编号": "source_ref"}


def test_it_is_kept_and_read_back_as_it_was() -> None:
    found = read(GOOD)
    assert profile_from_stored(found.document()) == found


def test_a_number_that_lost_its_digits_stays_one() -> None:
    cut = LostDigits("130203194805020000")
    assert isinstance(read(GOOD).translated({"id_number": cut})["id_number"], LostDigits)
    assert PLAIN.translated({"a": "b"}) == {"a": "b"}


def test_every_fault_is_told_with_its_line() -> None:
    text = (
        "name: ''\nkind: dead\nsurprise: 1\ncolumns:\n  编号: reference\nvalues:\n  message: [1]\n  nothing: {a: b}\n"
    )
    found, problems = read_profile(read_policy_text(text))
    assert found is None
    assert [(one.line, one.where) for one in problems] == [
        (1, "name"),
        (2, "kind"),
        (3, "surprise"),
        (5, "columns.编号"),
        (7, "values.message"),
        (8, "values.nothing"),
    ]
    assert all(one.zh and one.en for one in problems)


def test_a_document_of_another_shape_is_no_profile() -> None:
    for text in ("", "- a\n", "columns: a\nname: b\n", "name: b\nvalues: x\n", "name: b\nsource: [x]\n"):
        found, problems = read_profile(read_policy_text(text))
        assert found is None
        assert problems
