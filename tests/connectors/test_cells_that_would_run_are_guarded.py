"""No cell that we write is run by a spreadsheet, and every cell comes back as it was."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.connectors.formula_guard import guarded, unguarded

SIGNS = "=+-@"
PARTS = st.sampled_from([*"=+-@'\t\r\n ;,|a1＝＋－＠\u3000\ufeff\u200b", "''", "''=", "\t'"])
ANY = st.one_of(st.text(max_size=12), st.lists(PARTS, max_size=10).map("".join))


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        (" =1+1", " '=1+1"),
        ("\n=1+1", "\n'=1+1"),
        ("\u3000=1+1", "\u3000'=1+1"),
        ("\ufeff@SUM(A1)", "\ufeff'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM", "'＠SUM"),
        (";=1+1", ";'=1+1"),
        (", ;\t-1", ", ;\t'-1"),
        ("'=1", "''=1"),
        ("\ttext", "'\ttext"),
        ("张三", "张三"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_sign_that_would_run_gets_an_apostrophe(cell: str, written: str) -> None:
    assert guarded(cell) == written
    assert unguarded(written) == cell


def test_what_an_earlier_release_wrote_is_still_read() -> None:
    assert [unguarded(cell) for cell in ("'\t=1", "'\r=1", "'=1", "''=1")] == ["\t=1", "\r=1", "=1", "'=1"]


@given(ANY)
def test_any_text_comes_back_as_it_was(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@given(ANY)
def test_nothing_that_is_written_begins_as_a_formula(cell: str) -> None:
    seen = unicodedata.normalize("NFKC", guarded(cell))
    assert not re.match(r"[\s;,|]*[=+\-@]", seen)


def test_every_form_of_the_signs_is_known() -> None:
    forms = [chr(code) for code in range(0x10000) if unicodedata.normalize("NFKC", chr(code))[:1] in set(SIGNS)]
    assert len(forms) >= 12
    assert all(guarded(f"{form}1") == f"'{form}1" for form in forms)
