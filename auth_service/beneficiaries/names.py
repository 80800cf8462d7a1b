"""Names as people carry them: kept exactly as given, compared after folding."""

from __future__ import annotations

import unicodedata

from auth_service.core.errors import FieldMissing, FieldTooLong, NameInvalid

MAX_NAME_LENGTH = 100
"""Transliterated names of minority citizens stay under 60 characters (trust.md F32); longer is a shifted column."""
_DOTS = str.maketrans(dict.fromkeys("•‧∙・･．.●⋅᛫", "·"))
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "So", "Zl", "Zp"})
"""Control, format (bidirectional overrides among them), surrogate, unassigned, pictographs, line separators.

Private-use characters stay allowed: GB 18030 systems write rare name characters with them."""


def check_name(text: str, field: str = "name") -> str:
    """The name with outer spaces removed, otherwise untouched, so that it prints as it was given.

    raises   FieldMissing, FieldTooLong, NameInvalid (control or format characters, emoji)
    """
    name = text.strip()
    if not name:
        raise FieldMissing(field=field)
    if len(name) > MAX_NAME_LENGTH:
        raise FieldTooLong(field=field)
    if any(_forbidden(character) for character in name):
        raise NameInvalid(field=field)
    return name


def _forbidden(character: str) -> bool:
    # ideographs that Unicode added after this Python was built are `Cn` here, and still somebody's name
    newer_ideograph = 0x20000 <= ord(character) <= 0x3FFFD
    return not newer_ideograph and unicodedata.category(character) in _FORBIDDEN_CATEGORIES


def folded_name(name: str) -> str:
    """The form in which two spellings of one name are equal: NFKC, one middle dot, no spaces, lower case."""
    folded = unicodedata.normalize("NFKC", name).translate(_DOTS)
    return "".join(folded.split()).casefold()
