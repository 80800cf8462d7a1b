"""The apostrophe that keeps a spreadsheet from running a cell as a formula.

Exports put one before the sign that would run the cell, also where white space, separators or invisible characters come
first: programs trim the one, and split at the other when they take the file for another dialect. A cell that already
looks guarded gets one more; imports take exactly one away again. So any text comes back as it was.
source   OWASP, CSV injection: cells that begin with = + - @ tab or carriage return, full-width forms among them
"""

from __future__ import annotations

import re

_SIGNS = r"=+\-@\u207a-\u207c\u208a-\u208c\u2a75\u2a76\ufb29\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
"""Whatever compatibility normalisation (NFKC) turns into = + - or @."""
_BEFORE = r"\s;,|\x00-\x1f\u200b-\u200f\u2060\ufeff\uff0c\uff1b\uff5c"
"""White space, separators, and what is not seen."""
_RUN_AS_FORMULA = re.compile(rf"\A([{_BEFORE}]*)('*[{_SIGNS}])")
_GUARDED = re.compile(rf"\A([{_BEFORE}]*)'('*[{_SIGNS}])")
_BREAK = re.compile(r"\A'*[\t\r\n]")
_GUARDED_BREAK = re.compile(r"\A'+[\t\r\n]")


def guarded(cell: str) -> str:
    """For writing."""
    found = _RUN_AS_FORMULA.match(cell)
    if found is not None:
        return f"{found[1]}'{found[2]}{cell[found.end() :]}"
    return f"'{cell}" if _BREAK.match(cell) else cell


def unguarded(cell: str) -> str:
    """After reading."""
    found = _GUARDED.match(cell)
    if found is not None:
        return f"{found[1]}{found[2]}{cell[found.end() :]}"
    return cell[1:] if _GUARDED_BREAK.match(cell) else cell
