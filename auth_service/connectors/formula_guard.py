"""The leading apostrophe that keeps a spreadsheet from running a cell as a formula.

Exports put one before every cell that would be run, and before every cell that already looks guarded; imports take
exactly one away again. So any text comes back as it was.
source   OWASP, CSV injection: cells that begin with = + - @ tab or carriage return
"""

from __future__ import annotations

import re

_RUN_AS_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """For writing."""
    return f"'{cell}" if _RUN_AS_FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """After reading."""
    return cell[1:] if _GUARDED.match(cell) else cell
