"""One form for what registries and ledgers write in many: names, the sound of names, ID numbers that went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from operator import mul
from typing import NamedTuple

from auth_service.beneficiaries.id_number import check_character, normalise, widen
from auth_service.beneficiaries.names import folded_name
from auth_service.crosscheck.look_alikes import LOOK_ALIKES

UNREADABLE = "?"
"""Stands for a character that a system could not write: many print a question mark, star or box for a rare one."""
_UNREADABLE = str.maketrans({**dict.fromkeys("?*□■〓◇_\ufffd", UNREADABLE), "·": None})
_PLAIN = re.compile("[\u4e00-\u9fff]*")
"""Most names: nothing in them is folded."""
_LETTERS_FOR_DIGITS = str.maketrans("OQILSBZ", "0011582")
"""Letters that text recognition reads for digits. source: shapes of the OCR-B digits; own decision"""
_EIGHTEEN, _FIFTEEN = re.compile(r"[0-9]{17}[0-9X]"), re.compile(r"[0-9]{15}")
_NEARLY = re.compile(r"[0-9]{16,18}[0-9X]")
_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_ZEROS = ord("0") * sum(_WEIGHTS)
_INVERSES = tuple(pow(weight, -1, 11) for weight in _WEIGHTS)
_CHECK_PLACES = {character: place for place, character in enumerate("10X98765432")}
"""The number's arithmetic, for solving it backwards. source: ISO 7064 MOD 11-2, as beneficiaries/id_number.py"""
_FEWEST_CHARACTERS = 7
"""A passport has at least seven characters; less is an area code or a number of the row."""


def plain_name(text: str) -> str:
    """A name for comparing: folded (beneficiaries/names.py), without dots, one mark for every unreadable character."""
    return text if _PLAIN.fullmatch(text) else folded_name(text).translate(_UNREADABLE)


def sound_of(name: str, syllables: Mapping[str, str]) -> str:
    """How a plain name sounds: its syllables without tones. What has no syllable stands for itself.

    syllables  character -> pinyin without tone; a reading each, so that a rare other reading is not heard
    """
    return "".join(syllables.get(character, character) for character in name)


def look_alike(one: str, other: str) -> bool:
    """Whether two characters are taken for each other in handwriting and by text recognition."""
    return other in LOOK_ALIKES.get(one, "")


class NumberKind(StrEnum):
    """What a number that somebody wrote down can tell."""

    NONE = "none"
    """Nothing: empty, words, stars, one digit over and over, or too short for any paper."""
    WHOLE = "whole"
    """18 characters with the right check digit: somebody's number, though perhaps not this person's."""
    FIFTEEN = "fifteen"
    """The old form, which has no check digit."""
    BROKEN = "broken"
    """17 to 19 characters that fail the check: something slipped."""
    OTHER = "other"
    """Another paper, such as a passport."""


class StatedNumber(NamedTuple):
    """An ID number as a record states it. `misread`: letters stood where digits must."""

    text: str
    kind: NumberKind
    misread: bool = False

    @property
    def full(self) -> str:
        """In 18 characters where that is known, else as it stands."""
        return widen(self.text) if self.kind is NumberKind.FIFTEEN else self.text


_NOTHING = StatedNumber("", NumberKind.NONE)


def stated_number(text: str) -> StatedNumber:
    """What a record's ID field states."""
    if _EIGHTEEN.fullmatch(text) and _lacking(text[:17], text[17]) == 0 and text.count(text[0]) < 18:
        return StatedNumber(text, NumberKind.WHOLE)  # as nearly all are, and quickly
    number = normalise(text)
    if len(number) < _FEWEST_CHARACTERS or not number.isascii() or not number.isalnum() or len(set(number)) == 1:
        return _NOTHING
    read = number
    if not number.isdigit() and 15 <= len(number) <= 19:
        read = number[:-1].translate(_LETTERS_FOR_DIGITS) + (
            number[-1] if number[-1] == "X" else number[-1].translate(_LETTERS_FOR_DIGITS)
        )
    return StatedNumber(read, _kind(read), misread=read != number)


def _kind(number: str) -> NumberKind:
    if _EIGHTEEN.fullmatch(number) and _lacking(number[:17], number[17]) == 0:
        return NumberKind.WHOLE
    if _FIFTEEN.fullmatch(number):
        return NumberKind.FIFTEEN
    return NumberKind.BROKEN if _NEARLY.fullmatch(number) else NumberKind.OTHER


def one_slip_apart(one: str, other: str) -> bool:
    """One character replaced, dropped or doubled in, or two neighbours exchanged; not the same."""
    if len(one) == len(other):
        apart = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(apart) == 1:
            return True
        return (
            len(apart) == 2
            and apart[1] == apart[0] + 1
            and one[apart[0]] == other[apart[1]]
            and one[apart[1]] == other[apart[0]]
        )
    short, long = sorted((one, other), key=len)
    if len(long) != len(short) + 1:
        return False
    place = next((p for p, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[place:] == long[place + 1 :]


def repaired(number: StatedNumber) -> tuple[str, ...]:
    """Every number with a right check digit that lies one slip from a broken one, ascending.

    The check digit tells each single wrong digit and each exchange of neighbours, so about one in eleven of all
    possible slips remains. source: ISO 7064 MOD 11-2
    """
    if number.kind is not NumberKind.BROKEN:
        return ()
    text = number.text
    tried = {18: _same_length, 17: _longer, 19: _shorter}[len(text)](text)
    return tuple(sorted({found for found in tried if found != text and _kind(found) is NumberKind.WHOLE}))


def _lacking(body: str, check: str) -> int:
    """What the weighted sum of 17 digits lacks, modulo 11, for this check digit to be right."""
    total: int = sum(map(mul, _WEIGHTS, body.encode()))
    return (_CHECK_PLACES[check] + _ZEROS - total) % 11


def _same_length(text: str) -> Iterator[str]:
    body, check = text[:17], text[17]
    if not body.isdigit():
        return
    lacking = _lacking(body, check)
    yield body + check_character(body)
    yield body[:16] + check + body[16]
    for place in range(17):
        digit = (int(body[place]) + lacking * _INVERSES[place]) % 11
        if digit < 10:
            yield f"{body[:place]}{digit}{body[place + 1 :]}{check}"
        swapped = body[:place] + body[place + 1 : place + 2] + body[place] + body[place + 2 :]
        if _lacking_after_exchange(body, place, lacking) == 0:
            yield swapped + check


def _lacking_after_exchange(body: str, place: int, lacking: int) -> int:
    if place == 16:
        return 1
    return (lacking - (_WEIGHTS[place] - _WEIGHTS[place + 1]) * (int(body[place + 1]) - int(body[place]))) % 11


def _longer(text: str) -> Iterator[str]:
    """The one digit, if any, that fits at each place; or the check digit that was left out."""
    body, check = text[:16], text[16]
    if text.isdigit():
        yield text + check_character(text)
    for place in range(17):
        lacking = _lacking(f"{body[:place]}0{body[place:]}", check)
        digit = lacking * _INVERSES[place] % 11
        if digit < 10:
            yield f"{body[:place]}{digit}{body[place:]}{check}"


def _shorter(text: str) -> Iterator[str]:
    yield from (text[:place] + text[place + 1 :] for place in range(19))
